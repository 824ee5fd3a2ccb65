//! Delimited text of any encoding and layout.
//!
//! Cells are told apart strictly: a quote that opens a cell must close before the next delimiter or line end. A
//! record that breaks this, or has too few or too many cells, is left out as a fault, and reading goes on with the
//! line after the one it began in, so that one stray quote costs one line.

mod decode;
mod scan;
mod sniff;

use std::io::Read;

pub use sniff::{Sniffed, sniff};

use super::canonical::Table;
use super::error::Error;
use super::feed::Feed;
use super::{Fault, MAX_RECORD_BYTES};
use decode::Decoded;
use scan::{Cell, Dialect, Scanned};

/// How a text file is written.
#[derive(Clone, Debug)]
pub struct Options {
    /// Between cells; one character or several.
    pub delimiter: String,
    /// Around cells, in ASCII; `None` means that quotes are characters like others.
    pub quote: Option<char>,
    /// Before a quote inside a quoted cell, in ASCII; `None` means the quote itself.
    pub escape: Option<char>,
    /// Label of the encoding as the WHATWG names them, or `latin-1` for `windows-1252`. A byte order mark in the
    /// file is believed before this.
    pub encoding: String,
    /// Lines before the header.
    pub skip_rows: u64,
    /// The first record names the columns.
    pub header: bool,
    /// Names where there is no header; those that are missing become `column_3`.
    pub columns: Vec<String>,
    /// Rows at the end that are no data.
    pub skip_footer: usize,
    /// What begins a line that is no record.
    pub comment: Option<char>,
    /// Cells without quotes that mean null; an empty one always does.
    pub null_tokens: Vec<String>,
    /// Each record may end with a delimiter that begins no cell.
    pub trailing_delimiter: bool,
    /// Bytes that a record may have in UTF-8; a longer one is left out.
    pub max_record_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            delimiter: ",".into(),
            quote: Some('"'),
            escape: None,
            encoding: "utf-8".into(),
            skip_rows: 0,
            header: true,
            columns: Vec::new(),
            skip_footer: 0,
            comment: None,
            null_tokens: Vec::new(),
            trailing_delimiter: false,
            max_record_bytes: MAX_RECORD_BYTES,
        }
    }
}

/// Reads delimited text into a table.
pub(crate) fn read(
    reader: impl Read,
    name: &str,
    options: &Options,
    table: &mut Table,
) -> Result<(), Error> {
    let dialect = Dialect::new(options).map_err(|text| Error::Data(format!("{name}: {text}")))?;
    let told = |error: std::io::Error| Error::reading(name, &error);
    let decoded = Decoded::new(reader, &options.encoding).map_err(told)?;
    table.written.said.extend(decoded.said.clone());
    let mut feed = Feed::new(decoded);
    feed.fill().map_err(told)?;
    if feed.window().is_empty() && feed.ended() {
        return Err(Error::Data(format!(
            "{name}: the file is empty (0 bytes); a file without rows still has its header"
        )));
    }
    let mut text =
        Text { feed, dialect, line: 1, cells: Vec::new(), scratch: Vec::new(), name, options };
    for _ in 0..options.skip_rows {
        text.skip_line().map_err(told)?;
    }
    text.header(table)?;
    table.drop_footer(options.skip_footer);
    text.rows(table)
}

/// A text file as it is read.
struct Text<'a, R> {
    feed: Feed<Decoded<R>>,
    dialect: Dialect,
    /// The line that begins the window.
    line: u64,
    cells: Vec<Cell>,
    scratch: Vec<u8>,
    name: &'a str,
    options: &'a Options,
}

impl<R: Read> Text<'_, R> {
    /// Writes the header. Without one in the file, the first record stays to be read.
    fn header(&mut self, table: &mut Table) -> Result<(), Error> {
        loop {
            let line = self.line;
            match self.next()? {
                Scanned::Record { bytes, lines } => {
                    self.drop_trailing(None);
                    let window = self.feed.window();
                    let mut names = Vec::new();
                    for cell in &self.cells {
                        let text = self.dialect.text(cell, window, &mut self.scratch);
                        names.push(String::from_utf8_lossy(text).into_owned());
                    }
                    if self.options.header {
                        self.feed.take(bytes);
                        self.line += lines;
                    } else {
                        names = self.given_names(names.len());
                    }
                    return table.header(names);
                }
                Scanned::Skip { bytes, lines } => {
                    self.feed.take(bytes);
                    self.line += lines;
                }
                Scanned::Bad { reason, .. } => {
                    return Err(Error::Data(format!(
                        "{}: line {line}: the first record cannot be read: {reason}",
                        self.name
                    )));
                }
                Scanned::End | Scanned::More => {
                    return Err(Error::Data(format!(
                        "{}: the file has no header line{}",
                        self.name,
                        match self.options.skip_rows {
                            0 => String::new(),
                            count =>
                                format!(" after the {count} lines that `skip_rows` leaves out"),
                        }
                    )));
                }
            }
        }
    }

    fn given_names(&self, count: usize) -> Vec<String> {
        let name = |index: usize| match self.options.columns.get(index) {
            Some(name) => name.clone(),
            None => format!("column_{}", index + 1),
        };
        (0..count).map(name).collect()
    }

    fn rows(&mut self, table: &mut Table) -> Result<(), Error> {
        let width = table.written.columns.len();
        loop {
            let line = self.line;
            match self.next()? {
                Scanned::Record { bytes, lines } => {
                    self.drop_trailing(Some(width));
                    if self.cells.len() == width {
                        self.row(table)?;
                    } else {
                        let reason = self.miscounted(width);
                        let fault = Fault::line(line, self.shown(bytes), reason);
                        table.leave_out(fault)?;
                    }
                    self.feed.take(bytes);
                    self.line += lines;
                }
                // An empty line is the only way to write a null into a single column.
                Scanned::Skip { bytes, lines } if width == 1 && bytes <= 2 => {
                    if !self.feed.window().starts_with(self.dialect.comment()) {
                        table.null();
                        table.end_row(line)?;
                    }
                    self.feed.take(bytes);
                    self.line += lines;
                }
                Scanned::Skip { bytes, lines } => {
                    self.feed.take(bytes);
                    self.line += lines;
                }
                Scanned::Bad { bytes, lines, reason } => {
                    let fault = Fault::line(line, self.shown(bytes), reason);
                    table.leave_out(fault)?;
                    if bytes > 0 {
                        self.feed.take(bytes);
                        self.line += lines;
                    } else {
                        self.skip_line().map_err(|error| Error::reading(self.name, &error))?;
                    }
                }
                Scanned::End | Scanned::More => return Ok(()),
            }
        }
    }

    /// The record at the beginning of the window, its cells in `self.cells`.
    fn next(&mut self) -> Result<Scanned, Error> {
        loop {
            let (window, ended) = (self.feed.window(), self.feed.ended());
            let most = self.dialect.max_record_bytes;
            match self.dialect.scan(window, ended, &mut self.cells) {
                Scanned::More if window.len() <= most => {
                    // Twice as much each time, as the record is scanned from its beginning again.
                    let wanted = (window.len() * 2).clamp(1 << 16, most + 1);
                    self.feed
                        .fill_to(wanted.max(window.len() + 1))
                        .map_err(|error| Error::reading(self.name, &error))?;
                }
                Scanned::More => return Ok(self.dialect.give_up(window, false)),
                Scanned::Record { bytes, lines } if bytes > most => {
                    let reason =
                        format!("the record is longer than {most} bytes (`max_record_bytes`)");
                    return Ok(Scanned::Bad { bytes, lines, reason });
                }
                found => return Ok(found),
            }
        }
    }

    /// Writes the cells of a record as a row.
    fn row(&mut self, table: &mut Table) -> Result<(), Error> {
        let window = self.feed.window();
        let zeros = self.feed.reader().zeros;
        for cell in &self.cells {
            let text = self.dialect.text(cell, window, &mut self.scratch);
            if !cell.quoted && (text.is_empty() || self.dialect.is_null(text)) {
                table.null();
            } else if zeros && memchr::memchr(0, text).is_some() {
                table.faulty(self.line, text, "a zero byte, which no text has");
            } else if cell.bare {
                table.plain(text);
            } else {
                table.text(text);
            }
        }
        table.end_row(self.line)
    }

    /// Takes off the cell that a delimiter at the end of a record seems to begin.
    fn drop_trailing(&mut self, width: Option<usize>) {
        let over = width.is_none_or(|width| self.cells.len() == width + 1);
        let empty = self.cells.last().is_some_and(|cell| !cell.quoted && cell.start == cell.end);
        if self.options.trailing_delimiter && over && empty && self.cells.len() > 1 {
            self.cells.pop();
        }
    }

    fn miscounted(&self, width: usize) -> String {
        let count = self.cells.len();
        let cells = if count == 1 { "1 cell".into() } else { format!("{count} cells") };
        let empty = self.cells.last().is_some_and(|cell| !cell.quoted && cell.start == cell.end);
        let hint = match count == width + 1 && empty {
            true => "; if each line ends with a delimiter, set `trailing_delimiter`",
            false => "",
        };
        format!("{cells}, but there are {width} columns{hint}")
    }

    /// The first line of a record, for people.
    fn shown(&self, bytes: usize) -> &[u8] {
        let window = self.feed.window();
        let bytes = if bytes == 0 { window.len() } else { bytes };
        let some = &window[..bytes.min(4096)];
        &some[..memchr::memchr2(b'\n', b'\r', some).unwrap_or(some.len())]
    }

    /// Leaves out a line whatever it holds.
    fn skip_line(&mut self) -> std::io::Result<()> {
        loop {
            let window = self.feed.window();
            if let Some(at) = memchr::memchr2(b'\n', b'\r', window) {
                if window[at] == b'\r' && at + 1 == window.len() && !self.feed.ended() {
                    self.feed.take(at);
                    self.feed.fill()?;
                    continue;
                }
                let both = window[at..].starts_with(b"\r\n");
                self.feed.take(at + 1 + usize::from(both));
                self.line += 1;
                return Ok(());
            }
            self.feed.take(window.len());
            if !self.feed.fill()? {
                return Ok(());
            }
        }
    }
}
