//! Records of text files that are longer than any reader takes. DuckDB passes over some of them and says
//! nothing, and where one holds line breaks in quotes it takes its inside for rows; so they are found before.

use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, Read};
use std::path::Path;

use assay_schemas::plan::CsvDialect;
use memchr::{memchr, memchr2, memrchr2};

use super::{MARK, Packing, Signs, short};
use crate::EngineError;

/// Bytes that a record may have.
const LONGEST: u64 = 2_000_000;
/// Bytes looked at together; a line within them is never too long.
const CHUNK: usize = 1 << 18;
/// No packing makes so few bytes of a record that is too long.
const LEAST_PACKED: u64 = 100;

/// Whether every record of a file can be read.
///
/// # Errors
/// One is too long, or the file cannot be read or unpacked.
pub fn inspect(path: &Path, packing: Packing, dialect: &CsvDialect) -> Result<(), EngineError> {
    let name = path.display();
    let told = |error: std::io::Error| EngineError::Data(format!("{name}: {error}"));
    let file = File::open(path).map_err(told)?;
    let length = file.metadata().map_err(told)?.len();
    let enough = if packing == Packing::Plain { LONGEST } else { LEAST_PACKED };
    if length <= enough {
        return Ok(());
    }
    let quote = Signs::of(dialect).quote;
    if packing == Packing::Plain
        && short::is_proven(path, length, (quote, LONGEST)).map_err(told)?
    {
        return Ok(());
    }
    match packing.unpack(file).and_then(|text| endless(text, dialect)) {
        Ok(None) => Ok(()),
        Ok(Some(Endless { begin, quoted })) => {
            // Lines are counted where one has to be named, not in every file that is read.
            let file = File::open(path).map_err(told)?;
            let line = packing.unpack(file).and_then(|text| line_of(text, begin));
            let line = line.map_err(told)?;
            let within = if packing == Packing::Plain { "" } else { " of the unpacked text" };
            let way = match quoted {
                true => "look for a quote that is not closed, or split it",
                false => "split it, or look at what should end its lines",
            };
            Err(EngineError::Data(format!(
                "{name}: line {line}, byte {begin}{within}: the record that begins here has more than {LONGEST} \
                 bytes, which is not read; {way}"
            )))
        }
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(EngineError::Data(format!(
            "{name}: the file is cut off: it cannot be unpacked to its end"
        ))),
        Err(error) if packing == Packing::Plain => Err(told(error)),
        // What follows the packed text, or is wrong with it, is for its reader to judge.
        Err(_) => Ok(()),
    }
}

/// The line that a byte stands in, from 1.
fn line_of(text: impl Read, byte: u64) -> std::io::Result<u64> {
    let mut text = BufReader::with_capacity(CHUNK, text.take(byte));
    let mut line = 1;
    loop {
        let bytes = text.fill_buf()?;
        let read = bytes.len();
        if read == 0 {
            return Ok(line);
        }
        line += memchr::memchr_iter(b'\n', bytes).count() as u64;
        text.consume(read);
    }
}

/// A record that is too long.
#[derive(Debug, PartialEq, Eq)]
struct Endless {
    /// Where it begins, in bytes from 0.
    begin: u64,
    /// It was found within a quoted cell.
    quoted: bool,
}

/// The first record that is longer than [`LONGEST`].
fn endless(mut text: impl Read, dialect: &CsvDialect) -> std::io::Result<Option<Endless>> {
    let mut scan = Scan::new(dialect);
    let mut buffer = vec![0; CHUNK];
    loop {
        let read = match text.read(&mut buffer) {
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let bytes = buffer.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(None);
        }
        if let Some(found) = scan.pass(bytes) {
            return Ok(Some(found));
        }
    }
}

/// Where a scan stands within a cell.
#[derive(Clone, Copy, PartialEq)]
enum State {
    /// In none that is quoted.
    Bare,
    /// In one that is.
    Quoted,
    /// Behind an escape in one.
    Escaped,
    /// Behind a quote in one: its end, unless another follows.
    Closing,
}

/// What is known of a text up to a byte.
struct Scan {
    signs: Signs,
    state: State,
    /// Bytes passed.
    at: u64,
    /// Where the record under way begins.
    begin: u64,
    /// The byte before.
    last: u8,
}

impl Scan {
    fn new(dialect: &CsvDialect) -> Self {
        Self { signs: Signs::of(dialect), state: State::Bare, at: 0, begin: 0, last: b'\n' }
    }

    /// Passes over bytes; gives the record that has become too long.
    fn pass(&mut self, bytes: &[u8]) -> Option<Endless> {
        let skipped = if self.at == 0 && bytes.starts_with(MARK) { MARK.len() } else { 0 };
        let mut rest = bytes.get(skipped..).unwrap_or_default();
        self.at += skipped as u64;
        while let Some(first) = rest.first() {
            let passed = match self.state {
                State::Bare => match self.bare(rest) {
                    Ok(passed) => passed,
                    Err(found) => return Some(found),
                },
                State::Quoted => self.quoted(rest),
                State::Escaped => {
                    self.state = State::Quoted;
                    1
                }
                State::Closing
                    if Some(*first) == self.signs.quote && self.signs.escape.is_none() =>
                {
                    self.state = State::Quoted;
                    1
                }
                State::Closing => {
                    self.state = State::Bare;
                    0
                }
            };
            self.at += passed as u64;
            if let Some(last) = passed.checked_sub(1).and_then(|index| rest.get(index)) {
                self.last = *last;
            }
            rest = rest.get(passed..).unwrap_or_default();
        }
        self.too_long(self.at)
    }

    fn too_long(&self, end: u64) -> Option<Endless> {
        (end - self.begin > LONGEST)
            .then_some(Endless { begin: self.begin, quoted: self.state != State::Bare })
    }

    /// Passes up to and over the next quote that opens a cell; ends of lines before it end records.
    fn bare(&mut self, bytes: &[u8]) -> Result<usize, Endless> {
        let quote = self.signs.quote.and_then(|quote| memchr(quote, bytes));
        let before = bytes.get(..quote.unwrap_or(bytes.len())).unwrap_or_default();
        if let Some(first) = memchr2(b'\n', b'\r', before) {
            if let Some(found) = self.too_long(self.at + first as u64) {
                return Err(found);
            }
            let last = memrchr2(b'\n', b'\r', before).unwrap_or(first);
            self.begin = self.at + last as u64 + 1;
        }
        let Some(quote) = quote else { return Ok(bytes.len()) };
        // Within a cell a quote is a character like others.
        let last = before.last().copied().unwrap_or(self.last);
        if last == self.signs.delimiter || matches!(last, b'\n' | b'\r') {
            self.state = State::Quoted;
        }
        Ok(quote + 1)
    }

    /// Passes up to and over the next quote or escape of a quoted cell.
    fn quoted(&mut self, bytes: &[u8]) -> usize {
        let quote = self.signs.quote.unwrap_or(b'"');
        let found = match self.signs.escape {
            Some(escape) => memchr2(quote, escape, bytes),
            None => memchr(quote, bytes),
        };
        let Some(found) = found else { return bytes.len() };
        self.state = match bytes.get(found) == Some(&quote) {
            true => State::Closing,
            false => State::Escaped,
        };
        found + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(u64, u64, bool)> {
        let dialect = CsvDialect::default();
        let found = endless(text.as_bytes(), &dialect).unwrap()?;
        let line = line_of(text.as_bytes(), found.begin).unwrap();
        Some((found.begin, line, found.quoted))
    }

    #[test]
    fn the_first_line_that_is_too_long_is_found_wherever_it_stands() {
        let short = |bytes: usize| "short\n".repeat(bytes / 6);
        for before in [0, 6, 600_000, 1_048_578, 3_000_000] {
            let begin = (before / 6 * 6) as u64;
            let line = begin / 6 + 1;
            for after in [0, 12, 1_200_000] {
                let text = |line: usize| {
                    format!("{}{}\n{}", short(before), "x".repeat(line), short(after))
                };
                assert_eq!(found(&text(2_000_001)), Some((begin, line, false)), "{before} {after}");
                assert_eq!(found(&text(5_000_000)), Some((begin, line, false)), "{before} {after}");
                assert_eq!(found(&text(2_000_000)), None, "{before} {after}");
                assert_eq!(found(&text(1_100_000)), None, "{before} {after}");
            }
        }
        assert_eq!(found(&format!("a\n{}", "x".repeat(3_000_000))), Some((2, 2, false)));
    }

    #[test]
    fn line_breaks_in_quotes_end_no_record() {
        let rows = |count: usize| "8,\"\"row\"\"\n".repeat(count);
        let record = |count: usize| format!("id,note\n1,a\n2,\"{}\"\n3,\"b\nc\"\n", rows(count));
        assert_eq!(found(&record(300_000)), Some((12, 3, true)));
        assert_eq!(found(&record(150_000)), None);
        // Many cells with line breaks make one record.
        let cells = format!("a\n{}\n", vec![format!("\"{}\"", rows(1000)); 300].join(","));
        assert_eq!(found(&cells), Some((2, 2, true)));
        // Short ones after each other are as many records.
        assert_eq!(found(&"1,\"b\n\"\"c\"\n".repeat(500_000)), None);
    }

    #[test]
    fn a_quote_within_a_cell_opens_none() {
        assert_eq!(found(&format!("a\n5\" pipe\n{}", "6,x\n".repeat(1_000_000))), None);
        assert_eq!(found(&format!("a\n\"5\n{}", "6,x\n".repeat(1_000_000))), Some((2, 2, true)));
        assert_eq!(found(&format!("{}\"a\n\",b\n{}", "\u{feff}", "6,x\n".repeat(600_000))), None);
    }

    #[test]
    fn escapes_hide_quotes_and_some_files_know_no_quote() {
        let text = format!("a\n\"5\\\" pipe\"\n{}", "6,x\n".repeat(1_000_000));
        let escaped = CsvDialect { escape: "\\".into(), ..CsvDialect::default() };
        assert_eq!(endless(text.as_bytes(), &escaped).unwrap(), None);
        let none = CsvDialect { quote: String::new(), ..CsvDialect::default() };
        let text = format!("a\n\"5\n{}", "6,x\n".repeat(1_000_000));
        assert_eq!(endless(text.as_bytes(), &none).unwrap(), None);
    }
}
