//! `trim`: white space at the ends of text goes.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, StepRule, Target, text_columns};
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Expr, Function, StepBody};
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

    fn lower(parameters: &Parameters, columns: &[Target]) -> Result<Vec<Lowered>, Vec<Problem>> {
        let columns = text_columns(Self::NAME, &parameters.columns, columns)?;
        let lowered = columns.into_iter().map(|column| Lowered {
            title: format!("trim `{}`", column.name),
            body: StepBody::Set {
                column: column.name.clone(),
                value: Expr::call(Function::Trim, [Expr::column(&column.name)]),
            },
        });
        Ok(lowered.collect())
    }
}
