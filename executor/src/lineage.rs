//! Lineage: what a run read, made and found, as OpenLineage 2 run events.
//!
//! Each facet names the schema that it satisfies. The facet `assay` has no published schema; it names the
//! core's own definition of a run facet, which every facet satisfies.

use std::collections::BTreeMap;

use assay_schemas::plan::DatasetPlan;
use assay_schemas::verdict::{Measurement, Outcome, Verdict};
use serde_json::{Map, Value, json};

use crate::result::{ProfileRecord, RunRecord, VerdictRecord};

mod columns;
mod dataset;

use dataset::Place;

const CORE: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json";
const FACETS: &str = "https://openlineage.io/spec/facets";

/// What the events need beyond the record.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// The plan of the dataset, for the lineage of columns.
    pub dataset: Option<&'a DatasetPlan>,
    /// Where the cleansed rows lie, if there are any.
    pub cleansed: Option<&'a str>,
    /// Where the rejects lie, if there are any.
    pub rejects: Option<&'a str>,
}

/// The events of a run: `START`, then `COMPLETE`, `FAIL` or `ABORT`.
///
/// `FAIL` stands for the outcomes `failed` and `error`, with the reason as error message; `ABORT` for a
/// run that was skipped because another answers the same request.
pub fn events(record: &RunRecord, context: &Context<'_>) -> Vec<Value> {
    let inputs = dataset::inputs(record);
    let start = event("START", &record.started_at, record, json!({}));
    let mut start = start;
    start["inputs"] = inputs.iter().map(|place| input(place, &Facets::default())).collect();
    start["outputs"] = json!([]);

    let mut end = event(end_type(record.outcome), &record.finished_at, record, end_facets(record));
    let facets = Facets::of(record);
    end["inputs"] = inputs.iter().map(|place| input(place, &facets)).collect();
    end["outputs"] = outputs(record, context, &inputs);
    vec![start, end]
}

fn end_type(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Success | Outcome::Partial | Outcome::PendingApproval => "COMPLETE",
        Outcome::Failed | Outcome::Error => "FAIL",
        Outcome::Skipped => "ABORT",
    }
}

/// The URI that names this program and its version as the producer.
fn producer(record: &RunRecord) -> String {
    format!("urn:assay:executor:{}", record.executor_version)
}

/// Adds what every facet has: its producer and its schema.
fn facet(record: &RunRecord, schema: &str, mut body: Value) -> Value {
    body["_producer"] = producer(record).into();
    body["_schemaURL"] = schema.into();
    body
}

/// The URL of a definition within a facet schema of the standard.
fn schema(name: &str, version: &str) -> String {
    format!("{FACETS}/{version}/{name}.json#/$defs/{name}")
}

fn event(kind: &str, at: &str, record: &RunRecord, extra: Value) -> Value {
    let engine = record.engine.rsplit_once(' ');
    let (name, version) = engine.unwrap_or((record.engine.as_str(), "unknown"));
    let mut facets = json!({
        "processing_engine": facet(record, &schema("ProcessingEngineRunFacet", "1-1-1"), json!({
            "name": name,
            "version": version,
            "openlineageAdapterVersion": record.executor_version,
        })),
        "assay": facet(record, &format!("{CORE}#/$defs/RunFacet"), assay(kind, record)),
    });
    if let (Some(facets), Value::Object(extra)) = (facets.as_object_mut(), extra) {
        facets.extend(extra);
    }
    json!({
        "eventType": kind,
        "eventTime": at,
        "producer": producer(record),
        "schemaURL": format!("{CORE}#/$defs/RunEvent"),
        "run": {"runId": record.run_id, "facets": facets},
        "job": {
            "namespace": format!("assay://{}/{}", record.environment, record.tenant),
            "name": record.job_definition_id,
            "facets": {
                "jobType": facet(record, &schema("JobTypeJobFacet", "2-0-4"), json!({
                    "processingType": "BATCH", "integration": "ASSAY", "jobType": "JOB",
                })),
                "documentation": facet(record, &schema("DocumentationJobFacet", "1-1-0"), json!({
                    "description": record.job_name,
                })),
            },
        },
    })
}

/// The run in the product's own words; the outcome is known at the end only.
fn assay(kind: &str, record: &RunRecord) -> Value {
    let mut body = json!({
        "bundleDigest": record.bundle_digest,
        "jobFingerprint": record.job_fingerprint,
        "jobVersion": record.job_version,
        "contract": {"id": record.contract.0, "version": record.contract.1},
        "tenant": record.tenant,
        "environment": record.environment,
    });
    if kind != "START" {
        body["outcome"] = record.outcome.name().into();
        body["anomaly"] = record.anomaly.into();
        body["reason"] = record.reason.clone().into();
        body["exitCode"] = record.exit_code.into();
        body["hardFailureRate"] = record.hard_failure_rate.into();
    }
    body
}

fn end_facets(record: &RunRecord) -> Value {
    let tests: Vec<Value> = record.verdicts.iter().map(test).collect();
    let mut facets = json!({
        "test": facet(record, &schema("TestRunFacet", "1-0-1"), json!({"tests": tests})),
    });
    if end_type(record.outcome) == "FAIL" {
        let body = json!({"message": record.reason, "programmingLanguage": "Rust"});
        facets["errorMessage"] = facet(record, &schema("ErrorMessageRunFacet", "1-0-1"), body);
    }
    facets
}

/// What every description of a check says.
fn described(check: &VerdictRecord) -> Map<String, Value> {
    let params = json!({
        "verdict": check.verdict.name(),
        "severity": check.severity.name(),
        "dimension": check.dimension.name(),
        "columns": check.columns,
        "evaluated": check.evaluated(),
        "violations": check.violations(),
        "origin": check.origin,
        "ruleDigest": check.rule_digest,
        "message": check.message,
    });
    let mut body = Map::new();
    body.insert("name".into(), check.check_id.clone().into());
    body.insert("description".into(), check.title.clone().into());
    body.insert("expected".into(), check.title.clone().into());
    body.insert("actual".into(), actual(check).into());
    body.insert("severity".into(), if check.severity.is_hard() { "error" } else { "warn" }.into());
    body.insert("params".into(), params);
    body
}

fn test(check: &VerdictRecord) -> Value {
    let status = match check.verdict {
        Verdict::Pass => "pass",
        Verdict::Warn | Verdict::Fail => "fail",
        Verdict::Error | Verdict::NotEvaluated => "skip",
    };
    let mut body = described(check);
    body.insert("type".into(), check.rule_type.clone().into());
    body.insert("status".into(), status.into());
    body.into()
}

/// A check that was judged, as an assertion; one that was not has neither succeeded nor failed and is
/// found among the run's tests only.
fn assertion(check: &VerdictRecord) -> Option<Value> {
    let success = match check.verdict {
        Verdict::Pass => true,
        Verdict::Warn | Verdict::Fail => false,
        Verdict::Error | Verdict::NotEvaluated => return None,
    };
    let mut body = described(check);
    body.insert("assertion".into(), check.rule_type.clone().into());
    body.insert("success".into(), success.into());
    if let [column] = check.columns.as_slice() {
        body.insert("column".into(), column.clone().into());
    }
    Some(body.into())
}

fn actual(check: &VerdictRecord) -> String {
    match &check.measurement {
        Measurement::Rows { evaluated, violations } => {
            format!("{violations} of {evaluated} rows violate")
        }
        Measurement::Difference { only_here, only_there, changed, .. } => {
            format!("{only_here} rows more, {only_there} fewer, {changed} changed")
        }
        Measurement::Figure { shown: Some(shown), .. } => shown.clone(),
        Measurement::Figure { value: Some(value), .. } => value.to_string(),
        Measurement::Figure { value: None, .. } => "nothing to compute it from".to_owned(),
        Measurement::Segments { segments, failing, .. } => {
            format!("{failing} of {segments} segments do not hold")
        }
        Measurement::Faults { faults } if faults.is_empty() => "no fault".to_owned(),
        Measurement::Faults { faults } => faults.join("; "),
        Measurement::Broken { reason } => reason.clone(),
    }
}

/// The facets of the dataset that was judged; none at the start of a run.
#[derive(Default)]
struct Facets {
    dataset: Map<String, Value>,
    input: Map<String, Value>,
}

impl Facets {
    fn of(record: &RunRecord) -> Self {
        let mut facets = Self::default();
        facets.dataset.insert("schema".into(), declared(record));
        let bytes: u64 = record.inputs.iter().map(|(_, bytes, _)| bytes).sum();
        let by_column: BTreeMap<&str, Value> =
            record.profile.iter().map(|p| (p.column.as_str(), column_metrics(p))).collect();
        let metrics = json!({
            "rowCount": record.rows,
            "bytes": bytes,
            "fileCount": record.inputs.len(),
            "columnMetrics": by_column,
        });
        let name = schema("DataQualityMetricsInputDatasetFacet", "1-0-3");
        facets.input.insert("dataQualityMetrics".into(), facet(record, &name, metrics));
        let assertions: Vec<Value> = record.verdicts.iter().filter_map(assertion).collect();
        let name = schema("DataQualityAssertionsDatasetFacet", "1-1-0");
        facets.input.insert(
            "dataQualityAssertions".into(),
            facet(record, &name, json!({"assertions": assertions})),
        );
        facets
    }
}

fn declared(record: &RunRecord) -> Value {
    let fields: Vec<Value> = record
        .columns
        .iter()
        .enumerate()
        .map(|(index, (name, data_type, attribute))| {
            let mut field = json!({"name": name, "type": data_type, "ordinal_position": index + 1});
            if let Some(attribute) = attribute {
                field["description"] = attribute.clone().into();
            }
            field
        })
        .collect();
    facet(record, &schema("SchemaDatasetFacet", "1-2-0"), json!({"fields": fields}))
}

/// The figures of one column. The record is redacted, so what it holds may be told; extremes are told
/// where they are numbers, as the standard wants.
fn column_metrics(profile: &ProfileRecord) -> Value {
    let number = |text: &Option<String>| {
        let text = text.as_ref().filter(|_| profile.mean.is_some())?;
        text.parse::<f64>().ok().filter(|number| number.is_finite())
    };
    let mut metrics = json!({
        "nullCount": profile.nulls,
        "distinctCount": profile.distinct,
        "count": profile.rows - profile.nulls.min(profile.rows),
    });
    for (key, value) in
        [("sum", profile.sum), ("min", number(&profile.min)), ("max", number(&profile.max))]
    {
        if let Some(value) = value {
            metrics[key] = value.into();
        }
    }
    if !profile.quantiles.is_empty() {
        let quantiles: Map<String, Value> =
            profile.quantiles.iter().map(|(q, value)| (q.to_string(), (*value).into())).collect();
        metrics["quantiles"] = quantiles.into();
    }
    metrics
}

fn input(place: &Place, facets: &Facets) -> Value {
    let mut own = facets.dataset.clone();
    own.insert("dataSource".into(), place.data_source());
    let mut dataset = json!({"namespace": place.namespace, "name": place.name, "facets": own});
    if !facets.input.is_empty() {
        dataset["inputFacets"] = facets.input.clone().into();
    }
    dataset
}

fn outputs(record: &RunRecord, context: &Context<'_>, inputs: &[Place]) -> Value {
    let mut outputs = Vec::new();
    if let Some(path) = context.cleansed {
        let place = Place::of(record, path);
        let lineage = facet(
            record,
            &schema("ColumnLineageDatasetFacet", "1-2-0"),
            json!({"fields": columns::lineage(record, context.dataset, inputs)}),
        );
        let statistics = facet(
            record,
            &schema("OutputStatisticsOutputDatasetFacet", "1-0-2"),
            json!({"rowCount": record.rows, "fileCount": 1}),
        );
        outputs.push(json!({
            "namespace": place.namespace,
            "name": place.name,
            "facets": {
                "schema": declared(record),
                "dataSource": place.data_source(),
                "columnLineage": lineage,
            },
            "outputFacets": {"outputStatistics": statistics},
        }));
    }
    if let Some(path) = context.rejects {
        let place = Place::of(record, path);
        outputs.push(json!({
            "namespace": place.namespace,
            "name": place.name,
            "facets": {"dataSource": place.data_source()},
        }));
    }
    outputs.into()
}
