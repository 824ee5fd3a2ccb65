//! A bundle in a folder. The one place of this crate that reads a disk, so that both programs read bundles
//! through the same code.

use std::fs;
use std::io::{Error, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;

use super::blob::Blobs;

/// The files of a layout in a folder.
#[derive(Clone, Debug)]
pub struct Folder(pub PathBuf);

impl Folder {
    /// Whether the folder looks like a bundle at all.
    pub fn exists(&self) -> bool {
        self.0.join("oci-layout").exists() || self.0.join("index.json").exists()
    }
}

impl Blobs for Folder {
    fn read(&self, path: &str, range: Option<Range<u64>>) -> Result<Vec<u8>, String> {
        let full = self.0.join(path);
        let fault = |error: Error| format!("`{}`: {error}", full.display());
        let Some(range) = range else { return fs::read(&full).map_err(fault) };
        let mut file = fs::File::open(&full).map_err(fault)?;
        let whole = file.metadata().map_err(fault)?.len();
        // Checked before anything is allocated: the range comes from the file that is being read.
        if range.start > range.end || range.end > whole {
            return Err(format!("`{}` is too short: {whole} bytes", full.display()));
        }
        let length = usize::try_from(range.end - range.start)
            .map_err(|_| format!("`{}` is too large for this machine", full.display()))?;
        let mut bytes = vec![0; length];
        file.seek(SeekFrom::Start(range.start)).map_err(fault)?;
        file.read_exact(&mut bytes).map_err(fault)?;
        Ok(bytes)
    }

    fn list(&self) -> Result<Vec<String>, String> {
        let mut paths = Vec::new();
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            let full = self.0.join(&folder);
            let fault = |error: Error| format!("`{}`: {error}", full.display());
            for entry in fs::read_dir(&full).map_err(fault)? {
                let entry = entry.map_err(fault)?;
                let path = folder.join(entry.file_name());
                if entry.file_type().map_err(fault)?.is_dir() {
                    folders.push(path);
                } else {
                    paths.push(path.to_string_lossy().replace('\\', "/"));
                }
            }
        }
        paths.sort();
        Ok(paths)
    }
}
