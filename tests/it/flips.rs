//! What a change of the configuration does to verdicts on data, before it is merged, and what runs say of a
//! bundle when it is to be promoted.

use assay_testkit::{Project, copy};
use serde_json::Value;

use crate::small::{self, sealed};

/// A small project with one job, sealed as it is under `base` and as it would be under `head`.
fn two(before: &str, after: &str) -> Project {
    let project = small::project("");
    project.write("d.csv", "id,fare\n1,5\n2,50\n3,500\n4,\n");
    for (side, rules) in [("base", before), ("head", after)] {
        small::rules(&project, rules);
        sealed(&project);
        copy(&project.path().join(".assay/bundles/dev"), &project.path().join(side));
    }
    project
}

const LOW: &str = "  - { rule_id: dear, rule_type: range, column: fare, parameters: { max: 100 } }\n  - { rule_id: there, rule_type: not_null, column: fare, severity: warning }\n";

#[test]
fn flipped_verdicts_and_their_rows_are_shown_and_nothing_is_recorded() {
    let project = two(
        LOW,
        "  - { rule_id: dear, rule_type: range, column: fare, parameters: { max: 10 } }\n  - { rule_id: there, rule_type: not_null, column: fare }\n",
    );
    let ran = project.assay(&["verdict-diff", "base", "head", "--format", "json"]).ends(0);
    let found: Value = serde_json::from_str(&ran.out).expect("it is JSON");
    let checks = &found["jobs"][0]["checks"];
    assert_eq!(found["jobs"][0]["unchanged"], 1, "the rule of the schema");
    assert_eq!(checks[0]["check_id"], "r/dear");
    assert_eq!(checks[0]["violations"], serde_json::json!([1, 2]));
    let rows = checks[0]["new_rows"].as_array().expect("a list");
    assert_eq!(
        (rows.len(), &rows[0]["row"], &rows[0]["values"]["fare"]),
        (1, &2.into(), &"50".into())
    );
    assert_eq!(checks[1]["verdicts"], serde_json::json!(["warn", "fail"]));
    let human = project.assay(&["verdict-diff", "base", "head"]).ends(0);
    human
        .says("1 verdict flips, 1 unchanged")
        .says("+ row 2 (id=2, fare=50)")
        .says("warn → fail  r/there");
    project.assay(&["verdict-diff", "base", "head", "--detailed-exitcode"]).ends(6);
    assert!(!project.path().join(".assay/lake").exists(), "nothing is recorded");
}

#[test]
fn what_finds_the_same_flips_nothing() {
    let project = two(LOW, &LOW.replace("max: 100", "max: 99"));
    project
        .assay(&["verdict-diff", "base", "head", "--detailed-exitcode"])
        .ends(0)
        .says("0 verdicts flip, 3 unchanged");
    project.assay(&["verdict-diff", "base", "base"]).ends(0).says("no job behaves otherwise");
    project.write("more.csv", "id,fare\n7,100\n");
    let ran = project.assay(&[
        "verdict-diff",
        "base",
        "head",
        "--data",
        "more.csv",
        "--format",
        "markdown",
    ]);
    ran.ends(0).says("| j | r/dear | pass → fail | 0 → 1 violating rows |");
    project
        .assay(&["verdict-diff", "base", "head", "--job", "k"])
        .ends(2)
        .says("neither bundle has a job `k`");
    project.assay(&["verdict-diff", "base", "nowhere"]).ends(2);
}

#[test]
fn the_runs_of_a_bundle_verify_it() {
    let project = two(LOW, &LOW.replace("max: 100", "max: 1000"));
    let of = || {
        project.assay(&["verification", "--output", "v.json"]).ends(0);
        let text = std::fs::read_to_string(project.path().join("v.json")).expect("it is written");
        let found: Value = serde_json::from_str(&text).expect("it is JSON");
        let since = found["since"].as_i64();
        assert_eq!(
            since.is_some(),
            found["verified_jobs"] == 1 || project.path().join("ran").exists()
        );
        assert!(since.is_none_or(|since| {
            found["at"].as_i64().is_some_and(|at| (0..600).contains(&(at - since)))
        }));
        (found["verified_jobs"].clone(), found["open_jobs"].clone())
    };
    assert_eq!(of(), (0.into(), serde_json::json!(["j"])));
    // A run of another bundle says nothing of this one.
    project.assay(&["run", "j", "--bundle", "base"]).ends(41);
    assert_eq!(of(), (0.into(), serde_json::json!(["j"])));
    project.assay(&["run", "j"]).ends(40);
    assert_eq!(of(), (1.into(), serde_json::json!([])));
    project.assay(&["verification"]).ends(0).says("1 of 1 jobs of sha256:");
    project.write("d.csv", "id,fare\n1,5000\n");
    project.assay(&["run", "j"]).ends(41);
    project.write("ran", "");
    assert_eq!(of(), (0.into(), serde_json::json!(["j"])), "the latest run counts");
}
