//! Probes: whether a connection leads somewhere that lets us in, asked without delivering anything.

use std::collections::BTreeMap;
use std::time::Duration;

use assay_schemas::plan::Connection;
use reqwest::StatusCode;

use super::{Patience, Request, chain, prepare};

/// Asks for the headers of a connection's URL alone, once. What is not there for such a question (`404`, `405`) is
/// there all the same.
///
/// # Errors
/// It cannot be reached in that time, refuses those who ask, or is out of order: in words without a secret, such as
/// `answers 401 Unauthorized`.
pub fn probe(connection: &Connection, time: Duration) -> Result<(), String> {
    let request = Request {
        method: "HEAD".to_owned(),
        path: String::new(),
        headers: BTreeMap::new(),
        body: None,
        idempotency_key: String::new(),
    };
    let patience = Patience { timeout: time, ..Patience::default() };
    let named = format!("{}: ", connection.conn_id);
    let cannot = |reason: String| {
        format!("cannot be used: {}", reason.strip_prefix(&named).unwrap_or(&reason))
    };
    let prepared = prepare(&request, connection, &patience).map_err(cannot)?;
    let call = prepared.client.request(prepared.method.clone(), prepared.url.clone());
    let answer = call.headers(prepared.headers.clone()).send().map_err(|error| {
        let reason = match error.is_timeout() {
            true => format!("does not answer within {} s", time.as_secs_f64()),
            false => format!("cannot be reached: {}", chain(&error.without_url())),
        };
        prepared.in_use.hide(&reason)
    })?;
    let status = answer.status();
    let refused = matches!(
        status,
        StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::PROXY_AUTHENTICATION_REQUIRED
    );
    if refused {
        return Err(format!("answers {status}: its credentials are not taken"));
    }
    if status.is_server_error() || status.is_redirection() {
        let redirect =
            if status.is_redirection() { ", a redirect, which is not followed" } else { "" };
        return Err(format!("answers {status}{redirect}"));
    }
    Ok(())
}
