//! Repositories that are not as most are: of other hashes, detached, grafted, without a common beginning.

use assay_testkit::Project;
use serde_json::Value;

use crate::promotion::{ADA, STRICTER, changed, promote, staged, staged_in, tip, tree};

#[test]
fn a_repository_of_sha_256_is_one_like_others() {
    let project = Project::new();
    project.git(&["init", "--quiet", "--object-format=sha256", "--initial-branch=main"]);
    let project = staged_in(project);
    assert_eq!(tip(&project, "main").len(), 64, "it is one");
    changed(&project, STRICTER, "Ask more");
    project.assayc(&["check"]).ends(0);
    project.assayc(&["diff", "HEAD~1..HEAD"]).ends(0).says("coverage.more");
    project.assayc(&["ci", "--base", "HEAD~1"]).ends(0).says("coverage.more");
    project.assayc(&["build", "--env", "prod"]).ends(0);
    project.assayc(&["drift", "--env", "prod"]).ends(0).says("prod source: reproducible");
    promote(&project, &["--apply", "--author", ADA]).ends(0).says("promoted: `prod` is at");
    assert_eq!(tree(&project, "prod"), tree(&project, "test"));
    project.git(&["fsck", "--strict"]);
    let digest = |project: &Project| {
        let ran = project.assayc(&["build", "--env", "prod", "--format", "json"]).ends(0);
        let built: Value = serde_json::from_str(&ran.out).expect("it is JSON");
        built["bundles"][0]["content_digest"].clone()
    };
    let other = staged();
    changed(&other, STRICTER, "Ask more");
    assert_eq!(digest(&project), digest(&other), "content does not depend on how Git counts");
}

#[test]
fn a_detached_head_is_a_revision_like_others() {
    let project = staged();
    changed(&project, STRICTER, "Ask more");
    project.git(&["checkout", "--quiet", "--detach", "HEAD"]);
    project.assayc(&["check"]).ends(0);
    project.assayc(&["ci", "--base", "HEAD~1"]).ends(0).says("coverage.more");
    promote(&project, &["--apply", "--author", ADA]).ends(0);
    // Nothing of what is checked out moves.
    assert_eq!(tip(&project, "HEAD"), tip(&project, "main"));
    project.assayc(&["drift", "--gate"]).ends(0);
}

#[test]
fn histories_without_a_common_beginning_are_named() {
    let project = staged();
    project.git(&["checkout", "--quiet", "--orphan", "other"]);
    project.commit("From nothing");
    project
        .assayc(&["diff", "main...other"])
        .ends(2)
        .says("`main` and `other` have no commit in common");
    project.assayc(&["ci", "--base", "main"]).ends(2).says("have no commit in common");
    // Two revisions can be held against each other all the same.
    project.assayc(&["diff", "main..other"]).ends(0).says("nothing changed");
}

#[test]
fn a_graft_changes_no_history() {
    let project = staged();
    changed(&project, STRICTER, "Ask more");
    let (head, first) = (tip(&project, "HEAD"), tip(&project, "HEAD~1"));
    // As if the change had no past.
    project.git(&["replace", "--graft", &head]);
    project.assayc(&["diff", &format!("{first}...{head}")]).ends(0).says("coverage.more");
    project.write(".git/info/grafts", format!("{head}\n"));
    project.assayc(&["ci", "--base", &first]).ends(0).says("coverage.more");
    promote(&project, &[]).ends(0).says("coverage.more");
}

#[test]
fn commits_of_one_second_are_told_apart_by_what_leads_to_what() {
    // Every commit but those that promote and go back is of one second here.
    let project = staged();
    let author = ["--apply", "--author", ADA];
    changed(&project, STRICTER, "Ask more");
    promote(&project, &author).ends(0);
    let listed = project.assayc(&["rollback", "prod", "--list"]).ends(0).out;
    let first = listed.lines().filter_map(|line| line.split(' ').nth(2)).next_back();
    let back = ["rollback", "prod", "--to", first.expect("there is one")];
    project.assayc(&[&back[..], &author].concat()).ends(0);
    for min in ["min: 1", "min: 2"] {
        changed(&project, &STRICTER.replace("min: 0", min), "Ask still more");
        promote(&project, &author).ends(0).says("✓ branch `prod` holds no commit of its own");
    }
    project.assayc(&["drift", "--gate"]).ends(0).says("prod branch: clean");
}

#[test]
fn a_branch_that_is_not_there_is_named() {
    let project = staged();
    project.git(&["branch", "--delete", "--force", "test"]);
    project.assayc(&["drift"]).ends(2).says("has no commit `test`");
    promote(&project, &[]).ends(2).says("has no commit `test`").says("`git fetch` it first");
    project.assayc(&["ci", "--base", "origin/main"]).ends(2).says("has no commit `origin/main`");
}
