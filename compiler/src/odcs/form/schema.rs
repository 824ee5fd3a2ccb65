//! Fields of schema objects, their properties and relationships.

use serde_json::{Map, Value};

use super::contract::{CUSTOM_PROPERTIES, DEFINITIONS, TEXTS};
use super::quality::QUALITY;
use super::{Field, Form, Table, may, must};

const CHECKS: Form = Form::List(&Form::Object(&QUALITY));
const PROPERTIES: Form = Form::List(&Form::Object(&PROPERTY));
/// A reference, `object.property` or `schema/id/properties/id`, or several of them.
const REFERENCE: Form = Form::Either(&[Form::Text, Form::Some(&Form::Text)]);

const LOGICAL_TYPES: &[&str] =
    &["string", "date", "timestamp", "time", "number", "integer", "object", "array", "boolean"];

/// Fields that objects and their properties share, and their own.
macro_rules! element {
    ($($field:expr),* $(,)?) => {
        noted![
            may("businessName", Form::Text),
            may("physicalName", Form::Text),
            may("physicalType", Form::Text),
            may("quality", CHECKS),
            $($field,)*
        ]
    };
}

/// A table, topic or file.
pub(super) static OBJECT: Table = Table::of(
    "a schema object",
    element![
        must("name", Form::Text),
        may("logicalType", Form::OneOf(&["object"])),
        may("dataGranularityDescription", Form::Text),
        may("properties", PROPERTIES),
        may("relationships", Form::List(&Form::Object(&OBJECT_RELATIONSHIP))),
    ],
);

macro_rules! property_fields {
    ($name:expr) => {
        element![
            $name,
            may("primaryKey", Form::Flag),
            may("primaryKeyPosition", Form::Whole),
            may("logicalType", Form::OneOf(LOGICAL_TYPES)),
            may("required", Form::Flag),
            may("unique", Form::Flag),
            may("partitioned", Form::Flag),
            may("partitionKeyPosition", Form::Whole),
            may("classification", Form::Text),
            may("encryptedName", Form::Text),
            may("transformSourceObjects", TEXTS),
            may("transformLogic", Form::Text),
            may("transformDescription", Form::Text),
            may("examples", Form::List(&Form::Any)),
            may("criticalDataElement", Form::Flag),
            may("relationships", Form::List(&Form::Object(&PROPERTY_RELATIONSHIP))),
        ]
    };
}

static PROPERTY: Table = Table {
    name: "a property",
    fields: property_fields!(must("name", Form::Text)),
    more: by_type,
    together: |_| None,
};

/// The elements of an array; they need no name.
static ITEM: Table = Table {
    name: "an item",
    fields: property_fields!(may("name", Form::Text)),
    more: by_type,
    together: |_| None,
};

/// What depends on the logical type. Without one, the properties and items of all are taken.
fn by_type(property: &Map<String, Value>) -> &'static [Field] {
    match property.get("logicalType").and_then(Value::as_str) {
        Some("string") => const { &[may("logicalTypeOptions", Form::Object(&STRING))] },
        Some("date") => const { &[may("logicalTypeOptions", Form::Object(&DATE))] },
        Some("timestamp" | "time") => {
            const { &[may("logicalTypeOptions", Form::Object(&INSTANT))] }
        }
        Some("integer") => const { &[may("logicalTypeOptions", Form::Object(&INTEGER))] },
        Some("number") => const { &[may("logicalTypeOptions", Form::Object(&NUMBER))] },
        Some("object") => {
            const {
                &[
                    may("logicalTypeOptions", Form::Object(&OBJECT_OPTIONS)),
                    may("properties", PROPERTIES),
                ]
            }
        }
        Some("array") => {
            const {
                &[
                    may("logicalTypeOptions", Form::Object(&ARRAY)),
                    may("items", Form::Object(&ITEM)),
                ]
            }
        }
        Some(_) => const { &[may("logicalTypeOptions", Form::Free)] },
        None => {
            const {
                &[
                    may("logicalTypeOptions", Form::Free),
                    may("properties", PROPERTIES),
                    may("items", Form::Object(&ITEM)),
                ]
            }
        }
    }
}

static STRING: Table = Table::of(
    "the options of a string",
    &[
        may("minLength", Form::Count),
        may("maxLength", Form::Count),
        may("pattern", Form::Text),
        may("format", Form::Text),
    ],
);

/// A bound, or (in 3.0) whether the bound beside it is excluded.
const EXCLUSIVE_TEXT: Form = Form::Either(&[Form::Text, Form::Flag]);
const EXCLUSIVE_NUMBER: Form = Form::Either(&[Form::Number, Form::Flag]);

/// Options of values that have an order, with the forms of their bounds.
macro_rules! ordered {
    ($bound:expr, $exclusive:expr, $($field:expr),* $(,)?) => {
        &[
            may("minimum", $bound),
            may("maximum", $bound),
            may("exclusiveMinimum", $exclusive),
            may("exclusiveMaximum", $exclusive),
            $($field,)*
        ]
    };
}

static DATE: Table = Table::of(
    "the options of a date",
    ordered![Form::Text, EXCLUSIVE_TEXT, may("format", Form::Text)],
);

static INSTANT: Table = Table::of(
    "the options of a time",
    ordered![
        Form::Text,
        EXCLUSIVE_TEXT,
        may("format", Form::Text),
        may("timezone", Form::Flag),
        may("defaultTimezone", Form::Text),
    ],
);

const WIDTHS: &[&str] = &["i8", "i16", "i32", "i64", "i128", "u8", "u16", "u32", "u64", "u128"];

static INTEGER: Table = Table::of(
    "the options of an integer",
    ordered![
        Form::Number,
        EXCLUSIVE_NUMBER,
        may("multipleOf", Form::Positive),
        may("format", Form::OneOf(WIDTHS)),
    ],
);

static NUMBER: Table = Table::of(
    "the options of a number",
    ordered![
        Form::Number,
        EXCLUSIVE_NUMBER,
        may("multipleOf", Form::Positive),
        may("format", Form::OneOf(&["f32", "f64"])),
    ],
);

static OBJECT_OPTIONS: Table = Table::of(
    "the options of an object",
    &[
        may("maxProperties", Form::Count),
        may("minProperties", Form::Count),
        may("required", Form::Some(&Form::Text)),
    ],
);

static ARRAY: Table = Table::of(
    "the options of an array",
    &[may("maxItems", Form::Count), may("minItems", Form::Count), may("uniqueItems", Form::Flag)],
);

static OBJECT_RELATIONSHIP: Table = Table::of(
    "a relationship",
    &[
        may("type", Form::OneOf(&["foreignKey"])),
        must("from", REFERENCE),
        must("to", REFERENCE),
        may("customProperties", CUSTOM_PROPERTIES),
    ],
);

static PROPERTY_RELATIONSHIP: Table = Table::of(
    "a relationship of a property",
    &[
        may("type", Form::OneOf(&["foreignKey"])),
        must("to", REFERENCE),
        may("customProperties", CUSTOM_PROPERTIES),
    ],
);
