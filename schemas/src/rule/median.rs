//! `median`: the median of the column lies within bounds.

use super::figure::{self, Parameters};
use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::plan::MetricFunction;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct Median;

impl Rule for Median {
    type Parameters = Parameters;
    const NAME: &'static str = "median";
    const DOC: Doc = Doc {
        summary: "The median of the column lies within bounds.",
        semantics: "The value in the middle of those that are not null, among the rows that pass `where`; of an even \
                    number of values, the mean of the two in the middle. NaN is greater than every other number. \
                    Without any value nothing is evaluated. No row is marked.",
        good: "rule_id: median-fare\nrule_type: median\ncolumn: fare_amount\nparameters: {min: 5, max: 50}\n",
        bad: "rule_id: median-fare\nrule_type: median\ncolumn: fare_amount\nparameters: {}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        figure::lower(Self::NAME, "median", MetricFunction::Quantile { q: 0.5 }, parameters, target)
    }
}
