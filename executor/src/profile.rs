//! The profile of files that no contract speaks of: what `assay profile` finds out, warns of, compares and
//! suggests. Text is read twice: once as text, which tells the types, and once as those types.

pub mod alert;
pub mod compare;
pub mod drawn;
pub mod suggest;

use std::path::{Path, PathBuf};
use std::time::Instant;

use assay_schemas::datatype::DataType;
use assay_schemas::id::ColumnName;
use assay_schemas::plan::{
    CsvDialect, DatasetPlan, Expr, Field, Format, Function, Literal, ProfilePlan, Redaction,
    Source, Step, StepBody,
};
use serde::{Deserialize, Serialize};

use crate::engine::duckdb::DuckDb;
use crate::engine::{Engine as _, EngineError, Inferred, Request, TableProfile, Workspace};
use crate::input;
use crate::redact::Redactions;
use crate::result::ProfileRecord;
pub use alert::{Alert, AlertKind};

/// Version of the JSON form; a form of another version is refused.
pub const PROFILE_VERSION: u32 = 1;

/// The profile of a dataset, as it is printed, written as JSON and read again to be compared.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Profile {
    /// [`PROFILE_VERSION`].
    pub profile_version: u32,
    /// What was read.
    pub files: Vec<String>,
    /// Their bytes.
    pub bytes: u64,
    /// `csv` or `parquet`; `run` where the profile is that of a run.
    pub format: String,
    /// How text files are written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<CsvDialect>,
    /// Rows.
    pub rows: u64,
    /// Lines that could not be split into cells and are not among the rows.
    #[serde(default)]
    pub malformed: u64,
    /// The columns, in order.
    pub columns: Vec<ProfileRecord>,
    /// The strftime pattern of columns of text that are read as days or instants.
    #[serde(default)]
    pub formats: Vec<(String, String)>,
    /// Rows and columns together.
    pub table: TableProfile,
    /// What is worth a look.
    pub alerts: Vec<Alert>,
    /// What computed it.
    pub engine: String,
    /// Wall time in milliseconds.
    pub elapsed_ms: f64,
}

/// What to profile, and how.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Paths or globs.
    pub patterns: Vec<String>,
    /// What is known of how text files are written; what is `None` is told from the first file.
    pub delimiter: Option<String>,
    /// Encoding of text files.
    pub encoding: Option<String>,
    /// The first line of text files is no row.
    pub header: bool,
    /// Cells that mean null.
    pub null_tokens: Vec<String>,
    /// Which figures.
    pub plan: ProfilePlan,
    /// Memory in bytes.
    pub memory_limit: Option<u64>,
    /// Threads.
    pub threads: Option<u32>,
}

/// Profiles files. `folder` is made, worked in and left behind.
///
/// # Errors
/// Nothing matches, a file cannot be read, or the machine lacks something.
pub fn of_files(wanted: &Wanted, folder: &Path, now: i64) -> Result<Profile, EngineError> {
    let started = Instant::now();
    let files = files(&wanted.patterns)?;
    let format = format_of(&files, wanted)?;
    let workspace = Workspace {
        folder: folder.to_owned(),
        memory_limit: wanted.memory_limit,
        threads: wanted.threads,
        now,
        columns: 0,
    };
    let mut engine = DuckDb::open(&workspace, &files)?;
    let mut plan = open(format.clone());
    let staged = engine.stage(&plan, &files)?;
    if let Format::Parquet = format {
        let texts = staged.columns.iter().filter(|(_, found)| found == "VARCHAR");
        plan.steps = nulls(texts.map(|(name, _)| name.as_str()), &wanted.null_tokens)?;
    }
    let cleansed = engine.cleanse(&plan)?;
    let mut inferred = Vec::new();
    if let (Format::Csv(_), Some(text)) = (&format, &cleansed.output) {
        inferred = engine.infer(&plan)?;
        plan = typed(&staged.columns, &inferred)?;
        engine.restart(folder.join("typed"), now);
        engine.stage(&plan, std::slice::from_ref(text))?;
        engine.cleanse(&plan)?;
    }
    let measured = engine
        .measure(&plan, &Request { profile: Some(wanted.plan.clone()), ..Request::default() })?;
    let redactions = Redactions::default();
    let columns = measured.profile.into_iter().map(|column| redactions.profile(column)).collect();
    let bytes = files.iter().filter_map(|file| file.metadata().ok()).map(|data| data.len()).sum();
    let mut profile = Profile {
        profile_version: PROFILE_VERSION,
        files: files.iter().map(|file| file.display().to_string()).collect(),
        bytes,
        format: if matches!(format, Format::Parquet) { "parquet" } else { "csv" }.to_owned(),
        dialect: match format {
            Format::Csv(dialect) => Some(dialect),
            Format::Parquet => None,
        },
        rows: measured.rows,
        malformed: cleansed.malformed,
        columns,
        formats: inferred
            .into_iter()
            .filter_map(|column| Some((column.column, column.format?)))
            .collect(),
        table: measured.table,
        alerts: Vec::new(),
        engine: engine.version(),
        elapsed_ms: started.elapsed().as_secs_f64() * 1000.0,
    };
    profile.alerts = alert::alerts(&profile);
    Ok(profile)
}

fn files(patterns: &[String]) -> Result<Vec<PathBuf>, EngineError> {
    let mut files = Vec::new();
    for pattern in patterns {
        files.extend(input::resolve(pattern, Path::new(""))?);
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// The format that the first file has by its first bytes; the others must have it too.
fn format_of(files: &[PathBuf], wanted: &Wanted) -> Result<Format, EngineError> {
    let Some(first) = files.first() else {
        return Err(EngineError::Data("there is no file to read".into()));
    };
    let (bytes, _) = input::beginning(first, 4)?;
    if bytes == b"PAR1" {
        return Ok(Format::Parquet);
    }
    let mut dialect = CsvDialect {
        header: wanted.header,
        null_tokens: wanted.null_tokens.clone(),
        ..CsvDialect::default()
    };
    if let Some(encoding) = &wanted.encoding {
        dialect.encoding.clone_from(encoding);
    }
    input::csv::sniff(first, &mut dialect)?;
    if let Some(delimiter) = &wanted.delimiter {
        dialect.delimiter.clone_from(delimiter);
    }
    Ok(Format::Csv(dialect))
}

/// A dataset of which nothing is declared.
fn open(format: Format) -> DatasetPlan {
    DatasetPlan {
        dataset_contract_id: "data".into(),
        catalog_entity_id: None,
        source: Source { path: None, format },
        fields: Vec::new(),
        primary_key: Vec::new(),
        steps: Vec::new(),
        profile: None,
        checks: Vec::new(),
    }
}

fn column_name(name: &str) -> Result<ColumnName, EngineError> {
    ColumnName::new(name).map_err(|error| EngineError::Data(error.to_string()))
}

/// The text of a CSV file, with the types that its values have.
fn typed(columns: &[(String, String)], inferred: &[Inferred]) -> Result<DatasetPlan, EngineError> {
    let mut plan = open(Format::Parquet);
    for (name, _) in columns {
        let name = column_name(name)?;
        let found = inferred.iter().find(|found| found.column == name.as_str());
        plan.fields.push(Field {
            name: name.clone(),
            data_type: found.map_or(DataType::Text, |found| found.data_type),
            optional: false,
            catalog_attribute: None,
            classification: None,
            redaction: Redaction::None,
        });
        if let Some(found) = found {
            let body = StepBody::Parse {
                column: name.clone(),
                to: found.data_type,
                format: found.format.clone(),
                reject_row: false,
            };
            plan.steps.push(step(&name, "parse", body));
        }
    }
    Ok(plan)
}

fn step(column: &ColumnName, step_type: &str, body: StepBody) -> Step {
    Step {
        step_id: format!("{step_type}:{column}"),
        step_type: step_type.to_owned(),
        title: format!("{step_type} {column}"),
        filter: None,
        body,
    }
}

/// Steps that empty cells which mean null; a text format does so while it is read.
fn nulls<'a>(
    columns: impl Iterator<Item = &'a str>,
    tokens: &[String],
) -> Result<Vec<Step>, EngineError> {
    if tokens.is_empty() {
        return Ok(Vec::new());
    }
    columns
        .map(|name| {
            let name = column_name(name)?;
            let nothing = |value, token: &String| {
                let token = Expr::literal(Literal::Text(token.clone()));
                Expr::call(Function::NullIf, [value, token])
            };
            let value = tokens.iter().fold(Expr::column(&name), nothing);
            Ok(step(&name, "null", StepBody::Set { column: name.clone(), value }))
        })
        .collect()
}

/// A folder that goes when its user does.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// A name in the system's folder for such; the engine makes the folder.
    pub fn new() -> Self {
        Self(std::env::temp_dir().join(format!("assay-profile-{}", uuid::Uuid::now_v7())))
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

/// Rows of a column that hold a value.
pub fn present(column: &ProfileRecord) -> u64 {
    column.rows.saturating_sub(column.nulls)
}

/// A part of a whole; nothing of nothing.
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
