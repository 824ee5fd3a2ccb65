//! Requests over HTTP/1.1: one a connection, small, and answered by one file for each endpoint.

mod health;
mod runs;

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use assay_schemas::digest::Digest;
use serde_json::{Value, json};

use crate::serve::Kept;

/// Largest head of a request.
const MAX_HEAD: usize = 16 * 1024;
/// Largest body of a request.
const MAX_BODY: usize = 64 * 1024;
/// How long a request may take to arrive.
const ARRIVES_WITHIN: Duration = Duration::from_secs(10);
/// Connections at once.
const MAX_CONNECTIONS: usize = 64;
const MAX_HEADERS: usize = 64;
/// Connections that fail one after the other before the listener is given up.
const MAX_FAILURES: usize = 100;

/// What requests are answered from.
pub struct Service {
    /// The bundle.
    pub kept: Kept,
    /// Where relative paths start.
    pub root: PathBuf,
    /// Where results go instead of the environment's location.
    pub results: Option<String>,
    /// What those who ask must know; `None` where only this machine asks.
    pub token: Option<String>,
    /// One run at a time.
    pub running: Mutex<()>,
}

/// A request, as endpoints see it.
struct Asked {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// An answer.
struct Answer {
    status: u16,
    body: Value,
}

impl Answer {
    fn new(status: u16, body: Value) -> Self {
        Self { status, body }
    }

    fn refused(status: u16, words: impl Into<String>) -> Self {
        Self { status, body: json!({ "error": words.into() }) }
    }
}

impl Asked {
    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Answers connections until the listener fails.
///
/// # Errors
/// The listener fails, again and again.
pub fn answer_all(listener: &TcpListener, service: &Arc<Service>) -> std::io::Result<()> {
    let open = Arc::new(AtomicUsize::new(0));
    let mut failed = 0;
    for stream in listener.incoming() {
        let stream = match stream {
            Ok(stream) => stream,
            Err(error) if failed >= MAX_FAILURES => return Err(error),
            // Of one connection, or of a machine that is short of something for a while.
            Err(_) => {
                failed += 1;
                std::thread::sleep(Duration::from_millis(100));
                continue;
            }
        };
        failed = 0;
        if open.fetch_add(1, Ordering::SeqCst) >= MAX_CONNECTIONS {
            let _ = write(&stream, &Answer::refused(503, "too many ask at once: try again"));
            open.fetch_sub(1, Ordering::SeqCst);
            continue;
        }
        let (service, open) = (Arc::clone(service), Arc::clone(&open));
        std::thread::spawn(move || {
            let answer = match read(&stream) {
                Ok(asked) => routed(&service, &asked),
                Err(answer) => answer,
            };
            // Whoever asked may be gone.
            let _ = write(&stream, &answer).and_then(|()| drain(&stream));
            open.fetch_sub(1, Ordering::SeqCst);
        });
    }
    Ok(())
}

/// Which endpoint answers, once it is clear that whoever asks may.
fn routed(service: &Service, asked: &Asked) -> Answer {
    if let Some(refused) = turned_away(service, asked) {
        return refused;
    }
    let path: Vec<_> = asked.path.split('/').skip(1).collect();
    match (asked.method.as_str(), path.as_slice()) {
        ("GET", ["health"]) => health::answer(service),
        ("POST", ["jobs", job, "runs"]) => runs::answer(service, job, &asked.body),
        (_, ["health"]) => Answer::refused(405, "`/health` is for GET"),
        (_, ["jobs", _, "runs"]) => Answer::refused(405, "`/jobs/JOB/runs` is for POST"),
        _ => Answer::refused(404, "there are `GET /health` and `POST /jobs/JOB/runs`"),
    }
}

/// Why nothing is done for a request; `None` where it is answered.
fn turned_away(service: &Service, asked: &Asked) -> Option<Answer> {
    match &service.token {
        Some(token) => {
            let given = asked.header("authorization").and_then(|text| text.strip_prefix("Bearer "));
            // Digests are compared, so that the time it takes tells nothing of the token.
            let same = given.is_some_and(|given| {
                Digest::of_bytes(given.as_bytes()) == Digest::of_bytes(token.as_bytes())
            });
            (!same).then(|| Answer::refused(401, "say `Authorization: Bearer` and the token"))
        }
        None => {
            // A page in a browser of this machine could ask, too: it cannot name the host as we are named, nor
            // send JSON without being asked first.
            let host = asked.header("host").unwrap_or_default();
            let host = host.rsplit_once(':').map_or(host, |(name, _)| name);
            if !["localhost", "127.0.0.1", "[::1]"].contains(&host) {
                return Some(Answer::refused(
                    403,
                    "without a token, only this machine is answered",
                ));
            }
            let json = asked.header("content-type").is_some_and(|kind| {
                kind.split(';').next().is_some_and(|kind| kind.trim() == "application/json")
            });
            (asked.method == "POST" && !json)
                .then(|| Answer::refused(415, "send `Content-Type: application/json`"))
        }
    }
}

/// Whether an address is of this machine alone.
pub fn is_local(address: &SocketAddr) -> bool {
    match address.ip() {
        IpAddr::V4(ip) => ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_loopback(),
    }
}

fn read(mut stream: &TcpStream) -> Result<Asked, Answer> {
    let began = Instant::now();
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let mut more = |bytes: &mut Vec<u8>| -> Result<(), Answer> {
        let late = || Answer::refused(408, "the request does not arrive");
        let left = ARRIVES_WITHIN.checked_sub(began.elapsed()).filter(|left| !left.is_zero());
        stream.set_read_timeout(Some(left.ok_or_else(late)?)).map_err(|_| late())?;
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => Err(late()),
            Ok(read) => {
                bytes.extend_from_slice(&buffer[..read]);
                Ok(())
            }
        }
    };
    let (mut asked, head) = loop {
        more(&mut bytes)?;
        if let Some(found) = head(&bytes)? {
            break found;
        }
        if bytes.len() > MAX_HEAD {
            return Err(Answer::refused(431, format!("the head is longer than {MAX_HEAD} bytes")));
        }
    };
    if asked.header("transfer-encoding").is_some() {
        return Err(Answer::refused(411, "say `Content-Length`"));
    }
    let length = match asked.header("content-length").map(str::parse::<usize>) {
        None => 0,
        Some(Ok(length)) if length <= MAX_BODY => length,
        Some(Ok(_)) => {
            return Err(Answer::refused(413, format!("the body is longer than {MAX_BODY} bytes")));
        }
        Some(Err(_)) => return Err(Answer::refused(400, "`Content-Length` is no number")),
    };
    while bytes.len() - head < length {
        more(&mut bytes)?;
    }
    asked.body = bytes[head..head + length].to_vec();
    Ok(asked)
}

/// The head of a request, and its length; `None` where more is to come.
fn head(bytes: &[u8]) -> Result<Option<(Asked, usize)>, Answer> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Err(error) => Err(Answer::refused(400, format!("this is no HTTP: {error}"))),
        Ok(httparse::Status::Partial) => Ok(None),
        Ok(httparse::Status::Complete(length)) => {
            let headers = request.headers.iter().map(|header| {
                (header.name.to_owned(), String::from_utf8_lossy(header.value).trim().to_owned())
            });
            let path = request.path.unwrap_or_default().split('?').next().unwrap_or_default();
            let asked = Asked {
                method: request.method.unwrap_or_default().to_owned(),
                path: path.to_owned(),
                headers: headers.collect(),
                body: Vec::new(),
            };
            Ok(Some((asked, length)))
        }
    }
}

/// Reads what is still on its way for a while: an answer is lost where a connection is closed before.
fn drain(mut stream: &TcpStream) -> std::io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    let mut buffer = [0; 4096];
    for _ in 0..MAX_BODY / buffer.len() {
        if stream.read(&mut buffer)? == 0 {
            break;
        }
    }
    Ok(())
}

fn write(mut stream: &TcpStream, answer: &Answer) -> std::io::Result<()> {
    let reason = match answer.status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        503 => "Service Unavailable",
        500.. => "Internal Server Error",
        _ => "Refused",
    };
    let body = format!("{}\n", answer.body);
    stream.set_write_timeout(Some(ARRIVES_WITHIN))?;
    let head = format!(
        "HTTP/1.1 {} {reason}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
        answer.status,
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    stream.flush()
}
