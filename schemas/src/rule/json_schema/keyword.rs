//! The keywords of JSON Schema 2020-12. One that it does not know is left out of every judgement, so a slip of the
//! pen would pass for a demand.

use serde_json::{Map, Value};

use crate::code::Code;
use crate::problem::{Pointer, Problem, nearest};

/// Keywords with one schema.
const SCHEMA: &[&str] = &[
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Keywords with a list of schemas.
const LIST: &[&str] = &["allOf", "anyOf", "oneOf", "prefixItems"];

/// Keywords with schemas by name.
const NAMED: &[&str] =
    &["$defs", "definitions", "dependentSchemas", "patternProperties", "properties"];

/// Keywords with something else.
const PLAIN: &[&str] = &[
    "$anchor",
    "$comment",
    "$dynamicAnchor",
    "$dynamicRef",
    "$id",
    "$ref",
    "$schema",
    "const",
    "contentEncoding",
    "contentMediaType",
    "default",
    "dependentRequired",
    "deprecated",
    "description",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "readOnly",
    "required",
    "title",
    "type",
    "uniqueItems",
    "writeOnly",
];

/// The dialect that schemas are of.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The keywords of a schema and of those within it that are none, and other dialects.
pub(super) fn check(schema: &Value, place: &Pointer) -> Vec<Problem> {
    let Value::Object(keywords) = schema else { return Vec::new() };
    keywords.iter().flat_map(|keyword| one(keyword, place)).collect()
}

fn one((keyword, value): (&String, &Value), place: &Pointer) -> Vec<Problem> {
    let here = place.key(keyword);
    let none = Map::new();
    let is = |list: &[&str]| list.contains(&keyword.as_str());
    match value {
        Value::String(dialect)
            if keyword == "$schema" && dialect.trim_end_matches('#') != DIALECT =>
        {
            let message = format!("schemas are of JSON Schema 2020-12, not of `{dialect}`");
            vec![Problem::new(Code::BadValue, here, message)]
        }
        _ if is(SCHEMA) => check(value, &here),
        _ if is(LIST) => {
            let schemas = value.as_array().map(Vec::as_slice).unwrap_or_default();
            let schemas = schemas.iter().enumerate();
            schemas.flat_map(|(index, schema)| check(schema, &here.index(index))).collect()
        }
        _ if is(NAMED) => {
            let schemas = value.as_object().unwrap_or(&none);
            schemas.iter().flat_map(|(name, schema)| check(schema, &here.key(name))).collect()
        }
        _ if is(PLAIN) || keyword.starts_with("x-") => Vec::new(),
        _ => {
            let known = [SCHEMA, LIST, NAMED, PLAIN].concat();
            let message = format!("JSON Schema 2020-12 has no keyword `{keyword}`");
            let problem = Problem::new(Code::UnknownField, here, message).at_key();
            vec![match nearest(keyword, known) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint("the name of an annotation of your own begins with `x-`"),
            }]
        }
    }
}
