//! Delimited text: what a file seems to be, and its first record.

use std::path::Path;

use assay_schemas::plan::{CsvDialect, DatasetPlan};

use super::{Packing, beginning, line, zstd};
use crate::EngineError;

/// Bytes read to find the first record.
const HEAD: u64 = 1 << 16;
/// The way out for text of another encoding.
pub const OTHER_ENCODING: &str = "say how it is written (`encoding: latin-1` or utf-16 in the contract, `--encoding` of a command), or repair \
     the file";

/// Looks at the first bytes of a text file: how it is packed, and whether it is text at all.
///
/// # Errors
/// The file is empty, its name and its packing disagree, or it is something else than text.
pub fn inspect(path: &Path, dialect: &CsvDialect) -> Result<Packing, EngineError> {
    let (bytes, _) = beginning(path, 4096)?;
    let name = path.display();
    let packing = Packing::of(&bytes);
    let promised = match path.extension().and_then(|ending| ending.to_str()) {
        Some("gz" | "gzip") => Some(("gzip", Packing::Gzip)),
        Some("zst" | "zstd") => Some(("zstd", Packing::Zstd)),
        _ => None,
    };
    if let Some((word, _)) = promised.filter(|(_, promised)| *promised != packing) {
        return Err(EngineError::Data(format!(
            "{name}: not a {word} file, as its name says; {}",
            guess(&bytes)
        )));
    }
    if packing == Packing::Zstd {
        zstd::inspect(path)?;
    }
    let wide = dialect.encoding == "utf-16";
    let odd = foreign(&bytes)
        // Every other byte of UTF-16 is zero, and its mark says so.
        .or_else(|| (!wide && bytes.contains(&0)).then_some("binary data"));
    match (packing, odd) {
        (Packing::Plain, Some("UTF-16 text")) if !wide => Err(EngineError::Data(format!(
            "{name}: the file is UTF-16, but is read as {}; set `encoding: utf-16`",
            dialect.encoding
        ))),
        (Packing::Plain, Some(kind)) if kind != "UTF-16 text" => {
            Err(EngineError::Data(format!("{name}: not delimited text; it looks like {kind}")))
        }
        _ if !wide => line::inspect(path, packing, dialect).map(|()| packing),
        _ => Ok(packing),
    }
}

/// What bytes look like, as a clause.
pub(super) fn guess(bytes: &[u8]) -> String {
    match foreign(bytes) {
        Some(kind) => format!("it looks like {kind}"),
        None if bytes.contains(&0) => "it looks like binary data".into(),
        None => "it looks like text".into(),
    }
}

/// What is neither Parquet's nor plain text's first bytes.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    let start: Vec<u8> = bytes
        .iter()
        .skip_while(|byte| byte.is_ascii_whitespace() || matches!(byte, 0xef | 0xbb | 0xbf))
        .take(16)
        .map(u8::to_ascii_lowercase)
        .collect();
    let kinds: [(&[u8], &str); 12] = [
        (b"<!doctype html", "a web page"),
        (b"<html", "a web page"),
        (b"<?xml", "XML"),
        (b"par1", "a Parquet file"),
        (b"pk\x03\x04", "a ZIP archive or an Excel workbook"),
        (b"%pdf", "a PDF document"),
        (b"sqlite format 3", "an SQLite database"),
        (b"\xd0\xcf\x11\xe0", "an Excel workbook of the old format"),
        (b"\xff\xfe", "UTF-16 text"),
        (b"\xfe\xff", "UTF-16 text"),
        (b"\x1f\x8b", "a gzip file"),
        (b"\x28\xb5\x2f\xfd", "a zstd file"),
    ];
    kinds.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, kind)| *kind)
}

/// The first record of a text file, which may name its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its cells; none where the file has blank lines only.
    pub cells: Vec<String>,
    /// Blank lines before it.
    pub blank: usize,
}

/// The first record of a file that is not packed; `None` where it does not end within the first bytes.
///
/// # Errors
/// The file cannot be read, or the bytes are not of the dialect's encoding.
pub fn head(path: &Path, dialect: &CsvDialect) -> Result<Option<Head>, EngineError> {
    let (bytes, length) = beginning(path, HEAD)?;
    let text = decode(&bytes, &dialect.encoding).map_err(|(line, byte)| {
        EngineError::Data(format!(
            "{}: line {line}: a byte that is not {} near byte {byte}; {OTHER_ENCODING}",
            path.display(),
            dialect.encoding
        ))
    })?;
    Ok(first_record(&text, length <= HEAD, dialect))
}

/// Text of the first bytes of a file, without a character that is cut in two; or the line and byte of the
/// first fault.
fn decode(bytes: &[u8], encoding: &str) -> Result<String, (usize, usize)> {
    match encoding {
        "latin-1" => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
        "utf-16" => {
            let swapped = bytes.starts_with(&[0xfe, 0xff]);
            let units = bytes.chunks_exact(2).map(|pair| match swapped {
                true => u16::from_be_bytes([pair[0], pair[1]]),
                false => u16::from_le_bytes([pair[0], pair[1]]),
            });
            Ok(char::decode_utf16(units).map(|unit| unit.unwrap_or('\u{fffd}')).collect())
        }
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(fault) => {
                let sound = &bytes[..fault.valid_up_to()];
                match fault.error_len() {
                    // The record that matters may end before the fault; reading on will tell of it.
                    Some(_) if !sound.contains(&b'\n') => Err((1, sound.len() + 1)),
                    _ => Ok(String::from_utf8_lossy(sound).into_owned()),
                }
            }
        },
    }
}

/// The first record of `text`, which is the `whole` file or its beginning. `None` where the record does
/// not end, or not properly.
pub fn first_record(text: &str, whole: bool, dialect: &CsvDialect) -> Option<Head> {
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut blank = 0;
    while let Some(next) = ["\r\n", "\n", "\r"].iter().find_map(|end| rest.strip_prefix(end)) {
        rest = next;
        blank += 1;
    }
    if rest.is_empty() {
        return whole.then_some(Head { cells: Vec::new(), blank });
    }
    let quote = dialect.quote.chars().next();
    let escape = dialect.escape.chars().next().or(quote);
    let mut cells = Vec::new();
    loop {
        let (cell, tail) =
            match quote.and_then(|quote| rest.strip_prefix(quote).map(|t| (quote, t))) {
                Some((quote, inside)) => quoted(inside, quote, escape.unwrap_or(quote))?,
                None => {
                    let cut = [rest.find(dialect.delimiter.as_str()), rest.find(['\n', '\r'])];
                    let end = cut.into_iter().flatten().min().unwrap_or(rest.len());
                    (rest[..end].to_owned(), &rest[end..])
                }
            };
        cells.push(cell);
        match tail.strip_prefix(dialect.delimiter.as_str()) {
            Some(next) if !dialect.delimiter.is_empty() => rest = next,
            _ => {
                let ends = tail.starts_with(['\n', '\r']) || (whole && tail.is_empty());
                return ends.then_some(Head { cells, blank });
            }
        }
    }
}

/// Names the columns by the cells of a header. Blanks around a name are none of it where the name without them is a
/// declared one. Where nobody declares a column, each gets a name to go by.
pub fn name_columns(cells: &mut [String], dataset: &DatasetPlan) {
    let fields = dataset.read_fields();
    if fields.is_empty() {
        return give_names(cells);
    }
    let is_declared = |name: &str| fields.iter().any(|field| field.name.as_str() == name);
    for index in 0..cells.len() {
        let Some(cell) = cells.get(index) else { continue };
        let plain = cell.trim().to_owned();
        let is_taken = cells.contains(&plain);
        if let Some(cell) = cells.get_mut(index).filter(|cell| !is_declared(cell))
            && is_declared(&plain)
            && !is_taken
        {
            *cell = plain;
        }
    }
}

/// Gives a name to cells of a header that have none or that of another: `column_3`, `fare_2`.
fn give_names(cells: &mut [String]) {
    let mut taken = std::collections::BTreeSet::new();
    for (index, cell) in cells.iter_mut().enumerate() {
        let plain: String = cell.trim().chars().filter(|c| !c.is_control()).take(200).collect();
        let base = if plain.is_empty() { format!("column_{}", index + 1) } else { plain };
        let mut name = base.clone();
        let mut number = 2;
        // DuckDB takes names that differ by case alone for the same.
        while !taken.insert(name.to_lowercase()) {
            name = format!("{base}_{number}");
            number += 1;
        }
        *cell = name;
    }
}

/// What the first bytes of a text file say of how it is written: its encoding by its mark, and the delimiter
/// that splits its first lines into the same number of cells. What they do not say stays as it is.
///
/// # Errors
/// The file cannot be read.
pub fn sniff(path: &Path, dialect: &mut CsvDialect) -> Result<(), EngineError> {
    let (bytes, _) = beginning(path, HEAD)?;
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        dialect.encoding = "utf-16".into();
    }
    let name = path.to_string_lossy().to_lowercase();
    let packed = bytes.starts_with(&[0x1f, 0x8b]) || bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
    if packed {
        if name.contains(".tsv") || name.contains(".tab") {
            dialect.delimiter = "\t".into();
        }
        return Ok(());
    }
    let text = decode(&bytes, &dialect.encoding).unwrap_or_default();
    let counts = |delimiter: char| -> Vec<usize> {
        let mut lines = vec![0];
        let mut quoted = false;
        for character in text.chars() {
            match character {
                '"' => quoted = !quoted,
                '\n' if !quoted => lines.push(0),
                _ if character == delimiter && !quoted => {
                    if let Some(last) = lines.last_mut() {
                        *last += 1;
                    }
                }
                _ => {}
            }
        }
        // The last line may be cut off.
        lines.pop();
        lines.truncate(50);
        lines
    };
    let best = [',', '\t', ';', '|']
        .into_iter()
        .map(|delimiter| {
            let counts = counts(delimiter);
            let first = counts.first().copied().unwrap_or(0);
            let same = counts.iter().filter(|count| **count == first).count();
            (if first == 0 { 0 } else { same * 1000 / counts.len() }, first, delimiter)
        })
        .max_by_key(|(same, first, _)| (*same, *first));
    if let Some((1.., _, delimiter)) = best {
        dialect.delimiter = delimiter.into();
    }
    Ok(())
}

/// A cell after its opening quote, and what follows its closing one.
fn quoted(inside: &str, quote: char, escape: char) -> Option<(String, &str)> {
    let mut cell = String::new();
    let mut characters = inside.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        if character == escape && next == Some(quote) {
            cell.push(quote);
            characters.next();
        } else if character == quote {
            return Some((cell, &inside[at + quote.len_utf8()..]));
        } else {
            cell.push(character);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_around_a_name_are_none_of_it_where_the_name_is_declared() {
        let dataset = |names: &[&str]| -> DatasetPlan {
            let field = |name: &&str| serde_json::json!({ "name": name, "data_type": "text", "optional": false, "redaction": "none" });
            serde_json::from_value(serde_json::json!({
                "dataset_contract_id": "d", "source": { "path": "d", "format": { "format": "parquet" } },
                "fields": names.iter().map(field).collect::<Vec<_>>(), "primary_key": [], "steps": [], "checks": [],
            }))
            .unwrap()
        };
        let named = |header: &[&str], declared: &[&str]| {
            let mut cells: Vec<String> = header.iter().map(|cell| (*cell).to_owned()).collect();
            name_columns(&mut cells, &dataset(declared));
            cells
        };
        assert_eq!(named(&["a", " b", "c "], &["a", "b"]), ["a", "b", "c "]);
        assert_eq!(named(&["b", " b", "b "], &["b"]), ["b", " b", "b "]);
        assert_eq!(named(&[" b", "b "], &["b"]), ["b", "b "]);
        assert_eq!(named(&[" b", "", "fare", "Fare"], &[]), ["b", "column_2", "fare", "Fare_2"]);
    }

    #[test]
    fn the_first_record_is_read_as_the_dialect_says() {
        let dialect = CsvDialect::default();
        let cells = |text: &str| first_record(text, true, &dialect).map(|head| head.cells);
        assert_eq!(cells("\u{feff}a,b\r\n1,2").unwrap(), ["a", "b"]);
        assert_eq!(
            cells("\"a \"\"x\"\", y\",\"l1\nl2\",\n").unwrap(),
            ["a \"x\", y", "l1\nl2", ""]
        );
        assert_eq!(cells("\"a"), None);
        assert_eq!(cells("\"a\"b,c\n"), None);
        assert_eq!(cells("\n\r\n").unwrap(), [""; 0]);
        assert_eq!(first_record("a,b", false, &dialect), None);
        let late = first_record("\r\n\na,b\n", true, &dialect).unwrap();
        assert_eq!((late.cells.len(), late.blank), (2, 2));
        let tabs = CsvDialect { delimiter: "\t".into(), quote: String::new(), ..dialect };
        assert_eq!(first_record("\"a\tb", true, &tabs).unwrap().cells, ["\"a", "b"]);
    }

    #[test]
    fn what_is_not_delimited_text_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let said = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            inspect(&path, &CsvDialect::default()).map_err(|error| error.to_string())
        };
        assert_eq!(said("a.csv", b"a,b\n"), Ok(Packing::Plain));
        assert_eq!(said("a.csv", b"\x1f\x8b\x08"), Ok(Packing::Gzip));
        assert!(said("a.csv", b"").unwrap_err().contains("0 bytes"));
        assert!(said("a.csv", b" <!DOCTYPE html>").unwrap_err().contains("a web page"));
        assert!(said("a.csv", b"PK\x03\x04").unwrap_err().contains("Excel"));
        assert!(said("a.csv", b"a\0b").unwrap_err().contains("binary data"));
        assert!(said("a.csv", b"\xff\xfea\0").unwrap_err().contains("encoding: utf-16"));
        assert!(said("a.csv.gz", b"a,b\n").unwrap_err().contains("not a gzip file"));
        assert!(said("a.csv.zst", b"\x1f\x8b\x08").unwrap_err().contains("not a zstd file"));
    }
}
