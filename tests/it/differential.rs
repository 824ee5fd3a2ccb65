//! The engine against an interpreter of the plan, written apart from it and slow on purpose, over random
//! small tables. What differs is shrunk to the least table and the least expression.

mod bodies;
mod functions;
mod generate;
mod interpreter;
mod value;

use assay_executor::engine::{Chosen, Engine as _, Request, Workspace};
use assay_schemas::library::infra_profile::EngineName;
use assay_schemas::plan::{
    Body, Check, CsvDialect, DatasetPlan, Expr, Format, Source, Table, TableColumn,
};
use assay_schemas::verdict::Measurement;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use tempfile::TempDir;

use crate::engines;
use value::{COLUMNS, Row};

/// Tables that are tried.
const CASES: u32 = 96;

/// The plan of a dataset with every column of the tables and one rule.
fn dataset() -> DatasetPlan {
    let columns: Vec<_> =
        COLUMNS.iter().map(|(name, kind)| json!({ "name": name, "data_type": kind })).collect();
    let rule = json!({ "rule_id": "r", "rule_type": "not_null", "column": "t" });
    let case = json!({ "columns": columns, "rows": [], "rule": rule });
    let mut dataset = engines::plan(&case).expect("the plan compiles").dataset;
    // The rows come with the plan, so there is no file whose metadata could prove anything.
    dataset.source = Source::of(Format::Csv(CsvDialect::default()));
    dataset
}

/// The rows as they come with a plan.
fn table(dataset: &DatasetPlan, rows: &[Row]) -> Table {
    let columns = dataset.fields.iter();
    Table {
        columns: columns
            .map(|field| TableColumn { name: field.name.clone(), data_type: field.data_type })
            .collect(),
        rows: rows.iter().map(|row| row.iter().map(value::Value::written).collect()).collect(),
    }
}

/// What the engine says to each check: its measurement and all violating rows.
fn asked(
    plan: &DatasetPlan,
    rows: &[Row],
    engine: EngineName,
) -> Result<Vec<(Measurement, Vec<u64>)>, String> {
    let fault = |error: assay_executor::engine::EngineError| error.to_string();
    let folder = TempDir::new().map_err(|error| error.to_string())?;
    let workspace = Workspace {
        folder: folder.path().join("work"),
        memory_limit: None,
        threads: Some(1),
        now: value::NOW,
        columns: 0,
        notes: std::collections::BTreeMap::new(),
    };
    let mut engine = Chosen::open(engine, &[plan], &workspace, &[]).map_err(fault)?;
    engine.hold(plan, &table(plan, rows)).map_err(fault)?;
    engine.cleanse(plan).map_err(fault)?;
    let measured = engine.measure(plan, &Request::default()).map_err(fault)?;
    let found = engine.violations(plan, &measured, 1000).map_err(fault)?;
    let of = |check: &Check| {
        let mut rows: Vec<_> =
            found.iter().filter(|row| row.check_id == check.check_id).map(|row| row.row).collect();
        rows.sort_unstable();
        Ok((measured.checks[&check.check_id].clone(), rows))
    };
    plan.checks.iter().map(of).collect()
}

/// A dataset with a check for each body, some rows filtered out before.
fn with_checks(base: &DatasetPlan, bodies: &[(Option<Expr>, Body)]) -> DatasetPlan {
    let mut plan = base.clone();
    let template = base.checks.first().cloned().expect("the dataset has a rule");
    plan.checks = bodies
        .iter()
        .enumerate()
        .map(|(index, (filter, body))| Check {
            check_id: format!("c{index}"),
            filter: filter.clone(),
            body: body.clone(),
            columns: Vec::new(),
            ..template.clone()
        })
        .collect();
    plan
}

#[test]
fn the_engine_computes_what_the_interpreter_does() {
    let base = dataset();
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        failure_persistence: None,
        max_shrink_iters: 2000,
        ..Config::default()
    });
    let input = (generate::rows(), prop::collection::vec(generate::check(), 1..8));
    let outcome = runner.run(&input, |(rows, bodies)| {
        let plan = with_checks(&base, &bodies);
        for engine in engines::ENGINES {
            let answers = asked(&plan, &rows, engine).map_err(TestCaseError::fail)?;
            for (check, (measurement, found)) in plan.checks.iter().zip(answers) {
                functions::overflowed();
                let (wanted, violating) = bodies::measure(check, &rows);
                // Which parts of a condition are computed for a row that others rule out is left to an
                // engine, so that a number beyond its type may break the check or not.
                let breaks = matches!(&measurement, Measurement::Broken { reason } if reason.contains("Out of Range"));
                if engine != EngineName::Duckdb && breaks && functions::overflowed() {
                    continue;
                }
                prop_assert_eq!(&measurement, &wanted, "{} {:#?}", engine.name(), check.body);
                prop_assert_eq!(&found, &violating, "{} {:#?}", engine.name(), check.body);
            }
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
