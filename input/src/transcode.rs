//! Transcoding: what the engine cannot read itself becomes one canonical CSV file for each input file.
//!
//! Canonical means UTF-8, commas, `"` with doubled quotes, LF, one header line. A null is an empty cell without
//! quotes; text has quotes where it is empty or needs them. Values are written as text of one form: integers
//! without a fraction, doubles in their shortest form, `YYYY-MM-DD`, `YYYY-MM-DD HH:MM:SS[.ffffff]`, `HH:MM:SS`,
//! `true` and `false`, nested values as compact JSON. With a single column a null is an empty line.
//!
//! One file for each format, beside what they share: bytes in, cells out, and which line a row came from.

pub mod avro;
mod canonical;
mod error;
pub mod excel;
mod feed;
pub mod json;
pub mod pack;
mod places;
pub mod text;
mod time;
mod value;

use std::fs::File;
use std::path::Path;

pub use error::Error;
pub use places::Places;

use canonical::Table;

/// Faults of one file that are kept; all are counted.
pub const FAULTS_KEPT: usize = 1000;
/// Bytes that one record may have unless an option says otherwise: 16 MiB.
pub const MAX_RECORD_BYTES: usize = 16 << 20;
/// Characters of a faulty cell or line that are kept.
const VALUE_KEPT: usize = 200;

/// A format that has to be transcoded, and how to read it.
#[derive(Clone, Debug)]
pub enum Format {
    /// Delimited text of any encoding and layout.
    Text(text::Options),
    /// JSON, one object a line.
    Ndjson(json::Options),
    /// JSON, one document that holds an array of objects.
    Json(json::Options),
    /// A sheet of a workbook: `.xlsx`, `.xls`, `.xlsb` or `.ods`.
    Excel(excel::Options),
    /// An Avro object container file.
    Avro(avro::Options),
}

/// What a canonical file holds, and what was found on the way to it.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// Data rows, without the header.
    pub rows: u64,
    /// The header, in order: names as found, or as asked for where the format has names in each record.
    pub columns: Vec<String>,
    /// Columns that were asked for and that no record had; null in every row.
    pub absent: Vec<String>,
    /// Names in records that no column took, in the order of their first appearance; the first 100.
    pub others: Vec<String>,
    /// What is not as the format says, in the order of the file; the first [`FAULTS_KEPT`].
    pub faults: Vec<Fault>,
    /// The true number of faults.
    pub fault_count: u64,
    /// The line that each data row came from.
    pub places: Places,
    /// Notes for people, such as what a mark at the beginning said of the encoding.
    pub said: Vec<String>,
}

/// A cell or line that is not what the format says: becomes a reject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The data row, from 1, that holds a null instead; `None` where the whole line was left out.
    pub row: Option<u64>,
    /// Line of a text file, sheet row of a workbook, number of an element in a JSON array or of a record in an
    /// Avro file; from 1.
    pub line: u64,
    /// The column, where one cell is at fault.
    pub column: Option<String>,
    /// What was there: the cell or the beginning of the line, at most 200 characters.
    pub value: Option<String>,
    /// Why it cannot be taken.
    pub reason: String,
}

impl Fault {
    /// A line that is left out.
    fn line(line: u64, value: &[u8], reason: impl Into<String>) -> Self {
        Self { row: None, line, column: None, value: excerpt(value), reason: reason.into() }
    }
}

/// The beginning of what was found, for people.
fn excerpt(bytes: &[u8]) -> Option<String> {
    // Four bytes a character at most, and some more so that a character cut in two falls off.
    let some = &bytes[..bytes.len().min(VALUE_KEPT * 4 + 4)];
    let text: String = String::from_utf8_lossy(some).chars().take(VALUE_KEPT).collect();
    (!text.is_empty()).then_some(text)
}

/// Writes the canonical file of `path` to `to`. A file that was begun and could not be finished is removed.
///
/// # Errors
/// The file is not of the format, is damaged, or cannot be read; `to` cannot be written. The text names the
/// file, the place and the way out.
pub fn transcode(
    path: &Path,
    format: &Format,
    packing: &pack::Options,
    to: &Path,
) -> Result<Written, Error> {
    let told = |error: std::io::Error| Error::Resource(format!("{}: {error}", to.display()));
    let file = File::create(to).map_err(told)?;
    let mut table = Table::new(Box::new(file), to.display().to_string());
    let done = fill(path, format, packing, &mut table).and_then(|()| table.finish());
    if done.is_err() {
        // The first error is the one that matters.
        let _ = std::fs::remove_file(to);
    }
    done
}

fn fill(
    path: &Path,
    format: &Format,
    packing: &pack::Options,
    table: &mut Table,
) -> Result<(), Error> {
    if let Format::Excel(options) = format {
        return excel::read(path, options, table);
    }
    let opened = pack::open(path, packing)?;
    match format {
        Format::Text(options) => text::read(opened.reader, &opened.name, options, table),
        Format::Ndjson(options) => json::read_lines(opened.reader, &opened.name, options, table),
        Format::Json(options) => json::read_document(opened.reader, &opened.name, options, table),
        Format::Avro(options) => avro::read(opened.reader, &opened.name, options, table),
        Format::Excel(_) => Ok(()),
    }
}
