//! Servers that are installed beside the tests.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Another program that serves; it is ended when this is dropped.
pub(crate) struct Installed {
    child: Child,
    pub(crate) port: u16,
}

impl Installed {
    /// Starts `program`, which lies below the cache folder, or says that it is not there.
    pub(crate) fn start(program: &str, arguments: impl Fn(u16) -> Vec<String>) -> Option<Self> {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
        let path = cache?.join("assay").join(program);
        if !path.exists() {
            let _ = writeln!(std::io::stderr(), "not tried: there is no {}", path.display());
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0")
            .expect("the server answers")
            .local_addr()
            .expect("the server answers")
            .port();
        let child = Command::new(path)
            .args(arguments(port))
            // Short pages, so that few objects make several.
            .env("MOTO_S3_DEFAULT_MAX_KEYS", "5")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server answers");
        let started = Self { child, port };
        let since = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(since.elapsed() < Duration::from_secs(60), "{program} does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(started)
    }

    /// Sends a request and gives the status.
    pub(crate) fn send(&self, method: &str, path: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the server answers");
        let (port, length) = (self.port, body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).expect("the server answers");
        stream.write_all(body).expect("the server answers");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the server answers");
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
