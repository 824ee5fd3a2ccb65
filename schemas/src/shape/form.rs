//! What texts look like: patterns, and forms that no pattern states.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use regex::Regex;
use serde_json::Value;

use crate::period::Period;
use crate::threshold::Threshold;

/// Forms that no pattern states, each with what reads it. Editors know them by their patterns alone.
const FORMATS: &[(&str, Reader)] = &[
    ("period", |text| Period::parse(text).map(|_| ())),
    ("threshold", |text| Threshold::parse(text).map(|_| ())),
];

/// What reads the form that a schema demands of a text, where it demands one.
pub(super) fn reader(schema: &Value) -> Option<Reader> {
    let format = schema.get("format")?.as_str()?;
    FORMATS.iter().find(|(name, _)| *name == format).map(|(_, read)| *read)
}

/// Whether a text matches a pattern of a shape. Patterns are ours, so one that does not compile matches
/// nothing, which a test of all shapes would show.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    static COMPILED: Mutex<Patterns> = Mutex::new(BTreeMap::new());
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if !compiled.contains_key(pattern) {
        compiled.insert(pattern.to_owned(), Regex::new(pattern).ok());
    }
    compiled.get(pattern).and_then(Option::as_ref).is_some_and(|regex| regex.is_match(text))
}

/// Says what is wrong with a text.
pub(super) type Reader = fn(&str) -> Result<(), String>;

/// Patterns of shapes, compiled once.
type Patterns = BTreeMap<String, Option<Regex>>;
