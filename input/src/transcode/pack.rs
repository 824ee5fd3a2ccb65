//! Packed files: gzip, zstd, and members of ZIP archives, unpacked as they are read.
//!
//! A few bytes can unpack to more than any disk holds, so what comes out is counted against what went in and
//! against an absolute limit.

mod zip;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

pub use zip::members;

use super::Error;
use super::error::Complaint;

/// Bytes read from a file at once.
const CHUNK: usize = 128 << 10;
/// Unpacked bytes below which no ratio is too large: a short file of one repeated line packs very well.
const RATIO_FROM: u64 = 256 << 20;

/// How the bytes of a file are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// gzip, of one member or several.
    Gzip,
    /// Zstandard, of one frame or several.
    Zstd,
    /// A ZIP archive, of which one member is read.
    Zip,
}

/// What may be unpacked.
#[derive(Clone, Debug)]
pub struct Options {
    /// The member of a ZIP archive: its name, or a pattern that only one member matches. `None` where the archive
    /// has a single one.
    pub member: Option<String>,
    /// Bytes that may come out of one file.
    pub max_unpacked: u64,
    /// How many bytes may come out of one, beyond the first 256 MiB.
    pub max_ratio: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { member: None, max_unpacked: 256 << 30, max_ratio: 1000 }
    }
}

/// A file that is open, and its unpacked bytes.
pub struct Opened {
    /// What to call it in messages: the path, and the member within an archive.
    pub name: String,
    /// How it is packed.
    pub packing: Packing,
    /// Its bytes. Errors are [`io::Error`]s whose texts say what is wrong and the way out.
    pub reader: Box<dyn Read + Send>,
}

/// Opens a file. What it is packed with is told by its first bytes.
///
/// # Errors
/// There is no such file or it cannot be read, its name promises another packing, or an archive has no member to
/// read, several, or one that cannot be unpacked.
pub fn open(path: &Path, options: &Options) -> Result<Opened, Error> {
    let name = path.display().to_string();
    let told = |error: io::Error| Error::reading(&name, &error);
    let mut file = File::open(path).map_err(told)?;
    let data = file.metadata().map_err(told)?;
    if !data.is_file() {
        return Err(Error::Data(format!("{name}: not a file")));
    }
    let mut head = Vec::new();
    file.by_ref().take(8).read_to_end(&mut head).map_err(told)?;
    io::Seek::rewind(&mut file).map_err(told)?;
    let packing = packing(&head);
    check_ending(path, packing, &head)?;
    let packed = Arc::new(AtomicU64::new(0));
    let source = BufReader::with_capacity(CHUNK, Counted { inner: file, count: packed.clone() });
    let (name, reader): (String, Box<dyn Read + Send>) = match packing {
        Packing::Plain => return Ok(Opened { name, packing, reader: Box::new(source) }),
        Packing::Gzip => (name, Box::new(MultiGzDecoder::new(source))),
        Packing::Zstd => {
            let decoder = zstd::Decoder::with_buffer(source).map_err(told)?;
            (name, Box::new(decoder))
        }
        Packing::Zip => {
            let member = zip::find(path, options.member.as_deref())?;
            let reader = member.open(path, packed.clone())?;
            (format!("{name}:{}", member.name), reader)
        }
    };
    let guarded = Guarded { inner: reader, packing, packed, unpacked: 0, options: options.clone() };
    Ok(Opened { name, packing, reader: Box::new(guarded) })
}

fn packing(head: &[u8]) -> Packing {
    match head {
        [0x1f, 0x8b, ..] => Packing::Gzip,
        // The second one begins a frame without data.
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Packing::Zstd,
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, ..] => Packing::Zip,
        _ => Packing::Plain,
    }
}

/// Refuses a file that is not packed as its name says.
fn check_ending(path: &Path, packing: Packing, head: &[u8]) -> Result<(), Error> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let promised = match ending.as_deref() {
        Some("gz" | "gzip") => ("gzip file", Packing::Gzip),
        Some("zst" | "zstd") => ("zstd file", Packing::Zstd),
        Some("zip") => ("ZIP archive", Packing::Zip),
        _ => return Ok(()),
    };
    if promised.1 == packing {
        return Ok(());
    }
    let name = path.display();
    Err(Error::Data(match head.len() {
        0 => format!("{name}: the file is empty (0 bytes)"),
        _ => format!(
            "{name}: not a {}, as its name says; rename it, or have it written anew",
            promised.0
        ),
    }))
}

/// Counts what is read.
struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Stops at limits, and says in words what unpackers mean.
struct Guarded {
    inner: Box<dyn Read + Send>,
    packing: Packing,
    packed: Arc<AtomicU64>,
    unpacked: u64,
    options: Options,
}

impl Read for Guarded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer).map_err(|error| self.explain(error))?;
        self.unpacked += read as u64;
        if self.unpacked > self.options.max_unpacked {
            return Err(Complaint::error(format!(
                "unpacks to more than {} bytes; raise `max_unpacked` if that is meant",
                self.options.max_unpacked
            )));
        }
        let packed = self.packed.load(Ordering::Relaxed);
        let most = packed.saturating_mul(self.options.max_ratio).max(RATIO_FROM);
        if self.unpacked > most {
            return Err(Complaint::error(format!(
                "{packed} bytes unpack to more than {most}, which looks like an attack; raise \
                 `max_ratio` if that is meant",
            )));
        }
        Ok(read)
    }
}

impl Guarded {
    fn explain(&self, error: io::Error) -> io::Error {
        let word = match self.packing {
            Packing::Gzip => "gzip",
            Packing::Zstd => "zstd",
            _ => "ZIP",
        };
        // What the system itself says is no fault of the data.
        if error.raw_os_error().is_some() || error.get_ref().is_some_and(|e| e.is::<Complaint>()) {
            return error;
        }
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Complaint::error(format!(
                "the file ends in the middle of its {word} data, after {} unpacked bytes; it was cut \
                 off, so copy it again",
                self.unpacked
            ));
        }
        if error.to_string().contains("too much memory") {
            return Complaint::error(
                "the zstd data needs a window of more than 128 MiB; pack it without `--long`",
            );
        }
        Complaint::error(format!(
            "the {word} data is damaged after {} unpacked bytes ({error}); copy or write it again",
            self.unpacked
        ))
    }
}
