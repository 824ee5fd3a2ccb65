//! The examples on the pages of diagnostic codes: the bad one gives exactly the code, the good one nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use assay_compiler::compile::{Basis, compile_on};
use assay_compiler::git::SourceFile;
use assay_schemas::code::{Code, GROUPS, Sample};
use assay_testkit::{parts, root, snapshot};

/// Codes of what no text alone shows; where each is tried instead.
const TRIED_ELSEWHERE: &[(&str, &str)] = &[
    ("E0315", "compiler/tests/it/libraries.rs"),
    ("E0316", "compiler/tests/it/libraries.rs"),
    ("E0317", "tests/compile/library-conflict.case"),
    ("E0318", "compiler/tests/it/libraries.rs"),
    ("E0319", "compiler/tests/it/libraries.rs"),
    ("E0320", "compiler/tests/it/libraries.rs"),
    ("W0605", "compiler/tests/it/libraries.rs"),
];

/// Codes that only a history of commits gives; their examples are shown and not compiled.
const OF_COMMITS: &[&str] = &[
    "E0502", "E0503", "E0504", "E0801", "E0802", "E0803", "E0804", "E0805", "W0610", "W0611",
    "W0612",
];

/// The codes that a sound project gives with these files in it.
fn codes(samples: &[Sample]) -> BTreeSet<&'static str> {
    let base = fs::read_to_string(root().join("tests/compile/base.case")).expect("it is read");
    let mut files: BTreeMap<_, _> = parts(&base).into_iter().collect();
    let mut binary = Vec::new();
    for sample in samples {
        match sample.note {
            Some("is missing") => {
                files.remove(sample.path);
            }
            Some("saved as UTF-16") => {
                files.remove(sample.path);
                let units = std::iter::once(0xFEFF).chain(sample.text.encode_utf16());
                let bytes: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
                binary.push(SourceFile::new(sample.path, None, bytes));
            }
            Some("saved as plain text") => {
                binary.push(SourceFile::new(sample.path, None, sample.text.as_bytes()));
            }
            _ if sample.path.ends_with(".xlsx") => {
                let bytes = crate::workbooks::workbook(sample.text);
                binary.push(SourceFile::new(sample.path, None, bytes));
            }
            _ => {
                files.insert(sample.path.to_owned(), sample.text.to_owned());
            }
        }
    }
    let mut snapshot = snapshot(files.into_iter().collect());
    snapshot.files.extend(binary);
    // The day on which waivers are judged.
    let basis = Basis { day: "2026-01-01".parse().ok(), ..Basis::default() };
    let compiled = compile_on(&basis, &snapshot, &|_| true);
    compiled.diagnostics.iter().map(|found| found.code.id()).collect()
}

#[test]
fn bad_examples_give_their_code_alone_and_good_ones_nothing() {
    let elsewhere: BTreeMap<_, _> = TRIED_ELSEWHERE.iter().copied().collect();
    let mut faults = Vec::new();
    let mut tried = 0;
    for code in Code::ALL {
        let Some(page) = code.page().filter(|_| !OF_COMMITS.contains(&code.id())) else { continue };
        if let Some(test) = elsewhere.get(code.id()) {
            let path = root().join(test);
            let text = fs::read_to_string(path).expect("the test is read");
            assert!(text.contains(code.id()), "{test} does not try {}", code.id());
            continue;
        }
        tried += 1;
        let (bad, good) = (codes(&page.bad), codes(&page.good));
        if bad != BTreeSet::from([code.id()]) || !good.is_empty() {
            faults.push(format!("{}: the bad one gives {bad:?}, the good one {good:?}", code.id()));
        }
    }
    assert!(tried > 30, "the pages are gone");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_code_has_a_page() {
    let missing: Vec<_> =
        Code::ALL.iter().filter(|code| code.page().is_none()).map(|code| code.id()).collect();
    assert!(
        missing.is_empty(),
        "write `schemas/src/code/<ID>.md` as its neighbours are, and list it in `page.rs`: {missing:?}"
    );
}

#[test]
fn every_code_belongs_to_a_group() {
    for code in Code::ALL {
        let digits = &code.id()[1..3];
        assert!(GROUPS.iter().any(|(group, _)| *group == digits), "{} has no group", code.id());
    }
}
