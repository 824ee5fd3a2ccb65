//! Reading the lake: an in-memory DuckDB with a view for each table over the runs recorded by now.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use duckdb::Connection;
use serde::Serialize;
use serde_json::Value as Json;

use super::tables::{COMMON, REJECT, TABLES, Table};
use super::{LakeError, REJECTS, duckdb_file, folder, memory, sql_path};
use crate::result::RunRecord;

mod json;

/// A view for each of the tables and `reject`, as of the moment of opening. The connection reaches no file outside the lake and no network.
#[derive(Debug)]
pub struct Views {
    // Fields drop in this order: the database is closed before the lock is given up.
    connection: Connection,
    _lock: Option<File>,
}

/// The answer to a query.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The rows: numbers, truth values and null as such, everything else as text, nested values as JSON.
    pub rows: Vec<Vec<Json>>,
}

impl Views {
    pub(super) fn of_folder(root: &Path) -> Result<Self, LakeError> {
        let connection = memory()?;
        let runs = folder::recorded(root)?;
        for table in TABLES {
            let file = |run: &PathBuf| run.join(format!("{}.parquet", table.name));
            // Runs of an earlier version lack the tables that came later.
            let files: Vec<PathBuf> = runs.iter().map(file).filter(|file| file.exists()).collect();
            let source = if files.is_empty() { None } else { Some(parquet(&files)?) };
            create_view(&connection, table, source.as_deref())?;
        }
        create_view(&connection, &REJECT, rejects(&runs)?.as_deref())?;
        lock_down(&connection, &[root])?;
        Ok(Self { connection, _lock: None })
    }

    pub(super) fn of_file(
        file: &Path,
        files_root: &Path,
        patience: Duration,
    ) -> Result<Self, LakeError> {
        if !file.exists() {
            let connection = memory()?;
            for table in TABLES {
                create_view(&connection, table, None)?;
            }
            create_view(&connection, &REJECT, None)?;
            lock_down(&connection, &[])?;
            return Ok(Self { connection, _lock: None });
        }
        let duckdb_file::Open { lock, connection } = duckdb_file::open_to_read(file, patience)?;
        for table in TABLES {
            let known = duckdb_file::has_table(&connection, table.name)?;
            let source = format!("SELECT * FROM {}.\"{}\"", duckdb_file::ATTACHED, table.name);
            create_view(&connection, table, known.then_some(source.as_str()))?;
        }
        // A folder of a run that is not in the tables is nobody's.
        let runs = folder::subfolders(files_root)?;
        create_view(&connection, &REJECT, rejects(&runs)?.as_deref())?;
        lock_down(&connection, &[files_root])?;
        Ok(Self { connection, _lock: lock })
    }

    /// The connection itself.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Runs one statement that only reads.
    ///
    /// # Errors
    /// The text is not exactly one SELECT, or DuckDB refuses it.
    pub fn query(&self, sql: &str) -> Result<Answer, LakeError> {
        self.only_reads(sql)?;
        let mut statement = self.connection.prepare(sql)?;
        let mut found = statement.query([])?;
        let mut rows = Vec::new();
        let mut columns = Vec::new();
        while let Some(row) = found.next()? {
            if columns.is_empty() {
                columns = row.as_ref().column_names();
            }
            let cells = (0..columns.len())
                .map(|index| Ok(json::of(row.get::<_, duckdb::types::Value>(index)?)))
                .collect::<Result<_, duckdb::Error>>()?;
            rows.push(cells);
        }
        drop(found);
        if columns.is_empty() {
            columns = statement.column_names();
        }
        Ok(Answer { columns, rows })
    }

    /// The record of a run, named by its id, by the beginning of its id, or as `latest`.
    ///
    /// # Errors
    /// No run or more than one has that name.
    pub fn load(&self, run: &str) -> Result<RunRecord, LakeError> {
        let latest = run == "latest";
        let sql = if latest {
            "SELECT run_id FROM run WHERE ? <> '' ORDER BY started_at DESC, run_id DESC LIMIT 1"
        } else {
            "SELECT run_id FROM run WHERE starts_with(run_id, ?) ORDER BY run_id LIMIT 6"
        };
        let mut statement = self.connection.prepare(sql)?;
        let ids = statement
            .query_map([run], |row| row.get::<_, String>(0))?
            .collect::<Result<Vec<_>, _>>()?;
        let exact = ids.iter().find(|id| *id == run);
        let id = match (exact, ids.as_slice()) {
            (Some(id), _) => id,
            (None, [id]) => id,
            (None, []) if latest => {
                return Err(LakeError::NotFound("no run is recorded yet".into()));
            }
            (None, []) => return Err(LakeError::NotFound(format!("no run `{run}` is recorded"))),
            (None, several) => {
                let text =
                    format!("`{run}` is the beginning of several runs: {}", several.join(", "));
                return Err(LakeError::NotFound(text));
            }
        };
        let text: String =
            self.connection
                .query_row("SELECT record FROM run WHERE run_id = ?", [id], |row| row.get(0))?;
        serde_json::from_str(&text)
            .map_err(|error| LakeError::Invalid(format!("the record of run {id}: {error}")))
    }

    /// Refuses what is not exactly one query. DuckDB's own parser decides: it turns nothing but SELECT
    /// statements into JSON.
    fn only_reads(&self, sql: &str) -> Result<(), LakeError> {
        let text: String = self.connection.query_row(
            "SELECT json_serialize_sql(?::VARCHAR)::VARCHAR",
            [sql],
            |row| row.get(0),
        )?;
        let parsed: Json = serde_json::from_str(&text).unwrap_or_default();
        let is_error = parsed.get("error").and_then(Json::as_bool).unwrap_or(true);
        if is_error {
            let word = |key: &str| parsed.get(key).and_then(Json::as_str).unwrap_or_default();
            let text = match word("error_type") {
                "parser" => format!("not SQL: {}", word("error_message")),
                _ => "results can only be read: write one SELECT statement".to_owned(),
            };
            return Err(LakeError::Query(text));
        }
        let statements = parsed.get("statements").and_then(Json::as_array).map_or(0, Vec::len);
        if statements == 1 {
            return Ok(());
        }
        Err(LakeError::Query(format!("one statement is wanted, not {statements}")))
    }
}

/// A view over what there is, with every column of the table whatever version wrote it.
fn create_view(
    connection: &Connection,
    table: &Table,
    source: Option<&str>,
) -> Result<(), LakeError> {
    let mut query = table.nothing();
    if let Some(source) = source {
        query = format!("({query}) UNION ALL BY NAME ({source})");
    }
    connection.execute_batch(&format!("CREATE VIEW \"{}\" AS {query}", table.name))?;
    Ok(())
}

fn parquet(files: &[PathBuf]) -> Result<String, LakeError> {
    let list = files.iter().map(|file| sql_path(file)).collect::<Result<Vec<_>, _>>()?;
    Ok(format!(
        "SELECT * FROM read_parquet([{}], union_by_name = true, hive_partitioning = false)",
        list.join(", ")
    ))
}

/// The rejects of runs, by the folders of these; none where no run has any.
fn rejects(runs: &[PathBuf]) -> Result<Option<String>, LakeError> {
    let files = runs.iter().map(|run| run.join(REJECTS)).filter(|file| file.exists());
    let files = files.map(|file| sql_path(&file)).collect::<Result<Vec<_>, _>>()?;
    if files.is_empty() {
        return Ok(None);
    }
    let common: Vec<_> = COMMON.iter().map(|column| format!("run.\"{}\"", column.name)).collect();
    Ok(Some(format!(
        "SELECT {}, r.file, r.\"row\" AS row_number, r.line, r.\"column\" AS column_name, r.value, r.reason, r.step \
         FROM read_parquet([{}], union_by_name = true, hive_partitioning = false, filename = 'of_run') r \
         JOIN run ON run.run_id = parse_filename(parse_dirpath(r.of_run))",
        common.join(", "),
        files.join(", ")
    )))
}

/// From here on the connection reads these folders and nothing else, and no setting can change that.
fn lock_down(connection: &Connection, folders: &[&Path]) -> Result<(), LakeError> {
    let mut allowed = Vec::with_capacity(folders.len());
    for folder in folders {
        allowed.push(sql_path(folder)?);
    }
    connection.execute_batch(&format!(
        "SET allowed_directories = [{}]; SET enable_external_access = false; \
         SET lock_configuration = true;",
        allowed.join(", ")
    ))?;
    Ok(())
}
