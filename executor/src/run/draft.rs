//! The record of a run while it is being made.

use std::time::{Duration, Instant};

use assay_schemas::exit::Exit;
use assay_schemas::plan::DatasetPlan;
use assay_schemas::verdict::Outcome;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Request;
use crate::engine::{Chosen, Cleansed, Engine as _, EngineError, Measured, Quarantine, Staged};
use crate::input::acquire::InputFile;
use crate::judge::Judgement;
use crate::overrides::Applied;
use crate::result::{AuditRecord, RunRecord, StageRecord};

/// A record that grows stage by stage.
pub(super) struct Draft {
    pub(super) record: RunRecord,
    pub(super) exit: Exit,
    begun: Instant,
    started: Timestamp,
    /// The stage under way, to be named where it fails.
    next: &'static str,
    /// What overrides did to the run, to be read wherever it is shown.
    overridden: String,
}

impl Draft {
    pub(super) fn begin(request: &Request) -> Self {
        let plan = &request.job.plan;
        let started_at = stamp(request.now);
        let record = RunRecord {
            run_id: request.run_id.clone(),
            job_definition_id: plan.job_definition_id.clone(),
            job_version: plan.version.clone(),
            job_name: request.job.name.clone(),
            job_fingerprint: request.job.fingerprint.clone(),
            bundle_digest: request.job.bundle_digest.clone(),
            tenant: request.job.tenant.clone(),
            environment: plan.environment.clone(),
            contract: (plan.contract_id.clone(), plan.contract_version.clone()),
            dataset: plan.dataset.dataset_contract_id.clone(),
            engine: String::new(),
            executor_version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: started_at.clone(),
            finished_at: started_at,
            outcome: Outcome::Error,
            anomaly: false,
            reason: String::new(),
            exit_code: Exit::Internal.code(),
            idempotency_key: None,
            first_run_id: None,
            replays: request.replays.clone(),
            rows: 0,
            quarantined: None,
            hard_failure_rate: None,
            severity_threshold: plan.severity_threshold.as_ref().map(ToString::to_string),
            inputs: Vec::new(),
            stages: Vec::new(),
            score: None,
            scores: Vec::new(),
            verdicts: Vec::new(),
            violations: Vec::new(),
            profile: Vec::new(),
            table: crate::engine::TableProfile::default(),
            before: None,
            columns: Vec::new(),
            actions: Vec::new(),
            audit: Vec::new(),
        };
        let mut draft = Self {
            record,
            exit: Exit::Internal,
            begun: Instant::now(),
            started: request.now,
            next: "stage",
            overridden: String::new(),
        };
        let detail = json!({
            "job": plan.job_definition_id, "bundle": request.job.bundle_digest,
            "fingerprint": request.job.fingerprint, "input": request.input, "forced": request.force,
        });
        draft.note("run_requested", detail);
        draft
    }

    /// What overrides do to the run.
    pub(super) fn overridden(&mut self, applied: &Applied) {
        for own in &applied.active {
            let detail = json!({ "override_id": own.override_id, "change": own.change, "reason": own.reason,
                "requester": own.requester, "approver": own.approver, "until": own.until });
            self.note("override_applied", detail);
        }
        for (override_id, why) in &applied.ignored {
            self.note("override_ignored", json!({ "override_id": override_id, "why": why }));
        }
        self.overridden = applied.words();
    }

    /// The time now: the start of the run and what the monotonic clock has counted since.
    fn now(&self) -> String {
        let elapsed = jiff::SignedDuration::try_from(self.begun.elapsed()).unwrap_or_default();
        stamp(self.started.checked_add(elapsed).unwrap_or(self.started))
    }

    pub(super) fn note(&mut self, event: &str, detail: Value) {
        let at = self.now();
        self.record.audit.push(AuditRecord { at, event: event.to_owned(), detail });
    }

    pub(super) fn stage_done(&mut self, stage: &str, elapsed: Duration, detail: Value) {
        self.record.stages.push(StageRecord { detail, ..stage_record(stage, elapsed) });
    }

    pub(super) fn staged(
        &mut self,
        (staged, files): (&Staged, &[InputFile]),
        said: &[String],
        elapsed: Duration,
    ) {
        let fetched: Vec<_> = files.iter().filter_map(|file| file.origin.as_ref()).collect();
        let mut detail = json!({ "columns": staged.columns });
        if !fetched.is_empty() {
            detail["fetched"] = json!(fetched);
        }
        if !said.is_empty() {
            detail["said"] = json!(said);
        }
        self.record.stages.push(StageRecord {
            rows_out: staged.rows,
            detail,
            ..stage_record("stage", elapsed)
        });
        self.next = "cleanse";
    }

    /// Notes that every file is read although the job keeps what was measured of them, and why.
    pub(super) fn read_all(&mut self, why: &str) {
        self.note(RunRecord::INCREMENT, json!({ "why": why }));
    }

    /// Notes which files were read, and whose measurements were kept.
    pub(super) fn incremental(&mut self, detail: Value) {
        self.note(RunRecord::INCREMENT, detail);
    }

    /// Notes which engine computed, and why that one.
    pub(super) fn computed(&mut self, engine: &Chosen) {
        self.record.engine = engine.version();
        if let Some(why) = engine.why() {
            self.note(RunRecord::ENGINE, json!({ "engine": engine.name(), "why": why }));
        }
    }

    pub(super) fn cleansed(
        &mut self,
        dataset: &DatasetPlan,
        cleansed: &Cleansed,
        elapsed: Duration,
    ) {
        self.record.stages.push(StageRecord {
            status: if dataset.steps.is_empty() { "skipped" } else { "success" }.to_owned(),
            rows_in: Some(cleansed.rows_in),
            rows_out: Some(cleansed.rows_out),
            rows_rejected: Some(cleansed.rows_rejected),
            rows_merged: Some(cleansed.rows_merged),
            detail: json!({ "changed": cleansed.changed, "reasons": cleansed.reasons,
                "malformed": cleansed.malformed, "said": cleansed.said }),
            ..stage_record("cleanse", elapsed)
        });
        self.record.columns = dataset
            .fields
            .iter()
            .map(|field| {
                (
                    field.name.to_string(),
                    field.data_type.to_string(),
                    field.catalog_attribute.clone(),
                )
            })
            .collect();
        self.next = "validate";
    }

    /// What was read has been profiled, before cleansing.
    pub(super) fn looked_before(&mut self, rows: u64, elapsed: Duration) {
        self.record.stages.push(StageRecord {
            rows_in: Some(rows),
            detail: json!({ "of": "what was read, before cleansing" }),
            ..stage_record("profile", elapsed)
        });
    }

    pub(super) fn measured(&mut self, measured: &Measured, profiled: bool, elapsed: Duration) {
        let statements: Vec<_> = measured
            .statements
            .iter()
            .map(|s| json!({ "purpose": s.purpose, "elapsed_ms": milliseconds(s.elapsed) }))
            .collect();
        self.record.rows = measured.rows;
        // Profile and checks share their scan, so the time stands once, with the checks.
        self.record.stages.push(StageRecord {
            status: if profiled { "success" } else { "skipped" }.to_owned(),
            rows_in: profiled.then_some(measured.rows),
            detail: json!({ "in_the_scan_of": "validate" }),
            ..stage_record("profile", Duration::ZERO)
        });
        self.record.stages.push(StageRecord {
            rows_in: Some(measured.rows),
            detail: json!({ "statements": statements, "proven": measured.proofs }),
            ..stage_record("validate", elapsed)
        });
        self.next = "judge";
    }

    pub(super) fn quarantined(&mut self, split: &Quarantine, elapsed: Duration) {
        self.record.quarantined = Some(split.rows_quarantined);
        self.record.stages.push(StageRecord {
            rows_in: Some(split.rows_valid + split.rows_quarantined),
            rows_out: Some(split.rows_valid),
            rows_rejected: Some(split.rows_quarantined),
            ..stage_record("quarantine", elapsed)
        });
        let detail = json!({ "valid": split.rows_valid, "quarantined": split.rows_quarantined });
        self.note("quarantined", detail);
    }

    pub(super) fn judged(&mut self, judgement: &Judgement, elapsed: Duration) {
        self.record.outcome = judgement.outcome;
        self.record.reason.clone_from(&judgement.reason);
        self.record.hard_failure_rate = judgement.hard_failure_rate;
        self.exit = judgement.exit;
        self.stage_done("judge", elapsed, Value::Null);
        self.note("judged", json!({ "outcome": judgement.outcome, "reason": judgement.reason }));
    }

    /// The stage under way could not be carried out.
    pub(super) fn fail(&mut self, error: &EngineError) {
        let reason = error.to_string();
        let (kind, exit) = match error {
            EngineError::Data(_) => ("data", Exit::Broken),
            EngineError::Resource(_) => ("resource", Exit::Temporary),
            EngineError::Beyond(_) | EngineError::Internal(_) => ("internal", Exit::Internal),
        };
        self.record.outcome = Outcome::Error;
        self.record.reason.clone_from(&reason);
        self.exit = exit;
        self.record.stages.push(StageRecord {
            status: "error".to_owned(),
            detail: json!({ "error": reason, "kind": kind }),
            ..stage_record(self.next, Duration::ZERO)
        });
        self.note("stage_failed", json!({ "stage": self.next, "error": reason }));
    }

    pub(super) fn skipped(&mut self, first: Option<String>, reason: String, exit: Exit) {
        self.record.outcome = Outcome::Skipped;
        self.note("skipped", json!({ "first_run_id": first }));
        self.record.first_run_id = first;
        self.record.reason = reason;
        self.exit = exit;
    }

    /// Puts the final time and exit code into the record; again, where something was done since.
    pub(super) fn finish(&mut self) {
        let overridden = std::mem::take(&mut self.overridden);
        if !overridden.is_empty() && self.record.outcome != Outcome::Skipped {
            self.record.reason = format!("{}; {overridden}", self.record.reason);
        }
        self.record.finished_at = self.now();
        self.record.exit_code = self.exit.code();
    }
}

fn stage_record(stage: &str, elapsed: Duration) -> StageRecord {
    StageRecord {
        stage: stage.to_owned(),
        status: "success".to_owned(),
        rows_in: None,
        rows_out: None,
        rows_rejected: None,
        rows_merged: None,
        elapsed_ms: milliseconds(elapsed),
        detail: Value::Null,
    }
}

fn milliseconds(elapsed: Duration) -> f64 {
    elapsed.as_secs_f64() * 1000.0
}

/// RFC 3339 in UTC with microseconds.
fn stamp(at: Timestamp) -> String {
    format!("{at:.6}")
}
