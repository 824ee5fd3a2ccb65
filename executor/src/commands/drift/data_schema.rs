//! The columns of the data of each job, beside those that its contract declares.

use std::collections::BTreeMap;

use assay_schemas::drift::Class;
use assay_schemas::plan::{Body, Check, Columns, DatasetPlan, Empty, Field, Origin, Tolerance};
use assay_schemas::verdict::{Dimension, Outcome, Severity, Verdict};
use serde_json::Value;

use super::super::{CommandError, scratch};
use super::Look;
use crate::drift::{Finding, State};
use crate::load::Job;

/// Names of the columns that the latest run of a job found in its files, and how many seconds ago that was.
type Found = (Vec<String>, i64);

pub(super) fn found(look: &Look<'_>) -> Result<Vec<Finding>, CommandError> {
    let mut found = Vec::new();
    let mut latest = None;
    for (tenant, entry) in look.bundle.jobs()? {
        let own = (tenant != assay_schemas::bundle::SHARED).then_some(tenant.as_str());
        let mut job = look.bundle.job(&entry.id, own)?;
        let dataset = &mut job.plan.dataset;
        dataset.steps.clear();
        if let Some(reads) = dataset.reads.take() {
            dataset.fields = reads;
        }
        let stands = if dataset.source.path.is_some() {
            of_files(look, job)?
        } else {
            let latest = match &latest {
                Some(latest) => latest,
                None => latest.insert(columns(look)?),
            };
            let key = (tenant.clone(), entry.id.clone());
            of_latest_run(&dataset.fields, latest.get(&key), look.stale)
        };
        found.push(Finding::new(Class::DataSchema, Some((&tenant, &entry.id)), stands));
    }
    Ok(found)
}

/// The files that the contract names, looked at now.
fn of_files(look: &Look<'_>, mut job: Job) -> Result<(State, Vec<String>), CommandError> {
    let dataset = &mut job.plan.dataset;
    dataset.profile = None;
    dataset.checks = [demand(dataset, false), demand(dataset, true)].into();
    // What is missing is found by the demands, so that it does not keep the rest from being read.
    dataset.fields.iter_mut().for_each(|field| field.optional = true);
    job.plan.lookups.clear();
    let record = scratch::record(job, look.project, &[])?;
    let fails = |at: usize| {
        let verdict = record.verdicts.get(at).filter(|own| own.verdict != Verdict::Pass);
        verdict.map(|own| own.message.clone())
    };
    Ok(match (record.outcome, fails(0), fails(1)) {
        (Outcome::Error, ..) => (State::Unknown, vec![record.reason.clone()]),
        (_, Some(words), _) => (State::Breaking, vec![words]),
        (_, None, Some(words)) => (State::Compatible, vec![words]),
        _ => (State::None, Vec::new()),
    })
}

/// Where the contract names no data, what the latest run was given tells, by the names of its columns.
fn of_latest_run(declared: &[Field], latest: Option<&Found>, stale: f64) -> (State, Vec<String>) {
    let Some((columns, age)) = latest else {
        let words = "the contract names no data, each run does, and none has run";
        return (State::Unknown, vec![words.to_owned()]);
    };
    if *age as f64 > stale {
        let words = format!("the data of the latest run was looked at {} hours ago", age / 3600);
        return (State::Stale, vec![words]);
    }
    let is = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    let missing = declared.iter().filter(|field| !field.optional).map(|field| field.name.as_str());
    let missing: Vec<_> = missing.filter(|name| !columns.iter().any(|own| is(own, name))).collect();
    let more = columns.iter().map(String::as_str);
    let more: Vec<_> =
        more.filter(|own| !declared.iter().any(|field| is(own, field.name.as_str()))).collect();
    let words = |what: &str, names: &[&str]| {
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        vec![format!("the data of the latest run {what} {}", names.join(", "))]
    };
    match (missing.is_empty(), more.is_empty()) {
        (false, _) => (State::Breaking, words("lacks", &missing)),
        (true, false) => (State::Compatible, words("also has", &more)),
        (true, true) => (State::None, Vec::new()),
    }
}

/// The columns that the latest run of each job found, by tenant and id.
fn columns(look: &Look<'_>) -> Result<BTreeMap<(String, String), Found>, CommandError> {
    let query = format!(
        "select tenant, job, arg_max(json_extract(record, '$.stages')::varchar, started_at), \
         floor(epoch(max(started_at)))::bigint from run where outcome not in ('skipped', 'error') and \
         replays is null and environment = '{}' group by tenant, job",
        look.environment()
    );
    let answer = look.views()?.query(&query)?;
    let found = answer.rows.iter().filter_map(|row| {
        let [tenant, job, stages, started] = row.as_slice() else { return None };
        let stages: Vec<Value> = serde_json::from_str(stages.as_str()?).ok()?;
        let staged = stages.iter().find(|stage| stage["stage"] == "stage")?;
        let columns: Vec<(String, String)> =
            serde_json::from_value(staged["detail"]["columns"].clone()).ok()?;
        let names = columns.into_iter().map(|(name, _)| name).collect();
        let key = (tenant.as_str()?.to_owned(), job.as_str()?.to_owned());
        Some((key, (names, look.now - started.as_i64()?)))
    });
    Ok(found.collect())
}

/// The demand that the data has the declared columns; `exact` also that it has no others, in this order.
fn demand(dataset: &DatasetPlan, exact: bool) -> Check {
    Check {
        check_id: format!("declared-{exact}"),
        rule_type: "structure".to_owned(),
        title: "the dataset has the declared columns".to_owned(),
        message: None,
        severity: Severity::Error,
        dimension: Dimension::Validity,
        columns: Columns::new(),
        origin: Origin {
            kind: "dataset_schema".to_owned(),
            id: dataset.dataset_contract_id.clone(),
            version: String::new(),
            via: None,
            chain: Vec::new(),
        },
        digest: assay_schemas::digest::Digest::of_bytes(b""),
        filter: None,
        tolerance: Tolerance::default(),
        warn: None,
        segments: Columns::new(),
        empty: Empty::default(),
        body: Body::Structure {
            fields: dataset.fields.clone(),
            closed: exact,
            ordered: exact,
            types: true,
        },
    }
}
