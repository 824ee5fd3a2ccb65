//! Rows of a case as files, and files as rows again.

use std::path::{Path, PathBuf};

use duckdb::Connection;
use serde_json::{Map, Value, json};

fn database() -> Connection {
    Connection::open_in_memory().expect("DuckDB opens")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The DuckDB type of a type of the language.
fn type_of(column: &Value) -> String {
    let name = column["data_type"].as_str().expect("a column has a type").to_lowercase();
    match name.as_str() {
        "text" => "VARCHAR".to_owned(),
        "integer" => "BIGINT".to_owned(),
        "binary" => "BLOB".to_owned(),
        other => other.to_uppercase(),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::String(text) => quoted(text),
        other => quoted(&other.to_string()),
    }
}

fn name(column: &Value) -> String {
    format!("\"{}\"", column["name"].as_str().expect("a column has a name").replace('"', "\"\""))
}

/// A query that gives the rows with their types.
fn rows_sql(columns: &Value, rows: &Value) -> String {
    let columns = list(columns);
    let places: Vec<_> = (0..columns.len()).map(|index| format!("c{index}")).collect();
    let typed = columns
        .iter()
        .zip(&places)
        .map(|(column, place)| format!("CAST({place} AS {}) AS {}", type_of(column), name(column)));
    let typed = typed.collect::<Vec<_>>().join(", ");
    let written = |cells: Vec<String>| format!("({})", cells.join(", "));
    let mut all: Vec<_> =
        list(rows).iter().map(|row| written(list(row).iter().map(cell).collect())).collect();
    let none = if all.is_empty() { " WHERE false" } else { "" };
    if all.is_empty() {
        all.push(written(vec!["NULL".to_owned(); columns.len()]));
    }
    let places = places.join(", ");
    format!("SELECT {typed} FROM (VALUES {}) AS t({places}){none}", all.join(", "))
}

/// Writes rows with their types.
pub(crate) fn write_parquet(folder: &Path, file: &str, columns: &Value, rows: &Value) -> PathBuf {
    let path = folder.join(format!("{file}.parquet"));
    let sql = format!(
        "COPY ({}) TO {} (FORMAT parquet)",
        rows_sql(columns, rows),
        quoted(&path.to_string_lossy())
    );
    database().execute_batch(&sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    path
}

/// Writes rows as delimited text: a null as nothing, every other cell in quotes.
pub(crate) fn write_csv(folder: &Path, case: &Value) -> PathBuf {
    let cell = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => format!("\"{}\"", text.replace('"', "\"\"")),
        other => format!("\"{other}\""),
    };
    let header: Vec<_> =
        list(&case["columns"]).iter().map(|column| cell(&column["name"])).collect();
    let mut text = header.join(",") + "\n";
    for row in list(&case["rows"]) {
        text += &(list(row).iter().map(cell).collect::<Vec<_>>().join(",") + "\n");
    }
    let path = folder.join("main.csv");
    std::fs::write(&path, text).expect("the data is written");
    path
}

/// The declared columns of a query's rows, each cell as text in one form.
fn as_text(from: &str, columns: &Value) -> Vec<Vec<Option<String>>> {
    let columns = list(columns);
    let cells: Vec<_> = columns
        .iter()
        .map(|column| format!("CAST(CAST({} AS {}) AS VARCHAR)", name(column), type_of(column)))
        .collect();
    let database = database();
    let sql = format!("SELECT {} FROM {from}", cells.join(", "));
    let mut statement = database.prepare(&sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    let mut found = statement.query([]).expect("the rows are read");
    let mut rows = Vec::new();
    while let Some(row) = found.next().expect("the rows are read") {
        rows.push(
            (0..columns.len()).map(|index| row.get(index).expect("a cell is text")).collect(),
        );
    }
    rows
}

/// Rows of a cleansed file.
pub(crate) fn read_rows(path: &Path, columns: &Value) -> Vec<Vec<Option<String>>> {
    as_text(&format!("read_parquet({})", quoted(&path.to_string_lossy())), columns)
}

/// Rows of a case in the same form.
pub(crate) fn normal(columns: &Value, rows: &Value) -> Vec<Vec<Option<String>>> {
    as_text(&format!("({})", rows_sql(columns, rows)), columns)
}

/// Row, column and step of each reject, in order.
pub(crate) fn read_rejects(path: &Path) -> Vec<Value> {
    let database = database();
    let sql = format!(
        "SELECT \"row\", \"column\", step FROM read_parquet({}) ORDER BY \"row\", \"column\"",
        quoted(&path.to_string_lossy())
    );
    let mut statement = database.prepare(&sql).expect("the rejects are read");
    let mut found = statement.query([]).expect("the rejects are read");
    let mut rejects = Vec::new();
    while let Some(row) = found.next().expect("the rejects are read") {
        let (number, column, step): (Option<i64>, Option<String>, Option<String>) = (
            row.get(0).expect("a row"),
            row.get(1).expect("a column"),
            row.get(2).expect("a step"),
        );
        rejects.push(json!({ "row": number, "column": column, "step": step }));
    }
    rejects
}

/// Removes counts of zero and steps without a count.
pub(crate) fn drop_zeros(changed: &mut Value) {
    let Some(steps) = changed.as_object_mut() else { return };
    for columns in steps.values_mut().filter_map(Value::as_object_mut) {
        columns.retain(|_, count| *count != 0);
    }
    steps.retain(|_, columns| {
        columns.as_object().is_none_or(|columns: &Map<_, _>| !columns.is_empty())
    });
}

/// Microseconds since 1970 of an instant in RFC 3339.
pub(crate) fn microseconds(instant: &str) -> i64 {
    let sql =
        format!("SELECT epoch_us(CAST({} AS TIMESTAMP))", quoted(instant.trim_end_matches('Z')));
    database().query_row(&sql, [], |row| row.get(0)).expect("an instant")
}
