//! The published JSON Schemas: one document for each kind, generated from the types.

mod authored;
mod catalog;

use serde_json::{Value, json};

use crate::library::environment::Environment;
use crate::library::project::Project;
use crate::library::{Authored, Kind};
use crate::shape::Shape;
use crate::{action, cleanse, rule};

pub use catalog::files;

/// The dialect of all documents.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Name and text of the document of each kind, in order of name.
pub fn documents() -> Vec<(String, String)> {
    values().into_iter().map(|(name, value)| (name, format!("{value:#}\n"))).collect()
}

fn values() -> Vec<(String, Value)> {
    let mut documents: Vec<_> = Kind::ALL
        .iter()
        .map(|kind| (kind.name().to_owned(), document(kind.name(), kind.shape(), Some(*kind))))
        .collect();
    documents.push(("environment".to_owned(), document("environment", Environment::shape(), None)));
    documents.push(("project".to_owned(), document("project", Project::shape(), None)));
    documents.sort_by(|a, b| a.0.cmp(&b.0));
    documents
}

fn document(name: &str, shape: &Shape, kind: Option<Kind>) -> Value {
    let mut schema = shape.schema().clone();
    add_types(&mut schema);
    let plain = kind.filter(|kind| *kind.authored() != Authored::PLAIN);
    let map = plain.and_then(|kind| authored::add_forms(&mut schema, kind));
    let meaning = schema.get("description").cloned().unwrap_or_default();
    let alone = schema.clone();
    let definitions = schema.as_object_mut().and_then(|fields| fields.remove("$defs"));
    let mut item = alone;
    if let Some(fields) = item.as_object_mut() {
        fields.remove("$defs");
        fields.remove("$schema");
    }
    // A file holds one object or a list of them.
    let mut whole = json!({
        "$schema": DRAFT,
        "$id": format!("urn:assay:schema:{name}"),
        "title": name,
        "description": meaning,
        "anyOf": [
            { "$ref": "#/$defs/object" },
            { "type": "array", "items": { "$ref": "#/$defs/object" } },
        ],
    });
    let mut definitions = definitions.unwrap_or_else(|| json!({}));
    definitions["object"] = item;
    if let (Some(map), Some(forms)) = (map, whole["anyOf"].as_array_mut()) {
        forms.push(map);
    }
    whole["$defs"] = definitions;
    whole
}

/// Wherever an object has a type of rule, step or action and its parameters, says which parameters go
/// with which type.
fn add_types(schema: &mut Value) {
    let rules = || rule::ALL.iter().map(|unit| (unit.name(), unit.shape()));
    let steps = || cleanse::ALL.iter().map(|unit| (unit.name(), unit.shape()));
    let actions = || action::ALL.iter().map(|unit| (unit.name(), unit.shape()));
    walk(schema, &mut |object| {
        add_type(object, "rule_type", rules());
        add_type(object, "step_type", steps());
        add_type(object, "action_type", actions());
    });
}

fn walk(value: &mut Value, visit: &mut impl FnMut(&mut Value)) {
    visit(value);
    match value {
        Value::Object(fields) => fields.values_mut().for_each(|field| walk(field, visit)),
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, visit)),
        _ => {}
    }
}

fn add_type(
    object: &mut Value,
    field: &str,
    units: impl Iterator<Item = (&'static str, &'static Shape)>,
) {
    let Some(property) = object.pointer(&format!("/properties/{field}")).cloned() else { return };
    if object.pointer("/properties/parameters").is_none() {
        return;
    }
    // A template leaves parameters to its bindings, so it need not have those that its type requires.
    let template = object.pointer("/properties/rule_template_id").is_some();
    let mut names = Vec::new();
    let mut branches = Vec::new();
    for (name, shape) in units {
        names.push(Value::from(name));
        let mut parameters = inlined(shape.schema());
        if let (true, Some(fields)) = (template, parameters.as_object_mut()) {
            fields.remove("required");
        }
        branches.push(json!({
            "if": { "properties": { field: { "const": name } }, "required": [field] },
            "then": { "properties": { "parameters": parameters } },
        }));
    }
    let mut property = property;
    if let Some(fields) = property.as_object_mut() {
        fields.insert("enum".to_owned(), Value::Array(names));
        if fields.get("type").is_some_and(Value::is_array) {
            fields.insert("type".to_owned(), Value::from("string"));
        }
    }
    object["properties"][field] = property;
    match object.get_mut("allOf").and_then(Value::as_array_mut) {
        Some(all) => all.extend(branches),
        None => object["allOf"] = Value::Array(branches),
    }
}

/// A schema with its references replaced by what they refer to; parameters never refer to themselves.
fn inlined(schema: &Value) -> Value {
    fn resolve(value: &Value, root: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let target = fields
                    .get("$ref")
                    .and_then(Value::as_str)
                    .and_then(|reference| root.pointer(reference.strip_prefix('#')?));
                if let Some(target) = target {
                    return resolve(target, root);
                }
                let kept = fields
                    .iter()
                    .filter(|(key, _)| !["$defs", "$schema", "title"].contains(&key.as_str()));
                Value::Object(
                    kept.map(|(key, field)| (key.clone(), resolve(field, root))).collect(),
                )
            }
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| resolve(item, root)).collect())
            }
            other => other.clone(),
        }
    }
    resolve(schema, schema)
}
