//! What tells whether files were written to, or replaced by others, while they were read.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::engine::EngineError;

/// The state of files at one moment.
#[derive(Clone, Debug, Default)]
pub struct Stamps(Vec<(PathBuf, Stamp)>);

/// Length, time of the last change, and which file it is where the system tells.
type Stamp = (u64, Option<SystemTime>, u64);

impl Stamps {
    /// Looks at files.
    ///
    /// # Errors
    /// One is missing.
    pub fn of(files: &[PathBuf]) -> Result<Self, EngineError> {
        let stamps: Result<Vec<_>, EngineError> =
            files.iter().map(|path| Ok((path.clone(), stamp(path)?))).collect();
        Ok(Self(stamps?))
    }

    /// Looks at the files again, when they have been read for the last time.
    ///
    /// # Errors
    /// One is not as it was, so that nobody can say what was read.
    pub fn check(&self) -> Result<(), EngineError> {
        match self.0.iter().find(|(path, before)| !stamp(path).is_ok_and(|now| now == *before)) {
            Some((path, _)) => Err(EngineError::Data(format!(
                "{}: the file was changed while it was read; run again",
                path.display()
            ))),
            None => Ok(()),
        }
    }
}

fn stamp(path: &Path) -> Result<Stamp, EngineError> {
    let data = std::fs::metadata(path)
        .map_err(|error| EngineError::Data(format!("{}: {error}", path.display())))?;
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(&data);
    #[cfg(not(unix))]
    let number = 0;
    Ok((data.len(), data.modified().ok(), number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_changed_replaced_or_removed_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "abc").unwrap();
        let stamps = Stamps::of(std::slice::from_ref(&path)).unwrap();
        stamps.check().unwrap();
        // Another file with the same length and time takes its place.
        let other = folder.path().join("b");
        std::fs::write(&other, "xyz").unwrap();
        let time = path.metadata().unwrap().modified().unwrap();
        std::fs::File::options().append(true).open(&other).unwrap().set_modified(time).unwrap();
        std::fs::rename(&other, &path).unwrap();
        if cfg!(unix) {
            assert!(stamps.check().unwrap_err().to_string().contains("changed while"));
        }
        let stamps = Stamps::of(std::slice::from_ref(&path)).unwrap();
        std::fs::write(&path, "abcd").unwrap();
        assert!(stamps.check().unwrap_err().to_string().contains("changed while"));
        std::fs::remove_file(&path).unwrap();
        assert!(stamps.check().unwrap_err().to_string().contains("changed while"));
    }
}
