//! Actions after a run: each is carried out, or its failure recorded; none stops another.

use std::time::Instant;

use assay_schemas::action::{self, Effect, HttpRequest};
use assay_schemas::plan::{Action, Actions};
use assay_schemas::verdict::{Outcome, Verdict};
use serde_json::{Value, json};

use crate::deliver::{self, Patience};
use crate::lake::Reserved;
use crate::result::{ActionRecord, RunRecord};

/// What actions may use.
#[derive(Clone, Copy, Debug)]
pub struct Means<'a> {
    /// The run's place in the lake, for files beside it.
    pub reserved: &'a Reserved,
    /// How long and how often a delivery is tried.
    pub patience: Patience,
}

/// The actions that a run sets off, each with its trigger: after `success` and `partial` those for
/// success, after `failed` and `error` those for failure, and beside them those for an anomaly. A run
/// that waits for approval or was skipped sets off none.
pub fn due<'a>(actions: &'a Actions, record: &RunRecord) -> Vec<(&'static str, &'a Action)> {
    let (trigger, by_outcome) = match record.outcome {
        Outcome::Success | Outcome::Partial => ("on_success", &actions.on_success),
        Outcome::Failed | Outcome::Error => ("on_failure", &actions.on_failure),
        Outcome::PendingApproval | Outcome::Skipped => return Vec::new(),
    };
    let mut due: Vec<_> = by_outcome.iter().map(|action| (trigger, action)).collect();
    if record.anomaly {
        due.extend(actions.on_anomaly.iter().map(|action| ("on_anomaly", action)));
    }
    due
}

/// Carries out the actions that a run sets off, in order, and says how each went.
pub fn carry_out(
    actions: &Actions,
    record: &RunRecord,
    lineage: &[Value],
    means: &Means<'_>,
) -> Vec<ActionRecord> {
    let due = due(actions, record);
    if due.is_empty() {
        return Vec::new();
    }
    let summary = summary(record, lineage, means.reserved);
    due.into_iter()
        .map(|(trigger, action)| {
            let started = Instant::now();
            let done = carry_out_one(action, trigger, &summary, means);
            ActionRecord {
                action_id: action.action_id.clone(),
                action_type: action.action_type.clone(),
                trigger: trigger.to_owned(),
                status: done.status.to_owned(),
                detail: done.detail,
                attempts: done.attempts,
                elapsed_ms: started.elapsed().as_secs_f64() * 1000.0,
            }
        })
        .collect()
}

/// The run as actions see it: its record without rows and without the profile, with the counts of
/// verdicts, the place of the results and the lineage events. It holds no value of any row.
pub fn summary(record: &RunRecord, lineage: &[Value], reserved: &Reserved) -> Value {
    let mut summary = serde_json::to_value(record).unwrap_or_default();
    if let Some(fields) = summary.as_object_mut() {
        fields.remove("violations");
        fields.remove("profile");
    }
    let of = |verdict| record.verdicts.iter().filter(|v| v.verdict == verdict).count();
    summary["counts"] = json!({
        "checks": record.verdicts.len(),
        "pass": of(Verdict::Pass),
        "warn": of(Verdict::Warn),
        "fail": of(Verdict::Fail),
        "error": of(Verdict::Error),
        "not_evaluated": of(Verdict::NotEvaluated),
    });
    summary["results"] = json!({
        "place": reserved.place().display().to_string(),
        "cleansed": reserved.cleansed().map(|path| path.display().to_string()),
        "rejects": reserved.rejects().map(|path| path.display().to_string()),
    });
    summary["lineage"] = lineage.into();
    summary
}

/// How an action went.
struct Done {
    status: &'static str,
    detail: String,
    attempts: u32,
}

impl Done {
    fn failed(detail: String, attempts: u32) -> Self {
        Self { status: "failed", detail, attempts }
    }

    fn skipped(reason: String) -> Self {
        Self { status: "skipped", detail: reason, attempts: 0 }
    }
}

fn carry_out_one(action: &Action, trigger: &str, summary: &Value, means: &Means<'_>) -> Done {
    match action::effect(action, summary) {
        Err(reason) => Done::failed(reason, 0),
        Ok(Effect::Nothing(reason)) => Done::skipped(reason),
        Ok(Effect::Store { file, content }) => match means.reserved.add(&file, &content) {
            Ok(path) => Done {
                status: "success",
                detail: format!("written to {}", path.display()),
                attempts: 1,
            },
            Err(error) => Done::failed(error.to_string(), 1),
        },
        Ok(Effect::Http(request)) => deliver_one(action, trigger, request, summary, means.patience),
    }
}

fn deliver_one(
    action: &Action,
    trigger: &str,
    request: HttpRequest,
    summary: &Value,
    patience: Patience,
) -> Done {
    let Some(connection) = &action.connection else {
        return Done::skipped("the environment declares no connection for it".to_owned());
    };
    let run = summary.get("run_id").and_then(Value::as_str).unwrap_or_default();
    let request = deliver::Request {
        method: request.method.to_owned(),
        path: request.path,
        headers: request.headers,
        body: Some(request.body),
        idempotency_key: format!("{run}/{trigger}/{}", action.action_id),
    };
    match deliver::send(&request, connection, &patience) {
        Ok(receipt) => Done {
            status: "success",
            detail: format!("delivered to {}, answered {}", connection.conn_id, receipt.status),
            attempts: receipt.attempts,
        },
        Err(failure) => Done::failed(failure.reason, failure.attempts),
    }
}
