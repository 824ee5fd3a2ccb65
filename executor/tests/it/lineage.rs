//! Lineage events satisfy the schemas of the OpenLineage standard, each facet the one that it names.

use crate::support;

use std::fs;
use std::path::{Path, PathBuf};

use assay_executor::lineage::{Context, events};
use assay_executor::result::RunRecord;
use assay_schemas::plan::{DatasetPlan, Expr, Source, Step, StepBody};
use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

const CORE: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json";

fn schemas() -> Vec<Value> {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases/openlineage/spec");
    let facets = fs::read_dir(spec.join("facets"))
        .expect("the facets")
        .map(|entry| entry.expect("a facet").path());
    let mut paths: Vec<PathBuf> = facets.collect();
    paths.push(spec.join("OpenLineage.json"));
    let read = |path: &PathBuf| {
        serde_json::from_str(&fs::read_to_string(path).expect("a schema")).expect("JSON")
    };
    paths.iter().map(read).collect()
}

fn registry(schemas: &[Value]) -> Registry<'_> {
    let mut registry = Registry::new();
    for schema in schemas {
        let id = schema["$id"].as_str().expect("an id");
        registry = registry.add(id, schema).expect("a schema");
    }
    registry.prepare().expect("a registry")
}

fn validator(registry: &Registry<'_>, url: &str) -> Validator {
    jsonschema::options()
        .with_registry(registry)
        .should_validate_formats(true)
        .build(&json!({"$ref": url}))
        .unwrap_or_else(|error| panic!("{url}: {error}"))
}

/// Every facet of an event, with its key.
fn facets(value: &Value, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                if field.get("_schemaURL").is_some() {
                    found.push((key.clone(), field.clone()));
                }
                facets(field, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| facets(item, found)),
        _ => {}
    }
}

fn assert_valid(event: &Value) {
    let schemas = schemas();
    let registry = registry(&schemas);
    let check = |url: &str, value: &Value| {
        let errors: Vec<String> = validator(&registry, url)
            .iter_errors(value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{url}: {errors:#?}\n{value:#}");
    };
    check(CORE, event);
    check(event["schemaURL"].as_str().expect("a schema"), event);
    let mut found = Vec::new();
    facets(event, &mut found);
    assert!(found.len() >= 4, "{event:#}");
    for (key, facet) in found {
        let url = facet["_schemaURL"].as_str().expect("a schema");
        let file = url.split('#').next().expect("a file");
        let schema = schemas
            .iter()
            .find(|schema| schema["$id"] == file)
            .unwrap_or_else(|| panic!("{key} names {url}, which is no schema of the standard"));
        check(url, &facet);
        // The key is the one under which the standard knows the facet.
        if file != CORE {
            assert!(schema["properties"].get(&key).is_some(), "{key} is not the key of {url}");
            check(file, &json!({ key: facet }));
        }
    }
}

fn dataset() -> DatasetPlan {
    let column = |name: &str| assay_schemas::id::ColumnName::new(name).expect("a name");
    let read = |name: &str| Expr::Column { name: column(name) };
    let set = |id: &str, target: &str, value: Expr| Step {
        step_id: id.into(),
        step_type: "set".into(),
        title: "set".into(),
        filter: None,
        body: StepBody::Set { column: column(target), value },
    };
    DatasetPlan {
        dataset_contract_id: "taxi-trips".into(),
        catalog_entity_id: None,
        source: Source::of(assay_schemas::plan::Format::Parquet),
        reads: None,
        fields: Vec::new(),
        primary_key: Vec::new(),
        withheld: Vec::new(),
        change_log: false,
        steps: vec![
            set("a", "extra", read("mta_tax")),
            set(
                "b",
                "total_amount",
                Expr::Call {
                    function: assay_schemas::plan::Function::Add,
                    arguments: vec![read("fare_amount"), read("extra")],
                },
            ),
        ],
        profile: None,
        checks: Vec::new(),
    }
}

fn events_of(record: &RunRecord) -> (Value, Value) {
    let plan = dataset();
    let context = Context {
        dataset: Some(&plan),
        cleansed: Some("lake/runs/x y/cleansed.parquet"),
        rejects: Some("s3://results/runs/rejects.parquet"),
    };
    let mut events = events(record, &context);
    assert_eq!(events.len(), 2);
    let end = events.pop().expect("an end");
    let start = events.pop().expect("a start");
    assert_valid(&start);
    assert_valid(&end);
    assert_eq!(start["eventType"], "START");
    assert_eq!(start["eventTime"], record.started_at.as_str());
    assert_eq!(end["run"]["runId"], record.run_id.as_str());
    (start, end)
}

#[test]
fn a_success_is_complete_and_says_what_was_read_made_and_found() {
    let record = support::success();
    let (_, end) = events_of(&record);
    assert_eq!(end["eventType"], "COMPLETE");
    assert!(end["run"]["facets"].get("errorMessage").is_none());
    let input = &end["inputs"][0];
    assert_eq!(input["namespace"], "file");
    assert_eq!(input["name"], "data/taxi");
    let metrics = &input["inputFacets"]["dataQualityMetrics"];
    assert_eq!(metrics["rowCount"], 120_000);
    assert_eq!(metrics["fileCount"], 12);
    assert_eq!(metrics["columnMetrics"].as_object().map(|c| c.len()), Some(18));
    assert_eq!(metrics["columnMetrics"]["congestion_surcharge"]["nullCount"], 120_000);
    let output = &end["outputs"][0];
    assert_eq!(output["facets"]["dataSource"]["uri"], "file:lake/runs/x%20y/cleansed.parquet");
    assert_eq!(end["outputs"][1]["namespace"], "s3://results");
}

#[test]
fn the_lineage_of_a_column_follows_the_steps() {
    let (_, end) = events_of(&support::success());
    let fields = &end["outputs"][0]["facets"]["columnLineage"]["fields"];
    let sources = |column: &str| -> Vec<&str> {
        let inputs = fields[column]["inputFields"].as_array().expect("inputs");
        inputs.iter().filter_map(|input| input["field"].as_str()).collect()
    };
    assert_eq!(sources("vendor_id"), ["vendor_id"]);
    assert_eq!(sources("total_amount"), ["fare_amount", "mta_tax"]);
    let kind = |column: &str| &fields[column]["inputFields"][0]["transformations"][0]["subtype"];
    assert_eq!(kind("vendor_id"), "IDENTITY");
    assert_eq!(kind("total_amount"), "TRANSFORMATION");
}

#[test]
fn a_failed_run_says_why_and_which_assertions_failed() {
    let record = support::failed();
    let (_, end) = events_of(&record);
    assert_eq!(end["eventType"], "FAIL");
    assert_eq!(end["run"]["facets"]["errorMessage"]["message"], record.reason.as_str());
    assert_eq!(end["run"]["facets"]["assay"]["outcome"], "failed");
    let assertions = end["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"]
        .as_array()
        .expect("assertions");
    let failed = assertions.iter().filter(|assertion| assertion["success"] == false).count();
    assert_eq!(failed, 6);
    // What was not judged has neither succeeded nor failed.
    assert_eq!(assertions.len(), record.verdicts.len() - 1);
    let tests = end["run"]["facets"]["test"]["tests"].as_array().expect("tests");
    assert_eq!(tests.len(), record.verdicts.len());
    assert_eq!(tests.iter().filter(|test| test["status"] == "skip").count(), 1);
    let unknown = assertions.iter().find(|a| a["name"] == "vendor-known").expect("the check");
    assert_eq!(unknown["column"], "vendor_id");
    assert_eq!(unknown["severity"], "warn");
    assert_eq!(unknown["actual"], "582 of 120000 rows violate");
}

#[test]
fn a_broken_run_fails_and_tells_nothing_of_classified_columns() {
    let record = support::broken();
    let (_, end) = events_of(&record);
    assert_eq!(end["eventType"], "FAIL");
    assert_eq!(end["run"]["facets"]["errorMessage"]["message"], "1 check could not run");
    let metrics = &end["inputs"][0]["inputFacets"]["dataQualityMetrics"]["columnMetrics"];
    let total = metrics["total_amount"].as_object().expect("figures");
    assert_eq!(total.keys().collect::<Vec<_>>(), ["count", "distinctCount", "nullCount"]);
    assert!(metrics["fare_amount"].get("min").is_some());
}
