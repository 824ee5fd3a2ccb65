//! `trim`: white space at the ends of text goes.

use schemars::JsonSchema;
use serde::Deserialize;

use super::StepRule;
use super::site::{self, Lowered, Site};
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Expr, Function};
use crate::problem::Problem;

pub(super) struct Trim;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns; without any, every column that is text at this point.
    #[serde(default)]
    columns: Vec<ColumnName>,
}

impl StepRule for Trim {
    type Parameters = Parameters;
    const NAME: &'static str = "trim";
    const DOC: Doc = Doc {
        summary: "Removes white space at both ends of text.",
        semantics: "White space is what Unicode calls so. Text of nothing but white space becomes empty \
                    text, not null; `null_tokens` turns that into null. In text formats columns of every \
                    type are text until they are converted; values of other types stay.",
        good: "step_id: trim-all\nstep_type: trim\n",
        bad: "step_id: trim-all\nstep_type: trim\nparameters: {column: name}\n",
    };
    const ON_TEXT: bool = true;

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        parameters.columns.clone()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let columns = site.text_columns(Self::NAME, &parameters.columns)?;
        Ok(site::each(columns, "trim {}", |value| Expr::call(Function::Trim, [value])))
    }
}
