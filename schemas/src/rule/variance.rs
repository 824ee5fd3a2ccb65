//! `variance`: the sample variance of the column lies within bounds.

use super::figure::{self, Parameters};
use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::plan::MetricFunction;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct Variance;

impl Rule for Variance {
    type Parameters = Parameters;
    const NAME: &'static str = "variance";
    const DOC: Doc = Doc {
        summary: "The sample variance of the column lies within bounds.",
        semantics: "The sum of the squared deviations from the mean, divided by n - 1, over the values that are not \
                    null, among the rows that pass `where`. Fewer than two values are nothing evaluated. NaN or \
                    infinity among the values makes it NaN, which lies in no range. No row is marked.",
        good: "rule_id: variance-of-fare\nrule_type: variance\ncolumn: fare_amount\nparameters: {max: 900}\n",
        bad: "rule_id: variance-of-fare\nrule_type: variance\ncolumn: fare_amount\nparameters: {}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        figure::lower(Self::NAME, "variance", MetricFunction::Variance, parameters, target)
    }
}
