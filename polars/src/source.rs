//! Staging: which columns the files have, and one lazy frame that reads them all.

mod convert;
mod csv;
mod held;
mod parquet;
mod partition;

use std::path::{Path, PathBuf};

use assay_engine::layout::{Layout, Missing};
use assay_engine::{EngineError, FileNote, Workspace};
use assay_schemas::plan::{DatasetPlan, Format, Table};
use polars::prelude::{
    DataType as Kept, Expr, IdxSize, Int64Chunked, IntoColumn as _, LazyFrame,
    NewChunkedArray as _, PlRefPath, UnionArgs, concat, lit,
};

use crate::rows::{Rows, fault};

/// The number of a row while it is read; no name that a file may have.
const INDEX: &str = "_assay_index";

/// A staged dataset: how to read it, not yet read.
#[derive(Clone)]
pub struct Source {
    /// The declared columns that are there and the hidden ones; every declared column where it is optional.
    pub rows: Rows,
    /// The files, in order; none where the rows came with the plan.
    pub files: Vec<PathBuf>,
    /// What is known of them beyond that, in the same order.
    pub notes: Vec<FileNote>,
    /// The columns of the files as found, name and type: one entry for each different layout, with its
    /// first file.
    pub layouts: Vec<Layout>,
    /// Rows, where they are known without reading; of text files those that staging counted.
    pub count: Option<u64>,
    /// The files are text: every cell is still as it was written.
    pub text: bool,
    /// Declared columns that a file lacks.
    pub missing: Missing,
}

/// Looks at the files and makes the frame that reads them.
///
/// # Errors
/// A file is missing, is not what its name says, lacks every declared column or cannot be read; or Polars
/// would not read it exactly as the plan means.
pub fn stage(
    dataset: &DatasetPlan,
    files: &[PathBuf],
    workspace: &Workspace,
) -> Result<Source, EngineError> {
    if files.is_empty() {
        return Err(EngineError::Data(format!(
            "dataset {}: there is no file to read",
            dataset.dataset_contract_id
        )));
    }
    let notes = workspace.notes_of(files);
    let names: Vec<String> = notes.iter().map(|note| note.name.clone()).collect();
    let mut source = partition::stage(dataset, files, &names)?;
    source.notes = notes;
    // What an engine wrote beside the columns of a dataset is no column of it.
    for layout in &mut source.layouts {
        layout.columns.retain(|(name, _)| !name.starts_with("_assay_"));
    }
    Ok(source)
}

/// Makes the frame of what the files themselves hold.
fn staged(dataset: &DatasetPlan, files: &[PathBuf]) -> Result<Source, EngineError> {
    match &dataset.source.format {
        Format::Csv(dialect) => csv::stage(dataset, dialect, files),
        Format::Parquet => parquet::stage(dataset, files),
        other => Err(EngineError::Internal(format!(
            "{} is transcoded before an engine sees it",
            other.name()
        ))),
    }
}

/// Makes a frame of rows that come with a plan.
///
/// # Errors
/// The rows lack a declared column, or a cell is not of its type.
pub fn hold(dataset: &DatasetPlan, table: &Table) -> Result<Source, EngineError> {
    held::stage(dataset, table)
}

/// The file of each row of some files, counted from 0 over all: `first` files and `before` rows come before,
/// and the files have so many rows.
fn file_of(row: Expr, first: usize, before: u64, counts: &[u64]) -> Expr {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let first = number(first as u64);
    if counts.len() == 1 {
        return lit(first).cast(Kept::Int64);
    }
    // The last row of each file.
    let mut ends = Vec::with_capacity(counts.len());
    let mut end = before;
    for count in counts {
        end += count;
        ends.push(number(end));
    }
    convert::mapped(row, Kept::Int64, move |rows| {
        let file = |row: i64| first + ends.partition_point(|end| *end < row) as i64;
        let files = rows.i64()?.iter().map(|row| row.map(file));
        Ok(Int64Chunked::from_iter_options(rows.name().clone(), files).into_column())
    })
}

/// Frames of the same columns one after the other.
fn joined(mut frames: Vec<LazyFrame>) -> Result<LazyFrame, EngineError> {
    match frames.len() {
        1 => Ok(frames.remove(0)),
        _ => concat(frames, UnionArgs::default()).map_err(fault),
    }
}

/// Whether Polars can count so many rows.
fn countable(rows: u64) -> Result<(), EngineError> {
    match rows < u64::from(IdxSize::MAX) {
        true => Ok(()),
        false => Err(EngineError::Beyond(format!("{rows} rows are more than Polars counts"))),
    }
}

/// A path as Polars takes it.
///
/// # Errors
/// It is not Unicode, or the current folder is gone.
fn path_of(path: &Path) -> Result<PlRefPath, EngineError> {
    let absolute = std::path::absolute(path).map_err(|error| {
        EngineError::Resource(format!("{}: cannot be made absolute: {error}", path.display()))
    })?;
    PlRefPath::try_from_path(&absolute)
        .map_err(|_| EngineError::Data(format!("{}: the path is not Unicode", path.display())))
}
