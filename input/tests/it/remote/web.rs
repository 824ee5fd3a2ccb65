//! Objects of web servers, good and bad.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::kit::{Answer, Request, Server, access, names, noise, secret};
use assay_input::remote::{Access, Budget, Credentials, Error, Fetched, Location, Object, Remote};

const ALL: u64 = 1 << 30;

fn open(url: &str, access: &Access) -> Remote {
    Remote::open(&Location::parse(url).unwrap(), access).unwrap()
}

/// One may be asked by several threads.
const fn shared<T: Send + Sync>() {}
const _: () = shared::<Remote>();

fn fetch(remote: &Remote, object: &Object) -> (Result<Fetched, Error>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let fetched = remote.fetch(object, folder.path(), &Budget::new(ALL), &mut |_, _| {});
    if let Ok(fetched) = &fetched {
        assert_eq!(std::fs::metadata(&fetched.path).unwrap().len(), object.size);
    }
    (fetched, names(folder.path()))
}

/// Lists and fetches what `handle` serves.
fn whole(
    handle: impl Fn(&Request) -> Answer + Send + Sync + 'static,
) -> (Result<Fetched, Error>, Vec<Request>) {
    let server = Server::new(handle);
    let remote = open(&server.url("a%20b/c.csv"), &access());
    let fetched = remote.list().and_then(|listed| {
        let (fetched, left) = fetch(&remote, &listed[0]);
        assert_eq!(left.len(), usize::from(fetched.is_ok()), "{left:?}");
        fetched
    });
    (fetched, server.requests())
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn an_object_is_read_whole_and_told_of_on_the_way() {
    let bytes = noise(300_000);
    let served = bytes.clone();
    let server = Server::new(move |request| Answer::file(request, &served, "\"v1\""));
    let remote = open(&server.url("a%20b/c.csv"), &access());
    let object = remote.list().unwrap().remove(0);
    assert_eq!(object.uri, server.url("a%20b/c.csv"));
    assert_eq!((object.size, object.etag.as_deref()), (300_000, Some("\"v1\"")));
    assert_eq!(object.last_modified.unwrap().to_string(), "2024-01-02T03:04:05Z");

    let folder = tempfile::tempdir().unwrap();
    let (budget, mut told) = (Budget::new(ALL), Vec::new());
    let fetched =
        remote.fetch(&object, folder.path(), &budget, &mut |done, of| told.push((done, of)));
    let fetched = fetched.unwrap();
    assert_eq!(std::fs::read(&fetched.path).unwrap(), bytes);
    assert_eq!((fetched.bytes_read, &fetched.sha256), (300_000, &sha256(&bytes)));
    assert_eq!(told.last(), Some(&(300_000, 300_000)));
    assert!(told.is_sorted());
    assert_eq!(budget.used(), 300_000);
    assert!(fetched.path.to_str().unwrap().ends_with("-c.csv"));
    let requests = server.requests();
    assert_eq!(requests[0].path, "/a%20b/c.csv");
    assert_eq!(requests[1].headers["if-match"], "\"v1\"");
}

#[test]
fn a_connection_that_breaks_is_taken_up_where_it_broke() {
    let bytes = noise(400_000);
    let served = bytes.clone();
    let (fetched, requests) = whole(move |request| {
        let mut answer = Answer::file(request, &served, "\"v1\"");
        // The first two bodies are cut.
        answer.cut = (request.number < 3).then_some(150_000);
        answer
    });
    assert_eq!(fetched.unwrap().sha256, sha256(&bytes));
    let ranges: Vec<_> = requests.iter().filter_map(|r| r.headers.get("range")).collect();
    assert_eq!(ranges, ["bytes=150000-399999", "bytes=300000-399999"]);
    assert!(requests.iter().skip(1).all(|r| r.headers["if-match"] == "\"v1\""));
}

#[test]
fn a_server_without_ranges_is_read_from_the_beginning_again() {
    let bytes = noise(400_000);
    let served = bytes.clone();
    let (fetched, requests) = whole(move |request| {
        let mut plain = request.clone();
        plain.headers.remove("range");
        let mut answer = Answer::file(&plain, &served, "\"v1\"");
        answer.cut = (request.number == 1).then_some(150_000);
        answer
    });
    assert_eq!(fetched.unwrap().sha256, sha256(&bytes));
    assert_eq!(requests.len(), 4);
    // It is given up where it breaks each time, however far it comes.
    let (fetched, requests) = whole(move |request| {
        let mut plain = request.clone();
        plain.headers.remove("range");
        let mut answer = Answer::file(&plain, &[7; 3 << 20], "\"v1\"");
        answer.cut = Some(2 << 20);
        answer
    });
    assert!(matches!(fetched, Err(Error::Temporary(_))), "{fetched:?}");
    assert!(requests.len() < 10, "{}", requests.len());
}

#[test]
fn a_transfer_that_gets_on_may_break_more_often_than_attempts_are_made() {
    let (fetched, requests) = whole(move |request| {
        let mut answer = Answer::file(request, &[7; 9 << 20], "\"v1\"");
        answer.cut = Some(answer.body.len().min((1 << 20) + 1));
        answer
    });
    assert_eq!(fetched.unwrap().bytes_read, 9 << 20);
    assert_eq!(requests.len(), 10);
}

#[test]
fn a_server_that_cannot_answer_now_is_asked_again() {
    let (fetched, requests) = whole(|request| match request.number {
        0 | 3 => Answer::status(503),
        1 | 4 => Answer::status(429),
        _ => Answer::file(request, b"abc", "\"v1\""),
    });
    assert_eq!(fetched.unwrap().bytes_read, 3);
    assert_eq!(requests.len(), 6);

    let (fetched, requests) = whole(|request| match request.method.as_str() {
        "HEAD" => Answer::file(request, b"abc", "\"v1\""),
        _ => Answer::status(503).body("<Code>SlowDown</Code> and hunter2"),
    });
    let Err(Error::Temporary(said)) = fetched else { panic!("{fetched:?}") };
    assert!(said.contains("/a%20b/c.csv: the server is not able to answer now (503 SlowDown)"));
    assert!(said.ends_with("(4 attempts); try again later"), "{said}");
    assert_eq!(requests.len(), 5);
}

#[test]
fn what_is_refused_or_missing_is_said_and_not_asked_for_again() {
    for (status, words) in [
        (401, "does not know who asks (401)"),
        (403, "refuses (403); check that the address is right"),
        (404, "there is no such object; check the name"),
        (400, "does not take the request (400)"),
    ] {
        let (fetched, requests) = whole(move |_| Answer::status(status));
        let Err(Error::Data(said)) = fetched else { panic!("{fetched:?}") };
        assert!(said.contains("/a%20b/c.csv: ") && said.contains(words), "{said}");
        assert!(requests.len() <= 2, "{requests:?}");
    }
}

#[test]
fn an_object_that_is_replaced_while_it_is_read_is_told() {
    // A server that honours conditions, one that does not, and one that has no tags.
    for kind in 0..3 {
        let (fetched, _) = whole(move |request| {
            let first = request.number == 0;
            let tag = if first { "\"v1\"" } else { "\"v2\"" };
            let mut request = request.clone();
            if kind != 0 {
                request.headers.remove("if-match");
            }
            let tag = if kind == 2 { "" } else { tag };
            Answer::file(&request, if first || kind != 2 { b"abc" } else { b"abcd" }, tag)
        });
        let Err(Error::Data(said)) = fetched else { panic!("{fetched:?}") };
        assert!(said.ends_with("was replaced while it was read; run again"), "{said}");
    }
}

#[test]
fn one_that_is_replaced_between_two_halves_is_told() {
    let (fetched, _) = whole(|request| {
        let tag = if request.number < 2 { "\"v1\"" } else { "\"v2\"" };
        let mut answer = Answer::file(request, &noise(1000), tag);
        answer.cut = (request.number == 1).then_some(500);
        answer
    });
    assert!(fetched.unwrap_err().to_string().contains("was replaced"));
}

#[test]
fn weak_tags_are_compared_and_not_sent() {
    let (fetched, requests) = whole(|request| Answer::file(request, b"abc", "W/\"v1\""));
    assert_eq!(fetched.unwrap().object.etag.as_deref(), Some("W/\"v1\""));
    assert!(requests.iter().all(|request| !request.headers.contains_key("if-match")));
}

#[test]
fn a_server_that_stops_sending_is_not_waited_for_forever() {
    let (fetched, requests) = whole(|request| {
        let mut answer = Answer::file(request, &noise(1000), "\"v1\"");
        answer.pause = Duration::from_secs(if request.method == "GET" { 3 } else { 0 });
        answer
    });
    let Err(Error::Temporary(said)) = fetched else { panic!("{fetched:?}") };
    assert!(said.contains("does not answer in time") || said.contains("broke"), "{said}");
    assert_eq!(requests.len(), 5);
    // Nobody listens there.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let remote = open(&format!("http://127.0.0.1:{port}/a"), &access());
    let Err(Error::Temporary(said)) = remote.list() else { panic!() };
    assert!(said.contains("cannot be reached; check the address and the network"), "{said}");
}

#[test]
fn nothing_is_asked_for_beyond_the_limit() {
    let server = Server::new(|request| Answer::file(request, &noise(1000), "\"v1\""));
    let remote = open(&server.url("a.csv"), &access());
    let object = remote.list().unwrap().remove(0);
    let folder = tempfile::tempdir().unwrap();
    let met = remote.fetch(&object, folder.path(), &Budget::new(999), &mut |_, _| {});
    let Err(Error::Resource(said)) = met else { panic!("{met:?}") };
    assert!(said.contains("1000 bytes would have to be read, and the limit is 999 bytes"));
    assert_eq!(server.requests().len(), 1);
    assert!(names(folder.path()).is_empty());
}

#[test]
fn servers_that_say_little_are_understood_or_told_of() {
    // One that answers to no HEAD.
    let (fetched, _) = whole(|request| match request.method.as_str() {
        "HEAD" => Answer::status(405),
        _ => Answer::file(request, b"abc", ""),
    });
    assert_eq!(fetched.unwrap().bytes_read, 3);
    // One that does not say how long the object is.
    let (fetched, _) = whole(|request| {
        let mut answer = Answer::file(request, b"3\r\nabc\r\n0\r\n\r\n", "\"v1\"");
        answer.without_length = true;
        answer
    });
    let said = fetched.unwrap_err().to_string();
    assert!(said.contains("does not say how long it is"), "{said}");
    // One that lists nothing.
    let remote = open("https://host.example/*.csv", &access());
    let said = remote.list().unwrap_err().to_string();
    assert!(said.contains("a web server does not list what it has"), "{said}");
}

#[test]
fn a_token_is_sent_to_its_host_alone_and_never_shown() {
    let other = Server::new(|request| Answer::file(request, b"abc", "\"v1\""));
    let elsewhere = other.url("moved.csv");
    let server = Server::new(move |request| match request.path.as_str() {
        "/moved.csv?v=1" => Answer::status(302).header("location", &elsewhere),
        _ => Answer::status(403).body("Bearer hunter2"),
    });
    let credentials = Credentials::Bearer(secret("hunter2"));
    let access = Access { credentials, ..access() };
    assert!(!format!("{access:?}").contains("hunter2"));
    let remote = open(&server.url("moved.csv?v=1"), &access);
    assert_eq!(fetch(&remote, &remote.list().unwrap()[0]).0.unwrap().bytes_read, 3);
    assert_eq!(server.requests()[0].headers["authorization"], "Bearer hunter2");
    assert!(other.requests().iter().all(|r| !r.headers.contains_key("authorization")));
    let said = open(&server.url("no.csv"), &access).list().unwrap_err().to_string();
    assert!(said.contains("403") && !said.contains("hunter2"), "{said}");
}

#[test]
fn access_that_does_not_fit_is_said() {
    let said = |text: &str, access: &Access| {
        Remote::open(&Location::parse(text).unwrap(), access).unwrap_err().to_string()
    };
    let plain = said("http://storage.example/a", &access());
    assert!(plain.contains("`storage.example` would be spoken to without encryption"), "{plain}");
    let endpoint = |text: &str| Access { endpoint: Some(text.into()), ..access() };
    assert!(said("s3://b/k", &endpoint("http://minio:9000")).contains("without encryption"));
    assert!(!said("s3://b/k", &endpoint("https://u:hunter2@minio")).contains("hunter2"));
    let sas = || Access { credentials: Credentials::SasToken(secret("sig=hunter2")), ..access() };
    let unfit = said("s3://b/k", &sas());
    assert!(unfit.contains("(`sas_token`) are not of a kind that S3 takes"), "{unfit}");
    assert!(said("az://c/k", &sas()).contains("no account is named"));
    let key = Credentials::AccountKey(secret("hunter2, no base64"));
    let key = Access { credentials: key, account: Some("acc".into()), ..access() };
    let malformed = said("az://c/k", &key);
    assert!(malformed.contains("malformed") && !malformed.contains("hunter2"), "{malformed}");
    let json = Credentials::ServiceAccount(secret("{\"hunter2\": 1}"));
    let malformed = said("gs://b/k", &Access { credentials: json, ..access() });
    assert!(malformed.contains("malformed") && !malformed.contains("hunter2"), "{malformed}");
    let allowed = Access { allow_http: true, ..access() };
    assert!(Remote::open(&Location::parse("http://storage.example/a").unwrap(), &allowed).is_ok());

    let named = |names: &[&str]| {
        let secrets = names.iter().map(|name| ((*name).to_owned(), secret("x")));
        Credentials::named(secrets.collect::<BTreeMap<_, _>>())
    };
    assert!(matches!(named(&[]), Ok(Credentials::Environment)));
    let keys = named(&["access_key_id", "secret_access_key", "session_token"]);
    assert!(matches!(keys, Ok(Credentials::Keys { session_token: Some(_), .. })));
    assert!(matches!(named(&["bearer_token"]), Ok(Credentials::Bearer(_))));
    for wrong in [&["access_key_id"][..], &["sas_token", "account_key"], &["password"]] {
        assert!(named(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn files_are_listed_and_read_by_the_same_means() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["d=2/b c.csv", "d=1/a.csv", "d=1/_x.csv", "_log/y.csv", "n.txt"] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, name).unwrap();
    }
    let base = format!("file://{}", folder.path().display());
    let remote = open(&format!("{base}/**/*.csv"), &access());
    let listed = remote.list().unwrap();
    let uris: Vec<_> = listed.iter().map(|object| object.uri.as_str()).collect();
    assert_eq!(uris, [format!("{base}/d=1/a.csv"), format!("{base}/d=2/b%20c.csv")]);
    let (fetched, _) = fetch(&remote, &listed[1]);
    assert_eq!(fetched.unwrap().sha256, sha256(b"d=2/b c.csv"));
    std::fs::write(folder.path().join("d=2/b c.csv"), "replaced").unwrap();
    let said = fetch(&remote, &listed[1]).0.unwrap_err().to_string();
    assert!(said.contains("was replaced"), "{said}");
    let said = open(&format!("{base}/none.csv"), &access()).list().unwrap_err().to_string();
    assert!(said.contains("there is no such object"), "{said}");
    let said = open(&format!("{base}/none/*.csv"), &access()).list().unwrap_err().to_string();
    assert!(said.contains("no object matches"), "{said}");
}

#[test]
fn the_file_that_cannot_be_written_is_told_before_the_server_is_asked() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let server = Server::new(|request| {
        ASKED.fetch_add(1, Ordering::Relaxed);
        Answer::file(request, b"abc", "\"v1\"")
    });
    let remote = open(&server.url("a.csv"), &access());
    let object = remote.list().unwrap().remove(0);
    let nowhere = std::path::Path::new("/nowhere/at/all");
    let met = remote.fetch(&object, nowhere, &Budget::new(ALL), &mut |_, _| {});
    assert!(matches!(met, Err(Error::Resource(_))), "{met:?}");
    assert_eq!(ASKED.load(Ordering::Relaxed), 1);
}
