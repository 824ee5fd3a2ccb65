//! `min`: the smallest value of a column lies within bounds.

use super::figure::{self, Parameters};
use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::plan::MetricFunction;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct Min;

impl Rule for Min {
    type Parameters = Parameters;
    const NAME: &'static str = "min";
    const DOC: Doc = Doc {
        summary: "The smallest value of the column lies within bounds.",
        semantics: "The smallest of the values that are not null, among the rows that pass `where`. Bounds belong \
                    to the range unless excluded. Without any value nothing is evaluated. NaN counts as \
                    greater than every number, so it is the smallest only where there is nothing else; it \
                    lies in no range. No row is marked: to find the rows, use `range`.",
        good: "rule_id: shortest-trip\nrule_type: min\ncolumn: trip_distance\nparameters: {min: 0}\n",
        bad: "rule_id: shortest-trip\nrule_type: min\ncolumn: trip_distance\nparameters: {exclusive_min: true}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        figure::lower(Self::NAME, "minimum", MetricFunction::Min, parameters, target)
    }
}
