//! A guess at how a text file is written, from its beginning, and in words.

use std::collections::BTreeMap;

use encoding_rs::{Encoding, UTF_8};

use super::Options;
use super::decode::{likely, zeros};
use super::scan::{Dialect, Scanned};

/// Bytes that are looked at.
const HEAD: usize = 1 << 16;
/// Records that are looked at.
const RECORDS: usize = 1000;
/// In the order in which they are preferred.
const DELIMITERS: [&str; 9] = [",", ";", "\t", "|", "\u{1f}", "\u{1}", "^", "~", "¦"];

/// A guess at a dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sniffed {
    /// Between cells.
    pub delimiter: String,
    /// Around cells.
    pub quote: Option<char>,
    /// The first record names the columns.
    pub header: bool,
    /// The label of an encoding.
    pub encoding: String,
    /// Lines before the header.
    pub skip_rows: u64,
    /// Each record ends with a delimiter that begins no cell.
    pub trailing_delimiter: bool,
    /// What was guessed and why, a clause each.
    pub said: Vec<String>,
}

impl Sniffed {
    /// How to read the file if the guess is right.
    pub fn options(&self) -> Options {
        Options {
            delimiter: self.delimiter.clone(),
            quote: self.quote,
            header: self.header,
            encoding: self.encoding.clone(),
            skip_rows: self.skip_rows,
            trailing_delimiter: self.trailing_delimiter,
            ..Options::default()
        }
    }
}

/// The records of a beginning as one dialect splits them.
struct Split {
    delimiter: &'static str,
    quote: char,
    /// Line on which each record begins, from 0, and its cells; the text, not the columns, may be cut short.
    records: Vec<(u64, Vec<Text>)>,
    /// The number of cells that most records have, and how many have it.
    width: usize,
    fitting: usize,
}

struct Text {
    text: String,
    quoted: bool,
}

/// Guesses how a text is written from its beginning; more than 64 KiB is not looked at.
pub fn sniff(bytes: &[u8]) -> Sniffed {
    let whole = bytes.len() < HEAD;
    let bytes = &bytes[..bytes.len().min(HEAD)];
    let mut said = Vec::new();
    let encoding = encoding(bytes, whole, &mut said);
    let (text, _) = encoding.decode_with_bom_removal(bytes);
    let mut text = text.into_owned();
    if !whole {
        // The last line may be cut off.
        text.truncate(text.rfind(['\n', '\r']).map_or(text.len(), |at| at + 1));
    }
    let best = best(&text);
    said.push(match (best.width, best.records.len()) {
        (0 | 1, _) => "no delimiter splits the lines evenly, so one column and `,`".into(),
        (width, all) => format!(
            "delimiter {}: it splits {} of {all} records into {width} cells",
            shown(best.delimiter),
            best.fitting
        ),
    });
    let quoted = best.records.iter().flat_map(|(_, cells)| cells).any(|cell| cell.quoted);
    if quoted && best.quote != '"' {
        said.push(format!("quote `{}`: cells begin and end with it", best.quote));
    }
    let first = best
        .records
        .iter()
        .position(|(_, cells)| best.width < 2 || cells.len() == best.width)
        .unwrap_or(0);
    let skip_rows = best.records.get(first).filter(|_| first > 0).map_or(0, |(line, _)| *line);
    if skip_rows > 0 {
        said.push(format!(
            "{skip_rows} lines before the table left out: they do not have {} cells",
            best.width
        ));
    }
    let fitting: Vec<&[Text]> = best.records[first.min(best.records.len())..]
        .iter()
        .map(|(_, cells)| cells.as_slice())
        .filter(|cells| cells.len() == best.width)
        .collect();
    let ends = |cells: &&[Text]| cells.last().is_some_and(|c| !c.quoted && c.text.is_empty());
    let trailing = best.width > 2 && fitting.len() > 1 && fitting.iter().all(ends);
    if trailing {
        said.push("each line ends with a delimiter".into());
    }
    let columns = best.width - usize::from(trailing);
    let header = header(&fitting, columns, &mut said);
    Sniffed {
        delimiter: best.delimiter.into(),
        quote: Some(best.quote),
        header,
        encoding: encoding.name().to_lowercase(),
        skip_rows,
        trailing_delimiter: trailing,
        said,
    }
}

fn encoding(bytes: &[u8], whole: bool, said: &mut Vec<String>) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        if encoding != UTF_8 {
            let name = encoding.name().to_lowercase();
            said.push(format!("encoding {name}: the mark at the beginning says so"));
        }
        return encoding;
    }
    let sound = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(fault) => fault.error_len().is_none() && !whole,
    };
    // Zeros are UTF-8 as well, but no text has them.
    if sound && zeros(bytes) == (false, false) {
        return UTF_8;
    }
    let encoding = likely(bytes);
    let name = encoding.name().to_lowercase();
    said.push(match zeros(bytes) {
        (false, false) => format!("encoding {name}: the bytes are not utf-8, and look like it"),
        _ => format!("encoding {name}: every other byte is zero"),
    });
    encoding
}

/// The split that most records agree with; of equal ones that into more cells, of those the preferred delimiter.
fn best(text: &str) -> Split {
    let mut best: Option<Split> = None;
    for delimiter in DELIMITERS.into_iter().filter(|d| *d == "," || text.contains(d)) {
        for quote in ['"', '\''] {
            // A quote that opens no cell is an apostrophe.
            if quote == '\'' && !text.contains(&format!("{delimiter}'")) {
                continue;
            }
            let Some(split) = split(text, delimiter, quote) else { continue };
            let rank = |split: &Split| {
                let all = split.records.len().max(1);
                (split.width > 1, split.fitting * 1000 / all, split.width)
            };
            let better = best.as_ref().is_none_or(|known| {
                let quotes = |split: &Split| {
                    split.records.iter().flat_map(|(_, cells)| cells).any(|cell| cell.quoted)
                };
                rank(&split) > rank(known)
                    || (rank(&split) == rank(known) && quotes(&split) && !quotes(known))
            });
            if better {
                best = Some(split);
            }
        }
    }
    best.unwrap_or(Split { delimiter: ",", quote: '"', records: Vec::new(), width: 1, fitting: 0 })
}

fn split(text: &str, delimiter: &'static str, quote: char) -> Option<Split> {
    let options = Options { delimiter: delimiter.into(), quote: Some(quote), ..Options::default() };
    let dialect = Dialect::new(&options).ok()?;
    let mut rest = text.as_bytes();
    let (mut cells, mut scratch) = (Vec::new(), Vec::new());
    let (mut records, mut widths, mut line) = (Vec::new(), BTreeMap::new(), 0);
    while records.len() < RECORDS {
        match dialect.scan(rest, true, &mut cells) {
            Scanned::Record { bytes, lines } => {
                let texts: Vec<Text> = cells
                    .iter()
                    .map(|cell| Text {
                        text: String::from_utf8_lossy(dialect.text(cell, rest, &mut scratch))
                            .into_owned(),
                        quoted: cell.quoted,
                    })
                    .collect();
                *widths.entry(texts.len()).or_insert(0) += 1;
                records.push((line, texts));
                line += lines;
                rest = &rest[bytes..];
            }
            Scanned::Skip { bytes, lines } => {
                line += lines;
                rest = &rest[bytes..];
            }
            Scanned::Bad { bytes, .. } => {
                records.push((line, Vec::new()));
                line += 1;
                rest = &rest[bytes..];
            }
            Scanned::More | Scanned::End => break,
        }
    }
    let (width, fitting) =
        widths.into_iter().max_by_key(|(width, count)| (*count, *width)).unwrap_or((1, 0));
    Some(Split { delimiter, quote, records, width, fitting })
}

/// Whether the first record looks like names.
fn header(records: &[&[Text]], columns: usize, said: &mut Vec<String>) -> bool {
    let Some((first, rest)) = records.split_first() else { return true };
    let (mut for_it, mut against) = (0, 0);
    for column in 0..columns.min(first.len()) {
        let name = first[column].text.trim();
        let values: Vec<&str> = rest
            .iter()
            .filter_map(|cells| cells.get(column))
            .map(|cell| cell.text.trim())
            .filter(|text| !text.is_empty())
            .collect();
        let numbers = !values.is_empty() && values.iter().all(|value| is_typed(value));
        if is_typed(name) {
            against += 1;
        } else if numbers && !name.is_empty() {
            for_it += 1;
        } else if name.is_empty() || (values.len() > 1 && values.contains(&name)) {
            against += 1;
        }
    }
    if for_it > against {
        return true;
    }
    if against > for_it {
        said.push("no header: the first record looks like those below it".into());
        return false;
    }
    true
}

/// A number, a date or a time: digits, and what goes between them.
fn is_typed(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.,:/ TZe%$".contains(&byte))
}

fn shown(delimiter: &str) -> String {
    match delimiter {
        "\t" => "tab".into(),
        other => format!("`{}`", other.escape_debug()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dialects_are_guessed_and_explained() {
        let guess = sniff(b"name;price;day\nb\xe9b\xe9;1,5;2021-01-02\n\"a;b\";2,5;2021-01-03\n");
        assert_eq!((guess.delimiter.as_str(), guess.encoding.as_str()), (";", "windows-1252"));
        assert!(guess.header && guess.skip_rows == 0);
        assert!(guess.said[1].contains("splits 3 of 3 records into 3 cells"), "{:?}", guess.said);

        let guess = sniff(b"Report of May\nmade by hand\n\na\tb\n1\t2\n3\t4\n5\t6\n");
        assert_eq!((guess.delimiter.as_str(), guess.skip_rows), ("\t", 3));

        let guess = sniff(b"1,2021-01-01,x\n2,2021-01-02,y\n");
        assert!(!guess.header);

        let guess = sniff(b"a|b|\n1|'x|y'|\n2|z|\n");
        assert_eq!((guess.quote, guess.trailing_delimiter), (Some('\''), true));

        let wide: Vec<u8> =
            "id,name\n1,x\n2,y\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(sniff(&wide).encoding, "utf-16le");

        let guess = sniff(b"name\nAda\nGrace\n");
        assert_eq!((guess.delimiter.as_str(), guess.header), (",", true));
        assert_eq!(sniff(b"").delimiter, ",");
    }
}
