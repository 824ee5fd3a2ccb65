//! The plan of one job: its datasets, their sources, and the actions after it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Body, Check, Columns, Format, Step, StepBody};
use crate::datatype::DataType;
use crate::id::ColumnName;
use crate::library::infra_profile::EngineName;
use crate::threshold::Threshold;

/// Version of this language of plans. An executor refuses a plan of a version it does not know.
pub const PLAN_VERSION: u32 = 1;

/// All that an executor needs to run one job, and nothing that cannot change what the run does: the
/// digest of a plan is the fingerprint of its job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobPlan {
    /// [`PLAN_VERSION`] of the compiler.
    pub plan_version: u32,
    /// The job's id.
    pub job_definition_id: String,
    /// The job's version.
    pub version: String,
    /// The tenant, where the job has one.
    pub tenant_id: Option<String>,
    /// The environment the bundle is for.
    pub environment: String,
    /// The contract's id.
    pub contract_id: String,
    /// The contract's pinned version.
    pub contract_version: String,
    /// The dataset that is judged.
    pub dataset: DatasetPlan,
    /// Datasets that reference checks look into; staged, never judged.
    pub lookups: Vec<DatasetPlan>,
    /// The run fails where this does not hold.
    pub severity_threshold: Option<Threshold>,
    /// Rows that break a hard rule are set apart from the others, as two files of the run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quarantine: bool,
    /// Files that an earlier run has measured are not read again, as far as the checks allow.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incremental: bool,
    /// What makes two requests the same one: `none`, `per_run_key`, `per_blob_uri`, `per_day`.
    pub idempotency_scope: String,
    /// Where results go: a folder, or a file ending in `.duckdb`.
    pub results: String,
    /// Violating rows kept for each check; true counts are always kept.
    pub violation_rows: u32,
    /// What computes.
    #[serde(default, skip_serializing_if = "EngineName::is_default")]
    pub engine: EngineName,
    /// Memory the engine may use, in bytes; `None` leaves it to the engine.
    pub memory_limit: Option<u64>,
    /// Threads the engine may use; `None` means all.
    pub threads: Option<u32>,
    /// What happens after the run.
    pub actions: Actions,
}

impl JobPlan {
    /// The most columns that one of its datasets declares.
    pub fn columns(&self) -> usize {
        let datasets = [&self.dataset].into_iter().chain(&self.lookups);
        datasets.map(|dataset| dataset.fields.len()).max().unwrap_or(0)
    }
}

/// One dataset: where it lies, what it holds, what is done to it and asked of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatasetPlan {
    /// The dataset contract's id.
    pub dataset_contract_id: String,
    /// The catalog entity it is mapped to.
    pub catalog_entity_id: Option<String>,
    /// Where the rows are.
    pub source: Source,
    /// The columns that are read from the files, where cleansing leaves others than those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reads: Option<Vec<Field>>,
    /// The columns that are judged, in order: those declared, as the steps leave them.
    pub fields: Vec<Field>,
    /// Columns that name a row to people; empty where the schema declares no key.
    pub primary_key: Columns,
    /// Cleansing, in order; includes the conversions to the declared types.
    pub steps: Vec<Step>,
    /// The steps that a run takes instead where it is asked to cleanse, if the job does not by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<Step>,
    /// Every cell that cleansing changes is recorded: where, before, after, by which step.
    #[serde(default, skip_serializing_if = "is_false")]
    pub change_log: bool,
    /// What is profiled; `None` switches the stage off.
    pub profile: Option<ProfilePlan>,
    /// What is judged.
    pub checks: Vec<Check>,
}

impl DatasetPlan {
    /// The columns that are read from the files.
    pub fn read_fields(&self) -> &[Field] {
        self.reads.as_deref().unwrap_or(&self.fields)
    }

    /// Of [`read_fields`](Self::read_fields), those that the files themselves hold; in order.
    pub fn file_fields(&self) -> Vec<Field> {
        let held = |field: &&Field| !self.source.partitions.contains(&field.name);
        self.read_fields().iter().filter(held).cloned().collect()
    }

    /// Whether a step does no more than convert a column to its declared type.
    pub fn is_conversion(&self, step: &Step) -> bool {
        let StepBody::Parse { column, to, .. } = &step.body else { return false };
        let declared = self.fields.iter().find(|field| field.name == *column);
        *to != DataType::Text && declared.is_some_and(|field| field.data_type == *to)
    }

    /// The columns whose values are needed at all, where not every one is; `whole_rows` says that rows are
    /// kept as they are.
    pub fn needed(&self, whole_rows: bool) -> Option<BTreeSet<ColumnName>> {
        let unknown = self.checks.iter().any(|check| matches!(check.body, Body::Query(_)));
        // Steps write every column that they do not drop.
        if self.fields.is_empty() || unknown || whole_rows || !self.steps.is_empty() {
            return None;
        }
        let mut needed: BTreeSet<ColumnName> = self.primary_key.iter().cloned().collect();
        for check in &self.checks {
            check.reads(&mut |name| {
                needed.insert(name.clone());
            });
        }
        match &self.profile {
            Some(profile) if profile.columns.is_empty() => return None,
            Some(profile) => needed.extend(profile.columns.iter().cloned()),
            None => {}
        }
        Some(needed)
    }
}

/// A declared column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Its name.
    pub name: ColumnName,
    /// Its type after staging.
    pub data_type: DataType,
    /// The dataset may lack the column; it is then null in every row.
    pub optional: bool,
    /// `entity.attribute` of the catalog.
    pub catalog_attribute: Option<String>,
    /// The governance class, if any.
    pub classification: Option<String>,
    /// How values are shown and kept in results.
    pub redaction: Redaction,
}

/// How a classified value is shown and kept in results.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Redaction {
    /// As it is.
    #[default]
    None,
    /// The first character, the rest replaced.
    Partial,
    /// Not at all.
    Full,
}

/// Where the rows of a dataset are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Path or glob, after the environment's variables; relative to the project. A run may name another.
    pub path: Option<String>,
    /// How to read it.
    pub format: Format,
    /// Declared columns whose values are not in the files but in the names of their folders: `year=2024`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partitions: Columns,
    /// Through what, where the path is a URI of object storage and the infra profile names a connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<StorageAccess>,
}

impl Source {
    /// Rows in a format, wherever a run finds them.
    pub fn of(format: Format) -> Self {
        Self { path: None, format, partitions: Vec::new(), storage: None }
    }
}

/// How object storage is reached, and as whom; secrets stay references until the moment of use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StorageAccess {
    /// The connection's name in the environment file.
    pub conn_id: String,
    /// The address of the service.
    pub url: String,
    /// The region of the buckets.
    pub region: Option<String>,
    /// The account, for Azure.
    pub account: Option<String>,
    /// `secret://…` references by name.
    pub secrets: std::collections::BTreeMap<String, String>,
}

/// What happens to a cell that does not fit its declared type.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OnParseError {
    /// Its row goes to the rejects.
    #[default]
    RejectRow,
    /// The cell becomes null and is recorded in the rejects.
    SetNull,
}

/// What the profile holds beyond counts, nulls, distinct values and extremes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProfilePlan {
    /// Only these columns; empty means all.
    pub columns: Columns,
    /// Most frequent values kept for each column; 0 switches them off.
    pub top_values: u32,
    /// Bins of the histograms of numbers and times; 0 switches them off.
    pub histogram_bins: u32,
    /// Quantiles of numbers, each between 0 and 1.
    pub quantiles: Vec<f64>,
    /// Distinct values are counted exactly instead of estimated.
    pub exact_distinct: bool,
    /// Also the figures that cost a look at every value: values that occur once, extremes, skewness and the
    /// like, the order of the rows, kinds of text.
    #[serde(skip_serializing_if = "is_false")]
    pub deep: bool,
    /// Rows that equal an earlier row in every column are counted.
    #[serde(skip_serializing_if = "is_false")]
    pub duplicate_rows: bool,
    /// How the columns go with each other: Pearson, Spearman, Cramér's V.
    #[serde(skip_serializing_if = "is_false")]
    pub correlations: bool,
    /// Which columns are null together.
    #[serde(skip_serializing_if = "is_false")]
    pub missingness: bool,
    /// Where the dataset is cleansed, the columns as they were read are profiled, too, unless this is `false`.
    // A plan says `true` where that is wanted and nothing where it is not, so that no executor decides it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_cleansing: Option<bool>,
}

/// Left out of what is sealed where it says nothing, so that older plans keep their digests.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Default for ProfilePlan {
    fn default() -> Self {
        Self {
            columns: Vec::new(),
            top_values: 10,
            histogram_bins: 20,
            quantiles: vec![0.05, 0.25, 0.5, 0.75, 0.95],
            exact_distinct: true,
            deep: false,
            duplicate_rows: false,
            correlations: false,
            missingness: false,
            before_cleansing: None,
        }
    }
}

/// The actions of a job, by the outcome that sets them off.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Actions {
    /// After a success.
    pub on_success: Vec<Action>,
    /// After a failure or an error.
    pub on_failure: Vec<Action>,
    /// After an anomaly, beside the others.
    pub on_anomaly: Vec<Action>,
}

/// One action of a profile, with its connection resolved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// `action_profile_id` and position, unique within the job.
    pub action_id: String,
    /// The action type's public name.
    pub action_type: String,
    /// Its parameters, checked at compile time.
    pub parameters: Map<String, Value>,
    /// The connection it uses, if any.
    pub connection: Option<Connection>,
}

/// A connection that an action may use; secrets stay references until the moment of use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// Its name in the environment file.
    pub conn_id: String,
    /// Where it leads; only this host is ever called.
    pub url: String,
    /// `secret://…` reference of a bearer token.
    pub token: Option<String>,
    /// Further headers.
    pub headers: std::collections::BTreeMap<String, String>,
}
