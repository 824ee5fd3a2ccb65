//! Columns: properties of an object.

use assay_schemas::datatype::{DataType, Family};
use assay_schemas::library::Criticality;
use assay_schemas::library::dataset_schema::{Column, DatasetSchema, Part};
use assay_schemas::problem::Pointer;
use serde_json::{Map, Value, json};

use super::rules::Placed;
use super::{Stored, Unsaid};
use crate::odcs::types::Inside;
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
pub(super) fn tell(stored: &Stored, column: &Column, at: &Pointer, unsaid: &mut Vec<Unsaid>) {
    let mut said = vec![
        "name",
        "data_type",
        "description",
        "nullable",
        "format",
        "taxonomy",
        "classification",
        "enum",
        "max_length",
        "fields",
        "items",
    ];
    if column.data_type == DataType::Text {
        said.push("semantic_type");
    }
    if column.criticality == Some(Criticality::Critical) {
        said.push("criticality");
    }
    let fields = stored.value.pointer(at.as_str()).and_then(Value::as_object);
    for key in fields.into_iter().flat_map(Map::keys) {
        if !said.contains(&key.as_str()) {
            stored.tell(at.key(key), unsaid);
        }
    }
    tell_maps(stored, &Cell::of_column(column), at, unsaid);
}

/// Reports the values of maps that no physical type names.
fn tell_maps(stored: &Stored, cell: &Cell<'_>, at: &Pointer, unsaid: &mut Vec<Unsaid>) {
    if cell.data_type == DataType::Map && map_values(cell).is_none() {
        stored.tell(at.key("items"), unsaid);
        return;
    }
    for (index, field) in cell.fields.iter().enumerate() {
        tell_maps(stored, &Cell::of_part(field), &at.key("fields").index(index), unsaid);
    }
    if let Some(items) = cell.items {
        tell_maps(stored, &Cell::of_part(items), &at.key("items"), unsaid);
    }
}

/// What a column says of itself, or a part of its values.
struct Cell<'a> {
    name: Option<&'a str>,
    description: Option<&'a String>,
    data_type: DataType,
    fields: &'a [Part],
    items: Option<&'a Part>,
}

impl<'a> Cell<'a> {
    fn of_column(column: &'a Column) -> Self {
        Self {
            name: Some(column.name.as_str()),
            description: column.description.as_ref(),
            data_type: column.data_type,
            fields: &column.fields,
            items: column.items.as_ref(),
        }
    }

    fn of_part(part: &'a Part) -> Self {
        Self {
            name: part.name.as_deref(),
            description: part.description.as_ref(),
            data_type: part.data_type,
            fields: &part.fields,
            items: part.items.as_deref(),
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
    let mut property = cell(&Cell::of_column(column), &mut kept);
    let mut put = |key: &str, value: Value| property.insert(key.to_owned(), value);
    if let Some(class) = class.or(column.classification.as_deref()) {
        put("classification", json!(class));
    }
    if column.criticality == Some(Criticality::Critical) {
        put("criticalDataElement", json!(true));
    }
    if let Some(place) = schema.primary_key.iter().position(|name| *name == column.name) {
        put("primaryKey", json!(true));
        let position = kept.remove("primaryKeyPosition").unwrap_or(json!(place + 1));
        if position != json!(-1) {
            put("primaryKeyPosition", position);
        }
    }
    let options = options(column, &mut kept, placed);
    if !options.is_empty() {
        property.insert("logicalTypeOptions".to_owned(), Value::Object(options));
    }
    enumeration(column, &mut kept);
    placed.unwrap_or(&Placed::default()).write(&kept, &mut property);
    for (key, value) in kept {
        property.entry(key).or_insert(value);
    }
    Value::Object(property)
}

/// Leaves a kept check that lists the values of a column only as long as the column lists these.
fn enumeration(column: &Column, kept: &mut Map<String, Value>) {
    let Some(Value::Object(checks)) = kept.get_mut("quality") else { return };
    checks.retain(|_, check| match check.as_object_mut().and_then(|check| check.remove("said")) {
        Some(said) => said == json!(column.values),
        None => true,
    });
}

/// Name, description, types and what is inside.
fn cell(cell: &Cell<'_>, kept: &mut Map<String, Value>) -> Map<String, Value> {
    let mut property = Map::new();
    let mut put = |key: &str, value: Value| property.insert(key.to_owned(), value);
    if let Some(own) = cell.name.filter(|_| kept.contains_key("name")) {
        put("physicalName", json!(own));
    }
    if let Some(name) = kept.remove("name").or(cell.name.map(|name| json!(name))) {
        put("name", name);
    }
    if let Some(description) = cell.description {
        put("description", json!(description));
    }
    let (types, stand) = types(cell, kept);
    property.extend(types);
    let nested = !cell.fields.is_empty() || cell.items.is_some();
    // What stands inside a value that is read as text is given back with its types, or not at all.
    let inside = if nested || !stand {
        [kept.remove("properties"), kept.remove("items")]
    } else {
        [None, None]
    };
    let [mut properties, items] = inside.map(|kept| match kept {
        Some(Value::Object(kept)) => kept,
        _ => Map::new(),
    });
    if !cell.fields.is_empty() {
        let field = |field: &Part| {
            let kept = field.name.as_ref().and_then(|name| properties.remove(name));
            part(field, kept)
        };
        let fields = cell.fields.iter().map(field).collect();
        property.insert("properties".to_owned(), Value::Array(fields));
    }
    if let Some(inner) = cell.items.filter(|_| cell.data_type == DataType::List) {
        property.insert("items".to_owned(), part(inner, Some(Value::Object(items))));
    }
    property
}

/// A part of a value as a property, with what an import kept of it.
fn part(part: &Part, kept: Option<Value>) -> Value {
    let mut kept = match kept {
        Some(Value::Object(kept)) => kept,
        _ => Map::new(),
    };
    let mut property = cell(&Cell::of_part(part), &mut kept);
    if !part.nullable {
        property.insert("required".to_owned(), json!(true));
    }
    for (key, value) in kept {
        property.entry(key).or_insert(value);
    }
    Value::Object(property)
}

/// The type of the values of a map that a physical type can name.
fn map_values(cell: &Cell<'_>) -> Option<DataType> {
    let values = cell.items.filter(|_| cell.data_type == DataType::Map)?;
    let plain = values.nullable && values.description.is_none();
    Some(values.data_type).filter(|values| plain && values.family() != Family::Nested)
}

/// The types, and whether they are those that were kept, as long as the column's type follows from them.
fn types(cell: &Cell<'_>, kept: &mut Map<String, Value>) -> (Map<String, Value>, bool) {
    let keys = ["logicalType", "physicalType"];
    let parts: Map<_, _> =
        keys.iter().filter_map(|key| Some(((*key).to_owned(), kept.remove(*key)?))).collect();
    let text = |key: &str| parts.get(key).and_then(Value::as_str);
    let inside = match cell.data_type {
        DataType::Struct => Inside::Properties,
        DataType::List => Inside::Items,
        _ => Inside::Nothing,
    };
    let (logical, physical) = (text("logicalType"), text("physicalType"));
    let said = types::carried(logical, physical, inside).data_type;
    let same = said == cell.data_type
        && (said != DataType::Map || types::map_values(physical) == map_values(cell));
    let imported = kept.remove("untyped").is_some() || !parts.is_empty();
    let stand = imported && same;
    (if stand { parts } else { types::given(cell.data_type, map_values(cell)) }, stand)
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
    let kind = column.semantic_type.as_ref().filter(|_| column.data_type == DataType::Text);
    if let Some(kind) = kind {
        options.insert("format".to_owned(), json!(kind));
    }
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
