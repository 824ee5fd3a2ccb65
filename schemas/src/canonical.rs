//! The canonical form: one byte string for one meaning.
//!
//! A value is turned into JSON with all defaults filled in, fields that are null left out, and printed by
//! RFC 8785 (JSON Canonicalization Scheme): keys sorted by UTF-16 code units, numbers as ECMAScript
//! prints them, no white space. Sets are sorted by their types. Integers beyond 2^53 and decimals travel
//! as text; the readers of authoring files refuse such numbers.

use serde::Serialize;
use serde_json::Value;

/// The canonical text of a value of this crate.
///
/// # Panics
/// Never for the types of this crate: their keys are text and their numbers finite.
pub fn text(value: &impl Serialize) -> String {
    let mut json = value_of(value);
    strip_nulls(&mut json);
    match serde_json_canonicalizer::to_string(&json) {
        Ok(text) => text,
        Err(error) => unreachable!("a JSON value has a canonical form: {error}"),
    }
}

/// The JSON of a value of this crate, as it is before canonicalisation.
///
/// # Panics
/// Never for the types of this crate.
pub fn value_of(value: &impl Serialize) -> Value {
    match serde_json::to_value(value) {
        Ok(json) => json,
        Err(error) => unreachable!("the types of the language serialise: {error}"),
    }
}

/// Removes null fields from objects, at any depth; nulls in lists stay.
fn strip_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(strip_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_nulls),
        _ => {}
    }
}
