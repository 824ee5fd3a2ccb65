//! The official tests of JSON Schema 2020-12. Schemas that cannot be judged by are refused, never left out of the
//! judgement.

use std::collections::BTreeMap;

use assay_schemas::document::DocumentSchema;
use assay_testkit::root;
use serde_json::Value;

/// Groups of tests by file whose schemas are refused, as they refer to schemas elsewhere.
const REFUSED: &[(&str, usize)] = &[("dynamicRef.json", 5), ("refRemote.json", 15)];

/// Tests by file that are judged otherwise: one of a dialect without validation, which a rule refuses by its
/// `$schema`.
const OTHERWISE: &[(&str, usize)] = &[("vocabulary.json", 1)];

#[test]
fn documents_are_judged_as_the_official_tests_say() {
    let folder = root().join("tests/cases/json-schema/tests/draft2020-12");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the tests are listed")
        .map(|entry| entry.expect("the tests are listed").path())
        .collect();
    files.sort();
    assert_eq!(files.len(), 46);
    let (mut refused, mut otherwise) = (BTreeMap::new(), BTreeMap::new());
    let (mut agreed, mut said) = (0, Vec::new());
    for path in files {
        let file = path.file_name().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("the tests are read");
        let groups: Vec<Value> = serde_json::from_str(&text).expect("the tests are JSON");
        for group in groups {
            let schema = match DocumentSchema::new(&group["schema"]) {
                Ok(schema) => schema,
                Err(unfit) => {
                    said.push(format!(
                        "{file}: {}: refused: {}",
                        group["description"], unfit.reason
                    ));
                    *refused.entry(file.clone()).or_insert(0) += 1;
                    continue;
                }
            };
            for test in group["tests"].as_array().expect("a list") {
                if schema.accepts(&test["data"].to_string()) == test["valid"] {
                    agreed += 1;
                    continue;
                }
                said.push(format!("{file}: {}: {}", group["description"], test["description"]));
                *otherwise.entry(file.clone()).or_insert(0) += 1;
            }
        }
    }
    println!("{agreed} tests agree");
    let listed = |counts: &[(&str, usize)]| -> BTreeMap<String, usize> {
        counts.iter().map(|(file, count)| ((*file).to_owned(), *count)).collect()
    };
    assert_eq!((refused, otherwise), (listed(REFUSED), listed(OTHERWISE)), "{}", said.join("\n"));
}
