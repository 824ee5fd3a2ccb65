//! Approvals of real commits, merges among them, and CODEOWNERS.

use assay_testkit::Project;

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
