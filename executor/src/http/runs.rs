//! `POST /jobs/JOB/runs`: run a job of the bundle in use, and say how it ended.

use std::sync::PoisonError;

use assay_schemas::exit::Exit;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Service};
use crate::load::LoadError;
use crate::report;
use crate::run::{self, Progress, Request};

/// What a request may say. Where its data lies is the contract's to say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Wanted {
    tenant: Option<String>,
    run_key: Option<String>,
    force: bool,
}

/// Nobody watches.
struct Silent;

impl Progress for Silent {
    fn stage(&self, _: &str) {}
}

/// 200 where a run was recorded, however it ended; its exit code stands beside it.
pub(super) fn answer(service: &Service, job: &str, body: &[u8]) -> Answer {
    let wanted = match body {
        [] => Ok(Wanted::default()),
        body => serde_json::from_slice(body),
    };
    let wanted: Wanted = match wanted {
        Ok(wanted) => wanted,
        Err(error) => {
            return Answer::refused(400, format!("the body is no request of a run: {error}"));
        }
    };
    let _running = service.running.lock().unwrap_or_else(PoisonError::into_inner);
    let job = service.kept.open().and_then(|bundle| bundle.job(job, wanted.tenant.as_deref()));
    let job = match job {
        Ok(job) => job,
        Err(error) => {
            let status = match error {
                LoadError::UnknownJob { .. } => 404,
                LoadError::Ambiguous { .. } => 400,
                _ => 503,
            };
            return failed(status, error.exit(), &error);
        }
    };
    let request = Request {
        job,
        replays: None,
        run_id: uuid::Uuid::now_v7().to_string(),
        root: service.root.clone(),
        input: Vec::new(),
        results: service.results.clone(),
        run_key: wanted.run_key,
        force: wanted.force,
        fetch_limit: None,
        scan_all: false,
        now: Timestamp::now(),
    };
    let finished = match run::run(&request, &Silent) {
        Ok(finished) => finished,
        Err(error) => {
            let status = if error.exit() == Exit::Usage { 400 } else { 503 };
            return failed(status, error.exit(), &error);
        }
    };
    let record = report::json::render(&finished.record).ok();
    let record: Option<Value> = record.and_then(|text| serde_json::from_str(&text).ok());
    match record {
        Some(record) => Answer::new(200, json!({ "exit": finished.exit.code(), "run": record })),
        None => failed(500, Exit::Internal, &"the run is recorded, but cannot be shown"),
    }
}

fn failed(status: u16, exit: Exit, words: &impl ToString) -> Answer {
    Answer::new(status, json!({ "exit": exit.code(), "error": words.to_string() }))
}
