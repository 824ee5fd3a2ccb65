//! Approvals of real commits, merges among them, and CODEOWNERS.

use assay_testkit::Project;

use crate::promotion::{ADA, STRICTER, changed, promote, staged};

const ENVIRONMENT: &str = "\
environment: prod
branch: prod
results: .assay/lake
contacts:
  data: { handles: ['@acme/data'], mails: [ada@example.com] }
policy:
  approvals:
    require: [{ kinds: [taxonomy] }]
";

fn taxonomy(id: &str, name: &str) -> String {
    format!("taxonomy_id: {id}\nname: {name}\nowner: data\nvalues: [{{ code: a }}]\n")
}

/// A project whose branch `prod` holds the first commit.
fn project() -> Project {
    let project = Project::new();
    project.git(&["init", "-q", "-b", "main"]);
    project.write("environments/prod.yaml", ENVIRONMENT);
    project.write("libraries/schemas/a.yaml", taxonomy("a", "first"));
    project.write("libraries/schemas/b.yaml", taxonomy("b", "first"));
    commit(&project, "begin");
    project.git(&["branch", "prod"]);
    project
}

fn commit(project: &Project, message: &str) {
    project.git(&["add", "-A"]);
    project.git(&["commit", "-q", "--allow-empty", "-m", message]);
}

#[test]
fn changes_since_the_branch_of_the_environment_are_judged() {
    let project = project();
    project.write("libraries/schemas/a.yaml", taxonomy("a", "second"));
    commit(&project, "change");
    let said = project.assayc(&["check"]).ends(5).out;
    assert!(
        said.contains("E0502") && said.contains("Approved-by: data <ada@example.com>"),
        "{said}"
    );
    assert!(!said.contains("`b`"), "{said}");
    project.assayc(&["check", "--base", "HEAD"]).ends(0);
    project.assayc(&["check", "--base", "no-such"]).ends(2);
    project.git(&["commit", "-q", "--amend", "-m", "change\n\nApproved-by: Ada <ada@example.com>"]);
    project.assayc(&["check"]).ends(0);
    project.assayc(&["build", "--env", "prod"]).ends(0);
    // On the branch itself, the last step counts.
    project.git(&["branch", "-f", "prod", "main"]);
    project.assayc(&["check"]).ends(0);
    project.git(&["commit", "-q", "--amend", "-m", "change"]);
    project.git(&["branch", "-f", "prod", "main"]);
    project.assayc(&["check"]).ends(5);
    let said = project.assayc(&["check", "--worktree"]).ends(0).out;
    assert!(said.contains("W0610"), "{said}");
}

#[test]
fn a_merge_carries_approval_and_makes_its_author_none_of_the_authors() {
    let project = project();
    project.git(&["checkout", "-q", "-b", "feature"]);
    project.write("libraries/schemas/a.yaml", taxonomy("a", "second"));
    commit(&project, "change");
    // What came from elsewhere was approved there: merging it is no change of this branch.
    project.git(&["checkout", "-q", "main"]);
    project.write("libraries/schemas/b.yaml", taxonomy("b", "second"));
    commit(&project, "other change");
    project.git(&["branch", "-f", "prod", "main"]);
    project.git(&["checkout", "-q", "feature"]);
    project.git(&["merge", "-q", "--no-ff", "-m", "catch up", "main"]);
    let said = project.assayc(&["check"]).ends(5).out;
    assert!(said.contains("taxonomy `a`") && !said.contains("taxonomy `b`"), "{said}");
    project.git(&["checkout", "-q", "main"]);
    let message = "merge\n\nApproved-by: Ada <ada@example.com>";
    let ada = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
    let merge = ["merge", "-q", "--no-ff", "-m", message, "feature"];
    project.git(&[&ada[..], &merge].concat());
    project.assayc(&["check"]).ends(0);
    // A further change asks again.
    project.write("libraries/schemas/a.yaml", taxonomy("a", "third"));
    commit(&project, "after the approval");
    let said = project.assayc(&["check", "--base", "prod"]).ends(5).out;
    assert!(said.contains("approved of an earlier state"), "{said}");
}

#[test]
fn whoever_made_a_change_cannot_be_who_agrees_to_it() {
    let project = staged();
    changed(&project, STRICTER, "Ask more");
    promote(&project, &["--apply", "--author", ADA]).ends(0);
    project.git(&["branch", "base"]);
    let loose = "{ rule_id: fare-range, rule_type: range, column: fare, parameters: { min: -9 } }";
    let waiver = |approver: &str| {
        project.write(
            "libraries/waivers/refunds.yaml",
            format!("waiver_id: refunds\nfinding: verdict.looser\nobject: rule_set/trip-rules\nreason: Small refunds are right.\napprover: {approver}\nexpires: 2099-12-31\n"),
        );
    };
    waiver("Test <test@example.com>");
    changed(&project, loose, "Ask less");
    let words = "waiver `refunds` lets nothing pass: its approver `Test <test@example.com>` made the change \
                 of rule_set/trip-rules as `Test <test@example.com>`";
    project.assayc(&["diff", "base...HEAD", "--gate"]).ends(7).says(words);
    project.assayc(&["ci", "--base", "base"]).ends(7).says(words);
    promote(&project, &[]).ends(7).says(words);
    waiver("Grace");
    changed(&project, loose, "Somebody else agrees");
    project.assayc(&["diff", "base...HEAD", "--gate"]).ends(0).says("agreed by Grace");
    promote(&project, &[]).ends(0).says("agreed by Grace");
    waiver("Grace  # in haste");
    let grace = ["-c", "user.name=Grace", "-c", "user.email=grace@example.com"];
    project.git(&[&grace[..], &["commit", "--quiet", "--all", "--message", "Words"]].concat());
    // Comments are no part of what the waiver says, so it is not Grace who wrote it.
    project.assayc(&["diff", "base...HEAD", "--gate"]).ends(0);
    waiver("grace\nname: Small refunds");
    project.git(&[&grace[..], &["commit", "--quiet", "--all", "--message", "Words"]].concat());
    project.assayc(&["ci", "--base", "base"]).ends(7).says(
        "its approver `grace` made the change of waiver/refunds as `Grace <grace@example.com>`",
    );
    waiver("mobility-data");
    changed(&project, loose, "A team is nobody's name");
    project.assayc(&["ci", "--base", "base"]).ends(0).says("agreed by mobility-data");
    // Nobody has made what is no commit yet.
    waiver("Test");
    project.assayc(&["diff", "base", "--worktree", "--gate"]).ends(0);
}

#[test]
fn a_waiver_of_a_demand_is_not_taken_from_who_made_the_change() {
    let project = project();
    project.write("environments/prod.yaml", "environment: prod\nbranch: prod\nresults: .assay/lake\npolicy:\n  required_rules:\n    - { when: { classification: [pii] }, rules: [not_null] }\n");
    project.write(
        "libraries/schemas/s.yaml",
        "schema_id: s\ncolumns:\n  - { name: mail, data_type: text, classification: pii }\n",
    );
    project.write("libraries/contracts/c.yaml", "contract_id: c\ndatasets:\n  - { dataset_contract_id: d, schema: { schema_id: s }, source: { path: d.csv, format: csv } }\n");
    let waiver = |approver: &str| {
        project.write(
            "libraries/waivers/mail.yaml",
            format!("waiver_id: mail\nfinding: E0505\nobject: dataset_schema/s\nreason: Old forms.\napprover: {approver}\nexpires: 2099-12-31\n"),
        );
    };
    waiver("Test");
    commit(&project, "change");
    let said = "the waiver for it does not count: its approver `Test` made the change of dataset_schema/s as `Test <test@example.com>`";
    for arguments in [&["check"][..], &["check", "--base", "prod"], &["build", "--env", "prod"]] {
        project.assayc(arguments).ends(5).says("E0505").says(said).says("mail.yaml:5:11");
    }
    project.assayc(&["check", "--worktree"]).ends(0);
    waiver("Grace Hopper");
    commit(&project, "another approver");
    project.assayc(&["check"]).ends(0).says("waived until 2099-12-31 by Grace Hopper");
}

#[test]
fn codeowners_are_written_kept_and_checked() {
    let project = project();
    project.assayc(&["codeowners", "--check"]).ends(6);
    project.assayc(&["codeowners"]).ends(0);
    project.assayc(&["codeowners", "--check"]).ends(0);
    let printed = project.assayc(&["codeowners", "--output", "-"]).ends(0).out;
    assert!(printed.contains("/libraries/schemas/a.yaml @acme/data\n"), "{printed}");
    let two = format!("{}---\n{}", taxonomy("b", "x"), taxonomy("c", "x").replace("data", "else"));
    project.write("libraries/schemas/b.yaml", &two);
    let ran = project.assayc(&["codeowners", "--worktree", "--check"]).ends(0);
    assert!(ran.err.contains("W0611") && ran.err.contains("W0612"), "{}", ran.err);
    project.write("OWNERS", "* @acme/all\n");
    let refused = project.assayc(&["codeowners", "--output", "OWNERS"]).ends(2).err;
    assert!(refused.contains("# assayc: begin"), "{refused}");
}
