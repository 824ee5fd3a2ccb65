//! Bad input through the programs: what cannot be computed is said, and everything else goes on.

use std::time::{Duration, Instant};

use assay_testkit::{Project, Ran};
use serde_json::{Value, json};

/// A project with one job over `data.csv` or `data.parquet`.
fn project(columns: &Value, rules: &Value, format: &str) -> Project {
    let project = Project::new();
    let write = |path: &str, value: &Value| project.write(path, value.to_string());
    write("environments/dev.json", &json!({ "environment": "dev", "results": "lake" }));
    write("libraries/schemas/s.json", &json!({ "schema_id": "s", "columns": columns }));
    write("libraries/rules/r.json", &json!({ "rule_set_id": "r", "rules": rules }));
    write(
        "libraries/contracts/c.json",
        &json!({ "contract_id": "c", "datasets": [{
            "dataset_contract_id": "d", "schema": { "schema_id": "s" },
            "source": { "format": format, "path": format!("data.{format}") },
            "rule_sets": [{ "rule_set_id": "r" }],
        }]}),
    );
    write(
        "libraries/jobs/j.json",
        &json!({
            "job_definition_id": "j",
            "data_contract": { "contract_id": "c", "dataset_contract_id": "d" },
            "stages": { "profile": false }, "quarantine": true,
        }),
    );
    project.commit("all of it");
    project.seal("dev");
    project
}

fn record(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out)
        .unwrap_or_else(|error| panic!("{error}\n{}\n{}", ran.out, ran.err))
}

fn run(project: &Project) -> Value {
    record(&project.assay(&["run", "j", "--format", "json"]))
}

/// Verdict and message of a rule.
fn verdict(record: &Value, rule: &str) -> (String, String) {
    let list = record["verdicts"].as_array().expect("verdicts");
    let named =
        |verdict: &&Value| verdict["check_id"].as_str().is_some_and(|id| id == format!("r/{rule}"));
    let found = list.iter().find(named).unwrap_or_else(|| panic!("no {rule}: {record:#}"));
    let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
    (text("verdict"), text("message"))
}

#[test]
fn a_missing_column_breaks_what_reads_it_and_nothing_else() {
    let columns = json!([
        { "name": "id", "data_type": "integer" }, { "name": "fare", "data_type": "double" },
    ]);
    let rules = json!([
        { "rule_id": "fare", "rule_type": "range", "column": "fare", "parameters": { "min": 0 } },
        { "rule_id": "id", "rule_type": "not_null", "column": "id" },
        { "rule_id": "once", "rule_type": "unique", "parameters": { "columns": ["id"] } },
        { "rule_id": "columns", "rule_type": "structure" },
    ]);
    let project = project(&columns, &rules, "csv");
    project.write("data.csv", "id,fares\n1,2\n1,3\n");
    let found = run(&project);
    let (broken, reason) = verdict(&found, "fare");
    assert_eq!(broken, "error");
    assert!(reason.contains("there is no column `fare`"), "{reason}");
    assert_eq!(verdict(&found, "id").0, "pass");
    assert_eq!(verdict(&found, "once").0, "fail");
    assert!(verdict(&found, "columns").1.contains("`fare` is missing"));
    assert_eq!((&found["outcome"], &found["exit_code"]), (&json!("error"), &json!(43)));
    let reason = found["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("`fare` (did you mean `fares`?)"), "{reason}");
    assert_eq!(found["quarantined"], 2);
}

#[test]
fn arithmetic_that_has_no_result_breaks_one_rule() {
    let columns = json!([
        { "name": "a", "data_type": "integer" }, { "name": "b", "data_type": "integer" },
        { "name": "t", "data_type": "text" },
    ]);
    let expression = |id: &str, text: &str| json!({ "rule_id": id, "rule_type": "expression", "parameters": { "expression": text } });
    let rules = json!([
        expression("division", "a / b > 0"),
        expression("remainder", "a % b >= 0"),
        expression("overflow", "a * a > 0"),
        { "rule_id": "sum", "rule_type": "sum", "column": "a", "parameters": { "min": 0 } },
        { "rule_id": "pattern", "rule_type": "regex", "column": "t", "parameters": { "pattern": "(a+)+b" } },
        { "rule_id": "fine", "rule_type": "not_null", "column": "a" },
    ]);
    let project = project(&columns, &rules, "csv");
    let long = "a".repeat(100_000);
    let greatest = i64::MAX;
    project.write("data.csv", format!("a,b,t\n{greatest},0,{long}\n{greatest},1,b\n"));
    let started = Instant::now();
    let found = run(&project);
    assert!(started.elapsed() < Duration::from_secs(60), "a pattern took too long");
    // Division by zero is null, and a condition that is null is not judged.
    assert_eq!(verdict(&found, "division").0, "pass");
    assert_eq!(verdict(&found, "remainder").0, "pass");
    let (broken, reason) = verdict(&found, "overflow");
    assert_eq!(broken, "error");
    assert!(reason.to_lowercase().contains("overflow"), "{reason}");
    assert_eq!(verdict(&found, "sum").0, "pass");
    assert_eq!(verdict(&found, "pattern").0, "fail");
    assert_eq!(verdict(&found, "fine").0, "pass");
}

#[test]
fn nothing_to_judge_is_no_pass() {
    let columns = json!([{ "name": "a", "data_type": "integer" }]);
    let rules = json!([
        { "rule_id": "range", "rule_type": "range", "column": "a", "parameters": { "min": 0 } },
        { "rule_id": "once", "rule_type": "unique", "parameters": { "columns": ["a"] } },
        { "rule_id": "order", "rule_type": "increasing", "column": "a" },
        { "rule_id": "mean", "rule_type": "mean", "column": "a", "parameters": { "min": 0 } },
        { "rule_id": "own", "rule_type": "query", "where": "a > 0",
          "parameters": { "sql": "SELECT * FROM {dataset}" } },
    ]);
    for data in ["a\n", "a\n\"\"\n"] {
        let project = project(&columns, &rules, "csv");
        let data = data.replace("\"\"", "NA");
        project.replace(
            "libraries/contracts/c.json",
            "\"format\":\"csv\"",
            "\"csv\":{\"null_tokens\":[\"NA\"]},\"format\":\"csv\"",
        );
        project.commit("null tokens");
        project.seal("dev");
        project.write("data.csv", data);
        let found = run(&project);
        for rule in ["range", "once", "order", "mean", "own"] {
            assert_eq!(verdict(&found, rule).0, "not_evaluated", "{rule}");
        }
        assert_eq!(found["exit_code"], 44, "{}", found["reason"]);
    }
}

#[test]
fn ten_thousand_columns_are_judged() {
    const WIDTH: usize = 10_000;
    let columns: Vec<Value> = (0..WIDTH)
        .map(|index| json!({ "name": format!("c{index}"), "data_type": "integer" }))
        .collect();
    let rules = json!([
        { "rule_id": "first", "rule_type": "range", "column": "c0", "parameters": { "min": 0 } },
        { "rule_id": "last", "rule_type": "range", "column": "c9999", "parameters": { "max": 5 } },
    ]);
    let project = project(&Value::Array(columns), &rules, "csv");
    let names: Vec<String> = (0..WIDTH).map(|index| format!("c{index}")).collect();
    let cells: Vec<String> = (0..WIDTH).map(|index| index.to_string()).collect();
    project.write("data.csv", format!("{}\n{}\n", names.join(","), cells.join(",")));
    let found = run(&project);
    assert_eq!(verdict(&found, "first").0, "pass", "{}", found["reason"]);
    assert_eq!(verdict(&found, "last").0, "fail");
}

#[test]
fn replayed_rows_are_a_run_that_names_the_first() {
    let columns = json!([
        { "name": "id", "data_type": "integer" }, { "name": "fare", "data_type": "decimal(9,2)" },
        { "name": "at", "data_type": "date" },
    ]);
    let rules = json!([
        { "rule_id": "fare", "rule_type": "range", "column": "fare", "parameters": { "min": 0 } },
        { "rule_id": "once", "rule_type": "unique", "parameters": { "columns": ["id"] } },
        { "rule_id": "soon", "rule_type": "range", "column": "at", "severity": "warning",
          "parameters": { "min": "2024-01-01" } },
        { "rule_id": "many", "rule_type": "row_count", "parameters": { "min": 100 } },
    ]);
    let project = project(&columns, &rules, "csv");
    let data = "id,fare,at\n1,5.00,2024-01-01\n2,-1.00,2023-01-01\n3,1.50,2023-01-01\n4,2,2024-01-01\n4,-2,2024-01-01\n";
    project.write("data.csv", data);
    let first = run(&project);
    assert_eq!((&first["rows"], &first["quarantined"]), (&json!(5), &json!(3)));
    let stages = first["stages"].as_array().expect("stages");
    let stage = stages.iter().find(|stage| stage["stage"] == "quarantine").expect("a stage");
    assert_eq!(
        (&stage["rows_in"], &stage["rows_out"], &stage["rows_rejected"]),
        (&json!(5), &json!(2), &json!(3))
    );
    let id = first["run_id"].as_str().expect("an id");
    let folder = find(project.path(), id);
    let rows = read(
        &folder.join("quarantined.parquet"),
        "id, CAST(fare AS VARCHAR), _assay_row, array_to_string(_assay_broken, ' ')",
    );
    assert_eq!(rows, ["2 -1.00 2 r/fare r/soon", "4 2.00 4 r/once", "4 -2.00 5 r/fare r/once",]);
    let valid = read(&folder.join("valid.parquet"), "id, CAST(fare AS VARCHAR), \"at\"");
    assert_eq!(valid, ["1 5.00 2024-01-01", "3 1.50 2023-01-01"]);

    let again = record(&project.assay(&["replay", id, "--quarantine", "--format", "json"]));
    assert_eq!((&again["rows"], &again["replays"]), (&json!(3), &json!(id)));
    assert_eq!(again["quarantined"], 3);
    assert_eq!(verdict(&again, "fare").0, "fail");

    project.write("fixed.csv", "id,fare,at\n2,1.00,2024-01-01\n4,2,2024-01-01\n5,2,2024-01-01\n");
    let arguments = ["replay", id, "--quarantine", "--file", "fixed.csv", "--format", "json"];
    let fixed = record(&project.assay(&arguments));
    assert_eq!((&fixed["rows"], &fixed["quarantined"]), (&json!(3), &json!(0)));
    assert_eq!(verdict(&fixed, "fare").0, "pass");
    let id = fixed["run_id"].as_str().expect("an id");
    let nothing = project.assay(&["replay", id, "--quarantine"]).ends(2);
    assert!(nothing.err.contains("no quarantined rows"), "{}", nothing.err);
}

/// The folder of a run.
fn find(project: &std::path::Path, id: &str) -> std::path::PathBuf {
    let mut open = vec![project.join("lake").join("runs")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.ends_with(id) {
                return path;
            }
            if path.is_dir() {
                open.push(path);
            }
        }
    }
    panic!("run {id} has no folder")
}

/// Rows of a Parquet file in its order, as text parted by blanks.
fn read(file: &std::path::Path, columns: &str) -> Vec<String> {
    let database = duckdb::Connection::open_in_memory().expect("DuckDB opens");
    let sql = format!("SELECT concat_ws(' ', {columns}) FROM read_parquet('{}')", file.display());
    let mut statement = database.prepare(&sql).expect("the file is read");
    let rows = statement.query_map([], |row| row.get(0)).expect("the file is read");
    rows.map(|row| row.expect("a row")).collect()
}

#[test]
fn a_cell_of_a_quarter_of_a_gigabyte_is_judged() {
    let columns = json!([{ "name": "t", "data_type": "text" }]);
    let rules = json!([
        { "rule_id": "length", "rule_type": "length", "column": "t", "parameters": { "max": 1000 } },
        { "rule_id": "pattern", "rule_type": "regex", "column": "t", "parameters": { "pattern": "x*" } },
    ]);
    let project = project(&columns, &rules, "parquet");
    let file = project.path().join("data.parquet");
    let database = duckdb::Connection::open_in_memory().expect("DuckDB opens");
    let sql = format!(
        "COPY (SELECT repeat('x', 256 * 1024 * 1024) AS t UNION ALL SELECT 'x') TO '{}' (FORMAT parquet)",
        file.display()
    );
    database.execute_batch(&sql).expect("the file is written");
    let found = run(&project);
    assert_eq!(verdict(&found, "length").0, "fail", "{}", found["reason"]);
    assert_eq!(verdict(&found, "pattern").0, "pass");
}

#[test]
fn columns_and_files_are_held_against_the_last_run() {
    let columns = json!([{ "name": "a", "data_type": "integer" }]);
    let rules = json!([
        { "rule_id": "same", "rule_type": "schema_change" },
        { "rule_id": "fresh", "rule_type": "file_unique" },
    ]);
    let project = project(&columns, &rules, "csv");
    project.write("data.csv", "a\n1\n");
    let first = run(&project);
    assert_eq!(verdict(&first, "same").0, "not_evaluated");
    assert_eq!(verdict(&first, "fresh").0, "pass");
    let second = run(&project);
    assert_eq!(verdict(&second, "same").0, "pass");
    let (verdict_of, message) = verdict(&second, "fresh");
    assert_eq!(verdict_of, "fail");
    assert!(message.contains(first["run_id"].as_str().expect("an id")), "{message}");
    project.write("data.csv", "a,b\n1,2\n");
    let third = run(&project);
    assert!(verdict(&third, "same").1.contains("the column `b` came"));
    assert_eq!(verdict(&third, "fresh").0, "pass");
}
