//! What is kept of single files, beside the runs: small files that are written once. Losing them costs time and
//! nothing else, so one that is not whole counts as one that is not there.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use assay_schemas::digest::Digest;
use serde::{Deserialize, Serialize};

use super::{Lake, LakeError, make_folder, memory, once, sql_path};
use crate::increment::State;

/// A state as it lies on disk.
#[derive(Serialize, Deserialize)]
struct Written {
    /// Digest of the state.
    digest: String,
    state: State,
}

impl Lake {
    /// What was measured of a file with these bytes, where `key` names the question.
    ///
    /// # Errors
    /// The lake cannot be read.
    pub fn part(&self, key: &str, bytes: &str) -> Result<Option<State>, LakeError> {
        let path = self.place_of(key, bytes);
        let Some(text) = read(&path)? else { return Ok(None) };
        let written: Option<Written> = serde_json::from_slice(&text).ok();
        let is_whole = |written: &Written| Digest::of(&written.state).to_string() == written.digest;
        match written.filter(is_whole) {
            Some(written) => Ok(Some(written.state)),
            None => {
                // Out of the way, so that a whole one can be written.
                fs::remove_file(&path)
                    .map_err(LakeError::storage(format!("cannot remove {}", path.display())))?;
                Ok(None)
            }
        }
    }

    /// Keeps what was measured of a file. Where something is kept already, it stays.
    ///
    /// # Errors
    /// The lake cannot be written.
    pub fn keep_part(&self, key: &str, bytes: &str, state: &State) -> Result<(), LakeError> {
        let written = Written { digest: Digest::of(state).to_string(), state: state.clone() };
        let text =
            serde_json::to_vec(&written).map_err(|error| LakeError::Invalid(error.to_string()))?;
        write(&self.place_of(key, bytes), &text)
    }

    /// The digest of the file that bore this stamp.
    ///
    /// # Errors
    /// The lake cannot be read.
    pub fn stamped(&self, stamp: &str) -> Result<Option<String>, LakeError> {
        let text = read(&self.place_of("stamps", stamp))?;
        let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
        Ok(text.filter(|text| Digest::parse(text).is_some()))
    }

    /// Keeps the digest of the file that bears this stamp.
    ///
    /// # Errors
    /// The lake cannot be written.
    pub fn keep_stamp(&self, stamp: &str, digest: &str) -> Result<(), LakeError> {
        write(&self.place_of("stamps", stamp), digest.as_bytes())
    }

    fn place_of(&self, key: &str, name: &str) -> PathBuf {
        let plain = |text: &str| text.trim_start_matches("sha256:").to_owned();
        let name = plain(&Digest::of(&name).to_string());
        self.files_root().join("parts").join(plain(key)).join(format!("{name}.json"))
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, LakeError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LakeError::storage(format!("cannot read {}", path.display()))(error)),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), LakeError> {
    make_folder(path.parent().unwrap_or(path))?;
    once::create(path, bytes)
        .map(|_| ())
        .map_err(LakeError::storage(format!("cannot write {}", path.display())))
}

/// Writes the rows of Parquet files one after the other as one file; nothing where there are none.
///
/// # Errors
/// A file cannot be read, or there is no room.
pub(crate) fn concatenate(files: &[PathBuf], to: &Path) -> Result<Option<PathBuf>, LakeError> {
    match files {
        [] => return Ok(None),
        [file] => return Ok(Some(file.clone())),
        _ => {}
    }
    let paths: Result<Vec<String>, LakeError> = files.iter().map(|file| sql_path(file)).collect();
    memory()?.execute_batch(&format!(
        "COPY (SELECT * FROM read_parquet([{}], union_by_name = true)) TO {} (FORMAT parquet, COMPRESSION zstd)",
        paths?.join(", "),
        sql_path(to)?
    ))?;
    Ok(Some(to.to_owned()))
}
