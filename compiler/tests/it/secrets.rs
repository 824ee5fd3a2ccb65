//! Secrets as data: what must be found, what must be left alone, and that none is ever printed.

use std::fs;

use assay_compiler::compile::{Compiled, compile};
use assay_compiler::report::{Form, Report};
use assay_compiler::source;
use assay_schemas::code::Code;
use assay_testkit::{root, snapshot};
use serde_json::Value;

const FILE: &str = "environments/dev.yaml";

/// An entry of a list: its name, the file with the value in its place, the value, and the entry itself.
fn entries(list: &str) -> Vec<(String, String, String, Value)> {
    let text = fs::read(root().join("tests/secrets").join(list)).expect("the list is read");
    let reading = source::read(list, &text);
    assert!(reading.problems.is_empty(), "{list}: {:?}", reading.problems);
    let text_of = |entry: &Value, field: &str| entry[field].as_str().unwrap_or_default().to_owned();
    reading
        .objects
        .iter()
        .map(|node| {
            let entry = node.to_value();
            let parts = entry["value"].as_array().expect("the value is a list of parts");
            let value: String = parts.iter().filter_map(Value::as_str).collect();
            let line = text_of(&entry, "line").replacen('%', &value, 1);
            let file = format!("environment: dev\nresults: .assay/lake\n{line}\n");
            (text_of(&entry, "name"), file, value, entry)
        })
        .collect()
}

fn compiled(file: &str) -> Compiled {
    compile(&snapshot(vec![(FILE.to_owned(), file.to_owned())]), &|_| true)
}

#[test]
fn secrets_are_found_and_no_form_of_the_report_shows_them() {
    let entries = entries("found.yaml");
    assert!(entries.len() > 20, "the list is gone");
    for (name, file, value, entry) in entries {
        let compiled = compiled(&file);
        let said: Vec<_> = compiled
            .diagnostics
            .iter()
            .filter(|found| found.code == Code::LiteralSecret)
            .map(|found| found.message.as_str())
            .collect();
        let [said] = said.as_slice() else { panic!("{name}: {:?}\n{file}", compiled.diagnostics) };
        let what = entry["what"].as_str().expect("the entry says what it is");
        assert!(said.contains(what), "{name}: {said}");
        if let Some(also) = entry["also"].as_str() {
            assert!(compiled.diagnostics.iter().any(|found| found.code.id() == also), "{name}");
        }
        let report = Report::new(&compiled.diagnostics, &compiled.files);
        // A part as long as this would let the rest be guessed or found.
        let telling: Vec<_> = value.split("\\n").filter(|part| part.len() >= 6).collect();
        for (form_name, form) in Form::ALL {
            let text = report.render(*form);
            assert!(text.contains("E0211"), "{name}, {form_name}");
            for part in &telling {
                assert!(!text.contains(part), "{name}, {form_name}:\n{text}");
            }
        }
    }
}

#[test]
fn what_only_resembles_a_secret_is_left_alone() {
    let entries = entries("left.yaml");
    assert!(entries.len() > 15, "the list is gone");
    for (name, file, ..) in entries {
        let found: Vec<_> = compiled(&file)
            .diagnostics
            .into_iter()
            .filter(|found| found.code == Code::LiteralSecret)
            .collect();
        assert!(found.is_empty(), "{name}: {found:?}");
    }
}

#[test]
fn the_excerpt_of_another_fault_on_the_same_line_is_masked_too() {
    let token = ["gh", "p_", "7Qm2Xv9Lr4Tz8Wc1Nb6Yk3Hd5Sf0Pj7GaZuE"].concat();
    let compiled = compiled(&format!("environment: dev\nresults: x\nvarables: {{ a: {token} }}\n"));
    let report = Report::new(&compiled.diagnostics, &compiled.files);
    insta::assert_snapshot!(report.render(Form::Human));
}
