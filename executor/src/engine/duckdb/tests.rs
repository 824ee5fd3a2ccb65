//! What the engine promises, tried out on small data.

mod checks;
mod cleansing;
mod expressions;
mod figures;
mod staging;

use std::path::PathBuf;

use assay_schemas::datatype::DataType;
use assay_schemas::digest::Digest;
use assay_schemas::id::ColumnName;
use assay_schemas::plan::{
    Body, Check, CsvDialect, DatasetPlan, Empty, Expr, Field, Format, Function, Literal, Origin,
    ProfilePlan, Redaction, Source, Step, StepBody, Tolerance,
};
use assay_schemas::verdict::{Dimension, Measurement, Severity};
use tempfile::TempDir;

use super::DuckDb;
use crate::engine::{Cleansed, Engine as _, EngineError, Measured, Request, Workspace};

/// 2026-11-20 00:00:00 UTC.
const NOW: i64 = 1_795_132_800_000_000;

/// A folder with input files, and an engine that may read them.
struct Bench {
    folder: TempDir,
    files: Vec<PathBuf>,
}

impl Bench {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = files
            .iter()
            .map(|(name, bytes)| {
                let path = folder.path().join(name);
                std::fs::write(&path, bytes).unwrap();
                path
            })
            .collect();
        Self { folder, files }
    }

    fn csv(text: &str) -> Self {
        Self::new(&[("data.csv", text.as_bytes())])
    }

    /// Files made by queries, so that typed input needs no writer of its own.
    fn parquet(queries: &[&str]) -> Self {
        let mut bench = Self::new(&[]);
        let session = bench.engine_of(&[]).session;
        for (index, query) in queries.iter().enumerate() {
            let path = bench.folder.path().join("work").join(format!("{index}.parquet"));
            let text = format!("COPY ({query}) TO '{}' (FORMAT parquet)", path.display());
            session.run("input", &text).unwrap();
            bench.files.push(path);
        }
        bench
    }

    fn workspace(&self) -> Workspace {
        Workspace {
            folder: self.folder.path().join("work"),
            memory_limit: None,
            threads: None,
            now: NOW,
            columns: 0,
            notes: std::collections::BTreeMap::new(),
        }
    }

    fn engine_of(&self, files: &[PathBuf]) -> DuckDb {
        DuckDb::open(&self.workspace(), files).unwrap()
    }

    fn engine(&self) -> DuckDb {
        self.engine_of(&self.files)
    }

    fn cleanse(&self, dataset: &DatasetPlan) -> Result<(DuckDb, Cleansed), EngineError> {
        let mut engine = self.engine();
        engine.stage(dataset, &self.files)?;
        let cleansed = engine.cleanse(dataset)?;
        Ok((engine, cleansed))
    }

    fn measure(&self, dataset: &DatasetPlan, profile: Option<ProfilePlan>) -> (DuckDb, Measured) {
        let (mut engine, _) = self.cleanse(dataset).unwrap();
        let measured = engine.measure(dataset, &Request { profile, ..Request::default() }).unwrap();
        (engine, measured)
    }

    /// What the data lacks.
    fn missing(&self, dataset: &DatasetPlan) -> String {
        let (_, cleansed) = self.cleanse(dataset).unwrap();
        cleansed.missing.unwrap()
    }

    fn refusal(&self, dataset: &DatasetPlan) -> String {
        match self.cleanse(dataset) {
            Ok(_) => panic!("the data was taken"),
            Err(error) => error.to_string(),
        }
    }
}

/// All rows of a query as text.
fn rows(engine: &DuckDb, query: &str) -> Vec<Vec<Option<String>>> {
    let wrapped = format!("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ({query})");
    let rows = engine.session.rows("test", &wrapped).unwrap();
    rows.into_iter().map(|row| row.into_iter().map(super::connection::as_text).collect()).collect()
}

fn name(text: &str) -> ColumnName {
    ColumnName::new(text).unwrap()
}

fn column(text: &str) -> Expr {
    Expr::column(&name(text))
}

fn integer(value: i64) -> Expr {
    Expr::literal(Literal::Integer(value))
}

fn text(value: &str) -> Expr {
    Expr::literal(Literal::Text(value.into()))
}

fn call<const N: usize>(function: Function, arguments: [Expr; N]) -> Expr {
    Expr::call(function, arguments)
}

fn field(field_name: &str, data_type: &str) -> Field {
    Field {
        name: name(field_name),
        data_type: DataType::parse(data_type).unwrap(),
        optional: false,
        catalog_attribute: None,
        classification: None,
        redaction: Redaction::None,
    }
}

fn dataset(fields: &[(&str, &str)], format: Format) -> DatasetPlan {
    DatasetPlan {
        dataset_contract_id: "data".into(),
        catalog_entity_id: None,
        source: Source::of(format),
        fields: fields.iter().map(|(name, data_type)| field(name, data_type)).collect(),
        primary_key: Vec::new(),
        reads: None,
        steps: Vec::new(),
        withheld: Vec::new(),
        change_log: false,
        profile: None,
        checks: Vec::new(),
    }
}

fn csv(fields: &[(&str, &str)]) -> DatasetPlan {
    dataset(fields, Format::Csv(CsvDialect::default()))
}

fn parquet(fields: &[(&str, &str)]) -> DatasetPlan {
    dataset(fields, Format::Parquet)
}

fn step(id: &str, filter: Option<Expr>, body: StepBody) -> Step {
    Step { step_id: id.into(), step_type: "test".into(), title: id.into(), filter, body }
}

fn check(id: &str, columns: &[&str], body: Body) -> Check {
    Check {
        check_id: id.into(),
        rule_type: "test".into(),
        title: id.into(),
        message: None,
        severity: Severity::Error,
        dimension: Dimension::Validity,
        columns: columns.iter().map(|column| name(column)).collect(),
        origin: Origin {
            kind: "t".into(),
            id: "t".into(),
            version: "1.0.0".into(),
            via: None,
            chain: Vec::new(),
        },
        digest: Digest::of_bytes(b""),
        filter: None,
        tolerance: Tolerance::default(),
        warn: None,
        segments: Vec::new(),
        empty: Empty::NotEvaluated,
        body,
    }
}

fn holds(id: &str, columns: &[&str], holds: Expr) -> Check {
    check(id, columns, Body::Rows { evaluated: None, holds })
}

fn unique(id: &str, columns: &[&str], nulls_equal: bool) -> Check {
    let key = columns.iter().map(|column| name(column)).collect();
    check(id, columns, Body::Unique { columns: key, nulls_equal })
}

fn judged(evaluated: u64, violations: u64) -> Measurement {
    Measurement::Rows { evaluated, violations }
}

fn some(cells: &[&str]) -> Vec<Option<String>> {
    cells.iter().map(|cell| Some((*cell).to_owned())).collect()
}
