//! Files of others through whole jobs: what a contract declares of them is what a run keeps, cell by cell.
//! The files and their truth lie with the input crate.

use std::fs;
use std::path::{Path, PathBuf};

use assay_testkit::{Project, root};
use serde_json::{Value, json};

fn data(path: &str) -> PathBuf {
    root().join("input/tests/data").join(path)
}

/// A table and how it is read: the job, the file, its source and its columns, all of them text.
struct Table {
    job: String,
    file: PathBuf,
    source: Value,
    columns: Vec<String>,
}

/// A project with a job for each table.
fn project(tables: &[Table]) -> Project {
    let project = Project::new();
    project.write("environments/dev.json", r#"{ "environment": "dev", "results": "lake" }"#);
    for Table { job, file, source, columns } in tables {
        let name = format!("data/{job}/{}", file.file_name().expect("a name").to_string_lossy());
        project.write(&name, fs::read(file).expect("the file is read"));
        let columns: Vec<Value> =
            columns.iter().map(|name| json!({ "name": name, "data_type": "text" })).collect();
        let mut source = source.clone();
        source["path"] = name.into();
        let rule =
            json!({ "rule_id": "rows", "rule_type": "row_count", "parameters": { "min": 0 } });
        let objects = [
            ("schemas", json!({ "schema_id": job, "columns": columns })),
            ("rules", json!({ "rule_set_id": job, "rules": [rule] })),
            (
                "contracts",
                json!({ "contract_id": job, "datasets": [{ "dataset_contract_id": job,
                    "schema": { "schema_id": job }, "rule_sets": [{ "rule_set_id": job }],
                    "source": source }] }),
            ),
            (
                "jobs",
                json!({ "job_definition_id": job, "data_contract": { "contract_id": job },
                    "stages": { "profile": false } }),
            ),
        ];
        for (kind, object) in objects {
            project.write(&format!("libraries/{kind}/{job}.json"), object.to_string());
        }
    }
    project.seal("dev");
    project
}

/// The record of a run, and the rows that it kept.
fn rows(project: &Project, table: &Table, engine: &str) -> (Value, Vec<Vec<Option<String>>>) {
    let ran = project.assay(&["run", &table.job, "--engine", engine, "--format", "json"]);
    let record: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}"));
    let run = record["run_id"].as_str().expect("an id");
    let file = find(&project.path().join("lake"), run).unwrap_or_else(|| panic!("{record:#}"));
    let names: Vec<String> =
        table.columns.iter().map(|name| format!("\"{}\"", name.replace('"', "\"\""))).collect();
    let query = format!("SELECT {} FROM read_parquet('{}')", names.join(", "), file.display());
    let base = duckdb::Connection::open_in_memory().expect("a base");
    let mut statement = base.prepare(&query).expect("the rows are there");
    let rows = statement.query_map([], |row| (0..names.len()).map(|cell| row.get(cell)).collect());
    let rows = rows.and_then(Iterator::collect).expect("the rows are read");
    (record, rows)
}

/// The cleansed rows of a run.
fn find(folder: &Path, run: &str) -> Option<PathBuf> {
    fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        let ours = path.ends_with("cleansed.parquet") && path.to_string_lossy().contains(run);
        if path.is_dir() { find(&path, run) } else { Some(path).filter(|_| ours) }
    })
}

#[test]
fn text_of_every_form_is_kept_as_it_says() {
    let mut tables = Vec::new();
    for entry in fs::read_dir(data("csv-spectrum/csvs")).expect("the files are listed") {
        let file = entry.expect("a file").path();
        let job = file.file_stem().expect("a name").to_string_lossy().replace('_', "-");
        let head = fs::read_to_string(&file).expect("text");
        let head = head.lines().next().expect("a header");
        let columns = head.split(',').map(|name| name.trim_matches('"').to_owned()).collect();
        tables.push(Table { job, file, source: json!({ "format": "csv" }), columns });
    }
    assert_eq!(tables.len(), 11, "the cases are gone");
    let project = project(&tables);
    for table in &tables {
        let truth = data("csv-spectrum/json").join(table.file.file_name().expect("a name"));
        let truth = fs::read_to_string(truth.with_extension("json")).expect("the truth is read");
        let truth: Vec<Value> = serde_json::from_str(&truth).expect("the truth is JSON");
        let wanted: Vec<Vec<Option<String>>> = truth
            .iter()
            .map(|row| {
                let cell = |name: &String| row[name].as_str();
                table.columns.iter().map(|name| cell(name).map(str::to_owned)).collect()
            })
            .collect();
        for engine in ["duckdb", "polars"] {
            let (record, found) = rows(&project, table, engine);
            assert_eq!(found, wanted, "{} ({engine}): {record:#}", table.job);
        }
    }
}

/// The texts of a row that names columns; `None` where it does not.
fn names(cells: &Value) -> Option<Vec<String>> {
    let cells: Option<Vec<String>> =
        cells.as_array()?.iter().map(|cell| cell.as_str().map(str::to_owned)).collect();
    let cells = cells?;
    let apart: std::collections::BTreeSet<&String> = cells.iter().collect();
    (apart.len() == cells.len() && !cells.is_empty()).then_some(cells)
}

/// Sheets whose columns all have names of their own, in every format that they come in, with the rows below.
fn sheets() -> Vec<(Table, Vec<Value>)> {
    let lines = fs::read_to_string(data("excel/expected.jsonl")).expect("the truth is read");
    let mut sheets = Vec::new();
    for line in lines.lines() {
        let case: Value = serde_json::from_str(line).expect("the truth is JSON");
        let rows = case["rows"].as_array().expect("rows");
        let Some(at) = rows.iter().position(|cells| names(cells).is_some()) else { continue };
        let columns = names(&rows[at]).expect("names");
        let top: String = case["used_range"]
            .as_str()
            .expect("a range")
            .split(':')
            .next()
            .expect("a cell")
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        let top: usize = top.parse().expect("a row");
        let below: Vec<Value> = rows[at + 1..]
            .iter()
            .filter(|row| {
                row.as_array().is_some_and(|cells| cells.iter().any(|cell| !cell.is_null()))
            })
            .cloned()
            .collect();
        let also = case["also"].as_array().into_iter().flatten();
        for file in std::iter::once(&case["file"]).chain(also) {
            let source = json!({ "format": "excel",
                "excel": { "sheet": case["sheet"], "header_row": top + at } });
            let file = data("excel").join(file.as_str().expect("a name"));
            let job = format!("sheet-{}", sheets.len());
            sheets.push((Table { job, file, source, columns: columns.clone() }, below.clone()));
        }
    }
    sheets
}

/// Whether a cell of text says what the truth says. A midnight may be a day.
fn agrees(cell: Option<&str>, wanted: &Value) -> bool {
    match (cell, wanted) {
        (None, Value::Null) => true,
        (Some(text), Value::Bool(truth)) => text == truth.to_string(),
        (Some(text), Value::Number(number)) => text.parse().ok() == number.as_f64(),
        (cell, Value::String(text)) => cell == Some(text),
        (cell, Value::Object(one)) => match one.iter().next() {
            Some((kind, _)) if kind == "error" => cell.is_none(),
            Some((kind, seconds)) if kind == "duration_seconds" => cell.is_some_and(|text| {
                let parts = text.split(':').map(|part| part.parse::<f64>().unwrap_or(f64::NAN));
                Some(parts.fold(0.0, |sum, part| sum * 60.0 + part)) == seconds.as_f64()
            }),
            Some((_, moment)) => {
                let moment = moment.as_str().unwrap_or_default().replace('T', " ");
                cell == Some(&*moment) || cell == moment.strip_suffix(" 00:00:00")
            }
            None => false,
        },
        _ => false,
    }
}

#[test]
fn sheets_of_every_form_are_kept_as_they_say() {
    let sheets = sheets();
    let tables: Vec<Table> = sheets
        .iter()
        .map(|(table, _)| Table {
            job: table.job.clone(),
            file: table.file.clone(),
            source: table.source.clone(),
            columns: table.columns.clone(),
        })
        .collect();
    let project = project(&tables);
    let mut compared = 0;
    for (table, wanted) in &sheets {
        let (record, found) = rows(&project, table, "duckdb");
        let what = format!("{} {}", table.file.display(), table.source["excel"]);
        assert_eq!(found.len(), wanted.len(), "{what}: {record:#}");
        for (row, (cells, wanted)) in found.iter().zip(wanted).enumerate() {
            for (index, cell) in cells.iter().enumerate() {
                compared += 1;
                let wanted = &wanted[index];
                assert!(
                    agrees(cell.as_deref(), wanted),
                    "{what}, row {row}: {cell:?} is not {wanted}"
                );
            }
        }
    }
    println!("excel: {} sheets, {compared} cells through jobs", sheets.len());
    assert!(sheets.len() >= 20 && compared > 10_000, "{} sheets, {compared} cells", sheets.len());
}
