//! Edits: a change of a file's text that puts a diagnostic right.
//!
//! A diagnostic carries what should change at which span; how that is spelt depends on what stands there
//! (quotes, commas, the line), so it is worked out from the text, and not at all where the text is not
//! what the diagnostic took it for: an alias, a block of text, a cell of a workbook.

use std::ops::Range;

use assay_schemas::problem::Fix;

use crate::diagnostic::{Files, Place};
use crate::source::{self, TextFormat};

/// A change of one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub place: Place,
    /// By what.
    pub change: Change,
}

/// What becomes of the text at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// What the language's own problems ask for.
    Fix(Fix),
    /// The unquoted word at the place becomes this one.
    Word(&'static str),
    /// The field that the place spans, name and value, is removed with its line or its comma.
    RemoveField,
}

/// An edit spelt out: these bytes of this file become this text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Replacement {
    /// The file.
    pub path: String,
    /// First and last byte (excluded) in the file's text, without a byte order mark.
    pub start: usize,
    /// See `start`.
    pub end: usize,
    /// What comes instead.
    pub text: String,
}

impl Edit {
    /// The edit in terms of the file's text; `None` where it cannot be made safely.
    pub fn spell(&self, files: &Files) -> Option<Replacement> {
        let path = &self.place.path;
        let format = source::text_format(path)?;
        let text = files.text(path)?;
        let range = files.range(&self.place)?;
        let token = text.get(range.clone())?;
        let (range, text) = match &self.change {
            Change::Fix(Fix::Rename { was, now }) => (range, renamed(token, was, now)?),
            Change::Fix(Fix::Quote) => (range, quoted(token)?),
            Change::Word(word) => {
                let plain = token.chars().all(|c| c.is_ascii_alphanumeric());
                (range, plain.then(|| (*word).to_owned())?)
            }
            Change::RemoveField => (without_field(text, range, format)?, String::new()),
        };
        Some(Replacement { path: path.clone(), start: range.start, end: range.end, text })
    }
}

/// The token that says `now` in the way in which this one says `was`.
fn renamed(token: &str, was: &str, now: &str) -> Option<String> {
    let double = |text: &str| serde_json::Value::from(text).to_string();
    let single = |text: &str| format!("'{}'", text.replace('\'', "''"));
    if token == was {
        Some(if source::is_plain_text(now) { now.to_owned() } else { double(now) })
    } else if token == double(was) {
        Some(double(now))
    } else if token == single(was) {
        Some(single(now))
    } else {
        None
    }
}

/// A plain word or number in double quotes.
fn quoted(token: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_');
    (!token.is_empty() && token.chars().all(plain)).then(|| format!("\"{token}\""))
}

/// What to cut so that nothing is left of a field that is not the first one of its object.
fn without_field(text: &str, field: Range<usize>, format: TextFormat) -> Option<Range<usize>> {
    let before = text.get(..field.start)?;
    let held = before.trim_end();
    let behind = text[field.end..].trim_start();
    let bracketed = held.ends_with(',') && behind.starts_with([',', '}']);
    // A line of its own: nothing but spaces before it, and nothing at all behind, not even a comment.
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let end = text[field.end..].find('\n').map_or(text.len(), |at| field.end + at + 1);
    let alone = before[start..].chars().all(|c| c == ' ')
        && text[field.end..end].chars().all(char::is_whitespace)
        && !text[field.clone()].contains('#');
    if alone && format == TextFormat::Yaml {
        Some(start..end)
    } else {
        // In brackets: the comma before it goes too.
        bracketed.then_some(held.len() - 1..field.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text of `path` after an edit of the first occurrence of `at`.
    fn edited(path: &str, text: &str, at: &str, change: Change) -> Option<String> {
        let start = text.find(at).expect("the text holds it");
        edited_at(path, text, start..start + at.len(), change)
    }

    fn edited_at(path: &str, text: &str, at: Range<usize>, change: Change) -> Option<String> {
        let mut files = Files::default();
        files.insert(path, text.as_bytes());
        let offset = |at| u32::try_from(at).expect("a short text");
        let place = Place::new(path, offset(at.start)..offset(at.end));
        let Replacement { start, end, text: new, .. } = Edit { place, change }.spell(&files)?;
        Some(format!("{}{new}{}", &text[..start], &text[end..]))
    }

    fn rename(was: &str, now: &str) -> Change {
        Change::Fix(Fix::Rename { was: was.to_owned(), now: now.to_owned() })
    }

    #[test]
    fn a_name_keeps_its_quotes() {
        let cases = [
            ("colum: x", "colum", Some("column: x")),
            ("'colum': x", "'colum'", Some("'column': x")),
            ("{\"colum\": 1}", "\"colum\"", Some("{\"column\": 1}")),
            ("*colum", "*colum", None),
            ("\"co\\u006cum\": 1", "\"co\\u006cum\"", None),
        ];
        for (text, at, expected) in cases {
            let found = edited("a.yaml", text, at, rename("colum", "column"));
            assert_eq!(found.as_deref(), expected, "{text}");
        }
        let odd = edited("a.yaml", "a: yess", "yess", rename("yess", "yes"));
        assert_eq!(odd.as_deref(), Some("a: \"yes\""), "quoted where it needs quotes");
        assert_eq!(edited("a.xlsx:Sheet!A1", "colum", "colum", rename("colum", "column")), None);
    }

    #[test]
    fn words_and_numbers_are_quoted_as_they_are_written() {
        let quote = || Change::Fix(Fix::Quote);
        let found = edited("a.yaml", "version: 1.10 # old", "1.10", quote());
        assert_eq!(found.as_deref(), Some("version: \"1.10\" # old"));
        assert_eq!(edited("a.yaml", "a: 'x'", "'x'", quote()), None);
        assert_eq!(edited("a.yaml", "a: &b 1", "&b 1", quote()), None);
        let word = edited("a.yaml", "a: Yes", "Yes", Change::Word("true"));
        assert_eq!(word.as_deref(), Some("a: true"));
    }

    #[test]
    fn a_field_goes_with_its_line_or_its_comma() {
        // Path, text, the field (its last occurrence, since the first one stays), and what is left.
        let cases = [
            (
                "a.yaml",
                "a: 1\r\nb: 2\r\na: 1 \r\nc: 3\r\n",
                "a: 1",
                Some("a: 1\r\nb: 2\r\nc: 3\r\n"),
            ),
            ("a.yaml", "a: 1\nb: x,\na: 1\n", "a: 1", Some("a: 1\nb: x,\n")),
            ("a.yaml", "x: {a: 1, b: 2, a: 1 }\n", "a: 1", Some("x: {a: 1, b: 2 }\n")),
            ("a.yaml", "x: {a: 1,\n  a: 1, b: 2}\n", "a: 1", Some("x: {a: 1, b: 2}\n")),
            ("a.yaml", "a: 1\na: 1  # why\n", "a: 1", None),
            ("a.yaml", "- a: 1\n  a: 1", "a: 1", Some("- a: 1\n")),
            ("a.json", "{\"a\": 1,\n \"a\" : 1}", "\"a\" : 1", Some("{\"a\": 1}")),
        ];
        for (path, text, field, expected) in cases {
            let start = text.rfind(field).expect("the text holds it");
            let found = edited_at(path, text, start..start + field.len(), Change::RemoveField);
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
