//! What a schema demands and what a value is, in words.

use std::collections::BTreeSet;

use serde_json::Value;

use super::resolve;
use crate::problem::Pointer;

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

/// Where else in an object a field belongs, in words: to the object itself, or to what one of its lists holds.
/// `place` is where it stands.
pub(super) fn elsewhere(root: &Value, key: &str, place: &Pointer) -> Option<String> {
    let own = root.get("properties")?.as_object()?;
    let parts: Vec<_> = place.as_str().split('/').skip(1).collect();
    if parts.len() > 1 {
        let beside = parts.first()?;
        return own.contains_key(key).then(|| {
            format!("`{key}` is a field of the object itself: write it beside `{beside}`")
        });
    }
    let has = |list: &Value| {
        let items = resolve(root, list).get("items").map(|items| resolve(root, items));
        items.and_then(|items| items.get("properties")?.get(key)).is_some()
    };
    let (list, _) = own.iter().find(|(_, list)| has(list))?;
    Some(format!("`{key}` is a field of what `{list}` holds: write it in each of them"))
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::library::Kind;

    #[test]
    fn a_field_at_the_wrong_height_is_told_where_it_belongs() {
        let schema = json!({
            "schema_id": "trip", "classification": "pii",
            "columns": [{ "name": "fare", "data_type": "double", "on_parse_error": "set_null", "because": 1 }],
        });
        let problems = Kind::DatasetSchema.shape().explain(&schema);
        let hint = |field: &str| {
            let own = problems.iter().find(|problem| problem.pointer.as_str().ends_with(field));
            own.and_then(|problem| problem.hint.clone()).unwrap_or_default()
        };
        assert_eq!(
            hint("on_parse_error"),
            "`on_parse_error` is a field of the object itself: write it beside `columns`"
        );
        assert_eq!(
            hint("classification"),
            "`classification` is a field of what `columns` holds: write it in each of them"
        );
        assert!(hint("because").starts_with("fields here are "), "{}", hint("because"));
        let job = json!({ "job_definition_id": "a", "data_contract": { "contract_id": "b" },
            "severity_threshold": 0.05 });
        let found = Kind::JobDefinition.shape().explain(&job);
        assert!(found[0].fix.is_none(), "quotes alone do not put it right");
        assert_eq!(
            found[0].hint.as_deref(),
            Some("`0.05` is no comparison such as `hard_failure_rate<0.01`")
        );
    }
}
