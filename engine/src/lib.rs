//! What every engine promises, and what they share. Each engine is a crate or module of its own.
//!
//! An engine knows the plan and no rule, step or action by name. It is handed local files and gives back
//! measurements; it judges nothing, records nothing and calls nobody.

pub mod cluster;
mod figure;
pub mod file;
pub mod kinds;
pub mod layout;
mod parse;
pub mod partition;
mod profile;
pub mod read;
pub mod redact;
pub mod shape;
pub mod steps;
pub mod structure;
pub mod text;
pub mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use assay_schemas::plan::{DatasetPlan, ProfilePlan, Table};
use assay_schemas::verdict::Measurement;
pub use figure::{arrived, compared, duration, figure};
pub use parse::Parse;
pub use profile::{
    ColumnProfile, Deep, FORMS, Inferred, NullPattern, Pair, PairMeasure, RowOrder, TableProfile,
    TextKinds,
};
use serde::Serialize;

/// Computes plans. Calls come in this order: `stage` or `hold` for each lookup, then for the dataset,
/// `cleanse`, `measure`, `violations`; after `restart` they may begin again.
pub trait Engine {
    /// The public name, as an infra profile writes it.
    fn name(&self) -> &'static str;

    /// Name and version of the library that computes.
    fn version(&self) -> String;

    /// Makes the rows of a dataset readable, without yet changing a cell.
    ///
    /// # Errors
    /// A file is missing, is not what its name says, lacks a declared column or cannot be read.
    fn stage(&mut self, dataset: &DatasetPlan, files: &[PathBuf]) -> Result<Staged, EngineError>;

    /// Makes rows readable that come with the plan, as `stage` does with files.
    ///
    /// # Errors
    /// The rows lack a declared column, or a cell is not of its type.
    fn hold(&mut self, dataset: &DatasetPlan, table: &Table) -> Result<Staged, EngineError>;

    /// Forgets every dataset, for other work over the same connection: in a folder below that of the
    /// workspace, with a plan's `now` of its own in microseconds since 1970-01-01 UTC.
    fn restart(&mut self, folder: PathBuf, now: i64);

    /// Applies the dataset's steps. Where there is anything to change, rejected and cleansed rows are
    /// written as Parquet files into the workspace.
    ///
    /// # Errors
    /// The work folder is full or a step cannot be carried out.
    fn cleanse(&mut self, dataset: &DatasetPlan) -> Result<Cleansed, EngineError>;

    /// Computes every check and, where wanted, the profile, in one scan and one pass for each key set.
    /// The lookups that references look into have been staged; their own steps are applied first.
    ///
    /// # Errors
    /// The data itself cannot be read. A check that cannot be computed is
    /// [`Measurement::Broken`], not an error.
    fn measure(
        &mut self,
        dataset: &DatasetPlan,
        request: &Request,
    ) -> Result<Measured, EngineError>;

    /// Some violating rows of each check that has any, at most `limit` a check.
    ///
    /// # Errors
    /// The data itself cannot be read.
    fn violations(
        &mut self,
        dataset: &DatasetPlan,
        measured: &Measured,
        limit: u32,
    ) -> Result<Vec<Violation>, EngineError>;

    /// What `measure` will not scan for, as the metadata of the files proves it.
    ///
    /// # Errors
    /// The files cannot be opened far enough to know.
    fn proofs(&mut self, dataset: &DatasetPlan) -> Result<Vec<Proof>, EngineError>;

    /// The type that each text column of the cleansed rows could have, where every value is of it. Columns
    /// of other types, and those that stay text, are left out.
    ///
    /// # Errors
    /// The data itself cannot be read.
    fn infer(&mut self, dataset: &DatasetPlan) -> Result<Vec<Inferred>, EngineError>;

    /// Splits the rows that were measured into two Parquet files of the workspace, by whether they break a
    /// hard rule of single rows.
    ///
    /// # Errors
    /// The data itself cannot be read, or the work folder is full.
    fn quarantine(
        &mut self,
        dataset: &DatasetPlan,
        measured: &Measured,
    ) -> Result<Quarantine, EngineError>;

    /// The statements that `cleanse` and `measure` would run, for people to read, without running them.
    ///
    /// # Errors
    /// The files cannot be opened far enough to know their columns.
    fn explain(
        &mut self,
        dataset: &DatasetPlan,
        request: &Request,
    ) -> Result<Vec<Statement>, EngineError>;
}

/// What an engine may use, and where.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// A folder of the run's own; the engine spills and writes here and nowhere else.
    pub folder: PathBuf,
    /// Memory in bytes; `None` leaves it to the engine.
    pub memory_limit: Option<u64>,
    /// Threads; `None` means all.
    pub threads: Option<u32>,
    /// The start of the run in microseconds since 1970-01-01 UTC; the plan's `now`.
    pub now: i64,
    /// The most columns that a dataset of the run declares; 0 where that is not known.
    pub columns: usize,
    /// What is known of files beyond what lies at their paths.
    pub notes: BTreeMap<PathBuf, FileNote>,
}

impl Workspace {
    /// What is known of some files, in their order; of one that lies here as it was named, what it is called.
    pub fn notes_of(&self, files: &[PathBuf]) -> Vec<FileNote> {
        let note = |file: &PathBuf| match self.notes.get(file) {
            Some(note) => note.clone(),
            None => FileNote { name: file.display().to_string(), ..FileNote::default() },
        };
        files.iter().map(note).collect()
    }
}

/// What is known of a file that was fetched or transcoded before an engine reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileNote {
    /// What it is called in results.
    pub name: String,
    /// For rows from these on, counted from 1, by how much the line in the original is greater than the row.
    pub shifts: Vec<(u64, u64)>,
    /// Lines and cells that are not what the format says; some of many.
    pub faults: Vec<FileFault>,
    /// Lines that are no rows because of that.
    pub left_out: u64,
    /// An engine reads what was written anew from the file, so lines of that are not lines of the original.
    pub transcoded: bool,
}

impl FileNote {
    /// The most [`shifts`](Self::shifts) that are kept; where nearly every record spans lines, the number of the
    /// row has to do.
    pub const MOST_SHIFTS: usize = 10_000;
}

/// A line or cell that is not what the format says: a reject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFault {
    /// The data row that holds a null instead; `None` where the line is no row.
    pub row: Option<u64>,
    /// The line, row of the sheet or number of the record in the original.
    pub line: u64,
    /// The column, where one is to blame.
    pub column: Option<String>,
    /// What was there.
    pub value: Option<String>,
    /// Why it cannot be taken.
    pub reason: String,
}

impl FileFault {
    /// What was there, as far as people may see it.
    pub fn shown(&self, dataset: &DatasetPlan) -> Option<String> {
        let redaction = match &self.column {
            Some(column) => redact::of_column(dataset, column),
            None => redact::of_line(dataset),
        };
        self.value.as_ref().map(|value| redact::value(redaction, value))
    }
}

/// What is to be measured beside the checks.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The profile, if wanted.
    pub profile: Option<ProfilePlan>,
    /// Everything is scanned for, what metadata proves too. The measurements are the same.
    pub scan_all: bool,
    /// What earlier runs of the job found.
    pub earlier: Earlier,
}

/// What earlier runs of a job found, as far as checks compare with it.
#[derive(Clone, Debug, Default)]
pub struct Earlier {
    /// The columns of the first file of the last run, as [`Staged::columns`].
    pub columns: Option<Vec<(String, String)>>,
    /// Digests of the files that were read, each with the run that read it.
    pub digests: BTreeMap<String, String>,
}

/// A dataset, made readable.
#[derive(Clone, Debug, Serialize)]
pub struct Staged {
    /// Rows, where they are known without a scan.
    pub rows: Option<u64>,
    /// Columns as found in the first file: name and type in the engine's words; text has no types.
    pub columns: Vec<(String, String)>,
}

/// A file that a run read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileRead {
    /// As named by the plan or the request.
    pub path: String,
    /// Bytes on disk.
    pub bytes: u64,
    /// SHA-256 of the bytes, as `sha256:…`.
    pub digest: String,
}

/// What cleansing did. Rows add up: in = out + rejected + merged.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Cleansed {
    /// Rows before.
    pub rows_in: u64,
    /// Rows after.
    pub rows_out: u64,
    /// Rows moved to the rejects.
    pub rows_rejected: u64,
    /// Rows merged into others.
    pub rows_merged: u64,
    /// Of the rejected rows, lines that could not be split into cells.
    pub malformed: u64,
    /// Cells changed, by step and column.
    pub changed: BTreeMap<String, BTreeMap<String, u64>>,
    /// Declared columns that the files lack, in words; what reads them cannot be computed.
    pub missing: Option<String>,
    /// Rejected rows or cells by reason.
    pub reasons: BTreeMap<String, u64>,
    /// The cleansed rows, where anything could have changed; Parquet in the workspace. Columns whose
    /// names begin with `_assay_` are the engine's own.
    pub output: Option<PathBuf>,
    /// Every cell that changed, where that is recorded: Parquet with columns `file`, `row`, `key` (the
    /// primary key as JSON), `column`, `was`, `became`, `step`; classified values are redacted.
    pub changes: Option<PathBuf>,
    /// The clusters of a fuzzy deduplication: Parquet with columns `cluster`, `row`, `kept`, `linked_to`,
    /// `score`, `similarities` (one for each compared value, in their order). Rows are counted from 1 over
    /// all that were read.
    pub clusters: Option<PathBuf>,
    /// What people should know beside the numbers.
    pub said: Vec<String>,
    /// The rejects, where there are any: Parquet with columns `file`, `row` (data row of the file, from
    /// 1), `line` (text files, where known), `column`, `value`, `reason`, `step`.
    pub rejects: Option<PathBuf>,
}

/// The rows of a dataset, set apart by whether they break a hard rule of single rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// Rows that break none: Parquet with the columns of the dataset.
    pub valid: PathBuf,
    /// How many.
    pub rows_valid: u64,
    /// Rows that break at least one: Parquet with the columns of the dataset, `_assay_row`, the number of
    /// the row from 1, and `_assay_broken`, the ids of all checks that it breaks, soft ones too.
    pub quarantined: PathBuf,
    /// How many.
    pub rows_quarantined: u64,
}

/// What was measured.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Rows of the dataset.
    pub rows: u64,
    /// By check id.
    pub checks: BTreeMap<String, Measurement>,
    /// Rows that at least one hard row-level check judged.
    pub hard_evaluated: u64,
    /// Of these, rows that break at least one.
    pub hard_violating: u64,
    /// The profile, if asked for.
    pub profile: Vec<ColumnProfile>,
    /// What the profile says of the rows and columns together.
    pub table: TableProfile,
    /// What was not scanned for, as metadata proves it.
    pub proofs: Vec<Proof>,
    /// Statements run and how long each took.
    pub statements: Vec<Statement>,
}

/// What of a check the metadata of the files proves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The check.
    pub check_id: String,
    /// What proves it, in words.
    pub why: String,
    /// Columns that are still read for it; none where it is proven whole.
    pub scanned: Vec<String>,
    /// Columns that are not read for it.
    pub spared: Vec<String>,
}

/// A statement that an engine runs.
#[derive(Clone, Debug, Serialize)]
pub struct Statement {
    /// What it is for, in a few words.
    pub purpose: String,
    /// Its text, laid out for people.
    pub text: String,
    /// How long it took; zero where it was not run.
    pub elapsed: Duration,
}

/// One violating row of one check. Values are as found; redaction happens before anything is recorded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Violation {
    /// The check.
    pub check_id: String,
    /// The row of the dataset after cleansing, from 1; for several files counted through.
    pub row: u64,
    /// The file the row came from, where there are several.
    pub file: Option<String>,
    /// The primary key: column and value as text.
    pub key: Vec<(String, Option<String>)>,
    /// The check's columns: column and value as text.
    pub values: Vec<(String, Option<String>)>,
}

/// Why an engine could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The user's data is not what the contract says; the text names file, place and way out.
    #[error("{0}")]
    Data(String),
    /// The machine lacks something: space, memory, rights.
    #[error("{0}")]
    Resource(String),
    /// This engine cannot do it, or not with exactly the meaning that the plan has; another may. The text
    /// says what. What was written up to then is gone.
    #[error("{0}")]
    Beyond(String),
    /// A plan of a kind that this executor cannot carry out, or a fault of the engine itself.
    #[error("{0}")]
    Internal(String),
}
