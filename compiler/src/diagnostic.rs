//! Diagnostics: what is wrong, with places in files, and the sink that gathers them.

mod sink;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::OnceLock;

use assay_schemas::code::{Code, Level};
use assay_schemas::id::EnvironmentName;
use assay_schemas::problem::{Pointer, Problem};

use crate::edit::{Change, Edit};
use crate::source::{self, Book, LocatedProblem, Node, Span};

pub use sink::Sink;

/// A place in a file, or a file as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The file, relative to the project's root with `/` between folders.
    pub path: String,
    /// First and last byte (excluded) in the file's text, if the place is narrower than the file. The
    /// text of a workbook has a line for each of its cells; [`Files::cell`] names the cell.
    pub span: Option<Span>,
}

impl Place {
    /// The file as a whole.
    pub fn file(path: impl Into<String>) -> Self {
        Self { path: path.into(), span: None }
    }

    /// The bytes `span` of the file's text.
    pub fn new(path: impl Into<String>, span: Span) -> Self {
        Self { path: path.into(), span: Some(span) }
    }
}

/// One thing to tell the author of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code.
    pub code: Code,
    /// How bad; that of the code unless changed.
    pub level: Level,
    /// What is wrong: lower case, no full stop, names in backticks.
    pub message: String,
    /// The way out, where one is known.
    pub hint: Option<String>,
    /// Where.
    pub primary: Place,
    /// Other places that belong to it, each with a few words.
    pub related: Vec<(Place, String)>,
    /// The object it lies in, such as ``rule_set `core` ``.
    pub object: Option<String>,
    /// The field of that object.
    pub pointer: Option<Pointer>,
    /// A change that puts it right, where one is safe.
    pub fix: Option<Edit>,
    /// The environments it was found in, in order of name; empty where it holds for all of them.
    pub environments: Vec<EnvironmentName>,
}

impl Diagnostic {
    /// A diagnostic of the code's own level.
    pub fn new(code: Code, primary: Place, message: impl Into<String>) -> Self {
        Self {
            code,
            level: code.level(),
            message: message.into(),
            hint: None,
            primary,
            related: Vec::new(),
            object: None,
            pointer: None,
            fix: None,
            environments: Vec::new(),
        }
    }

    /// What could not be read in the file at `path`.
    pub fn of_file(path: &str, problem: LocatedProblem) -> Self {
        let place = |span: Option<Span>| match span {
            Some(span) => Place::new(path, span),
            None => Place::file(path),
        };
        let mut diagnostic = Self::new(problem.code, place(problem.span), problem.message);
        diagnostic.hint = problem.hint;
        for (span, message) in problem.related {
            diagnostic = diagnostic.related(Place::new(path, span), message);
        }
        if let Some((span, change)) = problem.fix {
            diagnostic.fix = Some(Edit { place: Place::new(path, span), change });
        }
        diagnostic
    }

    /// What is wrong in the object read as `root` from the file at `path`.
    pub fn of_object(path: &str, root: &Node, problem: Problem) -> Self {
        let place = Place::new(path, root.locate(&problem.pointer, problem.part));
        let mut diagnostic = Self::new(problem.code, place.clone(), problem.message);
        diagnostic.hint = problem.hint;
        diagnostic.fix = problem.fix.map(|fix| Edit { place, change: Change::Fix(fix) });
        diagnostic.pointer = Some(problem.pointer);
        diagnostic
    }

    /// The same diagnostic with a way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same diagnostic with another place that belongs to it.
    #[must_use]
    pub fn related(mut self, place: Place, message: impl Into<String>) -> Self {
        self.related.push((place, message.into()));
        self
    }

    /// The same diagnostic, naming the object it lies in.
    #[must_use]
    pub fn object(mut self, object: impl Into<String>) -> Self {
        self.object = Some(object.into());
        self
    }

    /// The same diagnostic, naming the field it lies in.
    #[must_use]
    pub fn pointer(mut self, pointer: Pointer) -> Self {
        self.pointer = Some(pointer);
        self
    }

    /// Which environments it concerns, where that is not said yet.
    pub fn environment_note(&self) -> Option<String> {
        let (first, rest) = self.environments.split_first()?;
        let said = self.message.contains(&format!("environment `{first}`"))
            || self.primary.path.starts_with("environments/");
        let list = |names: &[EnvironmentName]| {
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        };
        match (said, rest) {
            (true, []) => None,
            (true, rest) => Some(format!("likewise in {}", list(rest))),
            (false, []) => Some(format!("in environment `{first}`")),
            (false, _) => Some(format!("in environments {}", list(&self.environments))),
        }
    }

    /// What reports are ordered by: path, span, code, then words.
    fn rank(&self) -> impl Ord + '_ {
        let span = self.primary.span.as_ref().map(|span| (span.start, span.end));
        let (hint, object) = (self.hint.as_deref(), self.object.as_deref());
        (&self.primary.path, span, self.code.id(), &self.message, hint, object)
    }
}

/// A line and a column, both counted from 1; columns count Unicode characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// The texts of the files that diagnostics point into.
#[derive(Debug, Default)]
pub struct Files {
    files: BTreeMap<String, File>,
    /// Files that were read and that no diagnostic points into; their text is not kept.
    clean: BTreeSet<String>,
}

#[derive(Debug)]
struct File {
    content: Content,
    /// The offset at which each line begins; found when first asked for.
    lines: OnceLock<Vec<usize>>,
}

#[derive(Debug)]
enum Content {
    Text(String),
    /// A workbook, which is read again when something is to be said about it.
    Workbook {
        bytes: Box<[u8]>,
        book: OnceLock<Book>,
    },
}

impl Files {
    /// Adds a file. Bytes that are not UTF-8 are shown as replacement characters; up to the first
    /// of them, spans fit.
    pub fn insert(&mut self, path: impl Into<String>, bytes: &[u8]) {
        let path = path.into();
        let content = if source::is_workbook(&path) {
            Content::Workbook { bytes: bytes.into(), book: OnceLock::new() }
        } else {
            let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
            Content::Text(String::from_utf8_lossy(bytes).into_owned())
        };
        self.files.insert(path, File { content, lines: OnceLock::new() });
    }

    /// Hides what stands at a place from excerpts. Every character keeps its length, so places stay true.
    pub fn mask(&mut self, place: &Place) {
        let Some(range) = self.range(place) else { return };
        let Some(file) = self.files.get_mut(&place.path) else { return };
        let hidden: String = file.text()[range.clone()]
            .chars()
            .map(|character| match (character, character.len_utf8()) {
                ('\n' | '\r', _) => character,
                (_, 1) => '*',
                (_, 2) => '·',
                (_, 3) => '•',
                _ => '🞄',
            })
            .collect();
        match &mut file.content {
            Content::Text(text) => text.replace_range(range, &hidden),
            // It was read when the range was looked up.
            Content::Workbook { book, .. } => {
                if let Some(book) = book.get_mut() {
                    book.text.replace_range(range, &hidden);
                }
            }
        }
    }

    /// Adds a file that no diagnostic points into.
    pub fn clean(&mut self, path: impl Into<String>) {
        self.clean.insert(path.into());
    }

    /// The paths of all files.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().chain(&self.clean).map(String::as_str)
    }

    /// The text of a file, without its byte order mark; for a workbook a line for each cell, such as
    /// `rules.severity: error`.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(File::text)
    }

    /// The bytes of a place, moved to the nearest characters that exist; `None` for a whole file or
    /// one that is not here.
    pub fn range(&self, place: &Place) -> Option<Range<usize>> {
        let text = self.text(&place.path)?;
        let span = place.span.as_ref()?;
        let start = floor(text, span.start as usize);
        Some(start..floor(text, span.end as usize).max(start))
    }

    /// Where a place begins and ends (excluded); `None` for a whole file, one that is not here, and a
    /// cell of a workbook.
    pub fn positions(&self, place: &Place) -> Option<(Position, Position)> {
        let file = self.files.get(&place.path)?;
        if file.book().is_some() {
            return None;
        }
        let range = self.range(place)?;
        Some((file.position(range.start), file.position(range.end)))
    }

    /// The cell of a workbook that a place begins in, as `Sheet!C14`, or the sheet; `None` for a whole
    /// workbook and for any other file.
    pub fn cell(&self, place: &Place) -> Option<String> {
        let book = self.files.get(&place.path)?.book()?;
        let address = book.address(place.span.as_ref()?.start as usize);
        (!address.is_empty()).then_some(address)
    }

    /// The place in a word: `path`, `path:line:column`, or `path:Sheet!C14`.
    pub fn shown(&self, place: &Place) -> String {
        match (self.cell(place), self.positions(place)) {
            (Some(cell), _) => format!("{}:{cell}", place.path),
            (None, Some((from, _))) => format!("{}:{}:{}", place.path, from.line, from.column),
            (None, None) => place.path.clone(),
        }
    }

    /// The bytes of the line (counted from 1), without its end; empty behind the last line.
    pub fn line(&self, path: &str, line: usize) -> Option<Range<usize>> {
        let file = self.files.get(path)?;
        let (lines, text) = (file.lines(), file.text());
        let start = lines.get(line.saturating_sub(1)).copied().unwrap_or(text.len());
        let end = lines.get(line).copied().unwrap_or(text.len());
        let content = text[start..end].trim_end_matches(['\n', '\r']);
        Some(start..start + content.len())
    }
}

impl File {
    fn text(&self) -> &str {
        match &self.content {
            Content::Text(text) => text,
            Content::Workbook { .. } => self.book().map_or("", |book| &book.text),
        }
    }

    fn book(&self) -> Option<&Book> {
        match &self.content {
            Content::Text(_) => None,
            // A book that cannot be read has nothing but a place as a whole.
            Content::Workbook { bytes, book } => {
                Some(book.get_or_init(|| Book::open(bytes).unwrap_or_default()))
            }
        }
    }

    fn lines(&self) -> &[usize] {
        self.lines.get_or_init(|| {
            let breaks = self.text().match_indices('\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(breaks).collect()
        })
    }

    fn position(&self, at: usize) -> Position {
        let lines = self.lines();
        let line = lines.partition_point(|start| *start <= at);
        let start = lines.get(line.saturating_sub(1)).copied().unwrap_or_default();
        Position { line, column: self.text()[start..at].chars().count() + 1 }
    }
}

/// The start of the character that `at` lies in; the end of the text if it lies behind.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters() {
        let mut files = Files::default();
        files.insert("a", "\u{feff}é: ü\r\nb: 2\n".as_bytes());
        let position = |start, end| files.positions(&Place::new("a", start..end));
        let expected = |line, column, end_line, end_column| {
            let at = |line, column| Position { line, column };
            Some((at(line, column), at(end_line, end_column)))
        };
        assert_eq!(position(4, 6), expected(1, 4, 1, 5));
        assert_eq!(position(8, 9), expected(2, 1, 2, 2));
        assert_eq!(position(8, 999), expected(2, 1, 3, 1), "behind the end");
        assert_eq!(position(1, 5), expected(1, 1, 1, 4), "inside a character");
        assert_eq!(files.positions(&Place::file("a")), None);
        assert_eq!(files.positions(&Place::new("missing", 0..1)), None);
        assert_eq!(files.line("a", 1), Some(0..6));
        assert_eq!(files.line("a", 9), Some(13..13));
    }

    #[test]
    fn what_is_masked_keeps_every_place() {
        let mut files = Files::default();
        files.insert("a", "k: sé€𝄞\nt: x\n".as_bytes());
        files.mask(&Place::new("a", 3..15));
        assert_eq!(files.text("a"), Some("k: *·•🞄\n*: x\n"));
        let at = files.positions(&Place::new("a", 17..18)).map(|(from, _)| from);
        assert_eq!(at, Some(Position { line: 2, column: 4 }));
        files.mask(&Place::file("a"));
        files.mask(&Place::new("missing", 0..1));
        assert_eq!(files.text("a").map(str::len), Some(19));
    }

    #[test]
    fn places_come_from_the_file_or_from_the_object() {
        let mut reading = source::read("a.yaml", b"id: x\nid: y\n---\nid: z\nn: 1\n");
        let diagnostic = Diagnostic::of_file("a.yaml", reading.problems.remove(0));
        assert_eq!(diagnostic.primary, Place::new("a.yaml", 6..8));
        assert_eq!(diagnostic.related[0].0, Place::new("a.yaml", 0..2));
        let problem = Problem::new(Code::WrongType, Pointer::from("/n"), "expected a text");
        let diagnostic = Diagnostic::of_object("a.yaml", &reading.objects[0], problem);
        assert_eq!(diagnostic.primary, Place::new("a.yaml", 25..26));
        assert_eq!(diagnostic.pointer, Some(Pointer::from("/n")));
    }
}
