//! DuckDB connections that reach nothing but what they are told: no network, no extensions, no files
//! beyond the named ones, and a configuration that no statement can change back.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Instant;

use duckdb::types::Value;
use duckdb::{Config, Connection};

use super::sql;
use crate::engine::{EngineError, Statement, Workspace};

/// Columns beyond which expressions that stand twice are not looked for: that takes time in the square of their
/// number, minutes for ten thousand columns.
const WIDE: usize = 1000;

/// Files and folders outside the workspace that a connection may touch.
#[derive(Clone, Copy, Debug, Default)]
pub struct Access<'a> {
    /// Files it may read, each by its exact path.
    pub files: &'a [PathBuf],
    /// Folders it may read and write, with everything in them.
    pub folders: &'a [PathBuf],
}

/// Opens an in-memory database that may use the workspace, `access` and nothing else.
///
/// Extensions are neither loaded nor installed, spilled data goes to `spill` in the workspace, and the
/// configuration is locked, so no statement reaches the network or another file. Time zone arithmetic
/// needs an extension that is not built in: pass plain timestamps in UTC.
///
/// # Errors
/// The workspace cannot be created, a path is not Unicode, or the limits make no sense.
pub fn connect(workspace: &Workspace, access: Access<'_>) -> Result<Connection, EngineError> {
    let spill = workspace.folder.join("spill");
    std::fs::create_dir_all(&spill).map_err(|error| {
        EngineError::Resource(format!("{}: cannot be created: {error}", spill.display()))
    })?;
    let mut settings = vec![
        ("temp_directory", sql::text(&absolute(&spill)?)),
        ("preserve_insertion_order", "true".into()),
    ];
    if let Some(bytes) = workspace.memory_limit {
        settings.push(("memory_limit", sql::text(&format!("{bytes}B"))));
    }
    if let Some(threads) = workspace.threads {
        settings.push(("threads", threads.max(1).to_string()));
    }
    if workspace.columns > WIDE {
        settings.push(("disabled_optimizers", sql::text("common_subexpressions")));
    }
    let folders = [workspace.folder.clone()];
    settings.extend([
        ("allowed_directories", list(folders.iter().chain(access.folders))?),
        ("allowed_paths", list(access.files)?),
        // From here on only the paths above are within reach, and nothing can be changed any more.
        ("enable_external_access", "false".into()),
        ("lock_configuration", "true".into()),
    ]);
    let config = Config::default()
        .with("autoinstall_known_extensions", "false")
        .and_then(|config| config.with("autoload_known_extensions", "false"))
        .map_err(|error| fault(&error))?;
    let connection =
        Connection::open_in_memory_with_flags(config).map_err(|error| fault(&error))?;
    let script: String =
        settings.iter().map(|(name, value)| format!("SET {name} = {value};\n")).collect();
    connection.execute_batch(&script).map_err(|error| fault(&error))?;
    Ok(connection)
}

/// A path as DuckDB compares it with the allowed ones.
///
/// # Errors
/// The path is not Unicode or the current folder is gone.
pub(super) fn absolute(path: &Path) -> Result<String, EngineError> {
    let absolute = std::path::absolute(path).map_err(|error| {
        EngineError::Resource(format!("{}: cannot be made absolute: {error}", path.display()))
    })?;
    absolute.into_os_string().into_string().map_err(|path| {
        EngineError::Data(format!("{}: the path is not Unicode", path.to_string_lossy()))
    })
}

/// A list of paths in SQL.
pub(super) fn list<'p>(
    paths: impl IntoIterator<Item = &'p PathBuf>,
) -> Result<String, EngineError> {
    let paths: Result<Vec<_>, _> =
        paths.into_iter().map(|path| absolute(path).map(|path| sql::text(&path))).collect();
    Ok(format!("[{}]", paths?.join(", ")))
}

/// What DuckDB says, without the excerpt of our own statement below it and without its advice, which names settings
/// that are not to be had here.
pub(super) fn message(error: &duckdb::Error) -> String {
    let text = error.to_string();
    let text = text.split("\n\nLINE ").next().unwrap_or_default();
    let text = text.split("\n\nPossible solutions").next().unwrap_or_default();
    text.trim().to_owned()
}

/// An error of DuckDB, sorted by whose business it is.
pub(super) fn fault(error: &duckdb::Error) -> EngineError {
    let text = message(error);
    let lower = text.to_ascii_lowercase();
    let lacking = [
        "out of memory",
        "no space left",
        "failed to offload",
        "too many open files",
        "could not write file",
        "async write failed",
    ];
    // What the connection refuses is what was asked of it, not what the machine lacks.
    let refused = lower.contains("disabled by configuration");
    let denied = lower.starts_with("permission error") && !refused;
    if denied || lacking.iter().any(|sign| lower.contains(sign)) {
        EngineError::Resource(format!("{text}{}", way_out(&lower)))
    } else if ["internal error", "parser error", "binder error", "catalog error", "fatal error"]
        .iter()
        .any(|kind| lower.starts_with(kind))
    {
        EngineError::Internal(text)
    } else {
        EngineError::Data(text)
    }
}

/// What to do where the machine lacks something, as the end of a sentence.
fn way_out(lower: &str) -> &'static str {
    let is_of_disk = ["no space left", "could not write file", "failed to offload", "async write"];
    match lower {
        _ if lower.contains("out of memory") => {
            "; raise `compute.memory_limit_mib`, or `--memory` without a contract"
        }
        _ if lower.contains("spill") && is_of_disk.iter().any(|sign| lower.contains(sign)) => {
            "; make room there, or raise `compute.memory_limit_mib` so that less of it is needed"
        }
        _ if is_of_disk.iter().any(|sign| lower.contains(sign)) => "; make room there",
        _ => "",
    }
}

/// A connection that keeps a record of what it ran.
pub(super) struct Session {
    connection: Connection,
    statements: RefCell<Vec<Statement>>,
}

impl Session {
    /// Wraps a connection.
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection, statements: RefCell::default() }
    }

    /// Runs a statement; gives the number of rows it wrote.
    pub(super) fn run(&self, purpose: &str, text: &str) -> duckdb::Result<u64> {
        let start = Instant::now();
        let rows = self.connection.execute(text, [])?;
        self.note(purpose, text, start);
        Ok(rows as u64)
    }

    /// Runs a query; gives its rows.
    pub(super) fn rows(&self, purpose: &str, text: &str) -> duckdb::Result<Vec<Vec<Value>>> {
        let start = Instant::now();
        let mut statement = self.connection.prepare(text)?;
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let width = row.as_ref().column_count();
            found.push((0..width).map(|index| row.get(index)).collect::<duckdb::Result<_>>()?);
        }
        self.note(purpose, text, start);
        Ok(found)
    }

    /// Whether a statement can be bound, without running it.
    pub(super) fn check(&self, text: &str) -> duckdb::Result<()> {
        self.connection.prepare(text).map(|_| ())
    }

    /// Names and types of the columns of a query.
    pub(super) fn describe(&self, query: &str) -> duckdb::Result<Vec<(String, String)>> {
        let rows = self.rows("columns", &format!("DESCRIBE {query}"))?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let mut cells = row.into_iter().map(|cell| as_text(cell).unwrap_or_default());
                (cells.next().unwrap_or_default(), cells.next().unwrap_or_default())
            })
            .collect())
    }

    /// Version of the library.
    pub(super) fn version(&self) -> String {
        self.connection.version().unwrap_or_default()
    }

    /// What was run since the last call.
    pub(super) fn take_statements(&self) -> Vec<Statement> {
        std::mem::take(&mut self.statements.borrow_mut())
    }

    fn note(&self, purpose: &str, text: &str, start: Instant) {
        self.statements.borrow_mut().push(Statement {
            purpose: purpose.to_owned(),
            text: text.to_owned(),
            elapsed: start.elapsed(),
        });
    }
}

/// A cell as a whole number; null and everything else count as zero.
pub(super) fn as_count(cell: &Value) -> u64 {
    match cell {
        Value::UTinyInt(value) => u64::from(*value),
        Value::USmallInt(value) => u64::from(*value),
        Value::UInt(value) => u64::from(*value),
        Value::UBigInt(value) => *value,
        Value::TinyInt(value) => u64::try_from(*value).unwrap_or(0),
        Value::SmallInt(value) => u64::try_from(*value).unwrap_or(0),
        Value::Int(value) => u64::try_from(*value).unwrap_or(0),
        Value::BigInt(value) => u64::try_from(*value).unwrap_or(0),
        Value::HugeInt(value) => u64::try_from(*value).unwrap_or(0),
        _ => 0,
    }
}

/// A cell as a number, if it is one.
pub(super) fn as_number(cell: &Value) -> Option<f64> {
    match cell {
        Value::Double(value) => Some(*value),
        Value::BigInt(value) => Some(*value as f64),
        Value::HugeInt(value) => Some(*value as f64),
        Value::Int(value) => Some(f64::from(*value)),
        _ => None,
    }
}

/// A cell as text, if it is.
pub(super) fn as_text(cell: Value) -> Option<String> {
    match cell {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_memory_is_told_with_a_way_out_that_is_to_be_had() {
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open_in_memory().unwrap();
        let limits = format!(
            "SET memory_limit = '20MB'; SET temp_directory = {}",
            sql::text(&folder.path().to_string_lossy())
        );
        connection.execute_batch(&limits).unwrap();
        // One cell is larger than the limit, so spilling does not help.
        let table = "CREATE TEMP TABLE t AS SELECT repeat('x', CAST(100000000 + i AS INTEGER)) AS x FROM range(3) t(i)";
        let error = connection.execute_batch(table).unwrap_err();
        let EngineError::Resource(told) = fault(&error) else { panic!("{error}") };
        assert!(told.starts_with("Out of Memory Error: "), "{told}");
        assert!(
            told.ends_with("; raise `compute.memory_limit_mib`, or `--memory` without a contract"),
            "{told}"
        );
        assert!(!told.contains("SET ") && !told.contains("duckdb.org"), "{told}");
    }
}
