//! A workbook as text: a line for each cell, such as `rules.severity: error`, which places point into
//! as they point into any other file, and the cells with their lines.

use std::fmt::Write as _;
use std::io::Cursor;

use calamine::{CellErrorType, DataRef, ExcelDateTime, Reader as _, SheetType, Xlsx, XlsxError};

use super::archive::{broken, inspect, refuse};
use crate::source::{LocatedProblem, Span, offset};

/// How many filled cells a workbook may have.
const MAX_CELLS: usize = 1_000_000;
/// How much text they may come to, in bytes; a shared text counts wherever it stands.
const MAX_TEXT: usize = 64 * 1024 * 1024;

/// A workbook, read.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// A line for each cell that counts.
    pub(crate) text: String,
    pub(super) sheets: Vec<Sheet>,
    /// In order of sheet, row and column.
    pub(super) cells: Vec<Cell>,
}

/// A sheet that counts.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) name: String,
    /// Where its name stands in the text.
    pub(super) title: Span,
    /// The headings among the cells of the book.
    pub(super) header: std::ops::Range<usize>,
    /// The other cells.
    pub(super) body: std::ops::Range<usize>,
}

/// A filled cell.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) row: u32,
    pub(super) column: u32,
    /// Where its line begins: with its heading, if it has one.
    line: u32,
    /// Where what it holds begins and ends.
    pub(super) span: Span,
    pub(super) raw: Raw,
}

/// What a cell holds.
#[derive(Debug)]
pub(super) enum Raw {
    /// The text as it stands in its line.
    Text,
    /// A text with line breaks, which the line shows as spaces.
    Lines(Box<str>),
    /// Every number of Excel is one of these.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// A day or an instant; the line has it in ISO 8601.
    Instant,
    /// A span of time, which no field takes.
    Duration,
    /// `#N/A` and the like.
    Error,
    /// A formula without a value.
    Formula,
}

impl Cell {
    /// Where its heading stands in its line; what it holds, if it has none.
    pub(super) fn key(&self) -> Span {
        // Between heading and content stand a colon and a space.
        if self.line < self.span.start { self.line..self.span.start - 2 } else { self.span.clone() }
    }
}

impl Book {
    /// Reads a workbook.
    pub(crate) fn open(bytes: &[u8]) -> Result<Self, LocatedProblem> {
        inspect(bytes)?;
        let explain = |error: XlsxError| match error {
            XlsxError::Password => refuse("the workbook is protected by a password"),
            error => broken(&error),
        };
        let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(explain)?;
        let sheets: Vec<_> = workbook
            .sheets_metadata()
            .iter()
            .filter(|sheet| {
                sheet.typ == SheetType::WorkSheet && !sheet.name.starts_with(['_', '#'])
            })
            .map(|sheet| sheet.name.clone())
            .collect();
        let mut book = Self::default();
        for name in sheets {
            book.sheet(name, &mut workbook)?;
        }
        Ok(book)
    }

    fn sheet(
        &mut self,
        name: String,
        workbook: &mut Xlsx<Cursor<&[u8]>>,
    ) -> Result<(), LocatedProblem> {
        let title = offset(self.text.len());
        self.text.extend(name.chars().map(shown));
        let title = title..offset(self.text.len());
        self.text.push('\n');
        let start = self.cells.len();
        let mut reader = workbook.worksheet_cells_reader(&name).map_err(|error| broken(&error))?;
        let mut headings: Vec<Option<String>> = Vec::new();
        let (mut header_row, mut skipped, mut last) = (None, None, None);
        while let Some(record) =
            reader.next_cell_with_formula_metadata().map_err(|error| broken(&error))?
        {
            let (row, column) = record.pos;
            if last.is_some_and(|last| last >= record.pos) {
                return Err(refuse("the cells of the workbook are not in order")
                    .hint("open it in Excel or LibreOffice and save it again"));
            }
            last = Some(record.pos);
            if column == 0 && text_of(&record.value).is_some_and(|text| text.starts_with('#')) {
                skipped = Some(row);
            }
            let blank = match text_of(&record.value) {
                Some(text) => text.trim().is_empty(),
                None => record.value == DataRef::Empty && record.formula.is_none(),
            };
            if blank || skipped == Some(row) {
                continue;
            }
            if *header_row.get_or_insert(row) == row {
                let text = text_of(&record.value).unwrap_or_default().trim().to_owned();
                headings.resize(column as usize + 1, None);
                headings[column as usize] = Some(text);
                self.push((row, column), None, &record.value)?;
            } else {
                let heading = headings.get(column as usize).and_then(Option::as_deref);
                if !heading.is_some_and(|heading| heading.starts_with(['#', '_'])) {
                    self.push((row, column), heading, &record.value)?;
                }
            }
        }
        let end = self.cells.len();
        let header = header_row.map_or(start, |header| {
            start + self.cells[start..].partition_point(|cell| cell.row <= header)
        });
        if end > start {
            self.sheets.push(Sheet { name, title, header: start..header, body: header..end });
        } else {
            self.text.truncate(title.start as usize);
        }
        Ok(())
    }

    fn push(
        &mut self,
        (row, column): (u32, u32),
        heading: Option<&str>,
        value: &DataRef<'_>,
    ) -> Result<(), LocatedProblem> {
        let line = offset(self.text.len());
        if let Some(heading) = heading.filter(|heading| !heading.is_empty()) {
            self.text.extend(heading.chars().map(shown));
            self.text.push_str(": ");
        }
        let start = offset(self.text.len());
        let raw = self.content(value);
        let span = start..offset(self.text.len());
        self.text.push('\n');
        self.cells.push(Cell { row, column, line, span, raw });
        if self.cells.len() > MAX_CELLS || self.text.len() > MAX_TEXT {
            let message = "the workbook has more than a million filled cells or 64 MiB of text";
            return Err(refuse(message).hint("split it into several files of the same folder"));
        }
        Ok(())
    }

    /// Writes what a cell holds as its line shows it.
    fn content(&mut self, value: &DataRef<'_>) -> Raw {
        // Writing to a text cannot fail.
        let _ = match value {
            DataRef::String(text) => return self.lines(text),
            DataRef::SharedString(text) => return self.lines(text),
            DataRef::Int(number) => write!(self.text, "{number}"),
            DataRef::Float(number) => write!(self.text, "{number}"),
            DataRef::Bool(flag) => write!(self.text, "{flag}"),
            DataRef::DateTime(instant) if instant.is_datetime() => {
                write!(self.text, "{}", iso(*instant))
            }
            DataRef::DateTime(duration) => write!(self.text, "{} days", duration.as_f64()),
            DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
                self.text.extend(text.chars().map(shown));
                Ok(())
            }
            DataRef::Error(error) => write!(self.text, "{}", error_name(error)),
            DataRef::Empty => write!(self.text, "="),
        };
        match value {
            DataRef::Float(number) => Raw::Number(*number),
            #[expect(
                clippy::cast_precision_loss,
                reason = "numbers of workbooks are floats already"
            )]
            DataRef::Int(number) => Raw::Number(*number as f64),
            DataRef::Bool(flag) => Raw::Boolean(*flag),
            DataRef::DateTime(instant) if instant.is_datetime() => Raw::Instant,
            DataRef::DateTimeIso(_) => Raw::Instant,
            DataRef::DateTime(_) | DataRef::DurationIso(_) => Raw::Duration,
            DataRef::Error(_) => Raw::Error,
            _ => Raw::Formula,
        }
    }

    fn lines(&mut self, text: &str) -> Raw {
        if text.contains(|c: char| c.is_control()) {
            self.text.extend(text.chars().map(shown));
            Raw::Lines(text.into())
        } else {
            self.text.push_str(text);
            Raw::Text
        }
    }

    /// The text of a cell.
    pub(super) fn text_of<'a>(&'a self, cell: &'a Cell) -> &'a str {
        match &cell.raw {
            Raw::Lines(text) => text,
            _ => self.shown(&cell.span),
        }
    }

    /// A piece of the text.
    pub(super) fn shown(&self, span: &Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The cell or the sheet that stands at an offset of the text, as Excel writes it: `rule_set!C14`.
    pub(crate) fn address(&self, at: usize) -> String {
        let at = offset(at);
        let sheet = self.sheets.partition_point(|sheet| sheet.title.start <= at).saturating_sub(1);
        let Some(sheet) = self.sheets.get(sheet) else { return String::new() };
        let name = quoted(&sheet.name);
        let cell = self.cells.partition_point(|cell| cell.line <= at).checked_sub(1);
        match cell.and_then(|cell| self.cells.get(cell)) {
            Some(cell) if cell.line > sheet.title.start => {
                format!("{name}!{}{}", letters(cell.column), cell.row + 1)
            }
            _ => name,
        }
    }
}

fn text_of<'a>(value: &'a DataRef<'_>) -> Option<&'a str> {
    match value {
        DataRef::String(text) => Some(text),
        DataRef::SharedString(text) => Some(text),
        _ => None,
    }
}

/// A character as a line shows it, in as many bytes.
fn shown(c: char) -> char {
    if c.is_ascii_control() { ' ' } else { c }
}

/// The day or instant in ISO 8601, without a time zone, which Excel does not know.
fn iso(instant: ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, milli) = instant.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    match (hour, minute, second, milli) {
        (0, 0, 0, 0) => date,
        (_, _, _, 0) => format!("{date}T{hour:02}:{minute:02}:{second:02}"),
        _ => format!("{date}T{hour:02}:{minute:02}:{second:02}.{milli:03}"),
    }
}

fn error_name(error: &CellErrorType) -> String {
    error.to_string()
}

/// The letters of a column counted from 0: `A`, `Z`, `AA`.
pub(crate) fn letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or_default()));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

/// The name of a sheet as formulas have it: in quotes if it is more than a word.
fn quoted(name: &str) -> String {
    let word = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    if word { name.to_owned() } else { format!("'{}'", name.replace('\'', "''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_excel_names_them() {
        let names: Vec<_> = [0, 25, 26, 701, 702, 16_383].into_iter().map(letters).collect();
        assert_eq!(names, ["A", "Z", "AA", "ZZ", "AAA", "XFD"]);
        assert_eq!(quoted("rule_set"), "rule_set");
        assert_eq!(quoted("Bob's rules"), "'Bob''s rules'");
    }
}
