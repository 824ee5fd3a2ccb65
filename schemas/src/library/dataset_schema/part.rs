//! What nested values are made of: the fields of a struct, the items of a list, the values of a map.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::datatype::DataType;
use crate::problem::{Pointer, Problem};

/// A part of a nested value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The field of a struct; items and values have none.
    #[serde(default)]
    pub name: Option<String>,
    /// The type.
    pub data_type: DataType,
    /// What it means.
    #[serde(default)]
    pub description: Option<String>,
    /// Whether null is allowed.
    #[serde(default = "super::yes")]
    pub nullable: bool,
    /// The fields of a struct.
    #[serde(default)]
    pub fields: Vec<Self>,
    /// The items of a list, or the values of a map, whose keys are text.
    #[serde(default)]
    pub items: Option<Box<Self>>,
}

impl JsonSchema for Part {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Part".into()
    }

    /// Parts nest without end and a form for people does not: deeper ones are checked where they are read.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let data_type = DataType::json_schema(generator);
        json_schema!({
            "type": "object",
            "description": "A part of a nested value: a field of a struct, an item of a list, a value of a map.",
            "properties": {
                "name": { "type": ["string", "null"], "description": "The field of a struct; items and values have none." },
                "data_type": data_type,
                "description": { "type": ["string", "null"], "description": "What it means." },
                "nullable": { "type": "boolean", "default": true, "description": "Whether null is allowed." },
                "fields": { "type": "array", "default": [], "description": "The fields of a struct.", "items": { "type": "object" } },
                "items": { "type": ["object", "null"], "description": "The items of a list, or the values of a map." }
            },
            "required": ["data_type"],
            "additionalProperties": false
        })
    }
}

/// What is wrong with the parts of something of a type, which stands at `place`.
pub(super) fn check(
    data_type: DataType,
    (fields, items): (&[Part], Option<&Part>),
    place: &Pointer,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut fault = |place: Pointer, message: String| {
        problems.push(Problem::new(Code::BadValue, place, message));
    };
    let wants_items = matches!(data_type, DataType::List | DataType::Map);
    if (data_type == DataType::Struct) == fields.is_empty() {
        fault(
            place.key("fields"),
            format!(
                "`{data_type}` and `fields` do not go together: a struct has fields, nothing else has"
            ),
        );
    }
    if wants_items != items.is_some() {
        fault(
            place.key("items"),
            format!(
                "`{data_type}` and `items` do not go together: a list or a map has items, nothing else has"
            ),
        );
    }
    for (index, field) in fields.iter().enumerate() {
        let at = place.key("fields").index(index);
        match &field.name {
            None => fault(at.clone(), "a field of a struct has a `name`".to_owned()),
            Some(name) if fields[..index].iter().any(|other| other.name.as_ref() == Some(name)) => {
                fault(at.key("name"), format!("`{name}` stands twice in this struct"));
            }
            Some(_) => {}
        }
    }
    if items.is_some_and(|items| items.name.is_some()) {
        fault(place.key("items").key("name"), "items have no `name`".to_owned());
    }
    let inner =
        fields.iter().enumerate().map(|(index, field)| (place.key("fields").index(index), field));
    for (at, part) in inner.chain(items.map(|items| (place.key("items"), items))) {
        problems.extend(check(part.data_type, (&part.fields, part.items.as_deref()), &at));
    }
    problems
}
