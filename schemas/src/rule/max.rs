//! `max`: the greatest value of a column lies within bounds.

use super::figure::{self, Parameters};
use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::plan::MetricFunction;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct Max;

impl Rule for Max {
    type Parameters = Parameters;
    const NAME: &'static str = "max";
    const DOC: Doc = Doc {
        summary: "The greatest value of the column lies within bounds.",
        semantics: "The greatest of the values that are not null, among the rows that pass `where`. Bounds belong \
                    to the range unless excluded. Without any value nothing is evaluated. NaN counts as \
                    greater than every number and lies in no range. No row is marked: to find the rows, use \
                    `range`.",
        good: "rule_id: longest-trip\nrule_type: max\ncolumn: trip_distance\nparameters: {max: 300}\n",
        bad: "rule_id: longest-trip\nrule_type: max\ncolumn: trip_distance\nparameters: {maximum: 300}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        figure::lower(Self::NAME, "maximum", MetricFunction::Max, parameters, target)
    }
}
