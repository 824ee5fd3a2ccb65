//! The log of changed cells: what each was and what it became, by which step.

use std::path::{Path, PathBuf};

use assay_schemas::plan::{DatasetPlan, Redaction};

use super::super::chain::{LOG, PLACE, Program};
use super::super::connection::{Session, fault};
use super::super::source::{FILE, Source};
use super::super::sql;
use super::rejects::Placing;
use super::{copy, read};
use crate::engine::EngineError;
use crate::redact::MASK;

/// The table that changes are gathered in, pass by pass.
const CHANGES: &str = "_assay_changes";

/// Makes the table anew.
pub(super) fn begin(session: &Session) -> Result<(), EngineError> {
    let table = format!(
        "CREATE OR REPLACE TEMP TABLE {CHANGES} (place BIGINT, file INTEGER, pass INTEGER, mark INTEGER, \
         key VARCHAR, was VARCHAR, became VARCHAR)"
    );
    session.run("log of changes", &table).map(|_| ()).map_err(|error| fault(&error))
}

/// Takes the changes of a pass.
pub(super) fn gather(
    session: &Session,
    dataset: &DatasetPlan,
    program: &Program,
    (number, file): (usize, &Path),
) -> Result<(), EngineError> {
    let place = if number == 0 { "file_row_number + 1" } else { PLACE };
    let of_file = if program.several { FILE } else { "0" };
    let insert = format!(
        "INSERT INTO {CHANGES} SELECT place, file, {number}, entry.mark, key, entry.was, entry.became FROM (\n\
         SELECT {place} AS place, {of_file} AS file, {} AS key, unnest({LOG}) AS entry FROM {}\n)",
        key(dataset, program),
        read(file)?
    );
    session.run("log of changes", &insert).map(|_| ()).map_err(|error| fault(&error))
}

/// The primary key of a row as JSON; null where there is none, or where it must not be shown.
fn key(dataset: &DatasetPlan, program: &Program) -> String {
    let shown = |name: &str| redaction(dataset, name) == Redaction::None;
    let there = |name: &str| program.columns.iter().any(|column| column.name == name);
    let names: Vec<&str> = dataset.primary_key.iter().map(|name| name.as_str()).collect();
    if names.is_empty() || !names.iter().all(|name| shown(name) && there(name)) {
        return "NULL".to_owned();
    }
    let parts = names
        .iter()
        .map(|name| format!("{}, CAST({} AS VARCHAR)", sql::text(name), sql::identifier(name)));
    format!("CAST(json_object({}) AS VARCHAR)", parts.collect::<Vec<_>>().join(", "))
}

/// Writes the log: Parquet with columns `file`, `row`, `key`, `column`, `was`, `became`, `step`.
pub(super) fn write(
    session: &Session,
    dataset: &DatasetPlan,
    (program, source): (&Program, &Source),
    folder: &Path,
) -> Result<PathBuf, EngineError> {
    let path = folder.join("changes.parquet");
    let mut marks = vec!["(-1, -1, NULL, NULL)".to_owned()];
    for (pass, marked) in program.passes.iter().enumerate() {
        let own = marked.marks.iter().enumerate();
        marks.extend(own.map(|(mark, (step, column))| {
            format!("({pass}, {mark}, {}, {})", sql::text(step), sql::text(column))
        }));
    }
    let placing = Placing::of(program, source, folder)?;
    let value = |name: &str| shown(dataset, program, name);
    let query = format!(
        "WITH found AS (SELECT * FROM {CHANGES}), {},\nmarks(pass, mark, step, column_name) AS (VALUES {})\n\
         SELECT {} AS file, {} AS row, b.key, column_name AS \"column\", {} AS was, {} AS became, step\n\
         FROM placed b JOIN marks ON marks.pass = b.pass AND marks.mark = b.mark{}\n\
         ORDER BY b.file, row, b.pass, b.mark",
        placing.relations,
        marks.join(", "),
        placing.name("b.file"),
        placing.row,
        value("b.was"),
        value("b.became"),
        placing.join,
    );
    session.run("log of changes", &copy(&query, &path)?).map_err(|error| fault(&error))?;
    Ok(path)
}

/// A value as the log may show it, by the column that it is of.
fn shown(dataset: &DatasetPlan, program: &Program, value: &str) -> String {
    let columns = program.passes.iter().flat_map(|pass| &pass.marks).map(|(_, column)| column);
    let columns: std::collections::BTreeSet<&String> = columns.collect();
    let of = |wanted: Redaction| {
        let names = columns.iter().filter(|name| redaction(dataset, name) == wanted);
        names.map(|name| sql::text(name)).collect::<Vec<_>>().join(", ")
    };
    let (full, partial) = (of(Redaction::Full), of(Redaction::Partial));
    let mask = sql::text(MASK);
    let mut branches = vec![format!("WHEN {value} IS NULL THEN NULL")];
    if !full.is_empty() {
        branches.push(format!("WHEN column_name IN ({full}) THEN {mask}"));
    }
    if !partial.is_empty() {
        branches.push(format!("WHEN column_name IN ({partial}) AND length({value}) > 1 THEN left({value}, 1) || {mask} WHEN column_name IN ({partial}) THEN {mask}"));
    }
    format!("CASE {} ELSE {value} END", branches.join(" "))
}

/// How values of a column are shown, whether it was read or made.
fn redaction(dataset: &DatasetPlan, name: &str) -> Redaction {
    let fields = dataset.read_fields().iter().chain(&dataset.fields);
    let known = fields.filter(|field| field.name.as_str() == name);
    known.map(|field| field.redaction).max().unwrap_or_default()
}
