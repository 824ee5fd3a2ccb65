//! Figures of a column.

use serde_json::Value;

use super::{bounds, column_figure};
use crate::gx::table::Case;

pub(super) fn of(name: &str, case: &Case) -> Option<Value> {
    let rule_type = match name {
        "column_max_to_be_between" => "max",
        "column_mean_to_be_between" => "mean",
        "column_min_to_be_between" => "min",
        "column_sum_to_be_between" => "sum",
        _ => return None,
    };
    column_figure(case, rule_type, bounds(case))
}
