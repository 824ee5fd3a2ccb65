//! `standardize_email`: addresses of e-mail are written in one way.

use schemars::JsonSchema;
use serde::Deserialize;

use super::site::{self, Lowered, Site};
use super::{StepRule, say};
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Expr, Function, Otherwise};
use crate::problem::Problem;

pub(super) struct StandardizeEmail;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns.
    #[schemars(length(min = 1))]
    columns: Vec<ColumnName>,
    /// The part before the `@` becomes lower case as well, as nearly every provider reads it.
    #[serde(default)]
    lower_local: bool,
    /// What becomes of a value that is none.
    #[serde(default)]
    otherwise: Otherwise,
}

/// Local part and domain, with what may stand around them.
fn form() -> String {
    let blank = format!("{}*", say::SPACE);
    let local = r#"[^\p{Z}\t-\r\x{85}@<>()\[\],;:"\\]+"#;
    let domain = r"[0-9A-Za-z\p{L}](?:[0-9A-Za-z\p{L}-]*[0-9A-Za-z\p{L}])?";
    format!(
        "^{blank}(?:[^<>@]*<{blank})?(?i:mailto:)?({local})@({domain}(?:\\.{domain})+)(?:{blank}>)?{blank}$"
    )
}

fn address(value: &Expr, lower_local: bool) -> Expr {
    let form = form();
    let local = say::extracted(value.clone(), &form, 1);
    let local = match lower_local {
        true => Expr::call(Function::Lower, [local]),
        false => local,
    };
    let domain = Expr::call(Function::Lower, [say::extracted(value.clone(), &form, 2)]);
    let whole = say::concat([local, say::text("@"), domain]);
    say::cases(vec![(say::matches(value.clone(), &form), whole)])
}

impl StepRule for StandardizeEmail {
    type Parameters = Parameters;
    const NAME: &'static str = "standardize_email";
    const DOC: Doc = Doc {
        summary: "Writes addresses of e-mail in one way.",
        semantics: "White space around goes, and so do `mailto:`, angle brackets and a name before them; the \
                    domain becomes lower case. What is left must have a part before the `@`, and a domain \
                    with a point. What is no address stays as it was, or with `otherwise` becomes null or \
                    sends its row to the rejects. Nulls stay null.",
        good: "step_id: one-email\nstep_type: standardize_email\nparameters: {columns: [email], otherwise: set_null}\n",
        bad: "step_id: one-email\nstep_type: standardize_email\nparameters: {columns: [email], otherwise: drop}\n",
    };
    const ON_TEXT: bool = true;

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        parameters.columns.clone()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let columns = site.text_columns(Self::NAME, &parameters.columns)?;
        let set = columns.into_iter().flat_map(|column| {
            let value = Expr::column(&column.name);
            let title = format!("write `{}` as an address of e-mail", column.name);
            let reason = format!("`{}` is not an address of e-mail", column.name);
            site::settled(
                column,
                title,
                (address(&value, parameters.lower_local), parameters.otherwise),
                reason,
            )
        });
        Ok(set.collect())
    }
}
