//! Datasets: objects of the schema.

use assay_schemas::problem::Pointer;
use serde_json::{Map, Value, json};

use super::shelf::At;
use super::{Unsaid, columns, rules};

/// A dataset of a contract as an object of the schema.
pub(super) fn object(at: At<'_>, unsaid: &mut Vec<Unsaid>) -> Value {
    let dataset = at.dataset();
    let id = dataset.dataset_contract_id.as_str();
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    tell_dataset(at, unsaid);
    let Some((schema_stored, schema)) = at.whole.schema_of(dataset) else {
        return json!({ "name": id });
    };
    let kept = schema_stored.kept();
    put("name", json!(at.whole.name_of(dataset)));
    if let Some(description) = dataset.description.as_ref().or(schema.description.as_ref()) {
        put("description", json!(description));
    }
    if let Some(name) = &schema.name {
        put("businessName", json!(name));
    }
    if !schema.tags.is_empty() {
        put("tags", json!(schema.tags));
    }
    let said = [
        "schema_id",
        "name",
        "description",
        "version",
        "status",
        "tenant_id",
        "tags",
        "columns",
        "primary_key",
        "unique_keys",
        "foreign_keys",
        "owner",
    ];
    schema_stored.unsaid_but(&said, unsaid);
    let names = columns::names(schema, kept);
    let placed = rules::placed(at, schema, &names, unsaid);
    let properties: Vec<_> = schema
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let class = dataset
                .columns
                .iter()
                .find(|other| other.column == column.name)
                .and_then(|other| other.classification.as_deref());
            let place = Pointer::from("columns").index(index);
            columns::tell(schema_stored, column, &place, unsaid);
            columns::property(schema, column, class, kept, placed.columns.get(column.name.as_str()))
        })
        .collect();
    if !properties.is_empty() {
        put("properties", Value::Array(properties));
    }
    placed.object.write(kept, &mut object);
    let written = ["properties", "foreign_keys"];
    for (key, value) in kept.iter().filter(|(key, _)| !written.contains(&key.as_str())) {
        object.entry(key.clone()).or_insert_with(|| value.clone());
    }
    Value::Object(object)
}

/// Reports what the standard has no words for.
fn tell_dataset(at: At<'_>, unsaid: &mut Vec<Unsaid>) {
    let (stored, at) = (at.whole.stored, at.place());
    let Some(fields) = stored.value.pointer(at.as_str()).and_then(Value::as_object) else { return };
    let said = [
        "dataset_contract_id",
        "description",
        "schema",
        "source",
        "rule_sets",
        "bindings",
        "overrides",
        "columns",
        "sla",
    ];
    for key in fields.keys().filter(|key| !said.contains(&key.as_str())) {
        stored.tell(at.key(key), unsaid);
    }
    let columns = fields.get("columns").and_then(Value::as_array).into_iter().flatten();
    for (index, column) in columns.enumerate() {
        for key in column.as_object().into_iter().flat_map(Map::keys) {
            if !["column", "classification"].contains(&key.as_str()) {
                stored.tell(at.key("columns").index(index).key(key), unsaid);
            }
        }
    }
    for key in fields.get("source").and_then(Value::as_object).into_iter().flat_map(Map::keys) {
        if !["path", "format"].contains(&key.as_str()) {
            stored.tell(at.key("source").key(key), unsaid);
        }
    }
}
