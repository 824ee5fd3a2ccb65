//! The record of a run as rows of the lake's tables.

use assay_schemas::verdict::{Measurement, Verdict};
use duckdb::types::{TimeUnit, Value};
use jiff::Timestamp;
use serde::Serialize;

use super::LakeError;
use crate::result::{ProfileRecord, RunRecord, VerdictRecord};
use crate::score::Score;

/// One row, in the order of the table's columns.
pub(super) type Row = Vec<Value>;

/// The rows of one table, by its name; none for a name that is no table.
pub(super) fn of_table(
    table: &str,
    record: &RunRecord,
    lineage: &[serde_json::Value],
) -> Result<Vec<Row>, LakeError> {
    let own: Vec<Row> = match table {
        "run" => vec![run(record)?],
        "stage" => stages(record),
        "verdict" => record.verdicts.iter().map(verdict).collect(),
        "figure" => figures(record),
        "score" => scores(record),
        "violation" => violations(record),
        "profile" => record.profile.iter().map(profile).collect(),
        "cleansing" => cleansing(record),
        "action" => actions(record),
        "lineage" => events(lineage)?,
        "audit" => audit(record)?,
        _ => Vec::new(),
    };
    let common = [
        text(&record.run_id),
        text(&record.job_definition_id),
        text(&record.job_fingerprint),
        text(&record.bundle_digest),
        text(&record.tenant),
        text(&record.environment),
    ];
    Ok(own.into_iter().map(|row| common.iter().cloned().chain(row).collect()).collect())
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn text_or_null(value: Option<&String>) -> Value {
    value.map_or(Value::Null, |value| text(value))
}

/// A count; beyond 2^63 it is cut to the greatest number that the column holds.
fn count(value: u64) -> Value {
    Value::BigInt(i64::try_from(value).unwrap_or(i64::MAX))
}

fn position(index: usize) -> Value {
    count(index as u64 + 1)
}

fn count_or_null(value: Option<u64>) -> Value {
    value.map_or(Value::Null, count)
}

fn double_or_null(value: Option<f64>) -> Value {
    value.map_or(Value::Null, Value::Double)
}

/// JSON text. The record's own types always have one; a value that has none is stored as null.
fn json(value: &impl Serialize) -> Value {
    serde_json::to_string(value).map_or(Value::Null, Value::Text)
}

/// An instant of the record.
fn instant(value: &str) -> Result<Value, LakeError> {
    let instant: Timestamp = value
        .parse()
        .map_err(|_| LakeError::Invalid(format!("`{value}` is not a time in RFC 3339")))?;
    Ok(Value::Timestamp(TimeUnit::Microsecond, instant.as_microsecond()))
}

fn run(record: &RunRecord) -> Result<Row, LakeError> {
    let of = |verdict| record.verdicts.iter().filter(|v| v.verdict == verdict).count() as u64;
    Ok(vec![
        text(&record.job_version),
        text(&record.job_name),
        text(&record.contract.0),
        text(&record.contract.1),
        text(&record.dataset),
        text(&record.engine),
        text(&record.executor_version),
        instant(&record.started_at)?,
        instant(&record.finished_at)?,
        text(record.outcome.name()),
        Value::Boolean(record.anomaly),
        text(&record.reason),
        Value::BigInt(record.exit_code.into()),
        text_or_null(record.idempotency_key.as_ref()),
        text_or_null(record.first_run_id.as_ref()),
        text_or_null(record.replays.as_ref()),
        count(record.rows),
        count_or_null(record.quarantined),
        double_or_null(record.hard_failure_rate),
        text_or_null(record.severity_threshold.as_ref()),
        count(record.verdicts.len() as u64),
        count(of(Verdict::Pass)),
        count(of(Verdict::Warn)),
        count(of(Verdict::Fail)),
        count(of(Verdict::Error)),
        count(of(Verdict::NotEvaluated)),
        double_or_null(record.score),
        json(&record.inputs),
        json(&record.columns),
        json(record),
    ])
}

fn stages(record: &RunRecord) -> Vec<Row> {
    let row = |(index, stage): (usize, &crate::result::StageRecord)| {
        vec![
            position(index),
            text(&stage.stage),
            text(&stage.status),
            count_or_null(stage.rows_in),
            count_or_null(stage.rows_out),
            count_or_null(stage.rows_rejected),
            count_or_null(stage.rows_merged),
            Value::Double(stage.elapsed_ms),
            json(&stage.detail),
        ]
    };
    record.stages.iter().enumerate().map(row).collect()
}

fn verdict(check: &VerdictRecord) -> Row {
    let ratio = match (check.violations(), check.evaluated()) {
        (Some(violations), Some(evaluated)) if evaluated > 0 => {
            Some(violations as f64 / evaluated as f64)
        }
        _ => None,
    };
    let figure = match check.measurement {
        Measurement::Figure { value, .. } => value,
        _ => None,
    };
    vec![
        text(&check.check_id),
        text(&check.rule_type),
        text(&check.title),
        json(&check.columns),
        text(check.severity.name()),
        text(check.dimension.name()),
        text(&check.origin.kind),
        text(&check.origin.id),
        text(&check.origin.version),
        text_or_null(check.origin.via.as_ref()),
        text(&check.rule_digest),
        text(check.verdict.name()),
        count_or_null(check.evaluated()),
        count_or_null(check.violations()),
        double_or_null(ratio),
        double_or_null(figure),
        json(&check.measurement),
        text(&check.message),
    ]
}

fn scores(record: &RunRecord) -> Vec<Row> {
    let row = |score: &Score| {
        vec![
            text(score.dimension.name()),
            count(score.passed),
            count(score.judged),
            double_or_null(score.share()),
        ]
    };
    record.scores.iter().map(row).collect()
}

fn figures(record: &RunRecord) -> Vec<Row> {
    let of = |check: &VerdictRecord| -> Vec<Row> {
        // Its own figure comes first, where it has one that is kept. The parts of a distribution are what is
        // judged, the figures that other bounds are made of are not.
        let (has_own, all_own) = match &check.measurement {
            Measurement::Figure { value, adapted, .. } => (
                value.is_some_and(f64::is_finite),
                adapted.as_ref().is_some_and(|adapted| !adapted.expected.is_empty()),
            ),
            _ => (false, false),
        };
        let figures = check.figures.iter().enumerate();
        let judged = figures.map(|(place, figure)| (figure, all_own || (has_own && place == 0)));
        judged
            .map(|((series, value), judged)| {
                let anomalous = judged && check.anomalous;
                vec![
                    text(&check.check_id),
                    text(series),
                    Value::Double(*value),
                    Value::Boolean(anomalous),
                ]
            })
            .collect()
    };
    record.verdicts.iter().flat_map(of).collect()
}

fn violations(record: &RunRecord) -> Vec<Row> {
    let row = |found: &crate::result::ViolationRecord| {
        vec![
            text(&found.check_id),
            count(found.row),
            text_or_null(found.file.as_ref()),
            json(&found.key),
            json(&found.values),
            text(&found.message),
        ]
    };
    record.violations.iter().map(row).collect()
}

fn profile(column: &ProfileRecord) -> Row {
    vec![
        text(&column.column),
        text(&column.data_type),
        text_or_null(column.classification.as_ref()),
        count(column.rows),
        count(column.nulls),
        count(column.distinct),
        Value::Boolean(column.distinct_is_estimate),
        text_or_null(column.min.as_ref()),
        text_or_null(column.max.as_ref()),
        double_or_null(column.mean),
        double_or_null(column.standard_deviation),
        double_or_null(column.sum),
        count_or_null(column.zeros),
        count_or_null(column.negatives),
        count_or_null(column.lengths.map(|lengths| lengths.0)),
        double_or_null(column.lengths.map(|lengths| lengths.1)),
        count_or_null(column.lengths.map(|lengths| lengths.2)),
        json(&column.quantiles),
        json(&column.top),
        json(&column.histogram),
        column.deep.as_ref().map_or(Value::Null, json),
    ]
}

/// A row for each column of what was read, then for each that cleansing made.
fn cleansing(record: &RunRecord) -> Vec<Row> {
    let Some(before) = &record.before else { return Vec::new() };
    let of = |columns: &'_ [ProfileRecord], name: &str| {
        columns.iter().find(|column| column.column == name).cloned()
    };
    let read = before.profile.iter().map(|column| &column.column);
    let names = read.chain(&before.change.added);
    let row = |name: &String| {
        let sides = [of(&before.profile, name), of(&record.profile, name)];
        let change = before.change.columns.iter().find(|change| change.column == *name);
        let rows = [before.rows, record.rows].map(count);
        let mut row = vec![text(name)];
        row.extend(
            sides
                .each_ref()
                .map(|side| side.as_ref().map_or(Value::Null, |column| text(&column.data_type))),
        );
        row.extend(rows);
        let figures: [fn(&ProfileRecord) -> Value; 5] = [
            |column| count(column.nulls),
            |column| count(column.distinct),
            |column| text_or_null(column.min.as_ref()),
            |column| text_or_null(column.max.as_ref()),
            |column| double_or_null(column.mean),
        ];
        for figure in figures {
            row.extend(sides.each_ref().map(|side| side.as_ref().map_or(Value::Null, figure)));
        }
        row.push(double_or_null(change.and_then(|change| change.psi)));
        row.push(double_or_null(change.and_then(|change| change.kl)));
        row.push(change.map_or(Value::Null, |change| text(change.drift.name())));
        row.push(sides[0].as_ref().map_or(Value::Null, json));
        row
    };
    names.map(row).collect()
}

fn actions(record: &RunRecord) -> Vec<Row> {
    let row = |action: &crate::result::ActionRecord| {
        vec![
            text(&action.action_id),
            text(&action.action_type),
            text(&action.trigger),
            text(&action.status),
            text(&action.detail),
            count(action.attempts.into()),
            Value::Double(action.elapsed_ms),
        ]
    };
    record.actions.iter().map(row).collect()
}

fn events(lineage: &[serde_json::Value]) -> Result<Vec<Row>, LakeError> {
    let word = |event: &serde_json::Value, key: &str| {
        event.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    let row = |event: &serde_json::Value| {
        Ok(vec![
            instant(&word(event, "eventTime"))?,
            Value::Text(word(event, "eventType")),
            json(event),
        ])
    };
    lineage.iter().map(row).collect()
}

fn audit(record: &RunRecord) -> Result<Vec<Row>, LakeError> {
    let row = |(index, note): (usize, &crate::result::AuditRecord)| {
        Ok(vec![position(index), instant(&note.at)?, text(&note.event), json(&note.detail)])
    };
    record.audit.iter().enumerate().map(row).collect()
}
