//! `null_tokens`: texts that mean nothing become null.

use schemars::JsonSchema;
use serde::Deserialize;

use super::site::{self, Lowered, Site};
use super::{StepRule, say};
use crate::code::Code;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::literal;
use crate::plan::Literal;
use crate::problem::{Pointer, Problem};

pub(super) struct NullTokens;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns; without any, every column that is text at this point.
    #[serde(default)]
    columns: Vec<ColumnName>,
    /// The texts that become null.
    #[schemars(length(min = 1))]
    tokens: Vec<String>,
    /// Upper and lower case are the same.
    #[serde(default)]
    ignore_case: bool,
}

impl StepRule for NullTokens {
    type Parameters = Parameters;
    const NAME: &'static str = "null_tokens";
    const DOC: Doc = Doc {
        summary: "Turns texts such as `N/A` into null.",
        semantics: "A value becomes null where it is one of the tokens as a whole; white space counts, so \
                    `trim` comes first. With `ignore_case` both sides are brought to lower case. Empty text \
                    is the token `\"\"`. In text formats columns of every type are text until they are \
                    converted; values of other types stay.",
        good: "step_id: no-value\nstep_type: null_tokens\nparameters: {tokens: [N/A, \"-\", \"\"]}\n",
        bad: "step_id: no-value\nstep_type: null_tokens\nparameters: {tokens: N/A}\n",
    };
    const ON_TEXT: bool = true;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let tokens = parameters.tokens.iter().enumerate();
        let repeated = tokens.filter(|(index, token)| parameters.tokens[..*index].contains(token));
        repeated
            .map(|(index, token)| {
                let message = format!("`{token}` stands here for the second time");
                Problem::new(Code::BadValue, Pointer::from("tokens").index(index), message)
            })
            .collect()
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        parameters.columns.clone()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let columns = site.text_columns(Self::NAME, &parameters.columns)?;
        let tokens = || parameters.tokens.iter().cloned().map(Literal::Text).collect();
        Ok(site::each(columns, "turn tokens of {} into null", |value| {
            let is_token = literal::is_one_of(value.clone(), tokens(), parameters.ignore_case);
            say::when(is_token, say::null(), value)
        }))
    }
}
