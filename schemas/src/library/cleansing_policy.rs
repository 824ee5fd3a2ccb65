//! Cleansing policies: what is done to the rows before they are judged.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::reference::{Collector, RuleTemplateRef};
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
    /// The type of step; either this or a template.
    #[serde(default)]
    pub step_type: Option<String>,
    /// A template of a step; either this or a step type.
    #[serde(default)]
    pub template: Option<RuleTemplateRef>,
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
        let mut found = Collector::new();
        for (index, step) in self.steps.iter().enumerate() {
            let place = Pointer::from("steps").index(index).key("template");
            found.add(place, step.template.as_ref());
        }
        found.finish()
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
            problems.extend(step.check_type(&pointer));
        }
        problems
    }
}

impl StepUse {
    fn check_type(&self, pointer: &Pointer) -> Vec<Problem> {
        match (&self.step_type, &self.template) {
            (Some(name), None) => match check_step_type(name, pointer) {
                Ok(step_type) => {
                    let place = pointer.key("parameters");
                    let parameters = Value::Object(self.parameters.clone());
                    let found = step_type.check(&parameters);
                    found.into_iter().map(|problem| problem.within(&place)).collect()
                }
                Err(problem) => vec![problem],
            },
            (None, Some(_)) => Vec::new(),
            (None, None) => vec![
                Problem::new(
                    Code::MissingField,
                    pointer.clone(),
                    "a step needs `step_type` or `template`",
                )
                .hint("write `step_type: trim`, or `template: {rule_template_id: …}`"),
            ],
            (Some(_), Some(_)) => vec![
                Problem::new(
                    Code::BadValue,
                    pointer.key("template"),
                    "a step has a `step_type` or a `template`, not both",
                )
                .at_key(),
            ],
        }
    }

    /// The step with the type of a template and its parameters below the step's own.
    #[must_use]
    pub fn instantiated(&self, step_type: &str, inherited: &Map<String, Value>) -> Self {
        let mut parameters = inherited.clone();
        parameters.extend(self.parameters.clone());
        Self { step_type: Some(step_type.to_owned()), template: None, parameters, ..self.clone() }
    }
}

/// The type of step of that name, or a problem at `step_type` below `pointer`.
pub(crate) fn check_step_type(
    name: &str,
    pointer: &Pointer,
) -> Result<&'static dyn cleanse::StepType, Problem> {
    cleanse::named(name).ok_or_else(|| {
        let known = cleanse::ALL.iter().map(|step_type| step_type.name());
        let message = format!("no cleansing step `{name}`");
        Problem::new(Code::UnknownStepType, pointer.key("step_type"), message)
            .did_you_mean(name, known.clone())
            .or_hint(|| format!("known are {}", known.collect::<Vec<_>>().join(", ")))
    })
}
