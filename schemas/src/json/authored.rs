//! The authored forms of a kind in its published schema: other spellings, ids from elsewhere, maps.

use serde_json::{Map, Value, json};

use crate::library::Kind;
use crate::library::authored::{IdFrom, SHARED_FIELDS};

/// Adds what the kind allows beyond its fields; gives the form of a map of objects, where there is one.
pub(super) fn add_forms(schema: &mut Value, kind: Kind) -> Option<Value> {
    let authored = kind.authored();
    // Objects, each with the fields that have other spellings and those spellings.
    let mut spellings: Vec<(String, &str, Vec<&str>)> = Vec::new();
    for alias in authored.aliases {
        let Some(place) = place_of(schema, alias.within) else { continue };
        match spellings.iter_mut().find(|(at, field, _)| *at == place && *field == alias.field) {
            Some((_, _, others)) => others.push(alias.alias),
            None => spellings.push((place, alias.field, vec![alias.alias])),
        }
    }
    let from_stem = authored.id_from == IdFrom::FileStem;
    for (place, field, others) in &spellings {
        let Some(object) = schema.pointer_mut(place).and_then(Value::as_object_mut) else {
            continue;
        };
        let property = object.get("properties").and_then(|all| all.get(*field)).cloned();
        let properties = object.get_mut("properties").and_then(Value::as_object_mut);
        if let (Some(properties), Some(property)) = (properties, property) {
            for other in others {
                properties.insert((*other).to_owned(), property.clone());
            }
        }
        if from_stem && place.is_empty() && *field == kind.id_field() {
            drop_required(object, field);
        } else {
            require_any(object, field, others);
        }
    }
    let root = schema.as_object_mut()?;
    match authored.id_from {
        IdFrom::Nowhere => {}
        IdFrom::Field(field) => require_any(root, kind.id_field(), &[field]),
        IdFrom::FileStem => {
            drop_required(root, kind.id_field());
        }
    }
    let map = authored.map?;
    Some(map_of(root, kind.id_field(), map))
}

/// Where the object stands whose field has another spelling, as a JSON pointer into the schema.
fn place_of(schema: &Value, within: &[&str]) -> Option<String> {
    let mut place = String::new();
    for key in within {
        let here = schema.pointer(&place)?;
        place = match *key {
            "*" if here.get("items").is_some() => format!("{place}/items"),
            "*" => format!("{place}/additionalProperties"),
            key => format!("{place}/properties/{key}"),
        };
        if let Some(reference) = schema.pointer(&place)?.get("$ref").and_then(Value::as_str) {
            place = reference.strip_prefix('#')?.to_owned();
        }
    }
    Some(place)
}

fn drop_required(object: &mut Map<String, Value>, field: &str) -> bool {
    let Some(required) = object.get_mut("required").and_then(Value::as_array_mut) else {
        return false;
    };
    let before = required.len();
    required.retain(|name| name != field);
    required.len() < before
}

/// Demands the field, where it is required, in any of its spellings.
fn require_any(object: &mut Map<String, Value>, field: &str, others: &[&str]) {
    if !drop_required(object, field) {
        return;
    }
    let spellings = std::iter::once(&field).chain(others);
    let any: Vec<_> = spellings.map(|name| json!({ "required": [name] })).collect();
    if let Some(all) = object.entry("allOf").or_insert_with(|| json!([])).as_array_mut() {
        all.push(json!({ "anyOf": any }));
    }
}

/// A map of objects under `map`, with the fields beside it that may stand once for all.
fn map_of(object: &Map<String, Value>, id_field: &str, map: &str) -> Value {
    let mut member = object.clone();
    member.remove("$defs");
    member.remove("$schema");
    drop_required(&mut member, id_field);
    let empty = Map::new();
    let known = object.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let shared = known.iter().filter(|(name, _)| SHARED_FIELDS.contains(&name.as_str()));
    let mut properties: Map<String, Value> =
        shared.map(|(name, field)| (name.clone(), field.clone())).collect();
    let members = json!({ "type": "object", "additionalProperties": member });
    properties.insert(map.to_owned(), members);
    json!({
        "type": "object",
        "properties": properties,
        "required": [map],
        "additionalProperties": false,
    })
}
