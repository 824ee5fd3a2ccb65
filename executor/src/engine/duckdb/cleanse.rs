//! Running a cleansing program: its passes, its counts, its rejects.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use duckdb::types::Value;

use super::chain::{PLACE, Program, STEP, VALUE, cell_column};
use super::connection::{Session, absolute, as_count, fault};
use super::source::{FILE, Source};
use super::{csv, sql};
use crate::engine::{Cleansed, EngineError};

/// Reason under which lines that could not be split are counted.
pub(super) const MALFORMED: &str = "malformed";
/// Malformed lines whose place in the text file is looked up; there may be millions.
const PLACED_LINES: u64 = 1000;

/// The table of malformed lines.
const LINES: &str = "_assay_malformed";

/// A statement with its purpose.
pub(super) type Said = (String, String);

/// The statements that write the passes, and the file of the last one.
pub(super) fn passes(
    program: &Program,
    source: &Source,
    folder: &Path,
) -> Result<(Vec<Said>, PathBuf), EngineError> {
    let mut said = Vec::new();
    let mut input = source.query.clone();
    let mut output = folder.join("cleansed.parquet");
    for number in 0..program.passes.len() {
        output = folder.join(format!("pass_{number}.parquet"));
        let purpose = if number == 0 { "read and cleanse" } else { "merge duplicates and cleanse" };
        said.push((purpose.to_owned(), copy(&program.query(number, &input), &output)?));
        input = read(&output)?;
    }
    Ok((said, output))
}

/// Writes a query's rows as Parquet.
fn copy(query: &str, output: &Path) -> Result<String, EngineError> {
    Ok(format!(
        "COPY (\n{query}\n) TO {} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)",
        sql::text(&absolute(output)?)
    ))
}

/// Reads a Parquet file of ours.
pub(super) fn read(file: &Path) -> Result<String, EngineError> {
    Ok(format!("read_parquet({}, hive_partitioning = false)", sql::text(&absolute(file)?)))
}

/// Runs a program that has at least one pass.
pub(super) fn run(
    session: &Session,
    program: &Program,
    source: &Source,
    folder: &Path,
    encoding: &str,
) -> Result<Cleansed, EngineError> {
    std::fs::create_dir_all(folder)
        .map_err(|error| EngineError::Resource(format!("{}: {error}", folder.display())))?;
    let (statements, last) = passes(program, source, folder)?;
    let mut cleansed = Cleansed::default();
    let mut written = Vec::new();
    let mut live = 0;
    for (number, (purpose, statement)) in statements.iter().enumerate() {
        let rows = session.run(purpose, statement).map_err(|error| refused(&error))?;
        if number == 0
            && let Some(scans) = &source.text
        {
            for faults in &scans.faults {
                csv::check_encoding(session, &faults.lines, &faults.files, encoding)?;
            }
            cleansed.malformed = gather_malformed(session, source, scans)?;
        }
        written.push(rows);
        live = count(
            session,
            program,
            number,
            &folder.join(format!("pass_{number}.parquet")),
            &mut cleansed,
        )?;
    }
    let (first, end) =
        (written.first().copied().unwrap_or(0), written.last().copied().unwrap_or(0));
    cleansed.rows_in = first + cleansed.malformed;
    cleansed.rows_merged = first - end;
    cleansed.rows_out = live;
    cleansed.rows_rejected = end - live + cleansed.malformed;
    if cleansed.malformed > 0 {
        cleansed.reasons.insert(MALFORMED.into(), cleansed.malformed);
    }
    if !cleansed.reasons.is_empty() {
        let path = folder.join("rejects.parquet");
        let query = rejects(program, source, folder, &last)?;
        session.run("rejects", &copy(&query, &path)?).map_err(|error| fault(&error))?;
        cleansed.rejects = Some(path);
    }
    let output = folder.join("cleansed.parquet");
    if end == live {
        std::fs::rename(&last, &output)
            .map_err(|error| EngineError::Resource(format!("{}: {error}", output.display())))?;
    } else {
        let query = survivors(program, &last)?;
        session.run("rows that stay", &copy(&query, &output)?).map_err(|error| fault(&error))?;
    }
    for number in 0..program.passes.len() {
        // The passes are scaffolding; where one is already gone or stays, nothing is wrong.
        let _ = std::fs::remove_file(folder.join(format!("pass_{number}.parquet")));
    }
    cleansed.output = Some(output);
    Ok(cleansed)
}

/// A cleansing that fails is the plan's or the data's fault, and said so.
fn refused(error: &duckdb::Error) -> EngineError {
    match fault(error) {
        EngineError::Internal(text) => {
            EngineError::Data(format!("the cleansing steps cannot be carried out: {text}"))
        }
        EngineError::Data(text) if text.contains("reached an invalid state") => {
            let file = text.lines().find_map(|line| line.trim().strip_prefix("file = "));
            EngineError::Data(format!(
                "{}: its lines end in different ways (line feed, carriage return, both); make them the \
                 same, for example with `dos2unix`",
                file.unwrap_or("the text file")
            ))
        }
        EngineError::Data(text) => EngineError::Data(format!("cleansing failed: {text}")),
        other => other,
    }
}

/// Counts changed cells of a pass and, after the last one, rejections; gives the rows not rejected.
fn count(
    session: &Session,
    program: &Program,
    number: usize,
    file: &Path,
    cleansed: &mut Cleansed,
) -> Result<u64, EngineError> {
    let Some(pass) = program.passes.get(number) else { return Ok(0) };
    let words = pass.words();
    let cells: Vec<usize> = (0..program.rejections.len())
        .filter(|index| program.rejections[*index].cell && number + 1 == program.passes.len())
        .collect();
    let mut items = vec![STEP.to_owned()];
    items.extend(words.iter().cloned());
    items.push("count(*)".into());
    items.extend(cells.iter().map(|index| format!("count({})", cell_column(*index))));
    let query = format!("SELECT {}\nFROM {}\nGROUP BY ALL", items.join(", "), read(file)?);
    let mut live = 0;
    for row in session.rows("count changes and rejections", &query).map_err(|e| fault(&e))? {
        let numbers: Vec<u64> = row.iter().map(as_count).collect();
        let (marks, counts) = numbers[1..].split_at(words.len());
        let rows = counts.first().copied().unwrap_or(0);
        for (step, column) in pass.marked(marks) {
            *cleansed
                .changed
                .entry(step.clone())
                .or_default()
                .entry(column.clone())
                .or_default() += rows;
        }
        if number + 1 < program.passes.len() {
            continue;
        }
        let rejection = match row.first() {
            None | Some(Value::Null) => {
                live += rows;
                None
            }
            Some(_) => usize::try_from(numbers[0]).ok().and_then(|n| program.rejections.get(n)),
        };
        let emptied = cells.iter().zip(&counts[1..]).filter(|(_, count)| **count > 0);
        let emptied = emptied.map(|(index, count)| (&program.rejections[*index], *count));
        for (rejection, count) in rejection.map(|r| (r, rows)).into_iter().chain(emptied) {
            *cleansed.reasons.entry(rejection.reason.clone()).or_default() += count;
        }
    }
    Ok(live)
}

/// The rows that stay, with the program's columns and nothing hidden but their file.
fn survivors(program: &Program, last: &Path) -> Result<String, EngineError> {
    let mut columns: Vec<String> =
        program.columns.iter().map(|column| sql::identifier(&column.name)).collect();
    if program.several {
        columns.push(FILE.into());
    }
    Ok(format!("SELECT {} FROM {} WHERE {STEP} IS NULL", columns.join(", "), read(last)?))
}

/// Brings the malformed lines of all scans together; gives their number.
fn gather_malformed(
    session: &Session,
    source: &Source,
    scans: &csv::Scans,
) -> Result<u64, EngineError> {
    let names: Result<Vec<_>, EngineError> =
        source.files.iter().map(|file| absolute(file).map(|path| sql::text(&path))).collect();
    let parts: Vec<String> = scans
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
    // One line may have several faults; the first in the order of the alphabet speaks for all. Blank lines
    // are no rows; those before a malformed line are found in its text.
    let query = format!(
        "CREATE OR REPLACE TEMP TABLE {LINES} AS\n\
         SELECT *, row - row_number() OVER w AS good_before, row_number() OVER w AS rank\n\
         FROM (\n  SELECT file, CAST(number - {} - sum(blank) OVER (PARTITION BY file ORDER BY number) AS BIGINT) AS row, \
         position, NULL::BIGINT AS line, value, reason\n  FROM (\n\
         SELECT list_position([{}], path) - 1 AS file, CAST(line AS BIGINT) AS number, \
         min(CAST(position AS BIGINT)) - 1 AS position, min(trim(csv_line, E'\\r\\n')) AS value, \
         max(CAST(length(replace(left(csv_line, length(csv_line) - length(ltrim(csv_line, E'\\r\\n'))), \
         E'\\r', '')) AS BIGINT)) AS blank, min(CASE error_type\n\
         WHEN 'UNQUOTED VALUE' THEN 'malformed line: a quote is opened or closed in the wrong place'\n\
         WHEN 'LINE SIZE OVER MAXIMUM' THEN 'malformed line: too long'\n\
         ELSE coalesce('malformed line: ' || regexp_replace(error_message, \
         '^Expected Number of Columns: ([0-9]+) Found: ([0-9]+).*$', \
         '\\1 cells expected, \\2 found'), 'malformed line') END) AS reason\n\
         FROM (\n{}\n) GROUP BY ALL\n  )\n) WINDOW w AS (PARTITION BY file ORDER BY row)",
        u8::from(scans.header),
        names?.join(", "),
        parts.join("\nUNION ALL\n")
    );
    session.run("malformed lines", &query).map_err(|error| fault(&error))?;
    if scans.countable {
        place_lines(session, source)?;
    }
    let counted = session
        .rows("count malformed lines", &format!("SELECT count(*) FROM {LINES}"))
        .map_err(|error| fault(&error))?;
    Ok(counted.first().and_then(|row| row.first()).map_or(0, as_count))
}

/// Finds the line numbers of the first malformed lines by counting line ends before their bytes.
fn place_lines(session: &Session, source: &Source) -> Result<(), EngineError> {
    let query =
        format!("SELECT file, position FROM {LINES} ORDER BY file, position LIMIT {PLACED_LINES}");
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

/// All rejects: rows, emptied cells, malformed lines.
fn rejects(
    program: &Program,
    source: &Source,
    folder: &Path,
    last: &Path,
) -> Result<String, EngineError> {
    let place =
        if program.passes.len() > 1 { PLACE.to_owned() } else { "file_row_number + 1".to_owned() };
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
    let names: Vec<String> =
        source.files.iter().map(|path| sql::text(&path.display().to_string())).collect();
    // Where several files were read, each begins at the first of its places.
    let starts = if program.several {
        format!(
            "SELECT {FILE} AS file, min(file_row_number) AS before FROM {} GROUP BY {FILE}",
            read(&first_pass(folder))?
        )
    } else {
        "SELECT 0 AS file, 0 AS before".into()
    };
    let name =
        |file: &str| format!("list_extract([{}], CAST({file} AS BIGINT) + 1)", names.join(", "));
    let (shift, join, malformed) = match &source.text {
        // Malformed lines are rows of the file, too; they push the ones after them on.
        Some(_) => (
            " + coalesce(m.rank, 0)",
            // Of several in a row, the last counts: it says how many there are up to it.
            format!(
                "\nASOF LEFT JOIN (SELECT file, good_before, max(rank) AS rank FROM {LINES} GROUP BY ALL) m \
                 ON m.file = b.file AND b.row > m.good_before"
            ),
            format!(
                "\nUNION ALL\nSELECT {}, row, line, NULL, value, reason, 'read' FROM {LINES}",
                name("file")
            ),
        ),
        None => ("", String::new(), String::new()),
    };
    Ok(format!(
        "WITH bad AS (\n{}\n), starts AS ({starts}),\n\
         reasons(number, step, column_name, reason) AS (VALUES {}),\n\
         placed AS (SELECT bad.*, place - before AS row FROM bad JOIN starts USING (file))\n\
         SELECT {} AS file, CAST(b.row{shift} AS BIGINT) AS row, CAST(NULL AS BIGINT) AS line, \
         column_name AS \"column\", b.value, r.reason, r.step\n\
         FROM placed b JOIN reasons r ON r.number = b.number{join}{malformed}\n\
         ORDER BY file, row",
        parts.join("\nUNION ALL\n"),
        reasons.join(", "),
        name("b.file"),
    ))
}

fn first_pass(folder: &Path) -> PathBuf {
    folder.join("pass_0.parquet")
}
