//! Bundles in a registry: a real one, started by the test on a port of its own.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use assay_schemas::trust::PrivateKey;
use assay_testkit::{Project, Ran};
use serde_json::{Value, json};

use crate::small::{self, KEY, sealed};

/// A registry that ends with the test.
pub(crate) struct Server {
    process: Child,
    pub(crate) port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts a registry with its files in a folder; `None` where there is none on this machine.
pub(crate) fn registry(folder: &Path, auth: &str) -> Option<Server> {
    let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
    let storage = folder.join("registry");
    fs::create_dir_all(&storage).ok()?;
    let config = folder.join("registry.yml");
    let text = format!(
        "version: 0.1\nstorage:\n  filesystem: {{ rootdirectory: {} }}\nhttp: {{ addr: \"127.0.0.1:{port}\" }}\n{auth}",
        storage.display()
    );
    fs::write(&config, text).ok()?;
    let started = Command::new("docker-registry")
        .arg("serve")
        .arg(&config)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(process) = started else {
        println!("not tried: there is no docker-registry, which `.ci/run` installs");
        return None;
    };
    let server = Server { process, port };
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(began.elapsed() < Duration::from_secs(30), "the registry does not start");
        std::thread::sleep(Duration::from_millis(20));
    }
    Some(server)
}

/// A project with a signed bundle, and what trusts it.
pub(crate) fn project() -> Project {
    let project = small::project("");
    small::rules(
        &project,
        "  - { rule_id: dear, rule_type: range, column: fare, parameters: { max: 100 } }\n",
    );
    project.write("d.csv", "id,fare\n1,5\n");
    project.write("key.pem", KEY);
    let public = PrivateKey::from_pem(KEY).expect("a key").public().to_pem();
    project.write(
        "trust.json",
        json!({ "keys": [{ "name": "ci", "public_key": public }] }).to_string(),
    );
    sealed(&project);
    project.assayc(&["sign", ".assay/bundles/dev", "--key", "key.pem"]).ends(0);
    project
}

fn push(project: &Project, to: &str) -> Value {
    let ran = project.assayc(&["push", ".assay/bundles/dev", to, "--format", "json"]).ends(0);
    serde_json::from_str(&ran.out).expect("it is JSON")
}

#[test]
fn what_is_pushed_is_pulled_and_run_and_nothing_is_sent_twice() {
    let project = project();
    let Some(server) = registry(project.path(), "") else { return };
    let place = format!("oci://127.0.0.1:{}/quality/dev", server.port);
    let first = push(&project, &format!("{place}:v1"));
    assert_eq!((&first["kept"], &first["signatures"]), (&0.into(), &1.into()));
    let again = push(&project, &format!("{place}:v2"));
    assert_eq!((&again["sent"], &again["bytes"]), (&0.into(), &0.into()), "{again}");

    project.assayc(&["pull", &format!("{place}:v1"), "pulled"]).ends(0).says("1 signature");
    project.assayc(&["verify", "pulled", "--trust", "trust.json"]).ends(0);
    let index = |folder: &str| {
        fs::read(project.path().join(folder).join("index.json")).expect("it is read")
    };
    assert_eq!(
        index("pulled"),
        index(".assay/bundles/dev"),
        "the layout is the one that was pushed"
    );

    let pinned = first["place"].as_str().expect("a place");
    let run = |rest: &[&str]| project.assay(&[&["run", "j", "--bundle", pinned], rest].concat());
    run(&["--trust", "trust.json"]).ends(0);
    run(&[]).ends(0);

    // One rule set changes: what it shares with the bundle before is not sent.
    small::rules(
        &project,
        "  - { rule_id: dear, rule_type: range, column: fare, parameters: { max: 99 } }\n",
    );
    sealed(&project);
    let changed = push(&project, &format!("{place}:v1"));
    assert!(changed["kept"].as_u64() < changed["sent"].as_u64().map(|sent| sent + 99), "{changed}");
    assert_ne!(changed["digest"], first["digest"]);
    // The tag has moved; what was pinned has not.
    project.assayc(&["pull", &format!("{place}:v1"), "moved"]).ends(0).says("not signed");
    run(&[]).ends(0);
    project
        .assay(&["run", "j", "--bundle", &format!("{place}:v1"), "--trust", "trust.json"])
        .ends(9);
}

#[test]
fn the_workflow_that_publishes_pushes_what_it_sealed() {
    let project = project();
    let Some(server) = registry(project.path(), "") else { return };
    let workflow = assay_testkit::root().join(".github/workflows/data-quality-publish.yml");
    let text = fs::read_to_string(workflow).expect("it is read");
    let step = text.split("- name: Push to the registry\n").nth(1).expect("the step is there");
    let script = step.lines().find_map(|line| line.trim().strip_prefix("run: ")).expect("it runs");
    let programs = assay_testkit::program("assayc").parent().expect("a folder").to_owned();
    let ran = Command::new("bash")
        .args(["-e", "-c", script])
        .current_dir(project.path())
        .env(
            "PATH",
            format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default()),
        )
        .env("ENVIRONMENT", "dev")
        .env("COMMIT", "0123abc")
        .env("REGISTRY", format!("127.0.0.1:{}/quality", server.port))
        .output()
        .expect("bash runs");
    Ran::from(ran).ends(0).says("1 signature");
    let place = format!("oci://127.0.0.1:{}/quality/dev:0123abc", server.port);
    project.assayc(&["pull", &place, "pulled"]).ends(0);
    project.assayc(&["verify", "pulled", "--trust", "trust.json"]).ends(0);
}

#[test]
fn what_a_registry_gives_is_verified() {
    let project = project();
    let Some(server) = registry(project.path(), "") else { return };
    let place = format!("oci://127.0.0.1:{}/quality/dev", server.port);
    push(&project, &format!("{place}:v1"));
    project
        .assayc(&["pull", &format!("{place}:none"), "pulled"])
        .ends(2)
        .says("the registry has nothing there");
    project
        .assayc(&["pull", "oci://quality/dev:v1", "pulled"])
        .ends(2)
        .says("is no place in a registry");
    let blobs = project.path().join("registry/docker/registry/v2/blobs/sha256");
    let mut damaged = 0;
    for first in fs::read_dir(&blobs).expect("it is listed").flatten() {
        for blob in fs::read_dir(first.path()).expect("it is listed").flatten() {
            let path = blob.path().join("data");
            let mut bytes = fs::read(&path).expect("it is read");
            // Manifests stay, so that what they point at is what is wrong.
            if bytes.starts_with(b"{\"artifactType\"")
                || bytes.starts_with(b"{\"manifests\"")
                || bytes == b"{}"
            {
                continue;
            }
            if let Some(byte) = bytes.last_mut() {
                *byte ^= 1;
            }
            fs::write(&path, bytes).expect("it is written");
            damaged += 1;
        }
    }
    assert!(damaged > 3, "blobs are there");
    let refused = project.assayc(&["pull", &format!("{place}:v1"), "pulled"]);
    assert!([9, 75].contains(&refused.code), "{refused:?}");
    assert!(!project.path().join("pulled").exists(), "nothing is half there");
}

#[test]
fn another_tool_reads_the_layout_and_copies_it() {
    let project = project();
    let Some(server) = registry(project.path(), "") else { return };
    let skopeo = |arguments: &[&str]| {
        Command::new("skopeo").args(arguments).current_dir(project.path()).output()
    };
    let Ok(version) = skopeo(&["--version"]) else {
        println!("not tried: there is no skopeo, which `.ci/run` installs");
        return;
    };
    assert!(version.status.success());
    let layout = "oci:.assay/bundles/dev:dev";
    let raw = Ran::from(skopeo(&["inspect", "--raw", layout]).expect("skopeo runs")).ends(0);
    let manifest: Value = serde_json::from_str(&raw.out).expect("it is JSON");
    assert_eq!(manifest["artifactType"], "application/vnd.assay.bundle.v1");
    let place = format!("127.0.0.1:{}/quality/dev:copied", server.port);
    let to = format!("docker://{place}");
    let copy = ["copy", "--insecure-policy", "--dest-tls-verify=false", layout, &*to];
    Ran::from(skopeo(&copy).expect("skopeo runs")).ends(0);
    project.assayc(&["pull", &format!("oci://{place}"), "pulled"]).ends(0).says("not signed");
    let artifact = |folder: &str| {
        let ran = project.assayc(&["verify", folder, "--format", "json"]).ends(0);
        let found: Value = serde_json::from_str(&ran.out).expect("it is JSON");
        found["artifact_digest"].clone()
    };
    assert_eq!(artifact("pulled"), artifact(".assay/bundles/dev"));
    // From folder to folder it writes an index of its own.
    let copy = ["copy", "--insecure-policy", layout, "oci:copied:v7"];
    Ran::from(skopeo(&copy).expect("skopeo runs")).ends(0);
    let own = fs::read_to_string(project.path().join("copied/index.json")).expect("it is read");
    assert!(own.contains("v7"), "{own}");
    assert_eq!(artifact("copied"), artifact(".assay/bundles/dev"));
    project.assay(&["plan", "j", "--bundle", "copied"]).ends(0);
    project.assayc(&["sign", "copied", "--key", "key.pem"]).ends(0);
    project.assayc(&["verify", "copied", "--trust", "trust.json"]).ends(0).says("signed by ci");
    project.assay(&["run", "j", "--bundle", "copied", "--trust", "trust.json"]).ends(0);
}

#[test]
fn who_asks_is_said_by_the_environment() {
    let project = project();
    // secret, by bcrypt.
    project.write("htpasswd", "ada:$2b$04$YSydkQEDzQvCcf2c3mAx2euLKL1OiURkheP8i177t0OT6ZFxzs92K\n");
    let auth = format!(
        "auth: {{ htpasswd: {{ realm: test, path: {} }} }}\n",
        project.path().join("htpasswd").display()
    );
    let Some(server) = registry(project.path(), &auth) else { return };
    let place = format!("oci://127.0.0.1:{}/quality/dev:v1", server.port);
    let push = |password: Option<&str>| {
        let mut command = project.command("assayc", &["push", ".assay/bundles/dev", &place]);
        if let Some(password) = password {
            command.env("ASSAY_REGISTRY_USER", "ada").env("ASSAY_REGISTRY_PASSWORD", password);
        }
        Ran::from(command.output().expect("assayc runs"))
    };
    for refused in [push(None), push(Some("guessed"))] {
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(!refused.err.contains("guessed"), "{refused:?}");
    }
    push(Some("secret")).ends(0);
}

#[test]
fn a_registry_that_breaks_off_leaves_nothing_and_is_tried_again() {
    let project = project();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("a port").port();
    let server = std::thread::spawn(move || {
        // Answers that it is there, and then no more.
        for (number, stream) in listener.incoming().take(6).flatten().enumerate() {
            let mut stream: TcpStream = stream;
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            if number == 0 {
                let _ = stream.write_all(
                    b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                );
            }
        }
    });
    let place = format!("oci://127.0.0.1:{port}/quality/dev:v1");
    project.assayc(&["push", ".assay/bundles/dev", &place]).ends(75).says("try again");
    drop(server);
    let gone =
        TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("a port").port();
    let place = format!("oci://127.0.0.1:{gone}/quality/dev:v1");
    project.assayc(&["pull", &place, "pulled"]).ends(75).says("cannot be reached");
    assert!(!project.path().join("pulled").exists());
}
