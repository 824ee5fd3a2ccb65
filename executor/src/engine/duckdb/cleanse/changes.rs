//! The log of changed cells: what each was and what it became, by which step.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use assay_schemas::plan::{DatasetPlan, Redaction};

use super::super::chain::{LOG, PLACE, Program};
use super::super::connection::{Session, fault};
use super::super::source::{FILE, Source};
use super::super::sql;
use super::rejects::Placing;
use super::{copy, hidden, read};
use crate::engine::{EngineError, redact};

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
    let shown = |name: &str| redact::of_column(dataset, name) == Redaction::None;
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
    let columns = program.passes.iter().flat_map(|pass| &pass.marks).map(|(_, column)| column);
    let columns: BTreeSet<&String> = columns.collect();
    let value = |name: &str| hidden::by_column(dataset, &columns, name);
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
