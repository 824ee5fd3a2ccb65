//! Values of one column, each judged alone.

use serde_json::{Value, json};

use super::{bounds, rows, values};
use crate::gx::table::Case;

pub(super) fn of(name: &str, case: &Case) -> Option<Value> {
    match name {
        "column_values_to_not_be_null" => values(case, "not_null", json!({})),
        "column_values_to_be_unique" => {
            rows(case, "unique", json!({ "columns": [case.kwargs["column"]] }))
        }
        "column_values_to_be_between" => values(case, "range", bounds(case)),
        "column_values_to_be_in_set" => values(case, "in_set", set(case)),
        "column_values_to_not_be_in_set" => values(case, "not_in_set", set(case)),
        "column_value_lengths_to_be_between" => values(case, "length", bounds(case)),
        "column_value_lengths_to_equal" => {
            values(case, "length", json!({ "exactly": case.kwargs["value"] }))
        }
        _ => None,
    }
}

fn set(case: &Case) -> Value {
    json!({ "values": case.kwargs["value_set"] })
}
