//! What checks come to over rows.

use assay_schemas::plan::{Body, Check, Columns, Expr};
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
