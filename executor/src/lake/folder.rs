//! A lake in a folder: one folder for each run, valid once its marker exists.

use std::fs::{self, DirEntry};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use duckdb::appender_params_from_iter;
use serde_json::Value;

use super::tables::TABLES;
use super::{LakeError, Leftover, MARKER, MarkedFile, Marker, memory, once, rows, sql_path};
use crate::result::RunRecord;

/// Writes the tables into the staging folder, moves it into place and sets the marker.
pub(super) fn publish(
    staging: &Path,
    target: &Path,
    record: &RunRecord,
    lineage: &[Value],
) -> Result<(), LakeError> {
    write_tables(staging, record, lineage)?;
    write_events(staging, lineage)?;
    let files = seal_all(staging)?;
    let parent = target.parent().unwrap_or(target);
    super::make_folder(parent)?;
    fs::rename(staging, target)
        .and_then(|()| once::sync_folder(Some(parent)))
        .map_err(LakeError::storage(format!("cannot create {}", target.display())))?;
    let marker = Marker {
        run_id: record.run_id.clone(),
        outcome: record.outcome,
        bundle_digest: record.bundle_digest.clone(),
        files,
    };
    mark(target, &marker)
}

fn mark(target: &Path, marker: &Marker) -> Result<(), LakeError> {
    let path = target.join(MARKER);
    let text =
        serde_json::to_vec_pretty(marker).map_err(|error| LakeError::Invalid(error.to_string()))?;
    let created = once::create(&path, &text)
        .map_err(LakeError::storage(format!("cannot write {}", path.display())))?;
    if created {
        return Ok(());
    }
    Err(LakeError::Invalid(format!("run {} is already recorded", marker.run_id)))
}

fn write_tables(folder: &Path, record: &RunRecord, lineage: &[Value]) -> Result<(), LakeError> {
    let connection = memory()?;
    for table in TABLES {
        connection.execute_batch(&table.create())?;
        {
            let mut appender = connection.appender(table.name)?;
            for row in rows::of_table(table.name, record, lineage)? {
                appender.append_row(appender_params_from_iter(row))?;
            }
            appender.flush()?;
        }
        let path = folder.join(format!("{}.parquet", table.name));
        connection.execute_batch(&format!(
            "COPY \"{}\" TO {} (FORMAT parquet, COMPRESSION zstd)",
            table.name,
            sql_path(&path)?
        ))?;
    }
    Ok(())
}

/// The lineage events, one a line, as they would be sent.
pub(super) fn write_events(folder: &Path, lineage: &[Value]) -> Result<(), LakeError> {
    let path = folder.join("lineage.jsonl");
    let mut text = Vec::new();
    lineage
        .iter()
        .try_for_each(|event| writeln!(text, "{event}"))
        .and_then(|()| fs::write(&path, text))
        .map_err(LakeError::storage(format!("cannot write {}", path.display())))
}

/// Makes every file of the folder durable and describes it, in the order of names.
pub(super) fn seal_all(folder: &Path) -> Result<Vec<MarkedFile>, LakeError> {
    let mut files = Vec::new();
    seal_below(folder, "", &mut files)
        .map_err(LakeError::storage(format!("cannot write {}", folder.display())))?;
    Ok(files)
}

fn seal_below(folder: &Path, prefix: &str, files: &mut Vec<MarkedFile>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(DirEntry::file_name);
    for entry in entries {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            seal_below(&entry.path(), &format!("{name}/"), files)?;
        } else {
            let (bytes, digest) = once::seal(&entry.path())?;
            files.push(MarkedFile { name, bytes, digest });
        }
    }
    once::sync_folder(Some(folder))
}

/// The folders of runs, with or without marker.
fn run_folders(root: &Path) -> Result<Vec<PathBuf>, LakeError> {
    let mut level = vec![root.join("runs")];
    for _ in 0..4 {
        let mut below = Vec::new();
        for folder in level {
            below.extend(subfolders(&folder)?);
        }
        level = below;
    }
    level.sort();
    Ok(level)
}

/// The visible folders in a folder; none where the folder does not exist.
pub(super) fn subfolders(folder: &Path) -> Result<Vec<PathBuf>, LakeError> {
    let list = || -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if !hidden && entry.file_type()?.is_dir() {
                found.push(entry.path());
            }
        }
        Ok(found)
    };
    match list() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        listed => listed.map_err(LakeError::storage(format!("cannot read {}", folder.display()))),
    }
}

/// The folders of recorded runs.
pub(super) fn recorded(root: &Path) -> Result<Vec<PathBuf>, LakeError> {
    let mut folders = run_folders(root)?;
    folders.retain(|folder| folder.join(MARKER).exists());
    Ok(folders)
}

/// The recorded runs with their markers.
pub(super) fn markers(root: &Path) -> Result<Vec<(PathBuf, Marker)>, LakeError> {
    recorded(root)?
        .into_iter()
        .map(|folder| read_marker(&folder).map(|marker| (folder, marker)))
        .collect()
}

fn read_marker(folder: &Path) -> Result<Marker, LakeError> {
    let path = folder.join(MARKER);
    let text =
        fs::read(&path).map_err(LakeError::storage(format!("cannot read {}", path.display())))?;
    serde_json::from_slice(&text)
        .map_err(|error| LakeError::Invalid(format!("{}: {error}", path.display())))
}

/// A recorded run by its full id.
pub(super) fn find(root: &Path, run_id: &str) -> Result<Option<(PathBuf, Marker)>, LakeError> {
    let mut level = vec![root.join("runs")];
    for _ in 0..3 {
        let mut below = Vec::new();
        for folder in level {
            below.extend(subfolders(&folder)?);
        }
        level = below;
    }
    let found = level.into_iter().map(|date| date.join(run_id)).find(|f| f.join(MARKER).exists());
    found.map(|folder| read_marker(&folder).map(|marker| (folder, marker))).transpose()
}

/// What runs that never ended left behind.
pub(super) fn leftovers(root: &Path, with_runs: bool) -> Result<Vec<Leftover>, LakeError> {
    let mut folders = subfolders(&root.join(".staging"))?;
    if with_runs {
        let unmarked = run_folders(root)?.into_iter().filter(|f| !f.join(MARKER).exists());
        folders.extend(unmarked);
    }
    folders
        .into_iter()
        .map(|path| {
            let idle = idle(&path)
                .map_err(LakeError::storage(format!("cannot read {}", path.display())))?;
            Ok(Leftover { path, idle })
        })
        .collect()
}

/// Time since the last change of a folder or of a file in it; zero where the clock says the future.
fn idle(folder: &Path) -> io::Result<Duration> {
    let mut last = fs::metadata(folder)?.modified()?;
    for entry in fs::read_dir(folder)? {
        last = last.max(entry?.metadata()?.modified()?);
    }
    Ok(SystemTime::now().duration_since(last).unwrap_or_default())
}
