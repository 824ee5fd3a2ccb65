//! Bundles: the same bytes everywhere, golden digests, and nothing damaged that is not found.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use assay_compiler::compile::compile;
use assay_compiler::store::InMemory;
use assay_schemas::bundle::{File, Reader};
use assay_schemas::canonical;
use assay_schemas::digest::Digest;
use assay_schemas::library::Kind;
use assay_testkit::{Project, parts, root, snapshot};
use serde_json::Value;

pub(crate) const BASE: &str = include_str!("../compile/base.case");

pub(crate) fn sealed(text: &str) -> (Digest, Vec<File>) {
    let mut compiled = compile(&snapshot(parts(text)), &|_| true);
    assert!(compiled.diagnostics.is_empty(), "{:#?}", compiled.diagnostics);
    let (_, bundle) = compiled.bundles.pop_first().expect("one environment");
    (bundle.config.content_digest, bundle.files)
}

#[test]
fn canonical_json_agrees_with_the_published_vectors() {
    let folder = root().join("tests/cases/jcs");
    let mut count = 0;
    for entry in fs::read_dir(folder.join("input")).expect("the vectors are listed") {
        let path = entry.expect("the vectors are listed").path();
        let name = path.file_name().expect("a file has a name");
        let input: Value = serde_json::from_slice(&fs::read(&path).expect("the vector is read"))
            .expect("it is JSON");
        let wanted =
            fs::read_to_string(folder.join("output").join(name)).expect("the answer is read");
        // Our form leaves out fields that are null; the vectors keep them.
        if !wanted.contains("null") {
            assert_eq!(canonical::text(&input), wanted.trim_end(), "{}", path.display());
            count += 1;
        }
    }
    println!("{count} vectors agree");
    assert!(count >= 4);
}

#[test]
fn golden_digests_stay_as_they_are() {
    let (digest, files) = sealed(BASE);
    let index = files
        .iter()
        .find(|file| file.path.starts_with("blobs/") && file.bytes.starts_with(b"data_contract "));
    let index =
        String::from_utf8(index.expect("an index").bytes.to_vec()).expect("an index is text");
    insta::assert_snapshot!("golden-index", index);
    insta::assert_snapshot!("golden-content-digest", digest.to_string());
}

#[test]
fn layout_of_text_changes_no_digest() {
    let (digest, _) = sealed(BASE);
    // The same objects: keys shuffled, comments, another file layout, JSON instead of YAML.
    let shuffled = r#"
=== environments/dev.yaml
results: ".assay/lake"   # comment
variables: {"data": data}
environment: dev
=== libraries/schemas/deep/er/anything.yaml
# a comment
primary_key: [id]
columns:
  - data_type: integer
    nullable: false
    name: id
  - { data_type: "DECIMAL(10, 2)", name: fare }
  - { name: started, data_type: datetime }
  - { name: ended, data_type: timestamp, nullable: true }
  - { name: flag, data_type: string }
schema_id: trip
=== libraries/rules/a.json
[{"rules": [{"column": "fare", "rule_type": "not_null", "rule_id": "fare-there", "parameters": {}}],
  "rule_set_id": "trip-rules", "version": "1.0.0", "status": "active"}]
=== libraries/contracts/all.yaml
---
contract_id: trips
datasets:
  - rule_sets: [{ rule_set_id: trip-rules }]
    source: { format: csv, path: "${data}/trips.csv" }
    schema: { schema_id: trip }
    dataset_contract_id: trips
=== libraries/jobs/all.json
{"data_contract": {"contract_id": "trips"}, "job_definition_id": "trips-daily"}
"#;
    assert_eq!(sealed(shuffled).0, digest);
}

#[test]
fn a_meaning_that_changes_changes_the_fingerprints_of_all_that_depend_on_it_and_no_other() {
    let fingerprints = |text: &str| {
        let (_, files) = sealed(text);
        let reader = Reader::open(InMemory(&files)).expect("a whole bundle");
        let mut all: Vec<(String, Digest)> = Vec::new();
        for section in reader.sections() {
            let entries = reader.entries(section).expect("a whole index");
            all.extend(entries.into_iter().map(|entry| (entry.kind, entry.fingerprint)));
        }
        all
    };
    let changed = |text: &str| {
        let before = fingerprints(BASE);
        let after = fingerprints(text);
        let differ = before.iter().zip(&after).filter(|(before, after)| before.1 != after.1);
        differ.map(|(before, _)| before.0.clone()).collect::<Vec<_>>()
    };
    let notes = BASE.replace(
        "rule_set_id: trip-rules\nrules",
        "rule_set_id: trip-rules\ndescription: x\nrules",
    );
    assert_ne!(notes, BASE);
    assert_eq!(changed(&notes), Vec::<String>::new());
    let stricter = BASE.replace("column: fare }", "column: fare, severity: critical }");
    assert_ne!(stricter, BASE);
    assert_eq!(changed(&stricter), ["data_contract", "job_definition", "rule_set", "plan"]);
}

#[test]
fn a_second_build_on_another_path_gives_identical_bytes() {
    let build = || {
        let project = Project::example();
        project.commit("the example");
        project.assayc(&["build", "--env", "dev"]).ends(0);
        let folder = project.path().join(".assay/bundles/dev");
        (read_all(&folder), project)
    };
    let ((first, _a), (second, _b)) = (build(), build());
    assert!(first.len() > 5);
    assert_eq!(first, second);
}

#[test]
fn one_byte_changed_anywhere_is_found() {
    let (_, files) = sealed(BASE);
    let verdict = |files: &[File]| Reader::open(InMemory(files)).and_then(|reader| reader.verify());
    verdict(&files).expect("the bundle is whole");
    let mut survived = Vec::new();
    let mut tried = 0;
    for file in 0..files.len() {
        let length = files[file].bytes.len();
        // Every byte of what is small, and a spread over what is large.
        for position in (0..length).step_by((length / 200).max(1)) {
            let mut damaged = files.clone();
            Arc::make_mut(&mut damaged[file].bytes)[position] ^= 1;
            tried += 1;
            if verdict(&damaged).is_ok() {
                survived.push((files[file].path.clone(), position));
            }
        }
    }
    println!("{tried} damaged bundles, {} not found", survived.len());
    assert!(survived.is_empty(), "{survived:?}");
}

#[test]
fn missing_added_and_swapped_files_are_found() {
    let (_, files) = sealed(BASE);
    let verdict = |files: &[File]| Reader::open(InMemory(files)).and_then(|reader| reader.verify());
    for index in 0..files.len() {
        let mut without = files.clone();
        without.remove(index);
        assert!(verdict(&without).is_err(), "{} is not missed", files[index].path);
    }
    let mut more = files.clone();
    more.push(File { path: "blobs/sha256/extra".into(), bytes: Arc::new(b"x".to_vec()) });
    assert!(verdict(&more).is_err());
    let mut swapped = files.clone();
    let (a, b) = (swapped[0].bytes.clone(), swapped[1].bytes.clone());
    swapped[0].bytes = b;
    swapped[1].bytes = a;
    assert!(verdict(&swapped).is_err());
}

#[test]
fn a_damaged_bundle_runs_nothing_and_exits_9() {
    let project = Project::example();
    project.seal("dev");
    let bundle = project.path().join(".assay/bundles/dev");
    let plan = blobs(&bundle)
        .into_iter()
        .find(|path| fs::read(path).expect("a blob is read").starts_with(b"{\"actions\":{"))
        .unwrap_or_else(|| {
            blobs(&bundle)
                .into_iter()
                .max_by_key(|path| fs::metadata(path).map_or(0, |m| m.len()))
                .expect("a blob")
        });
    let mut bytes = fs::read(&plan).expect("the plan is read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&plan, bytes).expect("the plan is written");
    let verified = project.assayc(&["verify", ".assay/bundles/dev"]).ends(9);
    assert!(verified.err.contains("does not match its digest"), "{}", verified.err);
    fs::remove_file(&plan).expect("the blob is removed");
    let verified = project.assayc(&["verify", ".assay/bundles/dev"]).ends(9);
    assert!(verified.err.contains("blobs/sha256/"), "{}", verified.err);
    let ran = project.assay(&["run", "taxi-trips-monthly"]).ends(9);
    assert!(ran.err.contains("is not a bundle to be trusted"), "{}", ran.err);
    assert!(!project.path().join(".assay/lake").exists());
}

#[test]
fn every_kind_of_the_example_reads_back_as_it_was_sealed() {
    let project = Project::example();
    project.seal("dev");
    let reader = assay_compiler::store::open(&project.path().join(".assay/bundles/dev"))
        .expect("a whole bundle");
    let mut kinds = std::collections::BTreeSet::new();
    for section in reader.sections() {
        for entry in reader.entries(section).expect("a whole index") {
            let record: Value = reader.record(section, &entry).expect("a whole record");
            if let Some(kind) = Kind::named(&entry.kind) {
                let object = kind.read(&record["object"]).expect("a sealed object is valid");
                assert_eq!(object.id(), entry.id);
                kinds.insert(kind);
            }
        }
    }
    assert_eq!(kinds.len(), Kind::ALL.len(), "the example lacks a kind: {kinds:?}");
}

fn read_all(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![folder.join("index.json"), folder.join("oci-layout")];
    files.extend(blobs(folder));
    files
        .into_iter()
        .map(|path| {
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            (name, fs::read(path).expect("the file is read"))
        })
        .collect()
}

fn blobs(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder.join("blobs/sha256"))
        .expect("the blobs are listed")
        .map(|entry| entry.expect("the blobs are listed").path())
        .collect();
    paths.sort();
    paths
}
