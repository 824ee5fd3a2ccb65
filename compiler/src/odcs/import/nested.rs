//! Types, and what is inside values: the properties of an object, the items of an array.

use std::collections::BTreeSet;

use assay_schemas::datatype::DataType;
use serde_json::{Map, Value, json};

use super::super::rest::Rest;
use super::super::types::{self, Inside};

/// Takes the type of a property out, with the parts of its values: `data_type`, `fields` and `items` as the
/// library writes them. What the property says beyond that stays.
pub(super) fn typed(rest: &mut Rest) -> (DataType, Map<String, Value>) {
    let carried = types::carried(rest.text("logicalType"), rest.text("physicalType"), inside(rest));
    let values = types::map_values(rest.text("physicalType"));
    let given = types::given(carried.data_type, values);
    let same = ["logicalType", "physicalType"].iter().all(|key| rest.get(key) == given.get(*key));
    let untyped = rest.get("logicalType").is_none() && rest.get("physicalType").is_none();
    if same {
        rest.take("logicalType");
        rest.take("physicalType");
    } else if let Some(why) = carried.why {
        for key in ["logicalType", "properties", "items"] {
            rest.because(key, why);
        }
        if untyped {
            rest.put_back("untyped", json!(true), why);
        }
    } else if untyped {
        rest.keep("untyped", json!(true));
    } else if let Some(logical) = rest.take("logicalType") {
        rest.keep("logicalType", logical);
    }
    let mut said = Map::from_iter([("data_type".to_owned(), json!(carried.data_type))]);
    match carried.data_type {
        DataType::Struct => {
            said.insert("fields".to_owned(), Value::Array(fields(rest)));
        }
        DataType::List => {
            let items = rest.take("items").unwrap_or_default();
            let mut items = Rest::new(&items, rest.at().key("items"));
            said.insert("items".to_owned(), Value::Object(part(&mut items)));
            rest.put_part("items", items);
        }
        DataType::Map => {
            if let Some(physical) = rest.take("physicalType") {
                rest.keep("physicalType", physical);
            }
            said.insert("items".to_owned(), json!({ "data_type": values }));
        }
        _ => {}
    }
    (carried.data_type, said)
}

/// What a property says of the inside of its values, as far as the library can name it.
fn inside(rest: &Rest) -> Inside {
    let properties = rest.get("properties").and_then(Value::as_array).filter(|p| !p.is_empty());
    if let Some(properties) = properties {
        let mut names = BTreeSet::new();
        let named = properties.iter().all(|property| {
            let name = property.get("name").and_then(Value::as_str).unwrap_or_default();
            !name.is_empty() && !name.contains("${") && names.insert(name)
        });
        return if named { Inside::Properties } else { Inside::Nothing };
    }
    if rest.get("items").is_some_and(Value::is_object) { Inside::Items } else { Inside::Nothing }
}

/// The properties of an object as the fields of a struct.
fn fields(rest: &mut Rest) -> Vec<Value> {
    let at = rest.at().key("properties");
    let mut left = Rest::new(&json!({}), at.clone());
    let mut fields = Vec::new();
    for (index, property) in rest.take_list("properties").iter().enumerate() {
        let mut inner = Rest::new(property, at.index(index));
        let name = inner.take("name").unwrap_or_default();
        let mut field = part(&mut inner);
        field.insert("name".to_owned(), name.clone());
        fields.push(Value::Object(field));
        left.put_part(name.as_str().unwrap_or_default(), inner);
    }
    rest.put_part("properties", left);
    fields
}

/// A part of a value, as far as the library has words for it.
fn part(rest: &mut Rest) -> Map<String, Value> {
    let (_, mut said) = typed(rest);
    if let Some(description) = rest.take_text("description") {
        said.insert("description".to_owned(), json!(description));
    }
    if rest.take("required").is_some() {
        said.insert("nullable".to_owned(), json!(false));
    }
    for key in ["quality", "logicalTypeOptions", "unique", "primaryKey", "relationships"] {
        rest.because(key, "rules judge columns, not what is inside their values");
    }
    rest.because("classification", "a class is that of a whole column");
    said
}
