//! Every good example compiles alone; every bad one is refused with a reason.

use assay_schemas::doc::Doc;
use assay_schemas::library::Kind;
use assay_schemas::problem::Problem;
use assay_schemas::{action, cleanse, rule};
use serde_json::{Value, json};

use crate::yaml;

fn check(name: &str, doc: &Doc, read: impl Fn(Value) -> Vec<Problem>) {
    let problems = read(yaml::read(doc.good));
    assert!(problems.is_empty(), "the good example of {name}: {problems:#?}");
    let problems = read(yaml::read(doc.bad));
    assert!(!problems.is_empty(), "nothing is wrong with the bad example of {name}");
    for problem in problems {
        assert!(!problem.message.is_empty() && !problem.message.ends_with('.'), "{name}");
    }
}

fn problems(kind: Kind, value: &Value) -> Vec<Problem> {
    kind.read(value).err().unwrap_or_default()
}

#[test]
fn rules() {
    for rule_type in rule::ALL {
        check(rule_type.name(), rule_type.doc(), |rule| {
            problems(Kind::RuleSet, &json!({"rule_set_id": "s", "rules": [rule]}))
        });
    }
}

#[test]
fn steps() {
    for step_type in cleanse::ALL {
        check(step_type.name(), step_type.doc(), |step| {
            problems(Kind::CleansingPolicy, &json!({"cleansing_policy_id": "p", "steps": [step]}))
        });
    }
}

#[test]
fn actions() {
    for action_type in action::ALL {
        check(action_type.name(), action_type.doc(), |action| {
            problems(Kind::ActionProfile, &json!({"action_profile_id": "p", "actions": [action]}))
        });
    }
}
