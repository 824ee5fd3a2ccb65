//! Samples of every kind: the published JSON Schema and the compiler agree on each.

use std::fs;
use std::path::PathBuf;

use assay_compiler::source;
use assay_schemas::library::Kind;
use assay_schemas::library::environment::Environment;
use assay_schemas::library::project::Project;
use assay_schemas::{action, cleanse, json, rule};
use assay_testkit::root;
use serde_json::{Value, json as value};

/// Kind, path and value of every sample in a folder of `tests/samples`.
fn samples(folder: &str) -> Vec<(String, PathBuf, Value)> {
    let mut samples = Vec::new();
    let top = root().join("tests/samples").join(folder);
    for kind in fs::read_dir(&top).expect("the samples are listed").flatten() {
        for file in fs::read_dir(kind.path()).expect("the samples are listed").flatten() {
            let path = file.path();
            let bytes = fs::read(&path).expect("the sample is read");
            let reading = source::read(&path.to_string_lossy(), &bytes);
            assert!(reading.problems.is_empty(), "{}: {:?}", path.display(), reading.problems);
            for node in reading.objects {
                let name = kind.file_name().to_string_lossy().into_owned();
                samples.push((name, path.clone(), node.to_value()));
            }
        }
    }
    samples.sort_by(|a, b| a.1.cmp(&b.1));
    samples
}

fn read(kind: &str, value: &Value) -> Result<(), String> {
    let problems = match Kind::named(kind) {
        Some(kind) => kind.read(value).err(),
        None if kind == "environment" => Environment::read(value).err(),
        None if kind == "project" => Project::read(value).err(),
        None => panic!("no kind `{kind}`"),
    };
    problems.map_or(Ok(()), |problems| Err(format!("{problems:?}")))
}

fn schema(kind: &str) -> jsonschema::Validator {
    let documents = json::documents();
    let (_, text) = documents.iter().find(|(name, _)| name == kind).expect("the kind has a schema");
    let schema: Value = serde_json::from_str(text).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is valid")
}

#[test]
fn valid_samples_pass_both() {
    for (kind, path, value) in samples("valid") {
        let validator = schema(&kind);
        let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
        read(&kind, &value).unwrap_or_else(|problems| panic!("{}: {problems}", path.display()));
    }
}

#[test]
fn invalid_samples_pass_neither() {
    for (kind, path, value) in samples("invalid") {
        assert!(!schema(&kind).is_valid(&value), "{}: the schema takes it", path.display());
        assert!(read(&kind, &value).is_err(), "{}: the compiler takes it", path.display());
    }
}

#[test]
fn every_kind_has_samples() {
    for folder in ["valid", "invalid"] {
        let found: Vec<_> = samples(folder).into_iter().map(|(kind, ..)| kind).collect();
        let kinds = Kind::ALL.iter().map(|kind| kind.name()).chain(["environment"]);
        let missing: Vec<_> =
            kinds.filter(|kind| !found.iter().any(|found| found == kind)).collect();
        assert!(missing.is_empty(), "tests/samples/{folder} lacks {missing:?}");
    }
}

#[test]
fn published_schemas_are_up_to_date() {
    for (name, text) in json::documents() {
        let path = root().join("schemas/json").join(format!("{name}.json"));
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "{} is stale: run `just fix`", path.display());
    }
}

fn object(yaml: &str) -> Value {
    let reading = source::read("example.yaml", yaml.as_bytes());
    assert!(reading.problems.is_empty(), "{yaml}\n{:?}", reading.problems);
    reading.objects[0].to_value()
}

#[test]
fn the_examples_of_every_rule_type_step_and_action_are_what_they_say() {
    let rules = rule::ALL.iter().map(|unit| (unit.name(), unit.doc(), "rule_set"));
    let steps = cleanse::ALL.iter().map(|unit| (unit.name(), unit.doc(), "cleansing_policy"));
    let actions = action::ALL.iter().map(|unit| (unit.name(), unit.doc(), "action_profile"));
    for (name, doc, kind) in rules.chain(steps).chain(actions) {
        let within = |yaml: &str| match kind {
            "rule_set" => {
                value!({ "rule_set_id": "x", "catalog_entity_id": "e", "rules": [object(yaml)] })
            }
            "cleansing_policy" => value!({ "cleansing_policy_id": "x", "steps": [object(yaml)] }),
            _ => value!({ "action_profile_id": "x", "actions": [object(yaml)] }),
        };
        read(kind, &within(doc.good)).unwrap_or_else(|problems| panic!("{name}: {problems}"));
        assert!(read(kind, &within(doc.bad)).is_err(), "{name}: the bad example is taken");
    }
}
