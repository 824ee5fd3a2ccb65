//! What checks come to over rows.

use assay_schemas::plan::{Body, Bounds, Check, Columns, Expr, Measure, Metric, MetricFunction};
use assay_schemas::verdict::Measurement;

use super::interpreter::value_of;
use super::value::{Row, Value};

/// The measurement of a check, and the rows that violate it, from 1.
pub(crate) fn measure(check: &Check, rows: &[Row]) -> (Measurement, Vec<u64>) {
    let passes = |filter: &Option<Expr>, row: &Row| {
        filter.as_ref().is_none_or(|filter| value_of(filter, row).is_true())
    };
    let numbered = rows.iter().zip(1_u64..);
    let looked_at: Vec<_> = numbered.filter(|(row, _)| passes(&check.filter, row)).collect();
    match &check.body {
        Body::Rows { evaluated, holds } => {
            let judged: Vec<_> =
                looked_at.into_iter().filter(|(row, _)| passes(evaluated, row)).collect();
            marked(&judged, |row| !value_of(holds, row).is_true())
        }
        Body::Unique { columns, nulls_equal } => {
            let judged: Vec<_> = looked_at
                .into_iter()
                .filter(|(row, _)| *nulls_equal || key(columns, row).iter().all(|v| !v.is_null()))
                .collect();
            let keys: Vec<_> = judged.iter().map(|(row, _)| key(columns, row)).collect();
            marked(&judged, |row| {
                let own = key(columns, row);
                keys.iter().filter(|other| same(&own, other)).count() > 1
            })
        }
        Body::Reference { columns, other_columns, .. } => {
            let filled = |values: &[Value]| values.iter().all(|value| !value.is_null());
            let judged: Vec<_> =
                looked_at.into_iter().filter(|(row, _)| filled(&key(columns, row))).collect();
            let known: Vec<_> = rows.iter().map(|row| key(other_columns, row)).collect();
            marked(&judged, |row| {
                let own = key(columns, row);
                !known.iter().any(|other| filled(other) && same(&own, other))
            })
        }
        Body::Metric { measure: Measure::Metric { metric }, bounds } => {
            let rows: Vec<_> = looked_at.into_iter().map(|(row, _)| row).collect();
            (figure(metric, bounds, &rows), Vec::new())
        }
        other => panic!("{other:?} is not generated"),
    }
}

fn key(columns: &Columns, row: &Row) -> Vec<Value> {
    columns.iter().map(|name| value_of(&Expr::column(name), row)).collect()
}

/// Whether two keys are equal, null being equal to null.
fn same(one: &[Value], other: &[Value]) -> bool {
    one.iter().zip(other).all(|(one, other)| match (one.is_null(), other.is_null()) {
        (false, false) => one.order(other).is_eq(),
        (one, other) => one == other,
    })
}

fn marked(judged: &[(&Row, u64)], violates: impl Fn(&Row) -> bool) -> (Measurement, Vec<u64>) {
    let rows: Vec<u64> =
        judged.iter().filter(|(row, _)| violates(row)).map(|(_, number)| *number).collect();
    let measurement =
        Measurement::Rows { evaluated: judged.len() as u64, violations: rows.len() as u64 };
    (measurement, rows)
}

/// A figure whose value is a whole number.
fn figure(metric: &Metric, bounds: &Bounds, rows: &[&Row]) -> Measurement {
    let passing = rows
        .iter()
        .filter(|row| metric.filter.as_ref().is_none_or(|filter| value_of(filter, row).is_true()));
    let mut values: Vec<Value> = match &metric.value {
        Some(value) => passing.map(|row| value_of(value, row)).filter(|v| !v.is_null()).collect(),
        None => passing.map(|_| Value::Truth(true)).collect(),
    };
    values.sort_by(Value::order);
    let value = match metric.function {
        MetricFunction::Count => Some(values.len() as f64),
        MetricFunction::CountDistinct => {
            values.dedup_by(|one, two| one.order(two).is_eq());
            Some(values.len() as f64)
        }
        MetricFunction::Min => values.first().and_then(Value::number),
        MetricFunction::Max => values.last().and_then(Value::number),
        MetricFunction::Sum if values.is_empty() => None,
        MetricFunction::Sum => Some(values.iter().filter_map(Value::number).sum()),
        _ => panic!("{metric:?} is not generated"),
    };
    let within = value.is_some_and(|v| bounds.contain(v));
    Measurement::Figure { value, shown: None, within, names: Vec::new() }
}
