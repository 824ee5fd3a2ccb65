//! `standard_deviation`: the sample standard deviation of the column lies within bounds.

use super::figure::{self, Parameters};
use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::plan::MetricFunction;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct StandardDeviation;

impl Rule for StandardDeviation {
    type Parameters = Parameters;
    const NAME: &'static str = "standard_deviation";
    const DOC: Doc = Doc {
        summary: "The sample standard deviation of the column lies within bounds.",
        semantics: "The square root of the variance, with n - 1 as divisor, of the values that are not null, among \
                    the rows that pass `where`. Fewer than two values are nothing evaluated. NaN or infinity among \
                    the values makes it NaN, which lies in no range. No row is marked.",
        good: "rule_id: deviation-of-fare\nrule_type: standard_deviation\ncolumn: fare_amount\nparameters: {max: 30}\n",
        bad: "rule_id: deviation-of-fare\nrule_type: standard_deviation\ncolumn: fare_amount\nparameters: {}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        figure::lower(
            Self::NAME,
            "standard deviation",
            MetricFunction::StandardDeviation,
            parameters,
            target,
        )
    }
}
