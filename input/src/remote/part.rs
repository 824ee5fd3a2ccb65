//! Files that are removed again unless they become whole.

use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest as _, Sha256};

use super::{Error, Object};

/// Characters of an object's name that its file keeps; its end says the format.
const NAME: usize = 100;

static PARTS: AtomicU64 = AtomicU64::new(0);

/// A file that is being written. Dropped, it is removed unless it was kept.
#[derive(Debug)]
pub(super) struct Part {
    file: File,
    path: PathBuf,
    /// The name that it gets when it is whole.
    name: String,
    keep: bool,
}

impl Part {
    /// A new file in `folder`, named as nothing else there, which none but its owner may read.
    pub(super) fn new(folder: &Path, object: &Object) -> Result<Self, Error> {
        // An object may be read twice at a time, whole and in part, by this process and by others.
        let number = PARTS.fetch_add(1, Ordering::Relaxed);
        let name = local_name(object, std::process::id(), number);
        let path = folder.join(format!(".{name}.part"));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|error| unwritten(&path, &error))?;
        Ok(Self { file, path, name, keep: false })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        self.file
            .seek(SeekFrom::Start(offset))
            .and_then(|_| self.file.write_all(bytes))
            .map_err(|error| unwritten(&self.path, &error))
    }

    /// Makes the file `length` bytes long; what was not written takes no space.
    pub(super) fn set_length(&mut self, length: u64) -> Result<(), Error> {
        self.file.set_len(length).map_err(|error| unwritten(&self.path, &error))
    }

    /// Gives the file its own name. It still is removed unless it is kept.
    pub(super) fn rename(&mut self) -> Result<(), Error> {
        let path = self.path.with_file_name(&self.name);
        std::fs::rename(&self.path, &path).map_err(|error| unwritten(&path, &error))?;
        self.path = path;
        Ok(())
    }

    /// Whether the file stays when this is dropped.
    pub(super) fn keep(&mut self, keep: bool) {
        self.keep = keep;
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.keep {
            // There is nobody to tell, and the failure that led here is told already.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn unwritten(path: &Path, error: &std::io::Error) -> Error {
    Error::Resource(format!("{}: cannot be written: {error}", path.display()))
}

/// The name of an object's file: its own, as far as it is plain, behind what sets it apart from objects of
/// the same name in other folders and from other files of the same object.
fn local_name(object: &Object, process: u32, number: u64) -> String {
    let apart = hex(&Sha256::digest(object.uri.as_bytes())[..8]);
    let path = object.uri.split(['?', '#']).next().unwrap_or_default();
    let name: Vec<char> = path.rsplit('/').next().unwrap_or_default().chars().collect();
    let plain = |letter: &char| match letter {
        letter if letter.is_ascii_alphanumeric() || "._-=".contains(*letter) => *letter,
        _ => '_',
    };
    let name: String = name[name.len().saturating_sub(NAME)..].iter().map(plain).collect();
    format!("{apart}-{process}-{number}-{name}")
}

/// Bytes in hexadecimal digits, two each, in lower case.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_apart_and_keep_their_ends() {
        let named = |uri: &str| {
            let object = Object {
                uri: uri.to_owned(),
                size: 0,
                etag: None,
                version: None,
                last_modified: None,
            };
            local_name(&object, 1, 2)
        };
        let (one, other) = (named("s3://b/d=1/a.parquet"), named("s3://b/d=2/a.parquet"));
        assert_ne!(one, other);
        assert!(one.ends_with("-a.parquet"));
        assert!(named("https://h/x/ä b.csv?v=2").ends_with("-__b.csv"));
        assert!(named(&format!("s3://b/{}.csv.gz", "x".repeat(1000))).len() < 130);
    }

    #[test]
    fn what_is_not_kept_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let object = Object {
            uri: "s3://b/a".into(),
            size: 3,
            etag: None,
            version: None,
            last_modified: None,
        };
        let mut part = Part::new(folder.path(), &object).unwrap();
        part.write_at(0, b"abc").unwrap();
        part.rename().unwrap();
        drop(part);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let said = Part::new(&folder.path().join("none"), &object).unwrap_err().to_string();
        assert!(said.contains("cannot be written"), "{said}");
    }
}
