//! Authoring files: bytes become located trees.
//!
//! Each format is one file below `source/` and one line in `FORMATS`. All of them give the same
//! tree, so nothing behind this module knows which format an object was written in.

pub(crate) mod csv;
mod json;
mod node;
mod xlsx;
mod yaml;

use std::collections::BTreeMap;

use assay_schemas::code::{Code, Level};

use crate::edit::Change;

pub use node::{Entry, Node, NodeValue, Span};
pub(crate) use xlsx::{Book, CellType, Heading, column_letters, heading};

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;
/// How many lists and objects may stand inside each other.
pub const MAX_DEPTH: usize = 64;
/// How many values one file may hold once its aliases are expanded.
pub const MAX_NODES: usize = 1_000_000;
/// How many problems of one file are reported.
pub const MAX_PROBLEMS: usize = 1_000;
/// The largest whole number that every reader keeps exactly: 2^53.
const MAX_INTEGER: u64 = 1 << 53;

/// One authoring format.
struct Format {
    /// How the names of its files end, without the dot.
    extensions: &'static [&'static str],
    /// Reads a whole file.
    read: Reader,
}

/// What a format is read from.
#[derive(Clone, Copy)]
enum Reader {
    /// Its text.
    Text(fn(&str) -> Documents),
    /// Its bytes.
    Bytes(fn(&[u8]) -> Documents),
}

const FORMATS: &[Format] = &[yaml::FORMAT, json::FORMAT, xlsx::FORMAT, TABLE, xlsx::OTHERS];
/// A table that an object names; it holds no objects itself.
const TABLE: Format =
    Format { extensions: &["csv"], read: Reader::Bytes(|_| Documents::default()) };

/// Something that cannot be read, with its place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocatedProblem {
    /// Stable code.
    pub code: Code,
    /// Where; `None` is the file as a whole.
    pub span: Option<Span>,
    /// What is wrong: lower case, no full stop, names in backticks.
    pub message: String,
    /// The way out, where one is known.
    pub hint: Option<String>,
    /// Other places that belong to it, each with a few words.
    pub related: Vec<(Span, String)>,
    /// A change that puts it right, where one is safe.
    pub fix: Option<(Span, Change)>,
}

impl LocatedProblem {
    /// A problem with what stands at `span`, or with the whole file.
    pub fn new(code: Code, span: impl Into<Option<Span>>, message: impl Into<String>) -> Self {
        let (message, span) = (message.into(), span.into());
        Self { code, span, message, hint: None, related: Vec::new(), fix: None }
    }

    /// The same problem with a way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same problem with another place that belongs to it.
    #[must_use]
    pub fn related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related.push((span, message.into()));
        self
    }

    /// The same problem with a change that puts it right.
    #[must_use]
    pub fn fix(mut self, span: Span, change: Change) -> Self {
        self.fix = Some((span, change));
        self
    }
}

/// What a file holds, exactly as written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Documents {
    /// The value of each document. A document that could not be read to its end is left out; one
    /// that holds a problem is kept, with a harmless value where the problem is.
    pub roots: Vec<Node>,
    /// Everything that is wrong. Nothing in `roots` is to be trusted unless this is empty.
    pub problems: Vec<LocatedProblem>,
    /// Places in roots that a problem elsewhere has spoilt: that of a heading spoils every row.
    pub spoilt: Vec<u32>,
}

/// The objects that a file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// Objects without a problem, in the order written.
    pub objects: Vec<Node>,
    /// Objects with a problem somewhere inside. Worth knowing by their id, so that references to
    /// them are not reported as well; not worth checking further.
    pub damaged: Vec<Node>,
    /// Everything that is wrong with the file, in the order of its places.
    pub problems: Vec<LocatedProblem>,
}

impl Reading {
    /// The objects, if nothing at all is wrong with the file.
    ///
    /// # Errors
    /// All problems of the file.
    pub fn complete(self) -> Result<Vec<Node>, Vec<LocatedProblem>> {
        if self.problems.is_empty() { Ok(self.objects) } else { Err(self.problems) }
    }
}

/// A format whose files are text that people write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFormat {
    /// YAML.
    Yaml,
    /// JSON.
    Json,
}

/// The text format of a file of this name; `None` for workbooks and for what is not read.
pub fn text_format(path: &str) -> Option<TextFormat> {
    match path.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
        "yaml" | "yml" => Some(TextFormat::Yaml),
        "json" => Some(TextFormat::Json),
        _ => None,
    }
}

/// Whether YAML takes the unquoted text for a text, whatever stands around it.
pub fn is_plain_text(text: &str) -> bool {
    yaml::is_plain_text(text)
}

/// Whether a file of this name is read at all.
pub fn is_source(path: &str) -> bool {
    format_of(path).is_some()
}

/// The extensions of the files that are read, without the dot.
pub fn extensions() -> impl Iterator<Item = &'static str> {
    let others = [TABLE.extensions, xlsx::OTHERS.extensions];
    let read = FORMATS.iter().filter(move |format| !others.contains(&format.extensions));
    read.flat_map(|format| format.extensions.iter().copied())
}

/// Reads a file into its objects: those of every document, and of every list at the top of one.
/// Empty documents count for nothing. The extension of `path` chooses the format.
pub fn read(path: &str, bytes: &[u8]) -> Reading {
    let Documents { roots, mut problems, mut spoilt } = documents(path, bytes);
    let mut candidates = Vec::new();
    for root in roots {
        match root.value {
            NodeValue::Null => {}
            NodeValue::List(items) => candidates.extend(items),
            _ => candidates.push(root),
        }
    }
    let errors = problems.iter().filter(|problem| problem.code.level() == Level::Error);
    // A problem of the whole file lies inside everything.
    let sound = errors.clone().all(|problem| problem.span.is_some());
    spoilt.extend(errors.filter_map(|problem| Some(problem.span.as_ref()?.start)));
    spoilt.sort_unstable();
    let mut reading = Reading::default();
    for node in candidates {
        if !matches!(node.value, NodeValue::Object(_)) {
            let message = format!("expected an object, found {}", name_of(&node.value));
            problems.push(LocatedProblem::new(Code::NotAnObject, node.span, message));
        } else if sound && !holds_any(&node.span, &spoilt) {
            reading.objects.push(node);
        } else {
            reading.damaged.push(node);
        }
    }
    problems.sort_by_key(|problem| problem.span.as_ref().map(|span| (span.start, span.end)));
    reading.problems = problems;
    reading
}

/// Reads a file into the values of its documents, whatever they are.
pub fn documents(path: &str, bytes: &[u8]) -> Documents {
    let Some(format) = format_of(path) else {
        let known = extensions().collect::<Vec<_>>().join(", ");
        let message = format!("`{path}` is not in an authoring format");
        let problem = LocatedProblem::new(Code::Unreadable, None, message)
            .hint(format!("name it with one of the extensions {known}"));
        return Documents { problems: vec![problem], ..Documents::default() };
    };
    let mut documents = match format.read {
        Reader::Bytes(read) if bytes.len() <= MAX_BYTES => read(bytes),
        Reader::Bytes(_) => Documents { problems: vec![too_large(bytes)], ..Documents::default() },
        Reader::Text(read) => match decode(bytes) {
            Ok(text) => read(text),
            Err(problem) => Documents { problems: vec![problem], ..Documents::default() },
        },
    };
    if documents.problems.len() > MAX_PROBLEMS {
        let message =
            format!("the file has more than {MAX_PROBLEMS} problems; the rest is left out");
        documents.problems.truncate(MAX_PROBLEMS);
        documents.problems.push(LocatedProblem::new(Code::BadSyntax, None, message));
    }
    documents
}

/// The text of an authoring file, without its byte order mark. Every [`Span`] counts from the start
/// of this text.
///
/// # Errors
/// [`Code::Unreadable`] if the file is too large, is not UTF-8 or holds a NUL byte.
pub fn decode(bytes: &[u8]) -> Result<&str, LocatedProblem> {
    if bytes.len() > MAX_BYTES {
        return Err(too_large(bytes));
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(LocatedProblem::new(Code::Unreadable, None, "the file is UTF-16 text")
            .hint("save it as UTF-8"));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let start = offset(error.valid_up_to());
        LocatedProblem::new(Code::Unreadable, start..start, "the file is not UTF-8 from here on")
            .hint("save it as UTF-8")
    })?;
    match bytes.iter().position(|byte| *byte == 0) {
        Some(at) => {
            let span = offset(at)..offset(at + 1);
            Err(LocatedProblem::new(Code::Unreadable, span, "the file holds a NUL byte"))
        }
        None => Ok(text),
    }
}

fn too_large(bytes: &[u8]) -> LocatedProblem {
    let message = format!("the file has {} bytes, more than 16 MiB", bytes.len());
    LocatedProblem::new(Code::Unreadable, None, message)
        .hint("split it into several files of the same folder")
}

/// Whether a file is a workbook, whose places are cells.
pub fn is_workbook(path: &str) -> bool {
    format_of(path).is_some_and(|format| format.extensions == xlsx::FORMAT.extensions)
}

fn format_of(path: &str) -> Option<&'static Format> {
    let name = path.rsplit('/').next()?;
    // Excel keeps a file of this name beside a workbook that is open.
    if name.starts_with("~$") {
        return None;
    }
    let (_, extension) = name.rsplit_once('.')?;
    let known =
        |format: &&Format| format.extensions.iter().any(|e| e.eq_ignore_ascii_case(extension));
    FORMATS.iter().find(known)
}

/// A byte offset in a text of at most [`MAX_BYTES`].
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Whether one of the offsets, which are sorted, lies in the span or right behind it.
fn holds_any(span: &Span, offsets: &[u32]) -> bool {
    let next = offsets.partition_point(|offset| *offset < span.start);
    offsets.get(next).is_some_and(|offset| *offset <= span.end)
}

/// What a message calls a value.
fn name_of(value: &NodeValue) -> &'static str {
    match value {
        NodeValue::Null => "nothing",
        NodeValue::Bool(_) => "a boolean",
        NodeValue::Integer(_) | NodeValue::Float(_) => "a number",
        NodeValue::Text(_) => "a text",
        NodeValue::List(_) => "a list",
        NodeValue::Object(_) => "an object",
    }
}

/// The entries with every key once: the first one stays, each further one is a problem.
fn unique(entries: Vec<Entry>, problems: &mut Vec<LocatedProblem>) -> Vec<Entry> {
    let mut first: BTreeMap<&str, &Entry> = BTreeMap::new();
    let mut repeated = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let Entry { key, key_span, value } = entry;
        if let Some(earlier) = first.get(key.as_str()) {
            let message = format!("the key `{key}` stands twice in this object");
            let mut problem = LocatedProblem::new(Code::DuplicateKey, key_span.clone(), message)
                .related(earlier.key_span.clone(), "it stands here first")
                .hint("remove one of the two, or rename it");
            if earlier.value.to_value() == value.to_value() {
                let field = key_span.start..value.span.end.max(key_span.end);
                problem = problem
                    .hint("both have the same value: remove one")
                    .fix(field, Change::RemoveField);
            }
            problems.push(problem);
            repeated.push(index);
        } else {
            first.insert(key, entry);
        }
    }
    if repeated.is_empty() {
        return entries;
    }
    let stays = |index: &usize| repeated.binary_search(index).is_err();
    entries.into_iter().enumerate().filter(|(index, _)| stays(index)).map(|(_, e)| e).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(problems: &[LocatedProblem]) -> Vec<Code> {
        problems.iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn the_extension_chooses_the_format() {
        assert!(is_source("libraries/rules/a.YAML") && is_source("b.yml") && is_source("c.json"));
        assert!(is_source("d.xlsx") && is_workbook("d.XLSX") && !is_workbook("d.xls"));
        assert!(!is_source("libraries/rules/~$open.xlsx"));
        assert!(!is_source("libraries/json") && !is_source("README.md") && !is_source("x.yaml/y"));
        assert_eq!(codes(&documents("a.txt", b"").problems), [Code::Unreadable]);
    }

    #[test]
    fn lists_and_documents_are_flattened_and_empty_documents_dropped() {
        let reading = read("a.yaml", b"a: 1\n---\n---\n- b: 2\n- c: 3\n");
        let values: Vec<_> = reading.objects.iter().map(Node::to_value).collect();
        let expected = [r#"{"a":1}"#, r#"{"b":2}"#, r#"{"c":3}"#];
        assert_eq!(values.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
        assert!(reading.complete().is_ok());
    }

    #[test]
    fn what_is_not_an_object_is_named() {
        let reading = read("a.json", b"[1, {\"a\": 1}]");
        assert_eq!(codes(&reading.problems), [Code::NotAnObject]);
        assert_eq!(reading.problems[0].message, "expected an object, found a number");
        assert_eq!(reading.objects.len(), 1);
    }

    #[test]
    fn a_damaged_object_does_not_take_its_neighbours_along() {
        let reading = read("a.yaml", b"- id: one\n- id: two\n  id: again\n- id: three\n");
        assert_eq!(codes(&reading.problems), [Code::DuplicateKey]);
        assert_eq!(reading.objects.len(), 2);
        assert_eq!(reading.damaged[0].get("id").and_then(|e| e.value.as_text()), Some("two"));
    }

    #[test]
    fn endless_problems_are_cut_short_and_nothing_counts_as_sound() {
        let text = "- {a: yes}\n".repeat(MAX_PROBLEMS + 1) + "- {a: 1}\n";
        let reading = read("a.yaml", text.as_bytes());
        assert_eq!(reading.problems.len(), MAX_PROBLEMS + 1);
        assert_eq!((reading.objects.len(), reading.damaged.len()), (0, MAX_PROBLEMS + 2));
    }

    #[test]
    fn unreadable_bytes_are_refused_with_a_place() {
        let problem = |bytes: &[u8]| decode(bytes).err().map(|p| (p.code, p.span));
        assert_eq!(problem(b"ab\xFFcd"), Some((Code::Unreadable, Some(2..2))));
        assert_eq!(problem(b"ab\0"), Some((Code::Unreadable, Some(2..3))));
        assert_eq!(problem(b"\xFF\xFEa\0"), Some((Code::Unreadable, None)));
        assert_eq!(problem(&vec![b' '; MAX_BYTES + 1]), Some((Code::Unreadable, None)));
        assert_eq!(decode(b"\xEF\xBB\xBFa"), Ok("a"));
    }
}
