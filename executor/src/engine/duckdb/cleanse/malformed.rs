//! Lines that could not be split into cells: gathered from all scans, each with its place.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use assay_schemas::plan::Format;

use super::super::connection::{Session, absolute, as_count, fault};
use super::super::source::Source;
use super::super::{csv, sql};
use super::{Ground, LINES};
use crate::engine::EngineError;
use crate::engine::file::place;

/// Why a line is malformed that has a quote where none may be.
pub(super) const QUOTED: &str = "malformed line: a quote is opened or closed in the wrong place";

/// The table of malformed lines as DuckDB told them.
const FOUND: &str = "_assay_malformed";

/// Malformed lines whose place in the text file is looked up; there may be millions.
const PLACED_LINES: u64 = 1000;

/// Brings the malformed lines of all scans together; gives their number.
pub(super) fn gather(ground: Ground<'_>, scans: &csv::Scans) -> Result<u64, EngineError> {
    let Ground { session, source, .. } = ground;
    session.run("malformed lines", &found(source, scans)?).map_err(|error| fault(&error))?;
    let blanks = blanks(ground)?;
    let place = format!(
        "CREATE OR REPLACE TEMP TABLE {LINES} AS\n\
         SELECT *, row - row_number() OVER w AS good_before, row_number() OVER w AS rank\n\
         FROM (SELECT f.file, CAST(number - {} - coalesce(b.before, 0) AS BIGINT) AS row, position, \
         NULL::BIGINT AS line, value, reason\n\
         FROM {FOUND} f ASOF LEFT JOIN (VALUES {blanks}) b(file, place, before) ON b.file = f.file AND \
         f.number > b.place) WINDOW w AS (PARTITION BY file ORDER BY row)",
        u8::from(scans.header),
    );
    session.run("rows of malformed lines", &place).map_err(|error| fault(&error))?;
    if scans.countable {
        place_lines(session, source)?;
    }
    let counted = session
        .rows("count malformed lines", &format!("SELECT count(*) FROM {LINES}"))
        .map_err(|error| fault(&error))?;
    Ok(counted.first().and_then(|row| row.first()).map_or(0, as_count))
}

/// The statement that makes a table of the malformed lines: their file, and their number among its records and blank
/// lines.
fn found(source: &Source, scans: &csv::Scans) -> Result<String, EngineError> {
    let names: Result<Vec<_>, EngineError> =
        source.files.iter().map(|file| absolute(file).map(|path| sql::text(&path))).collect();
    let mut parts: Vec<String> = scans
        .faults
        .iter()
        .map(|faults| {
            format!(
                "SELECT f.file_path AS path, e.line, e.line_byte_position AS position, e.csv_line, \
                 e.error_type, e.error_message FROM {} e JOIN {} f ON f.file_id = e.file_id AND \
                 f.scan_id = e.scan_id",
                faults.lines, faults.files
            )
        })
        .collect();
    if parts.is_empty() {
        parts.push(
            "SELECT NULL::VARCHAR AS path, 0 AS line, 0 AS position, NULL::VARCHAR AS csv_line, \
             NULL::VARCHAR AS error_type, NULL::VARCHAR AS error_message WHERE false"
                .to_owned(),
        );
    }
    // One line may have several faults; the first in the order of the alphabet speaks for all.
    Ok(format!(
        "CREATE OR REPLACE TEMP TABLE {FOUND} AS\n\
         SELECT CAST(list_position([{}], path) - 1 AS INTEGER) AS file, CAST(line AS BIGINT) AS number, \
         min(CAST(position AS BIGINT)) - 1 AS position, min(trim(csv_line, E'\\r\\n')) AS value, \
         min(CASE error_type\n\
         WHEN 'UNQUOTED VALUE' THEN {}\n\
         WHEN 'LINE SIZE OVER MAXIMUM' THEN 'malformed line: too long'\n\
         ELSE coalesce('malformed line: ' || regexp_replace(error_message, \
         '^Expected Number of Columns: ([0-9]+) Found: ([0-9]+).*$', \
         '\\1 cells expected, \\2 found'), 'malformed line') END) AS reason\n\
         FROM (\n{}\n) GROUP BY ALL",
        names?.join(", "),
        sql::text(QUOTED),
        parts.join("\nUNION ALL\n")
    ))
}

/// Blank lines of the files that have malformed ones, as [`place::blanks`] counts them: file, number, how many.
fn blanks(ground: Ground<'_>) -> Result<String, EngineError> {
    let Ground { session, dataset, source, .. } = ground;
    let mut values = vec!["(-1, 0, 0)".to_owned()];
    let query = format!("SELECT file, max(number) FROM {FOUND} GROUP BY file ORDER BY file");
    let rows = session.rows("malformed lines", &query).map_err(|error| fault(&error))?;
    for row in rows {
        let [file, last] = row.as_slice() else { continue };
        let (file, last) = (as_count(file), as_count(last));
        let path = usize::try_from(file).ok().and_then(|number| source.files.get(number));
        let (Some(path), Format::Csv(dialect)) = (path, &dataset.source.format) else { continue };
        if dialect.encoding == "utf-16" {
            continue;
        }
        let found = place::blanks(path, dialect, last)
            .map_err(|error| EngineError::Data(format!("{}: {error}", path.display())))?;
        values.extend(found.iter().map(|(at, before)| format!("({file}, {at}, {before})")));
    }
    Ok(values.join(", "))
}

/// Finds the line numbers of the first lines with a misplaced quote by counting line ends before their bytes: what a
/// record is, such a line leaves open.
fn place_lines(session: &Session, source: &Source) -> Result<(), EngineError> {
    let query = format!(
        "SELECT file, position FROM {LINES} WHERE reason = {} ORDER BY file, position LIMIT {PLACED_LINES}",
        sql::text(QUOTED)
    );
    let rows = session.rows("places of malformed lines", &query).map_err(|error| fault(&error))?;
    let mut places: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for row in rows {
        if let [file, position] = row.as_slice() {
            places.entry(as_count(file)).or_default().push(as_count(position));
        }
    }
    let mut found = Vec::new();
    for (file, positions) in places {
        let Some(path) = usize::try_from(file).ok().and_then(|index| source.files.get(index))
        else {
            continue;
        };
        let lines = line_numbers(path, &positions)
            .map_err(|error| EngineError::Data(format!("{}: {error}", path.display())))?;
        let pairs = positions.iter().zip(lines);
        found.extend(pairs.map(|(position, line)| format!("({file}, {position}, {line})")));
    }
    if found.is_empty() {
        return Ok(());
    }
    let update = format!(
        "UPDATE {LINES} SET line = p.line FROM (VALUES {}) p(file, position, line) WHERE \
         {LINES}.file = p.file AND {LINES}.position = p.position",
        found.join(", ")
    );
    session.run("line numbers", &update).map(|_| ()).map_err(|error| fault(&error))
}

/// The line, from 1, at which each of the ascending byte positions begins. A record is said to begin at
/// the blank lines before it, so those are passed over.
fn line_numbers(path: &Path, positions: &[u64]) -> std::io::Result<Vec<u64>> {
    let mut reader = BufReader::with_capacity(1 << 16, std::fs::File::open(path)?);
    let mut lines = Vec::with_capacity(positions.len());
    let (mut end, mut number) = (0_u64, 0_u64);
    let mut buffer = Vec::new();
    while lines.len() < positions.len() {
        buffer.clear();
        let read = reader.read_until(b'\n', &mut buffer)?;
        if read == 0 {
            break;
        }
        end += read as u64;
        number += 1;
        if buffer.iter().any(|byte| !matches!(byte, b'\n' | b'\r')) {
            while positions.get(lines.len()).is_some_and(|position| *position < end) {
                lines.push(number);
            }
        }
    }
    Ok(lines)
}
