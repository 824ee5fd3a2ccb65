//! ZIP archives: which members there are, and the bytes of one.
//!
//! The archive is only asked for its directory. A member is then read from its place in the file, so that the
//! reader owns all it needs, and its length and checksum are held against what the directory says.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use globset::GlobBuilder;
use zip::{CompressionMethod, ZipArchive};

use super::super::Error;
use super::super::error::Complaint;
use super::{CHUNK, Counted};

/// Members that a directory may list.
const MAX_MEMBERS: usize = 100_000;
/// Names that a message lists.
const NAMES_SHOWN: usize = 10;

/// Where a member lies and how it is packed.
pub(super) struct Member {
    pub(super) name: String,
    start: u64,
    packed: u64,
    unpacked: u64,
    checksum: u32,
    method: CompressionMethod,
    encrypted: bool,
}

/// The members of an archive that a pattern matches, or all, in the order of their names. Folders, and files that
/// archivers of macOS and Windows add for themselves, are none.
///
/// # Errors
/// The file is no archive or a damaged one, the pattern is malformed, or no member matches.
pub fn members(path: &Path, pattern: Option<&str>) -> Result<Vec<String>, Error> {
    Ok(list(path, pattern)?.into_iter().map(|member| member.name).collect())
}

/// The one member that is meant.
pub(super) fn find(path: &Path, pattern: Option<&str>) -> Result<Member, Error> {
    let mut found = list(path, pattern)?;
    // A name that is there means itself, even with characters that patterns use.
    if let Some(at) = found.iter().position(|member| Some(member.name.as_str()) == pattern) {
        return Ok(found.swap_remove(at));
    }
    match found.len() {
        1 => Ok(found.swap_remove(0)),
        count => Err(Error::Data(format!(
            "{}: {count} members{}: {}; name one of them with `member`",
            path.display(),
            pattern.map(|pattern| format!(" match `{pattern}`")).unwrap_or_default(),
            names(&found)
        ))),
    }
}

fn list(path: &Path, pattern: Option<&str>) -> Result<Vec<Member>, Error> {
    let name = path.display();
    let refuse = |text: String| Error::Data(format!("{name}: {text}"));
    let damaged = |error: &dyn std::fmt::Display| {
        refuse(format!(
            "the ZIP archive is damaged or was cut off ({error}); copy or write it again"
        ))
    };
    let file = File::open(path).map_err(|error| Error::reading(&name.to_string(), &error))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(&error))?;
    if archive.len() > MAX_MEMBERS {
        return Err(refuse(format!("the archive has more than {MAX_MEMBERS} members")));
    }
    let mut all = Vec::new();
    for index in 0..archive.len() {
        let member = archive.by_index_raw(index).map_err(|error| damaged(&error))?;
        let name = member.name().map_err(|error| damaged(&error))?.into_owned();
        if member.is_dir() || belongs_to_tools(&name) {
            continue;
        }
        let start =
            member.data_start().ok_or_else(|| damaged(&"a member has no place in the file"))?;
        all.push(Member {
            start,
            packed: member.compressed_size(),
            unpacked: member.size(),
            checksum: member.crc32(),
            method: member.compression(),
            encrypted: member.encrypted(),
            name,
        });
    }
    if all.iter().any(|member| member.name == "[Content_Types].xml" || member.name == "mimetype") {
        return Err(refuse(
            "this is a workbook or a document, not an archive of data; read it as \
                           `excel`"
                .into(),
        ));
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    let Some(pattern) = pattern else {
        return if all.is_empty() { Err(refuse("the archive is empty".into())) } else { Ok(all) };
    };
    let matcher = GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .map_err(|error| refuse(format!("`{pattern}` is not a pattern: {error}")))?
        .compile_matcher();
    let known = names(&all);
    all.retain(|member| member.name == pattern || matcher.is_match(&member.name));
    if all.is_empty() {
        return Err(refuse(format!("no member matches `{pattern}`; the archive has {known}")));
    }
    Ok(all)
}

fn belongs_to_tools(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    name.starts_with("__MACOSX/") || matches!(last, ".DS_Store" | "Thumbs.db" | "desktop.ini")
}

/// Names in backticks, the first ones.
fn names(members: &[Member]) -> String {
    let some: Vec<String> =
        members.iter().take(NAMES_SHOWN).map(|member| format!("`{}`", member.name)).collect();
    let more = members.len().saturating_sub(NAMES_SHOWN);
    match more {
        0 => some.join(", "),
        _ => format!("{} and {more} more", some.join(", ")),
    }
}

impl Member {
    /// The member's bytes; what is read of the file is added to `count`.
    pub(super) fn open(
        &self,
        path: &Path,
        count: Arc<AtomicU64>,
    ) -> Result<Box<dyn Read + Send>, Error> {
        let name = path.display().to_string();
        if self.encrypted {
            return Err(Error::Data(format!(
                "{name}: the member `{}` is protected by a password; unpack it first",
                self.name
            )));
        }
        let told = |error: io::Error| Error::reading(&name, &error);
        let mut file = File::open(path).map_err(told)?;
        file.seek(SeekFrom::Start(self.start)).map_err(told)?;
        let part = Counted { inner: file.take(self.packed), count };
        let part = BufReader::with_capacity(CHUNK, part);
        let inner: Box<dyn Read + Send> = match self.method {
            CompressionMethod::Stored => Box::new(part),
            CompressionMethod::Deflated => Box::new(DeflateDecoder::new(part)),
            // Other methods are the crate's business to name.
            method => {
                return Err(Error::Data(format!(
                    "{name}: the member `{}` is packed with {method}; pack it with Deflate",
                    self.name
                )));
            }
        };
        let (left, checksum) = (self.unpacked, self.checksum);
        Ok(Box::new(Checked { inner, sum: Crc::new(), left, checksum }))
    }
}

/// Holds length and checksum against the directory.
struct Checked {
    inner: Box<dyn Read + Send>,
    sum: Crc,
    left: u64,
    checksum: u32,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if read == 0 && !buffer.is_empty() {
            return match self.left {
                0 if self.sum.sum() == self.checksum => Ok(0),
                0 => Err(io::Error::new(io::ErrorKind::InvalidData, "the checksum differs")),
                _ => Err(io::ErrorKind::UnexpectedEof.into()),
            };
        }
        self.sum.update(&buffer[..read]);
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            Complaint::error("the ZIP archive says that a member is shorter than it is")
        })?;
        Ok(read)
    }
}
