//! Ten checks of another tool over a real table: the same verdicts, counts and rows.

use std::fs;

use assay_testkit::{Project, root};
use serde_json::{Value, json};

fn case(name: &str) -> Value {
    let text = fs::read_to_string(root().join("tests/cases/profile").join(name));
    serde_json::from_str(&text.expect("the case is read")).expect("the case is JSON")
}

/// The rule that a check of the other tool is.
fn rule(id: &str, check: &Value) -> Value {
    let arguments = &check["kwargs"];
    let bounds = json!({ "min": arguments["min_value"], "max": arguments["max_value"] });
    let (rule_type, parameters) =
        match check["expectation_type"].as_str().or(check["type"].as_str()) {
            Some("expect_column_to_exist") => {
                ("column_exist", json!({ "columns": [arguments["column"]] }))
            }
            Some("expect_column_mean_to_be_between") => ("mean", bounds),
            Some("expect_column_values_to_be_between") => ("range", bounds),
            Some("expect_column_values_to_match_regex") => {
                ("regex", json!({ "pattern": arguments["regex"], "mode": "search" }))
            }
            Some("expect_column_values_to_be_in_set") => {
                ("in_set", json!({ "values": arguments["value_set"] }))
            }
            other => panic!("{other:?} has no rule"),
        };
    let mut rule = json!({ "rule_id": id, "rule_type": rule_type, "parameters": parameters });
    if rule_type != "column_exist" {
        rule["column"] = arguments["column"].clone();
    }
    if let Some(share) = arguments["mostly"].as_f64() {
        rule["max_violation_ratio"] = json!(1.0 - share);
    }
    rule
}

fn project(checks: &[Value]) -> Project {
    let project = Project::new();
    let write = |path: &str, value: &Value| project.write(path, value.to_string());
    let rules: Vec<Value> = checks
        .iter()
        .enumerate()
        .map(|(number, check)| rule(&format!("r{number}"), check))
        .collect();
    let columns = [
        ("Name", "text"),
        ("PClass", "text"),
        ("Age", "double"),
        ("Sex", "text"),
        ("Survived", "integer"),
        ("SexCode", "integer"),
    ];
    let columns = columns.map(|(name, kind)| json!({ "name": name, "data_type": kind }));
    write("environments/dev.json", &json!({ "environment": "dev", "results": "lake" }));
    write("libraries/schemas/s.json", &json!({ "schema_id": "s", "columns": columns }));
    write("libraries/rules/r.json", &json!({ "rule_set_id": "r", "rules": rules }));
    write(
        "libraries/contracts/c.json",
        &json!({ "contract_id": "c", "datasets": [{
            "dataset_contract_id": "d", "schema": { "schema_id": "s" },
            "source": { "format": "csv", "path": "titanic.csv", "csv": { "null_tokens": ["NA"] } },
            "rule_sets": [{ "rule_set_id": "r" }],
        }]}),
    );
    write(
        "libraries/jobs/j.json",
        &json!({ "job_definition_id": "j", "data_contract": { "contract_id": "c" } }),
    );
    let table = root().join("tests/cases/profile/Titanic.csv");
    fs::copy(table, project.path().join("titanic.csv")).expect("the table is copied");
    project.commit("all of it");
    project.seal("dev");
    project
}

#[test]
fn ten_checks_have_the_verdicts_counts_and_rows_of_another_tool() {
    let results = case("validation_expected.json");
    let results = results["results"].as_array().expect("results");
    let checks: Vec<Value> =
        results.iter().map(|result| result["expectation_config"].clone()).collect();
    assert_eq!(checks.len(), 10);
    let project = project(&checks);
    let ran = project.assay(&["run", "j", "--format", "json"]).ends(41);
    let record: Value = serde_json::from_str(&ran.out).expect("a record");
    let broken =
        "select check_id, list(row_number order by row_number) as rows from violation group by all";
    let broken = project.assay(&["sql", broken, "--format", "json"]).ends(0).out;
    for (number, expected) in results.iter().enumerate() {
        let id = format!("r/r{number}");
        let verdicts = record["verdicts"].as_array().expect("verdicts");
        let found = verdicts.iter().find(|verdict| verdict["check_id"] == id).expect("the rule");
        let wanted = if expected["success"] == true { "pass" } else { "fail" };
        assert_eq!(found["verdict"], wanted, "{found:#}");
        let (measured, result) = (&found["measurement"], &expected["result"]);
        if let Some(count) = result["unexpected_count"].as_u64() {
            let rows = result["element_count"].as_u64().zip(result["missing_count"].as_u64());
            let judged = rows.map(|(all, missing)| all - missing);
            assert_eq!(measured["evaluated"].as_u64(), judged, "{found:#}");
            assert_eq!(measured["violations"].as_u64(), Some(count), "{found:#}");
            let rows = result["unexpected_index_list"].as_array().expect("rows").iter();
            let rows: Vec<u64> = rows.filter_map(Value::as_u64).map(|row| row + 1).collect();
            let listed = rows_of(&broken, &id);
            assert_eq!(listed, rows, "{id}: {broken}");
        }
        if let Some(mean) = result["observed_value"].as_f64() {
            let own = measured["value"].as_f64().expect("a figure");
            assert!((own - mean).abs() < 1e-9, "{own} is not {mean}");
        }
    }
}

/// The rows that a check found, from the answer of a query.
fn rows_of(answer: &str, id: &str) -> Vec<u64> {
    let mut lines = answer.lines().map(|line| {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"))
    });
    let row = lines.find(|row| row["check_id"] == id);
    let rows = row.map_or(Value::Null, |row| row["rows"].clone());
    let text = rows.as_str().map_or_else(|| rows.to_string(), str::to_owned);
    let numbers = text.split(|letter: char| !letter.is_ascii_digit());
    numbers.filter_map(|number| number.parse().ok()).collect()
}
