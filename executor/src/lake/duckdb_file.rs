//! A lake in one `.duckdb` file: the same tables, one transaction for each run.
//!
//! One process at a time has the file open; others wait. A lock file beside it orders our own processes
//! and threads; DuckDB's lock, which keeps foreign programs out, is waited for too.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use assay_schemas::verdict::Outcome;
use duckdb::{Connection, OptionalExt as _, appender_params_from_iter};
use serde_json::Value;

use super::tables::{TABLES, Table};
use super::{LakeError, folder, memory, once, quiet, rows, sql_path};
use crate::result::RunRecord;

/// Where a run goes.
pub(super) struct Target<'a> {
    /// The `.duckdb` file.
    pub(super) file: &'a Path,
    /// The folder with the run's data files.
    pub(super) staging: &'a Path,
    /// Where that folder goes.
    pub(super) folder: &'a Path,
}

/// An open file; nobody else of ours has it open for writing meanwhile.
pub(super) struct Open {
    // Fields drop in this order: the database is closed before the lock is given up.
    pub(super) connection: Connection,
    pub(super) lock: Option<File>,
}

/// Writes a run in one transaction.
pub(super) fn publish(
    target: &Target<'_>,
    patience: Duration,
    record: &RunRecord,
    lineage: &[Value],
) -> Result<(), LakeError> {
    folder::write_events(target.staging, lineage)?;
    folder::seal_all(target.staging)?;
    let Open { lock: _lock, mut connection } = open_to_write(target.file, patience)?;
    let transaction = connection.transaction()?;
    for table in TABLES {
        prepare(&transaction, table)?;
    }
    let known: i64 = transaction.query_row(
        "SELECT count(*) FROM run WHERE run_id = ?",
        [&record.run_id],
        |row| row.get(0),
    )?;
    if known > 0 {
        return Err(LakeError::Invalid(format!("run {} is already recorded", record.run_id)));
    }
    for table in TABLES {
        let names: Vec<&str> = table.columns().map(|column| column.name).collect();
        let mut appender = transaction.appender_with_columns(table.name, &names)?;
        for row in rows::of_table(table.name, record, lineage)? {
            appender.append_row(appender_params_from_iter(row))?;
        }
        appender.flush()?;
    }
    // The files come first: a run that is in the tables has all of its files.
    fs::rename(target.staging, target.folder)
        .and_then(|()| once::sync_folder(target.folder.parent()))
        .map_err(LakeError::storage(format!("cannot create {}", target.folder.display())))?;
    transaction.commit().map_err(|error| {
        let _ = fs::remove_dir_all(target.folder);
        error.into()
    })
}

/// Creates a table, or adds the columns that a file of an older version lacks.
fn prepare(connection: &Connection, table: &Table) -> Result<(), LakeError> {
    connection.execute_batch(&table.create())?;
    for column in table.columns() {
        connection.execute_batch(&format!(
            "ALTER TABLE \"{}\" ADD COLUMN IF NOT EXISTS \"{}\" {}",
            table.name,
            column.name,
            column.kind.sql()
        ))?;
    }
    Ok(())
}

/// The catalog name of a file that is open for reading.
pub(super) const ATTACHED: &str = "lake";

/// How a run ended; `None` where it is not recorded.
pub(super) fn outcome_of(
    file: &Path,
    run_id: &str,
    patience: Duration,
) -> Result<Option<Outcome>, LakeError> {
    if !file.exists() {
        return Ok(None);
    }
    let Open { lock: _lock, connection } = open_to_read(file, patience)?;
    if !has_table(&connection, "run")? {
        return Ok(None);
    }
    let sql = format!("SELECT outcome FROM {ATTACHED}.run WHERE run_id = ?");
    let name: Option<String> = connection.query_row(&sql, [run_id], |row| row.get(0)).optional()?;
    let read = |name: String| {
        serde_json::from_value(Value::String(name))
            .map_err(|error| LakeError::Invalid(format!("run {run_id}: {error}")))
    };
    name.map(read).transpose()
}

/// Whether a file that is open for reading has a table.
pub(super) fn has_table(connection: &Connection, table: &str) -> Result<bool, LakeError> {
    let found: i64 = connection.query_row(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = ? AND table_name = ?",
        [ATTACHED, table],
        |row| row.get(0),
    )?;
    Ok(found > 0)
}

/// Opens the file for reading, as [`ATTACHED`] beside an empty database in memory.
pub(super) fn open_to_read(file: &Path, patience: Duration) -> Result<Open, LakeError> {
    patiently(patience, || {
        let lock = lock(file, false)?;
        let connection = memory()?;
        let sql = format!("ATTACH {} AS {ATTACHED} (READ_ONLY)", sql_path(file)?);
        connection.execute_batch(&sql).map_err(|error| explain(file, error))?;
        Ok(Open { connection, lock })
    })
}

/// Opens the file for writing.
fn open_to_write(file: &Path, patience: Duration) -> Result<Open, LakeError> {
    if let Some(parent) = file.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        super::make_folder(parent)?;
    }
    patiently(patience, || {
        let lock = lock(file, true)?;
        let connection =
            Connection::open_with_flags(file, quiet()?).map_err(|error| explain(file, error))?;
        Ok(Open { connection, lock })
    })
}

/// Tries again, less and less often, for as long as somebody else has the file.
fn patiently(
    patience: Duration,
    attempt: impl Fn() -> Result<Open, LakeError>,
) -> Result<Open, LakeError> {
    let deadline = Instant::now() + patience;
    let mut pause = Duration::from_millis(5);
    loop {
        match attempt() {
            Err(LakeError::Busy(text)) => {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Err(LakeError::Busy(text));
                }
                thread::sleep(pause.min(left));
                pause = (pause * 2).min(Duration::from_millis(250));
            }
            answer => return answer,
        }
    }
}

/// A refusal of DuckDB; that somebody else has the file is worth waiting for.
fn explain(file: &Path, error: duckdb::Error) -> LakeError {
    let error = LakeError::from(error);
    if error.to_string().contains("lock on file") { in_use(file) } else { error }
}

fn in_use(file: &Path) -> LakeError {
    LakeError::Busy(format!("{} is in use by another process", file.display()))
}

/// Locks the lock file beside the database, alone for writing and together with others for reading. A
/// reader who may not create the file does without: DuckDB's own lock still keeps writers out.
fn lock(file: &Path, writes: bool) -> Result<Option<File>, LakeError> {
    let path = lock_path(file);
    let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let lock = match opened {
        Ok(lock) => lock,
        Err(_) if !writes => return Ok(None),
        Err(error) => {
            return Err(LakeError::storage(format!("cannot write {}", path.display()))(error));
        }
    };
    let locked = if writes { lock.try_lock() } else { lock.try_lock_shared() };
    match locked {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Err(in_use(file)),
        // A file system without locks: DuckDB's own lock has to do.
        Err(TryLockError::Error(_)) => Ok(Some(lock)),
    }
}

fn lock_path(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_os_string();
    name.push(".lock");
    file.with_file_name(name)
}
