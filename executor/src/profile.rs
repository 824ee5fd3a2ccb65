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
use assay_schemas::library::infra_profile::EngineName;
use assay_schemas::plan::{
    CsvDialect, DatasetPlan, Expr, Field, Format, Function, Literal, ProfilePlan, Redaction, Step,
    StepBody,
};
use serde::{Deserialize, Serialize};

use crate::engine::{Chosen, Engine as _, EngineError, Inferred, Request, TableProfile, Workspace};
use crate::loose::{self, Loose, column_name, open};
use crate::redact::Redactions;
use crate::result::ProfileRecord;
use crate::run::stage;
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
    /// Why this engine computed and not another, where there is something to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_engine: Option<String>,
    /// Wall time in milliseconds.
    pub elapsed_ms: f64,
}

/// What to profile, and how.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The files.
    pub loose: Loose,
    /// Which figures.
    pub plan: ProfilePlan,
    /// Memory in bytes.
    pub memory_limit: Option<u64>,
    /// Threads.
    pub threads: Option<u32>,
    /// What computes.
    pub engine: EngineName,
}

/// Profiles files. `folder` is made, worked in and left behind.
///
/// # Errors
/// Nothing matches, a file cannot be read, or the machine lacks something.
pub fn of_files(wanted: &Wanted, folder: &Path, now: i64) -> Result<Profile, EngineError> {
    let files = wanted.loose.files()?;
    of(wanted, &files, folder, now).map_err(|error| stage::naming(error, &files))
}

fn of(wanted: &Wanted, files: &[PathBuf], folder: &Path, now: i64) -> Result<Profile, EngineError> {
    let started = Instant::now();
    let opened = loose::opened(wanted.loose.format(files)?, files, &folder.join("read"))?;
    let format = opened.format;
    let workspace = Workspace {
        folder: folder.to_owned(),
        memory_limit: wanted.memory_limit,
        threads: wanted.threads,
        now,
        columns: 0,
        notes: opened.notes,
    };
    let mut plan = open(format.clone());
    let mut engine = Chosen::open(wanted.engine, &[&plan], &workspace, &opened.paths)?;
    let staged = engine.stage(&plan, &opened.paths)?;
    if let Format::Parquet = format {
        let texts = staged.columns.iter().filter(|(_, found)| found == "VARCHAR");
        plan.steps = nulls(texts.map(|(name, _)| name.as_str()), &wanted.loose.null_tokens)?;
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
    opened.stamps.check()?;
    let redactions = Redactions::default();
    let columns = measured.profile.into_iter().map(|column| redactions.profile(column)).collect();
    let bytes = files.iter().filter_map(|file| file.metadata().ok()).map(|data| data.len()).sum();
    let mut profile = Profile {
        profile_version: PROFILE_VERSION,
        files: files.iter().map(|file| file.display().to_string()).collect(),
        bytes,
        format: if format.is_text() { "csv" } else { "parquet" }.to_owned(),
        dialect: match format {
            Format::Csv(dialect) => Some(dialect),
            _ => None,
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
        why_engine: engine.why().map(str::to_owned),
        elapsed_ms: started.elapsed().as_secs_f64() * 1000.0,
    };
    profile.alerts = alert::alerts(&profile);
    Ok(profile)
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

/// Rows of a column that hold a value.
pub fn present(column: &ProfileRecord) -> u64 {
    column.rows.saturating_sub(column.nulls)
}

/// A part of a whole; nothing of nothing.
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
