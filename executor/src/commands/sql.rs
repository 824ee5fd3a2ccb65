//! `assay sql`: ask the lake.

use std::fmt::Write as _;
use std::io::Read as _;

use assay_schemas::exit::Exit;
use clap::Args;
use serde_json::Value;

use super::bundle::LakeArgs;
use super::{CommandError, Output};
use crate::lake::Answer;

/// Query the lake with SQL: views run, stage, verdict, figure, score, violation, reject, profile,
/// cleansing, action, lineage, audit.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay sql \"select check_id, verdict, violations from verdict where verdict <> 'pass'\"
  assay sql \"describe verdict\"
  assay sql - < question.sql
  assay sql \"select * from profile\" --format csv > profile.csv")]
pub(super) struct Sql {
    /// The query; `-` reads it from standard input.
    query: String,
    #[command(flatten)]
    lake: LakeArgs,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "json", "csv"])]
    format: String,
}

impl Sql {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let query = if self.query == "-" {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map_err(|error| {
                CommandError::Usage(format!(
                    "the query cannot be read from standard input: {error}"
                ))
            })?;
            text
        } else {
            self.query
        };
        let answer = self.lake.lake()?.views()?.query(&query)?;
        output.print(&render(&answer, &self.format));
        Ok(Exit::Success)
    }
}

/// An answer as a table, as JSON lines or as CSV.
pub(super) fn render(answer: &Answer, format: &str) -> String {
    match format {
        "json" => json_lines(answer),
        "csv" => csv(answer),
        _ => table(answer),
    }
}

fn json_lines(answer: &Answer) -> String {
    let mut text = String::new();
    for row in &answer.rows {
        let fields = answer.columns.iter().cloned().zip(row.iter().cloned());
        let _ = writeln!(text, "{}", Value::Object(fields.collect()));
    }
    text
}

fn csv(answer: &Answer) -> String {
    let quoted = |cell: &str| {
        if cell.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.to_owned()
        }
    };
    let mut text =
        answer.columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(",") + "\n";
    for row in &answer.rows {
        text += &row.iter().map(|cell| quoted(&shown(cell))).collect::<Vec<_>>().join(",");
        text.push('\n');
    }
    text
}

fn table(answer: &Answer) -> String {
    const WIDEST: usize = 60;
    let cut = |cell: String| {
        if cell.chars().count() <= WIDEST {
            return cell.replace('\n', "⏎");
        }
        cell.chars().take(WIDEST - 1).chain(['…']).collect::<String>().replace('\n', "⏎")
    };
    let rows: Vec<Vec<String>> =
        answer.rows.iter().map(|row| row.iter().map(|cell| cut(shown(cell))).collect()).collect();
    let widths: Vec<usize> = answer
        .columns
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let cells =
                rows.iter().map(|row| row.get(index).map_or(0, |cell| cell.chars().count()));
            cells.chain([name.chars().count()]).max().unwrap_or(0)
        })
        .collect();
    let numeric: Vec<bool> = (0..answer.columns.len())
        .map(|index| answer.rows.iter().any(|row| row.get(index).is_some_and(Value::is_number)))
        .collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).zip(&numeric).map(|((cell, width), right)| {
            if *right { format!("{cell:>width$}") } else { format!("{cell:width$}") }
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    let rule: Vec<_> = widths.iter().map(|width| "─".repeat(*width)).collect();
    let mut text = line(&answer.columns) + &line(&rule);
    rows.iter().for_each(|row| text += &line(row));
    let count = rows.len();
    text + &format!("{count} {}\n", if count == 1 { "row" } else { "rows" })
}

/// A value as a table shows it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
