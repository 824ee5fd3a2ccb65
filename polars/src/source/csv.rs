//! Staging of delimited text: every cell is read as text. A file is proven first to be one that Polars reads
//! cell by cell as the plan means it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::rows::col;
use assay_engine::EngineError;
use assay_engine::file::Packing;
use assay_engine::file::csv::{Head, head, inspect, name_columns};
use assay_engine::file::proof::{Marks, prove};
use assay_schemas::datatype::DataType;
use assay_schemas::plan::{CsvDialect, DatasetPlan};
use polars::io::RowIndex;
use polars::prelude::{
    CsvEncoding, DataType as Kept, Field as Named, IdxSize, LazyCsvReader, LazyFileListReader as _,
    LazyFrame, NULL, NullValues, Schema, lit,
};
use rayon::prelude::*;

use super::{INDEX, Source, countable, file_of, joined, path_of};
use crate::rows::{FILE, ROW, Rows, fault};
use crate::types::Column;
use assay_engine::layout::{Layout, Missing, check_columns, distinct, wanted};

/// Neighbours with the same first record, which one scan reads.
struct Group {
    files: Vec<PathBuf>,
    /// Rows of each file.
    counts: Vec<u64>,
    /// The names of the cells.
    names: Vec<String>,
    /// Files and rows before.
    first: usize,
    before: u64,
}

/// Reads the headers, proves the files and makes the frame.
pub(super) fn stage(
    dataset: &DatasetPlan,
    dialect: &CsvDialect,
    files: &[PathBuf],
) -> Result<Source, EngineError> {
    let marks = Marks::of(dialect);
    let mut groups: Vec<Group> = Vec::new();
    let mut layouts = Vec::new();
    let mut missing = Missing::default();
    let mut heads = Vec::with_capacity(files.len());
    for file in files {
        let mut names = names(dataset, file, dialect)?;
        name_columns(&mut names, dataset);
        let layout = Layout {
            file: file.clone(),
            columns: names.iter().map(|name| (name.clone(), String::new())).collect(),
        };
        missing.add(check_columns(dataset, &layout)?);
        layouts.push(layout);
        heads.push(names);
    }
    let refused = |what| EngineError::Beyond(format!("Polars does not read {what} as it is meant"));
    let marks = marks.map_err(refused)?;
    // There may be thousands of files. Of several that are not for Polars, the first is told.
    let counts: Vec<Result<u64, EngineError>> = files
        .par_iter()
        .zip(&heads)
        .map(|(file, names)| prove(file, dialect, marks, names.len(), |_| {}))
        .collect();
    let counts: Vec<u64> = counts.into_iter().collect::<Result<_, _>>()?;
    let mut rows = 0;
    for (index, ((file, count), names)) in files.iter().zip(counts).zip(heads).enumerate() {
        match groups.last_mut() {
            Some(group) if group.names == names => {
                group.files.push(file.clone());
                group.counts.push(count);
            }
            _ => groups.push(Group {
                files: vec![file.clone()],
                counts: vec![count],
                names,
                first: index,
                before: rows,
            }),
        }
        rows += count;
    }
    countable(rows)?;
    let layouts = distinct(&layouts);
    let Some(first) = layouts.first() else {
        return Err(EngineError::Data("there is no file to read".into()));
    };
    let names: Vec<String> =
        wanted(dataset, first, &missing).into_iter().map(|(name, _)| name).collect();
    if let Some(own) = names.iter().find(|name| [ROW, FILE].contains(&name.as_str())) {
        return Err(EngineError::Beyond(format!("the name `{own}` is the engine's own")));
    }
    let frames: Result<Vec<LazyFrame>, EngineError> =
        groups.iter().map(|group| group.frame(dialect, marks, &names)).collect();
    let column = |name| Column { name, data_type: Some(DataType::Text) };
    Ok(Source {
        rows: Rows { frame: joined(frames?)?, columns: names.into_iter().map(column).collect() },
        files: files.to_vec(),
        notes: Vec::new(),
        layouts,
        count: Some(rows),
        text: true,
        missing,
    })
}

/// The names of the cells of a file.
fn names(
    dataset: &DatasetPlan,
    file: &Path,
    dialect: &CsvDialect,
) -> Result<Vec<String>, EngineError> {
    let name = file.display();
    match inspect(file, dialect)? {
        Packing::Plain => {}
        Packing::Gzip => {
            return Err(EngineError::Beyond(format!("{name}: Polars reads no gzip here")));
        }
        Packing::Zstd => {
            return Err(EngineError::Beyond(format!("{name}: Polars reads no zstd here")));
        }
    }
    let Some(Head { cells, .. }) = head(file, dialect)? else {
        return Err(EngineError::Beyond(format!(
            "{name}: the first record is long, or a quote in it is not closed"
        )));
    };
    let fields = dataset.read_fields();
    if cells.is_empty() {
        return match dialect.header {
            true => Err(EngineError::Data(format!("{name}: the file has no header line"))),
            false => Ok(fields.iter().map(|field| field.name.to_string()).collect()),
        };
    }
    if dialect.header {
        return Ok(cells);
    }
    // Without a header the declared columns name the cells by their order.
    let named = (0..cells.len()).map(|index| match fields.get(index) {
        Some(field) => field.name.to_string(),
        None => format!("column_{}", index + 1),
    });
    Ok(named.collect())
}

impl Group {
    /// Reads the wanted columns of the group's files.
    fn frame(
        &self,
        dialect: &CsvDialect,
        marks: Marks,
        wanted: &[String],
    ) -> Result<LazyFrame, EngineError> {
        let paths: Result<Vec<_>, EngineError> =
            self.files.iter().map(|file| path_of(file)).collect();
        // Columns are named by position here: names in files may be empty or equal.
        let schema: Schema = (0..self.names.len())
            .map(|index| Named::new(format!("c{index}").into(), Kept::String))
            .collect();
        let tokens = dialect.null_tokens.iter().filter(|token| !token.is_empty());
        let tokens: Vec<_> = tokens.map(|token| token.as_str().into()).collect();
        let tokens = (!tokens.is_empty()).then_some(NullValues::AllColumns(tokens));
        let offset = IdxSize::try_from(self.before).unwrap_or(IdxSize::MAX);
        let scan = LazyCsvReader::new_paths(paths?.into_iter().collect())
            .with_glob(false)
            .with_cache(false)
            .with_schema(Some(schema.into()))
            .with_has_header(dialect.header)
            .with_separator(marks.delimiter)
            .with_quote_char(marks.quote)
            .with_null_values(tokens)
            .with_missing_is_null(true)
            .with_encoding(CsvEncoding::Utf8)
            .with_raise_if_empty(false)
            // That no line is ragged is proven; the schema is then taken as it is.
            .with_truncate_ragged_lines(true)
            .with_row_index(Some(RowIndex { name: INDEX.into(), offset }))
            .finish()
            .map_err(fault)?;
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, found) in self.names.iter().enumerate() {
            places.entry(found).or_insert(index);
        }
        let value = |name: &String| match places.get(name.as_str()) {
            Some(index) => col(format!("c{index}")).alias(name.as_str()),
            None => lit(NULL).cast(Kept::String).alias(name.as_str()),
        };
        let mut selected: Vec<_> = wanted.iter().map(value).collect();
        let row = col(INDEX).cast(Kept::Int64) + lit(1);
        let file = file_of(row.clone(), self.first, self.before, &self.counts);
        selected.push(row.alias(ROW));
        selected.push(file.alias(FILE));
        Ok(scan.select(selected))
    }
}
