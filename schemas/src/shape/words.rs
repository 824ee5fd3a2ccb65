//! What a schema demands and what a value is, in words.

use std::collections::BTreeSet;

use serde_json::Value;

/// The values of an enumeration; `None` where the schema is none.
pub(super) fn allowed_values(schema: &Value) -> Option<Vec<&Value>> {
    if let Some(list) = schema.get("enum").and_then(Value::as_array) {
        return Some(list.iter().collect());
    }
    if let Some(value) = schema.get("const") {
        return Some(vec![value]);
    }
    let branches = schema.get("oneOf").and_then(Value::as_array)?;
    branches.iter().map(allowed_values).collect::<Option<Vec<_>>>().map(|lists| lists.concat())
}

/// The field whose constant tells the branches apart, and its value in each.
pub(super) fn tag_of(branches: &[Value]) -> Option<(&str, Vec<&Value>)> {
    let constants = |branch: &'_ Value, tag: &str| -> bool {
        branch.pointer(&format!("/properties/{tag}/const")).is_some()
    };
    let first = branches.first()?.get("properties")?.as_object()?;
    let tag = first.keys().find(|tag| branches.iter().all(|branch| constants(branch, tag)))?;
    let names = branches.iter().filter_map(|b| b.pointer(&format!("/properties/{tag}/const")));
    Some((tag, names.collect()))
}

pub(super) fn types_of(schema: &Value) -> BTreeSet<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => BTreeSet::from([name.as_str()]),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => allowed_values(schema)
            .map(|values| values.into_iter().map(type_of).collect())
            .unwrap_or_default(),
    }
}

pub(super) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

pub(super) fn is_whole(value: &Value) -> bool {
    value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

/// A type as people say it.
pub(super) fn word(type_name: &str) -> &str {
    match type_name {
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "an object",
        other => other,
    }
}

/// A value as a message shows it.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) if text.chars().count() > 40 => {
            format!("`{}…`", text.chars().take(40).collect::<String>())
        }
        Value::String(text) => format!("`{text}`"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        other => format!("`{other}`"),
    }
}

pub(super) fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or(text)
}
