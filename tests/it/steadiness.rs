//! Properties of cleansing, over random rows and random policies, on every engine: rows add up, steps change
//! only what they claim and count it, and what is clean stays as it is.

use std::collections::BTreeMap;
use std::path::Path;

use assay_executor::engine::{Chosen, Cleansed, Engine as _, EngineError, Workspace};
use assay_schemas::library::infra_profile::EngineName;
use assay_schemas::plan::{CsvDialect, DatasetPlan, Format, Source, StepBody, Table, TableColumn};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::engines::{self, ENGINES, data};

/// Policies that are tried.
const CASES: u32 = 48;

/// Name and type of the columns.
const COLUMNS: [(&str, &str); 4] =
    [("t", "text"), ("u", "text"), ("i", "integer"), ("d", "decimal(10,2)")];

/// Steps of single rows that keep every row, each with the columns that it may change. Doing one twice is
/// doing it once.
const STEADY: &[(&str, &str, &[&str])] = &[
    ("trim", r#"{"columns": ["t"]}"#, &["t"]),
    ("collapse_whitespace", r#"{"columns": ["t", "u"]}"#, &["t", "u"]),
    ("change_case", r#"{"columns": ["u"], "to": "upper"}"#, &["u"]),
    ("change_case", r#"{"columns": ["t"], "to": "title"}"#, &["t"]),
    ("normalize_unicode", r#"{"columns": ["t"], "form": "nfc"}"#, &["t"]),
    ("strip_control", r#"{"columns": ["t", "u"]}"#, &["t", "u"]),
    ("null_tokens", r#"{"columns": ["t", "u"], "tokens": ["N/A", "-", ""]}"#, &["t", "u"]),
    ("map_values", r#"{"column": "t", "map": {"a": "b", "B": "b"}}"#, &["t"]),
    ("clamp", r#"{"column": "i", "min": -1, "max": 2}"#, &["i"]),
    ("round", r#"{"columns": ["d"], "digits": 1}"#, &["d"]),
    ("default", r#"{"column": "i", "value": 7}"#, &["i"]),
    ("impute", r#"{"columns": ["i"], "with": "median"}"#, &["i"]),
    ("impute", r#"{"columns": ["u"], "with": "mode", "by": ["t"]}"#, &["u"]),
    ("agree", r#"{"by": ["t"], "columns": ["u"]}"#, &["u"]),
];

/// Steps that take rows away; done twice they take no more.
const TAKING: &[(&str, &str)] = &[
    ("deduplicate", r#"{"columns": ["t", "i"]}"#),
    ("deduplicate", r#"{"columns": ["i"], "keep": "last"}"#),
    ("deduplicate", "{}"),
    ("reject_rows", r#"{"when": "i > 1", "reason": "too many"}"#),
    ("survive", r#"{"by": ["t"]}"#),
];

fn step(index: usize, kind: &str, parameters: &str) -> Value {
    let parameters: Value = serde_json::from_str(parameters).expect("parameters are JSON");
    json!({ "step_id": format!("s{index}"), "step_type": kind, "parameters": parameters })
}

fn dataset(steps: &[Value]) -> DatasetPlan {
    let columns: Vec<_> =
        COLUMNS.iter().map(|(name, kind)| json!({ "name": name, "data_type": kind })).collect();
    let case = json!({ "columns": columns, "rows": [], "steps": steps });
    let mut dataset = engines::plan(&case).expect("the plan compiles").dataset;
    dataset.source = Source::of(Format::Csv(CsvDialect::default()));
    dataset
}

type Rows = Vec<Vec<Option<String>>>;

fn rows() -> impl Strategy<Value = Rows> {
    let text = || {
        prop::option::of(select(vec![
            "", " ", "a", "A ", " b", "B", "N/A", "-", "a  b", "e\u{301}", "é", "ß", "\u{7}x",
            "o'neil", "日本",
        ]))
    };
    let number = prop::option::of(-3i64..6);
    let decimal = prop::option::of(-500i64..500);
    let row = (text(), text(), number, decimal).prop_map(|(t, u, i, d)| {
        let decimal = |cents: i64| {
            let sign = if cents < 0 { "-" } else { "" };
            format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
        };
        vec![t.map(str::to_owned), u.map(str::to_owned), i.map(|i| i.to_string()), d.map(decimal)]
    });
    prop::collection::vec(row, 0..12)
}

fn table(dataset: &DatasetPlan, rows: &Rows) -> Table {
    let columns = dataset.fields.iter();
    Table {
        columns: columns
            .map(|field| TableColumn { name: field.name.clone(), data_type: field.data_type })
            .collect(),
        rows: rows.clone(),
    }
}

/// Cleanses rows; gives what was done and what is left.
fn cleansed(
    plan: &DatasetPlan,
    rows: &Rows,
    engine: EngineName,
) -> Result<(Cleansed, Rows, usize), TestCaseError> {
    let fault = |error: EngineError| TestCaseError::fail(format!("{}: {error}", engine.name()));
    let folder = TempDir::new().expect("a folder");
    let workspace = Workspace {
        folder: folder.path().join("work"),
        memory_limit: None,
        threads: Some(1),
        now: 0,
        columns: 0,
        notes: BTreeMap::new(),
    };
    let mut chosen = Chosen::open(engine, &[plan], &workspace, &[]).map_err(fault)?;
    chosen.hold(plan, &table(plan, rows)).map_err(fault)?;
    let done = chosen.cleanse(plan).map_err(fault)?;
    let columns: Value =
        COLUMNS.iter().map(|(name, kind)| json!({ "name": name, "data_type": kind })).collect();
    let read = |path: &Path| data::read_rows(path, &columns);
    let left = done.output.as_deref().map_or_else(|| rows.clone(), read);
    let rejects = done.rejects.as_deref().map_or(0, |path| data::read_rejects(path).len());
    Ok((done, left, rejects))
}

fn tried<S: Strategy>(input: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        max_shrink_iters: 500,
        ..Config::default()
    };
    if let Err(error) = TestRunner::new(config).run(&input, test) {
        panic!("{error}");
    }
}

/// Cells of a column that were there and are other ones now.
fn differing(before: &Rows, after: &Rows, column: usize) -> u64 {
    let pairs = before.iter().zip(after);
    pairs.filter(|(old, new)| old[column].is_some() && old[column] != new[column]).count() as u64
}

#[test]
fn rows_add_up() {
    let kinds: Vec<(&str, &str)> = STEADY
        .iter()
        .map(|(kind, parameters, _)| (*kind, *parameters))
        .chain(TAKING.to_vec())
        .collect();
    let policy = prop::collection::vec(select(kinds), 1..6);
    tried((rows(), policy), |(rows, policy)| {
        let steps: Vec<_> =
            policy.iter().enumerate().map(|(index, (kind, p))| step(index, kind, p)).collect();
        let plan = dataset(&steps);
        let mut answers = Vec::new();
        for engine in ENGINES {
            let (done, left, rejects) = cleansed(&plan, &rows, engine)?;
            prop_assert_eq!(done.rows_in, rows.len() as u64);
            prop_assert_eq!(done.rows_in, done.rows_out + done.rows_rejected + done.rows_merged);
            prop_assert_eq!(done.rows_out, left.len() as u64);
            prop_assert_eq!(done.rows_rejected, rejects as u64);
            answers.push((left, done.changed, done.reasons, done.rows_merged));
        }
        prop_assert_eq!(&answers[0], &answers[1], "the engines differ");
        Ok(())
    });
}

#[test]
fn steps_change_what_they_claim_and_count_it() {
    tried((rows(), select(STEADY.to_vec())), |(rows, (kind, parameters, claimed))| {
        let plan = dataset(&[step(0, kind, parameters)]);
        for engine in ENGINES {
            let (done, left, _) = cleansed(&plan, &rows, engine)?;
            prop_assert_eq!(left.len(), rows.len());
            for (index, (name, _)) in COLUMNS.iter().enumerate() {
                let cells =
                    |rows: &Rows| -> Vec<_> { rows.iter().map(|row| row[index].clone()).collect() };
                if !claimed.contains(name) {
                    prop_assert_eq!(cells(&rows), cells(&left), "{} changed {}", kind, name);
                }
                let counted =
                    done.changed.values().filter_map(|columns| columns.get(*name)).sum::<u64>();
                let fills =
                    plan.steps.iter().any(|step| matches!(step.body, StepBody::Impute { .. }))
                        || kind == "default";
                if !fills {
                    prop_assert_eq!(
                        counted,
                        differing(&rows, &left, index),
                        "{} of {}",
                        name,
                        kind
                    );
                }
            }
        }
        Ok(())
    });
}

#[test]
fn what_is_clean_stays_as_it_is() {
    let kinds: Vec<(&str, &str)> = STEADY
        .iter()
        .map(|(kind, parameters, _)| (*kind, *parameters))
        .chain(TAKING.to_vec())
        .collect();
    tried((rows(), select(kinds)), |(rows, (kind, parameters))| {
        let plan = dataset(&[step(0, kind, parameters)]);
        for engine in ENGINES {
            let (_, once, _) = cleansed(&plan, &rows, engine)?;
            let (done, twice, _) = cleansed(&plan, &once, engine)?;
            prop_assert_eq!(&once, &twice, "{} on {}", kind, engine.name());
            let changed: u64 = done.changed.values().flat_map(BTreeMap::values).sum();
            prop_assert_eq!((changed, done.rows_rejected, done.rows_merged), (0, 0, 0));
        }
        Ok(())
    });
}
