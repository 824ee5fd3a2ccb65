//! Which schema is for which file: a catalog that editors understand, and a schema for each folder that
//! holds several kinds, where the id field tells which one an object is.

use serde_json::{Map, Value, json};

use crate::library::Kind;

/// The endings of files that editors check.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// Name (with its ending) and text of every file to publish: the schemas of the kinds, those of folders, and
/// the catalog. `example` gives an example of what a document is for.
pub fn files(example: &dyn Fn(&str) -> Option<Value>) -> Vec<(String, String)> {
    let mut documents: Vec<(String, Value)> = super::values();
    for (name, document) in &mut documents {
        if let Some(example) = example(name) {
            document["examples"] = json!([example]);
        }
    }
    let mut entries = Vec::new();
    let mut folders: Vec<_> = Kind::ALL.iter().map(|kind| kind.folder()).collect();
    folders.sort_unstable();
    folders.dedup();
    let mut of_folders = Vec::new();
    for folder in folders {
        let kinds: Vec<_> = Kind::in_folder(folder).collect();
        let globs = |top: &str| -> Vec<_> {
            ENDINGS.iter().map(|ending| format!("**/{top}/**/*.{ending}")).collect()
        };
        let file = match kinds.as_slice() {
            [only] => format!("{}.json", only.name()),
            _ => {
                let name = format!("folder-{folder}");
                of_folders.push((name.clone(), of_folder(folder, &kinds, &documents)));
                format!("{name}.json")
            }
        };
        let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
        entries.push(json!({
            "name": format!("assay: libraries/{folder}"),
            "description": format!("Objects of the kinds {}.", names.join(", ")),
            "fileMatch": globs(&format!("libraries/{folder}")),
            "url": file,
        }));
    }
    let single = |name: &str, what: &str, globs: &[String]| {
        json!({ "name": format!("assay: {name}"), "description": what, "fileMatch": globs,
                "url": format!("{name}.json") })
    };
    let environments: Vec<_> =
        ENDINGS.iter().map(|ending| format!("**/environments/*.{ending}")).collect();
    entries.push(single("environment", "An environment.", &environments));
    entries.push(single("project", "The project.", &["**/assay.yaml".to_owned()]));
    let catalog = json!({
        "$schema": "https://json.schemastore.org/schema-catalog.json",
        "version": 1,
        "schemas": entries,
    });
    documents.extend(of_folders);
    documents.push(("index".to_owned(), catalog));
    documents.sort_by(|a, b| a.0.cmp(&b.0));
    documents
        .into_iter()
        .map(|(name, value)| (format!("{name}.json"), format!("{value:#}\n")))
        .collect()
}

/// The schema of a folder that holds several kinds.
fn of_folder(folder: &str, kinds: &[Kind], documents: &[(String, Value)]) -> Value {
    let mut definitions = Map::new();
    for kind in kinds {
        let document = documents.iter().find(|(name, _)| name == kind.name());
        let parts = document.and_then(|(_, document)| document["$defs"].as_object());
        for (name, part) in parts.into_iter().flatten() {
            definitions.insert(format!("{}.{name}", kind.name()), moved(part, kind.name()));
        }
    }
    definitions.insert("object".to_owned(), told_apart(kinds));
    let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
    json!({
        "$schema": super::DRAFT,
        "$id": format!("urn:assay:schema:folder-{folder}"),
        "title": format!("libraries/{folder}"),
        "description": format!("Objects of the kinds {}; the id field tells which.", names.join(", ")),
        "anyOf": [
            { "$ref": "#/$defs/object" },
            { "type": "array", "items": { "$ref": "#/$defs/object" } },
        ],
        "$defs": definitions,
    })
}

/// One object, of the kind that its fields tell, as [`Kind::of`] does.
fn told_apart(kinds: &[Kind]) -> Value {
    let has = |fields: &[&str]| {
        let each: Vec<_> = fields.iter().map(|field| json!({ "required": [field] })).collect();
        json!({ "anyOf": each })
    };
    let spelt = kinds.iter().map(|kind| (kind, kind.id_spellings().collect::<Vec<_>>()));
    let told = kinds.iter().map(|kind| (kind, kind.authored().tells.to_vec()));
    let ways: Vec<_> = spelt.chain(told).filter(|(_, fields)| !fields.is_empty()).collect();
    let ids: Vec<_> = kinds.iter().map(|kind| kind.id_field()).collect();
    let none = json!({ "description": "One of the id fields must be there.", "anyOf":
        ids.iter().map(|id| json!({ "required": [id] })).collect::<Vec<_>>() });
    let chain = ways.iter().rev().fold(none, |otherwise, (kind, fields)| {
        json!({
            "if": has(fields),
            "then": { "$ref": format!("#/$defs/{}.object", kind.name()) },
            "else": otherwise,
        })
    });
    let mut object = chain;
    object["type"] = json!("object");
    object
}

/// A part with its references leading to where the parts of its kind stand.
fn moved(part: &Value, kind: &str) -> Value {
    match part {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(key, value)| {
                    let target = value.as_str().and_then(|text| text.strip_prefix("#/$defs/"));
                    let value = match target.filter(|_| key == "$ref") {
                        Some(name) => Value::from(format!("#/$defs/{kind}.{name}")),
                        None => moved(value, kind),
                    };
                    (key.clone(), value)
                })
                .collect(),
        ),
        Value::Array(items) => items.iter().map(|item| moved(item, kind)).collect(),
        other => other.clone(),
    }
}
