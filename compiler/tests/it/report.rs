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
