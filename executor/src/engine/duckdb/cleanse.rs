//! Running a cleansing program: its passes, its counts, its rejects.

mod changes;
mod clusters;
mod hidden;
mod malformed;
mod rejects;

use std::path::{Path, PathBuf};

use assay_schemas::plan::DatasetPlan;
use duckdb::types::Value;

use super::chain::{self, MERGED, Pass, Program, STEP, cell_column};
use super::connection::{Session, absolute, as_count, fault};
use super::source::{FILE, Source};
use super::{csv, sql};
use crate::engine::file::columns;
use crate::engine::{Cleansed, EngineError};

/// Reason under which lines that could not be split are counted.
pub(super) const MALFORMED: &str = "malformed";
/// How files that stay are packed.
const COMPRESSION: &str = "zstd, COMPRESSION_LEVEL 1";
/// What learning which rows end is for.
const MERGING: &str = "duplicates";
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
        let opening = program.passes.get(number).and_then(|pass| pass.opening.as_ref());
        if let Some(clusters) = opening.and_then(|opening| opening.clusters.as_ref()) {
            let before = chain::before(number, &input);
            let statements = clusters::statements(clusters, &before);
            let purpose = "rows that may mean the same".to_owned();
            said.extend(statements.into_iter().map(|statement| (purpose.clone(), statement)));
        }
        said.extend(merged(program, number, &input).map(|text| (MERGING.to_owned(), text)));
        let purpose = opening.map_or("read and cleanse", |opening| opening.purpose);
        said.push((purpose.to_owned(), pass(program, number, &input, &output)?));
        input = read(&output)?;
    }
    Ok((said, output))
}

/// The statement of a pass.
fn pass(
    program: &Program,
    number: usize,
    input: &str,
    output: &Path,
) -> Result<String, EngineError> {
    // What only the next pass reads is packed in less time.
    let compression = match program.passes.get(number + 1) {
        Some(next) if !next.only_merges() => "snappy",
        _ => COMPRESSION,
    };
    written(&program.query(number, input), output, compression)
}

/// The statement that learns which rows end before a pass, where one does.
fn merged(program: &Program, number: usize, input: &str) -> Option<String> {
    let query = program.passes.get(number)?.opening.as_ref()?.merged.as_ref()?;
    let before = chain::before(number, input);
    Some(format!("CREATE OR REPLACE TEMP TABLE {MERGED} AS\nWITH {before}\n{query}"))
}

/// Writes a query's rows as Parquet.
fn copy(query: &str, output: &Path) -> Result<String, EngineError> {
    written(query, output, COMPRESSION)
}

fn written(query: &str, output: &Path, compression: &str) -> Result<String, EngineError> {
    Ok(format!(
        "COPY (\n{query}\n) TO {} (FORMAT parquet, COMPRESSION {compression})",
        sql::text(&absolute(output)?)
    ))
}

/// Reads a Parquet file of ours.
pub(super) fn read(file: &Path) -> Result<String, EngineError> {
    Ok(format!("read_parquet({}, hive_partitioning = false)", sql::text(&absolute(file)?)))
}

/// What a program runs over, and where it writes.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) session: &'a Session,
    pub(super) dataset: &'a DatasetPlan,
    pub(super) source: &'a Source,
    pub(super) folder: &'a Path,
}

/// Runs a program that has at least one pass.
pub(super) fn run(
    ground: Ground<'_>,
    program: &Program,
    encoding: &str,
) -> Result<Cleansed, EngineError> {
    let Ground { session, dataset, source, folder } = ground;
    std::fs::create_dir_all(folder)
        .map_err(|error| EngineError::Resource(format!("{}: {error}", folder.display())))?;
    let mut cleansed = Cleansed::default();
    let (mut first, mut end, mut live) = (0, 0, 0);
    let mut input = source.query.clone();
    let mut last = first_pass(folder);
    if program.logs {
        changes::begin(session)?;
    }
    let mut program = program.clone();
    let mut number = 0;
    while let Some(opening) = program.passes.get(number).map(|pass| pass.opening.as_ref()) {
        last = folder.join(format!("pass_{number}.parquet"));
        if let Some(clusters) = opening.and_then(|opening| opening.clusters.as_ref()) {
            let before = chain::before(number, &input);
            let (file, said) = clusters::work_out(session, clusters, &before, folder)?;
            cleansed.clusters = Some(file);
            cleansed.said.extend(said);
        }
        let purpose = opening.map_or("read and cleanse", |opening| opening.purpose);
        let statement = pass(&program, number, &input, &last)?;
        end = session.run(purpose, &statement).map_err(|error| refused(&error))?;
        if number == 0 {
            first = end;
            if let Some(scans) = &source.text {
                for faults in &scans.faults {
                    csv::check_encoding(session, &faults.lines, &faults.files, encoding)?;
                }
                cleansed.malformed = malformed::gather(ground, scans)?;
            }
        }
        input = read(&last)?;
        let merges = learn_merged(session, &program, number + 1, &input)?;
        // All rows need not be written once more where none of them ends.
        let next = program.passes.get(number + 1);
        if merges == Some(0)
            && number + 2 == program.passes.len()
            && next.is_some_and(Pass::only_merges)
        {
            program.passes.pop();
        }
        if program.logs {
            changes::gather(session, dataset, &program, (number, &last))?;
        }
        live = count(session, &program, number, &last, &mut cleansed)?;
        number += 1;
    }
    let left_out: u64 = source.notes.iter().map(|note| note.left_out).sum();
    for note in &source.notes {
        for fault in &note.faults {
            *cleansed.reasons.entry(fault.reason.clone()).or_default() += 1;
        }
    }
    if cleansed.malformed > 0 {
        cleansed.reasons.insert(MALFORMED.into(), cleansed.malformed);
    }
    cleansed.malformed += left_out;
    cleansed.rows_in = first + cleansed.malformed;
    cleansed.rows_merged = first - end;
    cleansed.rows_out = live;
    cleansed.rows_rejected = end - live + cleansed.malformed;
    finish(ground, &program, &last, cleansed)
}

/// Writes what becomes of the rows that the last pass has written: those that stay, rejects, the log of changes.
fn finish(
    ground: Ground<'_>,
    program: &Program,
    last: &Path,
    mut cleansed: Cleansed,
) -> Result<Cleansed, EngineError> {
    let Ground { session, dataset, source, folder } = ground;
    if !cleansed.reasons.is_empty() {
        let path = folder.join("rejects.parquet");
        let query = rejects::query(ground, program, last)?;
        session.run("rejects", &copy(&query, &path)?).map_err(|error| fault(&error))?;
        cleansed.rejects = Some(path);
    }
    if program.logs {
        cleansed.changes = Some(changes::write(session, dataset, (program, source), folder)?);
    }
    let output = folder.join("cleansed.parquet");
    // What was in emptied cells is for the rejects alone.
    let has_emptied =
        !cleansed.reasons.is_empty() && program.rejections.iter().any(|rejection| rejection.cell);
    if cleansed.rows_rejected == cleansed.malformed && !has_emptied {
        columns::keep(last, |name| {
            program.columns.iter().any(|column| column.name == name)
                || program.several && name == FILE
        })?;
        std::fs::rename(last, &output)
            .map_err(|error| EngineError::Resource(format!("{}: {error}", output.display())))?;
    } else {
        let query = survivors(program, last)?;
        session.run("rows that stay", &copy(&query, &output)?).map_err(|error| fault(&error))?;
    }
    for number in 0..program.passes.len() {
        // The passes are scaffolding; where one is already gone or stays, nothing is wrong.
        let _ = std::fs::remove_file(folder.join(format!("pass_{number}.parquet")));
    }
    cleansed.output = Some(output);
    Ok(cleansed)
}

/// Learns which rows end before a pass, where that is asked before it; gives their number.
fn learn_merged(
    session: &Session,
    program: &Program,
    number: usize,
    input: &str,
) -> Result<Option<u64>, EngineError> {
    let Some(statement) = merged(program, number, input) else { return Ok(None) };
    session.run(MERGING, &statement).map_err(|error| refused(&error))?;
    let counted = session
        .rows(MERGING, &format!("SELECT count(*) FROM {MERGED}"))
        .map_err(|error| fault(&error))?;
    Ok(counted.first().and_then(|row| row.first()).map(as_count))
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

fn first_pass(folder: &Path) -> PathBuf {
    folder.join("pass_0.parquet")
}
