//! JSON: one object a line, or one document with an array of objects.
//!
//! Only one record is in memory at a time. Values are taken from the text as they stand, so numbers keep all of
//! their digits.

mod document;
mod pick;
mod record;

use std::io::Read;

use super::canonical::Table;
use super::error::Error;
use super::feed::{Feed, Line};
use super::{Fault, MAX_RECORD_BYTES};
use document::Document;
pub(super) use record::Records;

/// Records whose keys become the columns where none are given.
const RECORDS_SEEN: usize = 1000;
/// Bytes of records that are held for that at most.
const BYTES_SEEN: usize = 16 << 20;

/// How to read JSON.
#[derive(Clone, Debug)]
pub struct Options {
    /// Names of the columns; none means all keys of the first 1000 records (or 16 MiB of them), in the order of
    /// their first appearance. A name that is no key of a record but has dots leads into nested objects:
    /// `address.city`.
    pub columns: Vec<String>,
    /// Where a document has its array, as a JSON Pointer; `None` means that the document is the array.
    pub records: Option<String>,
    /// Bytes that a record may have; a longer one is left out.
    pub max_record_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { columns: Vec::new(), records: None, max_record_bytes: MAX_RECORD_BYTES }
    }
}

/// The text of a record, or why there is none.
enum Found<'a> {
    Record(&'a [u8]),
    Bad { beginning: &'a [u8], reason: String },
}

/// What gives records one after the other.
trait Source {
    /// The next record and its line or number; `None` at the end.
    fn next(&mut self) -> Result<Option<(u64, Found<'_>)>, Error>;
}

/// Reads one object a line into a table.
pub(crate) fn read_lines(
    reader: impl Read,
    name: &str,
    options: &Options,
    table: &mut Table,
) -> Result<(), Error> {
    let feed = begin(reader, name)?;
    if first_byte(&feed) == Some(b'[') {
        return Err(Error::Data(format!(
            "{name}: the file begins with an array, not with one object a line; read it as `json`"
        )));
    }
    let most = options.max_record_bytes;
    read(&mut Lines { feed, line: 0, length: 0, bad: Vec::new(), most, name }, name, options, table)
}

/// Reads a document with an array of objects into a table.
pub(crate) fn read_document(
    reader: impl Read,
    name: &str,
    options: &Options,
    table: &mut Table,
) -> Result<(), Error> {
    let feed = begin(reader, name)?;
    let mut document = Document::new(feed, name, options.max_record_bytes);
    document.enter(options.records.as_deref())?;
    read(&mut document, name, options, table)
}

/// The beginning of a file, without its byte order mark.
fn begin<R: Read>(reader: R, name: &str) -> Result<Feed<R>, Error> {
    let told = |error| Error::reading(name, &error);
    let mut feed = Feed::new(reader);
    feed.fill_to(16).map_err(told)?;
    let window = feed.window();
    if window.starts_with(&[0xff, 0xfe]) || window.starts_with(&[0xfe, 0xff]) || window.contains(&0)
    {
        return Err(Error::Data(format!(
            "{name}: JSON is UTF-8, and this is not; save it as UTF-8"
        )));
    }
    if window.starts_with(b"\xef\xbb\xbf") {
        feed.take(3);
    }
    match first_byte(&feed) {
        Some(b'<') => Err(Error::Data(format!(
            "{name}: not JSON; it looks like a web page (HTML) or XML; look at what was sent instead \
             of the data"
        ))),
        None if feed.ended() => Err(Error::Data(format!(
            "{name}: the file is empty; a file of lines without any is no JSON, and an array without \
             records is `[]`"
        ))),
        _ => Ok(feed),
    }
}

fn first_byte<R: Read>(feed: &Feed<R>) -> Option<u8> {
    feed.window().iter().copied().find(|byte| !byte.is_ascii_whitespace())
}

/// Lines as records.
struct Lines<'a, R> {
    feed: Feed<R>,
    line: u64,
    /// Bytes of the window that were given out.
    length: usize,
    /// The beginning of a line that is too long.
    bad: Vec<u8>,
    most: usize,
    name: &'a str,
}

impl<R: Read> Source for Lines<'_, R> {
    fn next(&mut self) -> Result<Option<(u64, Found<'_>)>, Error> {
        let name = self.name;
        let told = |error| Error::reading(name, &error);
        loop {
            self.feed.take(std::mem::take(&mut self.length));
            self.line += 1;
            match self.feed.line(self.most).map_err(told)? {
                Line::End => return Ok(None),
                Line::Text(end, whole) => {
                    if self.feed.window()[..end].iter().all(u8::is_ascii_whitespace) {
                        self.feed.take(whole);
                        continue;
                    }
                    self.length = whole;
                    return Ok(Some((self.line, Found::Record(&self.feed.window()[..end]))));
                }
                Line::TooLong => return self.too_long().map(Some),
            }
        }
    }
}

impl<R: Read> Lines<'_, R> {
    fn too_long(&mut self) -> Result<(u64, Found<'_>), Error> {
        let beginning = self.feed.window()[..1024.min(self.feed.window().len())].to_vec();
        self.feed.skip_line().map_err(|error| Error::reading(self.name, &error))?;
        let reason = format!("the line is longer than {} bytes (`max_record_bytes`)", self.most);
        self.bad = beginning;
        Ok((self.line, Found::Bad { beginning: &self.bad, reason }))
    }
}

/// Reads all records of a source.
fn read(
    source: &mut dyn Source,
    name: &str,
    options: &Options,
    table: &mut Table,
) -> Result<(), Error> {
    let mut records = Records::new(&options.columns);
    let mut early: Vec<(u64, Vec<u8>)> = Vec::new();
    let mut faults = Vec::new();
    if options.columns.is_empty() {
        let mut bytes = 0;
        while early.len() < RECORDS_SEEN && bytes < BYTES_SEEN {
            match source.next()? {
                None => break,
                Some((line, Found::Record(text))) => {
                    bytes += text.len();
                    match records.learn(text) {
                        Ok(()) => early.push((line, text.to_vec())),
                        Err(reason) => faults.push(Fault::line(line, text, reason)),
                    }
                }
                Some((line, Found::Bad { beginning, reason })) => {
                    faults.push(Fault::line(line, beginning, reason));
                }
            }
        }
    }
    let columns = records.begin();
    if columns.is_empty() {
        return Err(no_columns(name, &faults));
    }
    table.header(columns)?;
    let mut faults = faults.into_iter().peekable();
    for (line, text) in early {
        while let Some(fault) = faults.next_if(|fault| fault.line < line) {
            table.leave_out(fault)?;
        }
        records.write(line, &text, table)?;
    }
    for fault in faults {
        table.leave_out(fault)?;
    }
    while let Some((line, found)) = source.next()? {
        match found {
            Found::Record(text) => records.write(line, text, table)?,
            Found::Bad { beginning, reason } => {
                table.leave_out(Fault::line(line, beginning, reason))?;
            }
        }
    }
    records.finish(table);
    Ok(())
}

/// Nobody named the columns, and no record did.
fn no_columns(name: &str, faults: &[Fault]) -> Error {
    Error::Data(match faults.first() {
        Some(fault) => format!(
            "{name}: the file has no record with keys, so it has no columns; what is wrong first is \
             at {}: {}",
            fault.line, fault.reason
        ),
        None => format!(
            "{name}: the file has no record with keys, so it has no columns; name them to read it as \
             an empty table"
        ),
    })
}
