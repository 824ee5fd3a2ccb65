//! Staging of Parquet files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use assay_schemas::datatype::DataType;
use assay_schemas::plan::DatasetPlan;

use super::connection::{Session, absolute, as_count, as_text, fault, list};
use super::source::{FILE, ROW, Source};
use super::types::{self, Column};
use super::{source, sql};
use crate::engine::EngineError;
use crate::engine::file;
use crate::engine::layout::{self, Layout, Missing};

/// Reads the footers and makes the query.
pub(super) fn stage(
    session: &Session,
    dataset: &DatasetPlan,
    files: &[PathBuf],
) -> Result<Source, EngineError> {
    for file in files {
        file::parquet::inspect(file)?;
    }
    let mut layouts = Vec::new();
    let mut missing = Missing::default();
    for file in first_of_each_layout(session, files)? {
        let query = format!("SELECT * FROM {}", scan(std::slice::from_ref(&file), false)?);
        let columns =
            session.describe(&query).map_err(|error| source::unreadable(&file, &error))?;
        let layout = Layout { file, columns };
        missing.add(layout::check_columns(dataset, &layout)?);
        layouts.push(layout);
    }
    let layouts = layout::distinct(&layouts);
    let by_name = layouts.len() > 1;
    let scan = scan(files, by_name)?;
    // Files of different layouts are read by name; what types they then have, DuckDB decides.
    let found = match layouts.as_slice() {
        [only] => only.columns.clone(),
        _ => session.describe(&format!("SELECT * FROM {scan}")).map_err(|error| fault(&error))?,
    };
    let whole = Layout { file: files.first().cloned().unwrap_or_default(), columns: found };
    let counts = row_counts(session, files)?;
    let mut columns = Vec::new();
    let mut selected = Vec::new();
    for (name, field) in layout::wanted(dataset, &whole, &missing) {
        let position = whole.columns.iter().find(|(found, _)| *found == name);
        let (value, data_type) = match position {
            Some((_, found)) => source::widened(&sql::identifier(&name), found, field.as_ref()),
            None => {
                let absent = field.as_ref().map_or(DataType::Text, |field| field.data_type);
                (format!("CAST(NULL AS {})", types::name(absent)), Some(absent))
            }
        };
        selected.push(source::aliased(&value, &name));
        columns.push(Column { name, data_type });
    }
    // Of files of different layouts, DuckDB decides the types by all that it reads.
    let apart =
        (layouts.len() == 1).then(|| Apart { selected: selected.clone(), counts: counts.clone() });
    selected.push(format!("{} AS {ROW}", row_number(&starts(&counts))));
    selected.push(format!("file_index AS {FILE}"));
    Ok(Source {
        query: format!("SELECT {}\nFROM {scan}", selected.join(", ")),
        columns,
        files: files.to_vec(),
        notes: Vec::new(),
        layouts,
        rows: Some(counts.iter().sum()),
        apart,
        text: None,
        partitions: Vec::new(),
        missing,
    })
}

/// One file for each different layout, so that of a thousand equal files one is looked at.
fn first_of_each_layout(session: &Session, files: &[PathBuf]) -> Result<Vec<PathBuf>, EngineError> {
    if let [only] = files {
        return Ok(vec![only.clone()]);
    }
    let query = format!(
        "SELECT min(place)\nFROM (\n  SELECT list_position({list}, file_name) AS place, \
         string_agg(concat_ws('|', name, type, num_children, converted_type, scale, precision, \
         logical_type), ',' ORDER BY column_id) AS layout\n  FROM parquet_schema({list}) WHERE \
         column_id > 0 GROUP BY file_name\n)\nGROUP BY layout ORDER BY 1",
        list = list(files)?
    );
    match session.rows("layouts of the files", &query) {
        Ok(rows) => Ok(rows
            .iter()
            .filter_map(|row| usize::try_from(as_count(row.first()?)).ok())
            .filter_map(|place| files.get(place.checked_sub(1)?).cloned())
            .collect()),
        // Looking at each file alone tells which one is broken.
        Err(_) => Ok(files.to_vec()),
    }
}

/// The table function over the files.
fn scan(files: &[PathBuf], by_name: bool) -> Result<String, EngineError> {
    let by_name = if by_name { ", union_by_name = true" } else { "" };
    Ok(format!("read_parquet({}, hive_partitioning = false{by_name})", list(files)?))
}

/// Rows of each file, from the footers.
fn row_counts(session: &Session, files: &[PathBuf]) -> Result<Vec<u64>, EngineError> {
    let query = format!(
        "SELECT file_name, CAST(num_rows AS BIGINT) FROM parquet_file_metadata({})",
        list(files)?
    );
    let rows = session.rows("rows of the files", &query).map_err(|error| fault(&error))?;
    let mut counts = BTreeMap::new();
    for mut row in rows {
        let count = row.pop().map_or(0, |cell| as_count(&cell));
        if let Some(name) = row.pop().and_then(as_text) {
            counts.insert(name, count);
        }
    }
    files
        .iter()
        .map(|file| {
            let path = absolute(file)?;
            counts.get(&path).copied().ok_or_else(|| {
                EngineError::Internal(format!("{path}: the footer gives no number of rows"))
            })
        })
        .collect()
}

/// The rows before each file.
fn starts(counts: &[u64]) -> Vec<u64> {
    let before = counts.iter().scan(0, |before, count| {
        let start = *before;
        *before += count;
        Some(start)
    });
    before.collect()
}

/// The row of the dataset from 1, counted through the files; `starts` are the rows before each.
fn row_number(starts: &[u64]) -> String {
    match starts {
        [0] => "file_row_number + 1".into(),
        _ => format!("file_row_number + 1 + {}", of_file(starts)),
    }
}

/// The number that belongs to the file of a row.
fn of_file(numbers: &[u64]) -> String {
    let listed: Vec<String> = numbers.iter().map(u64::to_string).collect();
    format!(
        "list_extract(CAST([{}] AS BIGINT[]), CAST(file_index AS BIGINT) + 1)",
        listed.join(", ")
    )
}

/// How files of one layout are read apart from each other.
#[derive(Clone, Debug)]
pub(super) struct Apart {
    selected: Vec<String>,
    counts: Vec<u64>,
}

impl Apart {
    /// The query of some of the files, by their places among all; rows and files are counted as in all.
    pub(super) fn query(&self, files: &[PathBuf], some: &[usize]) -> Result<String, EngineError> {
        let starts = starts(&self.counts);
        let starts: Vec<u64> =
            some.iter().filter_map(|place| starts.get(*place).copied()).collect();
        let paths: Vec<PathBuf> =
            some.iter().filter_map(|place| files.get(*place).cloned()).collect();
        let places: Vec<u64> = some.iter().map(|place| *place as u64).collect();
        let mut selected = self.selected.clone();
        selected.push(format!("{} AS {ROW}", row_number(&starts)));
        selected.push(format!("{} AS {FILE}", of_file(&places)));
        Ok(format!("SELECT {}\nFROM {}", selected.join(", "), scan(&paths, false)?))
    }
}
