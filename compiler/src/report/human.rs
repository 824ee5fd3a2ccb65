//! For people: each diagnostic with an excerpt of the source.

use std::collections::BTreeMap;
use std::ops::Range;

use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level as Tone, Origin, Renderer, Snippet,
};
use assay_schemas::code::{Code, Level};

use super::{Counts, Report, counted};
use crate::diagnostic::{Diagnostic, Files, Place};
use crate::source::Span;

/// A place longer than this many lines is shown by its first line.
const LONGEST_EXCERPT: usize = 4;
/// From how many diagnostics on they are counted by code.
const MANY: usize = 10;
/// The longest source that is shown, in bytes; machine-written files have long lines.
const LONGEST_SOURCE: usize = 4096;

pub(super) fn render(report: &Report<'_>) -> String {
    let renderer = if report.colour { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    let shown = selected(report);
    for diagnostic in &shown {
        text.push_str(&one(diagnostic, report.files, &renderer));
        text.push_str("\n\n");
    }
    let hidden = report.diagnostics.len() - shown.len();
    if hidden > 0 || shown.len() > MANY {
        text.push_str(&by_code(report));
        text.push('\n');
    }
    text.push_str(&summary(report.counts()));
    if hidden > 0 {
        text.push_str(&format!("; {hidden} not shown, `--max 0` shows all"));
    }
    text.push('\n');
    text
}

/// The diagnostics to show, in their order: where there are too many, errors before warnings, and among
/// them those of lines and files that the change touched.
fn selected<'a>(report: &Report<'a>) -> Vec<&'a Diagnostic> {
    let mut indexes: Vec<usize> = (0..report.diagnostics.len()).collect();
    if let Some(most) = report.most.filter(|most| *most < indexes.len()) {
        indexes.sort_by_key(|index| {
            let found = &report.diagnostics[*index];
            (std::cmp::Reverse(found.level), report.distance(found))
        });
        indexes.truncate(most);
        indexes.sort_unstable();
    }
    indexes.into_iter().map(|index| &report.diagnostics[index]).collect()
}

/// How often each code was found, the most frequent first.
fn by_code(report: &Report<'_>) -> String {
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    for found in report.diagnostics {
        *counts.entry(found.code).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(code, count)| (std::cmp::Reverse(*count), *code));
    let line =
        |(code, count): &(Code, usize)| format!("{count:>6}  {}  {}\n", code.id(), code.title());
    counts.iter().map(line).collect()
}

fn one(diagnostic: &Diagnostic, files: &Files, renderer: &Renderer) -> String {
    let tone = match diagnostic.level {
        Level::Error => Tone::ERROR,
        Level::Warning => Tone::WARNING,
        Level::Note => Tone::NOTE,
    };
    let title = tone.primary_title(diagnostic.message.as_str()).id(diagnostic.code.id());
    let mut group = Group::with_title(title);
    // Places of one file share an excerpt; the primary file comes first.
    let mut excerpts = vec![Excerpt::new(&diagnostic.primary)];
    excerpts[0].add(files, &diagnostic.primary, AnnotationKind::Primary, None);
    let mut of_path = BTreeMap::from([(diagnostic.primary.path.as_str(), 0)]);
    for (place, label) in &diagnostic.related {
        let index = *of_path.entry(place.path.as_str()).or_insert(excerpts.len());
        if index == excerpts.len() {
            excerpts.push(Excerpt::new(place));
        }
        excerpts[index].add(files, place, AnnotationKind::Context, Some(label));
    }
    for excerpt in excerpts {
        for element in excerpt.elements(files) {
            group = group.element(element);
        }
    }
    if let Some(object) = &diagnostic.object {
        group = group.element(Tone::NOTE.message(format!("in {object}")));
    }
    if let Some(note) = diagnostic.environment_note() {
        group = group.element(Tone::NOTE.message(note));
    }
    if let Some(hint) = &diagnostic.hint {
        group = group.element(Tone::HELP.message(hint.as_str()));
    }
    let text = renderer.render(&[group]);
    let has_cell = |place: &Place| files.cell(place).is_some();
    let cells = has_cell(&diagnostic.primary)
        || diagnostic.related.iter().any(|(place, _)| has_cell(place));
    if cells { without_empty_origins(&text) } else { text }
}

/// What is shown of a cell has the cell's address above it and no line of its own, for which the renderer
/// leaves an empty origin behind.
fn without_empty_origins(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines() {
        // Colours aside, such a line has nothing but the sign of a further file.
        let mut plain = line.replace("\u{1b}[", "\u{1b}");
        while let Some(start) = plain.find('\u{1b}') {
            let end = plain[start..].find('m').map_or(plain.len(), |at| start + at + 1);
            plain.replace_range(start..end, "");
        }
        if plain.trim() == ":::" {
            lines.pop();
        } else {
            lines.push(line);
        }
    }
    lines.join("\n")
}

/// The places to show in one file.
struct Excerpt<'a> {
    path: &'a str,
    marks: Vec<Mark<'a>>,
    /// Labels of related places without a span.
    unplaced: Vec<&'a str>,
}

/// Bytes to underline, and what to say about them.
struct Mark<'a> {
    range: Range<usize>,
    kind: AnnotationKind,
    label: Option<&'a str>,
    /// The cell of a workbook that it lies in.
    cell: Option<String>,
}

impl<'a> Excerpt<'a> {
    fn new(place: &'a Place) -> Self {
        Self { path: &place.path, marks: Vec::new(), unplaced: Vec::new() }
    }

    fn add(&mut self, files: &Files, place: &Place, kind: AnnotationKind, label: Option<&'a str>) {
        match shown(files, place) {
            Some(range) => self.marks.push(Mark { range, kind, label, cell: files.cell(place) }),
            None => self.unplaced.extend(label),
        }
    }

    /// One excerpt with all marks if that is short, else one for each, else the bare positions.
    fn elements(&self, files: &Files) -> Vec<Element<'a>> {
        let note = |label: &&str| Tone::NOTE.message(format!("{}: {label}", self.path)).into();
        let mut elements: Vec<Element<'a>> = self.unplaced.iter().map(note).collect();
        if self.marks.iter().any(|mark| mark.cell.is_some()) {
            elements.extend(self.marks.iter().flat_map(|mark| cell(self.path, files, mark)));
            return elements;
        }
        if self.marks.is_empty() {
            elements.insert(0, Origin::path(self.path).into());
        } else if let Some(snippet) = snippet(self.path, files, &self.marks) {
            elements.push(snippet.into());
        } else {
            for mark in &self.marks {
                match snippet(self.path, files, std::slice::from_ref(mark)) {
                    Some(snippet) => elements.push(snippet.into()),
                    None => elements.extend(position(self.path, files, mark)),
                }
            }
        }
        elements
    }
}

/// A cell of a workbook: its address, then its heading and what it holds.
fn cell<'a>(path: &'a str, files: &Files, mark: &Mark<'a>) -> Vec<Element<'a>> {
    let address = mark.cell.as_deref().unwrap_or_default();
    let origin = Origin::path(format!("{path}:{address}"));
    let text = files.text(path).unwrap_or_default();
    let start = text[..mark.range.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[mark.range.start..].find('\n').map_or(text.len(), |at| mark.range.start + at);
    if end - start > LONGEST_SOURCE {
        let note = mark.label.map(|label| Tone::NOTE.message(label.to_owned()).into());
        return std::iter::once(origin.into()).chain(note).collect();
    }
    let annotation = mark.kind.span(mark.range.start - start..mark.range.end.min(end) - start);
    let annotation = annotation.label(mark.label.map(ToOwned::to_owned));
    let snippet = Snippet::source(text[start..end].to_owned()).line_numbering(false);
    vec![origin.into(), snippet.annotation(annotation).into()]
}

/// The lines from the first mark to the last, and nothing else of the file; `None` if they are long.
fn snippet<'a>(
    path: &'a str,
    files: &Files,
    marks: &[Mark<'a>],
) -> Option<Snippet<'a, Annotation<'a>>> {
    let text = files.text(path)?;
    let first = marks.iter().map(|mark| mark.range.start).min()?;
    let last = marks.iter().map(|mark| mark.range.end).max()?;
    let start = text[..first].rfind('\n').map_or(0, |at| at + 1);
    let end = text[last..].find('\n').map_or(text.len(), |at| last + at);
    if end - start > LONGEST_SOURCE {
        return None;
    }
    let (from, _) = files.positions(&Place::new(path, span(&(start..start))))?;
    let source = text.get(start..end)?.to_owned();
    let marks = marks.iter().map(|mark| {
        let annotation = mark.kind.span(mark.range.start - start..mark.range.end - start);
        annotation.label(mark.label.map(ToOwned::to_owned))
    });
    Some(Snippet::source(source).path(path).line_start(from.line).annotations(marks))
}

/// Line and column of a mark whose line is too long to be shown.
fn position<'a>(path: &'a str, files: &Files, mark: &Mark<'a>) -> Vec<Element<'a>> {
    let origin = Origin::path(path);
    let from = files.positions(&Place::new(path, span(&mark.range))).map(|(from, _)| from);
    let origin = match from {
        Some(from) => origin.line(from.line).char_column(from.column),
        None => origin,
    };
    let note = mark.label.map(|label| Tone::NOTE.message(label.to_owned()).into());
    std::iter::once(origin.into()).chain(note).collect()
}

fn span(range: &Range<usize>) -> Span {
    let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
    offset(range.start)..offset(range.end)
}

/// The bytes to underline: all of a short place, the first line of a long one.
fn shown(files: &Files, place: &Place) -> Option<Range<usize>> {
    let range = files.range(place)?;
    if files.cell(place).is_some() {
        return Some(range);
    }
    let (from, to) = files.positions(place)?;
    if to.line - from.line < LONGEST_EXCERPT {
        return Some(range);
    }
    let line = files.line(&place.path, from.line)?;
    Some(range.start..line.end.max(range.start))
}

fn summary(counts: Counts) -> String {
    let Counts { errors, warnings, notes, files } = counts;
    let found = [counted(errors, "error"), counted(warnings, "warning"), counted(notes, "note")];
    let found: Vec<_> = found.into_iter().flatten().collect();
    match counted(files, "file") {
        Some(files) => format!("{} in {files}", found.join(", ")),
        None => "no errors, no warnings".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{render, sample};
    use super::super::{Form, Report};
    use super::*;

    #[test]
    fn excerpts_show_both_ends() {
        insta::assert_snapshot!(render(Form::Human), @r#"
        error[E0101]: a symbolic link
        --> libraries/link.yaml

        warning[W0601]: applies to nothing: 100%, <all>
         --> libraries/rules/core.yaml:1:5
          |
        1 | id: core
          |     ^^^^

        error[E0203]: unknown field `clumn`
         --> libraries/rules/core.yaml:3:5
          |
        1 | id: core
          | -- in this rule set
        2 | rules:
        3 |   - clumn: é
          |     ^^^^^
          |
         ::: libraries/schemas/orders.json:1:8
          |
        1 | {"id": "orders"}
          |        -------- for this schema
          |
          = note: in rule_set `core`
          = help: did you mean `column`?

        2 errors, 1 warning in 2 files
        "#);
    }

    #[test]
    fn many_are_cut_short_and_counted() {
        let mut files = Files::default();
        files.insert("a", "x\n".repeat(20).as_bytes());
        let found: Vec<_> = (0..20)
            .map(|line| {
                let code = if line < 18 { Code::UnusedRule } else { Code::BadValue };
                Diagnostic::new(code, Place::new("a", line * 2..line * 2 + 1), "odd")
            })
            .collect();
        let report = Report { most: Some(3), ..Report::new(&found, &files) };
        insta::assert_snapshot!(report.render(Form::Human), @r#"
        warning[W0601]: odd
         --> a:1:1
          |
        1 | x
          | ^

        error[E0206]: odd
          --> a:19:1
           |
        19 | x
           | ^

        error[E0206]: odd
          --> a:20:1
           |
        20 | x
           | ^

            18  W0601  rule applies to nothing
             2  E0206  value not allowed

        2 errors, 18 warnings in 1 file; 17 not shown, `--max 0` shows all
        "#);
    }

    #[test]
    fn colour_only_when_told() {
        let (files, diagnostics) = sample();
        let report =
            |colour| Report { colour, ..Report::new(&diagnostics, &files) }.render(Form::Human);
        assert!(!report(false).contains('\u{1b}') && report(true).contains('\u{1b}'));
    }

    #[test]
    fn odd_places_never_break_a_report() {
        let mut files = Files::default();
        files.insert("a", "é\tb\r\n\r\nx\n".as_bytes());
        files.insert("empty", b"");
        let length = 14;
        for start in 0..length {
            for end in start..length {
                for path in ["a", "empty", "missing"] {
                    let place = Place::new(path, start..end);
                    let diagnostic = Diagnostic::new(Code::BadSyntax, place, "x\u{1b}[31m\u{7}")
                        .related(Place::new("a", end..end), "here")
                        .related(Place::file("b"), "there");
                    let text = one(&diagnostic, &files, &Renderer::plain());
                    assert!(!text.contains(['\u{1b}', '\u{7}']), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn a_long_place_is_shown_by_its_first_line() {
        let mut files = Files::default();
        files.insert("a", "query: |\n".repeat(100).as_bytes());
        let diagnostic = Diagnostic::new(Code::BadValue, Place::new("a", 0..800), "too long");
        assert!(one(&diagnostic, &files, &Renderer::plain()).lines().count() < 8);
    }

    #[test]
    fn long_lines_are_shown_by_position_alone() {
        let mut files = Files::default();
        files.insert("a", format!("[{}]", "1, ".repeat(100_000)).as_bytes());
        let diagnostic = Diagnostic::new(Code::BadValue, Place::new("a", 200_000..200_001), "odd")
            .related(Place::new("a", 1..2), "here");
        let text = one(&diagnostic, &files, &Renderer::plain());
        assert!(text.len() < 500 && text.contains("a:1:200001") && text.contains("here"), "{text}");
    }
}
