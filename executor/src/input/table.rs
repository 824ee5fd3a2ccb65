//! Files that belong to a table whose own log tells which of them hold its rows. Read one by one they would give
//! rows that were deleted or replaced long ago, so they are refused.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use assay_input::remote::{Access, Location, Remote};

use crate::engine::EngineError;

/// Refuses a folder that is such a table, or lies in one.
///
/// # Errors
/// It does; the text names the table and the way out.
pub(super) fn refuse_folder(folder: &Path) -> Result<(), EngineError> {
    match folder.ancestors().find_map(|folder| Some((folder, kind(folder)?))) {
        Some((folder, kind)) => Err(refused(&folder.display().to_string(), kind)),
        None => Ok(()),
    }
}

/// Refuses files that a pattern found in such a table.
///
/// # Errors
/// One lies in a table.
pub(super) fn refuse_files(files: &[PathBuf]) -> Result<(), EngineError> {
    let is_parquet = |file: &&PathBuf| file.extension().is_some_and(|ending| ending == "parquet");
    let folders: BTreeSet<&Path> =
        files.iter().filter(is_parquet).filter_map(|file| file.parent()).collect();
    let all: BTreeSet<&Path> = folders.iter().flat_map(|folder| folder.ancestors()).collect();
    match all.into_iter().find_map(|folder| Some((folder, kind(folder)?))) {
        Some((folder, kind)) => Err(refused(&folder.display().to_string(), kind)),
        None => Ok(()),
    }
}

/// Refuses a pattern of remote Parquet files that begins in such a table.
///
/// # Errors
/// It does. What cannot be listed is no table.
pub(super) fn refuse_remote(pattern: &str, access: &Access) -> Result<(), EngineError> {
    let Some(special) = pattern.find(['*', '?', '[', '{']) else { return Ok(()) };
    let Some((folder, _)) = pattern.get(..special).and_then(|start| start.rsplit_once('/')) else {
        return Ok(());
    };
    let mut signs =
        vec![(folder, "_delta_log/*.json", DELTA), (folder, "metadata/*.metadata.json", ICEBERG)];
    if let Some(table) = folder.strip_suffix("/data") {
        signs.push((table, "metadata/*.metadata.json", ICEBERG));
    }
    for (folder, sign, kind) in signs {
        let found = Location::parse(&format!("{folder}/{sign}"))
            .and_then(|location| Remote::open(&location, access)?.list());
        if found.is_ok_and(|found| !found.is_empty()) {
            return Err(refused(folder, kind));
        }
    }
    Ok(())
}

const DELTA: &str = "a Delta table";
const ICEBERG: &str = "an Iceberg table";

/// What table a folder is.
fn kind(folder: &Path) -> Option<&'static str> {
    if folder.as_os_str().is_empty() {
        return None;
    }
    if folder.join("_delta_log").is_dir() {
        return Some(DELTA);
    }
    let is_metadata = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.is_ok_and(|entry| entry.file_name().to_string_lossy().ends_with(".metadata.json"))
    };
    let metadata = std::fs::read_dir(folder.join("metadata")).ok()?.any(is_metadata);
    metadata.then_some(ICEBERG)
}

fn refused(folder: &str, kind: &str) -> EngineError {
    EngineError::Data(format!(
        "{folder}: {kind}, which is not read: its log tells which of its files hold rows; write the version that is \
         meant as Parquet files in another folder, and name those"
    ))
}
