//! Libraries with faults and what `check --fix` makes of them. See `tests/fixes/README.md`.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;

use assay_compiler::compile::compile;
use assay_compiler::fix::{Fixed, fix};
use assay_testkit::{Project, parts, root, snapshot};

fn fixed(files: Vec<(String, String)>) -> Fixed {
    let result: Result<_, Infallible> = fix(snapshot(files), |files| Ok(compile(files, &|_| true)));
    match result {
        Ok(fixed) => fixed,
        Err(never) => match never {},
    }
}

fn base() -> Vec<(String, String)> {
    let path = root().join("tests/compile/base.case");
    parts(&fs::read_to_string(path).expect("the base is read"))
}

#[test]
fn every_case_becomes_what_it_must() {
    let folder = root().join("tests/fixes");
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the cases are listed").flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|ending| ending != "case") {
            continue;
        }
        count += 1;
        let name = path.display();
        let mut files: BTreeMap<_, _> = base().into_iter().collect();
        let mut expected = BTreeMap::new();
        let mut left = Vec::new();
        for (path, text) in parts(&fs::read_to_string(&path).expect("the case is read")) {
            if let Some(path) = path.strip_prefix("fixed ") {
                expected.insert(path.to_owned(), text);
            } else if path == "left" {
                left = text.split_whitespace().map(str::to_owned).collect();
            } else {
                files.insert(path, text);
            }
        }
        let fixed = fixed(files.into_iter().collect());
        let codes: Vec<_> =
            fixed.compiled.diagnostics.iter().map(|found| found.code.id()).collect();
        let changed: BTreeMap<_, _> = fixed
            .changed
            .iter()
            .map(|file| {
                let text = String::from_utf8(file.after.to_vec()).expect("a text stays one");
                (file.path.clone(), text)
            })
            .collect();
        assert_eq!(changed, expected, "{name}: {:#?}", fixed.compiled.diagnostics);
        let mut found = codes.clone();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, left, "{name}: {:#?}", fixed.compiled.diagnostics);
    }
    assert!(count >= 5, "the cases are gone");
}

/// A project with one slip in a file with Windows line ends, a byte order mark and wide characters.
fn project() -> (Project, String, String) {
    let project = Project::new();
    for (path, text) in base() {
        project.write(&path, text);
    }
    let rules = "\u{feff}# Fahrten 🚕\r\nrule_set_id: trip-rules\r\nownr: Käse\r\nrules:\r\n  - { rule_id: a, rule_type: not_null, column: fare }\r\n";
    project.write("libraries/rules/trip.yaml", rules);
    (project, rules.to_owned(), rules.replace("ownr", "owner"))
}

#[test]
fn a_dry_run_shows_and_a_run_writes() {
    let (project, before, after) = project();
    let file = project.path().join("libraries/rules/trip.yaml");
    let read = || fs::read_to_string(&file).expect("the file is read");
    let dry = project.assayc(&["check", "--fix", "--dry-run"]).ends(0);
    assert!(dry.out.contains("-ownr: Käse\r\n+owner: Käse\r\n"), "{}", dry.out);
    assert_eq!(read(), before);
    let ran = project.assayc(&["check", "--fix"]).ends(0);
    let line = "fixed libraries/rules/trip.yaml:3: E0203: `ownr` is now `owner`";
    assert!(ran.out.contains(line), "{}", ran.out);
    assert_eq!(read(), after);
    let again = project.assayc(&["check", "--fix"]).ends(0);
    assert!(again.out.contains("nothing has a safe fix"), "{}", again.out);
    let listed = fs::read_dir(file.parent().expect("a folder")).expect("it is listed").count();
    assert_eq!(listed, 1, "nothing is left beside the file");
}

#[test]
fn a_report_for_machines_stays_alone_on_standard_output() {
    let (project, ..) = project();
    let ran = project.assayc(&["check", "--fix", "--dry-run", "--format", "json"]).ends(0);
    let report: serde_json::Value = serde_json::from_str(&ran.out).expect("one JSON document");
    assert_eq!(report["summary"]["errors"], 0);
    assert!(ran.err.contains("+owner"), "{}", ran.err);
    project.assayc(&["check", "--fix", "--rev", "HEAD"]).ends(2);
    project.assayc(&["check", "--dry-run"]).ends(2);
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let (project, ..) = project();
    let path = project.path().join("libraries/rules/trip.yaml");
    let bytes = fs::read(&path).expect("the file is read");
    let refused = assay_compiler::fix::replace(&path, b"something else", b"new");
    assert!(refused.is_err_and(|error| error.to_string().contains("changed meanwhile")));
    assert_eq!(fs::read(&path).expect("the file is read"), bytes);
}
