//! The order in which types declare their fields, which their shapes do not keep.

use std::collections::BTreeMap;

use assay_schemas::library::Object;

use crate::field::Field;
use crate::source::{self, Node, NodeValue};

/// The order of fields, learnt from objects: a written object has all fields of each of its types, in the
/// order of the declaration.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// By the names of the fields, sorted.
    known: BTreeMap<Vec<String>, Vec<String>>,
}

impl Order {
    /// Learns from an object.
    pub(super) fn learn(&mut self, object: &Object) {
        let text = object.to_text();
        for node in source::read("declared.json", text.as_bytes()).objects {
            self.take(&node);
        }
    }

    fn take(&mut self, node: &Node) {
        match &node.value {
            NodeValue::Object(entries) => {
                let names: Vec<_> = entries.iter().map(|entry| entry.key.clone()).collect();
                let mut sorted = names.clone();
                sorted.sort();
                self.known.entry(sorted).or_insert(names);
                entries.iter().for_each(|entry| self.take(&entry.value));
            }
            NodeValue::List(items) => items.iter().for_each(|item| self.take(item)),
            _ => {}
        }
    }

    /// The names of an object's fields, in order.
    pub(super) fn of(&self, field: Field) -> Vec<&str> {
        let names: Vec<&str> = field.properties().into_iter().map(|(name, _)| name).collect();
        let mut sorted: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        sorted.sort();
        match self.known.get(&sorted) {
            Some(declared) => declared.iter().map(String::as_str).collect(),
            None => names,
        }
    }
}
