//! `skewness`: the skewness of the column lies within bounds.

use super::figure::{self, Parameters};
use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::plan::MetricFunction;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct Skewness;

impl Rule for Skewness {
    type Parameters = Parameters;
    const NAME: &'static str = "skewness";
    const DOC: Doc = Doc {
        summary: "The skewness of the column lies within bounds.",
        semantics: "The third central moment over the third power of the standard deviation, all divided by n: 0 \
                    where the distribution is symmetric, positive where its right tail is the longer one. Nulls are \
                    left out. Fewer than three values, or values that are all equal, are nothing evaluated. NaN or \
                    infinity among the values makes it NaN, which lies in no range. No row is marked.",
        good: "rule_id: skewness-of-fare\nrule_type: skewness\ncolumn: fare_amount\nparameters: {min: -1, max: 1}\n",
        bad: "rule_id: skewness-of-fare\nrule_type: skewness\ncolumn: fare_amount\nparameters: {}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        figure::lower(Self::NAME, "skewness", MetricFunction::Skewness, parameters, target)
    }
}
