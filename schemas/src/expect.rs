//! What types a place of an authored object takes, told from its shape: needed where a value cannot be
//! read for certain and its place must say what is meant.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::problem::Pointer;
use crate::shape::Shape;
use crate::{action, cleanse, rule};

/// The JSON Schema types that the place at `pointer` of `value` takes; empty where the shape says nothing
/// of it.
pub fn types_at(shape: &'static Shape, value: &Value, pointer: &Pointer) -> BTreeSet<&'static str> {
    let mut root = shape.schema();
    let mut schemas = vec![root];
    let mut here = Some(value);
    for token in pointer.tokens() {
        if let Some(unit) = here.filter(|_| token == "parameters").and_then(unit_of) {
            root = unit.schema();
            schemas = vec![root];
        } else {
            let next = schemas.iter().flat_map(|schema| branches(root, schema));
            schemas = next.filter_map(|schema| below(schema, &token)).collect();
        }
        here = here.and_then(|value| match value {
            Value::Array(items) => token.parse::<usize>().ok().and_then(|index| items.get(index)),
            other => other.get(&token),
        });
    }
    schemas.iter().flat_map(|schema| branches(root, schema)).flat_map(types_of).collect()
}

/// The shape of the parameters of a rule, a step or an action.
fn unit_of(value: &Value) -> Option<&'static Shape> {
    let name = |field: &str| value.get(field).and_then(Value::as_str);
    let rule = name("rule_type").and_then(rule::named).map(|unit| unit.shape());
    let step = || name("step_type").and_then(cleanse::named).map(|unit| unit.shape());
    let action = || name("action_type").and_then(action::named).map(|unit| unit.shape());
    rule.or_else(step).or_else(action)
}

/// A schema with its reference followed, or the alternatives that it consists of.
fn branches(root: &'static Value, schema: &'static Value) -> Vec<&'static Value> {
    let mut found = Vec::new();
    let mut open = vec![schema];
    // Shapes are finite; the bound is for one that would refer to itself alone.
    while let Some(schema) = open.pop().filter(|_| found.len() < 64) {
        let target = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| root.pointer(reference.strip_prefix('#')?));
        let choices = ["anyOf", "oneOf"].iter().find_map(|name| schema.get(*name)?.as_array());
        match (target, choices) {
            (Some(target), _) => open.push(target),
            (None, Some(choices)) => open.extend(choices),
            (None, None) => found.push(schema),
        }
    }
    found
}

/// The schema of a field or an element.
fn below(schema: &'static Value, token: &str) -> Option<&'static Value> {
    let field = schema.get("properties").and_then(|fields| fields.get(token));
    let pattern = || schema.get("patternProperties")?.as_object()?.values().next();
    let other = || schema.get("additionalProperties").filter(|rest| rest.is_object());
    let item = || schema.get("items").filter(|_| token.parse::<usize>().is_ok());
    field.or_else(item).or_else(pattern).or_else(other)
}

fn types_of(schema: &'static Value) -> Vec<&'static str> {
    let type_of = |value: &Value| match value {
        Value::String(_) => "string",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        _ => "null",
    };
    match (schema.get("type"), schema.get("const"), schema.get("enum").and_then(Value::as_array)) {
        (Some(Value::String(name)), ..) => vec![name],
        (Some(Value::Array(names)), ..) => names.iter().filter_map(Value::as_str).collect(),
        (_, Some(value), _) => vec![type_of(value)],
        (.., Some(values)) => values.iter().map(type_of).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::library::Kind;

    #[test]
    fn a_place_tells_its_types() {
        let value = json!({
            "rule_set_id": "x",
            "rules": [
                { "rule_id": "a", "rule_type": "regex", "column": "c", "parameters": { "pattern": "a" } },
                { "rule_id": "b", "rule_type": "unheard_of", "parameters": { "pattern": "a" } },
            ],
        });
        let shape = Kind::named("rule_set").expect("the kind exists").shape();
        let types = |pointer: &str| {
            types_at(shape, &value, &Pointer::from(pointer))
                .into_iter()
                .filter(|name| *name != "null")
                .collect::<Vec<_>>()
        };
        assert_eq!(types("/rule_set_id"), ["string"]);
        assert_eq!(types("/rules"), ["array"]);
        assert_eq!(types("/rules/0/parameters/pattern"), ["string"]);
        assert_eq!(types("/rules/1/parameters/pattern"), [""; 0]);
        assert_eq!(types("/nothing/here"), [""; 0]);
    }
}
