//! Rows beside each other, columns and files of a table, several tables, and queries.

use serde_json::{Value, json};

use super::{bounds, figure, rows, rule, values};
use crate::gx::table::Case;

pub(super) fn of(name: &str, case: &Case) -> Option<Value> {
    let arguments = &case.kwargs;
    match name {
        "column_values_to_be_increasing" => in_order(case, "increasing"),
        "column_values_to_be_decreasing" => in_order(case, "decreasing"),
        "column_values_to_be_alphabetical" => {
            let rule = if arguments["reverse"] == true { "decreasing" } else { "increasing" };
            values(case, rule, json!({ "ignore_case": true }))
        }
        "column_values_to_change_between" => values(
            case,
            "change_between",
            json!({ "min": arguments["from_value"], "max": arguments["to_value"] }),
        ),
        "column_values_to_not_be_outliers" => {
            let method = match arguments["method"].as_str() {
                Some("std") => "z_score",
                _ => "iqr",
            };
            let parameters = json!({ "method": method, "threshold": arguments["multiplier"] });
            values(case, "outliers", parameters)
        }
        "column_values_to_be_string_integers_increasing" => as_numbers(case),
        "column_to_exist" => {
            let parameters = json!({ "columns": [arguments["column"]], "position": Value::Null });
            figure("column_exist", parameters)
        }
        "table_column_count_to_be_between" => figure("column_count", bounds(case)),
        "table_column_count_to_equal" => {
            figure("column_count", json!({ "exactly": arguments["value"] }))
        }
        "table_columns_to_match_ordered_list" => {
            figure("column_set", json!({ "columns": arguments["column_list"], "ordered": true }))
        }
        "table_columns_to_match_set" => {
            let columns = match &arguments["column_set"] {
                Value::Null => json!([]),
                columns => columns.clone(),
            };
            figure("column_set", json!({ "columns": columns, "exact": arguments["exact_match"] }))
        }
        "table_row_count_to_equal_other_table" => {
            figure("row_count_match", json!({ "dataset": arguments["other_table_name"] }))
        }
        "column_values_to_be_present_in_other_table" => rows(
            case,
            "reference",
            json!({
                "columns": [arguments["foreign_key_column"]],
                "dataset": arguments["foreign_table"],
                "other_columns": [arguments["foreign_table_key_column"]],
            }),
        ),
        "table_checksum_to_equal_other_table" => checksum(case),
        "unexpected_rows_expectation" | "ted_rows_expectation" => {
            let sql = case.text("unexpected_rows_query").replace("{batch}", "{dataset}");
            rows(case, "query", json!({ "sql": sql }))
        }
        _ => queried(name, case),
    }
}

fn in_order(case: &Case, rule_type: &str) -> Option<Value> {
    values(case, rule_type, json!({ "strictly": case.kwargs["strictly"] }))
}

/// Digits in text, in the order of the numbers that they are.
fn as_numbers(case: &Case) -> Option<Value> {
    let column = quoted(case.text("column"));
    let wrong = if case.kwargs["strictly"] == true { "<=" } else { "<" };
    let sql = format!(
        "SELECT _row FROM (SELECT _row, CAST({column} AS BIGINT) AS number, \
         lag(CAST({column} AS BIGINT)) OVER (ORDER BY _row) AS before FROM {{dataset}}) WHERE number {wrong} before"
    );
    rows(case, "query", json!({ "sql": sql }))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The `place`th table of a case, as another dataset.
fn other(case: &Case, place: usize) -> Option<String> {
    case.other_tables.0.get(place).map(|(name, _)| format!("{{{name}}}"))
}

/// Rows that only one of two tables has, in the columns that are compared.
fn checksum(case: &Case) -> Option<Value> {
    let number: usize = case.text("other_table_name").rsplit('_').next()?.parse().ok()?;
    let other = other(case, number - 1)?;
    let ignored: Vec<&str> = case.text("ignore_columns").split(", ").collect();
    let columns: Vec<String> = case
        .data
        .0
        .iter()
        .filter(|(name, _)| !ignored.contains(&name.as_str()))
        .map(|(name, _)| quoted(name))
        .collect();
    let columns = columns.join(", ");
    let sql = format!(
        "(SELECT {columns} FROM {{dataset}} EXCEPT ALL SELECT {columns} FROM {other}) UNION ALL \
         (SELECT {columns} FROM {other} EXCEPT ALL SELECT {columns} FROM {{dataset}})"
    );
    Some(rule("query", json!({ "sql": format!("SELECT * FROM ({sql})") }), "fail"))
}

/// Expectations that are queries.
fn queried(name: &str, case: &Case) -> Option<Value> {
    let (arguments, template) = (&case.kwargs, &case.kwargs["template_dict"]);
    let text = |name: &str| template[name].as_str().unwrap_or_default();
    let query = |sql: String| rows(case, "query", json!({ "sql": sql }));
    let value = |sql: String, least: &Value, most: &Value| {
        figure("query", json!({ "sql": sql, "returns": "value", "min": least, "max": most }))
    };
    match name {
        "queried_column_list_to_be_unique" => {
            let names: Vec<&str> = text("column_list").split(',').collect();
            rows(case, "unique", json!({ "columns": names, "nulls_equal": true }))
        }
        "query_to_have_no_duplicate_value_combinations" => {
            let names = case.texts("columns");
            rows(case, "unique", json!({ "columns": names, "nulls_equal": true }))
        }
        "queried_column_pair_values_to_be_both_filled_or_null" => {
            let (a, b) = (text("column_a"), text("column_b"));
            query(format!("SELECT * FROM {{dataset}} WHERE ({a} IS NULL) <> ({b} IS NULL)"))
        }
        "queried_column_to_have_n_distinct_values_with_condition" => {
            let (column, condition) = (text("column_to_check"), text("condition"));
            let sql = format!("SELECT count(DISTINCT {column}) FROM {{dataset}} WHERE {condition}");
            let wanted = &template["num_of_distinct_values"];
            value(sql, wanted, wanted)
        }
        "queried_column_value_frequency_to_meet_threshold" => frequency(case),
        "queried_column_values_to_exist_in_second_table_column" => {
            let number: usize = text("second_table_full_name").rsplit('_').next()?.parse().ok()?;
            let (other, here, there) =
                (other(case, number - 1)?, text("first_table_column"), text("second_table_column"));
            query(format!(
                "SELECT d.* FROM {{dataset}} d ANTI JOIN {other} o ON d.{here} = o.{there}"
            ))
        }
        "queried_custom_query_to_return_num_rows" => {
            let inner = text("user_query").replace("test", "{dataset}");
            let wanted = &arguments["value"];
            value(format!("SELECT count(*) FROM ({inner}) AS answer"), wanted, wanted)
        }
        "queried_table_row_count_to_be" => {
            let wanted = &arguments["value"];
            value("SELECT count(*) FROM {dataset}".to_owned(), wanted, wanted)
        }
        "query_count_with_filter_to_meet_threshold" => {
            let (column, wanted) = (text("col"), &template["filter"]);
            let sql = format!("SELECT count(*) FROM {{dataset}} WHERE {column} = {wanted}");
            value(sql, &arguments["threshold"], &Value::Null)
        }
        _ => None,
    }
}

/// Values of a column whose share is below their threshold.
fn frequency(case: &Case) -> Option<Value> {
    let list = |value: &Value| match value {
        Value::Array(list) => list.clone(),
        one => vec![one.clone()],
    };
    let (wanted, shares) = (list(&case.kwargs["value"]), list(&case.kwargs["threshold"]));
    let column = quoted(case.text("column"));
    let literal = |value: &Value| match value {
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        other => other.to_string(),
    };
    let pairs: Vec<String> = wanted
        .iter()
        .zip(&shares)
        .map(|(value, share)| format!("({}, {share})", literal(value)))
        .collect();
    let sql = format!(
        "SELECT * FROM (VALUES {}) AS wanted(value, share) WHERE share > (SELECT count(*) FILTER ({column} = value) \
         / count({column}) FROM {{dataset}}) + 0.000000001",
        pairs.join(", ")
    );
    rows(case, "query", json!({ "sql": sql }))
}
