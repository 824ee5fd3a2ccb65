//! The lines that rows stand in. They are counted once something has to be named, not in every file that is read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use assay_schemas::plan::{CsvDialect, Format};
use memchr::memchr;

use super::{MARK, Packing, Signs};
use crate::{EngineError, FileNote};

/// Bytes read at once.
const CHUNK: usize = 1 << 16;

/// Where rows of some files stand in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// Of each file, as [`FileNote::shifts`].
    shifts: Vec<Vec<(u64, u64)>>,
}

impl Lines {
    /// Those of files in the order of their notes; `last` is the last row that is asked for of a file, by the
    /// file's number. Of a file that it does not name, what the notes know is all.
    ///
    /// # Errors
    /// [`EngineError::Data`]: a file cannot be read any more.
    pub fn of(
        notes: &[FileNote],
        files: &[PathBuf],
        format: &Format,
        last: &BTreeMap<usize, u64>,
    ) -> Result<Self, EngineError> {
        let mut shifts: Vec<_> = notes.iter().map(|note| note.shifts.clone()).collect();
        let Format::Csv(dialect) = format else { return Ok(Self { shifts }) };
        for (number, row) in last {
            let (Some(note), Some(file)) = (notes.get(*number), files.get(*number)) else {
                continue;
            };
            // Lines of a file that was written anew are not those of the original.
            if note.transcoded || dialect.encoding == "utf-16" {
                continue;
            }
            let found = counted(file, dialect, *row).map_err(|error| {
                EngineError::Data(format!("{}: its lines cannot be counted: {error}", note.name))
            })?;
            if let Some(own) = shifts.get_mut(*number) {
                *own = found;
            }
        }
        Ok(Self { shifts })
    }

    /// Those of one file, as [`FileNote::shifts`]; none where they are not known.
    pub fn of_file(&self, file: usize) -> &[(u64, u64)] {
        self.shifts.get(file).map(Vec::as_slice).unwrap_or_default()
    }

    /// The line in which a row begins, where that is known. Files are counted from 0, rows and lines from 1.
    pub fn line(&self, file: usize, row: u64) -> Option<u64> {
        let shifts = self.of_file(file);
        // The last breakpoint at or before the row counts.
        let before = shifts.partition_point(|(first, _)| *first <= row).checked_sub(1)?;
        shifts.get(before).map(|(_, shift)| row + shift)
    }
}

/// Blank lines that are no rows, up to a number of records and blank lines together, header included: at which number
/// each stands, and how many there are up to it. Empty where there are too many.
///
/// # Errors
/// The file cannot be read or unpacked.
pub fn blanks(path: &Path, dialect: &CsvDialect, last: u64) -> std::io::Result<Vec<(u64, u64)>> {
    let mut found: Vec<(u64, u64)> = Vec::new();
    walk(text_of(path)?, dialect, |record| {
        if record.kind == Kind::Blank {
            found.push((record.number, found.len() as u64 + 1));
        }
        record.number < last && found.len() <= FileNote::MOST_SHIFTS
    })?;
    Ok(if found.len() > FileNote::MOST_SHIFTS { Vec::new() } else { found })
}

/// Counts the lines of a file up to a row.
fn counted(path: &Path, dialect: &CsvDialect, last: u64) -> std::io::Result<Vec<(u64, u64)>> {
    shifts(text_of(path)?, dialect, last)
}

fn text_of(path: &Path) -> std::io::Result<Box<dyn Read>> {
    let mut begin = Vec::new();
    File::open(path)?.take(4).read_to_end(&mut begin)?;
    Packing::of(&begin).unpack(File::open(path)?)
}

/// By how much lines are ahead of rows, up to a row. Empty where the row is not found or too many rows have several
/// lines.
fn shifts(text: impl Read, dialect: &CsvDialect, last: u64) -> std::io::Result<Vec<(u64, u64)>> {
    let mut found: Vec<(u64, u64)> = Vec::new();
    let mut is_whole = last == 0;
    walk(text, dialect, |record| {
        let Kind::Row(row) = record.kind else { return !is_whole };
        let shift = record.line - row;
        if found.last().is_none_or(|(_, before)| *before != shift) {
            found.push((row, shift));
        }
        is_whole = row >= last;
        !is_whole && found.len() <= FileNote::MOST_SHIFTS
    })?;
    Ok(if is_whole && found.len() <= FileNote::MOST_SHIFTS { found } else { Vec::new() })
}

/// A record, or a blank line.
struct Record {
    /// The line in which it begins, from 1.
    line: u64,
    /// How many there are up to it.
    number: u64,
    kind: Kind,
}

#[derive(PartialEq, Eq)]
enum Kind {
    Header,
    /// No row.
    Blank,
    /// The row of this number, from 1.
    Row(u64),
}

/// Goes through a text for as long as `each` wants more. Blank lines are no rows, unless rows have one cell; a row has
/// as many lines as its quoted cells say.
fn walk(
    text: impl Read,
    dialect: &CsvDialect,
    mut each: impl FnMut(&Record) -> bool,
) -> std::io::Result<()> {
    let mut text = BufReader::with_capacity(CHUNK, text);
    let mut scan = Scan::new(dialect);
    let (mut line, mut number, mut row) = (0_u64, 0_u64, 0_u64);
    let (mut is_first, mut has_one_cell) = (true, false);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        if text.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(());
        }
        line += 1;
        let own = match line {
            1 => bytes.strip_prefix(MARK).unwrap_or(&bytes),
            _ => &bytes,
        };
        let begins = !scan.quoted;
        scan.pass(own);
        if !begins {
            continue;
        }
        number += 1;
        let is_blank = own.iter().all(|byte| matches!(byte, b'\n' | b'\r'));
        let kind = if is_blank && !has_one_cell {
            Kind::Blank
        } else if std::mem::take(&mut is_first) {
            has_one_cell = memchr(scan.signs.delimiter, own).is_none();
            // Of a text without header, blank lines before it were rows, too.
            row = if dialect.header { 0 } else { 1 + if has_one_cell { number - 1 } else { 0 } };
            if dialect.header { Kind::Header } else { Kind::Row(row) }
        } else {
            row += 1;
            Kind::Row(row)
        };
        if !each(&Record { line, number, kind }) {
            return Ok(());
        }
    }
}

/// Follows quotes from line to line.
struct Scan {
    signs: Signs,
    /// A quoted cell is open at the end of what was passed.
    quoted: bool,
}

impl Scan {
    fn new(dialect: &CsvDialect) -> Self {
        Self { signs: Signs::of(dialect), quoted: false }
    }

    fn pass(&mut self, line: &[u8]) {
        let Some(quote) = self.signs.quote.filter(|quote| memchr(*quote, line).is_some()) else {
            return;
        };
        // The byte before says whether a cell begins: within one a quote is a character like others.
        let mut before = self.signs.delimiter;
        let mut bytes = line.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            match self.quoted {
                true if Some(byte) == self.signs.escape => {
                    bytes.next();
                }
                true if byte == quote => {
                    // A second one stands for itself.
                    if self.signs.escape.is_some() || bytes.next_if_eq(&quote).is_none() {
                        self.quoted = false;
                    }
                }
                true => {}
                false => self.quoted = byte == quote && before == self.signs.delimiter,
            }
            before = byte;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, dialect: &CsvDialect, rows: u64) -> Vec<Option<u64>> {
        let shifts = vec![shifts(text.as_bytes(), dialect, rows).unwrap()];
        let lines = Lines { shifts };
        (1..=rows).map(|row| lines.line(0, row)).collect()
    }

    fn some(lines: &[u64]) -> Vec<Option<u64>> {
        lines.iter().copied().map(Some).collect()
    }

    #[test]
    fn blank_lines_and_line_breaks_in_quotes_push_rows_on() {
        let dialect = CsvDialect::default();
        let text =
            "\u{feff}\na,b\r\n\n1,x\n2,\"y\n\nz\"\r\n\r\n3,\"say \"\"hi\"\"\n\"\n4,5\" pipe\n5,z";
        assert_eq!(lines(text, &dialect, 5), some(&[4, 5, 9, 11, 12]));
        assert_eq!(lines(text, &CsvDialect { header: false, ..dialect }, 1), some(&[2]));
    }

    #[test]
    fn blank_lines_are_rows_of_one_cell() {
        let dialect = CsvDialect::default();
        assert_eq!(lines("\na\n1\n\n2\n", &dialect, 3), some(&[3, 4, 5]));
        assert_eq!(
            lines("\n\n1\n\n2\n", &CsvDialect { header: false, ..dialect }, 5),
            [None, None, Some(3), Some(4), Some(5)]
        );
    }

    #[test]
    fn blank_lines_are_counted_among_records() {
        let folder = tempfile::tempdir().unwrap();
        let blanks = |text: &str, last| {
            let file = folder.path().join("a.csv");
            std::fs::write(&file, text).unwrap();
            blanks(&file, &CsvDialect::default(), last).unwrap()
        };
        let text = "\na,b\r\n1,\"x\n\ny\"\r\n\r\n\r\n2,3\n\n4";
        assert_eq!(blanks(text, 99), [(1, 1), (4, 2), (5, 3), (7, 4)]);
        assert_eq!(blanks(text, 5), [(1, 1), (4, 2), (5, 3)]);
        assert_eq!(blanks("a\n\n1\n", 99), []);
    }

    #[test]
    fn escapes_and_text_without_quotes_are_followed() {
        let escaped = CsvDialect { escape: "\\".into(), ..CsvDialect::default() };
        assert_eq!(lines("a\n\"x\\\"\ny\"\n2\n", &escaped, 2), some(&[2, 4]));
        let none = CsvDialect { quote: String::new(), ..CsvDialect::default() };
        assert_eq!(lines("a\n\"x\ny\n", &none, 2), some(&[2, 3]));
    }

    #[test]
    fn what_cannot_be_told_is_not_told() {
        let dialect = CsvDialect::default();
        assert_eq!(lines("a\n1\n", &dialect, 2), [None, None]);
        let broken = "\"x\ny\"\n".repeat(FileNote::MOST_SHIFTS + 1);
        let rows = FileNote::MOST_SHIFTS as u64 + 1;
        assert_eq!(lines(&format!("a\n{broken}"), &dialect, rows)[0], None);
        assert_eq!(lines(&format!("a\n{broken}"), &dialect, 2), some(&[2, 4]));
    }

    #[test]
    fn a_file_that_was_written_anew_keeps_the_lines_of_its_original() {
        let note = |transcoded| FileNote {
            name: "a.json".into(),
            shifts: vec![(1, 7)],
            transcoded,
            ..FileNote::default()
        };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.csv");
        std::fs::write(&file, "a\n1\n2\n").unwrap();
        let format = Format::Csv(CsvDialect::default());
        let last = BTreeMap::from([(0, 2)]);
        let line = |note| {
            Lines::of(&[note], std::slice::from_ref(&file), &format, &last).unwrap().line(0, 2)
        };
        assert_eq!((line(note(true)), line(note(false))), (Some(9), Some(3)));
        std::fs::remove_file(&file).unwrap();
        let gone = Lines::of(&[note(false)], std::slice::from_ref(&file), &format, &last);
        assert!(gone.unwrap_err().to_string().starts_with("a.json: its lines cannot be counted"));
    }
}
