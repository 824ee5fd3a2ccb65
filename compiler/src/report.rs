//! Reports: the same diagnostics for people and for machines, one file per form.

mod fingerprint;
mod github;
mod gitlab;
mod human;
mod json;
mod junit;
mod sarif;

use std::collections::BTreeSet;

use assay_schemas::code::Level;
use assay_schemas::words;

use crate::diagnostic::{Diagnostic, Files, Place};
use crate::git::Touched;

/// What a report is written from.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The diagnostics, in the order in which they are written.
    pub diagnostics: &'a [Diagnostic],
    /// The files that were read, for excerpts, lines and columns.
    pub files: &'a Files,
    /// The project's root inside its repository, without a slash at the end; empty if they are the
    /// same. Stands before the paths where a repository host reads them.
    pub root: &'a str,
    /// Whether the human form uses terminal colours.
    pub colour: bool,
    /// How many diagnostics the human form shows; `None` is all.
    pub most: Option<usize>,
    /// The lines that a change touched; what concerns them comes first where a host shows only some.
    pub touched: Option<&'a Touched>,
}

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// Source excerpts with carets.
    Human,
    /// One JSON document with stable fields.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// GitHub workflow commands, which become annotations.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// `JUnit` XML.
    Junit,
}

impl Form {
    /// Every form, by the name that a command line takes.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("human", Self::Human),
        ("json", Self::Json),
        ("sarif", Self::Sarif),
        ("github", Self::Github),
        ("gitlab", Self::Gitlab),
        ("junit", Self::Junit),
    ];
}

impl<'a> Report<'a> {
    /// A report of all diagnostics, without colour, for a project at the top of its repository.
    pub fn new(diagnostics: &'a [Diagnostic], files: &'a Files) -> Self {
        Self { diagnostics, files, root: "", colour: false, most: None, touched: None }
    }

    /// The report as text that ends with a line break.
    pub fn render(&self, form: Form) -> String {
        match form {
            Form::Human => human::render(self),
            Form::Json => json::render(self),
            Form::Sarif => sarif::render(self),
            Form::Github => github::render(self),
            Form::Gitlab => gitlab::render(self),
            Form::Junit => junit::render(self),
        }
    }

    /// How many errors, warnings and notes, and in how many files.
    pub fn counts(&self) -> Counts {
        let of = |level| self.diagnostics.iter().filter(|d| d.level == level).count();
        let paths: BTreeSet<_> = self.diagnostics.iter().map(|d| &d.primary.path).collect();
        Counts {
            errors: of(Level::Error),
            warnings: of(Level::Warning),
            notes: of(Level::Note),
            files: paths.len(),
        }
    }

    /// The path of a place's file as seen from the root of the repository.
    fn repository_path(&self, place: &Place) -> String {
        match self.root {
            "" => place.path.clone(),
            root => format!("{root}/{}", place.path),
        }
    }

    /// How far a finding is from the change: 0 on its lines, 1 in its files, 2 elsewhere; 0 without a change.
    fn distance(&self, found: &Diagnostic) -> u8 {
        let Some(touched) = self.touched else { return 0 };
        let path = found.primary.path.as_str();
        match self.line(&found.primary) {
            Some(line) if touched.line(path, line) => 0,
            _ if touched.file(path) => 1,
            _ => 2,
        }
    }

    /// The first line of a place, from 1; `None` for a file as a whole.
    fn line(&self, place: &Place) -> Option<usize> {
        self.files.positions(place).map(|(from, _)| from.line)
    }
}

/// How much is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Diagnostics of level error.
    pub errors: usize,
    /// Diagnostics of level warning.
    pub warnings: usize,
    /// Diagnostics of level note: what a waiver lets pass.
    pub notes: usize,
    /// Files that a diagnostic points at first.
    pub files: usize,
}

/// The word for a level.
fn word(level: Level) -> &'static str {
    match level {
        Level::Note => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

/// The message, and behind it the environments and the way out, a line each.
fn with_hint(diagnostic: &Diagnostic) -> String {
    let note = diagnostic.environment_note().map(|note| format!("\nnote: {note}"));
    let help = diagnostic.hint.as_ref().map(|hint| format!("\nhelp: {hint}"));
    format!("{}{}{}", diagnostic.message, note.unwrap_or_default(), help.unwrap_or_default())
}

/// `1 error`, `2 errors`; `None` where there is none.
pub(crate) fn counted(count: usize, word: &str) -> Option<String> {
    (count > 0).then(|| words::counted(count, word))
}

#[cfg(test)]
mod tests {
    use assay_schemas::code::Code;
    use assay_schemas::problem::Pointer;

    use super::*;

    /// Two files with an error that has a related place elsewhere, a warning, and an error that
    /// concerns a file as a whole.
    pub(super) fn sample() -> (Files, Vec<Diagnostic>) {
        let mut files = Files::default();
        files.insert("libraries/rules/core.yaml", "id: core\nrules:\n  - clumn: é\n".as_bytes());
        files.insert("libraries/schemas/orders.json", b"{\"id\": \"orders\"}\n");
        files.insert("libraries/clean.yaml", b"id: clean\n");
        let place = |span| Place::new("libraries/rules/core.yaml", span);
        let diagnostics = vec![
            Diagnostic::new(
                Code::Unreadable,
                Place::file("libraries/link.yaml"),
                "a symbolic link",
            ),
            Diagnostic::new(Code::UnusedRule, place(4..8), "applies to nothing: 100%, <all>"),
            Diagnostic::new(Code::UnknownField, place(20..25), "unknown field `clumn`")
                .hint("did you mean `column`?")
                .related(place(0..2), "in this rule set")
                .related(Place::new("libraries/schemas/orders.json", 7..15), "for this schema")
                .object("rule_set `core`")
                .pointer(Pointer::from("/rules/0/clumn")),
        ];
        (files, diagnostics)
    }

    pub(super) fn render(form: Form) -> String {
        let (files, diagnostics) = sample();
        Report { root: "data quality", ..Report::new(&diagnostics, &files) }.render(form)
    }

    #[test]
    fn every_form_ends_its_last_line_even_with_nothing_to_say() {
        let files = Files::default();
        let report = Report::new(&[], &files);
        for (name, form) in Form::ALL {
            let text = report.render(*form);
            assert!(text.is_empty() || text.ends_with('\n'), "{name}");
            assert!(render(*form).ends_with('\n'), "{name}");
        }
    }

    #[test]
    fn counts_are_of_levels_and_files() {
        let (files, diagnostics) = sample();
        let report = Report::new(&diagnostics, &files);
        assert_eq!(report.counts(), Counts { errors: 2, warnings: 1, notes: 0, files: 2 });
    }
}
