//! Engine cases: rows in, measurements and verdicts out, the same on every engine. See
//! `tests/engines/README.md`.

pub(crate) mod data;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assay_compiler::compile::compile;
use assay_compiler::source;
use assay_compiler::store::InMemory;
use assay_executor::engine::{Chosen, Earlier, Engine as _, Request, Workspace};
use assay_executor::files::{self, Known};
use assay_executor::history::{self, Past};
use assay_executor::input::Digests;
use assay_schemas::bundle::Reader;
use assay_schemas::library::infra_profile::EngineName;
use assay_schemas::plan::{Body, Check, DatasetPlan, JobPlan, Measure, Metric, Point};
use assay_schemas::verdict::Measurement;
use assay_testkit::{root, snapshot};
use serde_json::{Value, json};
use tempfile::TempDir;

/// 2024-01-10T00:00:00Z in microseconds.
const NOW: i64 = 1_704_844_800_000_000;

/// The engines that every case is run on.
pub(crate) const ENGINES: [EngineName; 2] = [EngineName::Duckdb, EngineName::Polars];

/// Name and content of every case of the files in a folder.
fn cases(folder: &str) -> Vec<(String, Value)> {
    let mut files: Vec<PathBuf> = fs::read_dir(root().join(folder))
        .expect("the cases are listed")
        .map(|entry| entry.expect("the cases are listed").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for path in files {
        let stem = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        let reading =
            source::read(&path.to_string_lossy(), &fs::read(&path).expect("the case is read"));
        assert!(reading.problems.is_empty(), "{}: {:?}", path.display(), reading.problems);
        for case in list(&reading.objects[0].to_value()["cases"]) {
            cases.push((format!("{stem}: {}", text(&case["name"])), case.clone()));
        }
    }
    cases
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The other datasets of a case: `other`, or several `others`.
fn others(case: &Value) -> Vec<&Value> {
    let one = Some(&case["other"]).filter(|other| other.is_object());
    one.into_iter().chain(list(&case["others"])).collect()
}

/// The plan of a case: a library around its rule or steps, compiled.
pub(crate) fn plan(case: &Value) -> Result<JobPlan, String> {
    let columns = if case["declared"].is_null() { &case["columns"] } else { &case["declared"] };
    let format = if case["text"] == true { "csv" } else { "parquet" };
    let mut schema = json!({ "schema_id": "main", "columns": columns });
    if let Some(policy) = case["on_parse_error"].as_str() {
        schema["on_parse_error"] = policy.into();
    }
    let mut datasets = vec![json!({
        "dataset_contract_id": "main", "schema": { "schema_id": "main" },
        "source": { "format": format, "path": "main" }, "rule_sets": [{ "rule_set_id": "rules" }],
        "cleansing_policy": { "cleansing_policy_id": "policy" },
    })];
    let mut schemas = vec![schema];
    for (index, other) in others(case).into_iter().enumerate() {
        let id = &other["dataset"];
        let name = format!("other_{index}");
        schemas.push(json!({ "schema_id": name, "columns": other["columns"] }));
        datasets.push(json!({
            "dataset_contract_id": id, "schema": { "schema_id": name },
            "source": { "format": "parquet", "path": name },
        }));
    }
    schemas.extend(list(&case["taxonomies"]).iter().cloned());
    let always =
        json!({ "rule_id": "always", "rule_type": "row_count", "parameters": { "min": 0 } });
    let rule = if case["rule"].is_null() { always } else { case["rule"].clone() };
    let steps = if case["steps"].is_null() { json!([]) } else { case["steps"].clone() };
    let files = [
        ("environments/dev.json", json!({ "environment": "dev", "results": "lake" })),
        ("libraries/schemas/all.json", Value::Array(schemas)),
        (
            "libraries/rules/rules.json",
            json!([
                { "rule_set_id": "rules", "rules": [rule] },
                { "cleansing_policy_id": "policy", "steps": steps },
            ]),
        ),
        ("libraries/contracts/all.json", json!({ "contract_id": "c", "datasets": datasets })),
        (
            "libraries/jobs/all.json",
            json!({
                "job_definition_id": "job", "data_contract": { "contract_id": "c", "dataset_contract_id": "main" },
                "stages": { "profile": false },
            }),
        ),
    ];
    let files = files.map(|(path, value)| (path.to_owned(), value.to_string()));
    let compiled = compile(&snapshot(files.to_vec()), &|_| true);
    let Some(bundle) = compiled.bundles.values().next() else {
        return Err(format!("does not compile: {:#?}", compiled.diagnostics));
    };
    let reader = Reader::open(InMemory(&bundle.files)).map_err(|error| error.to_string())?;
    let found = reader.find_anywhere("plan", "job", None).map_err(|error| error.to_string())?;
    let (section, entry) = found.first().ok_or("no plan")?;
    reader.record(section, entry).map_err(|error| error.to_string())
}

/// A staged and cleansed case.
struct Run {
    plan: JobPlan,
    engine: Chosen,
    cleansed: assay_executor::engine::Cleansed,
    folder: TempDir,
    files: Vec<PathBuf>,
    now: i64,
}

impl Run {
    /// Why another engine than the one that was asked for has computed it; files by their names alone.
    fn handed(&self) -> Handed {
        let folder = format!("{}/", self.folder.path().display());
        Some(self.engine.why()?.replace(&folder, ""))
    }
}

fn run(case: &Value, engine: EngineName) -> Result<Run, String> {
    let plan = plan(case)?;
    let folder = TempDir::new().map_err(|error| error.to_string())?;
    let main = if case["text"] == true {
        data::write_csv(folder.path(), case)
    } else {
        data::write_parquet(folder.path(), "main", &case["columns"], &case["rows"])
    };
    let mut files = vec![main.clone()];
    for lookup in &plan.lookups {
        let id = lookup.dataset_contract_id.as_str();
        let other = others(case).into_iter().find(|other| text(&other["dataset"]) == id);
        let other = other.ok_or_else(|| format!("the case has no dataset `{id}`"))?;
        files.push(data::write_parquet(folder.path(), id, &other["columns"], &other["rows"]));
    }
    let now = case["now"].as_str().map_or(NOW, data::microseconds);
    let workspace = Workspace {
        folder: folder.path().join("work"),
        memory_limit: None,
        threads: Some(1),
        now,
        columns: 0,
        notes: BTreeMap::new(),
    };
    let fault = |error: assay_executor::engine::EngineError| error.to_string();
    let datasets: Vec<&DatasetPlan> = [&plan.dataset].into_iter().chain(&plan.lookups).collect();
    let mut engine = Chosen::open(engine, &datasets, &workspace, &files).map_err(fault)?;
    for (lookup, file) in plan.lookups.iter().zip(&files[1..]) {
        engine.stage(lookup, std::slice::from_ref(file)).map_err(fault)?;
    }
    let judged = vec![main];
    engine.stage(&plan.dataset, &judged).map_err(fault)?;
    let cleansed = engine.cleanse(&plan.dataset).map_err(fault)?;
    Ok(Run { plan, engine, cleansed, folder, files: judged, now })
}

/// What earlier runs found, as a case says.
fn earlier(case: &Value) -> Earlier {
    let earlier = &case["earlier"];
    let pair = |pair: &Value| (text(&pair[0]).to_owned(), text(&pair[1]).to_owned());
    let columns = earlier["columns"].as_array();
    Earlier {
        columns: columns.map(|columns| columns.iter().map(pair).collect()),
        digests: list(&earlier["digests"]).iter().map(pair).collect(),
    }
}

/// What the engine says to the one check of a case.
pub(crate) struct Answer {
    /// Name of the verdict.
    pub(crate) verdict: &'static str,
    pub(crate) measurement: Measurement,
    /// All violating rows from 1, in order.
    pub(crate) rows: Vec<u64>,
    /// Keys of the segments that do not hold.
    pub(crate) segments: Vec<Value>,
    /// Why another engine than the one that was asked for has computed it.
    pub(crate) handed: Option<String>,
}

/// Earlier values of the figures of a case: of its own, and of `row_count`; one in a list of its own was
/// flagged.
fn past(case: &Value, checks: &[Check]) -> Past {
    let mut past = Past::new();
    let point = |value: &Value| match value.as_array().and_then(|flagged| flagged.first()) {
        Some(value) => Point { value: value.as_f64().unwrap_or(f64::NAN), anomalous: true },
        None => Point { value: value.as_f64().unwrap_or(f64::NAN), anomalous: false },
    };
    let points = |values: &Value| list(values).iter().map(point).collect();
    for check in checks {
        let filter = check.filter.as_ref();
        let rows = Measure::Metric { metric: Metric::rows() };
        past.insert(history::series(&rows, filter), points(&case["past_rows"]));
        if let Body::Metric { measure, .. } = &check.body {
            past.insert(history::series(measure, filter), points(&case["past"]));
        }
    }
    past
}

/// Compiles and runs a case of one rule.
pub(crate) fn answer(case: &Value, engine: EngineName) -> Result<Answer, String> {
    let mut run = run(case, engine)?;
    let dataset = &run.plan.dataset;
    let fault = |error: assay_executor::engine::EngineError| error.to_string();
    let earlier = earlier(case);
    let request = Request { earlier: earlier.clone(), ..Request::default() };
    let mut measured = run.engine.measure(dataset, &request).map_err(fault)?;
    let read = Digests::start(&run.files).and_then(Digests::finish).map_err(fault)?;
    let names: Vec<_> = run.files.iter().map(|file| file.display().to_string()).collect();
    let known =
        Known { files: &run.files, names: &names, read: &read, earlier: &earlier, now: run.now };
    files::measure(dataset, known, &mut measured);
    history::settle(&dataset.checks, &mut measured, &Ok(past(case, &dataset.checks)));
    let rows = run.engine.violations(dataset, &measured, 10_000).map_err(fault)?;
    let [check] = dataset.checks.as_slice() else {
        return Err(format!("{} checks", dataset.checks.len()));
    };
    let mut rows: Vec<_> = rows.iter().map(|row| row.row).collect();
    rows.sort_unstable();
    let measurement = measured.checks.remove(&check.check_id).ok_or("nothing was measured")?;
    let verdict = measurement.judge(check).name();
    let segments: Vec<_> = match &measurement {
        Measurement::Segments { parts, .. } => {
            let bad = |verdict: &str| !matches!(verdict, "pass" | "not_evaluated");
            let parts = parts.iter().filter(|part| bad(part.measurement.judge(check).name()));
            parts
                .map(|part| json!(part.key.iter().map(|(_, value)| value).collect::<Vec<_>>()))
                .collect()
        }
        _ => Vec::new(),
    };
    let handed = run.handed();
    Ok(Answer { verdict, measurement: measurement.worst_segments(check), rows, segments, handed })
}

fn rule_case(case: &Value, engine: EngineName) -> Result<Handed, String> {
    let Answer { verdict, measurement, rows, segments: worst, handed } = answer(case, engine)?;
    let expect = &case["expect"];
    let same = verdict == text(&expect["verdict"])
        && match &measurement {
            Measurement::Rows { evaluated, violations } => {
                let wanted: Vec<_> =
                    list(&expect["rows"]).iter().filter_map(Value::as_u64).collect();
                (Some(*evaluated), Some(*violations))
                    == (expect["evaluated"].as_u64(), expect["violations"].as_u64())
                    && rows == wanted
            }
            Measurement::Difference { evaluated, only_here, only_there, changed, columns } => {
                let found = json!({
                    "verdict": verdict, "evaluated": evaluated, "only_here": only_here,
                    "only_there": only_there, "changed": changed, "columns": columns, "rows": rows,
                });
                found == *expect
            }
            Measurement::Figure { value, .. } => close(*value, &expect["value"]),
            Measurement::Segments { segments, failing, .. } => {
                let wanted: Vec<_> =
                    list(&expect["rows"]).iter().filter_map(Value::as_u64).collect();
                (Some(*segments), Some(*failing))
                    == (expect["segments"].as_u64(), expect["failing"].as_u64())
                    && rows == wanted
                    && worst == list(&expect["worst"])
            }
            Measurement::Faults { faults } => {
                expect["faults"].is_null() || json!(faults) == expect["faults"]
            }
            Measurement::Broken { .. } => verdict == "error",
        };
    match same {
        true => Ok(handed),
        false => {
            Err(format!("expected {expect}\n    found {verdict} {measurement:?} rows {rows:?}"))
        }
    }
}

/// Whether a figure is the expected one, within a relative 1e-12.
fn close(value: Option<f64>, expected: &Value) -> bool {
    let expected = match expected {
        Value::Null => return value.is_none(),
        Value::String(text) => text.parse().unwrap_or(f64::NAN),
        number => number.as_f64().unwrap_or(f64::NAN),
    };
    value.is_some_and(|value| {
        value.to_bits() == expected.to_bits()
            || (value - expected).abs() <= 1e-12 * expected.abs().max(value.abs())
            || (value.is_nan() && expected.is_nan())
    })
}

fn step_case(case: &Value, engine: EngineName) -> Result<Handed, String> {
    let run = run(case, engine)?;
    let expect = &case["expect"];
    let cleansed = &run.cleansed;
    let columns = if expect["columns"].is_null() { &case["columns"] } else { &expect["columns"] };
    let rows = match &cleansed.output {
        Some(path) => data::read_rows(path, columns),
        None => data::normal(columns, &case["rows"]),
    };
    let found = run.plan.dataset.fields.iter().map(|field| json!(field.name.as_str()));
    let names: Vec<_> = list(columns).iter().map(|column| column["name"].clone()).collect();
    if found.collect::<Vec<_>>() != names {
        return Err(format!("the columns are {:?}", run.plan.dataset.fields));
    }
    let wanted = data::normal(columns, &expect["rows"]);
    if rows != wanted {
        return Err(format!("rows are\n      {rows:?}\n    expected\n      {wanted:?}"));
    }
    let counts = (cleansed.rows_rejected, cleansed.rows_merged);
    let wanted = (expect["rejected"].as_u64().unwrap_or(0), expect["merged"].as_u64().unwrap_or(0));
    if counts != wanted {
        return Err(format!("rejected and merged are {counts:?}, expected {wanted:?}"));
    }
    if cleansed.rows_in != cleansed.rows_out + cleansed.rows_rejected + cleansed.rows_merged {
        return Err(format!("rows do not add up: {cleansed:?}"));
    }
    let mut changed = serde_json::to_value(&cleansed.changed).map_err(|error| error.to_string())?;
    data::drop_zeros(&mut changed);
    if changed != expect["changed"] {
        return Err(format!("changed is {changed}, expected {}", expect["changed"]));
    }
    let rejects = cleansed.rejects.as_deref().map_or_else(Vec::new, data::read_rejects);
    let wanted: Vec<_> = list(&expect["rejects"]).to_vec();
    if rejects != wanted {
        return Err(format!("rejects are {rejects:?}, expected {wanted:?}"));
    }
    Ok(run.handed())
}

/// Why the engine that was asked for did not compute a case, if so.
type Handed = Option<String>;

#[track_caller]
fn all(folder: &str, run: impl Fn(&Value, EngineName) -> Result<Handed, String>) {
    let cases = cases(folder);
    assert!(Path::new(folder).is_relative() && cases.len() > 10, "the cases are gone");
    let mut faults = Vec::new();
    for engine in ENGINES {
        let mut handed = BTreeMap::new();
        for (name, case) in &cases {
            match run(case, engine) {
                Ok(None) => {}
                Ok(Some(why)) => {
                    handed.insert(name, why);
                }
                Err(fault) => faults.push(format!("{}: {name}\n    {fault}", engine.name())),
            }
        }
        println!("{folder} on {}: {} cases", engine.name(), cases.len());
        if engine == EngineName::Duckdb {
            assert!(handed.is_empty(), "{handed:?}");
            continue;
        }
        // What an engine cannot do is listed, so that it is seen where that becomes more.
        let list: Vec<_> = handed.iter().map(|(name, why)| format!("{name}: {why}")).collect();
        let title = format!("{}_of_{}", engine.name(), folder.replace('/', "_"));
        insta::assert_snapshot!(title, list.join("\n"));
    }
    println!("{folder}: {} wrong", faults.len());
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn rules_measure_and_judge_as_their_cases_say() {
    all("tests/engines", rule_case);
}

#[test]
fn steps_cleanse_as_their_cases_say() {
    all("tests/engines/steps", step_case);
}
