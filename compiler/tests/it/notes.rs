//! What commands say beside their answer: files that were not read, branches that hold something else, and the
//! commands to go on with, which can be pasted as they are.

use std::process::Command;

use assay_testkit::{Project, Ran, program};
use serde_json::Value;

use crate::promotion::{ADA, STRICTER, changed, promote, staged, tip, tree};

#[test]
fn files_on_disk_that_are_not_those_of_the_commit_are_named() {
    let project = staged();
    let silent = |arguments: &[&str]| {
        let ran = project.assayc(arguments).ends(0);
        assert!(!ran.err.contains("note:"), "{}", ran.err);
    };
    silent(&["check"]);
    project.write("README.md", "No part of the library.");
    project.write("libraries/notes.txt", "Nor is this.");
    silent(&["check"]);
    let rules = "libraries/rules/trip.yaml";
    let text = std::fs::read_to_string(project.path().join(rules)).expect("it is there");
    project.write(rules, &text);
    silent(&["check"]);
    project.write(rules, format!("{text}# a comment\n"));
    let note = "note: 1 file on disk differs from the commit that was read (libraries/rules/trip.yaml); \
                `--worktree` reads the disk";
    project.assayc(&["check"]).ends(0).says(note);
    let json = project.assayc(&["check", "--format", "json"]).ends(0);
    assert!(json.err.contains(note), "{}", json.err);
    let _: Value =
        serde_json::from_str(&json.out).expect("standard output is JSON and nothing else");
    project.assayc(&["build", "--env", "dev"]).ends(0).says(note);
    // What was asked for is not what is on disk.
    silent(&["check", "--worktree"]);
    silent(&["check", "--rev", "main"]);
    silent(&["check", "--quiet"]);
    for path in ["libraries/rules/new.yaml", "libraries/rules/a/b.json", "environments/new.yml"] {
        project.write(path, "{");
    }
    std::fs::remove_file(project.path().join("environments/prod.yaml")).expect("it goes");
    project.assayc(&["check"]).ends(0).says(
        "note: 5 files on disk differ from the commit that was read (environments/new.yml, \
         environments/prod.yaml, libraries/rules/a/b.json and 2 more); `--worktree` reads the disk",
    );
}

#[test]
fn a_project_inside_of_a_repository_is_compared_with_its_own_folder() {
    let project = Project::new();
    project.write("quality/environments/dev.yaml", "environment: dev\nresults: lake\n");
    project.write("environments/dev.yaml", "environment: dev\nresults: lake\n");
    project.commit("Two projects");
    project.write("environments/dev.yaml", "environment: dev\nresults: lakes\n");
    let ran = project.assayc(&["check", "--project", "quality"]).ends(0);
    assert!(!ran.err.contains("note:"), "{}", ran.err);
    project.write("quality/environments/dev.yaml", "environment: dev\nresults: lakes\n");
    project
        .assayc(&["check", "--project", "quality"])
        .ends(0)
        .says("note: 1 file on disk differs from the commit that was read (environments/dev.yaml)");
}

#[test]
fn a_bundle_that_is_not_what_its_branch_holds_is_told() {
    let project = staged();
    let build = |rest: &[&str]| {
        let arguments = [&["build", "--env", "prod"], rest].concat();
        project.assayc(&arguments).ends(0)
    };
    let silent = |ran: Ran| assert!(!ran.err.contains("warning:"), "{}", ran.err);
    silent(build(&[]));
    project.write("README.md", "No part of the library.");
    project.commit("Words");
    silent(build(&[]));
    changed(&project, STRICTER, "Ask more");
    build(&[]).says(&format!(
        "warning: `prod` is of commit {}, and its branch `prod` is at {}: `--rev prod` seals what the branch holds",
        &tip(&project, "main")[..12],
        &tip(&project, "prod")[..12]
    ));
    silent(build(&["--rev", "prod"]));
    silent(build(&["--worktree"]));
    promote(&project, &["--apply", "--author", ADA]).ends(0);
    silent(build(&[]));
    let listed = project.assayc(&["rollback", "prod", "--list"]).ends(0).out;
    let first = listed.lines().filter_map(|line| line.split(' ').nth(2)).next_back();
    let back =
        ["rollback", "prod", "--to", first.expect("there is one"), "--apply", "--author", ADA];
    project.assayc(&[&back[..], &["--now", "2026-03-01"]].concat()).ends(0);
    let held = build(&["--now", "2026-03-31"]);
    held.says("`--rev prod` seals what the branch holds").says(&format!(
        "warning: this content of `prod` is held back until 2026-03-31, since the rollback {}",
        &tip(&project, "prod")[..12]
    ));
    assert!(!build(&["--now", "2026-04-01"]).err.contains("held back"));
    silent(build(&["--rev", "prod"]));
    project.git(&["branch", "--delete", "--force", "prod"]);
    silent(build(&[]));
}

/// Runs a command that was printed, in a folder that is not the project's.
fn pasted(line: &str) -> Ran {
    let program = program("assayc");
    let folder = program.parent().expect("it lies in a folder").to_string_lossy().into_owned();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).env("PATH", path).current_dir(std::env::temp_dir());
    Ran::from(shell.output().expect("a shell runs"))
}

/// The line of what was said that begins with a command.
fn line<'a>(said: &'a str, command: &str) -> &'a str {
    let found = said.lines().map(str::trim).find(|line| line.starts_with(command));
    found.unwrap_or_else(|| panic!("no `{command}` in {said}"))
}

#[test]
fn a_promotion_and_a_rollback_can_be_pasted() {
    let project = staged();
    let place = project.path().to_string_lossy().into_owned();
    changed(&project, STRICTER, "Ask more");
    let author = ["--author", ADA];
    let said =
        promote(&project, &[&["--project", &place, "--now", "2026-03-01"], &author[..]].concat());
    pasted(line(&said.ends(0).err, "assayc promote test prod")).ends(0);
    assert_eq!(tree(&project, "prod"), tree(&project, "test"));
    let listed = project.assayc(&["rollback", "prod", "--list"]).ends(0).out;
    let first = listed.lines().filter_map(|line| line.split(' ').nth(2)).next_back();
    let back = ["rollback", "prod", "--to", first.expect("there is one"), "--project", &place];
    let rest = ["--hold", "3", "--now", "2026-03-01"];
    let said = project.assayc(&[&back[..], &rest, &author].concat()).ends(0).err;
    pasted(line(&said, "assayc rollback prod")).ends(0).says("is held until 2026-03-04");
    // Nobody is named, so the place for the name is left.
    changed(&project, &STRICTER.replace("min: 0", "min: 1"), "Ask more");
    promote(&project, &["--job", "trips-daily"])
        .ends(0)
        .says("assayc promote test prod --job trips-daily --apply --expect")
        .says("--author \"NAME <MAIL>\"");
}

#[test]
fn the_way_out_names_the_environment_and_the_project() {
    let project = staged();
    let place = project.path().to_string_lossy().into_owned();
    let missing = |arguments: &[&str], command: &str| {
        project.assayc(arguments).ends(2).says(&format!("seal one with `{command}`"));
    };
    missing(&["show", "--env", "test"], "assayc build --env test");
    let elsewhere = format!("assayc build --env test --project {place}");
    missing(&["show", "--env", "test", "--project", &place], &elsewhere);
    missing(&["verify", ".assay/bundles/prod"], "assayc build --env prod");
    missing(&["verify", "out/head"], "assayc build --env NAME --output out/head");
    missing(
        &["drift", "--env", "prod", "--bundle", "out/it is"],
        "assayc build --env prod --output 'out/it is'",
    );
    pasted(&elsewhere).ends(0);
    project.assayc(&["show", "--env", "test", "--project", &place]).ends(0);
    project
        .assayc(&["codeowners", "--check", "--project", &place, "--style", "gitlab"])
        .ends(6)
        .says(&format!("write it with `assayc codeowners --project {place} --style gitlab`"));
    let loose = "{ rule_id: fare-there, rule_type: not_null, column: fare, max_violations: 1 }";
    project.write(
        "libraries/rules/trip.yaml",
        format!("rule_set_id: trip-rules\nrules:\n  - {loose}\n"),
    );
    project.commit("Ask less");
    project
        .assayc(&["diff", "HEAD~1..HEAD", "--gate", "--project", &place])
        .ends(7)
        .says("tolerates nothing → 1 row")
        .says(&format!("bring a waiver with it in `{place}/libraries/waivers`"));
}
