//! `collapse_whitespace`: runs of white space become one blank.

use schemars::JsonSchema;
use serde::Deserialize;

use super::site::{self, Lowered, Site};
use super::{StepRule, say};
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::problem::Problem;

pub(super) struct CollapseWhitespace;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns; without any, every column that is text at this point.
    #[serde(default)]
    columns: Vec<ColumnName>,
}

impl StepRule for CollapseWhitespace {
    type Parameters = Parameters;
    const NAME: &'static str = "collapse_whitespace";
    const DOC: Doc = Doc {
        summary: "Makes one blank of every run of white space.",
        semantics: "White space is what Unicode calls so: line breaks, tabs and no-break spaces, too. A run \
                    at an end becomes a blank as well; `trim` takes it away. In text formats columns of \
                    every type are text until they are converted; values of other types stay.",
        good: "step_id: one-blank\nstep_type: collapse_whitespace\nparameters: {columns: [name, address]}\n",
        bad: "step_id: one-blank\nstep_type: collapse_whitespace\nparameters: {columns: name}\n",
    };
    const ON_TEXT: bool = true;

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        parameters.columns.clone()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let columns = site.text_columns(Self::NAME, &parameters.columns)?;
        Ok(site::each(columns, "collapse white space of {}", |value| {
            say::replaced(value, say::RUNS, " ")
        }))
    }
}
