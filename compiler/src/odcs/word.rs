//! Words that both directions write: of the expression language, and references of the standard.

use serde_json::{Value, json};

/// A column in the expression language.
pub(super) fn column_word(column: &str) -> String {
    if is_word(column) { column.to_owned() } else { format!("row[{}]", json!(column)) }
}

/// A property of an object as references of the standard name it, which takes plain words alone.
pub(super) fn shorthand(object: &str, property: &str) -> Option<String> {
    (is_word(object) && is_word(property)).then(|| format!("{object}.{property}"))
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The condition that a column is a multiple of a number.
pub(super) fn multiple(column: &str, factor: f64) -> String {
    format!("{} % {factor} == 0", column_word(column))
}

/// The number that a condition demands a column to be a multiple of.
pub(super) fn multiple_of(condition: &str, column: &str) -> Option<Value> {
    let rest = condition.strip_prefix(&format!("{} % ", column_word(column)))?;
    let factor: u64 = rest.strip_suffix(" == 0")?.parse().ok()?;
    (factor > 0).then(|| json!(factor))
}
