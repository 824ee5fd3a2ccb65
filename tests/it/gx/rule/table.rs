//! The dataset as a whole.

use serde_json::{Value, json};

use super::{bounds, figure};
use crate::gx::table::Case;

pub(super) fn of(name: &str, case: &Case) -> Option<Value> {
    match name {
        "table_row_count_to_be_between" => figure("row_count", bounds(case)),
        "table_row_count_to_equal" => {
            figure("row_count", json!({ "exactly": case.kwargs["value"] }))
        }
        _ => None,
    }
}
