//! Cases of CSV on the Web: declarations become schemas, steps and rules, and jobs over the files find what the
//! suite says. See `tests/cases/csvw/README.md`.

mod declare;
mod pattern;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use assay_compiler::compile::compile;
use assay_compiler::source;
use assay_testkit::{Project, root, snapshot};
use serde::Deserialize;
use serde_json::{Value, json};

use declare::Declared;

const FOLDER: &str = "tests/cases/csvw";

/// A line of the manifest.
#[derive(Debug, Deserialize)]
struct Case {
    id: String,
    expect: String,
    about: String,
    metadata: String,
    csv: Vec<String>,
    parsed: Option<String>,
}

/// What the language says otherwise: whole cases, and columns of cases.
#[derive(Debug, Deserialize)]
struct Different {
    cases: BTreeMap<String, String>,
    columns: BTreeMap<String, BTreeMap<String, String>>,
}

fn json_of(name: &str) -> Value {
    let text = fs::read_to_string(root().join(FOLDER).join(name)).expect("the file is read");
    serde_json::from_str(&text).expect("the file is JSON")
}

fn cases(about: &str) -> Vec<Case> {
    let text = fs::read_to_string(root().join(FOLDER).join("manifest.jsonl")).expect("a manifest");
    let all = text.lines().map(|line| serde_json::from_str::<Case>(line).expect("a case"));
    all.filter(|case| case.about == about).collect()
}

fn different() -> Different {
    let bytes = fs::read(root().join(FOLDER).join("different.yaml")).expect("the list is read");
    let reading = source::read("different.yaml", &bytes);
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    serde_json::from_value(reading.objects[0].to_value()).expect("a list")
}

/// The declared columns of a case, without those that are said otherwise.
fn declared(case: &Case, different: &Different) -> Declared {
    let metadata = json_of(&case.metadata);
    let table = metadata.get("tables").and_then(|tables| tables.get(0)).unwrap_or(&metadata);
    let left_out: BTreeSet<&str> = different
        .columns
        .get(&case.id)
        .into_iter()
        .flatten()
        .map(|(name, _)| name.as_str())
        .collect();
    declare::table(table, &left_out)
}

/// The objects of a job over a file.
fn objects(id: &str, path: &str, declared: &Declared) -> Vec<(String, Value)> {
    let rows = json!({ "rule_id": "rows", "rule_type": "row_count", "parameters": { "min": 1 } });
    let rules: Vec<Value> = declared.rules.iter().cloned().chain([rows]).collect();
    let mut dataset = json!({
        "dataset_contract_id": id, "schema": { "schema_id": id }, "rule_sets": [{ "rule_set_id": id }],
        "source": { "path": path, "format": "csv", "csv": { "null_tokens": declared.null_tokens } },
    });
    let mut sets = vec![json!({ "rule_set_id": id, "rules": rules })];
    if !declared.steps.is_empty() {
        sets.push(json!({ "cleansing_policy_id": id, "steps": declared.steps }));
        dataset["cleansing_policy"] = json!({ "cleansing_policy_id": id });
    }
    [
        ("schemas", json!({ "schema_id": id, "columns": declared.columns })),
        ("rules", Value::Array(sets)),
        ("contracts", json!({ "contract_id": id, "datasets": [dataset] })),
        (
            "jobs",
            json!({ "job_definition_id": id, "data_contract": { "contract_id": id },
                "stages": { "profile": false } }),
        ),
    ]
    .into_iter()
    .map(|(kind, value)| (format!("libraries/{kind}/{id}.json"), value))
    .collect()
}

#[test]
fn cells_fit_their_declarations_as_the_suite_says() {
    let different = different();
    let cases = cases("data");
    assert_eq!(cases.len(), 46, "the cases are gone");
    let project = Project::new();
    project.write("environments/dev.json", r#"{ "environment": "dev", "results": "lake" }"#);
    let mut jobs = Vec::new();
    for case in &cases {
        let file = &case.csv[0];
        let text = fs::read(root().join(FOLDER).join(file)).expect("the data is read");
        project.write(&format!("data/{file}"), text);
        let declared = declared(case, &different);
        for (path, value) in objects(&case.id, &format!("data/{file}"), &declared) {
            project.write(&path, value.to_string());
        }
        jobs.push((case, declared));
    }
    project.seal("dev");
    let mut faults = Vec::new();
    for (case, declared) in &jobs {
        for engine in ["duckdb", "polars"] {
            if let Err(fault) = judged(&project, case, declared, engine) {
                faults.push(format!("{} ({engine}, to {}): {fault}", case.id, case.expect));
            }
        }
    }
    println!("csvw: {} cases of data, {} columns left out", cases.len(), different.columns.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Runs the job of a case and holds what it found against what the suite says.
fn judged(project: &Project, case: &Case, declared: &Declared, engine: &str) -> Result<(), String> {
    let ran = project.assay(&["run", &case.id, "--engine", engine, "--format", "json"]);
    let record: Value = serde_json::from_str(&ran.out).map_err(|_| format!("{ran:?}"))?;
    let stages = record["stages"].as_array().cloned().unwrap_or_default();
    let rejected = stages.iter().filter_map(|stage| stage["rows_rejected"].as_u64()).sum::<u64>();
    let sound = record["outcome"] == "success" && rejected == 0;
    match case.expect.as_str() {
        "pass" if !sound => Err(format!("{record:#}")),
        "pass" => {
            let parsed = json_of(case.parsed.as_deref().ok_or("nothing to compare with")?);
            let run = record["run_id"].as_str().unwrap_or_default();
            values(&project.path().join("lake"), run, declared, &parsed)
        }
        _ if sound => Err("nothing was found".into()),
        _ => Ok(()),
    }
}

/// Holds the rows that a run kept against those of the suite.
fn values(
    lake: &std::path::Path,
    run: &str,
    declared: &Declared,
    parsed: &Value,
) -> Result<(), String> {
    let file = find(lake, run).ok_or("the run kept no rows")?;
    let names: Vec<&str> =
        declared.columns.iter().filter_map(|column| column["name"].as_str()).collect();
    let selected: Vec<String> =
        names.iter().map(|name| format!("CAST(\"{name}\" AS VARCHAR)")).collect();
    let query = format!("SELECT {} FROM read_parquet('{}')", selected.join(", "), file.display());
    let said = |error: duckdb::Error| error.to_string();
    let base = duckdb::Connection::open_in_memory().map_err(said)?;
    let mut statement = base.prepare(&query).map_err(said)?;
    let mut rows = statement.query([]).map_err(said)?;
    let wanted = parsed["tables"][0]["row"].as_array().cloned().unwrap_or_default();
    let mut seen = 0;
    while let Some(row) = rows.next().map_err(said)? {
        let wanted = &wanted.get(seen).ok_or("there are more rows")?["describes"][0];
        seen += 1;
        for (index, name) in names.iter().enumerate() {
            let cell: Option<String> = row.get(index).map_err(said)?;
            if !same(cell.as_deref(), &wanted[*name]) {
                return Err(format!("row {seen}, `{name}`: {cell:?} is not {}", wanted[*name]));
            }
        }
    }
    if seen == wanted.len() {
        Ok(())
    } else {
        Err(format!("{seen} rows instead of {}", wanted.len()))
    }
}

/// The cleansed rows of a run.
fn find(folder: &std::path::Path, run: &str) -> Option<std::path::PathBuf> {
    fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        let ours = path.ends_with("cleansed.parquet") && path.to_string_lossy().contains(run);
        if path.is_dir() { find(&path, run) } else { Some(path).filter(|_| ours) }
    })
}

/// Whether a cell is the value that the suite gives; instants are compared in UTC.
fn same(cell: Option<&str>, wanted: &Value) -> bool {
    match (cell, wanted) {
        (None, Value::Null) => true,
        (Some(cell), Value::Bool(truth)) => cell == truth.to_string(),
        (Some(cell), Value::Number(number)) => cell.parse().ok() == number.as_f64(),
        (Some(cell), Value::String(text)) => {
            let number = text.replace("INF", "inf").replace("NaN", "nan");
            cell == text || cell == number || Some(cell) == pattern::utc(text).as_deref()
        }
        _ => false,
    }
}

#[test]
fn declarations_that_are_wrong_do_not_compile() {
    let different = different();
    let cases = cases("declaration");
    assert_eq!(cases.len(), 10, "the cases are gone");
    for case in cases.iter().filter(|case| !different.cases.contains_key(&case.id)) {
        let declared = declared(case, &different);
        let environment = json!({ "environment": "dev", "results": "lake" });
        let files = objects(&case.id, "data.csv", &declared)
            .into_iter()
            .chain([("environments/dev.json".to_owned(), environment)])
            .map(|(path, value)| (path, value.to_string()));
        let compiled = compile(&snapshot(files.collect()), &|_| true);
        assert!(!compiled.diagnostics.is_empty(), "{} compiles", case.id);
    }
}
