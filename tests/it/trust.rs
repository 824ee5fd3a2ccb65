//! The executor under a trust policy: what is not signed by those who count is not run, and nothing of it is
//! recorded.

use std::fs;
use std::path::PathBuf;

use assay_schemas::trust::PrivateKey;
use assay_testkit::{Project, Ran, copy};
use serde_json::json;

use crate::small::{KEY, OTHER_KEY};

/// The worked example with signed bundles of `dev` and `prod`, and a policy that takes those of `dev`.
fn signed() -> Project {
    let project = Project::example();
    project.commit("The beginning");
    project.write("key.pem", KEY);
    project.write("other.pem", OTHER_KEY);
    for environment in ["dev", "prod"] {
        project.assayc(&["build", "--env", environment]).ends(0);
        project
            .assayc(&["sign", &format!(".assay/bundles/{environment}"), "--key", "key.pem"])
            .ends(0);
    }
    let public = PrivateKey::from_pem(KEY).expect("it is a key").public().to_pem();
    let policy = json!({
        "environment": "dev", "min_sequence": { "dev": 1 }, "keys": [{ "name": "ci", "public_key": public }],
    });
    project.write("trust.json", policy.to_string());
    project
}

fn run(project: &Project) -> Ran {
    project.assay(&["run", "taxi-trips-monthly", "--trust", "trust.json"])
}

fn dev(project: &Project) -> PathBuf {
    project.path().join(".assay/bundles/dev")
}

fn recorded(project: &Project) -> bool {
    project.path().join(".assay/lake").exists()
}

#[test]
fn a_bundle_of_those_who_count_is_run() {
    let project = signed();
    let plan = project.assay(&["plan", "taxi-trips-monthly", "--trust", "trust.json"]);
    plan.ends(0);
    let mut command = project.command("assay", &["plan", "taxi-trips-monthly"]);
    let by_variable = command.env("ASSAY_TRUST", "trust.json").output().expect("assay runs");
    Ran::from(by_variable).ends(0);
}

#[test]
fn what_is_stripped_replaced_replayed_or_strange_is_refused() {
    let refuse = |project: &Project, code: i32, words: &str| {
        run(project).ends(code).says(words);
        assert!(!recorded(project), "nothing is recorded");
    };
    let project = signed();
    project.assayc(&["build", "--env", "dev"]).ends(0);
    refuse(&project, 9, "integrity: it has no signature");
    project.assayc(&["sign", ".assay/bundles/dev", "--key", "other.pem"]).ends(0);
    refuse(&project, 11, "identity: 0 of 1 trusted keys have signed");

    let project = signed();
    fs::remove_dir_all(dev(&project)).expect("it is removed");
    copy(&project.path().join(".assay/bundles/prod"), &dev(&project));
    refuse(&project, 9, "scope: it is of `prod`, and bundles of `dev` are taken");

    // The signature of another bundle of the same environment.
    let project = signed();
    let index: serde_json::Value =
        serde_json::from_slice(&fs::read(dev(&project).join("index.json")).expect("it is read"))
            .expect("JSON");
    let old = project.path().join("old");
    copy(&dev(&project), &old);
    project.replace("libraries/rules/trip-rules.yaml", "min: 1000", "min: 1");
    project.commit("Another content");
    project.assayc(&["build", "--env", "dev"]).ends(0);
    copy(&old.join("blobs"), &dev(&project).join("blobs"));
    let path = dev(&project).join("index.json");
    let mut new: serde_json::Value =
        serde_json::from_slice(&fs::read(&path).expect("it is read")).expect("JSON");
    let stolen = index["manifests"][1].clone();
    new["manifests"].as_array_mut().expect("a list").push(stolen);
    fs::write(&path, assay_schemas::canonical::text(&new)).expect("it is written");
    refuse(&project, 9, "a signature refers to another bundle");

    let project = signed();
    let text = fs::read_to_string(project.path().join("trust.json")).expect("it is read");
    project.write("trust.json", text.replace("\"dev\":1", "\"dev\":2"));
    refuse(&project, 9, "freshness: it is number 1 of `dev`, and 2 is the lowest that is taken");
}

#[test]
fn a_policy_that_cannot_be_read_trusts_nobody() {
    let project = signed();
    for (name, text) in
        [("slip.json", "{\"keyz\": []}"), ("none.json", "{\"threshold\": 0, \"keys\": []}")]
    {
        project.write(name, text);
        let ran = project.assay(&["run", "taxi-trips-monthly", "--trust", name]);
        ran.ends(9).says("is no trust policy, so no bundle is run");
    }
    project.assay(&["run", "taxi-trips-monthly", "--trust", "missing.json"]).ends(9);
    assert!(!recorded(&project));
}
