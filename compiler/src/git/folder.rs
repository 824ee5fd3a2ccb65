//! Snapshots of a folder as it is, inside Git or not.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Error, FILES, FOLDERS, Snapshot, SourceFile};
use crate::source;

/// The configuration of the project in `folder` as it is now, inside Git or not.
///
/// Files that Git ignores are read as well. What cannot be opened is among the unreadable entries.
///
/// # Errors
/// [`Error::Folder`] if `folder` is not one.
pub fn worktree(folder: &Path) -> Result<Snapshot, Error> {
    fs::read_dir(folder).map_err(|source| Error::Folder { place: folder.to_owned(), source })?;
    let mut snapshot = Snapshot::default();
    let mut folders = Vec::new();
    for name in FOLDERS {
        let place = folder.join(name);
        if place.symlink_metadata().is_ok() {
            enter(name.to_owned(), place, &mut folders, &mut snapshot);
        }
    }
    for name in FILES {
        let place = folder.join(name);
        if place.symlink_metadata().is_ok() {
            take(name.to_owned(), &place, &mut snapshot);
        }
    }
    while let Some((path, place)) = folders.pop() {
        if place.join(".git").symlink_metadata().is_ok() {
            snapshot.refuse(path, "a Git repository inside the project is not entered");
            continue;
        }
        let entries = fs::read_dir(&place).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = entries.map_err(|source| Error::Folder { place, source })?;
        for entry in entries {
            let name = entry.file_name();
            let below = format!("{path}/{}", name.to_string_lossy());
            if name.to_str().is_none() {
                snapshot.refuse(below, "the name is not UTF-8");
            } else {
                enter(below, entry.path(), &mut folders, &mut snapshot);
            }
        }
    }
    Ok(snapshot.sorted())
}

/// Takes one entry of a folder into the snapshot, or the folder it is onto the list.
fn enter(
    path: String,
    place: PathBuf,
    folders: &mut Vec<(String, PathBuf)>,
    snapshot: &mut Snapshot,
) {
    match place.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => folders.push((path, place)),
        Ok(metadata) if metadata.is_file() && !source::is_source(&path) => {}
        _ => take(path, &place, snapshot),
    }
}

/// Takes a file into the snapshot.
fn take(path: String, place: &Path, snapshot: &mut Snapshot) {
    let metadata = match place.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) => return snapshot.refuse(path, &error.to_string()),
    };
    if metadata.is_symlink() {
        snapshot.refuse(path, "a symbolic link is not followed");
    } else if !metadata.is_file() {
        snapshot.refuse(path, "it is not a regular file");
    } else if metadata.len() > source::MAX_BYTES as u64 {
        snapshot.refuse(path, "the file is larger than 16 MiB");
    } else {
        match fs::read(place) {
            Ok(bytes) => snapshot.files.push(SourceFile::new(path, None, bytes)),
            Err(error) => snapshot.refuse(path, &error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{paths, refused};
    use super::*;

    type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

    #[test]
    fn a_folder_is_read_with_or_without_git() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let write = |path: &str| {
            let place = dir.path().join(path);
            fs::create_dir_all(place.parent().unwrap_or(dir.path()))?;
            fs::write(place, path)
        };
        write("libraries/rules/b.yaml")?;
        write("libraries/a.json")?;
        write("libraries/a.txt")?;
        write("libraries/vendored/.git/config")?;
        write("libraries/vendored/c.yaml")?;
        write("other/d.yaml")?;
        let snapshot = worktree(dir.path())?;
        assert_eq!(snapshot.revision, None);
        assert_eq!(paths(&snapshot), ["libraries/a.json", "libraries/rules/b.yaml"]);
        assert_eq!(refused(&snapshot), ["libraries/vendored"]);
        assert_eq!(&**snapshot.files[0].bytes(), b"libraries/a.json");
        let nowhere = worktree(&dir.path().join("nowhere"));
        assert!(matches!(nowhere, Err(Error::Folder { .. })));
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn links_in_a_folder_are_named() -> Result<()> {
        let dir = tempfile::tempdir()?;
        fs::create_dir_all(dir.path().join("libraries"))?;
        std::os::unix::fs::symlink("/", dir.path().join("libraries/all"))?;
        std::os::unix::fs::symlink("libraries", dir.path().join("environments"))?;
        let snapshot = worktree(dir.path())?;
        assert_eq!(refused(&snapshot), ["environments", "libraries/all"]);
        assert!(snapshot.files.is_empty());
        Ok(())
    }
}
