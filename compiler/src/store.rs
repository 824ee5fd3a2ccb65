//! Bundles on disk: a folder that is there as a whole or not at all.

use std::fs;
use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use assay_schemas::bundle::{Blobs, File, Folder, Integrity, Reader};
use assay_schemas::exit::Exit;

use assay_schemas::shell;

/// Why a bundle cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be written.
    #[error("cannot write the bundle to `{folder}`: {source}")]
    Write {
        /// Where.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The folder does not hold a whole bundle.
    #[error("`{folder}` is not a bundle to be trusted: {source}")]
    Integrity {
        /// Where.
        folder: PathBuf,
        /// Why.
        source: Integrity,
    },
    /// There is no bundle.
    #[error("there is no bundle in `{folder}`: seal one with `{}`", sealing(.folder, .environment))]
    Missing {
        /// Where.
        folder: PathBuf,
        /// The environment that it would be of, where that is known.
        environment: Option<String>,
    },
    /// The folder holds something else, which is not to be replaced.
    #[error("`{folder}` exists and is not a bundle: name another folder, or remove it")]
    Occupied {
        /// Where.
        folder: PathBuf,
    },
}

impl StoreError {
    /// A fault of a bundle that was never written, which is a fault of this program.
    pub fn in_memory(source: Integrity) -> Self {
        Self::Integrity { folder: PathBuf::from("(in memory)"), source }
    }

    /// How a program ends for this reason.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Write { .. } => Exit::Internal,
            Self::Integrity { .. } => Exit::Integrity,
            Self::Missing { .. } | Self::Occupied { .. } => Exit::Usage,
        }
    }
}

/// The command that seals a bundle into a folder.
fn sealing(folder: &Path, environment: &Option<String>) -> String {
    let usual = folder.parent().filter(|parent| parent.ends_with(".assay/bundles"));
    let name = folder.file_name().map(|name| name.to_string_lossy());
    if let (Some(parent), Some(name)) = (usual, name)
        && environment.as_ref().is_none_or(|known| *known == name)
    {
        let project = parent.ancestors().nth(2).filter(|place| !place.as_os_str().is_empty());
        let project = project.map(|place| shell::option("project", &place.to_string_lossy()));
        return format!("assayc build --env {}{}", shell::word(&name), project.unwrap_or_default());
    }
    let environment = environment.as_deref().map_or_else(|| "NAME".to_owned(), shell::word);
    let output = shell::option("output", &folder.to_string_lossy());
    format!("assayc build --env {environment}{output}")
}

/// Opens the bundle in a folder.
///
/// # Errors
/// There is none, or it is not whole.
pub fn open(folder: &Path) -> Result<Reader<Folder>, StoreError> {
    open_of(folder, None)
}

/// Opens the bundle in a folder, which is meant to be of an environment.
///
/// # Errors
/// There is none, or it is not whole.
pub fn open_of(folder: &Path, environment: Option<&str>) -> Result<Reader<Folder>, StoreError> {
    let blobs = Folder(folder.to_owned());
    if !blobs.exists() {
        let (folder, environment) = (folder.to_owned(), environment.map(str::to_owned));
        return Err(StoreError::Missing { folder, environment });
    }
    Reader::open(blobs)
        .map_err(|source| StoreError::Integrity { folder: folder.to_owned(), source })
}

/// Whether a bundle may come into a folder: one that is there already is replaced, anything else stays.
///
/// # Errors
/// The folder holds something that is not a bundle.
pub fn expect_free(folder: &Path) -> Result<(), StoreError> {
    let occupied = folder.exists()
        && !folder.join("oci-layout").exists()
        && fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    match occupied {
        true => Err(StoreError::Occupied { folder: folder.to_owned() }),
        false => Ok(()),
    }
}

/// Writes a bundle: beside its folder first, then in its place in one step. A bundle that is there already
/// is replaced; anything else that is there stays.
///
/// # Errors
/// The folder holds something that is not a bundle, or cannot be written; what was there is then as it was.
pub fn write(folder: &Path, files: &[File]) -> Result<(), StoreError> {
    expect_free(folder)?;
    Folder(folder.to_owned())
        .replace(files)
        .map_err(|source| StoreError::Write { folder: folder.to_owned(), source })
}

/// Adds files to a bundle that is there; each appears whole, in their order, and none that is there changes but
/// `index.json`.
///
/// # Errors
/// The folder cannot be written; what was there is then as it was.
pub fn add(folder: &Path, files: &[File]) -> Result<(), StoreError> {
    let write = |file: &File| {
        let path = folder.join(&file.path);
        let beside = folder.join(format!(".{}.new", std::process::id()));
        let mut out = fs::File::create(&beside)?;
        let written = out.write_all(&file.bytes).and_then(|()| out.sync_all());
        let moved = written.and_then(|()| fs::rename(&beside, &path));
        moved.inspect_err(|_| {
            let _ = fs::remove_file(&beside);
        })
    };
    files
        .iter()
        .try_for_each(write)
        .map_err(|source| StoreError::Write { folder: folder.to_owned(), source })
}

/// A number of bytes as people read it.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// The files of a bundle that was not written anywhere.
#[derive(Clone, Copy, Debug)]
pub struct InMemory<'a>(pub &'a [File]);

impl Blobs for InMemory<'_> {
    fn read(&self, path: &str, range: Option<Range<u64>>) -> Result<Vec<u8>, String> {
        let file = self.0.iter().find(|file| file.path == path);
        let bytes = &file.ok_or_else(|| format!("`{path}` is missing"))?.bytes;
        let Some(range) = range else { return Ok(bytes.to_vec()) };
        let bounds = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
        bounds
            .and_then(|(start, end)| bytes.get(start..end))
            .map(<[u8]>::to_vec)
            .ok_or_else(|| format!("`{path}` is too short"))
    }

    fn length(&self, path: &str) -> Result<u64, String> {
        let file = self.0.iter().find(|file| file.path == path);
        Ok(file.ok_or_else(|| format!("`{path}` is missing"))?.bytes.len() as u64)
    }

    fn list(&self) -> Result<Vec<String>, String> {
        Ok(self.0.iter().map(|file| file.path.clone()).collect())
    }
}
