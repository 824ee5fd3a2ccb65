//! Samples of every kind: the published JSON Schema and the compiler agree on each.

use std::fs;
use std::path::PathBuf;

use assay_compiler::{scaffold, source};
use assay_schemas::library::environment::Environment;
use assay_schemas::library::project::Project;
use assay_schemas::library::{Authored, Kind};
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
        let least = if folder == "invalid" { 2 } else { 1 };
        let count = |kind: &&str| found.iter().filter(|found| found == kind).count();
        let missing: Vec<_> = kinds.filter(|kind| count(kind) < least).collect();
        assert!(missing.is_empty(), "tests/samples/{folder} lacks {missing:?}");
    }
}

#[test]
fn published_schemas_are_up_to_date() {
    let mut expected = Vec::new();
    for (name, text) in scaffold::schemas() {
        let path = root().join("schemas/json").join(&name);
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "{} is stale: run `just fix`", path.display());
        expected.push(name);
    }
    let there = fs::read_dir(root().join("schemas/json")).expect("the schemas are listed");
    let mut there: Vec<_> =
        there.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    there.sort();
    expected.sort();
    assert_eq!(there, expected, "files that no longer belong here");
}

/// The schemas of folders take what the schemas of their kinds take, and nothing else.
#[test]
fn editors_find_the_schema_of_every_file() {
    let schemas = scaffold::schemas();
    let value = |name: &str| -> Value {
        let (_, text) = schemas.iter().find(|(file, _)| file == name).expect("a listed schema");
        serde_json::from_str(text).expect("the schema is JSON")
    };
    let catalog = value("index.json");
    for kind in Kind::ALL {
        let glob = format!("**/libraries/{}/**/*.yaml", kind.folder());
        let entries = catalog["schemas"].as_array().expect("the catalog lists schemas");
        let entry = entries
            .iter()
            .find(|entry| {
                entry["fileMatch"].as_array().is_some_and(|all| all.contains(&glob.clone().into()))
            })
            .unwrap_or_else(|| panic!("no schema for {glob}"));
        let schema = value(entry["url"].as_str().expect("an entry has a file"));
        for part in ["$id", "title", "description"] {
            assert!(schema[part].is_string(), "{}: {part}", entry["url"]);
        }
        let validator = jsonschema::validator_for(&schema).expect("the schema is valid");
        for (folder, takes) in [("valid", true), ("invalid", false)] {
            for (_, path, sample) in samples(folder).iter().filter(|s| s.0 == kind.name()) {
                assert_eq!(
                    validator.is_valid(sample),
                    takes,
                    "{}: {}",
                    entry["url"],
                    path.display()
                );
            }
        }
        let example = scaffold::sample(kind.name())
            .unwrap_or_else(|| panic!("{} has no example", kind.name()));
        assert!(validator.is_valid(&object(example)), "{}", kind.name());
        assert!(value(&format!("{}.json", kind.name()))["examples"][0].is_object());
    }
}

/// Whatever is done to a valid sample, the published schema refuses nothing that the compiler takes, and takes
/// nothing that the compiler refuses by shape.
#[test]
fn schema_and_compiler_agree_on_every_change_of_a_sample() {
    let (mut tried, mut refused) = (0, 0);
    for (name, path, sample) in samples("valid") {
        let validator = schema(&name);
        let plain = Kind::named(&name).filter(|kind| *kind.authored() == Authored::PLAIN);
        for changed in changes(&sample) {
            tried += 1;
            let takes = validator.is_valid(&changed);
            refused += usize::from(!takes);
            assert!(
                takes || read(&name, &changed).is_err(),
                "{}: only the schema refuses {changed}",
                path.display()
            );
            let by_shape = plain.map(|kind| kind.shape().check(&changed)).unwrap_or_default();
            assert!(
                !takes || by_shape.is_empty(),
                "{}: only the compiler refuses {changed}: {by_shape:?}",
                path.display()
            );
        }
    }
    println!("{tried} changes, {refused} refused by the schema");
    assert!(refused > 500, "{refused} of {tried}");
}

/// The value with one thing changed, in every way and at every place.
fn changes(value: &Value) -> Vec<Value> {
    let mut pointers = vec![String::new()];
    let mut next = 0;
    while let Some(pointer) = pointers.get(next).cloned() {
        next += 1;
        match value.pointer(&pointer) {
            Some(Value::Object(fields)) => pointers.extend(
                fields
                    .keys()
                    .map(|key| format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))),
            ),
            Some(Value::Array(items)) => {
                pointers.extend((0..items.len()).map(|index| format!("{pointer}/{index}")));
            }
            _ => {}
        }
    }
    let others =
        [value!(-1), value!("§ §"), value!(true), value!([]), value!({"zzz": 1}), value!(1e300)];
    let mut changed = Vec::new();
    for pointer in pointers {
        let mut put = |new: &dyn Fn(&mut Value)| {
            let mut copy = value.clone();
            copy.pointer_mut(&pointer).into_iter().for_each(new);
            changed.push(copy);
        };
        if !pointer.is_empty() {
            others.iter().for_each(|other| put(&|place| *place = other.clone()));
        }
        if let Some(Value::Object(fields)) = value.pointer(&pointer) {
            put(&|place| place["zzz"] = value!(1));
            for key in fields.keys() {
                put(&|place| {
                    place.as_object_mut().map(|fields| fields.remove(key));
                });
            }
        }
    }
    changed
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
