//! Reports as hosts read them: SARIF against its published schema, annotations of a change, and what the
//! command line does with many findings.

use std::fs;

use assay_compiler::compile::compile;
use assay_compiler::report::{Form, Report};
use assay_testkit::{Project, parts, root, snapshot};
use serde_json::Value;

fn sarif_schema() -> jsonschema::Validator {
    let path = root().join("tests/cases/sarif/sarif-schema-2.1.0.json");
    let text = fs::read_to_string(path).expect("the schema is read");
    // One pattern has a bracket too many, which only ECMAScript without its `u` flag lets pass.
    let text = text.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
    let schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is valid")
}

#[test]
fn sarif_logs_satisfy_their_schema() {
    let validator = sarif_schema();
    let base = fs::read_to_string(root().join("tests/compile/base.case")).expect("it is read");
    let mut fixes = 0;
    for folder in ["tests/compile", "tests/fixes"] {
        for entry in fs::read_dir(root().join(folder)).expect("the cases are listed").flatten() {
            let path = entry.path();
            if path.extension().is_none_or(|ending| ending != "case") {
                continue;
            }
            let own = parts(&fs::read_to_string(&path).expect("the case is read"));
            let mut files: std::collections::BTreeMap<_, _> = parts(&base).into_iter().collect();
            files.extend(own.into_iter().filter(|(path, _)| path.contains('/')));
            files.retain(|path, _| !path.starts_with("fixed "));
            let compiled = compile(&snapshot(files.into_iter().collect()), &|_| true);
            let report = Report {
                root: "data quality/ä",
                ..Report::new(&compiled.diagnostics, &compiled.files)
            };
            let log: Value =
                serde_json::from_str(&report.render(Form::Sarif)).expect("a log is JSON");
            let errors: Vec<_> = validator.iter_errors(&log).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{}: {errors:?}", path.display());
            fixes += log["runs"][0]["results"]
                .as_array()
                .map_or(0, |results| results.iter().filter(|r| r.get("fixes").is_some()).count());
        }
    }
    assert!(fixes > 5, "logs carry the changes that can be made: {fixes}");
    let wrong = serde_json::json!({"version": "2.1.0", "runs": [{}]});
    assert!(!validator.is_valid(&wrong), "the schema is in force");
}

/// A project of `count` rule sets, each with a field that is unknown.
fn project(count: usize) -> Project {
    let project = Project::new();
    for (path, text) in
        parts(&fs::read_to_string(root().join("tests/compile/base.case")).expect("it is read"))
    {
        project.write(&path, text);
    }
    for number in 0..count {
        let text = format!(
            "rule_set_id: r{number}\nzzz: 1\nrules:\n  - {{ rule_id: a, rule_type: not_null, column: c }}\n"
        );
        project.write(&format!("libraries/rules/r{number:03}.yaml"), text);
    }
    project
}

#[test]
fn findings_of_a_change_are_annotated_first() {
    let project = project(30);
    project.commit("many faults");
    project.git(&["checkout", "--quiet", "-b", "change"]);
    project.write("libraries/rules/r029.yaml", "rule_set_id: r029\nrules: []\nyyy: 2\n");
    project.commit("one more");
    let ran = project.assayc(&["check", "--format", "github", "--touched", "main"]).ends(3);
    let first = ran.out.lines().next().unwrap_or_default();
    assert!(first.starts_with("::error file=libraries/rules/r029.yaml,line=3,"), "{first}");
    let of = |kind: &str| ran.out.lines().filter(|line| line.starts_with(kind)).count();
    assert_eq!((of("::error"), of("::notice")), (10, 1), "{}", ran.out);
    let lost = project.assayc(&["check", "--touched", "nowhere"]).ends(2);
    assert!(lost.err.contains("has no commit `nowhere`"), "{}", lost.err);
}

#[test]
fn many_findings_are_cut_short_for_people_alone() {
    let project = project(60);
    let ran = project.assayc(&["check", "--worktree"]).ends(3);
    assert_eq!(ran.out.matches("error[E0203]").count(), 50);
    let last = "60 errors in 60 files; 10 not shown, `--max 0` shows all\n";
    assert!(ran.out.contains("    60  E0203  unknown field\n"), "{}", ran.out);
    assert!(ran.out.ends_with(last), "{}", ran.out);
    let all = project.assayc(&["check", "--worktree", "--max", "0"]).ends(3);
    assert_eq!(all.out.matches("error[E0203]").count(), 60);
    let machine = project.assayc(&["check", "--worktree", "--format", "json"]).ends(3);
    assert_eq!(machine.out.matches("\"E0203\"").count(), 60);
}

#[test]
fn colour_and_quiet_do_as_told() {
    let project = project(1);
    let told = |arguments: &[&str]| {
        let arguments = [&["check", "--worktree"], arguments].concat();
        project.assayc(&arguments).out
    };
    assert!(!told(&[]).contains('\u{1b}'), "no terminal, no colour");
    assert!(told(&["--color", "always"]).contains('\u{1b}'));
    assert!(!told(&["--color", "never"]).contains('\u{1b}'));
    assert!(told(&["--quiet"]).contains("E0203"), "what fails the command is shown");
    fs::remove_file(project.path().join("libraries/rules/r000.yaml")).expect("it is removed");
    assert_eq!(told(&["--quiet"]), "");
    assert!(told(&[]).contains("compile for dev"));
}

#[test]
fn reviews_look_as_they_should_in_every_form() {
    let project = Project::new();
    for (path, text) in
        parts(&fs::read_to_string(root().join("tests/compile/base.case")).expect("it is read"))
    {
        project.write(&path, text);
    }
    project.write("libraries/governance/g.yaml", "governance_profile_id: g\nowners: [mobility]\n");
    project.commit("The beginning");
    project.git(&["branch", "base"]);
    project.write(
        "libraries/rules/trip.yaml",
        "rule_set_id: trip-rules\nrules:\n  - { rule_id: fare-there, rule_type: not_null, column: fare, max_violation_ratio: 0.05 }\n  - { rule_id: fare-range, rule_type: range, column: fare, parameters: { min: 0 } }\n",
    );
    project.write(
        "libraries/waivers/w.yaml",
        "- { waiver_id: agreed, finding: verdict.looser, object: rule_set/trip-rules, reason: Some have none., approver: Ada, expires: 2026-12-31 }\n- { waiver_id: slip, finding: coverage.less, object: rule_set/trip-rules, reason: A slip., approver: Ada, expires: 2026-12-31 }\n",
    );
    fs::remove_file(project.path().join("libraries/governance/g.yaml")).expect("it is removed");
    project.commit("A change");
    let shown = |form: &str| project.assayc(&["diff", "base..HEAD", "--format", form]).ends(0).out;
    for form in ["human", "markdown", "github", "gitlab", "junit"] {
        insta::assert_snapshot!(format!("review-{form}"), shown(form));
    }
    let log: Value = serde_json::from_str(&shown("sarif")).expect("a log is JSON");
    let errors: Vec<_> = sarif_schema().iter_errors(&log).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let levels: Vec<_> = log["runs"][0]["results"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|result| result["level"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert!(
        levels.contains(&"error".to_owned()) && levels.contains(&"note".to_owned()),
        "{levels:?}"
    );
    let found: Value = serde_json::from_str(&shown("json")).expect("it is JSON");
    assert_eq!(found["summary"]["gating"], 1, "the profile that is gone");
    assert_eq!(found["summary"]["waived"], 1);
    assert_eq!(found["waivers_without_finding"][0]["waiver_id"], "slip");
    project.assayc(&["diff", "base..HEAD", "--gate"]).ends(7);
    project.assayc(&["diff", "base..HEAD", "--detailed-exitcode"]).ends(6);
    project.assayc(&["diff", "HEAD..HEAD", "--gate", "--detailed-exitcode"]).ends(0);
}

#[test]
fn a_base_that_does_not_compile_lets_nothing_pass_unseen() {
    let project = Project::new();
    for (path, text) in
        parts(&fs::read_to_string(root().join("tests/compile/base.case")).expect("it is read"))
    {
        project.write(&path, text);
    }
    let sound =
        fs::read_to_string(project.path().join("libraries/rules/trip.yaml")).expect("it is read");
    project.write("libraries/rules/trip.yaml", "rule_set_id: [");
    project.commit("Broken");
    project.git(&["branch", "base"]);
    project.write("libraries/rules/trip.yaml", sound);
    project.commit("Mended");
    project.assayc(&["ci", "--base", "base"]).ends(7).says("cannot be told");
    project.assayc(&["ci", "--base", "base", "--inform"]).ends(0).says("cannot be told");
    project.assayc(&["ci", "--base", "HEAD", "--rev", "base"]).ends(3);
}
