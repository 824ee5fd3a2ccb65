//! A bundle that is served while the place that it comes from moves on: what is refused there takes nothing over.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use assay_schemas::trust::PrivateKey;
use assay_testkit::{Project, copy};
use serde_json::{Value, json};

use crate::small::{self, KEY, OTHER_KEY, sealed};

/// A server that ends with the test.
struct Serving {
    process: Child,
    address: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Begins to serve what lies in the place of `dev`, under the policy.
fn serve(project: &Project) -> Serving {
    let arguments = ["serve", "--trust", "trust.json", "--listen", "127.0.0.1:0", "--every", "1"];
    let mut command = project.command("assay", &arguments);
    let command = command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = command.spawn().expect("assay runs");
    let lines = BufReader::new(process.stdout.take().expect("what it says")).lines();
    let address = lines
        .map_while(Result::ok)
        .find_map(|line| line.split_once(" at http://").map(|(_, address)| address.to_owned()));
    Serving { process, address: address.expect("it says where it listens") }
}

impl Serving {
    fn ask(&self, request: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        stream.write_all(request.as_bytes()).expect("it hears");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("it answers");
        let status = text.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
        (status, serde_json::from_str(body).unwrap_or_default())
    }

    fn health(&self) -> (u16, Value) {
        self.ask("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    }

    fn run(&self, job: &str, body: &str) -> (u16, Value) {
        self.ask(&format!(
            "POST /jobs/{job}/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    /// Waits until the place was looked at and something is so.
    fn until(&self, what: &str, so: impl Fn(&(u16, Value)) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let found = self.health();
            if so(&found) {
                return found.1;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "{what}: {found:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Demands that the place is refused, and that the bundle in use runs as before.
    fn refuses(&self, exit: u8, words: &str, digest: &Value) {
        let found = self.until(words, |(_, found)| {
            let refused = &found["refused"];
            refused["exit"] == exit
                && refused["reason"].as_str().is_some_and(|reason| reason.contains(words))
        });
        assert_eq!(&found["in_use"]["content_digest"], digest, "{found}");
        let (status, ran) = self.run("j", "{}");
        assert_eq!((status, &ran["exit"]), (200, &json!(0)), "{ran}");
        assert_eq!(&ran["run"]["bundle_digest"], digest, "{ran}");
    }
}

/// A project with a signed bundle of number 5, and what trusts it.
fn project() -> Project {
    let project = small::project("");
    rules(&project, 100);
    project.write("d.csv", "id,fare\n1,5\n");
    project.write("key.pem", KEY);
    project.write("other.pem", OTHER_KEY);
    trust(&project, &[]);
    sealed(&project);
    sign(&project, "key.pem", 5);
    project
}

fn rules(project: &Project, max: u32) {
    small::rules(
        project,
        &format!(
            "  - {{ rule_id: dear, rule_type: range, column: fare, parameters: {{ max: {max} }} }}\n"
        ),
    );
}

fn trust(project: &Project, revoked: &[&str]) {
    let public = PrivateKey::from_pem(KEY).expect("a key").public().to_pem();
    let policy = json!({ "keys": [{ "name": "ci", "public_key": public }], "revoked": revoked });
    project.write("trust.json", policy.to_string());
}

fn sign(project: &Project, key: &str, number: u32) {
    let sign = ["sign", ".assay/bundles/dev", "--key", key, "--sequence", &number.to_string()];
    project.assayc(&sign).ends(0);
}

#[test]
fn the_last_good_bundle_stays_in_use_whatever_takes_its_place() {
    let project = project();
    let place = project.path().join(".assay/bundles/dev");
    let good = project.path().join("good");
    copy(&place, &good);
    let put = |from: &std::path::Path| {
        fs::remove_dir_all(&place).expect("it is removed");
        copy(from, &place);
    };
    let serving = serve(&project);
    let digest = serving.health().1["in_use"]["content_digest"].clone();
    assert!(digest.is_string());

    // Stripped of its signatures.
    project.assayc(&["build", "--env", "dev"]).ends(0);
    serving.refuses(9, "integrity: it has no signature", &digest);
    // Signed by nobody known.
    sign(&project, "other.pem", 6);
    serving.refuses(11, "identity: 0 of 1 trusted keys have signed", &digest);
    // Of another environment, signed as it should be.
    project
        .write("environments/test.yaml", "environment: test\nbranch: test\nresults: .assay/lake\n");
    project.commit("Another environment");
    project.assayc(&["build", "--env", "test"]).ends(0);
    let test = project.path().join(".assay/bundles/test");
    project.assayc(&["sign", ".assay/bundles/test", "--key", "key.pem", "--sequence", "9"]).ends(0);
    put(&test);
    serving.refuses(9, "scope: it is of `test`, and bundles of `dev` are served", &digest);
    // Replaced, its blobs damaged.
    put(&good);
    serving.until("what is good is taken back", |(_, found)| found["refused"].is_null());
    let blob = fs::read_dir(place.join("blobs/sha256")).expect("it is listed").flatten();
    let largest = blob.max_by_key(|blob| blob.metadata().map_or(0, |found| found.len()));
    fs::write(largest.expect("one").path(), "x").expect("it is written");
    // What is damaged in place is not seen in the index; the copy in use has every byte.
    assert_eq!(serving.run("j", "{}").1["exit"], 0);
    // Gone altogether.
    fs::remove_dir_all(&place).expect("it is removed");
    serving.refuses(2, "there is no bundle in", &digest);

    // A later one takes over; then the one before is too old.
    rules(&project, 99);
    sealed(&project);
    sign(&project, "key.pem", 6);
    let found =
        serving.until("a later one is taken", |(_, found)| found["in_use"]["sequence"] == 6);
    let later = found["in_use"]["content_digest"].clone();
    assert_ne!(later, digest);
    put(&good);
    serving.refuses(9, "freshness: it is number 5 of `dev`, and number 6 was in use", &later);

    // It stays in use over a restart, and nothing else begins.
    drop(serving);
    let serving = serve(&project);
    serving.refuses(9, "freshness: it is number 5 of `dev`, and number 6 was in use", &later);

    // Revoked, it runs nothing any more.
    trust(&project, &[later.as_str().expect("a digest")]);
    let (status, found) = serving.run("j", "{}");
    assert_eq!((status, &found["exit"]), (503, &json!(9)), "{found}");
    assert!(found["error"].as_str().is_some_and(|words| words.contains("is revoked")), "{found}");
    assert_eq!(serving.health().0, 503);
}

#[test]
fn without_a_bundle_that_holds_nothing_is_served() {
    let project = project();
    let serve = |arguments: &[&str]| {
        let all = [&["serve", "--listen", "127.0.0.1:0"], arguments].concat();
        project.assay(&all)
    };
    fs::remove_dir_all(project.path().join(".assay/bundles/dev")).expect("it is removed");
    serve(&["--trust", "trust.json"]).ends(2).says("there is no bundle in");
    project.assayc(&["build", "--env", "dev"]).ends(0);
    serve(&["--trust", "trust.json"]).ends(9).says("integrity: it has no signature");
    sign(&project, "other.pem", 1);
    serve(&["--trust", "trust.json"]).ends(11).says("0 of 1 trusted keys have signed");
    serve(&["--trust", "none.json"]).ends(9).says("is no trust policy");
    project
        .assay(&["serve", "--listen", "0.0.0.0:0"])
        .ends(2)
        .says("`0.0.0.0:0` is open to other machines: set `ASSAY_SERVE_TOKEN`");
}

#[test]
fn requests_that_make_no_sense_are_told_so() {
    let project = project();
    let serving = serve(&project);
    let again = ["serve", "--trust", "trust.json", "--listen", "127.0.0.1:0"];
    project.assay(&again).ends(2).says("another `assay serve` runs");
    let said = |request: &str| {
        let (status, body) = serving.ask(request);
        (status, body["error"].as_str().unwrap_or_default().to_owned())
    };
    let (status, words) = said("GET /jobs HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!((status, &*words), (404, "there are `GET /health` and `POST /jobs/JOB/runs`"));
    assert_eq!(said("GET /jobs/j/runs HTTP/1.1\r\nHost: localhost\r\n\r\n").0, 405);
    assert_eq!(said("GET /health HTTP/1.1\r\nHost: rebound.example.com\r\n\r\n").0, 403);
    let plain = "POST /jobs/j/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}";
    assert_eq!(said(plain).0, 415);
    assert_eq!(said("what is this\r\n\r\n").0, 400);
    let long = format!("GET /{} HTTP/1.1\r\n", "x".repeat(20_000));
    assert_eq!(said(&long).0, 431);
    let large = "POST /jobs/j/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\n\r\n";
    assert_eq!(said(large).0, 413);
    let (status, body) = serving.run("k", "{}");
    assert_eq!((status, &body["exit"]), (404, &json!(2)), "{body}");
    assert_eq!(serving.run("j", "{\"inputs\": []}").0, 400);
    assert_eq!(serving.run("j", "").1["exit"], 0);
    assert_eq!(serving.health().0, 200);
}

#[test]
fn whoever_has_no_token_is_turned_away() {
    let project = project();
    let mut command =
        project.command("assay", &["serve", "--listen", "127.0.0.1:0", "--trust", "trust.json"]);
    command.env("ASSAY_SERVE_TOKEN", "sesame").stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = command.spawn().expect("assay runs");
    let lines = BufReader::new(process.stdout.take().expect("what it says")).lines();
    let address = lines
        .map_while(Result::ok)
        .find_map(|line| line.split_once(" at http://").map(|(_, address)| address.to_owned()));
    let serving = Serving { process, address: address.expect("it says where it listens") };
    let ask = |header: &str| {
        serving.ask(&format!("GET /health HTTP/1.1\r\nHost: example.com\r\n{header}\r\n")).0
    };
    assert_eq!(ask(""), 401);
    assert_eq!(ask("Authorization: Bearer guess\r\n"), 401);
    assert_eq!(ask("Authorization: Bearer sesame\r\n"), 200);
}
