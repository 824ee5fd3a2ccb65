//! `mean`: the mean of a column lies within bounds.

use super::figure::{self, Parameters};
use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::plan::MetricFunction;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct Mean;

impl Rule for Mean {
    type Parameters = Parameters;
    const NAME: &'static str = "mean";
    const DOC: Doc = Doc {
        summary: "The mean of the column lies within bounds.",
        semantics: "The arithmetic mean of the values that are not null, among the rows that pass `where`. Bounds \
                    belong to the range unless excluded. Without any value nothing is evaluated. NaN or both \
                    infinities among the values make the mean NaN, which lies in no range. No row is marked.",
        good: "rule_id: mean-fare\nrule_type: mean\ncolumn: fare_amount\nparameters: {min: 5, max: 50}\n",
        bad: "rule_id: mean-fare\nrule_type: mean\ncolumn: fare_amount\nparameters: {}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        figure::lower(Self::NAME, "mean", MetricFunction::Mean, parameters, target)
    }
}
