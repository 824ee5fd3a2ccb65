//! Staging: which columns the files have, and one query that reads them all.

use std::path::{Path, PathBuf};

use assay_schemas::id::ColumnName;
use assay_schemas::plan::{DatasetPlan, Field, Format};

use super::connection::{Session, fault};
use super::types::{self, Column};
use super::{csv, parquet, sql};
use crate::engine::layout::{Layout, Missing};
use crate::engine::{EngineError, FileNote};

/// Hidden column: the row of the dataset, from 1.
pub(super) const ROW: &str = "_assay_row";
/// Hidden column: the file, counted from 0 in the order of the files.
pub(super) const FILE: &str = "_assay_file";

/// A staged dataset: how to read it, not yet read.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// A query with the declared columns and the hidden ones.
    pub(super) query: String,
    /// The columns of the query, without the hidden ones.
    pub(super) columns: Vec<Column>,
    /// The files, in order.
    pub(super) files: Vec<PathBuf>,
    /// What is known of them beyond that, in the same order.
    pub(super) notes: Vec<FileNote>,
    /// The columns of the files as found, name and type: one entry for each different layout, with its
    /// first file.
    pub(super) layouts: Vec<Layout>,
    /// Rows, where they are known without reading.
    pub(super) rows: Option<u64>,
    /// How some of the files are read alone, where that can be.
    pub(super) apart: Option<parquet::Apart>,
    /// Text files, which must be read once and only once.
    pub(super) text: Option<csv::Scans>,
    /// Columns of the query whose values no file holds.
    pub(super) partitions: Vec<ColumnName>,
    /// Declared columns that the query lacks because a file does.
    pub(super) missing: Missing,
}

/// Where a dataset is staged.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) session: &'a Session,
    /// The dataset's number in the order of staging.
    pub(super) number: usize,
    /// For what is made of its files before they are read; it need not exist.
    pub(super) folder: &'a Path,
}

/// Looks at the files and makes the query that reads what they hold.
pub(super) fn stage(
    place: Place<'_>,
    dataset: &DatasetPlan,
    files: &[PathBuf],
) -> Result<Source, EngineError> {
    if files.is_empty() {
        return Err(EngineError::Data(format!(
            "dataset {}: there is no file to read",
            dataset.dataset_contract_id
        )));
    }
    match &dataset.source.format {
        Format::Csv(dialect) => csv::stage(place, dataset, dialect, files),
        Format::Parquet => parquet::stage(place.session, dataset, files),
        other => Err(EngineError::Internal(format!(
            "{} is transcoded before an engine sees it",
            other.name()
        ))),
    }
}

/// `found` read as the declared type where nothing can be lost by it, and the type it then has.
pub(super) fn widened(
    value: &str,
    found: &str,
    field: Option<&Field>,
) -> (String, Option<assay_schemas::datatype::DataType>) {
    let value = types::normal(value, found);
    match (types::read(found), field.map(|field| field.data_type)) {
        (Some(from), Some(to)) if from != to && types::widens(from, to) => {
            (format!("CAST({value} AS {})", types::name(to)), Some(to))
        }
        (None, Some(assay_schemas::datatype::DataType::Text)) => {
            (format!("CAST({value} AS VARCHAR)"), Some(assay_schemas::datatype::DataType::Text))
        }
        (from, _) => (value, from),
    }
}

/// A query's error with the query's own file named, where DuckDB does not.
pub(super) fn unreadable(file: &Path, error: &duckdb::Error) -> EngineError {
    match fault(error) {
        EngineError::Data(text) | EngineError::Internal(text) => {
            EngineError::Data(format!("{}: cannot be read: {text}", file.display()))
        }
        other => other,
    }
}

/// `column AS "name"`, without the alias where it would say nothing.
pub(super) fn aliased(value: &str, name: &str) -> String {
    let name = sql::identifier(name);
    if value == name { name } else { format!("{value} AS {name}") }
}
