//! Libraries with the diagnostics that they must give, each written as a comment on its line:
//! `column: fare  #! E0307 no column`. See `tests/compile/README.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use assay_compiler::compile::{Approvals, Basis, Compiled, compile, compile_on};
use assay_compiler::git::SourceFile;
use assay_compiler::report::{Form, Report};
use assay_schemas::code::{Code, Level};
use assay_testkit::{parts, root, snapshot};

use crate::commits;

/// The day on which the waivers of cases are judged.
const DAY: &str = "2026-01-01";

/// A diagnostic as a case expects it: file, line from 1, code, and words of its message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Expected {
    path: String,
    line: usize,
    code: String,
    words: String,
}

/// Name, files as path and text, and expectations of a case.
type Case = (String, Vec<(String, String)>, Vec<Expected>);

/// Every case; the files of `base.case` go before those of each.
fn cases() -> Vec<Case> {
    let folder = root().join("tests/compile");
    let base = parts(&fs::read_to_string(folder.join("base.case")).expect("the base is read"));
    let mut names: Vec<_> = fs::read_dir(&folder)
        .expect("the cases are listed")
        .map(|entry| entry.expect("the cases are listed").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "case"))
        .collect();
    names.sort();
    names
        .into_iter()
        .map(|path| {
            let own = parts(&fs::read_to_string(&path).expect("the case is read"));
            let files = base.iter().chain(&own).cloned().collect();
            // A commit may replace a file; its last text says what is expected.
            let last: BTreeMap<_, _> = own.into_iter().collect();
            let expected = last.iter().flat_map(|(path, text)| expectations(path, text)).collect();
            let name = path.file_stem().expect("a case has a name").to_string_lossy().into_owned();
            (name, files, expected)
        })
        .collect()
}

fn expectations(path: &str, text: &str) -> Vec<Expected> {
    text.lines()
        .enumerate()
        .flat_map(|(index, line)| {
            line.split("#! ").skip(1).map(move |comment| {
                let (code, words) = comment.trim().split_once(' ').unwrap_or((comment.trim(), ""));
                let words = words.trim().to_owned();
                Expected { path: path.to_owned(), line: index + 1, code: code.to_owned(), words }
            })
        })
        .collect()
}

fn found(compiled: &Compiled) -> Vec<Expected> {
    compiled
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.level > Level::Note)
        .map(|diagnostic| Expected {
            path: diagnostic.primary.path.clone(),
            line: compiled.files.positions(&diagnostic.primary).map_or(1, |(start, _)| start.line),
            code: diagnostic.code.id().to_owned(),
            words: diagnostic.message.clone(),
        })
        .collect()
}

#[test]
fn every_case_gives_exactly_its_diagnostics() {
    let mut faults = Vec::new();
    let mut count = 0;
    for (name, parts, mut expected) in cases() {
        let (files, commits) = commits::read(parts);
        count += 1;
        let approvals = match &commits {
            Some(commits) => Approvals::Past(commits),
            None => Approvals::NoCommit,
        };
        let basis = Basis { day: DAY.parse().ok(), approvals };
        let compiled = compile_on(&basis, &snapshot(files), &|_| true);
        let mut found = found(&compiled);
        found.sort();
        expected.sort();
        let same = found.len() == expected.len()
            && found.iter().zip(&expected).all(|(found, expected)| {
                found.path == expected.path
                    && found.line == expected.line
                    && found.code == expected.code
                    && found.words.contains(&expected.words)
            });
        if !same {
            faults.push(format!("{name}\n  expected {expected:#?}\n  found {found:#?}"));
        }
    }
    println!("{count} cases, {} wrong", faults.len());
    assert!(count > 20, "the cases are gone");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Codes of what cannot be written as text with a comment on its line; each has a test below.
const WITHOUT_A_LINE: &[Code] = &[
    Code::Unreadable,
    Code::BadWorkbook,
    Code::NoEnvironment,
    // Those of shared libraries have their tests in `libraries.rs`.
    Code::LibraryNotLocked,
    Code::LockOutOfDate,
    Code::LibraryUnavailable,
    Code::LibraryAltered,
    Code::BadLock,
    Code::LibraryUnlocked,
    // Those of CODEOWNERS have theirs in `approvals.rs`.
    Code::OwnerWithoutHandle,
    Code::SeveralOwners,
    // What a change means has its cases in `tests/review`.
    Code::ReviewVerdict,
    Code::ReviewContract,
    Code::ReviewCoverage,
    Code::ReviewEffect,
    Code::ReviewGovernance,
];

#[test]
fn a_file_that_is_no_text_is_named() {
    let mut snapshot =
        snapshot(parts("=== environments/dev.yaml\nenvironment: dev\nresults: lake\n"));
    let files = [
        ("libraries/rules/a.yaml", &b"rule_set_id: \xff\xfe"[..]),
        ("libraries/rules/b.yaml", b"a\0b"),
    ];
    for (path, bytes) in files {
        snapshot.files.push(SourceFile::new(path, None, bytes));
    }
    let compiled = compile(&snapshot, &|_| true);
    let found: Vec<_> = compiled
        .diagnostics
        .iter()
        .map(|found| (found.primary.path.as_str(), found.code))
        .collect();
    let unreadable = Code::Unreadable;
    assert_eq!(
        found,
        [("libraries/rules/a.yaml", unreadable), ("libraries/rules/b.yaml", unreadable)]
    );
}

#[test]
fn a_project_without_environments_is_told_how_to_write_one() {
    let compiled = compile(&snapshot(Vec::new()), &|_| true);
    let [found] = compiled.diagnostics.as_slice() else { panic!("{:?}", compiled.diagnostics) };
    assert_eq!(found.code, Code::NoEnvironment);
    assert!(found.hint.as_ref().is_some_and(|hint| hint.contains("environments/dev.yaml")));
}

#[test]
fn every_code_has_a_case() {
    let elsewhere = WITHOUT_A_LINE.iter().map(|code| code.id().to_owned());
    let covered: BTreeSet<_> = cases()
        .into_iter()
        .flat_map(|(_, _, expected)| expected)
        .map(|expected| expected.code)
        .chain(elsewhere)
        .chain(crate::workbooks::codes())
        .collect();
    let missing: Vec<_> =
        Code::ALL.iter().map(|code| code.id()).filter(|id| !covered.contains(*id)).collect();
    assert!(missing.is_empty(), "codes without a case in tests/compile: {missing:?}");
}

#[test]
fn reports_look_as_they_should() {
    let name = "dangling-reference";
    let (_, files, _) =
        cases().into_iter().find(|(case, _, _)| case == name).expect("the case exists");
    let compiled = compile(&snapshot(commits::read(files).0), &|_| true);
    for (form_name, form) in Form::ALL {
        let report = Report::new(&compiled.diagnostics, &compiled.files);
        insta::assert_snapshot!(format!("report-{form_name}"), report.render(*form));
    }
}
