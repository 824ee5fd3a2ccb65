//! Deliveries against a server of a few lines on this machine.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;

use serde_json::json;

use super::*;

/// Answers one call with each of the given responses and hands over what was asked.
fn server(answers: Vec<&'static str>) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (sender, asked) = mpsc::channel();
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut text = String::new();
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
                text.push_str(&line);
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            text.push_str(&String::from_utf8(body).unwrap());
            sender.send(text).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (url, asked)
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const BUSY: &str =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const LATER: &str = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nContent-Length: 0\r\n\
                     Connection: close\r\n\r\n";
const MOVED: &str = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2/\r\nContent-Length: 0\r\n\
                     Connection: close\r\n\r\n";

fn connection(url: &str) -> Connection {
    Connection {
        conn_id: "ops-chat".into(),
        url: url.into(),
        token: None,
        headers: BTreeMap::new(),
    }
}

fn request() -> Request {
    Request {
        method: "POST".into(),
        path: "runs?x=1".into(),
        headers: BTreeMap::new(),
        body: Some(json!({"outcome": "failed"})),
        idempotency_key: "r1/a1".into(),
    }
}

fn patience() -> Patience {
    Patience { pause: Duration::from_millis(1), ..Patience::default() }
}

#[test]
fn a_delivery_is_repeated_with_the_same_key_until_it_is_accepted() {
    let (url, asked) = server(vec![BUSY, LATER, OK]);
    let receipt = send(&request(), &connection(&url), &patience()).unwrap();
    assert_eq!(receipt, Receipt { status: 200, attempts: 3 });
    for _ in 0..3 {
        let text = asked.recv().unwrap();
        assert!(text.starts_with("POST /hook/runs?x=1 HTTP/1.1"), "{text}");
        assert!(text.contains("idempotency-key: r1/a1"), "{text}");
        assert!(text.ends_with("{\"outcome\":\"failed\"}"), "{text}");
    }
}

#[test]
fn after_four_attempts_it_is_given_up() {
    let (url, _asked) = server(vec![BUSY; 4]);
    let failure = send(&request(), &connection(&url), &patience()).unwrap_err();
    assert_eq!(failure.attempts, 4);
    assert!(failure.reason.contains("503 Service Unavailable; tried 4 times"), "{failure}");
}

#[test]
fn a_refusal_is_not_repeated_and_its_text_holds_no_secret() {
    let refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 27\r\nConnection: close\r\n\r\n\
                   bad token  Bearer s3cr3t-42";
    let (url, asked) = server(vec![refusal]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "s3cr3t-42\n").unwrap();
    let mut connection = connection(&url);
    connection.token = Some(format!("secret://file/{}", path.display()));
    let failure = send(&request(), &connection, &patience()).unwrap_err();
    assert_eq!(failure.attempts, 1);
    assert_eq!(failure.reason, "ops-chat answered 403 Forbidden: bad token Bearer [secret]");
    assert!(asked.recv().unwrap().contains("authorization: Bearer s3cr3t-42"));
}

#[test]
fn a_redirect_is_not_followed() {
    let (url, _asked) = server(vec![MOVED]);
    let failure = send(&request(), &connection(&url), &patience()).unwrap_err();
    assert!(failure.reason.contains("a redirect, which is not followed"), "{failure}");
}

#[test]
fn another_host_is_not_called() {
    for path in ["https://example.org/x", "http://127.0.0.1:9/x"] {
        let request = Request { path: path.into(), ..request() };
        let failure = send(&request, &connection("http://127.0.0.1:8/"), &patience()).unwrap_err();
        assert_eq!(failure.attempts, 0);
        assert!(failure.reason.contains("another host"), "{failure}");
    }
    // A path cannot climb into the authority.
    let base = Url::parse("https://hooks.example.org/a").unwrap();
    let url = target(&base, "//evil.example.org/x").unwrap();
    assert_eq!(url.host_str(), Some("hooks.example.org"));
}

#[test]
fn nobody_listening_is_tried_again() {
    let url = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let failure = send(&request(), &connection(&url), &patience()).unwrap_err();
    assert_eq!(failure.attempts, 4);
    assert!(!failure.reason.contains("http://"), "{failure}");
}

#[test]
fn a_secret_is_not_sent_in_the_clear() {
    let mut connection = connection("http://hooks.example.org/");
    connection.token = Some("secret://env/PATH".into());
    let failure = send(&request(), &connection, &patience()).unwrap_err();
    assert_eq!(failure.reason, "ops-chat: a secret is not sent over http: use https");
}
