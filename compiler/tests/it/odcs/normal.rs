//! What a contract says, apart from how it is written.
//!
//! Two contracts say the same where these are equal: fields at the standard's defaults are left out, empty
//! lists too; numbers compare by value; tags are a set. Lists are compared in order otherwise. `apiVersion`
//! is the exporter's.

use serde_json::Value;

/// Each place at which two contracts say something else, and what they say.
pub(super) fn differences(one: &Value, other: &Value) -> Vec<String> {
    let (mut one, mut other) = (one.clone(), other.clone());
    for document in [&mut one, &mut other] {
        if let Some(fields) = document.as_object_mut() {
            fields.remove("apiVersion");
        }
        normalise("", document);
    }
    let mut found = Vec::new();
    compare(&one, &other, "", &mut found);
    found
}

/// The fields whose content is the user's own and has no defaults.
const FREE: &[&str] = &["value", "implementation", "examples", "arguments", "mustBe", "mustNotBe"];

fn normalise(key: &str, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|key, value| !is_default(key, value));
            for (key, value) in fields.iter_mut().filter(|(key, _)| !FREE.contains(&key.as_str())) {
                normalise(key, value);
            }
        }
        Value::Array(items) => {
            items.iter_mut().for_each(|item| normalise("", item));
            if key == "tags" {
                items.sort_by_key(Value::to_string);
                items.dedup();
            }
        }
        _ => {}
    }
}

/// Defaults as the standard's JSON Schema states them, and `unit: rows` as its text does.
fn is_default(key: &str, value: &Value) -> bool {
    match key {
        "required"
        | "unique"
        | "primaryKey"
        | "partitioned"
        | "criticalDataElement"
        | "uniqueItems" => value == &Value::Bool(false),
        "primaryKeyPosition" | "partitionKeyPosition" => value.as_i64() == Some(-1),
        "minItems" | "minProperties" => value.as_i64() == Some(0),
        "unit" => value == "rows",
        "type" => value == "library" || value == "foreignKey",
        "examples" | "arguments" => false,
        _ => value.as_array().is_some_and(Vec::is_empty),
    }
}

fn compare(one: &Value, other: &Value, at: &str, found: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let keys: std::collections::BTreeSet<_> = one.keys().chain(other.keys()).collect();
            for key in keys {
                let at = format!("{at}/{key}");
                match (one.get(key), other.get(key)) {
                    (Some(one), Some(other)) => compare(one, other, &at, found),
                    (one, other) => found.push(format!("{at}: {one:?} became {other:?}")),
                }
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (index, (one, other)) in one.iter().zip(other).enumerate() {
                compare(one, other, &format!("{at}/{index}"), found);
            }
        }
        (Value::Number(one), Value::Number(other)) if one.as_f64() == other.as_f64() => {}
        _ if one == other => {}
        _ => found.push(format!("{at}: {one} became {other}")),
    }
}
