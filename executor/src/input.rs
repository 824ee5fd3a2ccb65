//! Inputs: which files a path means, whether each is what its name says, and what its bytes are.
//! One file for each data format, and one list.

pub mod acquire;
pub mod groups;
pub mod stamps;
mod table;
pub mod transcoded;

use std::fs::File;
use std::io::BufReader;
use std::path::{Component, Path, PathBuf};
use std::thread::JoinHandle;

use assay_schemas::plan::Format;
use globset::GlobBuilder;
use sha2::{Digest as _, Sha256};

use crate::engine::file::{Packing, csv, parquet};
use crate::engine::{EngineError, FileRead};
use stamps::Stamps;

/// The files that `pattern` means, in the order of their paths. A relative pattern starts at `root`.
///
/// `*` and `?` stay within a name, `**` crosses folders. Names that begin with a dot or an underscore
/// are left out unless the pattern writes that character, as such files belong to tools.
///
/// # Errors
/// Nothing matches, a folder is named where files are meant, the files are those of a table with a log of its
/// own, or the pattern is malformed.
pub fn resolve(pattern: &str, root: &Path) -> Result<Vec<PathBuf>, EngineError> {
    let whole = root.join(pattern);
    // A name that exists is taken as it is, even with characters that patterns use.
    if whole.is_file() {
        return Ok(vec![whole]);
    }
    if whole.is_dir() {
        table::refuse_folder(&whole)?;
        return Err(EngineError::Data(format!(
            "{pattern}: this is a folder; name its files, for example `{}/*.parquet`",
            pattern.trim_end_matches('/')
        )));
    }
    if !pattern.contains(['*', '?', '[', '{']) {
        return Err(EngineError::Data(format!("{}: no such file", whole.display())));
    }
    let matcher = GlobBuilder::new(&whole.to_string_lossy())
        .literal_separator(true)
        .build()
        .map_err(|error| EngineError::Data(format!("{pattern}: not a pattern: {error}")))?
        .compile_matcher();
    let mut found = Vec::new();
    let deep = pattern.contains("**");
    let depth = whole.components().count();
    walk(&literal_start(&whole), if deep { usize::MAX } else { depth }, &mut |path| {
        if matcher.is_match(path) && !is_hidden(path, &whole) {
            found.push(path.to_owned());
        }
    })
    .map_err(|error| EngineError::Data(format!("{pattern}: {error}")))?;
    if found.is_empty() {
        return Err(EngineError::Data(format!("{}: no file matches", whole.display())));
    }
    table::refuse_files(&found)?;
    found.sort();
    Ok(found)
}

/// The folders of a pattern before its first special character.
fn literal_start(pattern: &Path) -> PathBuf {
    let special =
        |part: &Component<'_>| part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']);
    let start: PathBuf = pattern.components().take_while(|part| !special(part)).collect();
    if start.as_os_str().is_empty() { PathBuf::from(".") } else { start }
}

/// Calls `visit` with every file below `folder`, down to paths of `depth` components.
fn walk(folder: &Path, depth: usize, visit: &mut impl FnMut(&Path)) -> Result<(), String> {
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut pending = vec![folder.to_owned()];
    if !folder.is_dir() {
        return Err(format!("the folder {} does not exist", folder.display()));
    }
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(&folder).map_err(told)? {
            // A pattern without a folder starts at `.`, which its own paths do not carry.
            let path = entry.map_err(told)?.path();
            let path = path.strip_prefix(".").map(Path::to_owned).unwrap_or(path);
            if path.is_dir() {
                let linked = path.symlink_metadata().is_ok_and(|data| data.is_symlink());
                if path.components().count() < depth && !linked {
                    pending.push(path);
                }
            } else {
                visit(&path);
            }
        }
    }
    Ok(())
}

/// Whether a name begins with a character that sets it apart and that the pattern does not write.
fn is_hidden(path: &Path, pattern: &Path) -> bool {
    let first = |path: &Path| {
        path.file_name().and_then(|name| name.to_string_lossy().chars().next()).unwrap_or(' ')
    };
    matches!(first(path), '.' | '_') && first(pattern) != first(path)
}

/// Looks at the beginning, and where it helps the end, of a file: whether it is what the format says.
///
/// # Errors
/// It is not; the text names the file, what it seems to be, and the way out.
pub fn inspect(path: &Path, format: &Format) -> Result<Packing, EngineError> {
    match format {
        Format::Csv(dialect) => csv::inspect(path, dialect),
        Format::Parquet => parquet::inspect(path).map(|()| Packing::Plain),
        Format::Json(_) | Format::Excel(_) | Format::Avro => Ok(Packing::Plain),
    }
}

/// Digests of files, computed beside the run in a thread of their own, so that hashing costs no wall
/// time of its own. The files must not change until [`Digests::finish`], which notices if they did.
#[derive(Debug)]
pub struct Digests {
    worker: JoinHandle<Result<Vec<FileRead>, EngineError>>,
    before: Stamps,
}

impl Digests {
    /// Starts to read `files`.
    ///
    /// # Errors
    /// A file is missing, or the machine gives no thread.
    pub fn start(files: &[PathBuf]) -> Result<Self, EngineError> {
        let before = Stamps::of(files)?;
        let paths = files.to_vec();
        let worker = std::thread::Builder::new()
            .name("digests".into())
            .spawn(move || paths.iter().map(|path| digest(path)).collect())
            .map_err(|error| EngineError::Resource(format!("no thread for hashing: {error}")))?;
        Ok(Self { worker, before })
    }

    /// Waits for the digests. Call it when the engine has read the files for the last time.
    ///
    /// # Errors
    /// A file cannot be read or was changed since the start, so that nobody can say what was judged.
    pub fn finish(self) -> Result<Vec<FileRead>, EngineError> {
        let read = self
            .worker
            .join()
            .map_err(|_| EngineError::Internal("the thread that hashes files broke".into()))??;
        self.before.check()?;
        Ok(read)
    }
}

fn digest(path: &Path) -> Result<FileRead, EngineError> {
    let told = |error| EngineError::Data(format!("{}: {error}", path.display()));
    let mut file = File::open(path).map_err(told)?;
    let mut hasher = Sha256::new();
    let mut buffered = BufReader::with_capacity(1 << 18, &mut file);
    let bytes = std::io::copy(&mut buffered, &mut Hashing(&mut hasher)).map_err(told)?;
    let digest: [u8; 32] = hasher.finalize().into();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(FileRead { path: path.display().to_string(), bytes, digest: format!("sha256:{hex}") })
}

/// A hasher to copy into.
struct Hashing<'a>(&'a mut Sha256);

impl std::io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_gives_its_files_in_order_and_leaves_out_what_belongs_to_tools() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("b")).unwrap();
        for name in ["z.csv", "a.csv", "_SUCCESS.csv", ".x.csv", "b/c.csv", "n.txt", "odd[1].csv"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        let names = |pattern: &str| {
            resolve(pattern, folder.path())
                .unwrap()
                .iter()
                .map(|path| path.strip_prefix(folder.path()).unwrap().display().to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("*.csv"), ["a.csv", "odd[1].csv", "z.csv"]);
        assert_eq!(names("**/*.csv"), ["a.csv", "b/c.csv", "odd[1].csv", "z.csv"]);
        assert_eq!(names("_*.csv"), ["_SUCCESS.csv"]);
        assert_eq!(names("odd[1].csv"), ["odd[1].csv"]);
        assert_eq!(names("*/c.csv"), ["b/c.csv"]);
    }

    #[test]
    fn what_is_not_there_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let said = |pattern: &str| resolve(pattern, folder.path()).unwrap_err().to_string();
        assert!(said("a.csv").ends_with("a.csv: no such file"));
        assert!(said("*.csv").ends_with("no file matches"));
        assert!(said("nowhere/*.csv").contains("does not exist"));
        assert!(said("").contains("this is a folder"));
    }

    #[test]
    fn files_of_a_table_with_a_log_are_not_taken_for_its_rows() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "delta/_delta_log/00000000000000000000.json",
            "delta/day=1/a.parquet",
            "ice/metadata/v1.metadata.json",
            "ice/data/a.parquet",
            "plain/metadata/notes.json",
            "plain/a.parquet",
        ] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let said =
            |pattern: &str| resolve(pattern, folder.path()).map_err(|error| error.to_string());
        for pattern in ["delta", "delta/day=1", "delta/*/*.parquet", "**/*.parquet"] {
            assert!(said(pattern).unwrap_err().contains("a Delta table"), "{pattern}");
        }
        assert!(said("ice/data/*.parquet").unwrap_err().contains("an Iceberg table"));
        assert_eq!(said("plain/*.parquet").unwrap().len(), 1);
        // Who names a file means that file.
        assert_eq!(said("delta/day=1/a.parquet").unwrap().len(), 1);
    }

    #[test]
    fn digests_are_of_the_bytes_and_notice_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "abc").unwrap();
        let read = Digests::start(std::slice::from_ref(&path)).unwrap().finish().unwrap();
        assert_eq!(read[0].bytes, 3);
        assert_eq!(
            read[0].digest,
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        let digests = Digests::start(std::slice::from_ref(&path)).unwrap();
        std::fs::write(&path, "abcd").unwrap();
        assert!(digests.finish().unwrap_err().to_string().contains("changed while"));
    }
}
