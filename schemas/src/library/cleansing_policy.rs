//! Cleansing policies: what is done to the rows before they are judged.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{LibraryObject, Reference, common_fields, kind};
use crate::cleanse;
use crate::code::Code;
use crate::expression;
use crate::id::RuleId;
use crate::problem::{Pointer, Problem};

kind! {
    /// Steps, applied in order.
    CleansingPolicy {
        id: cleansing_policy_id CleansingPolicyId,
        /// The steps.
        steps: Vec<StepUse>,
    }
}

/// A step of a policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepUse {
    /// Names the step within its policy.
    pub step_id: RuleId,
    /// Why the step exists.
    #[serde(default)]
    pub description: Option<String>,
    /// The type of step.
    pub step_type: String,
    /// Parameters of the type.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// Touch only rows where this holds.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
}

impl LibraryObject for CleansingPolicy {
    common_fields!(cleansing_policy_id);

    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    fn check(&self) -> Vec<Problem> {
        let ids = self.steps.iter().map(|step| step.step_id.as_str());
        let mut problems = super::unique_ids("steps", "step_id", ids);
        for (index, step) in self.steps.iter().enumerate() {
            let pointer = Pointer::from("steps").index(index);
            if let Some(text) = &step.filter
                && let Err(error) = expression::names(text)
            {
                problems.push(error.problem(text, pointer.key("where")));
            }
            match cleanse::named(&step.step_type) {
                Some(step_type) => {
                    let place = pointer.key("parameters");
                    let parameters = Value::Object(step.parameters.clone());
                    let found = step_type.check(&parameters);
                    problems.extend(found.into_iter().map(|problem| problem.within(&place)));
                }
                None => {
                    let known = cleanse::ALL.iter().map(|step_type| step_type.name());
                    let message = format!("no cleansing step `{}`", step.step_type);
                    let place = pointer.key("step_type");
                    let problem = Problem::new(Code::UnknownStepType, place, message);
                    problems.push(
                        problem.did_you_mean(&step.step_type, known.clone()).or_hint(|| {
                            format!("known are {}", known.collect::<Vec<_>>().join(", "))
                        }),
                    );
                }
            }
        }
        problems
    }
}
