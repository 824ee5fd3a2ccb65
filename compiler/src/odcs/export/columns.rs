//! Columns: properties of an object.

use assay_schemas::library::dataset_schema::{Column, DatasetSchema};
use assay_schemas::problem::Pointer;
use serde_json::{Map, Value, json};

use super::rules::Placed;
use super::{Stored, Unsaid};
use crate::odcs::{instant, types};

/// What an import kept of a property.
fn kept_of<'a>(kept: &'a Map<String, Value>, column: &str) -> Option<&'a Map<String, Value>> {
    kept.get("properties")?.get(column)?.as_object()
}

/// Names of properties and of their columns.
pub(super) fn names(schema: &DatasetSchema, kept: &Map<String, Value>) -> Vec<(String, String)> {
    let name = |column: &Column| {
        let column = column.name.as_str();
        let kept = kept_of(kept, column).and_then(|kept| kept.get("name")).and_then(Value::as_str);
        (kept.unwrap_or(column).to_owned(), column.to_owned())
    };
    schema.columns.iter().map(name).collect()
}

/// Reports what the standard has no words for.
pub(super) fn tell(stored: &Stored, at: &Pointer, unsaid: &mut Vec<Unsaid>) {
    let said = [
        "name",
        "data_type",
        "description",
        "nullable",
        "format",
        "taxonomy",
        "classification",
        "enum",
        "max_length",
    ];
    let fields = stored.value.pointer(at.as_str()).and_then(Value::as_object);
    for key in fields.into_iter().flat_map(Map::keys) {
        if !said.contains(&key.as_str()) {
            stored.tell(at.key(key), unsaid);
        }
    }
}

/// A column as a property. `class` is its class in the contract, instead of the schema's.
pub(super) fn property(
    schema: &DatasetSchema,
    column: &Column,
    class: Option<&str>,
    kept: &Map<String, Value>,
    placed: Option<&Placed>,
) -> Value {
    let mut kept = kept_of(kept, column.name.as_str()).cloned().unwrap_or_default();
    let mut property = Map::new();
    let mut put = |key: &str, value: Value| property.insert(key.to_owned(), value);
    match kept.remove("name") {
        Some(name) => {
            put("name", name);
            put("physicalName", json!(column.name));
        }
        None => {
            put("name", json!(column.name));
        }
    }
    if let Some(description) = &column.description {
        put("description", json!(description));
    }
    if let Some(class) = class.or(column.classification.as_deref()) {
        put("classification", json!(class));
    }
    if !column.nullable {
        put("required", json!(true));
    }
    if let Some(place) = schema.primary_key.iter().position(|name| *name == column.name) {
        put("primaryKey", json!(true));
        let position = kept.remove("primaryKeyPosition").unwrap_or(json!(place + 1));
        if position != json!(-1) {
            put("primaryKeyPosition", position);
        }
    }
    property.extend(types(column, &mut kept));
    let options = options(column, &mut kept, placed);
    if !options.is_empty() {
        property.insert("logicalTypeOptions".to_owned(), Value::Object(options));
    }
    placed.unwrap_or(&Placed::default()).write(&kept, &mut property);
    for (key, value) in kept {
        property.entry(key).or_insert(value);
    }
    Value::Object(property)
}

/// The types: those that were kept, as long as the column's type follows from them.
fn types(column: &Column, kept: &mut Map<String, Value>) -> Map<String, Value> {
    let keys = ["logicalType", "physicalType"];
    let parts: Map<_, _> =
        keys.iter().filter_map(|key| Some(((*key).to_owned(), kept.remove(*key)?))).collect();
    let text = |key: &str| parts.get(key).and_then(Value::as_str);
    let said = types::carried(text("logicalType"), text("physicalType")).data_type;
    let imported = kept.remove("untyped").is_some() || !parts.is_empty();
    if imported && said == column.data_type { parts } else { types::given(column.data_type) }
}

fn options(
    column: &Column,
    kept: &mut Map<String, Value>,
    placed: Option<&Placed>,
) -> Map<String, Value> {
    let mut options = match kept.remove("logicalTypeOptions") {
        Some(Value::Object(options)) => options,
        _ => Map::new(),
    };
    if let Some(format) = &column.format {
        let stands = options
            .get("format")
            .and_then(Value::as_str)
            .is_some_and(|kept| instant::of_jdk(kept).as_deref() == Some(format));
        if !stands && let Some(pattern) = instant::to_jdk(format) {
            options.insert("format".to_owned(), json!(pattern));
        }
    }
    for (key, value) in placed.into_iter().flat_map(|placed| &placed.options) {
        options.insert(key.clone(), value.clone());
    }
    options
}
