//! Files that no contract speaks of: which they are, how they are written, and a place to work in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_schemas::id::ColumnName;
use assay_schemas::plan::{CsvDialect, DatasetPlan, ExcelDialect, Format, JsonDialect, Source};

use crate::engine::{EngineError, FileNote, file};
use crate::input::acquire::InputFile;
use crate::input::stamps::Stamps;
use crate::input::{self, transcoded};

/// Files, and what is known of how they are written.
#[derive(Clone, Debug)]
pub struct Loose {
    /// Paths or globs.
    pub patterns: Vec<String>,
    /// What stands between the cells of text files; `None` is told from the first file.
    pub delimiter: Option<String>,
    /// Encoding of text files.
    pub encoding: Option<String>,
    /// The first line of text files names the columns.
    pub header: bool,
    /// Cells that mean null.
    pub null_tokens: Vec<String>,
}

impl Loose {
    /// The files, in the order of their paths.
    ///
    /// # Errors
    /// Nothing matches.
    pub fn files(&self) -> Result<Vec<PathBuf>, EngineError> {
        let mut files = Vec::new();
        for pattern in &self.patterns {
            files.extend(input::resolve(pattern, Path::new(""))?);
        }
        files.sort();
        files.dedup();
        Ok(files)
    }

    /// The format that the first file has by its first bytes; the others must have it too.
    ///
    /// # Errors
    /// The file cannot be read or is empty.
    pub fn format(&self, files: &[PathBuf]) -> Result<Format, EngineError> {
        let Some(first) = files.first() else {
            return Err(EngineError::Data("there is no file to read".into()));
        };
        let (bytes, _) = file::beginning(first, 8)?;
        if let Some(format) = told_by(first, &bytes) {
            return Ok(format);
        }
        let mut dialect = CsvDialect {
            header: self.header,
            null_tokens: self.null_tokens.clone(),
            ..CsvDialect::default()
        };
        if let Some(encoding) = &self.encoding {
            dialect.encoding.clone_from(encoding);
        }
        file::csv::sniff(first, &mut dialect)?;
        if let Some(delimiter) = &self.delimiter {
            dialect.delimiter.clone_from(delimiter);
        }
        Ok(Format::Csv(dialect))
    }
}

/// The format that the first bytes, or the ending of the name, tell; text where neither does.
fn told_by(file: &Path, bytes: &[u8]) -> Option<Format> {
    let name = file.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.contains(ending));
    let is_workbook = bytes.starts_with(b"\xD0\xCF\x11\xE0")
        || bytes.starts_with(b"PK\x03\x04") && ends(&[".xlsx", ".xlsb", ".xlsm", ".ods"]);
    Some(match bytes {
        [b'P', b'A', b'R', b'1', ..] => Format::Parquet,
        [b'O', b'b', b'j', 1, ..] => Format::Avro,
        _ if is_workbook => Format::Excel(ExcelDialect::default()),
        _ if ends(&[".ndjson", ".jsonl"]) => {
            Format::Json(JsonDialect { lines: true, ..JsonDialect::default() })
        }
        _ if ends(&[".json"]) => Format::Json(JsonDialect::default()),
        _ => return None,
    })
}

/// Files that an engine reads, and how it has to be told of them.
pub(crate) struct Opened {
    /// The format that they have now.
    pub(crate) format: Format,
    /// Where they lie.
    pub(crate) paths: Vec<PathBuf>,
    /// What is known of them.
    pub(crate) notes: BTreeMap<PathBuf, FileNote>,
    /// What people should know of how they were read.
    pub(crate) said: Vec<String>,
    /// The files as they were before.
    pub(crate) stamps: Stamps,
}

/// Makes files readable for an engine, in `folder` where they have to be made.
pub(crate) fn opened(
    format: Format,
    files: &[PathBuf],
    folder: &Path,
) -> Result<Opened, EngineError> {
    let stamps = Stamps::of(files)?;
    let mut plan = open(format);
    let inputs: Vec<_> = files.iter().cloned().map(InputFile::local).collect();
    let made = transcoded::readable(&mut plan, &inputs, folder)?;
    let format = plan.source.format;
    let (paths, notes, said) = (Vec::new(), BTreeMap::new(), Vec::new());
    let mut opened = Opened { format, paths, notes, said, stamps };
    for file in made {
        opened.notes.extend(file.note.map(|note| (file.path.clone(), note)));
        opened.paths.push(file.path);
        opened.said.extend(file.said);
    }
    Ok(opened)
}

/// A dataset of which nothing is declared.
pub(crate) fn open(format: Format) -> DatasetPlan {
    DatasetPlan {
        dataset_contract_id: "data".into(),
        catalog_entity_id: None,
        source: Source::of(format),
        fields: Vec::new(),
        primary_key: Vec::new(),
        reads: None,
        steps: Vec::new(),
        withheld: Vec::new(),
        change_log: false,
        profile: None,
        checks: Vec::new(),
    }
}

pub(crate) fn column_name(name: &str) -> Result<ColumnName, EngineError> {
    ColumnName::new(name).map_err(|error| EngineError::Data(error.to_string()))
}

/// A folder that goes when its user does.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// A name in the system's folder for such; the engine makes the folder.
    pub fn new() -> Self {
        Self(std::env::temp_dir().join(format!("assay-{}", uuid::Uuid::now_v7())))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
