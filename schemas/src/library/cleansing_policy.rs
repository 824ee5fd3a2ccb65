//! Cleansing policies: what is done to the rows before they are judged.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::reference::{Collector, RuleTemplateRef};
use super::{LibraryObject, Reference, common_fields, kind};
use crate::cleanse;
use crate::code::Code;
use crate::expression;
use crate::id::{ColumnName, RuleId};
use crate::problem::{Pointer, Problem};

kind! {
    /// Steps, applied in order.
    CleansingPolicy {
        id: cleansing_policy_id CleansingPolicyId,
        /// The steps.
        steps: Vec<StepUse>,
        /// Every cell that the steps change is recorded: where, before, after, by which step. Classified
        /// values are redacted.
        #[serde(default)]
        change_log: bool,
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

/// A step that reaches columns by what they are, instead of by their names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnStep {
    /// Names the step within its list.
    pub step_id: RuleId,
    /// Why the step exists.
    #[serde(default)]
    pub description: Option<String>,
    /// The type of step, one that takes `columns` or `column`.
    pub step_type: String,
    /// Parameters of the type, without the columns.
    #[serde(default)]
    pub parameters: Map<String, Value>,
}

impl ColumnStep {
    /// The step, or steps, over these columns.
    pub fn over(&self, columns: &[ColumnName]) -> Vec<StepUse> {
        let step = |name: &str, value: Value| {
            let mut parameters = self.parameters.clone();
            parameters.insert(name.to_owned(), value);
            StepUse {
                step_id: self.step_id.clone(),
                description: self.description.clone(),
                step_type: Some(self.step_type.clone()),
                template: None,
                parameters,
                filter: None,
            }
        };
        let name = |column: &ColumnName| Value::String(column.to_string());
        match self.takes() {
            Some("columns") => vec![step("columns", columns.iter().map(name).collect())],
            Some(one) => columns.iter().map(|column| step(one, name(column))).collect(),
            None => Vec::new(),
        }
    }

    /// The parameter that the columns go to.
    fn takes(&self) -> Option<&'static str> {
        let shape = cleanse::named(&self.step_type)?.shape().schema();
        let takes = |name: &str| shape["properties"].get(name).is_some();
        ["columns", "column"].into_iter().find(|name| takes(name))
    }

    /// What is wrong with the step, seen from the object; `pointer` is where it stands.
    pub(crate) fn check(&self, pointer: &Pointer) -> Vec<Problem> {
        let step_type = match check_step_type(&self.step_type, pointer) {
            Ok(step_type) => step_type,
            Err(problem) => return vec![problem],
        };
        let place = pointer.key("parameters");
        for name in ["columns", "column"] {
            if self.parameters.contains_key(name) {
                let message = "the columns are those that are of this kind, so none is named";
                return vec![Problem::new(Code::BadValue, place.key(name), message).at_key()];
            }
        }
        let columns: Vec<_> = ColumnName::new("x").into_iter().collect();
        let Some(step) = self.over(&columns).pop() else {
            let message = format!("`{}` is no step on single columns", self.step_type);
            return vec![Problem::new(Code::BadValue, pointer.key("step_type"), message)];
        };
        let found = step_type.check(&Value::Object(step.parameters));
        found.into_iter().map(|problem| problem.within(&place)).collect()
    }
}

impl LibraryObject for CleansingPolicy {
    common_fields!(cleansing_policy_id);

    fn references(&self) -> Vec<Reference> {
        let mut found = Collector::new();
        for (index, step) in self.steps.iter().enumerate() {
            let place = Pointer::from("steps").index(index).key("template");
            found.add(place, step.template.as_ref());
            let parameters = Pointer::from("steps").index(index).key("parameters");
            found.extend(&parameters, step.parameter_references());
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
    /// The references that the parameters hold, seen from them.
    fn parameter_references(&self) -> Vec<Reference> {
        let name = self.step_type.as_deref().unwrap_or_default();
        parameter_references(name, &self.parameters)
    }

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

/// The references that the parameters of a type of step hold, seen from them.
pub(crate) fn parameter_references(name: &str, parameters: &Map<String, Value>) -> Vec<Reference> {
    let mut found = Collector::new();
    let step_type = cleanse::named(name);
    let parameters = Value::Object(parameters.clone());
    if let Some((place, taxonomy)) = step_type.and_then(|step| step.taxonomy(&parameters)) {
        found.add(place, Some(&taxonomy));
    }
    found.finish()
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
