//! What the executor tells of drift: runs beside the bundle, data beside its contract, verdicts beside earlier
//! ones. A class that is not in order always names what is different.

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

/// State and differences of a class.
fn drift(project: &Project, class: &str) -> (String, String) {
    let ran = project.assay(&["drift", "--format", "json"]).ends(0);
    let found: Value = serde_json::from_str(&ran.out).expect("it is JSON");
    let list = found["drift"].as_array().cloned().unwrap_or_default();
    for finding in &list {
        let in_order = ["in_sync", "none"].iter().any(|state| finding["state"] == **state);
        let empty = finding["differences"].as_array().is_none_or(Vec::is_empty);
        assert_eq!(in_order, empty, "{finding}");
    }
    let own =
        list.into_iter().find(|finding| finding["class"] == class).expect("the class is told");
    (own["state"].as_str().unwrap_or_default().to_owned(), own["differences"].to_string())
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

#[test]
fn overrides_are_a_class_of_their_own() {
    let project = project();
    assert_eq!(drift(&project, "override").0, "none");
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
    let (state, words) = drift(&project, "override");
    assert!(state == "active" && words.contains("active j: paused"), "{state}: {words}");
}
