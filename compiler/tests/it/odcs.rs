//! Contracts of other people: each one is imported, compiles as it stands, and comes back as it was.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assay_compiler::compile::{authored, compile};
use assay_compiler::git::Snapshot;
use assay_compiler::odcs::{self, Imported, Standard, Stored};
use assay_compiler::source::Node;
use assay_schemas::library::Kind;
use assay_testkit::{root, snapshot};
use serde_json::{Value, json};

mod form;
mod normal;
mod report;

/// A contract of a case, and the objects that it became.
struct Case {
    name: String,
    node: Node,
    imported: Imported,
}

fn cases_folder() -> PathBuf {
    root().join("tests/cases")
}

fn yaml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is read").flatten() {
        let path = entry.path();
        if path.is_dir() {
            yaml_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            found.push(path);
        }
    }
}

/// Every contract of the standard that ours and other people's cases call valid.
fn contracts() -> Vec<Case> {
    let mut files = Vec::new();
    for folder in ["odcs", "datacontract-cli", "odcs-own"] {
        yaml_files(&cases_folder().join(folder), &mut files);
    }
    files.sort();
    let refused = form::refused();
    let mut cases = Vec::new();
    for path in files {
        let name =
            path.strip_prefix(cases_folder()).expect("below it").to_string_lossy().into_owned();
        let bytes = fs::read(&path).expect("the case is read");
        if refused.contains_key(name.as_str()) || form::is_dcs(&bytes) {
            continue;
        }
        let nodes = odcs::read(&name, &bytes)
            .unwrap_or_else(|found| panic!("{name} is refused: {found:#?}"));
        for node in nodes {
            let imported = odcs::import(&node.to_value());
            cases.push(Case { name: name.clone(), node, imported });
        }
    }
    cases
}

/// The imported library as a project, with a job for each dataset, so that every rule is lowered.
fn project(imported: &Imported) -> Snapshot {
    let mut files = Vec::new();
    for (path, objects) in &imported.files {
        let text = odcs::library_file(objects).expect("it is written");
        files.push((path.clone(), text));
    }
    let environment = json!({
        "environment": "dev", "results": "lake",
        "policy": { "statuses": ["draft", "pending_approval", "active", "retired"] },
    });
    files.push(("environments/dev.json".to_owned(), environment.to_string()));
    let contracts =
        imported.files.iter().filter(|(path, _)| path.starts_with("libraries/contracts"));
    for contract in contracts.flat_map(|(_, objects)| objects) {
        let datasets = contract["datasets"].as_array().expect("datasets are a list");
        // A job that judges nothing is an error of its own.
        let judged = datasets.iter().filter(|dataset| is_judged(imported, dataset));
        for (index, dataset) in judged.enumerate() {
            let mut job = json!({
                "job_definition_id": format!("job-{index}"),
                "data_contract": {
                    "contract_id": contract["contract_id"],
                    "dataset_contract_id": dataset["dataset_contract_id"],
                },
                "trigger": { "trigger_type": "MANUAL" },
            });
            if let Some(tenant) = contract.get("tenant_id") {
                job["tenant_id"] = tenant.clone();
            }
            files.push((format!("libraries/jobs/job-{index}.json"), job.to_string()));
        }
    }
    snapshot(files)
}

/// Whether any rule reaches a dataset: by a rule set, or implied by its schema.
fn is_judged(imported: &Imported, dataset: &Value) -> bool {
    let schema = dataset.pointer("/schema/schema_id").expect("it has a schema");
    let mut objects = imported.files.values().flatten();
    let schema = objects.find(|object| object.get("schema_id") == Some(schema));
    let schema = schema.expect("its schema is there");
    let implies = |column: &Value| {
        ["nullable", "enum", "max_length"].iter().any(|field| column.get(*field).is_some())
    };
    let columns = schema["columns"].as_array().expect("columns are a list");
    dataset.get("rule_sets").is_some()
        || schema.get("unique_keys").is_some()
        || schema.get("foreign_keys").is_some()
        || columns.iter().any(implies)
}

fn stored(imported: &Imported) -> Vec<Stored> {
    let authored = authored(&project(imported));
    authored.objects.into_iter().map(|(object, value)| Stored { object, value }).collect()
}

fn export(imported: &Imported, standard: Standard) -> Value {
    let objects = stored(imported);
    let exported = odcs::export(&objects, &imported.contract_id, standard);
    exported.expect("the contract is there").document
}

fn validator(version: &str) -> jsonschema::Validator {
    let path = cases_folder().join(format!("odcs/schema/odcs-json-schema-v{version}.json"));
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(path).expect("the schema is read"))
            .expect("it is JSON");
    jsonschema::validator_for(&schema).expect("the schema is valid")
}

fn faults(validator: &jsonschema::Validator, document: &Value) -> Vec<String> {
    let fault =
        |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
    validator.iter_errors(document).map(fault).collect()
}

/// Contracts that demand something twice, and the codes of what is found of it. Nothing else may be found.
const SAYS_TWICE: &[(&str, &[&str])] = &[
    ("datacontract-cli/lint/valid-3.1.0.odcs.yaml", &["W0622"]),
    ("odcs-own/everything.odcs.yaml", &["W0623", "W0623"]),
];

#[test]
fn every_valid_contract_is_imported_and_compiles_as_it_stands() {
    let cases = contracts();
    let mut wrong = Vec::new();
    for case in &cases {
        let compiled = compile(&project(&case.imported), &|_| true);
        let found: Vec<_> = compiled
            .diagnostics
            .iter()
            .map(|found| format!("{} {} {}", found.primary.path, found.code.id(), found.message))
            .collect();
        let codes: Vec<_> = compiled.diagnostics.iter().map(|found| found.code.id()).collect();
        let twice = SAYS_TWICE.iter().find(|(name, _)| *name == case.name);
        let expected = twice.map_or(&[][..], |(_, codes)| codes);
        if codes != expected || compiled.bundles.len() != 1 {
            wrong.push(format!("{}: {found:#?}", case.name));
        }
    }
    println!("{} contracts, {} do not compile", cases.len(), wrong.len());
    assert!(cases.len() >= 15, "the cases are gone");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_export_of_an_import_is_valid_and_says_the_same() {
    let validator = validator("3.1.0");
    let cases = contracts();
    let mut wrong = Vec::new();
    for case in &cases {
        let original = case.node.to_value();
        let exported = export(&case.imported, Standard::V310);
        let text = odcs::document(&exported);
        let read = odcs::read("exported.yaml", text.as_bytes()).expect("the text has the form");
        assert_eq!(read[0].to_value(), exported, "{}: its text says something else", case.name);
        let faults = faults(&validator, &exported);
        let differences = normal::differences(&original, &exported);
        if !faults.is_empty() || !differences.is_empty() {
            wrong.push(format!(
                "{}\n  invalid: {faults:#?}\n  differs: {differences:#?}",
                case.name
            ));
        }
    }
    println!("{} contracts there and back, {} not the same", cases.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_export_of_an_import_of_it_is_the_same_again() {
    for case in contracts() {
        let once = export(&case.imported, Standard::V310);
        let twice = export(&odcs::import(&once), Standard::V310);
        assert_eq!(normal::differences(&once, &twice), Vec::<String>::new(), "{}", case.name);
    }
}

#[test]
fn exports_for_the_older_version_are_valid_there() {
    let validator = validator("3.0.2");
    for case in contracts() {
        let exported = export(&case.imported, Standard::V302);
        let faults = faults(&validator, &exported);
        assert!(faults.is_empty(), "{}: {faults:#?}", case.name);
    }
}

#[test]
fn what_is_reported_as_kept_is_where_the_report_says() {
    for case in contracts() {
        for loss in &case.imported.losses {
            let Some(home) = &loss.kept else { continue };
            let object = case.imported.files.values().flatten().find(|object| {
                let kind = Kind::named(home.kind).expect("it is a kind");
                object.get(kind.id_field()).and_then(Value::as_str) == Some(home.id.as_str())
            });
            let there = object.and_then(|object| object.pointer(home.pointer.as_str()));
            assert!(there.is_some(), "{}: {loss:?} is not where it is said to be", case.name);
        }
    }
}

/// The worked example of this repository.
fn example() -> Vec<Stored> {
    let snapshot = assay_compiler::git::worktree(&root()).expect("the example is read");
    let authored = authored(&snapshot);
    authored.objects.into_iter().map(|(object, value)| Stored { object, value }).collect()
}

#[test]
fn a_native_contract_is_a_good_contract_of_the_standard() {
    let exported = odcs::export(&example(), "yellow-trips", Standard::V310).expect("it is there");
    let faults = faults(&validator("3.1.0"), &exported.document);
    assert!(faults.is_empty(), "{faults:#?}");
    let older = odcs::export(&example(), "yellow-trips", Standard::V302).expect("it is there");
    let older = self::faults(&validator("3.0.2"), &older.document);
    assert!(older.is_empty(), "{older:#?}");
    let said: Vec<_> = exported
        .unsaid
        .iter()
        .map(|unsaid| format!("{} {} {}", unsaid.place.kind, unsaid.place.id, unsaid.place.pointer))
        .collect();
    insta::assert_snapshot!("odcs-yellow-trips", odcs::document(&exported.document));
    insta::assert_snapshot!("odcs-yellow-trips-unsaid", said.join("\n"));
    // It is read again, compiles, and every rule is judged as before.
    let bytes = exported.document.to_string();
    let nodes = odcs::read("trips.json", bytes.as_bytes()).expect("it has the form");
    let imported = odcs::import(&nodes[0].to_value());
    let compiled = compile(&project(&imported), &|_| true);
    assert_eq!(compiled.diagnostics, []);
    let rules = |objects: &BTreeMap<String, Vec<Value>>| -> usize {
        let sets = objects.values().flatten().filter_map(|object| object.get("rules")?.as_array());
        sets.map(Vec::len).sum()
    };
    assert_eq!(rules(&imported.files), 17, "11 of the rule set, 3 of the catalog, 3 bound");
    let columns =
        imported.files.values().flatten().filter_map(|object| object.get("columns")?.as_array());
    let listed = columns.flatten().filter(|column| column.get("enum").is_some());
    assert_eq!(listed.count(), 1, "the codes of a taxonomy");
}

/// The library of a case as its files are written, then what had no place.
#[test]
fn what_the_library_has_words_for_stands_in_its_fields() {
    let case = contracts().into_iter().find(|case| case.name.ends_with("mapped.odcs.yaml"));
    let imported = case.expect("the case is there").imported;
    let mut text = String::new();
    for (path, objects) in &imported.files {
        text += &format!("# {path}\n{}", odcs::library_file(objects).expect("it is written"));
    }
    text += "# losses\n";
    for loss in &imported.losses {
        text += &format!("{}: {}\n", loss.pointer.as_str(), loss.why);
    }
    insta::assert_snapshot!("odcs-mapped", text);
}

#[test]
fn an_export_leaves_out_what_an_override_disables() {
    let contract = r#"{
        "apiVersion": "v3.1.0", "kind": "DataContract", "id": "orders", "version": "1.0.0", "status": "active",
        "slaProperties": [{"property": "retention", "value": 3, "unit": "years"}],
        "roles": [{"role": "reader", "access": "read"}, {"role": "gone"}],
        "schema": [{"name": "orders", "properties": [
            {"name": "id", "logicalType": "integer", "required": true},
            {"name": "n", "logicalType": "integer", "required": true, "logicalTypeOptions": {"maximum": 9}},
            {"name": "kind", "logicalType": "string", "quality": [
                {"metric": "invalidValues", "mustBe": 0, "arguments": {"validValues": ["a", "b"]}, "name": "kinds"}]}
        ]}]
    }"#;
    let nodes = odcs::read("orders.json", contract.as_bytes()).expect("it has the form");
    let mut imported = odcs::import(&nodes[0].to_value());
    let object = |imported: &mut Imported, path: &str, edit: &dyn Fn(&mut Value)| {
        edit(&mut imported.files.get_mut(path).expect("the file is there")[0]);
    };
    object(&mut imported, "libraries/contracts/orders.yaml", &|contract| {
        contract["sla"]["retention"] = json!("P5Y");
        contract["datasets"][0]["sla"] = json!({ "completeness": 0.99 });
        contract["datasets"][0]["overrides"] = json!([
            { "rule": "schema/not_null", "columns": ["id"], "disabled": true, "reason": "late" },
            { "rule": "schema/not_null", "columns": ["n"], "severity": "warning" },
            { "rule": "orders.orders/n-range", "parameters": { "max": 7 } },
        ]);
    });
    object(&mut imported, "libraries/governance/orders.yaml", &|profile| {
        profile["access_roles"] = json!(["reader", "new"]);
    });
    object(&mut imported, "libraries/schemas/orders.orders.yaml", &|schema| {
        schema["columns"][2]["enum"] = json!(["a"]);
    });
    let exported = odcs::export(&stored(&imported), "orders", Standard::V310).expect("there");
    assert_eq!(faults(&validator("3.1.0"), &exported.document), Vec::<String>::new());
    let properties = &exported.document["schema"][0]["properties"];
    assert_eq!(properties[0], json!({ "name": "id", "logicalType": "integer" }));
    let warning =
        json!({ "id": "n-there", "metric": "nullValues", "mustBe": 0, "severity": "warning" });
    assert_eq!(properties[1]["quality"], json!([warning]));
    assert_eq!(properties[1]["logicalTypeOptions"], json!({ "maximum": 7 }));
    assert_eq!(properties[2]["quality"][0]["arguments"], json!({ "validValues": ["a"] }));
    assert_eq!(properties[2]["quality"].as_array().map(Vec::len), Some(1));
    let roles = json!([{ "role": "reader", "access": "read" }, { "role": "new" }]);
    assert_eq!(exported.document["roles"], roles);
    let promised = json!([
        { "property": "retention", "value": 5, "unit": "y" },
        { "property": "completeness", "value": 99.0, "unit": "percent", "element": "orders" },
    ]);
    assert_eq!(exported.document["slaProperties"], promised);
    let disabled = exported
        .unsaid
        .iter()
        .find(|unsaid| unsaid.place.pointer.as_str() == "/datasets/0/overrides/0");
    assert!(
        disabled.is_some_and(|unsaid| unsaid.why.contains("disabled")),
        "{:?}",
        exported.unsaid
    );
}

#[test]
fn the_library_has_the_last_word() {
    let contract = r#"{
        "apiVersion": "v3.1.0", "kind": "DataContract", "id": "orders", "version": "2", "status": "production",
        "schema": [{"name": "orders", "properties": [
            {"name": "id", "logicalType": "string", "physicalType": "uuid", "primaryKey": true},
            {"name": "n", "logicalType": "integer", "quality":
                [{"metric": "nullValues", "mustBeLessThan": 3, "severity": "ERROR", "businessImpact": "operational"}]}
        ]}]
    }"#;
    let nodes = odcs::read("orders.json", contract.as_bytes()).expect("it has the form");
    let mut imported = odcs::import(&nodes[0].to_value());
    let edit = |imported: &mut Imported, path: &str, pointer: &str, value: Value| {
        let objects = imported.files.get_mut(path).expect("the file is there");
        *objects[0].pointer_mut(pointer).expect("the field is there") = value;
    };
    edit(&mut imported, "libraries/contracts/orders.yaml", "/version", json!("3.0.0"));
    for dataset in ["schema", "rule_sets/0"] {
        let place = format!("/datasets/0/{dataset}/version");
        edit(&mut imported, "libraries/contracts/orders.yaml", &place, json!("^2"));
    }
    edit(
        &mut imported,
        "libraries/schemas/orders.orders.yaml",
        "/columns/0/data_type",
        json!("integer"),
    );
    edit(&mut imported, "libraries/rules/orders.orders.yaml", "/rules/0/max_violations", json!(7));
    let exported = export(&imported, Standard::V310);
    assert_eq!(exported["version"], json!("3.0.0"));
    assert_eq!(exported["status"], json!("production"), "which still says what the library says");
    let properties = &exported["schema"][0]["properties"];
    assert_eq!(
        properties[0],
        json!({ "name": "id", "logicalType": "integer", "primaryKey": true })
    );
    let check = json!({
        "metric": "nullValues", "mustBeLessOrEqualTo": 7, "severity": "ERROR", "businessImpact": "operational",
    });
    assert_eq!(properties[1]["quality"], json!([check]));
}
