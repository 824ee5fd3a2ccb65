//! Job definitions: how and when a contract is run, and what follows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::infra_profile::EngineName;
use super::reference::{ActionProfileRef, Collector, DataContractRef, ProfilingPolicyRef};
use super::{LibraryObject, Metadata, Reference, common_fields, kind, schedule};
use crate::code::Code;
use crate::plan::ProfilePlan;
use crate::problem::{Pointer, Problem};
use crate::threshold::Threshold;

kind! {
    /// A run of a data contract: what sets it off, what it must reach, what follows.
    JobDefinition {
        id: job_definition_id JobDefinitionId,
        /// The contract, and its dataset where it has several.
        data_contract: DataContractRef,
        /// What sets the job off.
        #[serde(default)]
        trigger: Trigger,
        /// After a success.
        #[serde(default)]
        on_success: Option<ActionProfileRef>,
        /// After a failure or an error.
        #[serde(default)]
        on_failure: Option<ActionProfileRef>,
        /// After an anomaly, beside the others.
        #[serde(default)]
        on_anomaly: Option<ActionProfileRef>,
        /// The run fails where this does not hold; without one, where any hard check fails.
        #[serde(default)]
        severity_threshold: Option<Threshold>,
        /// What makes two requests the same one.
        #[serde(default)]
        idempotency_scope: IdempotencyScope,
        /// Stages that may be left out.
        #[serde(default)]
        stages: Stages,
        /// What is profiled, in the job's own words.
        #[serde(default)]
        profile: Option<ProfilePlan>,
        /// What is profiled, by a policy; without either, as the policy of the dataset says.
        #[serde(default)]
        profiling_policy: Option<ProfilingPolicyRef>,
        /// What computes, instead of what the infra profile says.
        #[serde(default)]
        run_profile: RunProfile,
        /// Rows that break a rule of severity error or critical are set apart: the run keeps the valid
        /// rows and the others as two files.
        #[serde(default)]
        quarantine: bool,
        /// What was measured of each file is kept in the lake, and a later run reads only the files that no
        /// run has measured, as far as the rules allow.
        #[serde(default)]
        incremental: bool,
        /// Violating rows kept for each check; true counts are always kept.
        #[serde(default = "hundred")]
        violation_rows: u32,
    }
}

fn hundred() -> u32 {
    100
}

/// What sets a job off. Triggers tell callers how to call; nothing here schedules.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// The type.
    #[serde(default)]
    pub trigger_type: TriggerType,
    /// When, for `SCHEDULED`.
    #[serde(default)]
    pub schedule: Option<Schedule>,
    /// Who sends the event, for `EXTERNAL_EVENT`.
    #[serde(default)]
    pub event_source: Option<String>,
    /// Which events count, for `EXTERNAL_EVENT`.
    #[serde(default)]
    pub event_filter: Metadata,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
}

/// The types of trigger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TriggerType {
    /// By hand or by a caller that knows why.
    #[default]
    Manual,
    /// By the clock.
    Scheduled,
    /// By an event elsewhere.
    ExternalEvent,
}

/// When a scheduled job is due.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// A cron expression of five fields.
    pub cron: String,
    /// The IANA time zone it is read in.
    #[serde(default = "utc")]
    pub timezone: String,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// What makes two requests the same one. The same request of the same bundle runs once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdempotencyScope {
    /// Nothing: every request runs.
    #[default]
    None,
    /// The key that the caller gives with `--run-key`.
    PerRunKey,
    /// The input: its locations and the bytes found there.
    PerBlobUri,
    /// The calendar day of the run, in UTC.
    PerDay,
}

impl IdempotencyScope {
    /// The name as authors write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::PerRunKey => "per_run_key",
            Self::PerBlobUri => "per_blob_uri",
            Self::PerDay => "per_day",
        }
    }
}

/// What computes a job.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RunProfile {
    /// The engine.
    pub engine: Option<EngineName>,
    /// Memory the engine may use, in mebibytes.
    #[schemars(range(min = 64))]
    pub memory_limit_mib: Option<u32>,
    /// Threads the engine may use.
    #[schemars(range(min = 1, max = 1024))]
    pub threads: Option<u32>,
}

/// Stages that may be left out; staging never is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Stages {
    /// Apply the cleansing policy.
    pub cleanse: bool,
    /// Compute the profile.
    pub profile: bool,
    /// Judge the rules.
    pub validate: bool,
    /// Carry out the actions.
    pub act: bool,
}

impl Default for Stages {
    fn default() -> Self {
        Self { cleanse: true, profile: true, validate: true, act: true }
    }
}

impl LibraryObject for JobDefinition {
    common_fields!(job_definition_id);

    fn references(&self) -> Vec<Reference> {
        let root = Pointer::root();
        let mut found = Collector::new();
        found.add(root.key("data_contract"), Some(&self.data_contract));
        found.add(root.key("on_success"), self.on_success.as_ref());
        found.add(root.key("on_failure"), self.on_failure.as_ref());
        found.add(root.key("on_anomaly"), self.on_anomaly.as_ref());
        found.add(root.key("profiling_policy"), self.profiling_policy.as_ref());
        found.finish()
    }

    fn check(&self) -> Vec<Problem> {
        let mut problems = self.trigger.check();
        if self.profile.is_some() && self.profiling_policy.is_some() {
            let message = "a job has a `profile` or a `profiling_policy`, not both";
            let place = Pointer::from("profiling_policy");
            problems.push(Problem::new(Code::BadValue, place, message).at_key());
        }
        if self.quarantine && !self.stages.validate {
            let message = "rows are set apart by the rules that they break, and none is judged";
            let place = Pointer::from("quarantine");
            problems.push(Problem::new(Code::BadValue, place, message).at_key());
        }
        let all_rows = [
            (self.quarantine, "rows are set apart from all rows", "leave `quarantine` out"),
            (
                self.stages.profile,
                "the profile is of all rows",
                "write `stages: { profile: false }`",
            ),
        ];
        for (asked, why, hint) in all_rows {
            if self.incremental && asked {
                let message = format!("{why}, so every file would be read");
                let place = Pointer::from("incremental");
                problems.push(Problem::new(Code::BadValue, place, message).at_key().hint(hint));
            }
        }
        if !self.stages.profile && !self.stages.validate {
            let message = "a job that neither profiles nor validates comes to nothing";
            problems.push(Problem::new(Code::BadValue, Pointer::from("stages"), message));
        }
        problems
    }
}

impl Trigger {
    /// What is wrong with it, seen from the job.
    fn check(&self) -> Vec<Problem> {
        let place = Pointer::from("trigger");
        let mut problems = Vec::new();
        let mut misplaced = |field: &str, is_there: bool, wanted: &str| {
            if is_there {
                let message = format!("`{field}` is for a trigger of `trigger_type: {wanted}`");
                problems.push(Problem::new(Code::BadValue, place.key(field), message).at_key());
            }
        };
        if self.trigger_type != TriggerType::Scheduled {
            misplaced("schedule", self.schedule.is_some(), "SCHEDULED");
        }
        if self.trigger_type != TriggerType::ExternalEvent {
            misplaced("event_source", self.event_source.is_some(), "EXTERNAL_EVENT");
            misplaced("event_filter", !self.event_filter.is_empty(), "EXTERNAL_EVENT");
        }
        match (self.trigger_type, &self.schedule) {
            (TriggerType::Scheduled, None) => {
                let message = "a `SCHEDULED` trigger needs a `schedule`";
                let problem = Problem::new(Code::MissingField, place, message);
                problems
                    .push(problem.hint("write `schedule: {cron: \"0 2 * * *\", timezone: UTC}`"));
            }
            (TriggerType::ExternalEvent, _) if self.event_source.is_none() => {
                let message = "an `EXTERNAL_EVENT` trigger needs an `event_source`";
                let problem = Problem::new(Code::MissingField, place, message);
                problems.push(problem.hint("name who sends the event, such as `object_created`"));
            }
            (TriggerType::Scheduled, Some(found)) => {
                let place = place.key("schedule");
                problems.extend(schedule::check_cron(&found.cron, place.key("cron")));
                problems.extend(schedule::check_timezone(&found.timezone, place.key("timezone")));
            }
            _ => {}
        }
        problems
    }
}
