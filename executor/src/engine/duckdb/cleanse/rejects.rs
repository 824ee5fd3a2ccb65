//! Rejects: rows, emptied cells and malformed lines, each with its place in the files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use assay_schemas::plan::DatasetPlan;

use super::super::chain::{PLACE, Program, STEP, VALUE, cell_column};
use super::super::connection::{as_count, fault};
use super::super::source::{FILE, Source};
use super::super::sql;
use super::malformed::QUOTED;
use super::{Ground, LINES, first_pass, hidden, read};
use crate::engine::file::place::Lines;
use crate::engine::{EngineError, redact};

/// All rejects: rows, emptied cells, malformed lines.
pub(super) fn query(
    ground: Ground<'_>,
    program: &Program,
    last: &Path,
) -> Result<String, EngineError> {
    let Ground { dataset, source, folder, .. } = ground;
    let found = found(program, last)?;
    let placing = Placing::of(program, source, folder)?;
    let shifts = shifts(ground, &found, &placing)?;
    let malformed = match &source.text {
        Some(_) => format!(
            "\nUNION ALL\nSELECT {}, row, CAST(coalesce(row + s.shift, line) AS BIGINT), NULL, {}, reason, 'read' \
             FROM {LINES} b ASOF LEFT JOIN shifts s ON s.file = b.file AND row >= s.first",
            placing.name("b.file"),
            hidden::always(redact::of_line(dataset), "value"),
        ),
        None => String::new(),
    };
    let columns: BTreeSet<&String> =
        program.rejections.iter().filter_map(|rejection| rejection.column.as_ref()).collect();
    let row = &placing.row;
    Ok(format!(
        "WITH found AS (\n{found}\n), {},\nreasons(number, step, column_name, reason) AS (VALUES {}),\n\
         shifts(file, first, shift) AS (VALUES {shifts})\n\
         SELECT {} AS file, {row} AS row, CAST({row} + s.shift AS BIGINT) AS line, CAST(column_name AS VARCHAR) AS \"column\", \
         CAST({} AS VARCHAR) AS value, \
         r.reason, r.step\nFROM placed b JOIN reasons r ON r.number = b.number{}\n\
         ASOF LEFT JOIN shifts s ON s.file = b.file AND {row} >= s.first{malformed}{}\n\
         ORDER BY file, row, line",
        placing.relations,
        reasons(program),
        placing.name("b.file"),
        hidden::by_column(dataset, &columns, "b.value"),
        placing.join,
        faults(dataset, source),
    ))
}

/// Rows and cells that were rejected: `place`, `file`, the `number` of the rejection, the `value`.
fn found(program: &Program, last: &Path) -> Result<String, EngineError> {
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
    Ok(parts.join("\nUNION ALL\n"))
}

/// What each rejection is called.
fn reasons(program: &Program) -> String {
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
    reasons.join(", ")
}

/// By how much lines of the originals are ahead of rows, where that is known: file, first row, and how much.
fn shifts(ground: Ground<'_>, found: &str, placing: &Placing) -> Result<String, EngineError> {
    let Ground { session, dataset, source, .. } = ground;
    let mut last = BTreeMap::new();
    if source.text.is_some() {
        // Behind a quote in the wrong place, nobody knows for sure where records end.
        let query = format!(
            "WITH found AS (\n{found}\n), {}\nSELECT file, max(row) FROM (\n\
             SELECT b.file, {} AS row FROM placed b{}\nUNION ALL\nSELECT file, row FROM {LINES}\n)\n\
             WHERE file NOT IN (SELECT file FROM {LINES} WHERE reason = {})\nGROUP BY ALL",
            placing.relations,
            placing.row,
            placing.join,
            sql::text(QUOTED),
        );
        let rows = session.rows("last rejected rows", &query).map_err(|error| fault(&error))?;
        let file = |row: &[duckdb::types::Value]| match row {
            [file, row] => Some((usize::try_from(as_count(file)).ok()?, as_count(row))),
            _ => None,
        };
        last = rows.iter().filter_map(|row| file(row)).collect();
    }
    let lines = Lines::of(&source.notes, &source.files, &dataset.source.format, &last)?;
    let shifts = (0..source.notes.len())
        .flat_map(|file| lines.of_file(file).iter().map(move |(row, shift)| (file, row, shift)));
    let mut values: Vec<String> =
        shifts.map(|(file, row, shift)| format!("({file}, {row}, {shift})")).collect();
    values.push("(-1, 0, 0)".to_owned());
    Ok(values.join(", "))
}

/// Lines and cells that were found before an engine read the files.
fn faults(dataset: &DatasetPlan, source: &Source) -> String {
    let optional = |text: &Option<String>| text.as_ref().map_or("NULL".into(), |t| sql::text(t));
    let rows = source.notes.iter().flat_map(|note| {
        note.faults.iter().map(move |fault| {
            let row = fault.row.map_or("NULL".to_owned(), |row| row.to_string());
            format!(
                "({}, CAST({row} AS BIGINT), {}, {}, {}, {}, 'read')",
                sql::text(&note.name),
                fault.line,
                optional(&fault.column),
                optional(&fault.shown(dataset)),
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
