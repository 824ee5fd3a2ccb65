//! For machines: one JSON document.
//!
//! `{"diagnostics": […], "summary": {"errors", "warnings", "notes", "files"}}`. A diagnostic has `code`,
//! `level` (`error`, `warning` or `note`), `title`, `message`, `hint`, `object`, `pointer`, `place` and
//! `related`; a place has `path` and, unless it is a whole file, `line`, `column`, `end_line`,
//! `end_column` (from 1, in Unicode characters, end excluded) and `start_byte`, `end_byte` (from 0,
//! behind a byte order mark, end excluded); in a
//! workbook it has `cell` instead, such as `rule_set!C14`. `environments` lists those it was found in, and is empty where it
//! holds for all; `fix`, where there is a safe one, has `path`, `start_byte`, `end_byte` and the `text` that
//! comes in their place. What is not known is `null`. Fields are added, never
//! renamed.

use assay_schemas::code::Level;
use assay_schemas::id::EnvironmentName;
use serde::Serialize;

use super::{Counts, Report};
use crate::diagnostic::{Diagnostic, Files, Place};

#[derive(Serialize)]
struct Document<'a> {
    diagnostics: Vec<Record<'a>>,
    summary: Counts,
}

#[derive(Serialize)]
struct Record<'a> {
    code: &'a str,
    level: Level,
    title: &'a str,
    message: &'a str,
    hint: Option<&'a str>,
    object: Option<&'a str>,
    pointer: Option<&'a str>,
    place: Spot<'a>,
    related: Vec<Related<'a>>,
    environments: &'a [EnvironmentName],
    fix: Option<FixRecord>,
}

#[derive(Serialize)]
struct FixRecord {
    path: String,
    start_byte: usize,
    end_byte: usize,
    text: String,
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    place: Spot<'a>,
}

#[derive(Serialize)]
struct Spot<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cell: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    start_byte: Option<usize>,
    end_byte: Option<usize>,
}

pub(super) fn render(report: &Report<'_>) -> String {
    let diagnostics = report.diagnostics.iter().map(|d| record(d, report.files)).collect();
    let document = Document { diagnostics, summary: report.counts() };
    // Texts and numbers alone always serialise.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn record<'a>(diagnostic: &'a Diagnostic, files: &Files) -> Record<'a> {
    let related = diagnostic.related.iter();
    Record {
        code: diagnostic.code.id(),
        level: diagnostic.level,
        title: diagnostic.code.title(),
        message: &diagnostic.message,
        hint: diagnostic.hint.as_deref(),
        object: diagnostic.object.as_deref(),
        pointer: diagnostic.pointer.as_ref().map(|pointer| pointer.as_str()),
        place: spot(&diagnostic.primary, files),
        related: related
            .map(|(place, message)| Related { message, place: spot(place, files) })
            .collect(),
        environments: &diagnostic.environments,
        fix: diagnostic.fix.as_ref().and_then(|edit| edit.spell(files)).map(|edit| FixRecord {
            path: edit.path,
            start_byte: edit.start,
            end_byte: edit.end,
            text: edit.text,
        }),
    }
}

fn spot<'a>(place: &'a Place, files: &Files) -> Spot<'a> {
    let (from, to) = files.positions(place).unzip();
    let cell = files.cell(place);
    let bytes = files.range(place).filter(|_| cell.is_none());
    Spot {
        path: &place.path,
        cell,
        line: from.map(|position| position.line),
        column: from.map(|position| position.column),
        end_line: to.map(|position| position.line),
        end_column: to.map(|position| position.column),
        start_byte: bytes.as_ref().map(|range| range.start),
        end_byte: bytes.as_ref().map(|range| range.end),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Form;
    use super::super::tests::render;

    #[test]
    #[expect(clippy::too_many_lines, reason = "most of it is the expected text")]
    fn fields_are_stable() {
        insta::assert_snapshot!(render(Form::Json), @r#"
        {
          "diagnostics": [
            {
              "code": "E0101",
              "level": "error",
              "title": "file cannot be read as text",
              "message": "a symbolic link",
              "hint": null,
              "object": null,
              "pointer": null,
              "place": {
                "path": "libraries/link.yaml",
                "line": null,
                "column": null,
                "end_line": null,
                "end_column": null,
                "start_byte": null,
                "end_byte": null
              },
              "related": [],
              "environments": [],
              "fix": null
            },
            {
              "code": "W0601",
              "level": "warning",
              "title": "rule applies to nothing",
              "message": "applies to nothing: 100%, <all>",
              "hint": null,
              "object": null,
              "pointer": null,
              "place": {
                "path": "libraries/rules/core.yaml",
                "line": 1,
                "column": 5,
                "end_line": 1,
                "end_column": 9,
                "start_byte": 4,
                "end_byte": 8
              },
              "related": [],
              "environments": [],
              "fix": null
            },
            {
              "code": "E0203",
              "level": "error",
              "title": "unknown field",
              "message": "unknown field `clumn`",
              "hint": "did you mean `column`?",
              "object": "rule_set `core`",
              "pointer": "/rules/0/clumn",
              "place": {
                "path": "libraries/rules/core.yaml",
                "line": 3,
                "column": 5,
                "end_line": 3,
                "end_column": 10,
                "start_byte": 20,
                "end_byte": 25
              },
              "related": [
                {
                  "message": "in this rule set",
                  "place": {
                    "path": "libraries/rules/core.yaml",
                    "line": 1,
                    "column": 1,
                    "end_line": 1,
                    "end_column": 3,
                    "start_byte": 0,
                    "end_byte": 2
                  }
                },
                {
                  "message": "for this schema",
                  "place": {
                    "path": "libraries/schemas/orders.json",
                    "line": 1,
                    "column": 8,
                    "end_line": 1,
                    "end_column": 16,
                    "start_byte": 7,
                    "end_byte": 15
                  }
                }
              ],
              "environments": [],
              "fix": null
            }
          ],
          "summary": {
            "errors": 2,
            "warnings": 1,
            "notes": 0,
            "files": 2
          }
        }
        "#);
    }
}
