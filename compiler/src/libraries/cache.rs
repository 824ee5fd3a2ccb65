//! Where the files of locked libraries are kept, so that they are fetched once.
//!
//! One folder for each commit and folder of a repository, put in its place in one step. Nothing here is
//! trusted: what is read is held against the digest in the lock file.

use std::fs;
use std::path::{Path, PathBuf};

use assay_schemas::digest::Digest;

use crate::git::{self, SourceFile};

/// The folder that holds the libraries of all projects of a user.
#[derive(Clone, Debug)]
pub struct Cache(Option<PathBuf>);

impl Cache {
    /// `$XDG_CACHE_HOME/assay/libraries`, else `~/.cache/assay/libraries`; none where neither is set.
    pub fn of_user() -> Self {
        let absolute = |name: &str| {
            std::env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute())
        };
        let base = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
        Self(base.map(|base| base.join("assay").join("libraries")))
    }

    /// The folder itself.
    pub(super) fn folder_of_all(&self) -> Option<&Path> {
        self.0.as_deref()
    }

    fn folder(&self, commit: &str, path: &str) -> Option<PathBuf> {
        let inside = Digest::of_bytes(path.as_bytes()).short();
        Some(self.0.as_ref()?.join(commit).join(inside))
    }

    /// The files of a commit, if they are kept and are what `digest` says.
    pub(super) fn read(&self, commit: &str, path: &str, digest: Digest) -> Option<Vec<SourceFile>> {
        let snapshot = git::worktree(&self.folder(commit, path)?).ok()?;
        (super::digest_of(&snapshot.files) == digest).then_some(snapshot.files)
    }

    /// Keeps the files of a commit. A cache that cannot be written is no fault: the files are fetched again.
    pub(super) fn write(&self, commit: &str, path: &str, files: &[SourceFile]) {
        if let Some(folder) = self.folder(commit, path) {
            let _ = write_beside(&folder, files);
        }
    }
}

fn write_beside(folder: &Path, files: &[SourceFile]) -> std::io::Result<()> {
    let new = folder.with_extension(format!("{}.new", std::process::id()));
    let written = (|| {
        fs::create_dir_all(&new)?;
        for file in files {
            let place = new.join(&file.path);
            fs::create_dir_all(place.parent().unwrap_or(&new))?;
            fs::write(place, file.bytes())?;
        }
        // What is there already was not what it should be, or another program was as quick.
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::rename(&new, folder)
    })();
    let _ = fs::remove_dir_all(&new);
    written
}
