//! That no field is forgotten.

use assay_schemas::library::Kind;

use super::*;

/// The paths of all fields that hold no others.
fn leaves(schema: &Value, defs: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    if path.len() > 8 {
        return;
    }
    if let Some(target) = schema["$ref"].as_str() {
        let name = target.rsplit('/').next().unwrap_or_default();
        return leaves(&defs[name], defs, path, found);
    }
    let mut inner = false;
    for choice in ["anyOf", "oneOf", "allOf"] {
        for part in schema[choice].as_array().into_iter().flatten() {
            let nested = part.get("$ref").is_some() || part.get("properties").is_some();
            if nested {
                leaves(part, defs, path, found);
                inner = true;
            }
        }
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        path.push(name.clone());
        leaves(field, defs, path, found);
        path.pop();
        inner = true;
    }
    let named = schema["patternProperties"].as_object().into_iter().flatten().map(|(_, item)| item);
    let below = [&schema["items"], &schema["additionalProperties"]];
    for item in below.into_iter().chain(named).filter(|item| item.is_object()) {
        path.push("x".to_owned());
        leaves(item, defs, path, found);
        path.pop();
        inner = true;
    }
    if !inner {
        found.push(path.clone());
    }
}

#[test]
fn every_field_of_every_kind_is_judged() {
    let mut faults = Vec::new();
    let environment = assay_schemas::library::environment::Environment::shape();
    let kinds = Kind::ALL.iter().map(|kind| (kind.name(), kind.shape()));
    let mut tried = 0;
    for (name, shape) in kinds.chain([("environment", environment)]) {
        assert!(KINDS.iter().any(|(kind, _)| *kind == name), "{name} has no list");
        let schema = shape.schema();
        let mut found = Vec::new();
        leaves(schema, &schema["$defs"], &mut Vec::new(), &mut found);
        for path in found {
            tried += 1;
            let named = (1..=path.len()).any(|end| {
                let found = say(name, &path[..end]);
                matches!(found, Some(Say::Plan | Say::Is(_) | Say::By(_)))
                    // A name or a constant that is a member of a list.
                    || (end == path.len() && found.is_some())
            });
            // What tells members apart cannot change: it comes and goes with its member.
            let key =
                path.last().is_some_and(|last| super::super::object::KEYS.contains(&last.as_str()));
            let own = path.len() == 1 && path[0].ends_with("_id");
            if !named && !key && !own {
                faults.push(format!("{name}: {}", path.join("/")));
            }
        }
    }
    assert!(tried > 300, "the shapes are gone: {tried}");
    assert!(faults.is_empty(), "add them to the list of their kind:\n{}", faults.join("\n"));
}
