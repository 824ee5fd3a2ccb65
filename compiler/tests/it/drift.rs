//! What an environment wants done about drift, and promotions that drift keeps back.

use assay_testkit::{Project, Ran};
use serde_json::{Value, json};

use crate::promotion::{ADA, STRICTER, changed, promote, staged, tip};

/// Writes an environment with a policy on drift, on `main` alone or on all branches.
fn policy(project: &Project, name: &str, from: &str, policy: &str) {
    project.write(
        &format!("environments/{name}.yaml"),
        format!("environment: {name}\nbranch: {name}\npromotes_from: {from}\nvariables: {{ data: data }}\nresults: .assay/{name}\npolicy: {{ drift: {policy} }}\n"),
    );
}

/// Somebody pushes to `prod` directly.
fn pushed(project: &Project) {
    project.git(&["checkout", "--quiet", "prod"]);
    project.write("libraries/rules/trip.yaml", "rule_set_id: trip-rules\nrules: []\n");
    project.commit("Quick fix");
    project.git(&["checkout", "--quiet", "main"]);
}

fn report(project: &Project, rest: &[&str]) -> Vec<Value> {
    let ran = project.assayc(&[&["drift", "--env", "prod", "--format", "json"], rest].concat());
    let found: Value = serde_json::from_str(&ran.out).expect("it is JSON");
    assert!(found["at"].is_i64(), "{found}");
    found["drift"].as_array().cloned().unwrap_or_default()
}

#[test]
fn a_class_is_off_told_or_gates_as_its_environment_says() {
    let project = staged();
    pushed(&project);
    let drift = |project: &Project| -> Ran { project.assayc(&["drift", "--env", "prod"]) };
    drift(&project).ends(0).says("✗ prod branch: diverged, since ");
    assert_eq!(report(&project, &[])[0]["mode"], "warn");
    policy(&project, "prod", "test", "{ branch: gate }");
    project.commit("It gates");
    drift(&project).ends(8);
    assert_eq!(report(&project, &[])[0]["mode"], "gate");
    project.assayc(&["drift", "--env", "prod", "--off", "branch"]).ends(0);
    policy(&project, "prod", "test", "{ branch: \"off\" }");
    project.commit("It is not looked at");
    assert_eq!(report(&project, &["--gate"]), Vec::<Value>::new());
    policy(&project, "prod", "test", "{ brunch: gate }");
    project.assayc(&["check", "--worktree"]).ends(3).says("brunch").says("branch");
}

#[test]
fn what_stood_before_is_told_since_then() {
    let project = staged();
    // Since when a bundle of no commit is not what its branch holds, Git does not tell.
    project.write("libraries/rules/trip.yaml", "rule_set_id: trip-rules\nrules:\n  - { rule_id: other, rule_type: not_null, column: flag }\n");
    project.assayc(&["build", "--env", "prod", "--worktree"]).ends(0);
    let mut own = report(&project, &[]);
    let bundle = own.iter().position(|finding| finding["class"] == "bundle").expect("it is told");
    assert_eq!(own[bundle]["state"], "unknown");
    own[bundle]["since"] = json!({ "commit": "abc", "seconds": 1 });
    project.write("before.json", json!({ "drift": own }).to_string());
    let again = report(&project, &["--previous", "before.json"]);
    assert_eq!(again[bundle]["since"], json!({ "commit": "abc", "seconds": 1 }));
    project.write("before.json", "no report");
    project
        .assayc(&["drift", "--previous", "before.json"])
        .ends(2)
        .says("`before.json` is no report of drift");
}

#[test]
fn after_a_rollback_it_is_told_since_when_the_divergence_that_stands_is_there() {
    let project = staged();
    let author = ["--apply", "--author", ADA];
    let behind = |rest: &[&str]| {
        let found = report(&project, rest).into_iter().find(|found| found["class"] == "bundle");
        let found = found.expect("the bundle is looked at");
        (found["state"].clone(), found["since"]["commit"].clone())
    };
    project.assayc(&["build", "--env", "prod", "--rev", "prod"]).ends(0);
    changed(&project, STRICTER, "Ask more");
    promote(&project, &author).ends(0);
    assert_eq!(behind(&[]), (json!("behind"), json!(tip(&project, "prod"))));
    let earlier = json!([{ "class": "bundle", "environment": "prod", "state": "behind",
        "since": { "commit": tip(&project, "prod"), "seconds": 1 } }]);
    project.write("before.json", json!({ "drift": earlier }).to_string());
    let listed = project.assayc(&["rollback", "prod", "--list"]).ends(0).out;
    let first = listed.lines().filter_map(|line| line.split(' ').nth(2)).next_back();
    let back = ["rollback", "prod", "--to", first.expect("there is one")];
    project.assayc(&[&back[..], &author].concat()).ends(0);
    assert_eq!(behind(&[]), (json!("in_sync"), Value::Null));
    changed(&project, &STRICTER.replace("min: 0", "min: 1"), "Mend it");
    promote(&project, &author).ends(0);
    let second = json!(tip(&project, "prod"));
    changed(&project, &STRICTER.replace("min: 0", "min: 2"), "Ask still more");
    promote(&project, &author).ends(0);
    assert_eq!(behind(&[]), (json!("behind"), second.clone()));
    // What an earlier look saw was another divergence.
    assert_eq!(behind(&["--previous", "before.json"]), (json!("behind"), second));
}

#[test]
fn drift_that_gates_keeps_a_promotion_back() {
    let project = staged();
    policy(&project, "test", "dev", "{ results: gate }");
    changed(&project, STRICTER, "Ask more");
    promote(&project, &[]).ends(7).says("wants to know what the runs of `test` say");
    let built = project.assayc(&["build", "--env", "test", "--format", "json"]).ends(0);
    let built: Value = serde_json::from_str(&built.out).expect("it is JSON");
    let said = |drift: &[&str]| {
        let bundle = &built["bundles"][0];
        let text = json!({
            "verification_version": 1, "environment": "test", "content_digest": bundle["content_digest"],
            "core_digest": bundle["core_digest"], "jobs": 1, "verified_jobs": 0, "open_jobs": ["trips-daily"],
            "drift": drift, "since": 1, "at": 1,
        });
        project.write("v.json", text.to_string());
        promote(&project, &["--verification", "v.json"])
    };
    said(&["results of trips-daily: shifted (rows)"])
        .ends(8)
        .says("✗ drift that gates stands in `test`: results of trips-daily: shifted (rows)");
    // Nothing was said of runs that must verify it.
    said(&[]).ends(0).says("✓ no drift that gates stands in `test`");
}

#[test]
fn less_is_guarded_where_drift_is_told_and_no_longer_gates() {
    let project = staged();
    let change = |before: &str, after: &str| {
        policy(&project, "prod", "test", before);
        project.commit("before");
        policy(&project, "prod", "test", after);
        project.commit("after");
        project.assayc(&["diff", "HEAD~1..HEAD", "--env", "prod"]).ends(0).out
    };
    let weaker = [
        ("{ results: gate }", "{ results: warn }"),
        ("{ results: gate }", "{}"),
        ("{}", "{ infra: \"off\" }"),
        ("{ stale: 24h }", "{ stale: 72h }"),
        ("{ stale: 24h }", "{}"),
    ];
    for (before, after) in weaker {
        let found = change(before, after);
        assert!(found.contains("governance.weakened"), "{before} → {after}: {found}");
        let found = change(after, before);
        assert!(found.contains("governance.strengthened"), "{after} → {before}: {found}");
    }
}
