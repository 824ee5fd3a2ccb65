//! `sum`: the sum of a column lies within bounds.

use super::figure::{self, Parameters};
use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::plan::MetricFunction;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct Sum;

impl Rule for Sum {
    type Parameters = Parameters;
    const NAME: &'static str = "sum";
    const DOC: Doc = Doc {
        summary: "The sum of the column lies within bounds.",
        semantics: "The sum of the values that are not null, among the rows that pass `where`; of whole numbers and \
                    decimals it is exact until it is compared. Bounds belong to the range unless excluded. \
                    Without any value nothing is evaluated. NaN or both infinities among the values make the \
                    sum NaN, which lies in no range. No row is marked.",
        good: "rule_id: daily-revenue\nrule_type: sum\ncolumn: total_amount\nparameters: {min: 0, exclusive_min: true}\n",
        bad: "rule_id: daily-revenue\nrule_type: sum\ncolumn: total_amount\nparameters: {min: 10, max: 5}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        figure::lower(Self::NAME, "sum", MetricFunction::Sum, parameters, target)
    }
}
