//! Several columns of one row.

use serde_json::{Value, json};

use super::row::column;
use super::{expression, rows};
use crate::gx::table::Case;

pub(super) fn of(name: &str, case: &Case) -> Option<Value> {
    let names = case.texts("column_list");
    match name {
        "compound_columns_to_be_unique" => {
            judged(case, &names, rows(case, "unique", json!({ "columns": names }))?)
        }
        "select_column_values_to_be_unique_within_record" => {
            let parameters = json!({ "columns": names });
            judged(case, &names, rows(case, "unique_within_record", parameters)?)
        }
        "multicolumn_sum_to_equal" => {
            let parameters = json!({ "columns": names, "total": case.kwargs["sum_total"] });
            let mut mapped = rows(case, "sum_equals", parameters)?;
            mapped["rule"]["nulls"] = "violate".into();
            judged(case, &names, mapped)
        }
        "multicolumn_sum_values_to_be_between" => {
            let sum = joined(&names, " + ");
            let (min, max) = (&case.kwargs["min_value"], &case.kwargs["max_value"]);
            expression(case, &format!("{sum} >= {min} && {sum} <= {max}"))
        }
        "multicolumn_sum_values_to_be_equal_to_single_column" => equal_to_last(case, " + ", 0),
        "multicolumn_product_to_be_equal_to_single_column" => equal_to_last(case, " * ", 1),
        "multicolumn_values_to_be_equal" => {
            let pairs: Vec<_> = names.windows(2).map(|pair| joined(pair, " == ")).collect();
            expression(case, &pairs.join(" && "))
        }
        "multicolumn_datetime_difference_in_months" => {
            let [start, end, gap] =
                ["start_datetime", "end_datetime", "gap"].map(|name| column(case.text(name)));
            let months = |at: &str| {
                format!("timestamp({at}).getFullYear() * 12 + timestamp({at}).getMonth()")
            };
            let (start, end) = (months(&start), months(&end));
            expression(case, &format!("({end}) - ({start}) == {gap}"))
        }
        "column_pair_values_a_to_be_greater_than_b" => {
            let operator = if case.kwargs["or_equal"] == true { ">=" } else { ">" };
            pair(case, operator)
        }
        "column_pair_values_to_be_equal" => pair(case, "=="),
        "column_pair_values_to_be_in_set" => {
            let names = [case.text("column_A"), case.text("column_B")];
            let pairs = case.kwargs["value_pairs_set"].as_array().map_or(&[][..], Vec::as_slice);
            // A column beside itself is in the pairs whose sides are equal.
            if names[0] == names[1] {
                let equal = pairs.iter().filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]);
                let mut mapped =
                    rows(case, "in_set", json!({ "values": equal.collect::<Vec<_>>() }))?;
                mapped["rule"]["column"] = names[0].into();
                return Some(mapped);
            }
            rows(case, "pair_in_set", json!({ "columns": names, "values": pairs }))
        }
        "column_pair_values_to_have_difference_of_custom_percentage" => {
            let [one, other] = [case.text("column_A"), case.text("column_B")].map(column);
            let share = &case.kwargs["percentage"];
            expression(case, &format!("abs({one} - {other}) <= {share} * abs({other})"))
        }
        _ => None,
    }
}

fn joined(names: &[&str], operator: &str) -> String {
    names.iter().map(|name| column(name)).collect::<Vec<_>>().join(operator)
}

/// All columns but the last, and the additional value, come to the last.
fn equal_to_last(case: &Case, operator: &str, neutral: i64) -> Option<Value> {
    let names = case.texts("column_list");
    let (last, others) = names.split_last()?;
    let more = &case.kwargs["additional_value"];
    let more = if more.is_null() { Value::from(neutral) } else { more.clone() };
    let sum = joined(others, operator);
    expression(case, &format!("{sum}{operator}{more} == {}", column(last)))
}

fn pair(case: &Case, operator: &str) -> Option<Value> {
    let names = [case.text("column_A"), case.text("column_B")];
    let mut mapped = expression(case, &joined(&names, &format!(" {operator} ")))?;
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
