//! Rule templates: a rule or a cleansing step without a dataset, to be bound many times.

use serde_json::{Map, Value};

use super::cleansing_policy::{self, check_step_type};
use super::rule_set::{check_type, parameter_references};
use super::{LibraryObject, Reference, common_fields, kind};
use crate::code::Code;
use crate::problem::{Pointer, Problem};
use crate::shape::Shape;
use crate::verdict::{Dimension, Severity};

kind! {
    /// A rule type with parameters and severity, ready to be bound to columns; or a type of cleansing step
    /// with parameters, ready to be used in policies.
    RuleTemplate {
        id: rule_template_id RuleTemplateId,
        /// The rule type; either this or a step type.
        #[serde(default)]
        rule_type: Option<String>,
        /// The type of cleansing step; either this or a rule type.
        #[serde(default)]
        step_type: Option<String>,
        /// Its parameters; a binding may override each of them.
        #[serde(default)]
        parameters: Map<String, Value>,
        /// How bad a violation is.
        #[serde(default)]
        severity: Option<Severity>,
        /// Which quality it speaks of; each rule type has its own.
        #[serde(default)]
        dimension: Option<Dimension>,
        /// Said of a violating row, in the author's words.
        #[serde(default)]
        message: Option<String>,
    }
}

impl LibraryObject for RuleTemplate {
    common_fields!(rule_template_id);

    fn references(&self) -> Vec<Reference> {
        let place = Pointer::root().key("parameters");
        let found = match (&self.rule_type, &self.step_type) {
            (Some(rule_type), _) => parameter_references(rule_type, &self.parameters),
            (None, Some(step_type)) => {
                cleansing_policy::parameter_references(step_type, &self.parameters)
            }
            (None, None) => Vec::new(),
        };
        found
            .into_iter()
            .map(|mut reference| {
                reference.pointer = place.join(&reference.pointer);
                reference
            })
            .collect()
    }

    fn check(&self) -> Vec<Problem> {
        let root = Pointer::root();
        match (&self.rule_type, &self.step_type) {
            (Some(name), None) => match check_type(name, &root) {
                Ok(rule_type) => self.check_parameters(rule_type.shape()),
                Err(problem) => vec![problem],
            },
            (None, Some(name)) => {
                let mut problems = match check_step_type(name, &root) {
                    Ok(step_type) => self.check_parameters(step_type.shape()),
                    Err(problem) => vec![problem],
                };
                let judging = [
                    ("severity", self.severity.is_some()),
                    ("dimension", self.dimension.is_some()),
                    ("message", self.message.is_some()),
                ];
                for (field, _) in judging.into_iter().filter(|(_, written)| *written) {
                    let message =
                        format!("a cleansing step judges nothing, so it has no `{field}`");
                    problems.push(Problem::new(Code::BadValue, field.into(), message).at_key());
                }
                problems
            }
            (None, None) => vec![
                Problem::new(
                    Code::MissingField,
                    root,
                    "a template needs `rule_type` or `step_type`",
                )
                .hint(
                    "write `rule_type: range` for a rule, `step_type: trim` for a cleansing step",
                ),
            ],
            (Some(_), Some(_)) => vec![
                Problem::new(
                    Code::BadValue,
                    "step_type".into(),
                    "a template has a `rule_type` or a `step_type`, not both",
                )
                .at_key(),
            ],
        }
    }
}

impl RuleTemplate {
    /// What is wrong with the parameters. A binding may still add some, so they need not be complete.
    fn check_parameters(&self, shape: &Shape) -> Vec<Problem> {
        let left_out = |problem: &Problem| {
            problem.code == Code::MissingField && problem.pointer == Pointer::root()
        };
        let place = Pointer::from("parameters");
        let problems = shape.check(&Value::Object(self.parameters.clone())).into_iter();
        problems.filter(|found| !left_out(found)).map(|found| found.within(&place)).collect()
    }
}
