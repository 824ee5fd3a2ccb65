//! A web server of one file that does what a test tells it to.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use assay_input::remote::{Access, Patience};
use assay_input::secret::{InUse, Secret};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    /// By their names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// How many came before.
    pub(crate) number: usize,
}

/// What is sent back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// After so many bytes of the body the connection is cut.
    pub(crate) cut: Option<usize>,
    /// Before the body there is such a pause.
    pub(crate) pause: Duration,
    /// Not even the length of the body is said.
    pub(crate) without_length: bool,
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// As a good server gives a file: with ranges and conditions.
    pub(crate) fn file(request: &Request, bytes: &[u8], etag: &str) -> Self {
        let condition = request.headers.get("if-match");
        if condition.is_some_and(|wanted| wanted != etag) {
            return Self::status(412);
        }
        let answer = |status| {
            let made =
                Self::status(status).header("last-modified", "Tue, 02 Jan 2024 03:04:05 GMT");
            if etag.is_empty() { made } else { made.header("etag", etag) }
        };
        let Some(range) = request.headers.get("range") else { return answer(200).body(bytes) };
        let (start, end) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
        let (start, end): (usize, usize) = (start.parse().unwrap(), end.parse().unwrap());
        let end = end.min(bytes.len() - 1);
        answer(206)
            .header("content-range", &format!("bytes {start}-{end}/{}", bytes.len()))
            .body(&bytes[start..=end])
    }
}

/// A server; it ends with the process.
pub(crate) struct Server {
    pub(crate) port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(crate) fn new(handle: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, handle) = (requests.clone(), Arc::new(handle));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, handle) = (seen.clone(), handle.clone());
                std::thread::spawn(move || serve(stream, &seen, &*handle));
            }
        });
        Self { port, requests }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(
    mut stream: TcpStream,
    seen: &Mutex<Vec<Request>>,
    handle: &(impl Fn(&Request) -> Answer + ?Sized),
) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let headers = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            let (name, value) = line.split_once(": ")?;
            Some((name.to_ascii_lowercase(), value.to_owned()))
        })
        .collect();
    let request = {
        let mut seen = seen.lock().unwrap();
        let request = Request { method, path, headers, number: seen.len() };
        seen.push(request.clone());
        request
    };
    let answer = handle(&request);
    let mut head = format!("HTTP/1.1 {} X\r\nConnection: close\r\n", answer.status);
    if answer.without_length {
        head.push_str("Transfer-Encoding: chunked\r\n");
    } else {
        head.push_str(&format!("Content-Length: {}\r\n", answer.body.len()));
    }
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let _ = stream.write_all(head.as_bytes());
    if request.method == "HEAD" {
        return;
    }
    std::thread::sleep(answer.pause);
    let sent = answer.cut.unwrap_or(answer.body.len());
    let _ = stream.write_all(&answer.body[..sent]);
}

/// Short pauses, so that tests are quick.
pub(crate) fn patience() -> Patience {
    Patience {
        attempts: 4,
        pause: Duration::from_millis(5),
        longest: Duration::from_millis(20),
        connect: Duration::from_secs(2),
        read: Duration::from_millis(700),
    }
}

pub(crate) fn access() -> Access {
    Access { patience: patience(), ..Access::default() }
}

pub(crate) fn secret(text: &str) -> Secret {
    InUse::default().open(text).unwrap()
}

/// Bytes that look like chance and are the same each time.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..length).map(|_| next()).collect()
}

/// Names of the files in a folder.
pub(crate) fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
