//! `GET /health`: which bundle is in use, and what was refused.

use serde_json::json;

use super::{Answer, Service};

/// 200 where jobs can be run, 503 where not even the last good bundle holds any more.
pub(super) fn answer(service: &Service) -> Answer {
    let status = service.kept.status();
    let usable = service.kept.open();
    let mut body = json!(status);
    if let Err(fault) = &usable {
        body["unusable"] = json!({ "exit": fault.exit().code(), "reason": fault.to_string() });
    }
    Answer::new(if usable.is_ok() { 200 } else { 503 }, body)
}
