//! Rejects: rows, emptied cells and malformed lines, each with its place in the files.

use std::path::Path;

use super::super::chain::{PLACE, Program, STEP, VALUE, cell_column};
use super::super::source::{FILE, Source};
use super::super::sql;
use super::{LINES, first_pass, read};
use crate::engine::EngineError;

/// All rejects: rows, emptied cells, malformed lines.
pub(super) fn query(
    program: &Program,
    source: &Source,
    folder: &Path,
    last: &Path,
) -> Result<String, EngineError> {
    let place = place(program);
    let file = if program.several { FILE } else { "0" };
    let from = read(last)?;
    let mut parts = vec![format!(
        "SELECT {place} AS place, {file} AS file, {STEP} AS number, {VALUE} AS value FROM {from} \
         WHERE {STEP} IS NOT NULL"
    )];
    for (number, _) in program.rejections.iter().enumerate().filter(|(_, r)| r.cell) {
        let cell = cell_column(number);
        parts.push(format!(
            "SELECT {place}, {file}, {number}, {cell} FROM {from} WHERE {cell} IS NOT NULL"
        ));
    }
    let optional = |text: Option<&String>| text.map_or("NULL".into(), |text| sql::text(text));
    let mut reasons: Vec<String> = program
        .rejections
        .iter()
        .enumerate()
        .map(|(number, rejection)| {
            format!(
                "({number}, {}, {}, {})",
                sql::text(&rejection.step),
                optional(rejection.column.as_ref()),
                sql::text(&rejection.reason)
            )
        })
        .collect();
    reasons.push("(-1, NULL, NULL, NULL)".into());
    let placing = Placing::of(program, source, folder)?;
    let malformed = match &source.text {
        Some(_) => format!(
            "\nUNION ALL\nSELECT {}, row, line, NULL, value, reason, 'read' FROM {LINES}",
            placing.name("file")
        ),
        None => String::new(),
    };
    let line = line(source);
    let own = faults(source);
    Ok(format!(
        "WITH found AS (\n{}\n), {},\nreasons(number, step, column_name, reason) AS (VALUES {})\n\
         SELECT {} AS file, {} AS row, {line} AS line, CAST(column_name AS VARCHAR) AS \"column\", \
         CAST(b.value AS VARCHAR) AS value, \
         r.reason, r.step\nFROM placed b JOIN reasons r ON r.number = b.number{}{malformed}{own}\n\
         ORDER BY file, row, line",
        parts.join("\nUNION ALL\n"),
        placing.relations,
        reasons.join(", "),
        placing.name("b.file"),
        placing.row,
        placing.join,
    ))
}

/// The line of the original that a row of `placed`, called `b`, came from, where that is known.
fn line(source: &Source) -> String {
    let mut branches = String::new();
    for (file, note) in source.notes.iter().enumerate() {
        if note.shifts.is_empty() {
            continue;
        }
        let list = |part: &dyn Fn(&(u64, u64)) -> u64| {
            note.shifts.iter().map(|shift| part(shift).to_string()).collect::<Vec<_>>().join(", ")
        };
        let (rows, shifts) = (list(&|shift| shift.0), list(&|shift| shift.1));
        // The last breakpoint at or before the row counts.
        let before = format!("len(list_filter([{rows}], first -> first <= b.row))");
        branches.push_str(&format!(
            " WHEN b.file = {file} THEN b.row + coalesce(list_extract([{shifts}], {before}), 0)"
        ));
    }
    match branches.is_empty() {
        true => "CAST(NULL AS BIGINT)".to_owned(),
        false => format!("CAST(CASE{branches} END AS BIGINT)"),
    }
}

/// Lines and cells that were found before an engine read the files.
fn faults(source: &Source) -> String {
    let optional = |text: &Option<String>| text.as_ref().map_or("NULL".into(), |t| sql::text(t));
    let rows = source.notes.iter().flat_map(|note| {
        note.faults.iter().map(move |fault| {
            let row = fault.row.map_or("NULL".to_owned(), |row| row.to_string());
            format!(
                "({}, CAST({row} AS BIGINT), {}, {}, {}, {}, 'read')",
                sql::text(&note.name),
                fault.line,
                optional(&fault.column),
                optional(&fault.value),
                sql::text(&fault.reason)
            )
        })
    });
    let rows: Vec<_> = rows.collect();
    match rows.is_empty() {
        true => String::new(),
        false => format!("\nUNION ALL\nSELECT * FROM (VALUES {})", rows.join(", ")),
    }
}

/// The place of a row among all that were read, from 1, in the last pass.
fn place(program: &Program) -> String {
    if program.passes.len() > 1 { PLACE.to_owned() } else { "file_row_number + 1".to_owned() }
}

/// How a relation `found` with columns `place`, from 1 over all files, and `file`, from 0, comes to the row
/// of each file.
pub(super) struct Placing {
    /// Relations to follow `found`; the last one is `placed`.
    pub(super) relations: String,
    /// The data row of the file, from 1, where `placed` is called `b`.
    pub(super) row: String,
    /// What is joined to it for that.
    pub(super) join: String,
    names: String,
}

impl Placing {
    pub(super) fn of(
        program: &Program,
        source: &Source,
        folder: &Path,
    ) -> Result<Self, EngineError> {
        let names: Vec<String> = source.notes.iter().map(|note| sql::text(&note.name)).collect();
        // Where several files were read, each begins at the first of its places.
        let starts = if program.several {
            format!(
                "SELECT {FILE} AS file, min(file_row_number) AS before FROM {} GROUP BY {FILE}",
                read(&first_pass(folder))?
            )
        } else {
            "SELECT 0 AS file, 0 AS before".into()
        };
        let relations = format!(
            "starts AS ({starts}),\nplaced AS (SELECT found.*, place - before AS row FROM found JOIN starts \
             USING (file))"
        );
        let (shift, join) = match &source.text {
            // Malformed lines are rows of the file, too; they push the ones after them on. Of several in a
            // row, the last counts: it says how many there are up to it.
            Some(_) => (
                " + coalesce(m.rank, 0)",
                format!(
                    "\nASOF LEFT JOIN (SELECT file, good_before, max(rank) AS rank FROM {LINES} GROUP BY ALL) \
                     m ON m.file = b.file AND b.row > m.good_before"
                ),
            ),
            None => ("", String::new()),
        };
        let row = format!("CAST(b.row{shift} AS BIGINT)");
        Ok(Self { relations, row, join, names: names.join(", ") })
    }

    /// The path of a file by its number.
    pub(super) fn name(&self, file: &str) -> String {
        format!("list_extract([{}], CAST({file} AS BIGINT) + 1)", self.names)
    }
}
