//! Proof that every reader splits a text file into the same cells, in one pass over its bytes.
//!
//! Readers differ in blank lines, null tokens in quotes, ragged lines, and quotes within a cell. A file without any
//! of that has one meaning, and its records can be handed on as they are.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use assay_schemas::plan::CsvDialect;
use memchr::{memchr, memchr_iter, memchr2};

use super::MARK;
use crate::EngineError;

/// Bytes read at a time.
const CHUNK: usize = 1 << 20;
/// The longest record. DuckDB refuses longer ones.
const LONGEST: usize = 2_000_000;

/// The characters that split a text.
#[derive(Clone, Copy, Debug)]
pub struct Marks {
    /// Between cells.
    pub delimiter: u8,
    /// Around cells, if they may be quoted.
    pub quote: Option<u8>,
    /// Before a quote within a quoted cell.
    pub escape: Option<u8>,
}

impl Marks {
    /// The marks of a dialect.
    ///
    /// # Errors
    /// Text that is written so cannot be proven; the text says what it is, as an object.
    pub fn of(dialect: &CsvDialect) -> Result<Self, String> {
        if dialect.encoding != "utf-8" {
            return Err(format!("text that is {}", dialect.encoding));
        }
        let byte = |text: &str| text.bytes().next().filter(|_| text.len() == 1);
        let apart = format!("cells that `{}` parts", dialect.delimiter.escape_debug());
        let Some(delimiter) = byte(&dialect.delimiter) else { return Err(apart) };
        if !dialect.is_plain() {
            return Err("text with such options".into());
        }
        let quote = byte(&dialect.quote);
        if matches!(delimiter, b'\n' | b'\r' | b' ' | 0) || quote == Some(delimiter) {
            return Err(apart);
        }
        if matches!(quote, Some(b'\n' | b'\r' | b' ' | 0)) {
            return Err(format!("cells that `{}` quotes", dialect.quote.escape_debug()));
        }
        Ok(Self { delimiter, quote, escape: byte(&dialect.escape) })
    }
}

/// The rows of a file, once it is proven that it means the same to every reader. `cells` is how many each record
/// has; `each` is given the records in turn, without what ends them and without the header.
///
/// # Errors
/// The file cannot be read, or readers may differ in it ([`EngineError::Beyond`]); the text says where and what.
pub fn prove(
    path: &Path,
    dialect: &CsvDialect,
    marks: Marks,
    cells: usize,
    mut each: impl FnMut(&[u8]),
) -> Result<u64, EngineError> {
    let name = path.display();
    let told = |error: std::io::Error| EngineError::Data(format!("{name}: {error}"));
    let beyond = |what: String| EngineError::Beyond(format!("{name}: {what}"));
    let mut file = File::open(path).map_err(told)?;
    let length = file.metadata().map_err(told)?.len();
    let mut scan = Scan::new(dialect, marks, cells);
    // A byte more than there are, so that the end of a short file is found with what it has.
    let mut buffer = vec![0; usize::try_from(length + 1).unwrap_or(CHUNK).min(CHUNK)];
    // Bytes in the buffer, and those at its beginning that are known to be text.
    let (mut filled, mut sound) = (0, 0);
    loop {
        if filled == buffer.len() {
            if filled > LONGEST {
                return Err(beyond(format!("line {} is very long", scan.lines + 1)));
            }
            buffer.resize(filled * 2, 0);
        }
        let read = match file.read(buffer.get_mut(filled..).unwrap_or_default()) {
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(told(error)),
        };
        filled += read;
        let bytes = buffer.get(..filled).unwrap_or_default();
        sound += text(bytes.get(sound..).unwrap_or_default(), read == 0)
            .map_err(|what| beyond(format!("after line {}: {what}", scan.lines)))?;
        let skipped = if scan.begins() && bytes.starts_with(MARK) { MARK.len() } else { 0 };
        let rest = bytes.get(skipped..).unwrap_or_default();
        let done = skipped + scan.records(rest, read == 0, &mut each).map_err(beyond)?;
        buffer.copy_within(done..filled, 0);
        filled -= done;
        sound = sound.saturating_sub(done);
        if read == 0 {
            return Ok(scan.rows());
        }
    }
}

/// How many of the bytes are text; all but a character that is cut in two.
fn text(bytes: &[u8], last: bool) -> Result<usize, String> {
    if memchr(0, bytes).is_some() {
        return Err("there is a byte of zero".into());
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => Ok(bytes.len()),
        Err(fault) if fault.error_len().is_none() && !last => Ok(fault.valid_up_to()),
        Err(_) => Err("there is a byte that is not utf-8".into()),
    }
}

/// How lines end.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Feed,
    Both,
}

/// What is known of a file up to a byte.
struct Scan<'d> {
    marks: Marks,
    tokens: &'d [String],
    header: bool,
    cells: usize,
    end: Option<End>,
    lines: u64,
    records: u64,
}

impl<'d> Scan<'d> {
    fn new(dialect: &'d CsvDialect, marks: Marks, cells: usize) -> Self {
        let header = dialect.header;
        Self { marks, tokens: &dialect.null_tokens, header, cells, end: None, lines: 0, records: 0 }
    }

    /// Nothing has been passed yet.
    fn begins(&self) -> bool {
        self.lines == 0
    }

    fn rows(&self) -> u64 {
        self.records.saturating_sub(u64::from(self.header))
    }

    /// Passes over the whole records at the beginning of `bytes`, or all where they are the `last`; says how many
    /// bytes that were.
    fn records(
        &mut self,
        bytes: &[u8],
        last: bool,
        each: &mut impl FnMut(&[u8]),
    ) -> Result<usize, String> {
        let quote = self.marks.quote.filter(|quote| memchr(*quote, bytes).is_some());
        let returns = memchr(b'\r', bytes).is_some();
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let (line, next) = match memchr(b'\n', rest) {
                Some(end) => (rest.get(..end).unwrap_or_default(), Some(end + 1)),
                None if last => (rest, None),
                None => break,
            };
            if quote.is_some_and(|quote| memchr(quote, line).is_some()) {
                let Some((length, passed)) = self.quoted(rest, last)? else { break };
                self.hand_on(rest.get(..length), each);
                at += passed;
                continue;
            }
            let record = self.plain(line, next.is_some(), returns)?;
            self.hand_on(record, each);
            at += next.unwrap_or(rest.len());
        }
        Ok(at)
    }

    /// Hands on the record that was just passed, unless it is the header.
    fn hand_on(&self, record: Option<&[u8]>, each: &mut impl FnMut(&[u8])) {
        if let Some(record) = record.filter(|_| self.rows() > 0) {
            each(record);
        }
    }

    /// Passes over a record without quotes, which is a line; `None` where it is blank.
    fn plain<'b>(
        &mut self,
        line: &'b [u8],
        ended: bool,
        returns: bool,
    ) -> Result<Option<&'b [u8]>, String> {
        let mut line = line;
        let mut end = End::Feed;
        if returns {
            if let Some((b'\r', before)) = line.split_last().filter(|_| ended) {
                (line, end) = (before, End::Both);
            }
            if memchr(b'\r', line).is_some() {
                return Err(self.told("has a carriage return within"));
            }
        }
        if line.is_empty() {
            // Before a header they are passed over by all.
            if !self.header || self.records > 0 {
                return Err(self.told("is blank"));
            }
            self.lines += 1;
            return Ok(None);
        }
        let cells = memchr_iter(self.marks.delimiter, line).count() + 1;
        self.ended(cells, line.len(), ended.then_some(end))?;
        self.lines += 1;
        Ok(Some(line))
    }

    /// Passes over a record that has a quote; gives its length, without and with its end, or `None` where it does
    /// not end here.
    fn quoted(&mut self, bytes: &[u8], last: bool) -> Result<Option<(usize, usize)>, String> {
        let (mut at, mut cells, mut inner) = (0, 0, 0);
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let quoted = self.marks.quote.is_some() && rest.first().copied() == self.marks.quote;
            let cell = match quoted {
                true => self.cell(rest, last)?,
                false => self.bare(rest, last)?,
            };
            let Some(length) = cell else { return Ok(None) };
            inner += memchr_iter(b'\n', rest.get(..length).unwrap_or_default()).count() as u64;
            at += length;
            cells += 1;
            let (end, passed) = match (bytes.get(at), bytes.get(at + 1)) {
                (Some(delimiter), _) if *delimiter == self.marks.delimiter => {
                    at += 1;
                    continue;
                }
                (Some(b'\n'), _) => (Some(End::Feed), 1),
                (Some(b'\r'), Some(b'\n')) => (Some(End::Both), 2),
                (None, _) if last => (None, 0),
                (None, _) | (Some(b'\r'), None) if !last => return Ok(None),
                _ => return Err(self.told("has text after a closing quote")),
            };
            self.ended(cells, at, end)?;
            self.lines += inner + 1;
            return Ok(Some((at, at + passed)));
        }
    }

    /// The length of a cell that begins with a quote.
    fn cell(&self, bytes: &[u8], last: bool) -> Result<Option<usize>, String> {
        let Some(quote) = self.marks.quote else { return Ok(None) };
        let mut at = 1;
        let end = loop {
            let Some(found) = bytes.get(at..).and_then(|rest| memchr(quote, rest)) else {
                return match last {
                    true => Err(self.told("opens a quote that is not closed")),
                    false => Ok(None),
                };
            };
            at += found;
            match bytes.get(at + 1) {
                Some(next) if *next == quote => {
                    if self.marks.escape != Some(quote) {
                        return Err(self.told("has a quote within a quoted cell"));
                    }
                    at += 2;
                }
                None if !last => return Ok(None),
                _ => break at,
            }
        };
        let content = bytes.get(1..end).unwrap_or_default();
        if self.marks.escape.is_some_and(|e| e != quote && memchr(e, content).is_some()) {
            return Err(self.told("has an escaped character"));
        }
        if self.tokens.iter().any(|token| !token.is_empty() && token.as_bytes() == content) {
            return Err(self.told("has a word for null in quotes, where it is none"));
        }
        Ok(Some(end + 1))
    }

    /// The length of a cell that does not begin with a quote.
    fn bare(&self, bytes: &[u8], last: bool) -> Result<Option<usize>, String> {
        let end = match memchr2(self.marks.delimiter, b'\n', bytes) {
            Some(end) => end,
            None if last => bytes.len(),
            None => return Ok(None),
        };
        let mut cell = bytes.get(..end).unwrap_or_default();
        if bytes.get(end) == Some(&b'\n')
            && let Some((b'\r', before)) = cell.split_last()
        {
            cell = before;
        }
        if self.marks.quote.is_some_and(|quote| memchr(quote, cell).is_some()) {
            return Err(self.told("has a quote within a cell"));
        }
        if memchr(b'\r', cell).is_some() {
            return Err(self.told("has a carriage return within"));
        }
        Ok(Some(cell.len()))
    }

    /// Takes note of a record's end; `None` where the file ends.
    fn ended(&mut self, cells: usize, length: usize, end: Option<End>) -> Result<(), String> {
        if cells != self.cells {
            let word = if cells == 1 { "cell" } else { "cells" };
            return Err(self.told(&format!("has {cells} {word} instead of {}", self.cells)));
        }
        if length >= LONGEST {
            return Err(self.told("is very long"));
        }
        if let Some(end) = end
            && *self.end.get_or_insert(end) != end
        {
            return Err(self.told("ends in another way than those before"));
        }
        self.records += 1;
        Ok(())
    }

    /// What is wrong with the line.
    fn told(&self, what: &str) -> String {
        format!("line {} {what}", self.lines + 1)
    }
}
