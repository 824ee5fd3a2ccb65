//! Files as they lie there, looked at before an engine reads them: whether each is what its name says.

pub mod columns;
pub mod csv;
pub mod line;
pub mod parquet;
pub mod place;
pub mod proof;
mod short;
pub mod zstd;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use assay_schemas::plan::CsvDialect;

use crate::EngineError;

/// The mark of UTF-8 at the beginning of a file.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// How the bytes of a text file are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

impl Packing {
    /// That of a file which begins with these bytes, of which four are enough.
    pub fn of(begin: &[u8]) -> Self {
        match begin {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::Plain,
        }
    }

    /// The text of a file.
    fn unpack(self, file: File) -> std::io::Result<Box<dyn Read>> {
        Ok(match self {
            Self::Plain => Box::new(file),
            Self::Gzip => Box::new(flate2::read::MultiGzDecoder::new(file)),
            Self::Zstd => Box::new(::zstd::Decoder::new(file)?),
        })
    }
}

/// The bytes that part cells and stand around them.
#[derive(Clone, Copy)]
struct Signs {
    quote: Option<u8>,
    /// Before a quote within a quoted cell, where that is no second quote.
    escape: Option<u8>,
    /// The last one of it.
    delimiter: u8,
}

impl Signs {
    fn of(dialect: &CsvDialect) -> Self {
        let byte = |text: &str| text.bytes().next().filter(|_| text.len() == 1);
        Self {
            quote: byte(&dialect.quote),
            escape: byte(&dialect.escape).filter(|_| dialect.escape != dialect.quote),
            delimiter: dialect.delimiter.bytes().last().unwrap_or(b','),
        }
    }
}

/// The first bytes of a file, at most `most`, and its length.
///
/// # Errors
/// The file cannot be read or holds nothing.
pub fn beginning(path: &Path, most: u64) -> Result<(Vec<u8>, u64), EngineError> {
    let told = |error| EngineError::Data(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(told)?;
    let data = file.metadata().map_err(told)?;
    if !data.is_file() {
        return Err(EngineError::Data(format!("{}: not a file", path.display())));
    }
    if data.len() == 0 {
        return Err(EngineError::Data(format!(
            "{}: the file is empty (0 bytes); a file without rows still has its header",
            path.display()
        )));
    }
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes).map_err(told)?;
    Ok((bytes, data.len()))
}
