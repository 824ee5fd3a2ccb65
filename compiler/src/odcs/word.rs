//! Words of the expression language that imported rules are written in.

use serde_json::{Value, json};

/// A column in the expression language.
pub(super) fn column_word(column: &str) -> String {
    let plain = column.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && column.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { column.to_owned() } else { format!("row[{}]", json!(column)) }
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
