//! The dataset as a whole.

use serde_json::{Value, json};

use super::{bounds, figure};
use crate::gx::table::Case;

pub(super) fn of(name: &str, case: &Case) -> Option<Value> {
    match name {
        "table_row_count_to_be_between" => {
            let mut bounds = bounds(case);
            // Without bounds any number will do.
            if bounds["min"].is_null() && bounds["max"].is_null() {
                bounds["min"] = 0.into();
            }
            figure("row_count", bounds)
        }
        "table_row_count_to_equal" => {
            figure("row_count", json!({ "exactly": case.kwargs["value"] }))
        }
        _ => None,
    }
}
