//! Values of one column, each judged alone.

use serde_json::{Value, json};

use super::{bounds, expression, rows, values};
use crate::gx::table::Case;

pub(super) fn of(name: &str, case: &Case) -> Option<Value> {
    match name {
        "column_values_to_not_be_null" => values(case, "not_null", json!({})),
        "column_values_to_be_null" => values(case, "is_null", json!({})),
        "column_values_to_be_unique" => {
            rows(case, "unique", json!({ "columns": [case.kwargs["column"]] }))
        }
        "column_values_to_be_between" => values(case, "range", bounds(case)),
        "column_values_to_be_in_set" | "column_values_to_be_in_set_spark_optimized" => {
            match case.kwargs["value_set"].as_array() {
                // No list takes a value: none may be there.
                Some(list) if list.is_empty() => values(case, "is_null", json!({})),
                _ => {
                    let mut mapped = values(case, "in_set", set(case))?;
                    // More than so many, not just as many.
                    if case.kwargs["strict"] == true {
                        let share = mapped["rule"]["max_violation_ratio"].as_f64()?;
                        mapped["rule"]["max_violation_ratio"] = json!(share - 1e-9);
                    }
                    Some(mapped)
                }
            }
        }
        "column_values_to_not_be_in_set" => values(case, "not_in_set", set(case)),
        "column_values_to_match_powers_of_base" => {
            let base = case.kwargs["base_integer"].as_i64().unwrap_or_default();
            let powers = std::iter::successors(Some(1_i64), |power| power.checked_mul(base));
            let exact: Vec<_> = powers.take_while(|power| *power < 1 << 53).collect();
            values(case, "in_set", json!({ "values": exact }))
        }
        "column_values_to_be_fibonacci_number" => {
            let pairs = std::iter::successors(Some((0_u64, 1_u64)), |(one, next)| {
                Some((*next, one.checked_add(*next)?))
            });
            let mut numbers: Vec<_> = pairs.map(|(number, _)| number.to_string()).collect();
            numbers.dedup();
            values(case, "in_set", json!({ "values": numbers }))
        }
        "column_values_to_be_valid_pronic_number" => {
            let numbers: Vec<_> = (0..1000).map(|k: u64| (k * (k + 1)).to_string()).collect();
            values(case, "in_set", json!({ "values": numbers }))
        }
        "column_value_lengths_to_be_between" => values(case, "length", bounds(case)),
        "column_value_lengths_to_equal" => {
            values(case, "length", json!({ "exactly": case.kwargs["value"] }))
        }
        "column_values_number_of_decimal_places_to_equal" => {
            let column = column(case.text("column"));
            let digits = &case.kwargs["decimal_places"];
            expression(case, &format!("round({column}, {digits}) == {column}"))
        }
        _ => None,
    }
}

/// A column in an expression, whatever its name.
pub(super) fn column(name: &str) -> String {
    format!("row[{}]", Value::from(name))
}

fn set(case: &Case) -> Value {
    json!({ "values": case.kwargs["value_set"] })
}
