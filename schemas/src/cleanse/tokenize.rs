//! `tokenize`: values become tokens that stand for them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::StepRule;
use super::hash::secret_problem;
use super::site::{self, Lowered, Site};
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Expr, PseudonymForm};
use crate::problem::Problem;

pub(super) struct Tokenize;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns; without any, every column that is text at this point.
    #[serde(default)]
    columns: Vec<ColumnName>,
    /// The key, as `secret://env/NAME`; it is read when the job runs, and kept nowhere.
    secret: String,
    /// What the token looks like.
    #[serde(default)]
    form: Form,
    /// What a token begins with.
    #[serde(default)]
    prefix: String,
}

/// What a token looks like.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Form {
    /// A prefix and 26 letters and digits.
    #[default]
    Token,
    /// Like the value.
    Shape,
}

impl StepRule for Tokenize {
    type Parameters = Parameters;
    const NAME: &'static str = "tokenize";
    const DOC: Doc = Doc {
        summary: "Replaces values by tokens.",
        semantics: "Equal values become equal tokens, in every dataset with the same key, so that they can \
                    still be joined and counted. A `token` is the prefix and 26 letters and digits; `shape` \
                    keeps the form of the value, so that rules on it still hold: digits become digits, \
                    letters letters of the same case, and all else stays; there different values may come to \
                    the same token. No table of tokens is kept, so nothing leads back but the key and a list \
                    of the values. Nulls stay null. In text formats columns of every type are text until \
                    they are converted; values of other types stay.",
        good: "step_id: customer-token\nstep_type: tokenize\nparameters: {columns: [customer_id], secret: \"secret://env/TOKEN_KEY\", prefix: cus_}\n",
        bad: "step_id: customer-token\nstep_type: tokenize\nparameters: {columns: [customer_id], secret: \"secret://env/TOKEN_KEY\", form: uuid}\n",
    };
    const ON_TEXT: bool = true;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems: Vec<_> = secret_problem(&parameters.secret).into_iter().collect();
        if parameters.form == Form::Shape && !parameters.prefix.is_empty() {
            let message = "a token that keeps the shape of the value has no prefix".to_owned();
            let problem = Problem::new(crate::code::Code::BadValue, "prefix".into(), message);
            problems.push(problem.at_key());
        }
        problems
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        parameters.columns.clone()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let columns = site.text_columns(Self::NAME, &parameters.columns)?;
        let form = match parameters.form {
            Form::Token => PseudonymForm::Token { prefix: parameters.prefix.clone() },
            Form::Shape => PseudonymForm::Shape,
        };
        Ok(site::each(columns, "tokenize {}", |value| Expr::Pseudonym {
            value: Box::new(value),
            secret: parameters.secret.clone(),
            form: form.clone(),
        }))
    }
}
