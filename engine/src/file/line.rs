//! Lines of text files that are longer than any reader takes, found without reading the file.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crate::EngineError;

/// Bytes that a line may have. DuckDB passes over longer ones and says nothing, so rows would be missing
/// unnoticed.
const LONGEST: u64 = 2_000_000;

/// A line that is too long covers at least two whole blocks.
const BLOCK: u64 = 1 << 19;

/// Whether every line of a file can be read.
///
/// # Errors
/// One is too long, or the file cannot be read.
pub fn inspect(path: &Path) -> Result<(), EngineError> {
    let name = path.display();
    match endless(path).map_err(|error| EngineError::Data(format!("{name}: {error}")))? {
        None => Ok(()),
        Some(begin) => Err(EngineError::Data(format!(
            "{name}: the line that begins after byte {begin} has more than {LONGEST} bytes, which is not read; split \
             it, or look for a quote that is not closed"
        ))),
    }
}

/// Where the first line begins that is longer than [`LONGEST`], in bytes from 0. A few bytes of each block tell.
///
/// # Errors
/// The file cannot be read.
fn endless(path: &Path) -> std::io::Result<Option<u64>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    // Blocks without the end of a line begin here.
    let mut run: Option<u64> = None;
    let mut at = 0;
    while at < length {
        let end = first_end(&mut file, at, BLOCK)?;
        let ends = end.is_some() || at + BLOCK >= length;
        if let Some(from) = run.filter(|_| ends) {
            let begin = last_end(&mut file, from)?.map_or(0, |end| end + 1);
            if end.unwrap_or(length) - begin > LONGEST {
                return Ok(Some(begin));
            }
        }
        run = match end {
            Some(_) => None,
            None => run.or(Some(at)),
        };
        at += BLOCK;
    }
    Ok(None)
}

/// Lines end in a line feed, a carriage return or both.
fn is_end(byte: &u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// The first end of a line from a place on, among so many bytes.
fn first_end(file: &mut File, from: u64, most: u64) -> std::io::Result<Option<u64>> {
    file.seek(SeekFrom::Start(from))?;
    let mut window = [0; 4096];
    let mut seen = 0;
    while seen < most {
        let read = file.read(&mut window)?;
        if read == 0 {
            break;
        }
        let bytes = window.get(..read).unwrap_or_default();
        if let Some(found) = bytes.iter().position(is_end) {
            let at = seen + found as u64;
            return Ok((at < most).then_some(from + at));
        }
        seen += read as u64;
    }
    Ok(None)
}

/// The last end of a line before a place.
fn last_end(file: &mut File, before: u64) -> std::io::Result<Option<u64>> {
    let from = before.saturating_sub(BLOCK);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(before - from).read_to_end(&mut bytes)?;
    Ok(bytes.iter().rposition(is_end).map(|at| from + at as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_is_too_long_is_found_wherever_it_stands() {
        let folder = tempfile::tempdir().unwrap();
        let found = |before: usize, line: usize, after: usize| {
            let path = folder.path().join("a.csv");
            let short = |bytes: usize| "short\n".repeat(bytes / 6);
            let text = format!("{}{}\n{}", short(before), "x".repeat(line), short(after));
            std::fs::write(&path, text).unwrap();
            endless(&path).unwrap()
        };
        for before in [0, 6, 600_000, 1_048_578, 3_000_000] {
            let begin = (before / 6 * 6) as u64;
            for after in [0, 12, 1_200_000] {
                assert_eq!(found(before, 2_000_001, after), Some(begin), "{before} {after}");
                assert_eq!(found(before, 5_000_000, after), Some(begin), "{before} {after}");
                assert_eq!(found(before, 2_000_000, after), None, "{before} {after}");
                assert_eq!(found(before, 1_100_000, after), None, "{before} {after}");
            }
        }
    }

    #[test]
    fn a_line_without_an_end_counts_to_the_end_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, format!("a\n{}", "x".repeat(3_000_000))).unwrap();
        assert_eq!(endless(&path).unwrap(), Some(2));
        std::fs::write(&path, "a\n").unwrap();
        assert_eq!(endless(&path).unwrap(), None);
    }
}
