//! Branches of environments: what may move along them, going back, and what drifts. Each test is a repository of
//! three environments, worked on as its users would.

use assay_testkit::{Project, Ran, parts, root};
use serde_json::Value;

pub(crate) const ADA: &str = "Ada <ada@example.com>";

/// A library whose branches `dev`, `test` and `prod` hold the same; `main` is checked out.
pub(crate) fn staged() -> Project {
    staged_in(Project::new())
}

/// The same in a repository that may be there already.
pub(crate) fn staged_in(project: Project) -> Project {
    let base = std::fs::read_to_string(root().join("tests/compile/base.case")).expect("it is read");
    for (path, text) in parts(&base) {
        project.write(&path, text);
    }
    let environment = |name: &str, from: &str, rest: &str| {
        let from = if from.is_empty() { String::new() } else { format!("promotes_from: {from}\n") };
        project.write(
            &format!("environments/{name}.yaml"),
            format!("environment: {name}\nbranch: {name}\n{from}variables: {{ data: data }}\nresults: .assay/{name}\n{rest}"),
        );
    };
    environment("dev", "", "");
    environment("test", "dev", "");
    environment("prod", "test", "");
    project.commit("The beginning");
    for branch in ["dev", "test", "prod"] {
        project.git(&["branch", branch]);
    }
    project
}

/// Changes the rule of the library and lets `main`, `dev` and `test` hold it.
pub(crate) fn changed(project: &Project, rule: &str, message: &str) {
    project.write(
        "libraries/rules/trip.yaml",
        format!("rule_set_id: trip-rules\nrules:\n  - {{ rule_id: fare-there, rule_type: not_null, column: fare }}\n  - {rule}\n"),
    );
    project.commit(message);
    for branch in ["dev", "test"] {
        project.git(&["branch", "--force", branch, "main"]);
    }
}

pub(crate) const STRICTER: &str =
    "{ rule_id: fare-range, rule_type: range, column: fare, parameters: { min: 0 } }";

pub(crate) fn promote(project: &Project, rest: &[&str]) -> Ran {
    let arguments = [&["promote", "test", "prod"], rest].concat();
    project.assayc(&arguments)
}

pub(crate) fn tip(project: &Project, branch: &str) -> String {
    project.git(&["rev-parse", branch]).out.trim().to_owned()
}

pub(crate) fn tree(project: &Project, branch: &str) -> String {
    project.git(&["rev-parse", &format!("{branch}^{{tree}}")]).out.trim().to_owned()
}

#[test]
fn a_promotion_makes_the_branch_hold_what_the_one_before_holds() {
    let project = staged();
    promote(&project, &[]).ends(0).says("nothing to promote");
    changed(&project, STRICTER, "Ask more");
    let plan = promote(&project, &[]).ends(0);
    plan.says("✓ branch `prod` holds no commit of its own").says("coverage.more");
    let before = tip(&project, "prod");
    promote(&project, &["--apply"]).ends(2).says("it is not said who makes the commit");
    assert_eq!(tip(&project, "prod"), before, "nothing is written for nobody");
    promote(&project, &["--apply", "--author", ADA]).ends(0).says("promoted: `prod` is at");
    assert_eq!(tree(&project, "prod"), tree(&project, "test"));
    let parents = project.git(&["show", "--no-patch", "--format=%P %an", "prod"]).out;
    assert_eq!(parents.trim(), format!("{before} {} Ada", tip(&project, "test")));
    promote(&project, &[]).ends(0).says("nothing to promote");
    project.git(&["fsck", "--strict"]);
}

#[test]
fn what_a_change_means_keeps_it_back_until_somebody_agrees() {
    let project = staged();
    let loose = "{ rule_id: fare-range, rule_type: range, column: fare, parameters: { min: -9 } }";
    changed(&project, STRICTER, "Ask more");
    promote(&project, &["--apply", "--author", ADA]).ends(0);
    changed(&project, loose, "Ask less");
    promote(&project, &["--apply", "--author", ADA])
        .ends(7)
        .says("kept back: 1 finding needs agreement");
    project.write(
        "libraries/waivers/refunds.yaml",
        "waiver_id: refunds\nfinding: verdict.looser\nobject: rule_set/trip-rules\nreason: Small refunds are right.\napprover: Ada\nexpires: 2099-12-31\n",
    );
    changed(&project, loose, "Agree");
    promote(&project, &["--apply", "--author", ADA]).ends(0).says("agreed by Ada");
}

#[test]
fn commits_of_a_branch_of_its_own_are_found_and_named() {
    let project = staged();
    changed(&project, STRICTER, "Ask more");
    project.git(&["checkout", "--quiet", "prod"]);
    project.write("environments/prod.yaml", "environment: prod\nbranch: prod\npromotes_from: test\nvariables: { data: elsewhere }\nresults: .assay/prod\n");
    project.commit("Quick fix in production");
    project.git(&["checkout", "--quiet", "main"]);
    let refused = promote(&project, &["--apply", "--author", ADA]).ends(8);
    refused.says("\"Quick fix in production\" by Test (pushed there directly)");
    let drift = project.assayc(&["drift", "--env", "prod", "--gate"]).ends(8);
    drift.says("prod branch: diverged").says("environments/prod.yaml");

    let project = staged();
    changed(&project, STRICTER, "Ask more");
    // Another commit besides, so that the pick is not the same commit.
    project.git(&["checkout", "--quiet", "prod"]);
    project.git(&["cherry-pick", "--no-gpg-sign", "test"]);
    project.git(&["commit", "--quiet", "--amend", "--message", "Picked"]);
    project.git(&["checkout", "--quiet", "main"]);
    project.write("libraries/rules/more.yaml", "rule_set_id: more\nrules: []\n");
    changed(&project, STRICTER, "And more");
    promote(&project, &[]).ends(8).says("(picked from ");
}

#[test]
fn a_promotion_refuses_what_is_not_as_it_should_be() {
    let project = staged();
    changed(&project, STRICTER, "Ask more");
    project
        .assayc(&["promote", "dev", "prod"])
        .ends(2)
        .says("changes come to `prod` from `test`, not from `dev`");
    project
        .assayc(&["promote", "test", "nowhere"])
        .ends(2)
        .says("environments are dev, prod, test");
    promote(&project, &["--expect", "0123456789"]).ends(10).says("and not at 0123456789");
    project.git(&["checkout", "--quiet", "prod"]);
    promote(&project, &["--apply", "--author", ADA]).ends(2).says("is checked out here");
    project.git(&["checkout", "--quiet", "main"]);
    project.git(&["branch", "--delete", "--force", "prod"]);
    promote(&project, &[]).ends(2).says("has no commit `prod`");
    project.git(&["checkout", "--quiet", "--orphan", "prod"]);
    project.commit("From nothing");
    project.git(&["checkout", "--quiet", "main"]);
    promote(&project, &[]).ends(2).says("have no commit in common");
}

#[test]
fn two_promotions_at_once_are_one() {
    let project = staged();
    changed(&project, STRICTER, "Ask more");
    let arguments = ["promote", "test", "prod", "--apply", "--author", ADA];
    let runs: Vec<_> = (0..4)
        .map(|_| {
            let mut command = project.command("assayc", &arguments);
            let streams =
                command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
            streams.spawn().expect("assayc runs")
        })
        .collect();
    let ends: Vec<_> = runs
        .into_iter()
        .map(|run| {
            run.wait_with_output().expect("it ends").status.code().expect("it ends by itself")
        })
        .collect();
    assert!(ends.contains(&0) && ends.iter().all(|end| [0, 10].contains(end)), "{ends:?}");
    let made = project.git(&["rev-list", "--count", "--first-parent", "prod"]).out;
    assert_eq!(made.trim(), "2", "one promotion was written, {ends:?}");
    assert_eq!(tree(&project, "prod"), tree(&project, "test"));
}

#[test]
fn runs_of_the_environment_before_and_their_length_are_demanded() {
    let project = staged();
    project.write(
        "environments/prod.yaml",
        "environment: prod\nbranch: prod\npromotes_from: test\nvariables: { data: data }\nresults: .assay/prod\npolicy: { promotion: { verified: true, soak: 24h } }\n",
    );
    changed(&project, STRICTER, "Ask more");
    promote(&project, &[]).ends(7).says("wants to know what the runs of `test` say");
    let built = project.assayc(&["build", "--env", "test", "--format", "json"]).ends(0);
    let built: Value = serde_json::from_str(&built.out).expect("it is JSON");
    let bundle = &built["bundles"][0];
    let day = 86_400;
    let verification = |core: &Value, verified: u64, since: i64| {
        let text = serde_json::json!({
            "verification_version": 1, "environment": "test", "content_digest": bundle["content_digest"],
            "core_digest": core, "jobs": 1, "verified_jobs": verified,
            "open_jobs": if verified == 1 { vec![] } else { vec!["trips-daily"] },
            "since": since, "at": since,
        });
        project.write("verification.json", text.to_string());
        promote(&project, &["--verification", "verification.json", "--now", "1970-01-11"])
    };
    verification(&bundle["core_digest"], 0, 5 * day)
        .ends(7)
        .says("0 of 1 jobs are verified in `test`; open are trips-daily");
    verification(&bundle["core_digest"], 1, 9 * day + day / 2).ends(7).says("for PT12H of PT24H");
    verification(&bundle["content_digest"], 1, 5 * day).ends(7).says("speaks of");
    verification(&bundle["core_digest"], 1, 5 * day)
        .ends(0)
        .says("✓ the runs of `test` verified it");
    project.write("verification.json", "{}");
    promote(&project, &["--verification", "verification.json"]).ends(2).says("is no verification");
}

#[test]
fn a_rollback_stays_until_what_was_wrong_is_changed() {
    let project = staged();
    let first = tree(&project, "prod");
    changed(&project, STRICTER, "Ask more");
    promote(&project, &["--apply", "--author", ADA]).ends(0);
    let listed = project.assayc(&["rollback", "prod", "--list"]).ends(0).out;
    let digests: Vec<_> = listed.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    assert_eq!(digests.len(), 2, "{listed}");
    let back = |rest: &[&str]| {
        project.assayc(
            &[&["rollback", "prod", "--to", digests[1], "--now", "2026-03-01"], rest].concat(),
        )
    };
    project.assayc(&["rollback", "prod", "--to", digests[0]]).ends(0).says("already");
    project
        .assayc(&["rollback", "prod", "--to", "sha256:ffff"])
        .ends(2)
        .says("had no bundle sha256:ffff");
    back(&[]).ends(0).says("coverage.less").says("until 2026-03-31");
    let before = tip(&project, "prod");
    back(&["--apply", "--author", ADA]).ends(0).says("rolled back: `prod` is at");
    assert_eq!(tree(&project, "prod"), first);
    assert_eq!(project.git(&["rev-parse", "prod^"]).out.trim(), before);
    project.assayc(&["drift", "--env", "prod", "--gate"]).ends(0).says("prod branch: clean");
    promote(&project, &["--now", "2026-03-31"]).ends(7).says("it is held until 2026-03-31");
    promote(&project, &["--now", "2026-04-01"]).ends(0).says("✓ no hold is on it");
    let mended = "{ rule_id: fare-range, rule_type: range, column: fare, parameters: { min: 1 } }";
    changed(&project, mended, "Mend it");
    promote(&project, &["--now", "2026-03-02", "--apply", "--author", ADA]).ends(0);
    assert_eq!(tree(&project, "prod"), tree(&project, "test"));
}

fn drift(project: &Project, class: &str) -> Value {
    let ran = project.assayc(&["drift", "--env", "prod", "--format", "json"]).ends(0);
    let found: Value = serde_json::from_str(&ran.out).expect("it is JSON");
    let list = found["drift"].as_array().cloned().unwrap_or_default();
    for finding in &list {
        let good = ["in_sync", "reproducible", "clean"];
        let in_order = good.iter().any(|state| finding["state"] == **state);
        let empty = finding["differences"].as_array().is_none_or(Vec::is_empty);
        assert_eq!(
            in_order, empty,
            "what drifts names what is different, and nothing else does: {finding}"
        );
    }
    list.into_iter().find(|finding| finding["class"] == class).unwrap_or_default()
}

#[test]
fn a_bundle_is_held_against_its_branch_and_its_commit() {
    let project = staged();
    assert_eq!(drift(&project, "bundle"), Value::Null, "there is no bundle yet");
    project.assayc(&["build", "--env", "prod", "--rev", "prod"]).ends(0);
    assert_eq!(drift(&project, "bundle")["state"], "in_sync");
    assert_eq!(drift(&project, "source")["state"], "reproducible");
    changed(&project, STRICTER, "Ask more");
    promote(&project, &["--apply", "--author", ADA]).ends(0);
    let behind = drift(&project, "bundle");
    assert_eq!(behind["state"], "behind");
    assert_eq!(behind["since"]["commit"], tip(&project, "prod"));
    assert!(
        behind["differences"][0].as_str().is_some_and(|words| words.contains("fare-range")),
        "{behind}"
    );
    assert_eq!(drift(&project, "source")["state"], "reproducible");
    project.assayc(&["build", "--env", "prod", "--rev", "main"]).ends(0);
    assert_eq!(drift(&project, "bundle")["state"], "in_sync", "another commit, the same content");
    project.write("libraries/rules/trip.yaml", "rule_set_id: trip-rules\nrules:\n  - { rule_id: other, rule_type: not_null, column: flag }\n");
    project.assayc(&["build", "--env", "prod", "--worktree"]).ends(0);
    assert_eq!(drift(&project, "bundle")["state"], "unknown");
    assert_eq!(drift(&project, "source")["state"], "unknown");
    project.commit("On main");
    project.git(&["checkout", "--quiet", "prod"]);
    project.git(&["checkout", "--quiet", "-b", "ahead"]);
    project.write("libraries/rules/trip.yaml", "rule_set_id: trip-rules\nrules:\n  - { rule_id: other, rule_type: not_null, column: flag }\n");
    project.commit("Ahead of its branch");
    project.assayc(&["build", "--env", "prod"]).ends(0);
    assert_eq!(drift(&project, "bundle")["state"], "ahead");
    project.assayc(&["drift", "--env", "prod", "--gate"]).ends(8);
    project.assayc(&["drift", "--env", "prod", "--gate", "--off", "bundle"]).ends(0);
}

#[test]
fn what_a_clone_puts_in_the_place_of_a_commit_is_not_read() {
    let project = staged();
    changed(&project, STRICTER, "Ask more");
    let digest = |project: &Project| {
        let ran = project.assayc(&["build", "--env", "prod", "--format", "json"]).ends(0);
        let built: Value = serde_json::from_str(&ran.out).expect("it is JSON");
        built["bundles"][0]["content_digest"].clone()
    };
    let before = digest(&project);
    project.git(&["replace", "HEAD", "HEAD~1"]);
    assert_eq!(digest(&project), before);
}

#[test]
fn a_clone_without_its_history_says_what_to_fetch() {
    let project = staged();
    changed(&project, STRICTER, "Ask more");
    let shallow = Project::new();
    let from = format!("file://{}", project.path().display());
    shallow.git(&["clone", "--quiet", "--depth", "1", &from, "."]);
    for arguments in [
        &["diff", "HEAD~1...HEAD"][..],
        &["ci", "--base", "HEAD~1"],
        &["promote", "test", "prod"],
        &["drift"],
    ] {
        shallow.assayc(arguments).ends(2).says("`git fetch --unshallow` brings the rest");
    }
    shallow.git(&["checkout", "--quiet", "--detach"]);
    shallow.assayc(&["diff", "HEAD", "--worktree"]).ends(0).says("nothing changed");
}

/// A second job over a dataset of its own, whose rules stand in `path`.
fn second(project: &Project, path: &str, max: u32) {
    project.write(
        "libraries/contracts/zone.yaml",
        "contract_id: zones\ndatasets:\n  - { dataset_contract_id: zones, schema: { schema_id: zone }, source: { path: zones.csv, format: csv }, rule_sets: [{ rule_set_id: zone-rules }] }\n",
    );
    project.write(
        "libraries/schemas/zone.yaml",
        "schema_id: zone\ncolumns:\n  - { name: zone, data_type: integer }\n",
    );
    project.write(
        "libraries/jobs/zone.yaml",
        "job_definition_id: zones-daily\ndata_contract: { contract_id: zones }\n",
    );
    let rule = format!(
        "{{ rule_id: known, rule_type: range, column: zone, parameters: {{ min: 1, max: {max} }} }}"
    );
    project.write(path, format!("rule_set_id: zone-rules\nrules: [{rule}]\n"));
}

#[test]
fn one_job_moves_alone_with_all_that_it_depends_on() {
    let project = staged();
    second(&project, "libraries/rules/zone.yaml", 9);
    changed(&project, STRICTER, "Ask more, and of zones too");
    let alone = |rest: &[&str]| promote(&project, &[&["--job", "zones-daily"], rest].concat());
    let plan = alone(&[]).ends(0);
    plan.says("    libraries/rules/zone.yaml").says("a new job: 1 check of `zones`");
    assert!(!plan.out.contains("fare-range"), "what does not move is not told: {}", plan.out);
    alone(&["--apply", "--author", ADA]).ends(0);
    let file = |branch: &str, path: &str| project.git(&["show", &format!("{branch}:{path}")]).out;
    assert_eq!(
        file("prod", "libraries/rules/zone.yaml"),
        file("test", "libraries/rules/zone.yaml")
    );
    assert!(!file("prod", "libraries/rules/trip.yaml").contains("fare-range"));
    project.git(&["fsck", "--strict"]);
    project.assayc(&["drift", "--env", "prod", "--gate"]).ends(0).says("prod branch: clean");
    alone(&[]).ends(0).says("nothing to promote");
    // The rest comes later, as ever.
    promote(&project, &["--apply", "--author", ADA]).ends(0).says("fare-range");
    assert_eq!(tree(&project, "prod"), tree(&project, "test"));
    promote(&project, &["--job", "none"]).ends(2).says("would have no job `none`");
}

#[test]
fn a_file_that_would_bring_more_does_not_move() {
    let project = staged();
    second(&project, "libraries/rules/zone.yaml", 9);
    project.write(
        "libraries/rules/both.yaml",
        "- rule_set_id: zone-rules\n  version: 2.0.0\n  rules: [{ rule_id: known, rule_type: not_null, column: zone }]\n- rule_set_id: idle\n  rules: [{ rule_id: x, rule_type: not_null, column: zone }]\n",
    );
    changed(&project, STRICTER, "Two in a file");
    let refused = promote(&project, &["--job", "zones-daily", "--apply", "--author", ADA]).ends(2);
    refused
        .says("libraries/rules/both.yaml also holds rule_set/idle, which is not the same")
        .says("split the file");
    assert_eq!(project.git(&["rev-list", "--count", "prod"]).out.trim(), "1", "nothing is written");
}
