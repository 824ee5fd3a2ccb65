//! Several columns of one row.

use serde_json::{Value, json};

use super::{expression, rows};
use crate::gx::table::Case;

pub(super) fn of(name: &str, case: &Case) -> Option<Value> {
    match name {
        "compound_columns_to_be_unique" => {
            let names = case.texts("column_list");
            judged(case, &names, rows(case, "unique", json!({ "columns": names }))?)
        }
        "column_pair_values_a_to_be_greater_than_b" => {
            let operator = if case.kwargs["or_equal"] == true { ">=" } else { ">" };
            pair(case, operator)
        }
        "column_pair_values_to_be_equal" => pair(case, "=="),
        _ => None,
    }
}

/// A column in an expression, whatever its name.
fn column(name: &str) -> String {
    format!("row[{}]", Value::from(name))
}

fn pair(case: &Case, operator: &str) -> Option<Value> {
    let names = [case.text("column_A"), case.text("column_B")];
    let [left, right] = names.map(column);
    let mut mapped = expression(case, &format!("{left} {operator} {right}"))?;
    mapped["rule"]["nulls"] = "violate".into();
    judged(case, &names, mapped)
}

/// The same rule, without the rows that the case ignores: by default those that are null throughout.
fn judged(case: &Case, names: &[&str], mut mapped: Value) -> Option<Value> {
    let operator = match case.text("ignore_row_if") {
        "never" => return Some(mapped),
        "either_value_is_missing" | "any_value_is_missing" => " && ",
        _ => " || ",
    };
    let tests: Vec<_> = names.iter().map(|name| format!("{} != null", column(name))).collect();
    mapped["rule"]["where"] = tests.join(operator).into();
    Some(mapped)
}
