//! A bundle in a folder. The one place of this crate that knows a disk, so that all programs read and write bundles
//! through the same code.

use std::fs;
use std::io::{self, Error, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::blob::{Blobs, Integrity};
use super::layout::Descriptor;
use super::read::Reader;
use super::write::File;
use crate::digest::{Digest, Hasher};

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
    pub fn replace(&self, files: &[File]) -> io::Result<()> {
        let new = self.beside("new");
        let written = files.iter().try_for_each(|file| write(&new, file));
        let written = written.and_then(|()| self.take(&new));
        let _ = fs::remove_dir_all(&new);
        written
    }

    /// Begins to receive a bundle in the place of whatever is there. What an earlier attempt left, of this or
    /// another bundle, is gone on with.
    ///
    /// # Errors
    /// The disk is full or not writable.
    pub fn receive(&self) -> io::Result<Arriving> {
        let own = self.beside(ARRIVING);
        let lock = match self.left()? {
            Some((left, lock)) => {
                fs::rename(&left, &own)?;
                lock
            }
            None => {
                fs::create_dir_all(&own)?;
                let lock = fs::File::create(own.join(LOCK))?;
                lock.try_lock()?;
                lock
            }
        };
        fs::create_dir_all(own.join(BLOBS))?;
        fs::create_dir_all(own.join(GROWING))?;
        Ok(Arriving { folder: self.0.clone(), staging: own, _lock: lock })
    }

    /// What an attempt left that is over, with its lock. Those under way hold theirs.
    fn left(&self) -> io::Result<Option<(PathBuf, fs::File)>> {
        let (parent, name) = self.place();
        let entries = match fs::read_dir(&parent) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            entries => entries?,
        };
        let mut left = None;
        for entry in entries.flatten() {
            let found = entry.file_name().to_string_lossy().into_owned();
            let ours = found
                .strip_prefix(&format!(".{name}."))
                .and_then(|rest| rest.strip_suffix(&format!(".{ARRIVING}"))?.parse::<u32>().ok());
            if ours.is_none() {
                continue;
            }
            let path = entry.path();
            let Ok(lock) = fs::File::open(path.join(LOCK)) else { continue };
            // One that was just given up or settled has no lock any more.
            if lock.try_lock().is_err() || !path.join(LOCK).exists() {
                continue;
            }
            match left {
                None => left = Some((path, lock)),
                Some(_) => fs::remove_dir_all(&path)?,
            }
        }
        Ok(left)
    }

    /// The folder that it lies in, and its name there.
    fn place(&self) -> (PathBuf, String) {
        let parent = self.0.parent().filter(|parent| !parent.as_os_str().is_empty());
        let name = self.0.file_name().map(|name| name.to_string_lossy().into_owned());
        (parent.unwrap_or(Path::new(".")).to_owned(), name.unwrap_or_default())
    }

    /// A path beside the folder, of this process alone.
    fn beside(&self, what: &str) -> PathBuf {
        let (parent, name) = self.place();
        parent.join(format!(".{name}.{}.{what}", std::process::id()))
    }

    /// Another folder comes in the place of this one, in one step.
    fn take(&self, new: &Path) -> io::Result<()> {
        let (folder, old) = (&self.0, self.beside("old"));
        // Another process may put its own there in between; the last one stays.
        for _ in 0..8 {
            // A folder cannot be renamed over one that is not empty, so the old one steps aside first.
            match fs::rename(folder, &old) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let taken = fs::rename(new, folder);
            if taken.is_err() && fs::rename(&old, folder).is_ok() {
                return taken;
            }
            let _ = fs::remove_dir_all(&old);
            if taken.is_ok() || !folder.exists() {
                return taken;
            }
        }
        Err(Error::new(ErrorKind::ResourceBusy, "other processes keep putting bundles there"))
    }
}

/// Ends the name of the folder that a bundle arrives in, beside the one that it is for.
const ARRIVING: &str = "arriving";
const LOCK: &str = "lock";
const BLOBS: &str = "blobs/sha256";
/// Below it, blobs that are not whole.
const GROWING: &str = "growing";

/// A bundle that arrives blob by blob, out of sight until it is whole. Dropped before, it stays for the next
/// attempt.
#[derive(Debug)]
pub struct Arriving {
    folder: PathBuf,
    staging: PathBuf,
    /// Held for as long as this process works on it.
    _lock: fs::File,
}

impl Arriving {
    /// Whether a blob is there, whole: from an earlier attempt, or from the bundle in whose place this one comes.
    ///
    /// # Errors
    /// The disk is full or not writable.
    pub fn has(&self, blob: &Descriptor) -> io::Result<bool> {
        let path = Path::new(BLOBS).join(blob.digest.hex());
        let own = self.staging.join(&path);
        if is_blob(&own, blob)? {
            return Ok(true);
        }
        let _ = fs::remove_file(&own);
        let there = self.folder.join(&path);
        if !is_blob(&there, blob)? {
            return Ok(false);
        }
        if fs::hard_link(&there, &own).is_err() {
            fs::copy(&there, &own)?;
        }
        Ok(true)
    }

    /// A blob that is not whole, with what there is of it.
    ///
    /// # Errors
    /// The disk is full or not writable.
    pub fn growing(&self, blob: &Descriptor) -> io::Result<Growing> {
        let path = self.staging.join(GROWING).join(blob.digest.hex());
        let mut file = fs::File::options().read(true).append(true).create(true).open(&path)?;
        let mut hasher = Hasher::default();
        let length = hash(&mut file, &mut hasher)?;
        let whole = self.staging.join(BLOBS).join(blob.digest.hex());
        let mut growing = Growing { file, path, whole, hasher, length, blob: blob.clone() };
        if length > blob.size {
            growing.restart()?;
        }
        Ok(growing)
    }

    /// The bytes of a small blob that is there.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self, digest: Digest) -> io::Result<Vec<u8>> {
        fs::read(self.staging.join(BLOBS).join(digest.hex()))
    }

    /// Adds the files that lead to the blobs, verifies all of it, and puts it in its place in one step. What does not
    /// belong goes.
    ///
    /// # Errors
    /// What arrived is no whole bundle, and nothing of it is kept; the outer one where the disk is full or not
    /// writable. What was in its place stays.
    pub fn settle(self, files: &[File], blobs: &[Descriptor]) -> io::Result<Result<(), Integrity>> {
        fs::remove_dir_all(self.staging.join(GROWING))?;
        for entry in fs::read_dir(self.staging.join(BLOBS))? {
            let entry = entry?;
            let name = entry.file_name();
            if !blobs.iter().any(|blob| *blob.digest.hex() == *name) {
                fs::remove_file(entry.path())?;
            }
        }
        files.iter().try_for_each(|file| write(&self.staging, file))?;
        fs::remove_file(self.staging.join(LOCK))?;
        let whole = Reader::open(Folder(self.staging.clone())).and_then(|reader| reader.verify());
        if let Err(fault) = whole {
            fs::remove_dir_all(&self.staging)?;
            return Ok(Err(fault));
        }
        Folder(self.folder.clone()).take(&self.staging).inspect_err(|_| {
            let _ = fs::remove_dir_all(&self.staging);
        })?;
        Ok(Ok(()))
    }
}

/// A blob on its way.
#[derive(Debug)]
pub struct Growing {
    file: fs::File,
    path: PathBuf,
    whole: PathBuf,
    hasher: Hasher,
    length: u64,
    blob: Descriptor,
}

impl Growing {
    /// Bytes that are there.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Adds bytes; `false`, and nothing is added, where the blob has not as many.
    ///
    /// # Errors
    /// The disk is full or not writable.
    pub fn add(&mut self, bytes: &[u8]) -> io::Result<bool> {
        let length = self.length.saturating_add(bytes.len() as u64);
        if length > self.blob.size {
            return Ok(false);
        }
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.length = length;
        Ok(true)
    }

    /// Forgets all bytes.
    ///
    /// # Errors
    /// The disk is not writable.
    pub fn restart(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.hasher = Hasher::default();
        self.length = 0;
        Ok(())
    }

    /// The blob is whole, if its digest is the one that it was asked for by; else its bytes are forgotten.
    ///
    /// # Errors
    /// It is not the blob; the outer one where the disk is full or not writable.
    pub fn finish(&mut self) -> io::Result<Result<(), Integrity>> {
        let found = self.hasher.finish();
        if found != self.blob.digest || self.length != self.blob.size {
            self.restart()?;
            let path = format!("{BLOBS}/{}", self.blob.digest.hex());
            return Ok(Err(Integrity::Mismatch { path, expected: self.blob.digest, found }));
        }
        self.file.sync_all()?;
        fs::rename(&self.path, &self.whole)?;
        Ok(Ok(()))
    }
}

/// Whether a file is a blob, whole.
fn is_blob(path: &Path, blob: &Descriptor) -> io::Result<bool> {
    if !fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() == blob.size) {
        return Ok(false);
    }
    let mut hasher = Hasher::default();
    hash(&mut fs::File::open(path)?, &mut hasher)?;
    Ok(hasher.finish() == blob.digest)
}

/// Hashes a file to its end; the number of its bytes.
fn hash(file: &mut fs::File, hasher: &mut Hasher) -> io::Result<u64> {
    let mut buffer = vec![0; 256 * 1024];
    let mut length = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(length),
            read => {
                hasher.update(&buffer[..read]);
                length += read as u64;
            }
        }
    }
}

fn write(folder: &Path, file: &File) -> io::Result<()> {
    let path = folder.join(&file.path);
    fs::create_dir_all(path.parent().unwrap_or(folder))?;
    let mut out = fs::File::create(&path)?;
    out.write_all(&file.bytes)?;
    out.sync_all()
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

    fn length(&self, path: &str) -> Result<u64, String> {
        let full = self.0.join(path);
        let found =
            fs::metadata(&full).map_err(|error| format!("`{}`: {error}", full.display()))?;
        // A pipe or a device would be read for ever.
        match found.is_file() {
            true => Ok(found.len()),
            false => Err(format!("`{}` is no file", full.display())),
        }
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
