//! Deliveries: the one place that calls another machine.
//!
//! Only the host of the connection is ever called, redirects are not followed, and a secret is resolved
//! for the call and for nothing else. A delivery may arrive twice (an answer can be lost); its
//! idempotency key lets the other side see that.

mod probe;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::Once;
use std::thread;
use std::time::{Duration, Instant};

use assay_schemas::plan::Connection;
use jiff::Timestamp;
use reqwest::blocking::{Client, Response};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Method, StatusCode, Url};
use serde_json::Value;

use crate::secret::InUse;

pub use probe::probe;

/// What is to be delivered.
#[derive(Clone, Debug)]
pub struct Request {
    /// `POST`, `PUT` or another method.
    pub method: String,
    /// Path below the connection's URL, or a URL of the same host; empty means the connection's own.
    pub path: String,
    /// Further headers.
    pub headers: BTreeMap<String, String>,
    /// The body; `None` sends none.
    pub body: Option<Value>,
    /// The same for every attempt of the same delivery; empty where nothing is delivered.
    pub idempotency_key: String,
}

/// How long and how often is tried.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For one attempt.
    pub timeout: Duration,
    /// For all attempts and the pauses between them.
    pub deadline: Duration,
    /// Attempts at most.
    pub attempts: u32,
    /// The first pause; each further one is twice as long.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            deadline: Duration::from_secs(60),
            attempts: 4,
            pause: Duration::from_millis(500),
        }
    }
}

/// A delivery that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The status answered.
    pub status: u16,
    /// Attempts made.
    pub attempts: u32,
}

/// A delivery that was not accepted. The text holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Undelivered {
    /// Why.
    pub reason: String,
    /// Attempts made.
    pub attempts: u32,
}

/// One attempt that was not accepted.
struct Refusal {
    reason: String,
    /// Whether another attempt may help, and the pause that the other side asks for.
    again: Option<Option<Duration>>,
}

/// A request with everything resolved.
struct Prepared {
    client: Client,
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
    in_use: InUse,
}

/// Delivers a request over a connection.
///
/// # Errors
/// The request is not allowed or not accepted, after all attempts where repeating could help.
pub fn send(
    request: &Request,
    connection: &Connection,
    patience: &Patience,
) -> Result<Receipt, Undelivered> {
    let started = Instant::now();
    let prepared = prepare(request, connection, patience)
        .map_err(|reason| Undelivered { reason, attempts: 0 })?;
    let mut pause = patience.pause;
    let mut attempts = 0;
    loop {
        attempts += 1;
        let refusal = match attempt(&prepared, &connection.conn_id) {
            Ok(status) => return Ok(Receipt { status, attempts }),
            Err(refusal) => refusal,
        };
        let failed =
            |reason: String| Undelivered { reason: prepared.in_use.hide(&reason), attempts };
        let Some(wanted) = refusal.again else { return Err(failed(refusal.reason)) };
        let wait = wanted.unwrap_or(pause);
        let left = patience.deadline.saturating_sub(started.elapsed());
        if attempts >= patience.attempts || wait >= left {
            return Err(failed(format!("{}; tried {attempts} times", refusal.reason)));
        }
        thread::sleep(wait);
        pause *= 2;
    }
}

fn prepare(
    request: &Request,
    connection: &Connection,
    patience: &Patience,
) -> Result<Prepared, String> {
    let mut in_use = InUse::default();
    let name = &connection.conn_id;
    let base = in_use.open(&connection.url).map_err(|error| format!("{name}: {error}"))?;
    let base = Url::parse(base.expose()).map_err(|error| format!("{name}: its URL: {error}"))?;
    let url = target(&base, &request.path).map_err(|reason| format!("{name}: {reason}"))?;
    let headers = headers(request, connection, &url, &mut in_use)
        .map_err(|reason| format!("{name}: {reason}"))?;
    let method = Method::from_bytes(request.method.as_bytes())
        .map_err(|_| format!("`{}` is not an HTTP method", request.method))?;
    let body = request
        .body
        .as_ref()
        .map(serde_json::to_vec)
        .transpose()
        .map_err(|error| format!("the body: {error}"))?;
    Ok(Prepared { client: client(patience.timeout)?, method, url, headers, body, in_use })
}

/// The URL to call, on the connection's host and no other.
fn target(base: &Url, path: &str) -> Result<Url, String> {
    if !matches!(base.scheme(), "http" | "https") {
        return Err(format!("its URL begins with {}:, not with https: or http:", base.scheme()));
    }
    if path.is_empty() {
        return Ok(base.clone());
    }
    let url = if path.contains("://") {
        Url::parse(path).map_err(|error| format!("the request's URL: {error}"))?
    } else {
        let mut below = base.clone();
        let (path, query) = path.split_once('?').map_or((path, None), |(p, q)| (p, Some(q)));
        let joined =
            format!("{}/{}", base.path().trim_end_matches('/'), path.trim_start_matches('/'));
        below.set_path(&joined);
        below.set_query(query);
        below
    };
    if url.origin() == base.origin() {
        return Ok(url);
    }
    Err("the request leads to another host than the connection".to_owned())
}

fn headers(
    request: &Request,
    connection: &Connection,
    url: &Url,
    in_use: &mut InUse,
) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    let mut secret = connection.token.is_some();
    let mut add = |name: &str, text: &str| -> Result<(), String> {
        let key = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| format!("`{name}` is not the name of a header"))?;
        let mut value = HeaderValue::from_str(text)
            .map_err(|_| format!("the header {name} holds a character that headers cannot"))?;
        value.set_sensitive(true);
        headers.insert(key, value);
        Ok(())
    };
    if request.body.is_some() {
        add("content-type", "application/json")?;
    }
    if !request.idempotency_key.is_empty() {
        add("idempotency-key", &request.idempotency_key)?;
    }
    for (name, text) in &request.headers {
        add(name, text)?;
    }
    for (name, text) in &connection.headers {
        secret |= crate::secret::is_reference(text);
        add(name, in_use.open(text).map_err(|error| error.to_string())?.expose())?;
    }
    if let Some(token) = &connection.token {
        let token = in_use.open(token).map_err(|error| error.to_string())?;
        add("authorization", &format!("Bearer {}", token.expose()))?;
    }
    let local = url
        .host_str()
        .is_some_and(|host| matches!(host, "localhost" | "[::1]") || host.starts_with("127."));
    if secret && url.scheme() == "http" && !local {
        return Err("a secret is not sent over http: use https".to_owned());
    }
    Ok(headers)
}

fn client(timeout: Duration) -> Result<Client, String> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error means that the process has chosen a provider already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(timeout)
        .user_agent(concat!("assay/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| format!("no HTTP client: {}", chain(&error.without_url())))
}

fn attempt(prepared: &Prepared, name: &str) -> Result<u16, Refusal> {
    let mut call = prepared.client.request(prepared.method.clone(), prepared.url.clone());
    call = call.headers(prepared.headers.clone());
    if let Some(body) = &prepared.body {
        call = call.body(body.clone());
    }
    match call.send() {
        Ok(answer) if answer.status().is_success() => Ok(answer.status().as_u16()),
        Ok(answer) => Err(refused(answer, name)),
        // After the request has gone out nobody knows whether it was carried out: it is not repeated.
        Err(error) => Err(Refusal {
            again: error.is_connect().then_some(None),
            reason: if error.is_timeout() {
                format!("{name} did not answer in time")
            } else {
                format!("{name} cannot be reached: {}", chain(&error.without_url()))
            },
        }),
    }
}

fn refused(answer: Response, name: &str) -> Refusal {
    let status = answer.status();
    let temporary = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
    let again = temporary.then(|| retry_after(&answer));
    let mut reason = format!("{name} answered {status}");
    if status.is_redirection() {
        reason.push_str(", a redirect, which is not followed");
    }
    let mut said = Vec::new();
    // The answer's text helps people; where it cannot be read the status alone has to do.
    let _ = answer.take(400).read_to_end(&mut said);
    let said = String::from_utf8_lossy(&said);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    if !said.is_empty() {
        reason = format!("{reason}: {said}");
    }
    Refusal { reason, again }
}

/// The pause that the other side asks for, in seconds or as a date.
fn retry_after(answer: &Response) -> Option<Duration> {
    let text = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default())
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests;
