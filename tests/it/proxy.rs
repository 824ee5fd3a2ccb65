//! A proxy before a registry, on a bad line: it cuts connections, dies, or knows more than the registry.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

use assay_schemas::digest::Digest;
use serde_json::{Value, json};

use crate::registry::Server;

/// What the proxy does to a request.
pub(crate) struct Fault {
    pub(crate) method: &'static str,
    /// Part of the path.
    pub(crate) path: &'static str,
    /// How many like it go through before.
    pub(crate) after: usize,
    /// Bytes of the answer that come back; nothing is forwarded where it is `None`.
    pub(crate) answer: Option<usize>,
    /// Whether nothing goes through from then on.
    pub(crate) dies: bool,
}

/// A request that came by.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) range: String,
    pub(crate) body: usize,
}

#[derive(Default)]
pub(crate) struct State {
    seen: Vec<Seen>,
    faults: Vec<Fault>,
    pub(crate) dead: bool,
    /// Answers for what refers to a manifest, as a registry does that lists it; `None` is passed on.
    pub(crate) referrers: Option<BTreeMap<String, Vec<Value>>>,
}

#[derive(Clone)]
pub(crate) struct Proxy {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl Proxy {
    pub(crate) fn before(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("a port").port();
        let proxy = Self { port, state: Arc::default() };
        let (own, upstream) = (proxy.clone(), server.port);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = own.clone();
                std::thread::spawn(move || own.pass(stream, upstream));
            }
        });
        proxy
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panicked")
    }

    pub(crate) fn place(&self, name: &str) -> String {
        format!("oci://127.0.0.1:{}/{name}", self.port)
    }

    pub(crate) fn fails(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// What came by since the last time.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.state().seen)
    }

    /// Answers one request, and closes.
    fn pass(&self, mut stream: TcpStream, upstream: u16) -> Option<()> {
        let (head, body) = request(&mut stream)?;
        let seen = Seen::of(&head, body.len())?;
        let fault = {
            let mut state = self.state();
            if state.dead {
                return None;
            }
            state.seen.push(seen.clone());
            let at = state.faults.iter_mut().position(|fault| {
                let same = seen.method == fault.method && seen.path.contains(fault.path);
                let now = same && fault.after == 0;
                fault.after -= usize::from(same && !now);
                now
            });
            at.map(|at| state.faults.remove(at))
        };
        if let Some(answer) = self.of_referrers(&seen, &body) {
            return stream.write_all(answer.as_bytes()).ok();
        }
        let (most, dies) =
            fault.map_or((Some(usize::MAX), false), |fault| (fault.answer, fault.dies));
        if dies {
            self.state().dead = true;
        }
        let mut most = most?;
        let mut there = TcpStream::connect(("127.0.0.1", upstream)).ok()?;
        let close = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
        there.write_all(close.as_bytes()).ok()?;
        there.write_all(&body).ok()?;
        let mut buffer = [0; 64 * 1024];
        loop {
            let read = there.read(&mut buffer).ok()?.min(most);
            if read == 0 {
                let _ = stream.shutdown(Shutdown::Both);
                return Some(());
            }
            let mut bytes = buffer[..read].to_vec();
            if bytes.starts_with(b"HTTP/1.1 201") && self.lists(&seen, &body) {
                let listed = b"HTTP/1.1 201 Created\r\nOCI-Subject: listed\r\n";
                let rest = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0) + 1;
                bytes = [&listed[..], &bytes[rest..]].concat();
            }
            stream.write_all(&bytes).ok()?;
            most -= read;
        }
    }

    /// Whether a manifest was put whose subject is listed here.
    fn lists(&self, seen: &Seen, body: &[u8]) -> bool {
        let manifest: Value = serde_json::from_slice(body).unwrap_or_default();
        let Some(subject) = manifest["subject"]["digest"].as_str() else { return false };
        let mut state = self.state();
        let Some(referrers) = state.referrers.as_mut() else { return false };
        let own = json!({
            "mediaType": manifest["mediaType"], "digest": Digest::of_bytes(body), "size": body.len(),
            "artifactType": manifest["artifactType"],
        });
        let list = referrers.entry(subject.to_owned()).or_default();
        if seen.method == "PUT" && !list.contains(&own) {
            list.push(own);
        }
        true
    }

    fn of_referrers(&self, seen: &Seen, _: &[u8]) -> Option<String> {
        let (_, digest) = seen.path.split_once("/referrers/")?;
        let digest = digest.split('?').next().unwrap_or_default();
        let state = self.state();
        let listed = state.referrers.as_ref()?.get(digest).cloned().unwrap_or_default();
        // A page for each, as registries with many have it.
        let page: usize =
            seen.path.rsplit_once("page=").and_then(|(_, page)| page.parse().ok()).unwrap_or(0);
        let here: Vec<_> = listed.iter().skip(page).take(1).collect();
        let index = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": here,
        })
        .to_string();
        let path = seen.path.split("&page").next().unwrap_or_default();
        let link = match page + 1 < listed.len() {
            true => format!("Link: <{path}&page={}>; rel=\"next\"\r\n", page + 1),
            false => String::new(),
        };
        Some(format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.index.v1+json\r\n{link}Content-Length: {}\r\nConnection: close\r\n\r\n{index}",
            index.len()
        ))
    }
}

impl Seen {
    fn of(head: &str, body: usize) -> Option<Self> {
        let mut words = head.split(' ');
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let header = |name: &str| {
            let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let range = header("range:").or_else(|| header("content-range:")).unwrap_or_default();
        Some(Self { method, path, range, body })
    }
}

/// Head and body of a request.
fn request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 64 * 1024];
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&buffer[..read]);
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head.lines().find_map(|line| {
        line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse::<usize>().ok()
    });
    let mut body = bytes[end..].to_vec();
    while body.len() < length.unwrap_or(0) {
        let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        body.extend_from_slice(&buffer[..read]);
    }
    Some((head, body))
}
