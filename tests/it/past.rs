//! Rules that look back, through a real lake: several runs one after the other, of files that change.

use assay_testkit::Project;
use serde_json::{Value, json};

/// A project whose rules look back, and a job over `data.csv`.
fn project() -> Project {
    project_of(&json!([
        { "rule_id": "volume", "rule_type": "volume_anomaly",
          "parameters": { "method": "z_score", "min_samples": 4 } },
        { "rule_id": "level", "rule_type": "metric_anomaly", "column": "x",
          "parameters": { "figure": "mean", "method": "relative_change", "threshold": 0.5, "direction": "spike" } },
        { "rule_id": "half", "rule_type": "row_count", "parameters": { "min": "0.5 * last(3)" } },
        { "rule_id": "reach", "rule_type": "max", "column": "x",
          "parameters": { "max": "mean + 3 * stddev" } },
        { "rule_id": "columns", "rule_type": "schema_change", "parameters": { "allow": ["added"] } },
    ]))
}

/// A job over the column `x` of `data.csv` by these rules.
fn project_of(rules: &Value) -> Project {
    let project = Project::new();
    let write = |path: &str, value: &Value| project.write(path, value.to_string());
    write("environments/dev.json", &json!({ "environment": "dev", "results": "lake" }));
    write(
        "libraries/schemas/s.json",
        &json!({ "schema_id": "s", "columns": [{ "name": "x", "data_type": "double" }] }),
    );
    write("libraries/rules/r.json", &json!({ "rule_set_id": "r", "rules": rules }));
    write(
        "libraries/contracts/c.json",
        &json!({ "contract_id": "c", "datasets": [{
            "dataset_contract_id": "d", "schema": { "schema_id": "s" },
            "source": { "format": "csv", "path": "data.csv" },
            "rule_sets": [{ "rule_set_id": "r" }],
        }]}),
    );
    write(
        "libraries/jobs/j.json",
        &json!({ "job_definition_id": "j", "data_contract": { "contract_id": "c" } }),
    );
    project.commit("all of it");
    project.seal("dev");
    project
}

/// One run over so many rows around a level: the verdict of each rule, in the order above, and the record.
fn day(project: &Project, rows: usize, level: f64, header: &str) -> (Vec<String>, Value) {
    let more = ",1".repeat(header.matches(',').count());
    let cells = (0..rows).map(|row| format!("{}{more}\n", level + (row % 10) as f64 / 10.0));
    project.write("data.csv", format!("{header}\n{}", cells.collect::<String>()));
    let ran = project.assay(&["run", "j", "--format", "json"]);
    let record: Value = serde_json::from_str(&ran.out)
        .unwrap_or_else(|error| panic!("{error}\n{}\n{}", ran.out, ran.err));
    let of = |rule: &str| {
        let list = record["verdicts"].as_array().expect("verdicts");
        let found = list.iter().find(|verdict| verdict["check_id"] == format!("r/{rule}"));
        found.unwrap_or_else(|| panic!("no {rule}: {record:#}"))["verdict"]
            .as_str()
            .map(str::to_owned)
    };
    let verdicts = ["volume", "level", "half", "reach", "columns"].map(of).into_iter().flatten();
    (verdicts.collect(), record)
}

#[test]
fn runs_are_judged_by_those_before_them() {
    let project = project();
    let unknown = "not_evaluated";
    let days: &[(usize, f64, &str, [&str; 5])] = &[
        // Nothing is known yet but what this run itself tells.
        (100, 10.0, "x", [unknown, unknown, unknown, "pass", unknown]),
        (101, 10.0, "x", [unknown, "pass", unknown, "pass", "pass"]),
        (99, 10.0, "x", [unknown, "pass", unknown, "pass", "pass"]),
        (102, 10.0, "x", [unknown, "pass", "pass", "pass", "pass"]),
        (100, 10.0, "x,added", ["pass", "pass", "pass", "pass", "pass"]),
        // An incident, twice: the first trains nothing, so the second is one too.
        (300, 10.0, "x,added", ["fail", "pass", "pass", "pass", "pass"]),
        (300, 10.0, "x,added", ["fail", "pass", "pass", "pass", "pass"]),
        // What was flagged is no figure of the past for any rule; the level doubles; a column is gone.
        (101, 20.0, "x", ["pass", "fail", "pass", "pass", "fail"]),
        (101, 10.0, "x", ["pass", "pass", "pass", "pass", "pass"]),
        // Less than half of the usual.
        (40, 10.0, "x", ["fail", "pass", "fail", "pass", "pass"]),
    ];
    for (number, (rows, level, header, wanted)) in days.iter().enumerate() {
        let (found, record) = day(&project, *rows, *level, header);
        assert_eq!(found, wanted, "run {number}: {:#}", record["verdicts"]);
    }
    // What the bounds came to stands in the record.
    let (_, record) = day(&project, 90, 10.0, "x");
    let list = record["verdicts"].as_array().expect("verdicts");
    let half = list.iter().find(|verdict| verdict["check_id"] == "r/half").expect("the rule");
    // The mean of the last three runs that were not flagged: 100, 101 and 101.
    assert_eq!(half["message"], "90; expected at least 50.3333");
}

/// A run over the values of `x`: verdict and message of each rule, and what it was held against.
fn held(project: &Project, values: &[(f64, usize)]) -> Vec<(String, String, Value)> {
    let cells = values.iter().flat_map(|(value, times)| vec![format!("{value}\n"); *times]);
    project.write("data.csv", format!("x\n{}", cells.collect::<String>()));
    let ran = project.assay(&["run", "j", "--format", "json"]);
    let record: Value = serde_json::from_str(&ran.out).expect("a record");
    let list = record["verdicts"].as_array().expect("verdicts").clone();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    list.iter()
        .filter(|verdict| text(&verdict["check_id"]).starts_with("r/"))
        .map(|verdict| {
            let expected = verdict["measurement"]["adapted"]["expected"].clone();
            (text(&verdict["verdict"]), text(&verdict["message"]), expected)
        })
        .collect()
}

#[test]
fn a_distribution_is_held_against_that_of_earlier_runs() {
    let project = project_of(&json!([
        { "rule_id": "psi", "rule_type": "population_stability", "column": "x",
          "parameters": { "max": 0.2, "expected": { "bins": [0, 5, 10], "runs": 2, "min_samples": 20 } } },
        { "rule_id": "kl", "rule_type": "kl_divergence", "column": "x",
          "parameters": { "max": 0.1, "expected": { "values": [1, 2], "runs": 1 } } },
        { "rule_id": "chi", "rule_type": "chi_squared", "column": "x",
          "parameters": { "expected": { "values": [1, 2], "runs": 1 } } },
    ]));
    let usual = [(1.0, 30), (2.0, 10)];
    let verdicts = |found: &[(String, String, Value)]| -> Vec<String> {
        found.iter().map(|(verdict, _, _)| verdict.clone()).collect()
    };
    let first = held(&project, &usual);
    assert_eq!(verdicts(&first), ["not_evaluated"; 3]);
    assert_eq!(first[0].1, "not judged: 0 of 2 earlier runs that say what is expected");
    let second = held(&project, &usual);
    assert_eq!(verdicts(&second), ["not_evaluated", "pass", "pass"]);
    assert_eq!(second[1].2, json!([0.75, 0.25, 0.0]));
    let third = held(&project, &[(1.0, 29), (2.0, 11)]);
    assert_eq!(verdicts(&third), ["pass", "pass", "pass"]);
    // Two bins, what lies below the first and what lies above the last.
    assert_eq!(third[0].2, json!([1.0, 0.0, 0.0, 0.0]));
    assert_eq!(third[0].1, "0; expected at most 0.2");
    // Three quarters move into the other bin, and to a value that nobody expected.
    let moved = held(&project, &[(1.0, 10), (7.0, 30)]);
    assert_eq!(verdicts(&moved), ["fail", "fail", "fail"], "{moved:?}");
    assert_eq!(moved[1].1, "inf; expected at most 0.1");
    // What was flagged says nothing of what is expected.
    let again = held(&project, &usual);
    assert_eq!(verdicts(&again), ["pass", "pass", "pass"]);
    assert_eq!(again[1].2, json!([0.725, 0.275, 0.0]));
    let few = held(&project, &[(1.0, 4), (2.0, 1)]);
    assert_eq!(verdicts(&few), ["not_evaluated", "pass", "pass"]);
    assert_eq!(few[0].1, "not judged: 5 of 20 values needed in this run");
}

#[test]
fn replays_are_no_past() {
    let project = project_of(&json!([
        { "rule_id": "half", "rule_type": "row_count", "parameters": { "min": "0.5 * last(2)" } },
        { "rule_id": "small", "rule_type": "range", "column": "x", "parameters": { "max": 5 } },
    ]));
    let job = json!({ "job_definition_id": "j", "data_contract": { "contract_id": "c" }, "quarantine": true });
    project.write("libraries/jobs/j.json", job.to_string());
    project.commit("rows are set apart");
    project.seal("dev");
    let rows: String = (0..9).map(|row| format!("{row}\n")).collect();
    project.write("data.csv", format!("x\n{rows}"));
    let half = |arguments: &[&str]| -> (Value, String) {
        let ran = project.assay(&[arguments, &["--format", "json"]].concat());
        let record: Value = serde_json::from_str(&ran.out).expect("a record");
        let list = record["verdicts"].as_array().expect("verdicts").clone();
        let found = list.into_iter().find(|verdict| verdict["check_id"] == "r/half");
        let found = found.unwrap_or_else(|| panic!("no half: {record:#}"));
        (record, found["message"].as_str().unwrap_or_default().to_owned())
    };
    let (first, _) = half(&["run", "j"]);
    let id = first["run_id"].as_str().expect("an id").to_owned();
    for _ in 0..2 {
        half(&["replay", &id, "--quarantine"]);
    }
    let (_, message) = half(&["run", "j"]);
    assert!(message.contains("1 of 2 earlier runs"), "{message}");
}
