//! Small files that exist wholly or not at all, written once and never changed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// Creates `path` with these bytes unless it exists; `false` where it did. Of several callers at once
/// exactly one gets `true`, and nobody ever sees half of the bytes.
///
/// # Errors
/// The folder is missing, full or not writable.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let temporary = temporary_beside(path)?;
    let written = write_synced(&temporary, bytes).and_then(|()| link(&temporary, path, bytes));
    // The link keeps the content; a temporary file that stays behind after a crash is hidden and inert.
    let _ = fs::remove_file(&temporary);
    if written? {
        sync_folder(path.parent())?;
        return Ok(true);
    }
    Ok(false)
}

/// A hidden name in the same folder that nobody else uses.
fn temporary_beside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    Ok(path.with_file_name(format!(".{name}.{}", uuid::Uuid::new_v4().simple())))
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn link(temporary: &Path, path: &Path, bytes: &[u8]) -> io::Result<bool> {
    match fs::hard_link(temporary, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        // Some file systems have no hard links. Exclusive creation still has exactly one winner there.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied
            ) =>
        {
            match write_synced(path, bytes) {
                Ok(()) => Ok(true),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
                Err(error) => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}

/// Makes the names of a folder's files as durable as the files.
pub(super) fn sync_folder(folder: Option<&Path>) -> io::Result<()> {
    match folder {
        // Only Unix lets a folder be opened; elsewhere the file system orders names itself.
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

/// Makes a file durable and tells its length and the SHA-256 of its bytes.
pub(super) fn seal(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    file.sync_all()?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut length = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
        length += read as u64;
    }
    let hex: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((length, format!("sha256:{hex}")))
}

/// Moves a file; copies it where the target is on another file system.
pub(super) fn move_file(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            fs::copy(from, to)?;
            fs::remove_file(from)
        }
        moved => moved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_creators_one_wins_and_nothing_is_left_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("claim.json");
        let wins: usize = std::thread::scope(|scope| {
            let path = &path;
            let threads: Vec<_> = (0..8)
                .map(|n| scope.spawn(move || create(path, format!("{n}").as_bytes()).unwrap()))
                .collect();
            threads.into_iter().map(|t| usize::from(t.join().unwrap())).sum()
        });
        assert_eq!(wins, 1);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_is_sealed_with_its_length_and_digest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        fs::write(&path, b"abc").unwrap();
        let (length, digest) = seal(&path).unwrap();
        assert_eq!(length, 3);
        assert_eq!(digest, assay_schemas::digest::Digest::of_bytes(b"abc").to_string());
    }
}
