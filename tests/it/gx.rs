//! Cases of Great Expectations: the same tables and checks give the same verdicts, counts, rows and figures.
//! See `tests/cases/gx/README.md`.

mod compare;
mod rule;
mod table;

use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use assay_compiler::source;
use assay_schemas::library::infra_profile::EngineName;
use assay_schemas::verdict::{Measurement, Segment};
use assay_testkit::root;
use serde_json::Value;

use crate::engines::{self, Answer};
use table::Case;

/// What became of a case; `Unmapped` where no family knows its expectation.
enum Outcome {
    Agrees,
    Disagrees(String),
    Unmapped,
}

/// Reasons by case and by expectation, as `disagree.yaml` states them.
struct Listed {
    cases: BTreeMap<String, String>,
    expectations: BTreeMap<String, String>,
}

fn listed() -> Listed {
    let path = root().join("tests/cases/gx/disagree.yaml");
    let bytes = fs::read(&path).expect("the list is read");
    let reading = source::read("disagree.yaml", &bytes);
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    let value = reading.objects[0].to_value();
    let reasons = |part: &str| {
        let entries = value[part].as_object().into_iter().flatten();
        entries
            .map(|(name, reason)| {
                let reason = reason.as_str().unwrap_or_default();
                assert!(reason.len() > 10, "{part}: {name} has no reason");
                (name.clone(), reason.to_owned())
            })
            .collect()
    };
    Listed { cases: reasons("cases"), expectations: reasons("expectations") }
}

fn cases(file: &str) -> Vec<Case> {
    let path = root().join("tests/cases/gx").join(file);
    let text = fs::read_to_string(path).expect("the cases are read");
    text.lines().map(|line| serde_json::from_str(line).expect("a case is an object")).collect()
}

fn outcome(case: &Case, engine: EngineName) -> Outcome {
    let Some(mapped) = rule::of(case) else { return Outcome::Unmapped };
    let answer = match mapped["each"].as_array() {
        Some(rules) => together(case, rules, engine),
        None => engines::answer(&case.written(mapped), engine),
    };
    match compare::compare(case, &answer) {
        Ok(()) => Outcome::Agrees,
        Err(reason) => Outcome::Disagrees(reason),
    }
}

/// The answer of several rules: the worst of their verdicts, and what each of them measured.
fn together(case: &Case, rules: &[Value], engine: EngineName) -> Result<Answer, String> {
    let answers: Result<Vec<Answer>, String> =
        rules.iter().map(|rule| engines::answer(&case.written(rule.clone()), engine)).collect();
    let answers = answers?;
    let verdict = answers.iter().map(|answer| answer.verdict).find(|verdict| *verdict != "pass");
    let parts: Vec<Segment> = answers
        .into_iter()
        .map(|answer| Segment { key: Vec::new(), measurement: answer.measurement })
        .collect();
    let measurement = Measurement::Segments {
        segments: parts.len() as u64,
        failing: 0,
        evaluated: None,
        violations: None,
        parts,
    };
    let verdict = verdict.unwrap_or("pass");
    Ok(Answer { verdict, measurement, rows: Vec::new(), segments: Vec::new(), handed: None })
}

/// The outcome of every case, computed by a thread for each processor.
fn outcomes(cases: &[Case], engine: EngineName) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((index, case)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    cases.get(index).map(|case| (index, case))
                } {
                    let outcome = outcome(case, engine);
                    found.lock().expect("no thread fails").push((index, outcome));
                }
            });
        }
    });
    let mut found = found.into_inner().expect("no thread fails");
    found.sort_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, outcome)| outcome).collect()
}

/// Runs a file of cases; `least` is the share in percent that must agree.
fn all(file: &str, (count, least): (usize, usize), engine: EngineName) {
    let cases = cases(file);
    assert_eq!(cases.len(), count, "the cases are gone");
    let listed = listed();
    let (mut agree, mut unmapped, mut faults) = (0, 0, Vec::new());
    for (case, outcome) in cases.iter().zip(outcomes(&cases, engine)) {
        let reason = listed.cases.get(&case.id);
        let named = format!("{} {} ({})", case.id, case.expectation, case.title);
        match outcome {
            Outcome::Agrees => {
                agree += 1;
                if reason.is_some() {
                    faults.push(format!("{named}\n    agrees: take it off the list"));
                }
            }
            Outcome::Unmapped => {
                unmapped += 1;
                if !listed.expectations.contains_key(&case.expectation) {
                    faults.push(format!("{named}\n    no family knows the expectation"));
                }
            }
            Outcome::Disagrees(_) if reason.is_some() => {}
            Outcome::Disagrees(found) => faults.push(format!("{named}\n    {found}")),
        }
    }
    println!(
        "{file} on {}: {count} cases, {agree} agree, {unmapped} without a counterpart",
        engine.name()
    );
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    assert!(agree * 100 >= least * count, "less than {least} % of {file} agree");
}

#[test]
fn the_list_names_only_what_is_there() {
    let all: Vec<_> = ["core.jsonl", "contrib.jsonl"].iter().flat_map(|file| cases(file)).collect();
    let listed = listed();
    for id in listed.cases.keys() {
        assert!(all.iter().any(|case| case.id == *id), "there is no case {id}");
    }
    for name in listed.expectations.keys() {
        let case = all.iter().find(|case| case.expectation == *name);
        let case = case.unwrap_or_else(|| panic!("there is no expectation {name}"));
        assert!(rule::of(case).is_none(), "{name} has a counterpart: take it off the list");
    }
}

#[test]
fn core_cases_agree() {
    for engine in engines::ENGINES {
        all("core.jsonl", (224, 98), engine);
    }
}

#[test]
fn contributed_cases_agree() {
    for engine in engines::ENGINES {
        all("contrib.jsonl", (245, 90), engine);
    }
}

/// A number, also one that JSON cannot hold.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value["$num"].as_str()?.parse().ok())
}
