//! `derive`: a column is computed from others.

use schemars::JsonSchema;
use serde::Deserialize;

use super::StepRule;
use super::site::{Lowered, Site};
use crate::code::Code;
use crate::datatype::{DataType, Family};
use crate::doc::Doc;
use crate::expression::{self, Scope};
use crate::id::ColumnName;
use crate::plan::Expr;
use crate::problem::Problem;

pub(super) struct Derive;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The column that is set; it need not be in the files.
    column: ColumnName,
    /// Its value, in the expression language.
    expression: String,
    /// Its type; where there is none, that of the expression, or for numbers that which the schema declares.
    /// A value that does not fit is null.
    #[serde(default, rename = "type")]
    data_type: Option<DataType>,
}

impl StepRule for Derive {
    type Parameters = Parameters;
    const NAME: &'static str = "derive";
    const DOC: Doc = Doc {
        summary: "Computes a column from others.",
        semantics: "The columns that the expression reads are converted to their types first. A column that \
                    is not there yet is added, and rules can name it like any other; where the schema \
                    declares it, it need not be in the files. With `where`, other rows keep their value, or \
                    have null in a new column.",
        good: "step_id: total\nstep_type: derive\nparameters: {column: total, expression: \"fare + coalesce(tip, 0)\"}\n",
        bad: "step_id: total\nstep_type: derive\nparameters: {column: total, expression: \"fare +\"}\n",
    };
    const ON_TEXT: bool = false;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let text = &parameters.expression;
        let error = expression::names(text).err();
        error.map(|error| error.problem(text, "expression".into())).into_iter().collect()
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        super::site::named_in(&parameters.expression)
    }

    fn makes(parameters: &Parameters) -> Vec<ColumnName> {
        vec![parameters.column.clone()]
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let columns = site.columns.iter().map(|column| (column.name.clone(), column.now));
        let scope: Scope = columns.collect();
        let text = &parameters.expression;
        let (value, found) = expression::value(text, &scope)
            .map_err(|error| vec![error.problem(text, "expression".into())])?;
        let declared = site.fields.iter().find(|field| field.name == parameters.column);
        // Digits of a computed number are an accident; what the schema declares is meant.
        let declared = declared.map(|field| field.data_type).filter(|declared| {
            declared.family() == Family::Number && found.family() == Family::Number
        });
        let (value, data_type) = match parameters.data_type.or(declared) {
            Some(to) if to != found => {
                (Expr::Cast { value: Box::new(value), to, format: None }, to)
            }
            _ => (value, found),
        };
        if matches!(data_type, DataType::Binary) {
            let message = "no expression gives bytes".to_owned();
            return Err(vec![Problem::new(Code::BadValue, "type".into(), message)]);
        }
        let title = format!("set `{}` to {text}", parameters.column);
        Ok(vec![Lowered::make(title, &parameters.column, value, data_type)])
    }
}
