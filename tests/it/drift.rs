//! What the executor tells of drift: runs beside the bundle, data beside its contract, verdicts beside earlier
//! ones. A class that is not in order always names what is different.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use assay_schemas::drift::Class;
use assay_testkit::Project;
use serde_json::Value;

use crate::small::{self, KEY, sealed};

fn project() -> Project {
    let project = small::project("");
    rules(&project, 100);
    data(&project, 5);
    sealed(&project);
    project
}

fn rules(project: &Project, max: u32) {
    let rule = format!(
        "  - {{ rule_id: dear, rule_type: range, column: fare, parameters: {{ max: {max} }} }}\n"
    );
    small::rules(project, &rule);
}

fn data(project: &Project, fare: u32) {
    project.write("d.csv", format!("id,fare\n1,{fare}\n"));
}

/// Every finding of a report. One that is not in order names what is different and since when; one that is in order
/// does neither.
fn report(project: &Project, program: &str, rest: &[&str]) -> Vec<Value> {
    let arguments = [&["drift", "--env", "dev", "--format", "json"], rest].concat();
    let ran = project.command(program, &arguments).output().expect("it runs");
    let found: Value = serde_json::from_slice(&ran.stdout).expect("it is JSON");
    let list = found["drift"].as_array().cloned().unwrap_or_default();
    for finding in &list {
        let good = ["in_sync", "none", "clean", "reproducible"];
        let in_order = good.iter().any(|state| finding["state"] == **state);
        let empty = finding["differences"].as_array().is_none_or(Vec::is_empty);
        assert_eq!(in_order, empty, "a report without a difference: {finding}");
        assert_eq!(in_order, finding["since"].is_null(), "{finding}");
        assert_eq!(finding["environment"], "dev", "{finding}");
    }
    list
}

/// State and differences of a class.
fn drift(project: &Project, class: &str) -> (String, String) {
    let list = report(project, "assay", &[]);
    let own =
        list.into_iter().find(|finding| finding["class"] == class).expect("the class is told");
    (own["state"].as_str().unwrap_or_default().to_owned(), own["differences"].to_string())
}

/// Writes the environment with more than it has, and seals it.
fn environment(project: &Project, rest: &str) {
    let text = format!("environment: dev\nbranch: main\nresults: .assay/lake\n{rest}");
    project.write("environments/dev.yaml", text);
    sealed(project);
}

#[test]
fn runs_are_held_against_the_bundle_that_is_there() {
    let project = project();
    assert_eq!(drift(&project, "bundle").0, "unknown");
    assert_eq!(drift(&project, "results").0, "unknown");
    project.assay(&["run", "j"]).ends(0);
    assert_eq!(drift(&project, "bundle").0, "in_sync");
    project.assay(&["drift", "--gate"]).ends(0);
    rules(&project, 99);
    sealed(&project);
    let (state, words) = drift(&project, "bundle");
    assert_eq!(state, "behind");
    assert!(words.contains("j: the latest run"), "{words}");
    project.assay(&["drift", "--gate"]).ends(8).says("✗ bundle: behind");
    project.assay(&["drift", "--gate", "--off", "bundle"]).ends(0);
}

#[test]
fn data_is_held_against_what_its_contract_declares() {
    let project = project();
    assert_eq!(drift(&project, "data_schema").0, "none");
    project.write("d.csv", "id,fare,tip\n1,5,1\n");
    let (state, words) = drift(&project, "data_schema");
    assert!(state == "compatible" && words.contains("tip"), "{state}: {words}");
    project.write("d.csv", "id,tip\n1,1\n");
    let (state, words) = drift(&project, "data_schema");
    assert!(state == "breaking" && words.contains("fare"), "{state}: {words}");
    std::fs::remove_file(project.path().join("d.csv")).expect("it is removed");
    assert_eq!(drift(&project, "data_schema").0, "unknown");
    assert!(!project.path().join(".assay/lake/runs").exists(), "nothing is recorded");
}

#[test]
fn changed_data_and_changed_rules_are_told_apart() {
    let project = project();
    for _ in 0..3 {
        project.assay(&["run", "j"]).ends(0);
    }
    assert_eq!(drift(&project, "results").0, "in_sync");
    data(&project, 500);
    project.assay(&["run", "j"]).ends(41);
    let (state, words) = drift(&project, "results");
    assert_eq!(state, "shifted");
    assert!(
        words.contains("r/dear: fail now, pass in 3 of 3 earlier runs of the same rule"),
        "{words}"
    );
    data(&project, 5);
    project.assay(&["run", "j"]).ends(0);
    rules(&project, 1);
    sealed(&project);
    project.assay(&["run", "j"]).ends(41);
    let (state, words) = drift(&project, "results");
    assert_eq!(state, "shifted");
    assert!(words.contains("r/dear: pass → fail, and the rule means something else"), "{words}");
}

/// Pauses the job for long.
fn overridden(project: &Project) {
    project.write("key.pem", KEY);
    let create = [
        "override",
        "create",
        "--job",
        "j",
        "--pause",
        "--until",
        "2999-01-01",
        "--reason",
        "x",
        "--requester",
        "Ada",
        "--approver",
        "Grace",
        "--key",
        "key.pem",
    ];
    project.assay(&create).ends(0);
}

#[test]
fn overrides_are_a_class_of_their_own() {
    let project = project();
    assert_eq!(drift(&project, "override").0, "none");
    overridden(&project);
    let (state, words) = drift(&project, "override");
    assert!(state == "active" && words.contains("active j: paused"), "{state}: {words}");
}

/// Brings a class out of order, and says which program tells of it.
fn disturbed(project: &Project, class: Class) -> &'static str {
    match class {
        // What is compiled is no longer what was sealed, or what ran.
        Class::Bundle => {
            project.assay(&["run", "j"]).ends(0);
            rules(project, 7);
            sealed(project);
        }
        Class::Source => {
            // What is sealed from files on disk has no commit to be compiled again.
            rules(project, 7);
            project.assayc(&["build", "--env", "dev", "--worktree"]).ends(0);
            return "assayc";
        }
        Class::Branch => {
            project.write(
                "environments/dev.yaml",
                "environment: dev\nbranch: dev\npromotes_from: first\nresults: .assay/lake\n",
            );
            project.write(
                "environments/first.yaml",
                "environment: first\nbranch: main\nresults: .assay/first\n",
            );
            project.commit("Two environments");
            project.git(&["checkout", "--quiet", "-b", "dev"]);
            rules(project, 7);
            project.commit("Pushed directly");
            return "assayc";
        }
        Class::DataSchema => {
            project.write("d.csv", "id,tip\n1,1\n");
        }
        Class::Results => {
            (0..3).for_each(|_| {
                project.assay(&["run", "j"]).ends(0);
            });
            data(project, 500);
            project.assay(&["run", "j"]).ends(41);
        }
        Class::Override => overridden(project),
        Class::Infra => {
            environment(project, "connections: { hook: { url: \"http://127.0.0.1:9/\" } }\n");
        }
    }
    "assay"
}

#[test]
fn no_class_is_out_of_order_without_a_difference() {
    for class in Class::ALL {
        let project = project();
        let program = disturbed(&project, class);
        let list = report(&project, program, &[]);
        let own = list.iter().find(|finding| finding["class"] == class.name());
        let own = own.unwrap_or_else(|| panic!("{} is told: {list:?}", class.name()));
        assert_ne!(own["differences"], serde_json::json!([]), "{own}");
        assert!(own["differences"].is_array(), "{own}");
        // Classes that are off are not looked at; those that gate end with 8.
        let off = report(&project, program, &["--off", class.name()]);
        assert!(off.iter().all(|finding| finding["class"] != class.name()), "{off:?}");
        let run = |rest: &[&str]| {
            let arguments = [&["drift", "--env", "dev"], rest].concat();
            project.command(program, &arguments).output().expect("it runs").status.code()
        };
        assert_eq!((run(&[]), run(&["--gate"])), (Some(0), Some(8)), "{}", class.name());
    }
}

#[test]
fn an_environment_says_what_is_done_about_a_class() {
    let project = project();
    environment(
        &project,
        "policy: { drift: { data_schema: gate, results: \"off\", stale: 24h } }\n",
    );
    project.assay(&["run", "j"]).ends(0);
    project.assay(&["drift"]).ends(0);
    project.write("d.csv", "id,tip\n1,1\n");
    let told = project.assay(&["drift"]).ends(8);
    told.says("✗ data_schema of j: breaking, since ");
    assert!(!told.out.contains("results"), "{}", told.out);
    project.assay(&["drift", "--off", "data_schema"]).ends(0);
    // Whoever promotes is told, too.
    project.assay(&["verification", "--output", "v.json"]).ends(0).says("drift that gates: ");
    let text = std::fs::read_to_string(project.path().join("v.json")).expect("it is read");
    assert!(text.contains("\"drift\":[\"data_schema of j: breaking ("), "{text}");
    // A month is not the same at all times.
    let text = "environment: dev\nresults: lake\npolicy: { drift: { stale: P1M } }\n";
    project.write("environments/dev.yaml", text);
    project.assayc(&["check", "--worktree"]).ends(3).says("environments/dev.yaml:3:27");
}

#[test]
fn what_stood_before_is_told_since_then() {
    let project = project();
    project.write("d.csv", "id,tip\n1,1\n");
    let found = report(&project, "assay", &[]);
    let mut own: Vec<Value> =
        found.into_iter().filter(|finding| finding["class"] == "data_schema").collect();
    let now = own[0]["since"]["seconds"].as_i64().expect("a time");
    assert!(own[0]["since"]["commit"].is_string(), "{}", own[0]);
    own[0]["since"] = serde_json::json!({ "seconds": now - 1000, "commit": "abc" });
    project.write("before.json", serde_json::json!({ "drift": own }).to_string());
    let rest = ["--previous", "before.json"];
    let again = report(&project, "assay", &rest);
    let own = again.iter().find(|finding| finding["class"] == "data_schema").expect("it is told");
    assert_eq!(own["since"], serde_json::json!({ "seconds": now - 1000, "commit": "abc" }));
    project.write("before.json", "[]");
    project
        .assay(&["drift", "--previous", "before.json"])
        .ends(2)
        .says("`before.json` is no report of drift");
}

#[test]
fn figures_that_shift_are_told_though_no_verdict_flips() {
    let project = project();
    let rows = |rows: u32| {
        let rows: String = (0..rows).map(|row| format!("{row},{}\n", row % 50)).collect();
        project.write("d.csv", format!("id,fare\n{rows}"));
        project.assay(&["run", "j"]).ends(0);
    };
    (0..6).for_each(|day| rows(1000 + day));
    assert_eq!(drift(&project, "results").0, "in_sync");
    rows(100);
    let list = report(&project, "assay", &[]);
    let own = list.iter().find(|finding| finding["class"] == "results").expect("it is told");
    assert_eq!(own["state"], "shifted", "{own}");
    assert_eq!(own["causes"], serde_json::json!(["data"]));
    assert!(own["since"]["run"].is_string(), "{own}");
    let words = own["differences"].to_string();
    assert!(words.contains("rows: 100 now, mostly 1002 in 6 earlier runs"), "{words}");
}

#[test]
fn what_was_not_looked_at_for_long_is_stale() {
    let project = project();
    project.assay(&["run", "j"]).ends(0);
    std::thread::sleep(std::time::Duration::from_millis(2100));
    let list = report(&project, "assay", &["--stale", "1s"]);
    for class in ["bundle", "results"] {
        let own = list.iter().find(|finding| finding["class"] == class).expect("it is told");
        assert_eq!(own["state"], "stale", "{own}");
    }
}

#[test]
fn where_a_contract_names_no_data_the_latest_run_tells_of_its_columns() {
    let project = project();
    project.replace("libraries/contracts/c.yaml", "path: d.csv, ", "");
    sealed(&project);
    let (state, words) = drift(&project, "data_schema");
    assert!(state == "unknown" && words.contains("none has run"), "{state}: {words}");
    project.assay(&["run", "j", "--input", "d.csv"]).ends(0);
    assert_eq!(drift(&project, "data_schema").0, "none");
    project.write("d.csv", "id,fare,tip\n1,5,1\n");
    project.assay(&["run", "j", "--input", "d.csv"]).ends(0);
    let (state, words) = drift(&project, "data_schema");
    assert!(state == "compatible" && words.contains("`tip`"), "{state}: {words}");
}

/// A server that gives the same answer to everybody, and its address; without an answer, it never gives one.
fn server(answer: Option<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut asked = [0; 1024];
            let read = stream.read(&mut asked).unwrap_or(0);
            assert!(asked[..read].starts_with(b"HEAD "), "nothing but a look");
            match answer {
                Some(answer) => {
                    let _ = stream.write_all(
                        format!(
                            "HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                        )
                        .as_bytes(),
                    );
                }
                None => held.push(stream),
            }
        }
    });
    format!("http://{address}/")
}

#[test]
fn connections_are_asked_and_what_they_answer_is_told() {
    let project = project();
    let hook = |url: &str, rest: &str| {
        environment(&project, &format!("connections: {{ hook: {{ url: \"{url}\"{rest} }} }}\n"));
        let list = report(&project, "assay", &["--timeout", "1s"]);
        let own = list.into_iter().find(|finding| finding["class"] == "infra");
        own.expect("it is told")["differences"].to_string()
    };
    for good in ["200 OK", "404 Not Found", "405 Method Not Allowed"] {
        assert_eq!(hook(&server(Some(good)), ""), "[]", "{good}");
    }
    let refused = hook(&server(Some("401 Unauthorized")), "");
    assert!(
        refused.contains("connection `hook` answers 401 Unauthorized: its credentials"),
        "{refused}"
    );
    let down = hook(&server(Some("503 Service Unavailable")), "");
    assert!(down.contains("connection `hook` answers 503"), "{down}");
    let started = std::time::Instant::now();
    let silent = hook(&server(None), "");
    assert!(silent.contains("connection `hook` does not answer within 1 s"), "{silent}");
    assert!(started.elapsed().as_secs() < 30, "the look is bounded");
    let nobody = hook("http://127.0.0.1:9/", "");
    assert!(nobody.contains("connection `hook` cannot be reached"), "{nobody}");
    let secret = hook(&server(Some("200 OK")), ", token: \"secret://env/ASSAY_NO_SUCH_TOKEN\"");
    assert!(
        secret.contains("cannot be used") && secret.contains("ASSAY_NO_SUCH_TOKEN"),
        "{secret}"
    );
}

#[test]
fn engine_and_machine_are_held_against_the_profile() {
    let project = project();
    let compute = |compute: &str| {
        let text = format!("infra_profile_id: local\ncompute: {{ {compute} }}\n");
        project.write("libraries/infra/local.yaml", text);
        sealed(&project);
        drift(&project, "infra")
    };
    for engine in ["duckdb", "polars", "auto"] {
        let (state, words) =
            compute(&format!("engine: {engine}, memory_limit_mib: 64, threads: 1"));
        assert_eq!(state, "none", "{engine}: {words}");
    }
    assert_eq!(compute("engine: duckdb, engine_version: \">=0.1\"").0, "none");
    let (state, words) = compute("engine: duckdb, engine_version: ^99");
    assert!(state == "differs" && words.contains("asks for ^99, here is DuckDB "), "{words}");
    let (_, words) = compute("memory_limit_mib: 1000000000");
    assert!(words.contains("infra profile `local` asks for 1000000000 MiB of memory"), "{words}");
    let (_, words) = compute("threads: 1024");
    assert!(words.contains("asks for 1024 threads, this machine runs"), "{words}");
}
