//! The checks of the page: grouped by verdict, each with its offending rows.

use std::collections::BTreeSet;

use assay_schemas::verdict::{Measurement, Verdict};
use serde_json::{Value, json};

use crate::report::{measured, percent, short, thousands, worst_first};
use crate::result::{RunRecord, VerdictRecord, ViolationRecord};

/// Offending rows shown under one check; the lake holds the others.
const ROWS: usize = 50;

/// Groups in the order in which a reader wants them.
const GROUPS: &[(Verdict, &str, &str)] = &[
    (Verdict::Error, "Could not run", "bad"),
    (Verdict::Fail, "Failed", "bad"),
    (Verdict::Warn, "Warned", "warn"),
    (Verdict::NotEvaluated, "Not evaluated", "none"),
    (Verdict::Pass, "Passed", "good"),
];

/// The groups that have any check.
pub(super) fn groups(record: &RunRecord) -> Vec<Value> {
    let checks = worst_first(record);
    GROUPS
        .iter()
        .filter_map(|(verdict, title, tone)| {
            let of_group: Vec<Value> = checks
                .iter()
                .filter(|check| check.verdict == *verdict)
                .map(|check| one(record, check, tone))
                .collect();
            let group = json!({"title": title, "tone": tone, "checks": of_group});
            (!of_group.is_empty()).then_some(group)
        })
        .collect()
}

fn one(record: &RunRecord, check: &VerdictRecord, tone: &str) -> Value {
    let share = match (check.violations(), check.evaluated()) {
        (Some(violations), Some(evaluated)) if evaluated > 0 => {
            Some(violations as f64 / evaluated as f64)
        }
        _ => None,
    };
    let origin = &check.origin;
    let faults = match &check.measurement {
        Measurement::Faults { faults } => faults.clone(),
        Measurement::Broken { reason } if *reason != check.message => vec![reason.clone()],
        _ => Vec::new(),
    };
    json!({
        "id": check.check_id,
        "title": check.title,
        "rule_type": check.rule_type,
        "severity": check.severity.name(),
        "dimension": check.dimension.name(),
        "columns": check.columns,
        "message": check.message,
        "faults": faults,
        "measured": measured(check),
        "is_rows": check.evaluated().is_some(),
        "share": share.map(percent),
        // Of a bar of 100 units; whatever is not nothing can be seen.
        "bar": share.map(|share| {
            let width = if share > 0.0 { (share * 100.0).clamp(1.5, 100.0) } else { 0.0 };
            format!("{width:.2}")
        }),
        "origin": format!("{} {} {}", origin.kind, origin.id, origin.version),
        "via": origin.via,
        "digest": check.rule_digest,
        "digest_short": short(&check.rule_digest),
        "tone": tone,
        "open": check.verdict == Verdict::Fail || check.verdict == Verdict::Error,
        "rows": rows(record, check),
    })
}

/// The offending rows of a check as one table.
fn rows(record: &RunRecord, check: &VerdictRecord) -> Value {
    let found: Vec<&ViolationRecord> =
        record.violations.iter().filter(|row| row.check_id == check.check_id).collect();
    let mut keys: BTreeSet<&str> = BTreeSet::new();
    for row in &found {
        keys.extend(row.key.keys().map(String::as_str));
    }
    let keys: Vec<&str> = keys.into_iter().filter(|key| !names(check, key)).collect();
    let columns: Vec<&str> = check.columns.iter().map(String::as_str).collect();
    let with_file = found.iter().any(|row| row.file.is_some());
    let lines: Vec<Value> = found
        .iter()
        .take(ROWS)
        .map(|row| {
            let key = keys.iter().map(|key| cell(row.key.get(*key)));
            let values = columns.iter().map(|name| cell(row.values.get(*name)));
            json!({
                "row": thousands(row.row),
                "file": row.file,
                "file_name": row.file.as_deref().map(|path| path.rsplit('/').next().unwrap_or(path)),
                "cells": key.chain(values).collect::<Vec<_>>(),
                "message": row.message,
            })
        })
        .collect();
    json!({
        "keys": keys,
        "columns": columns,
        "with_file": with_file,
        "lines": lines,
        "shown": thousands(lines.len() as u64),
        "total": check.violations().map(thousands),
        "all_shown": check.violations().is_none_or(|total| total == lines.len() as u64),
    })
}

fn names(check: &VerdictRecord, column: &str) -> bool {
    check.columns.iter().any(|name| name == column)
}

/// A cell: its text, or that it is null; a column that was not kept has neither.
fn cell(found: Option<&Option<String>>) -> Value {
    match found {
        None => json!({"text": "", "null": false}),
        Some(None) => json!({"text": "null", "null": true}),
        Some(Some(text)) => json!({"text": text, "null": false}),
    }
}
