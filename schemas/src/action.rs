//! Action types: what each does after a run, as a value that the executor delivers.
//!
//! One file for each type, named after its public id in lower case, and one line in [`ALL`]. An action
//! type turns the summary of a run into an [`Effect`]; it calls nobody.

mod call_webhook;
mod emit_lineage;
mod open_ticket;
mod place;
mod send_notification;
mod store_results;
mod summary;

use std::collections::BTreeMap;
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::doc::Doc;
use crate::id::ConnId;
use crate::plan;
use crate::problem::Problem;
use crate::shape::Shape;

/// Every action type, in order of name.
pub static ALL: &[&dyn ActionType] = &[
    &Type::<call_webhook::CallWebhook>(PhantomData),
    &Type::<emit_lineage::EmitLineage>(PhantomData),
    &Type::<open_ticket::OpenTicket>(PhantomData),
    &Type::<send_notification::SendNotification>(PhantomData),
    &Type::<store_results::StoreResults>(PhantomData),
];

/// The action type of that name.
pub fn named(name: &str) -> Option<&'static dyn ActionType> {
    ALL.iter().copied().find(|action_type| action_type.name() == name)
}

/// What an action comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// The summary of the run is written as a JSON file of this name into a folder beside the run.
    Store {
        /// File name, without folders.
        file: String,
        /// Its content.
        content: Value,
    },
    /// One request to the action's connection.
    Http(HttpRequest),
    /// Nothing, for this reason.
    Nothing(String),
}

/// A request over HTTP, relative to a connection.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpRequest {
    /// `POST` or `PUT`.
    pub method: &'static str,
    /// Appended to the connection's URL; empty or beginning with `/`.
    pub path: String,
    /// Headers beside the connection's own.
    pub headers: BTreeMap<String, String>,
    /// The JSON body.
    pub body: Value,
}

/// How an action finds its connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionNeed {
    /// It needs none.
    None,
    /// This one; a name that the environment does not declare is an error.
    Named(ConnId),
    /// This one or else none: undeclared, the action is skipped with a warning.
    Wanted(ConnId),
    /// The environment's connection for notifications.
    Notification,
}

/// An action type as its own file states it.
pub trait Action: Sync + 'static {
    /// The parameters.
    type Parameters: DeserializeOwned + JsonSchema + 'static;
    /// The public name.
    const NAME: &'static str;
    /// What users read.
    const DOC: Doc;

    /// What is wrong with parameters that fit their shape, seen from the parameters.
    fn check(_parameters: &Self::Parameters) -> Vec<Problem> {
        Vec::new()
    }

    /// The connection it uses.
    fn connection(_parameters: &Self::Parameters) -> ConnectionNeed {
        ConnectionNeed::None
    }

    /// What it comes to for a run; `summary` is the JSON that `assay show --format json` prints, without
    /// the values of rows.
    fn effect(parameters: &Self::Parameters, summary: &Value) -> Effect;
}

/// An action type as the rest of the crate sees it.
pub trait ActionType: Sync {
    /// The public name.
    fn name(&self) -> &'static str;
    /// What users read.
    fn doc(&self) -> &'static Doc;
    /// The shape of its parameters.
    fn shape(&self) -> &'static Shape;
    /// Everything that is wrong with the parameters, seen from them.
    fn check(&self, parameters: &Value) -> Vec<Problem>;
    /// The connection it uses.
    ///
    /// # Errors
    /// The parameters do not fit their shape.
    fn connection(&self, parameters: &Value) -> Result<ConnectionNeed, Vec<Problem>>;
    /// What it comes to for a run.
    ///
    /// # Errors
    /// The parameters do not fit their shape.
    fn effect(&self, parameters: &Value, summary: &Value) -> Result<Effect, Vec<Problem>>;
}

/// What a planned action comes to for a run.
///
/// # Errors
/// The action's type or parameters are unknown to this version, in words.
pub fn effect(action: &plan::Action, summary: &Value) -> Result<Effect, String> {
    let action_type = named(&action.action_type)
        .ok_or_else(|| format!("this executor knows no action type `{}`", action.action_type))?;
    action_type.effect(&Value::Object(action.parameters.clone()), summary).map_err(|problems| {
        problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("; ")
    })
}

struct Type<A>(PhantomData<fn() -> A>);

impl<A: Action> ActionType for Type<A> {
    fn name(&self) -> &'static str {
        A::NAME
    }

    fn doc(&self) -> &'static Doc {
        &A::DOC
    }

    fn shape(&self) -> &'static Shape {
        crate::shape::cached::<A::Parameters>()
    }

    fn check(&self, parameters: &Value) -> Vec<Problem> {
        let problems = self.shape().check(parameters);
        if !problems.is_empty() {
            return problems;
        }
        match crate::shape::take(parameters) {
            Ok(parameters) => A::check(&parameters),
            Err(problems) => problems,
        }
    }

    fn connection(&self, parameters: &Value) -> Result<ConnectionNeed, Vec<Problem>> {
        crate::shape::take(parameters).map(|parameters| A::connection(&parameters))
    }

    fn effect(&self, parameters: &Value, summary: &Value) -> Result<Effect, Vec<Problem>> {
        crate::shape::take(parameters).map(|parameters| A::effect(&parameters, summary))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::library::Kind;

    #[test]
    fn the_list_is_sorted_and_documented() {
        let names: Vec<_> = ALL.iter().map(|action_type| action_type.name()).collect();
        assert!(names.is_sorted_by(|one, next| one < next), "{names:?}");
        for action_type in ALL {
            let doc = action_type.doc();
            let name = action_type.name();
            for text in [doc.summary, doc.semantics, doc.good, doc.bad] {
                assert!(!text.trim().is_empty(), "{name}");
            }
            assert!(doc.good.contains(&format!("action_type: {name}\n")), "{name}");
            assert_ne!(doc.good, doc.bad, "{name}");
            let fields = action_type.shape().schema()["properties"].as_object();
            for (field, shape) in fields.into_iter().flatten() {
                assert!(
                    shape.get("description").is_some(),
                    "{name}.{field} says nothing of itself"
                );
            }
        }
    }

    #[test]
    fn the_printed_profile_is_read() {
        let profile = json!({
            "action_profile_id": "alerts-critical-v1",
            "name": "Critical Alerts",
            "tenant_id": "TNT-001",
            "environment": "prod",
            "version": "1.0.0",
            "actions": [
                {"action_type": "SEND_NOTIFICATION",
                 "parameters": {"channel": "#dq-critical", "template_id": "dq_job_failure_summary"}},
                {"action_type": "EMIT_LINEAGE",
                 "parameters": {"target_system": "central-lineage", "include_payload": true}}
            ],
            "tags": ["critical", "alerts"],
            "metadata": {"owner": "data-platform-team"}
        });
        assert!(Kind::ActionProfile.read(&profile).is_ok());
    }
}
