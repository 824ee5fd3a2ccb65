//! Many small files of text brought together into fewer: DuckDB takes longer to open a small one than to read it.
//!
//! A file takes part where it is proven that every reader splits it into the same cells. Its records are copied as
//! they are, each behind a cell with the number of its file.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use assay_schemas::plan::CsvDialect;
use rayon::prelude::*;

use crate::engine::EngineError;
use crate::engine::file::proof::{Marks, prove};

/// So many files are worth the work.
const MANY: usize = 32;
/// Bytes of a small file, on average.
const SMALL: u64 = 1 << 20;
/// Bytes of a file that takes part at all.
const LARGEST: u64 = 16 << 20;
/// Bytes that are copied at most, as they take room in the workspace.
const MOST: u64 = 4 << 30;
/// Bytes that are brought together in one file, more or less.
const TOGETHER: u64 = 32 << 20;

/// Files in their order, as they are read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// By itself; the number is its place among the files.
    Alone(usize),
    /// Records of several files, each behind the number of its own.
    Joined(PathBuf),
}

impl Part {
    /// Whether it is a file by itself.
    pub(super) fn is_alone(&self) -> bool {
        matches!(self, Self::Alone(_))
    }

    /// Where records of several files were written.
    pub(super) fn joined(&self) -> Option<PathBuf> {
        match self {
            Self::Alone(_) => None,
            Self::Joined(path) => Some(path.clone()),
        }
    }
}

/// Neighbours of one layout, `cells` to each record.
#[derive(Clone, Copy)]
pub(super) struct Neighbours<'a> {
    pub(super) files: &'a [PathBuf],
    /// The number of the first.
    pub(super) first: usize,
    pub(super) cells: usize,
}

/// Brings together what can be; what is made is written below `folder`.
///
/// # Errors
/// A file cannot be read, or there is no room.
pub(super) fn join(
    neighbours: Neighbours<'_>,
    dialect: &CsvDialect,
    folder: &Path,
) -> Result<Vec<Part>, EngineError> {
    let Neighbours { files, first, .. } = neighbours;
    let alone = || (first..first + files.len()).map(Part::Alone).collect();
    let Ok(marks) = Marks::of(dialect) else { return Ok(alone()) };
    if files.len() < MANY || !takes_numbers(dialect) {
        return Ok(alone());
    }
    let sizes: Option<Vec<u64>> =
        files.iter().map(|file| file.metadata().ok().map(|data| data.len())).collect();
    let Some(sizes) = sizes else { return Ok(alone()) };
    let bytes: u64 = sizes.iter().sum();
    if bytes > MOST || bytes / files.len() as u64 > SMALL {
        return Ok(alone());
    }
    let refused = |error: std::io::Error| refused(folder, &error);
    std::fs::create_dir_all(folder).map_err(refused)?;
    let each = usize::try_from(bytes.div_ceil(TOGETHER)).unwrap_or(1).max(1);
    let share = files.len().div_ceil(each).max(MANY);
    let work = files.par_chunks(share).enumerate().map(|(number, files)| {
        let first = first + number * share;
        together(Neighbours { files, first, ..neighbours }, (dialect, marks), folder)
    });
    let parts: Vec<Result<Vec<Part>, EngineError>> = work.collect();
    Ok(parts.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// Whether a number is read as one: no null token and no part of what splits the text.
fn takes_numbers(dialect: &CsvDialect) -> bool {
    let splits = format!("{}{}{}", dialect.delimiter, dialect.quote, dialect.escape);
    let is_number = |token: &String| token.bytes().all(|byte| byte.is_ascii_digit());
    !splits.contains(|letter: char| letter.is_ascii_digit())
        && !dialect.null_tokens.iter().any(is_number)
}

fn refused(path: &Path, error: &std::io::Error) -> EngineError {
    EngineError::Resource(format!("{}: {error}", path.display()))
}

/// Brings neighbours together, up to one that has to be read by itself, and again behind it.
fn together(
    neighbours: Neighbours<'_>,
    (dialect, marks): (&CsvDialect, Marks),
    folder: &Path,
) -> Result<Vec<Part>, EngineError> {
    let mut parts = Vec::new();
    let mut writer: Option<(PathBuf, BufWriter<File>)> = None;
    let mut records = Vec::new();
    for (file, number) in neighbours.files.iter().zip(neighbours.first..) {
        records.clear();
        if !copy((file, number), (dialect, marks), neighbours.cells, &mut records)? {
            parts.extend(ended(writer.take())?);
            parts.push(Part::Alone(number));
            continue;
        }
        let (path, writer) = match &mut writer {
            Some(begun) => begun,
            None => {
                let path = folder.join(format!("joined_{number}.csv"));
                let file = File::create(&path).map_err(|error| refused(&path, &error))?;
                writer.insert((path, BufWriter::new(file)))
            }
        };
        writer.write_all(&records).map_err(|error| refused(path, &error))?;
    }
    parts.extend(ended(writer)?);
    Ok(parts)
}

/// The records of a file, each behind its number; `false` where it has to be read by itself.
fn copy(
    (file, number): (&Path, usize),
    (dialect, marks): (&CsvDialect, Marks),
    cells: usize,
    records: &mut Vec<u8>,
) -> Result<bool, EngineError> {
    if file.metadata().map_or(true, |data| data.len() > LARGEST) {
        return Ok(false);
    }
    let head = format!("{number}{}", char::from(marks.delimiter));
    let proven = prove(file, dialect, marks, cells, |record| {
        records.extend_from_slice(head.as_bytes());
        records.extend_from_slice(record);
        records.push(b'\n');
    });
    match proven {
        Ok(_) => Ok(true),
        Err(EngineError::Beyond(_)) => Ok(false),
        Err(other) => Err(other),
    }
}

/// What has been written, whole.
fn ended(writer: Option<(PathBuf, BufWriter<File>)>) -> Result<Option<Part>, EngineError> {
    let Some((path, mut writer)) = writer else { return Ok(None) };
    writer.flush().map_err(|error| refused(&path, &error))?;
    Ok(Some(Part::Joined(path)))
}
