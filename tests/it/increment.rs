//! Runs that read only new files come to what a run over all files comes to, on every engine and in every
//! format that differs in how it is read.

use assay_testkit::Project;
use duckdb::Connection;
use serde_json::{Value, json};

/// Rules that every file can be asked alone; each is broken by some row, or its figure lies outside.
const ALONE: &str = r"
  - { rule_id: there, rule_type: not_null, column: word, severity: warning }
  - { rule_id: range, rule_type: range, column: amount, parameters: { min: 0, max: 90 }, where: 'id > 2' }
  - { rule_id: form, rule_type: regex, column: word, parameters: { pattern: 'w[0-9]' } }
  - { rule_id: known, rule_type: reference, parameters: { columns: [zone], dataset: zones, other_columns: [zone] } }
  - { rule_id: rows, rule_type: row_count, parameters: { min: 100 } }
  - { rule_id: nulls, rule_type: null_ratio, column: word, parameters: { max: 0.01 } }
  - { rule_id: least, rule_type: min, column: real, parameters: { min: 0 } }
  - { rule_id: most, rule_type: max, column: amount, parameters: { max: mean + 1 } }
  - { rule_id: sum, rule_type: sum, column: id, parameters: { max: 0 } }
  - { rule_id: money, rule_type: sum, column: amount, parameters: { max: 0 } }
  - { rule_id: level, rule_type: mean, column: amount, parameters: { max: 0 } }
  - { rule_id: middle, rule_type: mean, column: id, parameters: { max: 0 }, where: 'amount > 3' }
  - { rule_id: length, rule_type: mean_length, column: word, parameters: { max: 1 } }
  - { rule_id: fresh, rule_type: freshness, column: at, parameters: { max_age: 1h } }
  - { rule_id: bins, rule_type: population_stability, column: amount, parameters: { max: 0.1, expected: { bins: [0, 10, 50], weights: [0.5, 0.5] } } }
";

/// Rules that only all rows together can tell.
const TOGETHER: &str = r"
  - { rule_id: once, rule_type: unique, parameters: { columns: [id] } }
  - { rule_id: spread, rule_type: standard_deviation, column: amount, parameters: { max: 1 } }
  - { rule_id: total, rule_type: sum, column: real, parameters: { max: 0 } }
  - { rule_id: median, rule_type: median, column: amount, parameters: { max: 1 } }
  - { rule_id: kinds, rule_type: distinct_count, column: word, parameters: { max: 1 } }
  - { rule_id: past, rule_type: not_in_future, column: at }
  - { rule_id: zones, rule_type: range, column: id, segments: [zone], parameters: { min: -1 } }
  - { rule_id: each, rule_type: max, column: amount, segments: [zone], parameters: { max: 1 } }
";

/// A project with a job over `in/*` in a format, by these rules.
fn project(format: &str, rules: &str) -> Project {
    let project = Project::new();
    project.write("environments/dev.yaml", "environment: dev\nresults: lake\n");
    project.write(
        "libraries/schemas/s.yaml",
        "schema_id: s\ncolumns:\n  - { name: id, data_type: integer }\n  - { name: at, data_type: timestamp }\n  \
         - { name: amount, data_type: 'decimal(9,2)' }\n  - { name: real, data_type: double }\n  \
         - { name: word, data_type: text, classification: pii }\n  - { name: zone, data_type: integer }\nprimary_key: [id]\n",
    );
    project.write(
        "libraries/schemas/zones.yaml",
        "schema_id: zones\ncolumns:\n  - { name: zone, data_type: integer }\n",
    );
    project.write("zones.csv", "zone\n0\n1\n2\n");
    project.write("libraries/rules/r.yaml", format!("rule_set_id: r\nrules:{rules}"));
    project.write(
        "libraries/contracts/c.yaml",
        format!(
            "contract_id: c\ndatasets:\n  - {{ dataset_contract_id: d, schema: {{ schema_id: s }}, source: {{ path: \
             'in/*.{format}', format: {format} }}, rule_sets: [{{ rule_set_id: r }}] }}\n  - {{ dataset_contract_id: zones, \
             schema: {{ schema_id: zones }}, source: {{ path: zones.csv, format: csv }} }}\n"
        ),
    );
    project.write(
        "libraries/jobs/j.yaml",
        "job_definition_id: j\ndata_contract: { contract_id: c, dataset_contract_id: d }\nstages: { profile: false }\n\
         violation_rows: 1000\nincremental: true\n",
    );
    project.commit("all of it");
    project.assayc(&["build", "--env", "dev"]).ends(0);
    project
}

/// Writes a day's file: rows from this id on.
fn day(project: &Project, format: &str, name: &str, (from, rows): (u32, u32)) {
    let folder = project.path().join("in");
    std::fs::create_dir_all(&folder).expect("a folder");
    let form = if format == "csv" { "FORMAT csv, HEADER" } else { "FORMAT parquet" };
    let sql = format!(
        "COPY (SELECT i::BIGINT AS id, TIMESTAMP '2024-01-01' + to_microseconds(i * 777777) AS at, \
         CAST(i % 97 + i / 100 - 1 AS DECIMAL(9,2)) AS amount, CASE WHEN i % 11 = 3 THEN 'nan'::DOUBLE ELSE i / 7 END AS real, \
         CASE WHEN i % 13 > 0 THEN 'w' || i % 12 END AS word, (i % 4)::BIGINT AS zone \
         FROM range({from}, {from} + {rows}) t(i)) TO '{}' ({form})",
        folder.join(format!("{name}.{format}")).display()
    );
    Connection::open_in_memory().and_then(|base| base.execute_batch(&sql)).expect("rows are made");
}

/// Runs the job and gives its record.
fn run(project: &Project, more: &[&str]) -> Value {
    let arguments: Vec<&str> =
        ["run", "j", "--format", "json"].into_iter().chain(more.iter().copied()).collect();
    let ran = project.assay(&arguments);
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}\n{}{}", ran.out, ran.err))
}

/// What a run says of the data: all but its own id, its times and how it came to it.
fn said(record: &Value) -> Value {
    let mut verdicts = record["verdicts"].clone();
    for verdict in verdicts.as_array_mut().expect("verdicts") {
        if verdict["check_id"] == "r/fresh" {
            // Two runs begin at two times.
            assert!(verdict["measurement"]["value"].as_f64() > Some(1e7), "{verdict:#}");
            for field in ["measurement", "message", "figures"] {
                verdict[field] = Value::Null;
            }
        }
    }
    let mut violations = record["violations"].as_array().expect("violations").clone();
    violations.sort_by_key(|found| (found["check_id"].to_string(), found["row"].as_u64()));
    json!({
        "verdicts": verdicts, "violations": violations, "rows": record["rows"], "outcome": record["outcome"],
        "rate": record["hard_failure_rate"], "score": record["scores"], "inputs": record["inputs"],
    })
}

/// How many files a run read, took from earlier runs, and how many checks it computed over all; or why it read
/// every file.
fn reading(record: &Value) -> Result<[usize; 3], String> {
    let audit = record["audit"].as_array().expect("events");
    let event = audit.iter().find(|event| event["event"] == "increment").expect("the event");
    let detail = &event["detail"];
    if let Some(why) = detail["why"].as_str() {
        return Err(why.to_owned());
    }
    let count = |part: &str| detail[part].as_array().map_or(0, Vec::len);
    Ok([count("read"), count("kept"), count("over_all")])
}

/// Holds a run that may read little against one that reads everything.
#[track_caller]
fn agree(project: &Project, engine: &str) -> Result<[usize; 3], String> {
    let few = run(project, &["--engine", engine]);
    let all = run(project, &["--engine", engine, "--whole", "--results", "other"]);
    assert_eq!(said(&few), said(&all), "{:#}", few["audit"]);
    let stages = |record: &Value| {
        let stages = record["stages"].as_array().expect("stages").clone();
        let cleanse = stages.into_iter().find(|stage| stage["stage"] == "cleanse").expect("it");
        (cleanse["rows_in"].clone(), cleanse["rows_rejected"].clone(), cleanse["detail"].clone())
    };
    assert_eq!(stages(&few), stages(&all));
    reading(&few)
}

#[test]
fn new_files_alone_are_read_and_the_verdicts_are_the_same() {
    for (format, engine) in
        [("parquet", "duckdb"), ("csv", "duckdb"), ("parquet", "polars"), ("csv", "polars")]
    {
        let project = project(format, ALONE);
        day(&project, format, "a", (0, 40));
        day(&project, format, "b", (40, 33));
        assert_eq!(agree(&project, engine), Ok([2, 0, 0]), "{format} {engine}");
        day(&project, format, "c", (73, 50));
        // A file without a row has nothing to say of most figures.
        day(&project, format, "d", (0, 0));
        assert_eq!(agree(&project, engine), Ok([2, 2, 0]), "{format} {engine}");
        assert_eq!(agree(&project, engine), Ok([0, 4, 0]), "{format} {engine}");
        // Other bytes under the same name are read, and a file that goes is forgotten.
        day(&project, format, "a", (200, 40));
        std::fs::remove_file(project.path().join(format!("in/b.{format}"))).expect("it goes");
        assert_eq!(agree(&project, engine), Ok([1, 2, 0]), "{format} {engine}");
        // A lookup is part of the question.
        project.write("zones.csv", "zone\n0\n1\n");
        assert_eq!(agree(&project, engine), Ok([3, 0, 0]), "{format} {engine}");
    }
}

#[test]
fn what_all_rows_must_tell_is_computed_over_all_files() {
    for engine in ["duckdb", "polars"] {
        let project = project("parquet", &format!("{ALONE}{TOGETHER}"));
        day(&project, "parquet", "a", (0, 40));
        day(&project, "parquet", "b", (40, 33));
        assert_eq!(agree(&project, engine), Ok([2, 0, 8]));
        day(&project, "parquet", "c", (73, 50));
        assert_eq!(agree(&project, engine), Ok([1, 2, 8]));
        let planned = project.assay(&["plan", "j", "--no-sql"]).ends(0);
        assert!(!planned.out.contains("files:"), "{}", planned.out);
        let planned = project.assay(&["plan", "j", "--engine", engine]).ends(0);
        planned.says("files: 0 of 3 are read").says("r/once: a key may stand in several files");
        planned.says("r/past: it depends on the time of the run");
        // Keys that stand twice break a hard rule: which of those rows break another, only all rows tell.
        day(&project, "parquet", "d", (100, 5));
        let why = agree(&project, engine).expect_err("every file is read");
        assert_eq!(why, "10 rows break `r/once`, which needs all rows");
    }
}

#[test]
fn where_a_plan_does_not_allow_it_every_file_is_read_and_the_reason_is_told() {
    let project = project("csv", &format!("{ALONE}{TOGETHER}"));
    day(&project, "csv", "a", (0, 40));
    let why = agree(&project, "duckdb").expect_err("every file is read");
    assert_eq!(why, "`r/once` needs all rows: a key may stand in several files");
    project.assay(&["run", "j"]).says("every file was read: `r/once` needs all rows");
    project.assay(&["plan", "j"]).says("files: every one is read: `r/once` needs all rows");
}

#[test]
fn a_file_that_has_been_hashed_is_not_read_for_its_digest_again() {
    let project = project("parquet", ALONE);
    day(&project, "parquet", "a", (0, 40));
    // Within the grain of the clock of the file system nothing is concluded from times.
    run(&project, &[]);
    let stamps = project.path().join("lake/parts/stamps");
    assert!(!stamps.exists());
    std::thread::sleep(std::time::Duration::from_millis(2200));
    run(&project, &[]);
    let names = || std::fs::read_dir(&stamps).map_or(0, Iterator::count);
    assert_eq!(names(), 1);
    assert_eq!(reading(&run(&project, &[])), Ok([0, 1, 0]));
    assert_eq!(names(), 1);
    // What is kept is believed only whole.
    for folder in std::fs::read_dir(project.path().join("lake/parts")).expect("parts") {
        let folder = folder.expect("a folder").path();
        if !folder.ends_with("stamps") {
            for part in std::fs::read_dir(folder).expect("a folder") {
                let part = part.expect("a part").path();
                let text = std::fs::read_to_string(&part)
                    .expect("text")
                    .replace("\"rows\":40", "\"rows\":41");
                std::fs::write(part, text).expect("it is written");
            }
        }
    }
    assert_eq!(reading(&run(&project, &[])), Ok([1, 0, 0]));
    assert_eq!(reading(&run(&project, &[])), Ok([0, 1, 0]));
}
