//! A workbook of 50,000 rules: a whole process reads and validates it.

use std::process::Command;

use assay_compiler::write::{Form, Item, write};
use assay_schemas::library::Kind;
use assay_testkit::{Project, program};
use serde_json::{Value, json};

use crate::measure::{figure, in_turns, spread};

const SETS: usize = 500;
const RULES: usize = 100;

pub(crate) fn run() {
    crate::print("workbook: 50,000 rules in one file, read to validated objects\n");
    let project = Project::new();
    project.write("environments/dev.yaml", "environment: dev\nresults: lake\n");
    project.write("libraries/rules/all.xlsx", workbook());
    let mut check = Command::new(program("assayc"));
    check.args(["check", "--worktree"]).current_dir(project.path());
    let samples = in_turns(3, &mut [check]);
    let (_, seconds, _) = spread(&samples[0], |sample| sample.seconds);
    let (_, _, memory) = spread(&samples[0], |sample| sample.mebibytes);
    figure("whole process, median", seconds, 2.0, "s");
    crate::print(&format!("       peak memory {memory:.0} MiB\n"));
}

/// The workbook.
fn workbook() -> Vec<u8> {
    let objects: Vec<_> = (0..SETS)
        .map(|set| {
            let value = rule_set(set);
            let object = Kind::RuleSet.read(&value).expect("the rule set is whole");
            (value, object)
        })
        .collect();
    let items: Vec<_> = objects.iter().map(|(value, object)| Item { value, object }).collect();
    write(&items, Form::Xlsx).expect("the workbook is written")
}

fn rule_set(set: usize) -> Value {
    let rule = |rule: usize| {
        let id = format!("rule-{rule}");
        let column = format!("column_{rule}");
        match rule % 3 {
            0 => {
                json!({ "rule_id": id, "rule_type": "not_null", "column": column, "severity": "error" })
            }
            1 => json!({ "rule_id": id, "rule_type": "range", "column": column,
                         "parameters": { "min": rule, "max": 1000 }, "severity": "warning" }),
            _ => json!({ "rule_id": id, "rule_type": "in_set", "column": column,
                         "parameters": { "values": ["a", "b", "c"] }, "message": "an unknown value" }),
        }
    };
    let rules: Vec<_> = (0..RULES).map(rule).collect();
    json!({ "rule_set_id": format!("set-{set:04}"), "version": "1.0.0", "rules": rules })
}
