//! `hash`: values become digests that only the key can repeat.

use schemars::JsonSchema;
use serde::Deserialize;

use super::StepRule;
use super::site::{self, Lowered, Site};
use crate::code::Code;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Expr, PseudonymForm};
use crate::problem::Problem;

pub(super) struct Hash;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns; without any, every column that is text at this point.
    #[serde(default)]
    columns: Vec<ColumnName>,
    /// The key, as `secret://env/NAME`; it is read when the job runs, and kept nowhere.
    secret: String,
}

/// What is wrong with a reference to a secret; the text is not shown, as it may be the secret itself.
pub(super) fn secret_problem(secret: &str) -> Option<Problem> {
    let rest = secret.strip_prefix("secret://").unwrap_or_default();
    let named = rest
        .split_once('/')
        .is_some_and(|(provider, name)| !provider.is_empty() && !name.is_empty());
    let message = "a key is a reference to a secret, never the secret itself".to_owned();
    let problem = Problem::new(Code::BadValue, "secret".into(), message);
    (!named).then(|| problem.hint("write `secret: secret://env/NAME`"))
}

impl StepRule for Hash {
    type Parameters = Parameters;
    const NAME: &'static str = "hash";
    const DOC: Doc = Doc {
        summary: "Replaces values by their keyed digest.",
        semantics: "The digest is HMAC-SHA256 of the UTF-8 of the text, as 64 hexadecimal digits: equal \
                    values stay equal, in every dataset with the same key, and nobody without the key can \
                    try values. Nulls stay null. A second pass hashes again. In text formats columns of \
                    every type are text until they are converted; values of other types stay.",
        good: "step_id: hash-email\nstep_type: hash\nparameters: {columns: [email], secret: \"secret://env/HASH_KEY\"}\n",
        bad: "step_id: hash-email\nstep_type: hash\nparameters: {columns: [email], secret: hunter2}\n",
    };
    const ON_TEXT: bool = true;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        secret_problem(&parameters.secret).into_iter().collect()
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        parameters.columns.clone()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let columns = site.text_columns(Self::NAME, &parameters.columns)?;
        Ok(site::each(columns, "hash {}", |value| Expr::Pseudonym {
            value: Box::new(value),
            secret: parameters.secret.clone(),
            form: PseudonymForm::Hex,
        }))
    }
}
