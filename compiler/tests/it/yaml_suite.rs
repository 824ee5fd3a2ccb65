//! Every input of the YAML test suite is read to exactly the value it must give, or refused with a
//! diagnostic: never a panic, never another value.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::Path;

use assay_compiler::source::{self, Documents, LocatedProblem, Node};
use assay_schemas::code::Code;
use serde_json::Value;

/// Good YAML that the language leaves out: why, the code it is refused with, and the inputs.
const BY_DESIGN: &[(&str, Code, &[&str])] = &[
    (
        "a tag",
        Code::Unsupported,
        &[
            "BU8L", "C4HZ", "CC74", "CUP7", "EHF6", "F2C7", "FH7J", "HMQ5", "J7PZ", "L94M", "LE5A",
            "M5C3",
        ],
    ),
    (
        "a YAML version other than 1.2",
        Code::Unsupported,
        &["BEC7", "MUS6/02", "MUS6/03", "MUS6/04"],
    ),
    ("a key that is a list", Code::Unsupported, &["KK5P", "LX3P", "M2N8/01", "M5DY"]),
    ("an empty key", Code::Unsupported, &["CFD4", "DFF7", "FRK4", "M2N8/00"]),
];

#[derive(serde::Deserialize)]
struct Case {
    id: String,
    yaml: String,
    error: bool,
    documents: Option<Vec<Value>>,
}

enum Outcome {
    /// Read to the expected value.
    Agrees,
    /// Not YAML, and refused.
    Refused,
    /// YAML, but left out of the language.
    ByDesign(Code),
    /// Accepted although it is not YAML, or read to another value.
    Wrong(String),
}

#[test]
fn every_input_is_read_right_or_refused() -> Result<(), Box<dyn Error>> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut by_design = BTreeSet::new();
    let mut wrong = Vec::new();
    for case in cases()? {
        let name = match judge(&case) {
            Outcome::Agrees => "agrees",
            Outcome::Refused => "refused, not YAML",
            Outcome::ByDesign(code) => {
                by_design.insert((case.id, code));
                "refused by design"
            }
            Outcome::Wrong(what) => {
                wrong.push(format!("{}: {what}", case.id));
                "wrong"
            }
        };
        *counts.entry(name).or_default() += 1;
    }
    println!("{counts:?}");
    for (reason, code, ids) in BY_DESIGN {
        println!("{} {reason}: {}", code.id(), ids.join(" "));
    }
    assert_eq!(wrong, Vec::<String>::new());
    let expected: BTreeSet<_> = BY_DESIGN
        .iter()
        .flat_map(|(_, code, ids)| ids.iter().map(|id| ((*id).to_owned(), *code)))
        .collect();
    assert_eq!(by_design, expected);
    Ok(())
}

/// Files are cut off and edited halfway; whatever is left is read or refused, with good places.
#[test]
fn no_part_of_an_input_upsets_the_reader() -> Result<(), Box<dyn Error>> {
    for case in cases()? {
        for (cut, _) in case.yaml.char_indices() {
            for part in [&case.yaml[..cut], &case.yaml[cut..]] {
                let problems = source::documents("case.yaml", part.as_bytes()).problems;
                let bad = problems.iter().find(|problem| !well_placed(problem, part));
                assert_eq!(bad, None, "{part:?}");
                source::documents("case.json", part.as_bytes());
            }
        }
    }
    Ok(())
}

/// The JSON reader gives the same tree for the same values.
#[test]
fn the_values_read_the_same_from_json() -> Result<(), Box<dyn Error>> {
    for case in cases()? {
        for value in case.documents.iter().flatten() {
            let Documents { roots, problems, .. } =
                source::documents("case.json", value.to_string().as_bytes());
            assert_eq!(problems, [], "{}", case.id);
            assert!(roots.iter().all(|root| equal(&root.to_value(), value)), "{}", case.id);
            assert_eq!(roots.len(), 1);
        }
    }
    Ok(())
}

fn cases() -> Result<Vec<Case>, Box<dyn Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases/yaml/yaml.jsonl");
    let lines = std::fs::read_to_string(&path)?;
    Ok(lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

fn judge(case: &Case) -> Outcome {
    let Documents { roots, problems, .. } = source::documents("case.yaml", case.yaml.as_bytes());
    // Reading for objects must not panic either, and finds at least as much.
    let reading = source::read("case.yaml", case.yaml.as_bytes());
    if reading.problems.len() < problems.len() {
        return Outcome::Wrong("problems were lost".to_owned());
    }
    if let Some(problem) = problems.iter().find(|problem| !well_placed(problem, &case.yaml)) {
        return Outcome::Wrong(format!("a place outside the file: {problem:?}"));
    }
    match (problems.first(), case.error, &case.documents) {
        (Some(_), true, _) => Outcome::Refused,
        (Some(problem), false, _) => Outcome::ByDesign(problem.code),
        (None, true, _) => Outcome::Wrong("accepted although it is not YAML".to_owned()),
        (None, false, None) => Outcome::Wrong("accepted although it has no JSON value".to_owned()),
        (None, false, Some(expected)) => {
            let found: Vec<Value> = roots.iter().map(Node::to_value).collect();
            let same = found.len() == expected.len()
                && found.iter().zip(expected).all(|(found, expected)| equal(found, expected));
            let what = || format!("read as {found:?}, expected {expected:?}");
            if same { Outcome::Agrees } else { Outcome::Wrong(what()) }
        }
    }
}

/// The place is given, inside the text, and between characters.
fn well_placed(problem: &LocatedProblem, text: &str) -> bool {
    let mut places = problem.related.iter().map(|(span, _)| span).chain(&problem.span);
    problem.span.is_some()
        && places.all(|span| text.get(span.start as usize..span.end as usize).is_some())
}

/// Equal values; numbers by value, since JSON does not tell 1 from 1.0.
fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let found = |key| other.get(key);
            one.len() == other.len()
                && one.iter().all(|(key, one)| found(key).is_some_and(|other| equal(one, other)))
        }
        _ => one == other,
    }
}
