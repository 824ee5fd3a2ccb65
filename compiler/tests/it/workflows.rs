//! What users copy for their pull requests: the steps of the workflows, run here as a runner would.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use assay_testkit::{Project, Ran, program, root};
use serde_json::Value;

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
    variables.insert("INFORM", "true".to_owned());
    run(&project, &scripts["Check and review"], &variables).ends(0);

    variables.insert("ASSAYC_SHA256", "0".repeat(64));
    let refused = run(&project, &scripts["Install assayc"], &variables);
    assert_ne!(refused.code, 0, "another archive than the one that was named is not installed");
}

#[test]
fn workflows_read_and_hold_no_secret() {
    for name in ["review", "publish", "drift"] {
        let path = format!(".github/workflows/data-quality-{name}.yml");
        let workflow = read(&path);
        assert_eq!(workflow["permissions"], serde_json::json!({ "contents": "read" }), "{path}");
        let text = fs::read_to_string(root().join(&path)).expect("it is read");
        assert!(!text.contains("secrets."), "{path}");
        for job in workflow["jobs"].as_object().into_iter().flatten().map(|(_, job)| job) {
            for uses in job["steps"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|step| step["uses"].as_str())
            {
                let pinned = uses.split_once('@').is_some_and(|(_, at)| at.len() == 40);
                assert!(uses.starts_with("./") || pinned, "{path}: {uses} is pinned to no commit");
            }
            // What a runner replaces stands in variables, never in a script.
            for script in steps(job).values() {
                assert!(!script.contains("${{"), "{path}: {script}");
            }
        }
    }
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
