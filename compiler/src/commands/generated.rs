//! Generated files: written into a folder, or checked to be as they should be.

use std::fs;
use std::path::{Path, PathBuf};

use assay_schemas::exit::Exit;

use super::{CommandError, Output};

/// Files that are generated.
pub(super) struct Generated<'a> {
    /// The folder that they belong into.
    pub(super) folder: &'a Path,
    /// By path below the folder: the text.
    pub(super) files: Vec<(&'a str, &'a str)>,
    /// Files that should not be there any more.
    pub(super) left_over: Vec<PathBuf>,
}

impl Generated<'_> {
    /// Brings the folder up to date, or only says what is not.
    ///
    /// # Errors
    /// A file that cannot be written or removed.
    pub(super) fn settle(self, check: bool, output: &Output) -> Result<Exit, CommandError> {
        let mut stale = Vec::new();
        for (name, text) in self.files {
            let path = self.folder.join(name);
            if fs::read_to_string(&path).is_ok_and(|found| found == *text) {
                continue;
            }
            stale.push(path.display().to_string());
            if !check {
                let parent = path.parent().unwrap_or(self.folder);
                let written = fs::create_dir_all(parent).and_then(|()| fs::write(&path, text));
                written.map_err(|error| failed("write", &path, &error))?;
            }
        }
        for path in self.left_over {
            stale.push(path.display().to_string());
            if !check {
                fs::remove_file(&path).map_err(|error| failed("remove", &path, &error))?;
            }
        }
        if check && !stale.is_empty() {
            output.note(&format!("not up to date: {}\n", stale.join(", ")));
            return Ok(Exit::Changes);
        }
        Ok(Exit::Success)
    }
}

fn failed(verb: &str, path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::Usage {
        message: format!("cannot {verb} `{}`: {error}", path.display()),
        hint: None,
    }
}
