//! Overrides: what a job does for a time and for one bundle, shown in every run that it touched.

use assay_schemas::run_override::{Change, OVERRIDE_TYPE, OVERRIDE_VERSION, RunOverride};
use assay_schemas::trust::{Envelope, PrivateKey};
use assay_testkit::{Project, Ran};
use serde_json::{Value, json};

use crate::small::{self, KEY, OTHER_KEY, sealed};

/// A project whose job fails for one rule, with a signed bundle.
fn failing() -> Project {
    let project = small::project("severity_threshold: hard_failure_rate<0.1\n");
    small::rules(
        &project,
        "  - { rule_id: dear, rule_type: range, column: fare, parameters: { max: 100 } }\n",
    );
    project.write("d.csv", "id,fare\n1,5\n2,50\n3,500\n");
    project.write("key.pem", KEY);
    project.write("other.pem", OTHER_KEY);
    sealed(&project);
    project
}

fn create(project: &Project, change: &[&str]) -> Ran {
    let rest = [
        "--until",
        "2999-01-01",
        "--reason",
        "The meter is repaired.",
        "--requester",
        "Ada",
        "--approver",
        "Grace",
        "--key",
        "key.pem",
    ];
    project.assay(&[&["override", "create", "--job", "j"], change, &rest[..]].concat())
}

fn run(project: &Project) -> (Ran, Value) {
    let ran = project.assay(&["run", "j", "--format", "json"]);
    let found = serde_json::from_str(&ran.out).unwrap_or_default();
    (ran, found)
}

#[test]
fn a_skipped_rule_is_not_asked_and_every_run_says_so() {
    let project = failing();
    assert_eq!(run(&project).0.code, 41);
    create(&project, &["--skip-rule", "r/dear"])
        .ends(0)
        .says("rule `r/dear` skipped until 2999-01-01");
    let (ran, found) = run(&project);
    assert_eq!(ran.code, 0, "{}", ran.out);
    let checks: Vec<_> = found["verdicts"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|own| own["check_id"].clone())
        .collect();
    assert_eq!(checks, ["schema/not_null/id"]);
    let reason = found["reason"].as_str().expect("a reason");
    assert!(reason.contains("rule `r/dear` skipped until 2999-01-01 by override"), "{reason}");
    assert_eq!(reason.matches("by override").count(), 1, "{reason}");
    assert!(reason.contains("asked by Ada, approved by Grace: The meter is repaired."), "{reason}");
    let audit = found["audit"].to_string();
    assert!(audit.contains("override_applied"), "{audit}");
    project.assay(&["run", "j"]).ends(0).says("rule `r/dear` skipped until");
    project.assay(&["override", "list"]).ends(0).says("active  j: rule `r/dear` skipped");
}

#[test]
fn a_paused_job_does_not_run_and_a_loosened_threshold_lets_it_pass() {
    let project = failing();
    create(&project, &["--threshold", "hard_failure_rate<0.5"]).ends(0);
    let (ran, found) = run(&project);
    assert!(
        found["reason"]
            .as_str()
            .is_some_and(|words| words.contains("threshold hard_failure_rate<0.5")),
        "{found}"
    );
    assert_eq!(found["severity_threshold"], "hard_failure_rate<0.5");
    assert_ne!(ran.code, 75);
    create(&project, &["--pause"]).ends(0);
    let (ran, found) = run(&project);
    assert_eq!((ran.code, &found["outcome"]), (75, &json!("skipped")), "{}", ran.out);
    assert!(
        found["reason"].as_str().is_some_and(|words| words.contains("paused until")),
        "{found}"
    );
}

#[test]
fn the_next_bundle_drops_it() {
    let project = failing();
    create(&project, &["--skip-rule", "r/dear"]).ends(0);
    project.replace("libraries/rules/r.yaml", "max: 100", "max: 99");
    project.commit("Another rule");
    project.assayc(&["build", "--env", "dev"]).ends(0);
    let (ran, found) = run(&project);
    assert_eq!(ran.code, 41);
    assert!(!found["reason"].as_str().expect("a reason").contains("override"), "{found}");
    project.assay(&["override", "list"]).ends(0).says("of another bundle  j:");
}

#[test]
fn what_is_not_in_order_is_refused_and_nothing_is_written() {
    let project = failing();
    create(&project, &["--skip-rule", "r/dearer"]).ends(2).says("the job has no rule `r/dearer`");
    create(&project, &["--threshold", "fares<1"]).ends(2).says("is not a figure of a run");
    create(&project, &[]).ends(2);
    let base = ["override", "create", "--job", "j", "--pause", "--reason", "x", "--key", "key.pem"];
    let with = |rest: &[&str]| project.assay(&[&base[..], rest].concat());
    with(&["--until", "2999-01-01", "--requester", "Ada", "--approver", "ada"])
        .ends(2)
        .says("cannot approve it");
    with(&["--until", "2001-01-01", "--requester", "Ada", "--approver", "Grace"])
        .ends(2)
        .says("ends before it begins");
    with(&["--until", "soon", "--requester", "Ada", "--approver", "Grace"])
        .ends(2)
        .says("neither a day");
    assert!(!project.path().join(".assay/lake/overrides").exists());
}

/// An override that is written by hand, as it would stand in the lake.
fn written(project: &Project, from: i64, until: i64) {
    let ran = project.assayc(&["verify", ".assay/bundles/dev", "--format", "json"]).ends(0);
    let bundle: Value = serde_json::from_str(&ran.out).expect("it is JSON");
    let record = RunOverride {
        override_version: OVERRIDE_VERSION,
        override_id: "0198c0de-0000-7000-8000-000000000001".to_owned(),
        content_digest: serde_json::from_value(bundle["content_digest"].clone()).expect("a digest"),
        environment: "dev".to_owned(),
        job: "j".to_owned(),
        change: Change::SkipRule { rule: "r/dear".to_owned() },
        reason: "x".to_owned(),
        requester: "Ada".to_owned(),
        approver: "Grace".to_owned(),
        from,
        until,
    };
    let key = PrivateKey::from_pem(KEY).expect("a key");
    let payload = assay_schemas::canonical::text(&record);
    let envelope = Envelope::seal(OVERRIDE_TYPE, payload.as_bytes(), &key);
    project.write(".assay/lake/overrides/1.json", assay_schemas::canonical::text(&envelope));
}

#[test]
fn an_expired_one_is_ignored_and_reported() {
    let project = failing();
    written(&project, 1, 2);
    let (ran, found) = run(&project);
    assert_eq!(ran.code, 41);
    assert!(found["audit"].to_string().contains("\"why\":\"expired\""), "{}", found["audit"]);
    project.assay(&["override", "list", "--gate"]).ends(8).says("expired  j:");
}

#[test]
fn under_a_trust_policy_only_those_who_count_override() {
    let project = failing();
    project.assayc(&["sign", ".assay/bundles/dev", "--key", "other.pem"]).ends(0);
    let public = PrivateKey::from_pem(OTHER_KEY).expect("a key").public().to_pem();
    project.write(
        "trust.json",
        json!({ "keys": [{ "name": "ci", "public_key": public }] }).to_string(),
    );
    written(&project, 1, 32_503_680_000);
    let trusting =
        |arguments: &[&str]| project.assay(&[arguments, &["--trust", "trust.json"]].concat());
    trusting(&["run", "j"]).ends(41);
    trusting(&["override", "list", "--gate"]).ends(8).says("refused");
    // A key that may sign for another environment alone does not count here.
    let own = PrivateKey::from_pem(KEY).expect("a key").public().to_pem();
    let trusts = |environments: Value| {
        let keys = json!([
            { "name": "ci", "public_key": public },
            { "name": "ops", "public_key": own, "environments": environments },
        ]);
        project.write("trust.json", json!({ "keys": keys }).to_string());
    };
    trusts(json!(["prod"]));
    trusting(&["run", "j"]).ends(41);
    trusts(json!(["dev"]));
    trusting(&["run", "j"]).ends(0);
    assert_eq!(run(&project).0.code, 0, "without a policy, whoever can write to the lake can");
    project.write(".assay/lake/overrides/1.json", "{}");
    assert_eq!(run(&project).0.code, 41);
    project.assay(&["override", "list", "--gate"]).ends(8).says("it is no DSSE envelope");
}
