//! `merge`: several columns become one.

use schemars::JsonSchema;
use serde::Deserialize;

use super::keep::listed;
use super::site::{self, Lowered, Site};
use super::{StepRule, say};
use crate::datatype::DataType;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Expr, Function};
use crate::problem::{Pointer, Problem};

pub(super) struct Merge;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns, in order.
    #[schemars(length(min = 1))]
    columns: Vec<ColumnName>,
    /// The column that they become.
    into: ColumnName,
    /// What stands between them.
    #[serde(default)]
    separator: String,
}

impl StepRule for Merge {
    type Parameters = Parameters;
    const NAME: &'static str = "merge";
    const DOC: Doc = Doc {
        summary: "Puts columns together into one.",
        semantics: "Values are put together as text; nulls and their separators are left out, and where all \
                    are null, so is the result. The columns stay; `drop` takes them away. A column that is \
                    not there yet is added; where the schema declares it, it need not be in the files.",
        good: "step_id: full-name\nstep_type: merge\nparameters: {columns: [first_name, last_name], into: full_name, separator: \" \"}\n",
        bad: "step_id: full-name\nstep_type: merge\nparameters: {columns: [], into: full_name}\n",
    };
    const ON_TEXT: bool = true;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        site::repeated("columns", &parameters.columns)
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        parameters.columns.clone()
    }

    fn makes(parameters: &Parameters) -> Vec<ColumnName> {
        vec![parameters.into.clone()]
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let mut parts = Vec::new();
        for (index, name) in parameters.columns.iter().enumerate() {
            let column = site.find(name, Pointer::from("columns").index(index))?;
            let value = Expr::column(&column.name);
            let text = match column.now {
                DataType::Text => value,
                _ => say::cast(value, DataType::Text, None),
            };
            let led = say::concat([say::text(parameters.separator.as_str()), text.clone()]);
            parts.push(say::when(text.is_not_null(), led, say::text("")));
        }
        // Each part begins with the separator, so the first one is cut off.
        let led = say::concat(parts);
        let skipped = i64::try_from(parameters.separator.chars().count()).unwrap_or(i64::MAX - 1);
        let whole = Expr::call(
            Function::Substring,
            [led.clone(), say::integer(skipped + 1), Expr::call(Function::Length, [led])],
        );
        let any = parameters.columns.iter().map(|name| Expr::column(name).is_not_null());
        let whole = say::when(Expr::call(Function::Or, any), whole, say::null());
        let title =
            format!("put {} together as `{}`", listed(&parameters.columns), parameters.into);
        Ok(vec![Lowered::make(title, &parameters.into, whole, DataType::Text)])
    }
}
