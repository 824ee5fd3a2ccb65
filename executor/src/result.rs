//! The record of a run: what is written to the lake and shown to people. All redaction is done.

use std::collections::BTreeMap;

use crate::score::Score;
use assay_schemas::plan::Origin;
use assay_schemas::verdict::{Dimension, Measurement, Outcome, Severity, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::engine::{ColumnProfile, TableProfile};
use crate::profile::compare::Comparison;

/// One run, from request to receipts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunRecord {
    /// UUID version 7.
    pub run_id: String,
    /// The job.
    pub job_definition_id: String,
    /// Its version.
    pub job_version: String,
    /// Its name for people.
    pub job_name: String,
    /// Fingerprint of the job in the bundle, `sha256:…`.
    pub job_fingerprint: String,
    /// Content digest of the bundle, `sha256:…`.
    pub bundle_digest: String,
    /// The tenant; `shared` where the job has none.
    pub tenant: String,
    /// The environment.
    pub environment: String,
    /// The contract's id and version.
    pub contract: (String, String),
    /// The dataset contract's id.
    pub dataset: String,
    /// What ran the plan, with its version.
    pub engine: String,
    /// Version of this executor.
    pub executor_version: String,
    /// RFC 3339 in UTC with microseconds.
    pub started_at: String,
    /// RFC 3339 in UTC with microseconds.
    pub finished_at: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Beside the outcome: a figure far from what it used to be.
    pub anomaly: bool,
    /// Why, in one sentence.
    pub reason: String,
    /// The process exit code that says the same.
    pub exit_code: u8,
    /// What the run answers, where the job is idempotent.
    pub idempotency_key: Option<String>,
    /// The run that answers the same request, where this one was skipped.
    pub first_run_id: Option<String>,
    /// The run whose quarantined rows this one ran again.
    #[serde(default)]
    pub replays: Option<String>,
    /// Rows of the dataset after cleansing.
    pub rows: u64,
    /// Rows that the run set apart because they break a hard rule, where the job asks for it.
    #[serde(default)]
    pub quarantined: Option<u64>,
    /// Share of the evaluated rows that break at least one hard rule; `None` where none was evaluated.
    pub hard_failure_rate: Option<f64>,
    /// The job's threshold in words.
    pub severity_threshold: Option<String>,
    /// Files read: path, bytes, digest.
    pub inputs: Vec<(String, u64, String)>,
    /// The stages, in order.
    pub stages: Vec<StageRecord>,
    /// Share of checks that passed among those that were judged; `None` where none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// The same for each dimension.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<Score>,
    /// The checks, in the order of the plan.
    pub verdicts: Vec<VerdictRecord>,
    /// Violating rows, capped for each check.
    pub violations: Vec<ViolationRecord>,
    /// The profile.
    pub profile: Vec<ProfileRecord>,
    /// What the profile says of rows and columns together.
    #[serde(default)]
    pub table: TableProfile,
    /// What cleansing did to the profile; `None` where nothing was cleansed or that was not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<BeforeRecord>,
    /// Columns of the dataset after cleansing: name, type, catalog attribute.
    pub columns: Vec<(String, String, Option<String>)>,
    /// The actions carried out.
    pub actions: Vec<ActionRecord>,
    /// Events of note, in order: time, what, detail.
    pub audit: Vec<AuditRecord>,
}

impl RunRecord {
    /// The audit event that says why this engine computed and not another.
    pub(crate) const ENGINE: &'static str = "engine";

    /// The audit event that says which files were read, where what was measured of files is kept.
    pub(crate) const INCREMENT: &'static str = "increment";

    /// Which files were read and which were not, where what was measured of files is kept.
    pub fn increment(&self) -> Option<String> {
        let event = self.audit.iter().find(|event| event.event == Self::INCREMENT)?;
        if let Some(why) = event.detail.get("why").and_then(Value::as_str) {
            return Some(format!("every file was read: {why}"));
        }
        let number = |part: &str| event.detail.get(part).and_then(Value::as_array).map(Vec::len);
        let (read, kept) = (number("read")?, number("kept")?);
        let over_all = match number("over_all")? {
            0 => String::new(),
            1 => "; 1 check was computed over all files".to_owned(),
            checks => format!("; {checks} checks were computed over all files"),
        };
        let all = read + kept;
        Some(format!(
            "{read} of {all} files were read, {kept} as earlier runs measured them{over_all}"
        ))
    }

    /// Why this engine computed and not another, where there is something to say.
    pub fn why_engine(&self) -> Option<&str> {
        let event = self.audit.iter().find(|event| event.event == Self::ENGINE)?;
        event.detail.get("why")?.as_str()
    }
}

/// One stage of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StageRecord {
    /// `load`, `stage`, `cleanse`, `profile`, `validate`, `judge`, `quarantine`, `record`, `act`.
    pub stage: String,
    /// `success`, `skipped` or `error`.
    pub status: String,
    /// Rows in, where rows pass through.
    pub rows_in: Option<u64>,
    /// Rows out.
    pub rows_out: Option<u64>,
    /// Rows rejected.
    pub rows_rejected: Option<u64>,
    /// Rows merged into others.
    pub rows_merged: Option<u64>,
    /// Wall time in milliseconds.
    pub elapsed_ms: f64,
    /// What else there is to say: changed cells by step and column, statements, error text.
    pub detail: Value,
}

/// One check, judged.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VerdictRecord {
    /// The check's id, unique within the dataset.
    pub check_id: String,
    /// The rule type's public name.
    pub rule_type: String,
    /// What must hold, in one line.
    pub title: String,
    /// The columns it is about.
    pub columns: Vec<String>,
    /// How bad a violation is.
    pub severity: Severity,
    /// Which quality it speaks of.
    pub dimension: Dimension,
    /// Where the rule was written.
    pub origin: Origin,
    /// Digest of the rule's meaning.
    pub rule_digest: String,
    /// The judgement.
    pub verdict: Verdict,
    /// What was measured.
    pub measurement: Measurement,
    /// Actual against expected, in one sentence.
    pub message: String,
    /// The figures that later runs may look back at: series and value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<(String, f64)>,
    /// The figure is not as earlier ones let expect, so later runs learn nothing from it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub anomalous: bool,
}

impl VerdictRecord {
    /// Rows judged, where rows are judged.
    pub fn evaluated(&self) -> Option<u64> {
        self.measurement.evaluated()
    }

    /// Rows violating, where rows are judged.
    pub fn violations(&self) -> Option<u64> {
        self.measurement.violations()
    }
}

/// One violating row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ViolationRecord {
    /// The check.
    pub check_id: String,
    /// Row of the dataset after cleansing, from 1.
    pub row: u64,
    /// The file it came from, where there are several.
    pub file: Option<String>,
    /// The primary key: column and value, redacted.
    pub key: BTreeMap<String, Option<String>>,
    /// The check's columns: column and value, redacted.
    pub values: BTreeMap<String, Option<String>>,
    /// What is wrong, without the value of a classified column.
    pub message: String,
}

/// The profile of one column, redacted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProfileRecord {
    /// The figures that may be kept.
    #[serde(flatten)]
    pub figures: ColumnProfile,
    /// The governance class of the column, if any.
    pub classification: Option<String>,
}

impl std::ops::Deref for ProfileRecord {
    type Target = ColumnProfile;

    fn deref(&self) -> &ColumnProfile {
        &self.figures
    }
}

/// The rows as they were read and converted to the declared types, before any step cleansed them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BeforeRecord {
    /// Rows.
    pub rows: u64,
    /// The profile of what was read; a cell that is not of its declared type counts as null.
    pub profile: Vec<ProfileRecord>,
    /// How far the run's profile is from it.
    pub change: Comparison,
}

/// One action, carried out or not.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ActionRecord {
    /// The action's id within the job.
    pub action_id: String,
    /// The action type's public name.
    pub action_type: String,
    /// What set it off: `on_success`, `on_failure` or `on_anomaly`.
    pub trigger: String,
    /// `success`, `failed` or `skipped`.
    pub status: String,
    /// Why it was skipped or failed, or what was delivered.
    pub detail: String,
    /// Attempts made.
    pub attempts: u32,
    /// Wall time in milliseconds.
    pub elapsed_ms: f64,
}

/// One event of note.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AuditRecord {
    /// RFC 3339 in UTC.
    pub at: String,
    /// What happened, such as `run_requested` or `bundle_loaded`.
    pub event: String,
    /// Its detail.
    pub detail: Value,
}
