//! Rows in a folder that steps are tried on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use assay_engine::{Cleansed, EngineError, FileNote};
use assay_polars::chain::Outline;
use assay_polars::cleanse::{Ground, cleanse};
use assay_polars::rows::{FILE, ROW, Rows};
use assay_polars::types::Column;
use assay_schemas::datatype::DataType;
use assay_schemas::id::ColumnName;
use assay_schemas::plan::{self, DatasetPlan, Function, Literal, Step, StepBody};
use polars::prelude::{
    AnyValue, DataFrame, Int64Chunked, IntoColumn as _, IntoLazy as _, LazyFrame,
    NewChunkedArray as _, PlRefPath, ScanArgsParquet, StringChunked,
};
use serde_json::json;
use tempfile::TempDir;

pub(super) fn name(text: &str) -> ColumnName {
    ColumnName::new(text).unwrap()
}

pub(super) fn column(text: &str) -> plan::Expr {
    plan::Expr::column(&name(text))
}

pub(super) fn text(value: &str) -> plan::Expr {
    plan::Expr::literal(Literal::Text(value.into()))
}

pub(super) fn integer(value: i64) -> plan::Expr {
    plan::Expr::literal(Literal::Integer(value))
}

pub(super) fn call(
    function: Function,
    arguments: impl IntoIterator<Item = plan::Expr>,
) -> plan::Expr {
    plan::Expr::call(function, arguments)
}

pub(super) fn step(id: &str, filter: Option<plan::Expr>, body: StepBody) -> Step {
    Step { step_id: id.into(), step_type: "t".into(), title: String::new(), filter, body }
}

pub(super) fn set(id: &str, target: &str, value: plan::Expr) -> Step {
    step(id, None, StepBody::Set { column: name(target), value })
}

pub(super) fn parse(target: &str, to: &str, reject_row: bool) -> Step {
    let to = DataType::parse(to).unwrap();
    let body = StepBody::Parse { column: name(target), to, format: None, reject_row };
    step(&format!("parse:{target}"), None, body)
}

/// Rows in a folder, with what is known of them.
pub(super) struct Bench {
    pub(super) folder: TempDir,
    pub(super) dataset: DatasetPlan,
    pub(super) rows: Rows,
    pub(super) text: bool,
    pub(super) notes: Vec<FileNote>,
}

impl Bench {
    /// Text of one file; an empty cell is null.
    pub(super) fn text(columns: &[(&str, &str)], rows: &[&[&str]]) -> Self {
        let cells = columns.iter().enumerate().map(|(place, (name, _))| {
            let cells = rows.iter().map(|row| Some(row[place]).filter(|cell| !cell.is_empty()));
            StringChunked::from_iter_options((*name).into(), cells).into_column()
        });
        let frame = DataFrame::new(rows.len(), cells.collect()).unwrap();
        Self::of(frame, columns, true)
    }

    /// Typed rows of one file.
    pub(super) fn typed(frame: DataFrame, columns: &[(&str, &str)]) -> Self {
        Self::of(frame, columns, false)
    }

    pub(super) fn of(mut frame: DataFrame, columns: &[(&str, &str)], text: bool) -> Self {
        let height = frame.height() as i64;
        let whole = |name: &str, values: Vec<i64>| Int64Chunked::from_vec(name.into(), values);
        frame.with_column(whole(ROW, (1..=height).collect()).into_column()).unwrap();
        frame.with_column(whole(FILE, (0..height).map(|_| 0).collect()).into_column()).unwrap();
        let fields: Vec<_> = columns
            .iter()
            .map(|(name, data_type)| {
                json!({ "name": name, "data_type": data_type, "optional": false, "redaction": "none" })
            })
            .collect();
        let dataset = json!({
            "dataset_contract_id": "main", "source": { "path": "main", "format": { "format": "parquet" } },
            "fields": fields, "primary_key": [], "steps": [], "checks": [],
        });
        let kept = |name: &&str, data_type: &str| Column {
            name: (*name).to_owned(),
            data_type: if text { Some(DataType::Text) } else { DataType::parse(data_type) },
        };
        let columns = columns.iter().map(|(name, data_type)| kept(name, data_type)).collect();
        Self {
            folder: TempDir::new().unwrap(),
            dataset: serde_json::from_value(dataset).unwrap(),
            rows: Rows { frame: frame.lazy(), columns },
            text,
            notes: vec![FileNote { name: "main".into(), ..FileNote::default() }],
        }
    }

    pub(super) fn steps(mut self, steps: Vec<Step>) -> Self {
        self.dataset.steps = steps;
        self
    }

    pub(super) fn with<T>(&self, run: impl FnOnce(Ground<'_>) -> T) -> T {
        let (missing, lookups, keys) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
        let outline = Outline {
            dataset: &self.dataset,
            columns: &self.rows.columns,
            text: self.text,
            several: self.notes.len() > 1,
            missing: &missing,
            lookups: &lookups,
            now: 0,
            keys: &keys,
        };
        run(Ground {
            outline,
            rows: &self.rows,
            count: None,
            files: (&[], &self.notes),
            lookups: &BTreeMap::new(),
            folder: self.folder.path(),
        })
    }

    pub(super) fn cleanse(&self) -> Result<(Cleansed, Rows), EngineError> {
        self.with(cleanse)
    }

    /// The rows that are left, as text, and what was done.
    pub(super) fn output(&self) -> (Vec<Vec<String>>, Cleansed) {
        let (cleansed, rows) = self.cleanse().unwrap();
        let sum = cleansed.rows_out + cleansed.rows_rejected + cleansed.rows_merged;
        assert_eq!(cleansed.rows_in, sum, "{cleansed:?}");
        let names: Vec<&str> = rows.columns.iter().map(|column| column.name.as_str()).collect();
        let found = rows.frame.collect().unwrap();
        let numbers: Vec<i64> =
            found.column(ROW).unwrap().i64().unwrap().iter().flatten().collect();
        assert_eq!(numbers, (1..=found.height() as i64).collect::<Vec<_>>());
        (texts(&found, &names), cleansed)
    }

    pub(super) fn files(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> =
            files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

pub(super) fn texts(found: &DataFrame, names: &[&str]) -> Vec<Vec<String>> {
    let text = |row: usize, name: &&str| match found.column(name).unwrap().get(row).unwrap() {
        AnyValue::Null => "-".to_owned(),
        AnyValue::String(text) => text.to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        other => other.to_string(),
    };
    (0..found.height()).map(|row| names.iter().map(|name| text(row, name)).collect()).collect()
}

pub(super) fn read(path: &Path) -> DataFrame {
    let path = PlRefPath::try_from_path(path).unwrap();
    LazyFrame::scan_parquet(path, ScanArgsParquet::default()).unwrap().collect().unwrap()
}
