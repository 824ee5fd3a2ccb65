//! Staging of delimited text: every cell is read as text, every line that cannot be split is kept.

mod joined;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_schemas::datatype::DataType;
use assay_schemas::plan::{CsvDialect, DatasetPlan};

use super::connection::{Session, absolute, as_count, as_text, list};
use super::source::{FILE, Place, Source};
use super::types::Column;
use super::{source, sql};
use crate::engine::EngineError;
use crate::engine::file::csv::{Head, OTHER_ENCODING};
use crate::engine::file::{self, Packing};
use crate::engine::layout::{self, Layout, Missing};
use joined::{Neighbours, Part};

/// Lines read to find the header; a header has line breaks only within quotes.
const HEADER_LINES: usize = 100;

/// What is known of the scans of text files, for the record of the lines that could not be split.
#[derive(Clone, Debug)]
pub(super) struct Scans {
    /// The tables of faults, one for each scan.
    pub(super) faults: Vec<Faults>,
    /// The first line is no row.
    pub(super) header: bool,
    /// Bytes of the file are bytes of the text, so lines can be counted.
    pub(super) countable: bool,
}

/// Two tables that DuckDB fills while it reads.
#[derive(Clone, Debug)]
pub(super) struct Faults {
    /// One row for each fault.
    pub(super) lines: String,
    /// One row for each file.
    pub(super) files: String,
}

/// Neighbours of the same layout and packing.
struct Group {
    files: Vec<PathBuf>,
    first: usize,
    packing: Packing,
    head: Head,
}

/// Files of a group that are read by one scan.
enum Scan<'a> {
    /// As they are, beginning with the file of a number.
    Files(&'a [PathBuf], usize),
    /// Brought together.
    Joined(Vec<PathBuf>),
}

/// Reads the headers and makes the query.
pub(super) fn stage(
    place: Place<'_>,
    dataset: &DatasetPlan,
    dialect: &CsvDialect,
    files: &[PathBuf],
) -> Result<Source, EngineError> {
    let Place { session, number, .. } = place;
    let mut groups: Vec<Group> = Vec::new();
    let mut layouts = Vec::new();
    let mut missing = Missing::default();
    for (index, file) in files.iter().enumerate() {
        let packing = file::csv::inspect(file, dialect)?;
        let table = format!("_assay_header_{number}_{index}");
        let mut head = head_of(session, dataset, (file, packing), dialect, &table)?;
        file::csv::name_columns(&mut head.cells, dataset);
        let layout = Layout {
            file: file.clone(),
            columns: head.cells.iter().map(|name| (name.clone(), String::new())).collect(),
        };
        missing.add(layout::check_columns(dataset, &layout)?);
        layouts.push(layout);
        match groups.last_mut() {
            Some(group) if group.packing == packing && group.head == head => {
                group.files.push(file.clone());
            }
            _ => groups.push(Group { files: vec![file.clone()], first: index, packing, head }),
        }
    }
    let layouts = layout::distinct(&layouts);
    let Some(first) = layouts.first() else {
        return Err(EngineError::Data("there is no file to read".into()));
    };
    let names: Vec<String> =
        layout::wanted(dataset, first, &missing).into_iter().map(|(name, _)| name).collect();
    let mut faults = Vec::new();
    let mut queries = Vec::new();
    for group in &groups {
        for scan in group.scans(dialect, place.folder)? {
            let tables = Faults {
                lines: format!("_assay_lines_{number}_{}", queries.len()),
                files: format!("_assay_files_{number}_{}", queries.len()),
            };
            queries.push(group.query(dialect, &names, &scan, &tables)?);
            if matches!(scan, Scan::Files(..)) {
                faults.push(tables);
            }
        }
    }
    let plain = groups.iter().all(|group| group.packing == Packing::Plain);
    Ok(Source {
        query: queries.join("\nUNION ALL\n"),
        columns: names
            .into_iter()
            .map(|name| Column { name, data_type: Some(DataType::Text) })
            .collect(),
        files: files.to_vec(),
        notes: Vec::new(),
        layouts,
        rows: None,
        apart: None,
        text: Some(Scans {
            faults,
            header: dialect.header,
            countable: plain && dialect.encoding == "utf-8",
        }),
        partitions: Vec::new(),
        missing,
    })
}

impl Group {
    /// The scans that read the group's files in their order.
    fn scans(&self, dialect: &CsvDialect, folder: &Path) -> Result<Vec<Scan<'_>>, EngineError> {
        let all = || vec![Scan::Files(&self.files, self.first)];
        if self.packing != Packing::Plain {
            return Ok(all());
        }
        let neighbours =
            Neighbours { files: &self.files, first: self.first, cells: self.head.cells.len() };
        let parts = joined::join(neighbours, dialect, folder)?;
        let is_same = |one: &Part, other: &Part| one.is_alone() == other.is_alone();
        let scan = |parts: &[Part]| match parts {
            [Part::Alone(number), ..] => {
                let start = number - self.first;
                let files = self.files.get(start..start + parts.len()).unwrap_or_default();
                Scan::Files(files, *number)
            }
            parts => Scan::Joined(parts.iter().filter_map(Part::joined).collect()),
        };
        Ok(parts.chunk_by(is_same).map(scan).collect())
    }

    /// Reads the wanted columns of a scan's files.
    fn query(
        &self,
        dialect: &CsvDialect,
        names: &[String],
        scan: &Scan<'_>,
        tables: &Faults,
    ) -> Result<String, EngineError> {
        // Columns are named by position here: names in files may be empty, equal or differ by case.
        let mut columns: Vec<String> =
            (0..self.head.cells.len()).map(|index| format!("'c{index}': 'VARCHAR'")).collect();
        let nulls: Vec<String> = std::iter::once("''".to_owned())
            .chain(dialect.null_tokens.iter().map(|t| sql::text(t)))
            .collect();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, found) in self.head.cells.iter().enumerate() {
            places.entry(found).or_insert(index);
        }
        let selected: Vec<String> = names
            .iter()
            .map(|name| match places.get(name.as_str()) {
                Some(index) => source::aliased(&format!("c{index}"), name),
                None => source::aliased("CAST(NULL AS VARCHAR)", name),
            })
            .collect();
        let (files, file, head, rejects) = match scan {
            Scan::Files(files, first) => {
                let before = if *first == 0 { String::new() } else { format!(" + {first}") };
                let head = format!("header = {}, skip = {}", dialect.header, self.head.blank);
                let rejects = format!(
                    ", store_rejects = true, rejects_table = {}, rejects_scan = {}",
                    sql::text(&tables.lines),
                    sql::text(&tables.files)
                );
                (list(*files)?, format!("file_index{before}"), head, rejects)
            }
            Scan::Joined(files) => {
                columns.insert(0, "'file': 'VARCHAR'".to_owned());
                (list(files)?, "file".to_owned(), "header = false".to_owned(), String::new())
            }
        };
        Ok(format!(
            "SELECT {}, CAST({file} AS INTEGER) AS {FILE}\nFROM read_csv({files}, {}, {head}, \
             columns = {{{}}}, nullstr = [{}], allow_quoted_nulls = false{rejects})",
            selected.join(", "),
            options(dialect, self.packing, None),
            columns.join(", "),
            nulls.join(", "),
        ))
    }
}

/// The options that say how the text is written; `delimiter` overrides the dialect's, without quotes.
fn options(dialect: &CsvDialect, packing: Packing, delimiter: Option<&str>) -> String {
    let packing = match packing {
        Packing::Plain => "none",
        Packing::Gzip => "gzip",
        Packing::Zstd => "zstd",
    };
    let (delimiter, quote, escape) = match delimiter {
        Some(delimiter) => (delimiter, "", ""),
        None if dialect.quote.is_empty() => (dialect.delimiter.as_str(), "", ""),
        None => (dialect.delimiter.as_str(), dialect.quote.as_str(), dialect.escape.as_str()),
    };
    format!(
        "auto_detect = false, delim = {}, quote = {}, escape = {}, encoding = {}, compression = {}",
        sql::text(delimiter),
        sql::text(quote),
        sql::text(escape),
        sql::text(&dialect.encoding),
        sql::text(packing),
    )
}

/// The first record of a file, as the names of its columns.
fn head_of(
    session: &Session,
    dataset: &DatasetPlan,
    (file, packing): (&PathBuf, Packing),
    dialect: &CsvDialect,
    table: &str,
) -> Result<Head, EngineError> {
    let known = match packing {
        Packing::Plain => file::csv::head(file, dialect)?,
        _ => None,
    };
    let head = match known {
        Some(head) => head,
        None => unpacked_head(session, (file, packing), dialect, table)?,
    };
    let name = file.display();
    if head.cells.is_empty() {
        return match dialect.header {
            true => Err(EngineError::Data(format!("{name}: the file has no header line"))),
            false => {
                let cells =
                    dataset.read_fields().iter().map(|field| field.name.to_string()).collect();
                Ok(Head { cells, blank: 0 })
            }
        };
    }
    if dialect.header {
        return Ok(head);
    }
    // Without a header the declared columns name the cells by their order.
    let names = (0..head.cells.len()).map(|index| match dataset.read_fields().get(index) {
        Some(field) => field.name.to_string(),
        None => format!("column_{}", index + 1),
    });
    Ok(Head { cells: names.collect(), blank: head.blank })
}

/// The first record of a file that has to be unpacked, or whose first record is long.
fn unpacked_head(
    session: &Session,
    (file, packing): (&PathBuf, Packing),
    dialect: &CsvDialect,
    table: &str,
) -> Result<Head, EngineError> {
    // Read as lines of one cell each: a character that separates nothing stands for the delimiter.
    let nothing = if dialect.delimiter == "\u{1f}" { "\u{1e}" } else { "\u{1f}" };
    let scan = table.replace("header", "header_file");
    let query = format!(
        "SELECT line FROM read_csv([{}], {}, header = false, columns = {{'line': 'VARCHAR'}}, \
         nullstr = '', store_rejects = true, rejects_table = '{table}', rejects_scan = '{scan}') \
         LIMIT {HEADER_LINES}",
        sql::text(&absolute(file)?),
        options(dialect, packing, Some(nothing)),
    );
    let unreadable = |error: duckdb::Error| source::unreadable(file, &error);
    let lines = session.rows("header", &query).map_err(unreadable)?;
    check_encoding(session, table, &scan, &dialect.encoding)?;
    let whole = lines.len() < HEADER_LINES;
    let text: Vec<String> = lines
        .into_iter()
        .flat_map(|row| row.into_iter().map(|cell| as_text(cell).unwrap_or_default()))
        .collect();
    file::csv::first_record(&text.join("\n"), whole, dialect).ok_or_else(|| {
        EngineError::Data(format!(
            "{}: the first line is no record: a quote is opened and not closed, or closed too early",
            file.display()
        ))
    })
}

/// Refuses files with bytes that are not of the encoding, naming the first place.
pub(super) fn check_encoding(
    session: &Session,
    lines: &str,
    files: &str,
    encoding: &str,
) -> Result<(), EngineError> {
    let query = format!(
        "SELECT f.file_path, CAST(e.line AS BIGINT), CAST(e.byte_position AS BIGINT)\n\
         FROM {lines} e JOIN {files} f ON f.file_id = e.file_id AND f.scan_id = e.scan_id\n\
         WHERE e.error_type = 'INVALID ENCODING'\nORDER BY f.file_path, e.line LIMIT 1"
    );
    let rows = session
        .rows("bytes of another encoding", &query)
        .map_err(|error| super::connection::fault(&error))?;
    match rows.into_iter().next().as_deref() {
        Some([file, line, byte]) => Err(EngineError::Data(format!(
            "{}: line {}: a byte that is not {encoding} near byte {}; {OTHER_ENCODING}",
            as_text(file.clone()).unwrap_or_default(),
            as_count(line),
            as_count(byte),
        ))),
        _ => Ok(()),
    }
}
