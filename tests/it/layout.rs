//! The layout of a bundle under the shapes that OCI publishes, and layouts that somebody else wrote or damaged.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use assay_compiler::store::InMemory;
use assay_schemas::bundle::{Artifact, File, Reader};
use assay_schemas::digest::Digest;
use assay_schemas::trust::{Envelope, PrivateKey};
use assay_testkit::{Project, root};
use jsonschema::{Draft, Retrieve, Uri, Validator};
use serde_json::{Value, json};

use crate::bundle::{BASE, sealed};
use crate::small::KEY;

/// Finds the shapes by the names of their files.
struct Shapes;

impl Retrieve for Shapes {
    fn retrieve(
        &self,
        uri: &Uri<String>,
    ) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let name = uri.path().as_str().rsplit('/').next().unwrap_or_default().to_owned();
        Ok(shape(&name))
    }
}

fn shape(name: &str) -> Value {
    let text = fs::read(root().join("tests/cases/oci").join(name)).expect("the shape is read");
    let mut shape: Value = serde_json::from_slice(&text).expect("it is JSON");
    // The addresses of drafts differ by their scheme from file to file.
    if let Some(shape) = shape.as_object_mut() {
        shape.insert("$schema".to_owned(), json!("http://json-schema.org/draft-04/schema#"));
    }
    shape
}

fn validator(name: &str) -> Validator {
    let options = jsonschema::options().with_draft(Draft::Draft4).with_retriever(Shapes);
    options.build(&shape(name)).expect("the shape is valid")
}

fn expect_valid(validator: &Validator, bytes: &[u8], what: &str) {
    let value: Value = serde_json::from_slice(bytes).expect("it is JSON");
    let faults: Vec<_> = validator.iter_errors(&value).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{what}: {faults:?}");
}

#[test]
fn every_file_of_the_layout_has_the_published_shape() {
    let project = Project::example();
    project.commit("The beginning");
    project.assayc(&["build", "--env", "prod"]).ends(0);
    project.write("key.pem", KEY);
    project.assayc(&["sign", ".assay/bundles/prod", "--key", "key.pem"]).ends(0);
    let folder = project.path().join(".assay/bundles/prod");
    let read = |path: &str| fs::read(folder.join(path)).expect("it is read");
    expect_valid(&validator("image-layout-schema.json"), &read("oci-layout"), "oci-layout");
    let index = validator("image-index-schema.json");
    expect_valid(&index, &read("index.json"), "index.json");
    let manifest = validator("image-manifest-schema.json");
    let listed: Value = serde_json::from_slice(&read("index.json")).expect("it is JSON");
    let listed = listed["manifests"].as_array().expect("a list").clone();
    assert_eq!(listed.len(), 2, "the bundle and its signature");
    for pointer in &listed {
        let digest = pointer["digest"].as_str().and_then(Digest::parse).expect("a digest");
        let bytes = read(&format!("blobs/sha256/{}", digest.hex()));
        expect_valid(&manifest, &bytes, &digest.to_string());
    }
    // The shapes do refuse.
    assert!(!index.is_valid(&json!({ "schemaVersion": 2, "manifests": [{ "size": 1 }] })));
    assert!(!manifest.is_valid(&json!({
        "schemaVersion": 2, "layers": [],
        "config": { "mediaType": "no type", "size": 1, "digest": "sha256:00" },
    })));
}

/// A signed bundle as files by path.
fn files() -> BTreeMap<String, Vec<u8>> {
    let (_, mut files) = sealed(BASE);
    let key = PrivateKey::from_pem(KEY).expect("a key");
    let envelope = Envelope::seal("application/vnd.in-toto+json", b"{}", &key);
    let envelope = serde_json::to_vec(&envelope).expect("it is JSON");
    let signed = Reader::open(InMemory(&files)).expect("it is whole").signed(&envelope);
    files.extend(signed);
    files.into_iter().map(|file| (file.path, file.bytes.to_vec())).collect()
}

/// What the reader says of files: nothing, or why it refuses them.
fn verdict(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<Artifact>, String> {
    let files: Vec<_> = files
        .iter()
        .map(|(path, bytes)| File { path: path.clone(), bytes: Arc::new(bytes.clone()) })
        .collect();
    let reader = Reader::open(InMemory(&files)).map_err(|error| error.to_string())?;
    reader.verify().map_err(|error| error.to_string())?;
    Ok(reader.artifacts())
}

/// Adds a blob; what points at it.
fn blob(files: &mut BTreeMap<String, Vec<u8>>, media_type: &str, bytes: &[u8]) -> Value {
    let digest = Digest::of_bytes(bytes);
    files.insert(format!("blobs/sha256/{}", digest.hex()), bytes.to_vec());
    json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
}

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Changes the index of a layout by the steps of a case.
fn changed(case: &Value) -> BTreeMap<String, Vec<u8>> {
    let mut files = files();
    let mut index: Value = serde_json::from_slice(&files["index.json"]).expect("it is JSON");
    let mut text = None;
    for step in case["steps"].as_array().expect("a list of steps") {
        let (name, value) =
            step.as_object().and_then(|step| step.iter().next()).expect("a step has a name");
        let manifests = index["manifests"].as_array().expect("a list").clone();
        match name.as_str() {
            // Merges fields into the index, or into one that it points at.
            "index" => merge(&mut index, value),
            "bundle" => merge(&mut index["manifests"][0], value),
            "signature" => merge(&mut index["manifests"][1], value),
            "form" if value == "pretty" => text = Some(format!("{index:#}\n")),
            "form" => text = Some(index.to_string()),
            "text" => text = value.as_str().map(str::to_owned),
            "list" => {
                let order = value.as_array().expect("places").iter().filter_map(Value::as_u64);
                index["manifests"] = order.map(|at| manifests[at as usize].clone()).collect();
            }
            // The list lies that many indexes below.
            "nested" => {
                for _ in 0..value.as_u64().expect("a number") {
                    let bytes = index.to_string().into_bytes();
                    let pointer = blob(&mut files, INDEX, &bytes);
                    index = json!({ "schemaVersion": 2, "manifests": [pointer] });
                }
                text = Some(format!("{index:#}"));
            }
            // Another artifact, which refers to the bundle or to nothing.
            "artifact" => {
                let config = blob(&mut files, "application/vnd.oci.empty.v1+json", b"{}");
                let layer = blob(&mut files, "text/plain", b"of somebody else");
                let mut manifest = json!({
                    "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": value["type"],
                    "config": config, "layers": [layer],
                });
                if value["refers"] == true {
                    manifest["subject"] = json!({
                        "mediaType": MANIFEST, "digest": manifests[0]["digest"], "size": manifests[0]["size"],
                    });
                }
                let pointer = blob(&mut files, MANIFEST, manifest.to_string().as_bytes());
                if let Some(list) = index["manifests"].as_array_mut() {
                    list.push(pointer);
                }
                text = Some(format!("{index:#}"));
            }
            "file" => {
                let path = value["path"].as_str().expect("a path").to_owned();
                let bytes = value["text"].as_str().unwrap_or_default();
                files.insert(path, bytes.as_bytes().to_vec());
            }
            "without" => {
                let digest = manifests[value.as_u64().expect("a place") as usize]["digest"].clone();
                let hex = digest.as_str().and_then(|text| text.strip_prefix("sha256:"));
                files.remove(&format!("blobs/sha256/{}", hex.expect("a digest")));
            }
            other => panic!("`{other}` is no step"),
        }
    }
    let text = text.unwrap_or_else(|| assay_schemas::canonical::text(&index));
    files.insert("index.json".to_owned(), text.into_bytes());
    files
}

fn merge(into: &mut Value, fields: &Value) {
    for (key, value) in fields.as_object().expect("fields") {
        match value {
            Value::Null => {
                into.as_object_mut().expect("fields").remove(key);
            }
            Value::Object(_) if into[key].is_object() => merge(&mut into[key], value),
            _ => into[key] = value.clone(),
        }
    }
}

#[test]
fn layouts_of_other_tools_are_read_and_damaged_ones_refused() {
    let text = fs::read_to_string(root().join("tests/layouts.json")).expect("the cases are read");
    let cases: Value = serde_json::from_str(&text).expect("they are JSON");
    let mut wrong = Vec::new();
    for case in cases.as_array().expect("a list") {
        let said = verdict(&changed(case));
        let name = case["case"].as_str().unwrap_or_default();
        match (&said, case["refused"].as_str()) {
            (Ok(artifacts), None) => {
                let signatures = case["signatures"].as_u64().unwrap_or(1);
                if artifacts.len() as u64 != signatures + 1 {
                    wrong.push(format!("{name}: {} signatures", artifacts.len() - 1));
                }
            }
            (Err(words), Some(wanted)) if words.contains(wanted) => {}
            (Ok(_), Some(_)) => wrong.push(format!("{name}: is taken")),
            (Err(words), _) => wrong.push(format!("{name}: {words}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_layout_of_another_tool_is_signed_and_stays_what_it_is() {
    let project = Project::example();
    project.commit("The beginning");
    project.assayc(&["build", "--env", "prod"]).ends(0);
    project.write("key.pem", KEY);
    let path = project.path().join(".assay/bundles/prod/index.json");
    let index: Value =
        serde_json::from_slice(&fs::read(&path).expect("it is read")).expect("it is JSON");
    let digest = &index["manifests"][0]["digest"];
    let foreign = json!({
        "schemaVersion": 2,
        "manifests": [{
            "mediaType": MANIFEST, "digest": digest, "size": index["manifests"][0]["size"],
            "annotations": { "org.opencontainers.image.ref.name": "v7" },
        }],
    });
    fs::write(&path, format!("{foreign:#}")).expect("it is written");
    project.assayc(&["sign", ".assay/bundles/prod", "--key", "key.pem"]).ends(0);
    let public = PrivateKey::from_pem(KEY).expect("a key").public().to_pem();
    project.write(
        "trust.json",
        json!({ "keys": [{ "name": "ci", "public_key": public }] }).to_string(),
    );
    let verify = ["verify", ".assay/bundles/prod", "--trust", "trust.json"];
    project.assayc(&verify).ends(0).says("signed by ci");
    let after = fs::read_to_string(&path).expect("it is read");
    assert!(after.contains("\"v7\""), "{after}");
    project
        .assay(&["plan", "taxi-trips-monthly", "--env", "prod", "--trust", "trust.json"])
        .ends(0);
}

#[test]
fn links_and_pipes_in_a_layout_are_no_files() {
    let project = Project::example();
    project.seal("dev");
    let folder = project.path().join(".assay/bundles/dev");
    let largest = largest(&folder.join("blobs/sha256"));
    fs::remove_file(&largest).expect("it is removed");
    fs::create_dir(&largest).expect("a folder takes its place");
    project.assayc(&["verify", ".assay/bundles/dev"]).ends(9).says("is no file");
}

fn largest(folder: &Path) -> std::path::PathBuf {
    let entries = fs::read_dir(folder).expect("it is listed").flatten();
    entries.max_by_key(|entry| entry.metadata().map_or(0, |found| found.len())).expect("one").path()
}
