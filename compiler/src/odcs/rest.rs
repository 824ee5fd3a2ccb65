//! What is left of an object of a contract while its fields are carried over.
//!
//! Fields are taken one by one; whatever nobody took is kept in the metadata of the object that was
//! made and reported. So nothing can be dropped by being forgotten.

use std::collections::BTreeSet;

use assay_schemas::problem::Pointer;
use serde_json::{Map, Value};

use super::loss::{Home, Losses};

/// An object of a contract that is being carried over.
#[derive(Debug)]
pub(super) struct Rest {
    fields: Map<String, Value>,
    at: Pointer,
    /// Fields that stay because the library says the same in other words: kept, and no loss.
    said: BTreeSet<String>,
    /// Fields with a reason of their own.
    why: Vec<(String, String)>,
    /// Parts of which something is left.
    parts: Vec<(String, Self)>,
}

impl Rest {
    /// The object that stands at `at`, whole.
    pub(super) fn new(value: &Value, at: Pointer) -> Self {
        let mut fields = value.as_object().cloned().unwrap_or_default();
        fields.retain(|key, value| !means_nothing(key, value));
        Self { fields, at, said: BTreeSet::new(), why: Vec::new(), parts: Vec::new() }
    }

    /// Where the object stands in the source.
    pub(super) fn at(&self) -> &Pointer {
        &self.at
    }

    /// A field, left in place.
    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.fields.get(key)
    }

    /// A text, left in place.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.fields.get(key).and_then(Value::as_str)
    }

    /// A field, taken out.
    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        self.fields.remove(key)
    }

    /// A text, taken out. One that the language would read as a variable of the environment stays.
    pub(super) fn take_text(&mut self, key: &str) -> Option<String> {
        if self.text(key)?.contains("${") {
            self.because(key, "`${…}` in a text of the library is a variable of the environment");
            return None;
        }
        match self.fields.remove(key) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// A list, taken out; empty where there is none.
    pub(super) fn take_list(&mut self, key: &str) -> Vec<Value> {
        match self.fields.remove(key) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        }
    }

    /// Tags, taken out, each once.
    pub(super) fn take_tags(&mut self) -> Vec<Value> {
        let mut tags: Vec<Value> = Vec::new();
        for tag in self.take_list("tags") {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        tags
    }

    /// Keeps a field, without a loss: the library says the same, but not in these words.
    pub(super) fn keep(&mut self, key: &str, value: Value) {
        self.fields.insert(key.to_owned(), value);
        self.said.insert(key.to_owned());
    }

    /// Keeps a field where what the library says does not give it back, and says why if it is a loss.
    pub(super) fn keep_unless(&mut self, key: &str, value: Value, given_back: &Value, why: &str) {
        if value == *given_back {
            return;
        }
        self.fields.insert(key.to_owned(), value);
        self.because(key, why);
    }

    /// Puts a field back that could not be carried after all.
    pub(super) fn put_back(&mut self, key: &str, value: Value, why: &str) {
        self.fields.insert(key.to_owned(), value);
        self.because(key, why);
    }

    /// Gives the reason why a field stays.
    pub(super) fn because(&mut self, key: &str, why: &str) {
        self.why.push((key.to_owned(), why.to_owned()));
    }

    /// The fields of a quality check that say what is demanded.
    pub(super) fn demand(&self) -> Map<String, Value> {
        let demand = self.fields.iter().filter(|(key, _)| super::check::demands(key));
        demand.map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Keeps what is left of a part of the object, with its reasons.
    pub(super) fn put_part(&mut self, key: &str, part: Self) {
        if part.fields.is_empty() {
            return;
        }
        self.fields.insert(key.to_owned(), Value::Object(part.fields.clone()));
        self.parts.push((key.to_owned(), part));
    }

    /// What is left, to be kept at `home`, with a loss for each field.
    pub(super) fn settle(self, home: &Home, losses: &mut Losses) -> Map<String, Value> {
        let is_part = |key: &str| self.parts.iter().any(|(name, _)| name == key);
        for key in self.fields.keys().filter(|key| !self.said.contains(*key) && !is_part(key)) {
            let own = self.why.iter().rev().find(|(name, _)| name == key);
            let why = own.map_or_else(|| reason(key, &self.at), |(_, why)| why.as_str());
            losses.kept(self.at.key(key), why, home.key(key));
        }
        for (key, part) in self.parts {
            part.settle(&home.key(&key), losses);
        }
        self.fields
    }
}

/// Why the library has no words for a field.
fn reason(key: &str, at: &Pointer) -> &'static str {
    let of_object = at.parent().is_some_and(|parent| parent.as_str() == "/schema");
    match key {
        "physicalType" | "physicalName" if of_object => {
            "what a dataset is where it lies is not part of the library"
        }
        "apiVersion" | "kind" => "exports name the version of the standard themselves",
        "authoritativeDefinitions" => "links to definitions are not part of the library",
        "businessImpact" | "method" | "scheduler" | "schedule" => {
            "rules run with their job; nothing reads this of a single rule"
        }
        "businessName" => "columns have one name",
        "customProperties" => "nothing reads custom properties",
        "defaultTimezone" | "timezone" => "timestamps have no zone and are read as UTC",
        "encryptedName" | "transformSourceObjects" | "transformLogic" | "transformDescription" => {
            "how data comes about is not part of the library"
        }
        "examples" => "columns carry no example values",
        "partitioned" | "partitionKeyPosition" => "how data is laid out is not part of a schema",
        "physicalType" => "a column has one type, `data_type`",
        "price" | "support" => "the library has no terms of use",
        "quality" => "no rule type says this",
        "usage" | "limitations" => "an object has one description, its purpose",
        _ => "the library has no field for it",
    }
}

/// Whether a field says no more than its absence: the defaults of the standard, and empty lists.
pub(super) fn means_nothing(key: &str, value: &Value) -> bool {
    match (key, value) {
        (
            "required"
            | "unique"
            | "primaryKey"
            | "partitioned"
            | "criticalDataElement"
            | "uniqueItems"
            | "exclusiveMinimum"
            | "exclusiveMaximum",
            Value::Bool(false),
        ) => true,
        ("primaryKeyPosition" | "partitionKeyPosition", Value::Number(number)) => {
            number.as_i64() == Some(-1)
        }
        ("minItems" | "minProperties", Value::Number(number)) => number.as_i64() == Some(0),
        ("unit", Value::String(unit)) => unit == "rows",
        ("type", Value::String(name)) => name == "library" || name == "foreignKey",
        ("examples" | "validValues" | "missingValues" | "required", _) => false,
        (_, Value::Array(items)) => items.is_empty(),
        _ => false,
    }
}
