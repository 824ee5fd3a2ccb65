//! Staging: which columns the files have, and one query that reads them all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_schemas::plan::{DatasetPlan, Field, Format};
use assay_schemas::problem::nearest;

use super::connection::{Session, fault};
use super::types::{self, Column};
use super::{csv, parquet, sql};
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
    /// Text files, which must be read once and only once.
    pub(super) text: Option<csv::Scans>,
    /// Declared columns that the query lacks because a file does.
    pub(super) missing: Missing,
}

/// Declared columns that files lack. Whatever reads one of them cannot be computed; all else can.
#[derive(Clone, Debug, Default)]
pub(super) struct Missing {
    /// Their names.
    names: Vec<String>,
    /// What is missing where, for people; a text for each file.
    said: Vec<String>,
}

impl Missing {
    /// Whether a column is missing.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|missing| missing == name)
    }

    /// What is missing, in words; `None` where nothing is.
    pub(super) fn words(&self) -> Option<String> {
        (!self.said.is_empty()).then(|| self.said.join("; "))
    }

    /// Takes note of what another file lacks.
    pub(super) fn add(&mut self, other: Self) {
        self.names.extend(other.names);
        // Of many files, a few tell enough.
        let room = 3_usize.saturating_sub(self.said.len());
        self.said.extend(other.said.into_iter().take(room));
    }
}

/// The columns of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// The first file with these columns.
    pub(super) file: PathBuf,
    /// Name and type in DuckDB's words; the type is empty for text files.
    pub(super) columns: Vec<(String, String)>,
}

/// Looks at the files and makes the query that reads them.
pub(super) fn stage(
    session: &Session,
    dataset: &DatasetPlan,
    files: &[PathBuf],
    number: usize,
) -> Result<Source, EngineError> {
    if files.is_empty() {
        return Err(EngineError::Data(format!(
            "dataset {}: there is no file to read",
            dataset.dataset_contract_id
        )));
    }
    match &dataset.source.format {
        Format::Csv(dialect) => csv::stage(session, dataset, dialect, files, number),
        Format::Parquet => parquet::stage(session, dataset, files),
        other => Err(EngineError::Internal(format!(
            "{} is transcoded before an engine sees it",
            other.name()
        ))),
    }
}

/// The columns to read: the declared ones that are not missing, or all where none is declared.
pub(super) fn wanted(
    dataset: &DatasetPlan,
    layout: &Layout,
    missing: &Missing,
) -> Vec<(String, Option<Field>)> {
    if dataset.read_fields().is_empty() {
        layout.columns.iter().map(|(name, _)| (name.clone(), None)).collect()
    } else {
        let there = |field: &&Field| !missing.has(field.name.as_str());
        let declared = dataset.read_fields().iter().filter(there);
        declared.map(|field| (field.name.as_str().to_owned(), Some(field.clone()))).collect()
    }
}

/// The declared columns that a file lacks.
///
/// # Errors
/// It has a declared column twice, or none at all.
pub(super) fn check_columns(
    dataset: &DatasetPlan,
    layout: &Layout,
) -> Result<Missing, EngineError> {
    let found: Vec<&str> = layout.columns.iter().map(|(name, _)| name.as_str()).collect();
    let file = layout.file.display();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    found.iter().for_each(|name| *counts.entry(name).or_default() += 1);
    let times = |name: &str| counts.get(name).copied().unwrap_or(0);
    if let Some(field) = dataset.read_fields().iter().find(|field| times(field.name.as_str()) > 1) {
        return Err(EngineError::Data(format!("{file}: the column `{}` occurs twice", field.name)));
    }
    let missing: Vec<&str> = dataset
        .read_fields()
        .iter()
        .filter(|field| !field.optional && times(field.name.as_str()) == 0)
        .map(|field| field.name.as_str())
        .collect();
    if missing.is_empty() {
        return Ok(Missing::default());
    }
    let named: Vec<String> = missing
        .iter()
        .map(|name| match near(name, &found) {
            Some(near) => format!("`{name}` (did you mean `{near}`?)"),
            None => format!("`{name}`"),
        })
        .collect();
    let word = if missing.len() == 1 { "the declared column" } else { "the declared columns" };
    let said =
        format!("{file}: {word} {} not found; the file has {}", named.join(", "), shown(&found));
    if missing.len() == dataset.read_fields().len() {
        return Err(EngineError::Data(said));
    }
    let names = missing.into_iter().map(str::to_owned).collect();
    Ok(Missing { names, said: vec![said] })
}

/// The found name that may be meant: the same but for case and blanks, or a slip of the pen.
fn near<'f>(name: &str, found: &[&'f str]) -> Option<&'f str> {
    let plain = |text: &str| text.trim().to_lowercase();
    let same = found.iter().copied().find(|found| plain(found) == plain(name));
    same.or_else(|| nearest(name, found.iter().copied()))
}

/// At most twenty names, quoted.
fn shown(names: &[&str]) -> String {
    let mut list: Vec<String> = names.iter().take(20).map(|name| format!("`{name}`")).collect();
    if names.len() > list.len() {
        list.push(format!("and {} more", names.len() - list.len()));
    }
    if list.is_empty() { "none".into() } else { list.join(", ") }
}

/// Different layouts among the files, each with its first file.
pub(super) fn distinct(layouts: &[Layout]) -> Vec<Layout> {
    let mut distinct: Vec<Layout> = Vec::new();
    for layout in layouts {
        if !distinct.iter().any(|known| known.columns == layout.columns) {
            distinct.push(layout.clone());
        }
    }
    distinct
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
