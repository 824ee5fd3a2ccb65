//! The quick answer of a shape and the check that explains say the same, of samples and of what is made of them.

use std::fs;

use assay_compiler::source;
use assay_schemas::library::Kind;
use assay_testkit::root;
use serde_json::{Value, json};

/// Every sample of every kind, valid or not.
fn samples() -> Vec<Value> {
    let mut values = Vec::new();
    for folder in ["valid", "invalid"] {
        let top = root().join("tests/samples").join(folder);
        for kind in fs::read_dir(&top).expect("the samples are listed").flatten() {
            for file in fs::read_dir(kind.path()).expect("the samples are listed").flatten() {
                let bytes = fs::read(file.path()).expect("the sample is read");
                let reading = source::read(&file.path().to_string_lossy(), &bytes);
                values.extend(reading.objects.iter().map(source::Node::to_value));
            }
        }
    }
    values
}

/// Every place of a value.
fn places(value: &Value, at: String, found: &mut Vec<String>) {
    let below: Vec<_> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, field)| (key.replace('~', "~0").replace('/', "~1"), field))
            .collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect()
        }
        _ => Vec::new(),
    };
    for (key, field) in below {
        places(field, format!("{at}/{key}"), found);
    }
    found.push(at);
}

/// What a value becomes where one place in it is another one.
fn mutations(value: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    places(value, String::new(), &mut found);
    let others =
        json!([null, true, -1, 7, 1.5, 1e300, "", "x", "1d", "2026-01-31", [], {}, { "extra": 1 }]);
    let mut changed = Vec::new();
    for at in found {
        for other in others.as_array().into_iter().flatten() {
            let mut copy = value.clone();
            if let Some(place) = copy.pointer_mut(&at) {
                *place = other.clone();
                changed.push(copy);
            }
        }
        let mut copy = value.clone();
        match copy.pointer_mut(&at) {
            Some(Value::Object(fields)) => {
                for key in fields.keys().cloned().collect::<Vec<_>>() {
                    let mut without = value.clone();
                    if let Some(Value::Object(fields)) = without.pointer_mut(&at) {
                        fields.remove(&key);
                    }
                    changed.push(without);
                }
                fields.insert("unheard of".to_owned(), json!(1));
                changed.push(copy);
            }
            Some(Value::Array(items)) if !items.is_empty() => {
                items.push(items[0].clone());
                changed.push(copy);
            }
            _ => {}
        }
    }
    changed
}

#[test]
fn both_ways_say_the_same() {
    let (mut fitting, mut not) = (0, 0);
    for sample in samples() {
        for value in [&sample].into_iter().chain(&mutations(&sample)) {
            for kind in Kind::ALL {
                // Of the other kinds, the sample itself is enough.
                if !std::ptr::eq(value, &sample) && sample.get(kind.id_field()).is_none() {
                    continue;
                }
                let explained = kind.shape().explain(value);
                let fits = kind.shape().fits(value);
                assert_eq!(fits, explained.is_empty(), "{}: {value:#} {explained:#?}", kind.name());
                if fits { fitting += 1 } else { not += 1 }
            }
        }
    }
    assert!(fitting > 1_000 && not > 10_000, "{fitting} fit, {not} do not");
}
