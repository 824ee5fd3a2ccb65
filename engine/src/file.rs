//! Files as they lie there, looked at before an engine reads them: whether each is what its name says.

pub mod csv;
pub mod line;
pub mod parquet;
pub mod proof;
pub mod zstd;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::EngineError;

/// How the bytes of a text file are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

/// The first bytes of a file, at most `most`, and its length.
///
/// # Errors
/// The file cannot be read or holds nothing.
pub fn beginning(path: &Path, most: u64) -> Result<(Vec<u8>, u64), EngineError> {
    let told = |error| EngineError::Data(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(told)?;
    let data = file.metadata().map_err(told)?;
    if !data.is_file() {
        return Err(EngineError::Data(format!("{}: not a file", path.display())));
    }
    if data.len() == 0 {
        return Err(EngineError::Data(format!(
            "{}: the file is empty (0 bytes); a file without rows still has its header",
            path.display()
        )));
    }
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes).map_err(told)?;
    Ok((bytes, data.len()))
}
