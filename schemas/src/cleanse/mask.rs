//! `mask`: all but a few characters are covered.

use schemars::JsonSchema;
use serde::Deserialize;

use super::site::{self, Lowered, Site};
use super::{StepRule, say};
use crate::code::Code;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Expr, Function};
use crate::problem::Problem;

pub(super) struct Mask;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns; without any, every column that is text at this point.
    #[serde(default)]
    columns: Vec<ColumnName>,
    /// Characters at the beginning that stay.
    #[serde(default)]
    #[schemars(range(max = 1000))]
    keep_first: u16,
    /// Characters at the end that stay.
    #[serde(default)]
    #[schemars(range(max = 1000))]
    keep_last: u16,
    /// What stands in place of each other character.
    #[serde(default = "star")]
    character: String,
}

fn star() -> String {
    "*".to_owned()
}

impl StepRule for Mask {
    type Parameters = Parameters;
    const NAME: &'static str = "mask";
    const DOC: Doc = Doc {
        summary: "Covers all but a few characters of text.",
        semantics: "Each covered character is replaced by one, so the length stays. A text that is no longer \
                    than what stays is covered whole. In text formats columns of every type are text until \
                    they are converted; values of other types stay.",
        good: "step_id: last-four\nstep_type: mask\nparameters: {columns: [card], keep_last: 4}\n",
        bad: "step_id: last-four\nstep_type: mask\nparameters: {columns: [card], character: \"\"}\n",
    };
    const ON_TEXT: bool = true;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let single = parameters.character.chars().count() == 1;
        let message = format!("`{}` is not one character", parameters.character);
        let problem = Problem::new(Code::BadValue, "character".into(), message);
        (!single).then_some(problem).into_iter().collect()
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        parameters.columns.clone()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let columns = site.text_columns(Self::NAME, &parameters.columns)?;
        let (first, last) = (i64::from(parameters.keep_first), i64::from(parameters.keep_last));
        let cover = say::as_replacement(&parameters.character);
        Ok(site::each(columns, "mask {}", |value| {
            let covered = |part: Expr| say::replaced(part, r"(?s).", &cover);
            let length = || Expr::call(Function::Length, [value.clone()]);
            let part = |from: Expr, count: Expr| {
                Expr::call(Function::Substring, [value.clone(), from, count])
            };
            let less = |count: i64| Expr::call(Function::Subtract, [length(), say::integer(count)]);
            let is_long = Expr::call(Function::Greater, [length(), say::integer(first + last)]);
            let kept = say::concat([
                part(say::integer(1), say::integer(first)),
                covered(part(say::integer(first + 1), less(first + last))),
                part(Expr::call(Function::Add, [less(last), say::integer(1)]), say::integer(last)),
            ]);
            let short = say::when(value.clone().is_not_null(), covered(value.clone()), say::null());
            say::when(is_long, kept, short)
        }))
    }
}
