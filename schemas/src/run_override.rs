//! Overrides: for a time and for one bundle alone, a job is paused, a rule skipped, or a threshold loosened.
//!
//! An override is a signed record beside the results, not a change of the configuration. A new bundle drops it,
//! and every run that it touched says so.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::plan::JobPlan;
use crate::threshold::Threshold;

/// What the payload of its envelope is.
pub const OVERRIDE_TYPE: &str = "application/vnd.assay.override.v1+json";

/// Version of this form.
pub const OVERRIDE_VERSION: u32 = 1;

/// An override of what a job does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunOverride {
    /// [`OVERRIDE_VERSION`] of the writer.
    pub override_version: u32,
    /// A UUID of version 7.
    pub override_id: String,
    /// Content digest of the one bundle that it is for.
    pub content_digest: Digest,
    /// The environment of that bundle.
    pub environment: String,
    /// The job.
    pub job: String,
    /// What is done instead.
    pub change: Change,
    /// Why.
    pub reason: String,
    /// Who asks for it.
    pub requester: String,
    /// Who agrees; somebody else.
    pub approver: String,
    /// When it begins to hold, in seconds since 1970.
    pub from: i64,
    /// When it no longer does.
    pub until: i64,
}

/// What is done instead of what the bundle says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// The job does not run.
    Pause,
    /// A rule is not asked.
    SkipRule {
        /// Its check id, or that of the rule that several checks come from.
        rule: String,
    },
    /// The run fails by another threshold.
    Threshold {
        /// The threshold.
        severity_threshold: Threshold,
    },
}

impl Change {
    /// In a few words.
    pub fn words(&self) -> String {
        match self {
            Self::Pause => "paused".to_owned(),
            Self::SkipRule { rule } => format!("rule `{rule}` skipped"),
            Self::Threshold { severity_threshold } => format!("threshold {severity_threshold}"),
        }
    }

    /// Makes a plan do it.
    ///
    /// # Errors
    /// The plan has nothing that it could change, or nothing would be left to judge: in words.
    pub fn apply(&self, plan: &mut JobPlan) -> Result<(), String> {
        match self {
            Self::Pause => Ok(()),
            Self::SkipRule { rule } => {
                let below = format!("{rule}/");
                let skips = |id: &str| id == rule || id.starts_with(&below);
                let checks = &mut plan.dataset.checks;
                if !checks.iter().any(|check| skips(&check.check_id)) {
                    return Err(format!("the job has no rule `{rule}`"));
                }
                if checks.iter().all(|check| skips(&check.check_id)) {
                    return Err(format!(
                        "without `{rule}` the job judges nothing: pause it instead"
                    ));
                }
                checks.retain(|check| !skips(&check.check_id));
                Ok(())
            }
            Self::Threshold { severity_threshold } => {
                plan.severity_threshold = Some(severity_threshold.clone());
                Ok(())
            }
        }
    }
}

impl RunOverride {
    /// What is wrong with it in itself: in words.
    pub fn fault(&self) -> Option<String> {
        let named = |text: &str| text.chars().any(|character| !character.is_whitespace());
        if self.override_version != OVERRIDE_VERSION {
            return Some(format!("it is of version {}", self.override_version));
        }
        for (name, text) in
            [("reason", &self.reason), ("requester", &self.requester), ("approver", &self.approver)]
        {
            if !named(text) {
                return Some(format!("it names no {name}"));
            }
        }
        if self.requester.trim().eq_ignore_ascii_case(self.approver.trim()) {
            return Some("whoever asks for an override cannot approve it".to_owned());
        }
        (self.until <= self.from).then(|| "it ends before it begins".to_owned())
    }
}
