//! The loss report: what a contract says that the library has no words for, where it stands, why, and
//! where it was kept.

use std::fmt::Write as _;

use assay_schemas::problem::{Part, Pointer};
use serde::Serialize;

use crate::diagnostic::{Files, Place};
use crate::source::Node;

/// One thing that could not be carried over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Where it stands in the source.
    pub pointer: Pointer,
    /// Why it has no effect in what was made.
    pub why: String,
    /// Where it was kept; `None` where it was not.
    pub kept: Option<Home>,
}

/// A place in an object that was made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Home {
    /// The kind of the object.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// Where in the object.
    pub pointer: Pointer,
}

impl Home {
    /// The part of an object's metadata that is about the standard.
    pub(super) fn of(kind: &'static str, id: &str) -> Self {
        let pointer = Pointer::from("metadata").key("odcs");
        Self { kind, id: id.to_owned(), pointer }
    }

    /// The place one key deeper.
    #[must_use]
    pub(super) fn key(&self, key: &str) -> Self {
        Self { pointer: self.pointer.key(key), ..self.clone() }
    }
}

/// Gathers losses.
#[derive(Debug, Default)]
pub(super) struct Losses(Vec<Loss>);

impl Losses {
    /// Adds what stands at `pointer` and was kept at `home`.
    pub(super) fn kept(&mut self, pointer: Pointer, why: impl Into<String>, home: Home) {
        self.0.push(Loss { pointer, why: why.into(), kept: Some(home) });
    }

    pub(super) fn finish(self) -> Vec<Loss> {
        self.0
    }
}

/// A loss with its place in the source, as a program reads it.
#[derive(Debug, Serialize)]
pub struct Record {
    /// The file.
    file: String,
    /// Line from 1; `None` where it is not known.
    line: Option<usize>,
    /// Column from 1.
    column: Option<usize>,
    /// The place in the document, as a JSON pointer.
    pointer: String,
    /// The text of the value, cut short.
    what: String,
    /// Why it has no effect.
    why: String,
    /// Where it was kept.
    kept: Option<Kept>,
}

/// Where a loss was kept, as a program reads it.
#[derive(Debug, Serialize)]
struct Kept {
    kind: &'static str,
    id: String,
    pointer: String,
}

/// Losses of one document, in the order in which they stand in it.
pub fn records(path: &str, root: &Node, files: &Files, losses: &[Loss]) -> Vec<Record> {
    let value = root.to_value();
    let mut records: Vec<_> = losses
        .iter()
        .map(|loss| {
            let place = Place::new(path, root.locate(&loss.pointer, Part::Key));
            let start = files.positions(&place).map(|(start, _)| start);
            Record {
                file: path.to_owned(),
                line: start.map(|start| start.line),
                column: start.map(|start| start.column),
                pointer: loss.pointer.as_str().to_owned(),
                what: value.pointer(loss.pointer.as_str()).map(shown).unwrap_or_default(),
                why: loss.why.clone(),
                kept: loss.kept.as_ref().map(|home| Kept {
                    kind: home.kind,
                    id: home.id.clone(),
                    pointer: home.pointer.as_str().to_owned(),
                }),
            }
        })
        .collect();
    records.sort_by_key(|record| (record.line, record.column));
    records
}

/// The report for people: one line for each loss, and where it was kept behind it.
pub fn human(records: &[Record]) -> String {
    let mut text = String::new();
    for record in records {
        let place = match (record.line, record.column) {
            (Some(line), Some(column)) => format!("{}:{line}:{column}", record.file),
            _ => record.file.clone(),
        };
        let _ = write!(text, "{place}: {} ({}): {}", record.pointer, record.what, record.why);
        let _ = match &record.kept {
            Some(kept) => {
                writeln!(text, "; kept in {} `{}` at {}", kept.kind, kept.id, kept.pointer)
            }
            None => writeln!(text),
        };
    }
    text
}

/// A value in a few words.
fn shown(value: &serde_json::Value) -> String {
    let text = match value {
        serde_json::Value::String(text) => text.lines().next().unwrap_or_default().to_owned(),
        other => other.to_string(),
    };
    if text.chars().count() <= 40 { text } else { text.chars().take(39).chain(['…']).collect() }
}
