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
    project.assay(&["verification"]).ends(0).says("verified in `dev`: 1 of 1 job of sha256:");
    project.write("d.csv", "id,fare\n1,5000\n");
    project.assay(&["run", "j"]).ends(41);
    project.write("ran", "");
    assert_eq!(of(), (0.into(), serde_json::json!(["j"])), "the latest run counts");
}

/// The same two versions, of which the first has run and `left` is what is still there of its data.
fn after_a_run(after: &str, rest_of_job: &str, left: &[&str]) -> Project {
    let project = two(LOW, after);
    if !rest_of_job.is_empty() {
        let job =
            format!("job_definition_id: j\ndata_contract: {{ contract_id: c }}\n{rest_of_job}");
        project.write("libraries/jobs/j.yaml", job);
        for (side, rules) in [("base", LOW), ("head", after)] {
            small::rules(&project, rules);
            sealed(&project);
            std::fs::remove_dir_all(project.path().join(side)).expect("it is removed");
            copy(&project.path().join(".assay/bundles/dev"), &project.path().join(side));
        }
    }
    project.assay(&["run", "j", "--bundle", "base"]).ends(41);
    for name in ["d.csv", "cleansed.parquet", "valid.parquet", "quarantined.parquet"] {
        if !left.contains(&name) {
            remove(&project.path().join(".assay/lake"), name);
            let _ = std::fs::remove_file(project.path().join(name));
        }
    }
    project
}

/// Removes every file of a name below a folder.
fn remove(folder: &std::path::Path, name: &str) {
    for entry in std::fs::read_dir(folder).expect("it is listed").flatten() {
        match entry.path() {
            path if path.is_dir() => remove(&path, name),
            path if path.ends_with(name) => std::fs::remove_file(path).expect("it is removed"),
            _ => {}
        }
    }
}

fn recorded(project: &Project) -> Value {
    let arguments = ["verdict-diff", "base", "head", "--recorded", "--format", "json"];
    let ran = project.assay(&arguments).ends(0);
    serde_json::from_str::<Value>(&ran.out).expect("it is JSON")["jobs"][0].clone()
}

#[test]
fn what_a_run_left_stands_for_data_that_is_gone() {
    let after = "  - { rule_id: dear, rule_type: range, column: fare, parameters: { max: 10 } }\n  - { rule_id: there, rule_type: not_null, column: fare, severity: warning }\n";
    let cases: [(&[&str], &str, &str, u64); 4] = [
        (&["d.csv", "cleansed.parquet"], "", "the rows that run", 1),
        (&["valid.parquet", "quarantined.parquet"], "quarantine: true\n", "the rows that run", 1),
        (&["d.csv"], "", "the files that run", 1),
        (&[], "", "what run", 0),
    ];
    for (left, job, from, rows) in cases {
        let project = after_a_run(after, job, left);
        let found = recorded(&project);
        assert!(found["from"].as_str().is_some_and(|own| own.starts_with(from)), "{found:#}");
        let dear = &found["checks"][0];
        assert_eq!(dear["check_id"], "r/dear", "{left:?}: {found:#}");
        assert_eq!(dear["violations"], serde_json::json!([1, 2]), "{left:?}: {found:#}");
        // A figure knows how many, and not which.
        let named = dear["new_rows"].as_array().map_or(0, Vec::len) as u64;
        assert_eq!(named, rows, "{left:?}: {found:#}");
        assert_eq!(found["untold"], serde_json::json!([]), "{left:?}: {found:#}");
    }
}

#[test]
fn what_a_run_measured_is_judged_again_and_what_it_does_not_tell_is_named() {
    let after = "  - { rule_id: dear, rule_type: range, column: fare, max_violation_ratio: 0.5, parameters: { max: 100 } }\n  - { rule_id: there, rule_type: not_null, column: fare, severity: error }\n  - { rule_id: twice, rule_type: unique, parameters: { columns: [fare] } }\n";
    let project = after_a_run(after, "", &[]);
    let found = recorded(&project);
    let verdicts: Vec<_> = found["checks"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|check| (check["check_id"].clone(), check["verdicts"].clone()))
        .collect();
    assert_eq!(
        serde_json::json!(verdicts),
        serde_json::json!([["r/dear", ["fail", "pass"]], ["r/there", ["warn", "fail"]]])
    );
    assert_eq!(found["untold"], serde_json::json!(["r/twice"]), "{found:#}");
    let human = project.assay(&["verdict-diff", "base", "head", "--recorded"]).ends(0);
    human.says("by what run ").says("not told by it: r/twice").says("fail → pass  r/dear");
}

#[test]
fn a_run_is_named_or_there_is_none() {
    let project = two(LOW, LOW);
    let arguments = ["verdict-diff", "base", "head", "--job", "j", "--recorded"];
    project.assay(&arguments).ends(0).says("j: no run of it is recorded");
    project
        .assay(&["verdict-diff", "base", "head", "--run", "latest"])
        .ends(2)
        .says("name it with `--job`");
    project.assay(&["run", "j", "--bundle", "base"]).ends(41);
    let arguments = ["verdict-diff", "base", "head", "--job", "j", "--run", "latest"];
    project.assay(&arguments).ends(0).says("by the ");
}

#[test]
fn the_contracts_own_pattern_starts_from_the_project() {
    let project = two(
        LOW,
        "  - { rule_id: dear, rule_type: range, column: fare, parameters: { max: 10 } }\n",
    );
    project.replace("libraries/contracts/c.yaml", "path: d.csv", "path: \"data/*.csv\"");
    project.write("data/d.csv", "id,fare\n1,5\n2,50\n");
    for (side, max) in [("base", 100), ("head", 10)] {
        let rule = format!(
            "  - {{ rule_id: dear, rule_type: range, column: fare, parameters: {{ max: {max} }} }}\n"
        );
        small::rules(&project, &rule);
        sealed(&project);
        std::fs::remove_dir_all(project.path().join(side)).expect("it is removed");
        copy(&project.path().join(".assay/bundles/dev"), &project.path().join(side));
    }
    project.assay(&["verdict-diff", "base", "head"]).ends(0).says("pass → fail  r/dear");
}
