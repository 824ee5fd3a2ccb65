//! `default`: nulls become a value.

use schemars::JsonSchema;
use serde::Deserialize;

use super::StepRule;
use super::site::{Lowered, Site};
use crate::code::Code;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::library::taxonomy::Scalar;
use crate::literal::{self, Fit};
use crate::plan::{Expr, Function};
use crate::problem::Problem;

pub(super) struct Default;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The column.
    column: ColumnName,
    /// What stands in place of null.
    value: Scalar,
}

impl StepRule for Default {
    type Parameters = Parameters;
    const NAME: &'static str = "default";
    const DOC: Doc = Doc {
        summary: "Puts a value in place of null.",
        semantics: "Values that are there stay. The value is read as the column's type, after the conversion \
                    to it. Empty text is no null; `null_tokens` makes it one.",
        good: "step_id: no-tip\nstep_type: default\nparameters: {column: tip, value: 0}\n",
        bad: "step_id: no-tip\nstep_type: default\nparameters: {column: tip}\n",
    };
    const ON_TEXT: bool = false;

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        vec![parameters.column.clone()]
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let column = site.find(&parameters.column, "column".into())?;
        let value = literal::operand(&parameters.value, column.now, Fit::Value)
            .map_err(|message| vec![Problem::new(Code::BadValue, "value".into(), message)])?;
        let filled = Expr::call(Function::Coalesce, [Expr::column(&column.name), value]);
        let title = format!("put {} where `{}` is null", parameters.value.shown(), column.name);
        Ok(vec![Lowered::set(title, &column.name, filled)])
    }
}
