//! Rule templates: a rule without a dataset, to be bound many times.

use serde_json::{Map, Value};

use super::rule_set::{check_type, parameter_references};
use super::{LibraryObject, Reference, common_fields, kind};
use crate::problem::{Pointer, Problem};
use crate::verdict::{Dimension, Severity};

kind! {
    /// A rule type with parameters and severity, ready to be bound to columns.
    RuleTemplate {
        id: rule_template_id RuleTemplateId,
        /// The rule type.
        rule_type: String,
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
        parameter_references(&self.rule_type, &self.parameters)
            .into_iter()
            .map(|mut reference| {
                reference.pointer = place.join(&reference.pointer);
                reference
            })
            .collect()
    }

    fn check(&self) -> Vec<Problem> {
        // A binding may still add parameters, so the template's own need not be complete.
        check_type(&self.rule_type, &Pointer::root()).err().into_iter().collect()
    }
}
