//! Action profiles: what happens after a run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{LibraryObject, Reference, common_fields, kind};
use crate::action;
use crate::code::Code;
use crate::problem::{Pointer, Problem};

kind! {
    /// Actions, carried out in order; a failed one does not stop the others.
    ActionProfile {
        id: action_profile_id ActionProfileId,
        /// The actions.
        actions: Vec<ActionConfig>,
    }
}

/// One action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionConfig {
    /// The type of action.
    pub action_type: String,
    /// Parameters of the type.
    #[serde(default)]
    pub parameters: Map<String, Value>,
}

impl LibraryObject for ActionProfile {
    common_fields!(action_profile_id);

    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (index, config) in self.actions.iter().enumerate() {
            let pointer = Pointer::from("actions").index(index);
            match action::named(&config.action_type) {
                Some(action_type) => {
                    let place = pointer.key("parameters");
                    let parameters = Value::Object(config.parameters.clone());
                    let found = action_type.check(&parameters);
                    problems.extend(found.into_iter().map(|problem| problem.within(&place)));
                }
                None => {
                    let known = action::ALL.iter().map(|action_type| action_type.name());
                    let message = format!("no action type `{}`", config.action_type);
                    let place = pointer.key("action_type");
                    let problem = Problem::new(Code::UnknownActionType, place, message);
                    problems.push(
                        problem.did_you_mean(&config.action_type, known.clone()).or_hint(|| {
                            format!("known are {}", known.collect::<Vec<_>>().join(", "))
                        }),
                    );
                }
            }
        }
        problems
    }
}
