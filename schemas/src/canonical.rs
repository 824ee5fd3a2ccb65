//! The canonical form: one byte string for one meaning.
//!
//! A value is turned into JSON with all defaults filled in, fields that are null left out, and printed by
//! RFC 8785 (JSON Canonicalization Scheme): keys sorted by UTF-16 code units, numbers as ECMAScript
//! prints them, no white space. Sets are sorted by their types. Integers beyond 2^53 and decimals travel
//! as text; the readers of authoring files refuse such numbers.

use serde::Serialize;
use serde_json::{Map, Value};

/// The canonical text of a value of this crate.
///
/// # Panics
/// Never for the types of this crate: their keys are text and their numbers finite.
pub fn text(value: &impl Serialize) -> String {
    let mut text = String::new();
    write(&value_of(value), &mut text);
    text
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

/// Appends the canonical text. Fields that are null are left out; nulls in lists stay.
fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => match number.as_i64() {
            Some(whole) if whole.unsigned_abs() < 1 << 53 => out.push_str(&whole.to_string()),
            _ => out.push_str(&by_library(number)),
        },
        Value::String(text) => write_text(text, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(fields) => write_object(fields, out),
    }
}

fn write_object(fields: &Map<String, Value>, out: &mut String) {
    let mut entries: Vec<_> = fields.iter().filter(|(_, field)| !field.is_null()).collect();
    // The map is in order of UTF-8; only keys beyond ASCII can stand differently in order of UTF-16.
    if entries.iter().any(|(key, _)| !key.is_ascii()) {
        entries.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    }
    out.push('{');
    for (index, (key, field)) in entries.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_text(key, out);
        out.push(':');
        write(field, out);
    }
    out.push('}');
}

/// Text in quotes. Almost all of it needs no escape, so that is looked at first.
fn write_text(text: &str, out: &mut String) {
    if text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&by_library(&text));
    }
}

/// Numbers and escapes are where RFC 8785 is subtle, so a library prints them.
fn by_library(value: &impl Serialize) -> String {
    match serde_json_canonicalizer::to_string(value) {
        Ok(text) => text,
        Err(error) => unreachable!("a JSON value has a canonical form: {error}"),
    }
}
