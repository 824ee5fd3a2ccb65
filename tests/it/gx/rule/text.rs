//! Forms of text: patterns, dates, documents.

use serde_json::{Value, json};

use super::values;
use crate::gx::table::Case;

pub(super) fn of(name: &str, case: &Case) -> Option<Value> {
    match name {
        "column_values_to_match_regex" => {
            values(case, "regex", json!({ "pattern": case.kwargs["regex"], "mode": "search" }))
        }
        _ => None,
    }
}
