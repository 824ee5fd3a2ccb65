//! `reject_rows`: rows that nobody wants go to the rejects.

use schemars::JsonSchema;
use serde::Deserialize;

use super::StepRule;
use super::site::{Lowered, Site, named_in};
use crate::doc::Doc;
use crate::expression::{self, Scope};
use crate::id::ColumnName;
use crate::plan::StepBody;
use crate::problem::Problem;

pub(super) struct RejectRows;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The rows, in the expression language.
    when: String,
    /// Why, for people who read the rejects; the expression itself where there is none.
    #[serde(default)]
    reason: Option<String>,
}

impl StepRule for RejectRows {
    type Parameters = Parameters;
    const NAME: &'static str = "reject_rows";
    const DOC: Doc = Doc {
        summary: "Moves rows to the rejects.",
        semantics: "A row goes where the expression is true; false and null stay. It is counted as rejected \
                    and written to the rejects with the reason, and no later step or rule sees it. With \
                    `where`, a row goes only where both hold.",
        good: "step_id: no-tests\nstep_type: reject_rows\nparameters: {when: 'name.startsWith(\"TEST\")', reason: a test booking}\n",
        bad: "step_id: no-tests\nstep_type: reject_rows\nparameters: {when: name is TEST}\n",
    };
    const ON_TEXT: bool = false;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let text = &parameters.when;
        let error = expression::names(text).err();
        error.map(|error| error.problem(text, "when".into())).into_iter().collect()
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        named_in(&parameters.when)
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let columns = site.columns.iter().map(|column| (column.name.clone(), column.now));
        let scope: Scope = columns.collect();
        let text = &parameters.when;
        let when = expression::predicate(text, &scope)
            .map_err(|error| vec![error.problem(text, "when".into())])?;
        let reason = parameters.reason.clone().unwrap_or_else(|| text.clone());
        let body = StepBody::Reject { when, reason, column: None };
        Ok(vec![Lowered::new(format!("reject rows where {text}"), body)])
    }
}
