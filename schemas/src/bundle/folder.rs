//! A bundle in a folder. The one place of this crate that knows a disk, so that all programs read and write bundles
//! through the same code.

use std::fs;
use std::io::{Error, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::blob::Blobs;
use super::write::File;

/// The files of a layout in a folder.
#[derive(Clone, Debug)]
pub struct Folder(pub PathBuf);

impl Folder {
    /// Whether the folder looks like a bundle at all.
    pub fn exists(&self) -> bool {
        self.0.join("oci-layout").exists() || self.0.join("index.json").exists()
    }

    /// Puts these files in the place of whatever is there: they are written beside it first, and appear in one
    /// step.
    ///
    /// # Errors
    /// The disk is full or not writable; what was there is then as it was.
    pub fn replace(&self, files: &[File]) -> std::io::Result<()> {
        let folder = &self.0;
        let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        let process = std::process::id();
        let new = parent.join(format!(".{name}.{process}.new"));
        let old = parent.join(format!(".{name}.{process}.old"));
        fs::create_dir_all(parent)?;
        let written = (|| {
            for file in files {
                let path = new.join(&file.path);
                fs::create_dir_all(path.parent().unwrap_or(&new))?;
                let mut out = fs::File::create(&path)?;
                out.write_all(&file.bytes)?;
                out.sync_all()?;
            }
            // A folder cannot be renamed over one that is not empty, so the old one steps aside first.
            match fs::rename(folder, &old) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            fs::rename(&new, folder).inspect_err(|_| {
                let _ = fs::rename(&old, folder);
            })
        })();
        let _ = fs::remove_dir_all(&new);
        let _ = fs::remove_dir_all(&old);
        written
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
