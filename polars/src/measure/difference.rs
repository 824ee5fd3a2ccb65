//! Rows held against those of another dataset.

use std::collections::BTreeMap;

use crate::rows::col;
use assay_schemas::datatype::DataType;
use assay_schemas::plan::{Apart, Check, Compared, Difference};
use assay_schemas::verdict::Measurement;
use polars::prelude::{DataType as Kept, Expr, JoinType, LazyFrame, len, lit, when};

use super::Work;
use super::alike::{Side, alike, scale};
use super::keys::{BadKeys, NUMBER, by_key, only, part, parts};
use super::say::{Cannot, judged, truth};
use crate::rows::{ROW, collect};
use crate::scope::Scope;

/// Hidden columns: the other side has the key; whether it lacks it.
const MET: &str = "_assay_met";
const GONE: &str = "_assay_gone";

/// A column as this and the other side have it.
fn sides(index: usize) -> (String, String) {
    (format!("_assay_h{index}"), format!("_assay_t{index}"))
}

fn differs_name(index: usize) -> String {
    format!("_assay_d{index}")
}

/// The rows of both sides that take part, with the key as parts and the compared columns.
struct Both {
    here: LazyFrame,
    there: LazyFrame,
    key: usize,
    /// Whether each compared column differs.
    differs: Vec<Expr>,
}

fn both(work: &Work<'_>, check: &Check, difference: &Difference) -> Result<Both, Cannot> {
    let scope = work.scope();
    let other = work.other(&difference.dataset)?;
    let within = |cannot: Cannot| cannot.within(&difference.dataset);
    let there = Scope { columns: &other.columns, ..scope };
    if difference.key.len() != difference.other_key.len() || difference.key.is_empty() {
        return Err(Cannot::Broken("the keys of the two sides are not alike".into()));
    }
    let (mut ours, mut theirs) = (vec![col(ROW)], vec![lit(true).alias(MET)]);
    let mut known = Vec::new();
    for (index, (name, other_name)) in difference.key.iter().zip(&difference.other_key).enumerate()
    {
        let one = scope.column(name).map_err(Cannot::Broken)?;
        let two = there.column(other_name).map_err(Cannot::Broken).map_err(within)?;
        known.push(col(&two.name).is_not_null());
        let one = Side { expr: col(&one.name), data_type: one.data_type };
        let two = Side { expr: col(&two.name), data_type: two.data_type };
        let (one, two) = alike(one, two)?;
        ours.push(one.alias(part(index)));
        theirs.push(two.alias(part(index)));
    }
    let mut differs = Vec::new();
    for (index, compared) in difference.columns.iter().enumerate() {
        let one = scope.column(&compared.column).map_err(Cannot::Broken)?;
        let two = there.column(&compared.other).map_err(Cannot::Broken).map_err(within)?;
        let (one_name, two_name) = sides(index);
        ours.push(col(&one.name).alias(&one_name));
        theirs.push(col(&two.name).alias(&two_name));
        let one = Side { expr: col(one_name), data_type: one.data_type };
        let two = Side { expr: col(two_name), data_type: two.data_type };
        differs.push(column_differs(compared, one, two)?);
    }
    if let Some(filter) = &difference.other_filter {
        known.push(truth(&there, filter).map_err(within)?);
    }
    let judged = judged(&scope, check)?;
    let known = known.into_iter().reduce(Expr::and);
    Ok(Both {
        here: only(work.rows.frame.clone(), judged.as_ref()).select(ours),
        there: only(other.frame.clone(), known.as_ref()).select(theirs),
        key: difference.key.len(),
        differs,
    })
}

/// Whether the two sides differ in a column; never null.
fn column_differs(compared: &Compared, one: Side, two: Side) -> Result<Expr, Cannot> {
    let types = (one.data_type, two.data_type);
    let (h, t) = (one.expr.clone(), two.expr.clone());
    let (one, two) = alike(one, two)?;
    let plain = one.clone().neq_missing(two.clone());
    let Some(Apart { absolute, relative }) = compared.tolerance else { return Ok(plain) };
    let number = |data_type: Option<DataType>| {
        matches!(data_type, Some(DataType::Integer | DataType::Decimal(..) | DataType::Double))
    };
    if !number(types.0) || !number(types.1) {
        return Err(Cannot::Beyond("a distance between what are no numbers".into()));
    }
    let double = |expr: Expr| expr.cast(Kept::Float64);
    // Exact numbers are subtracted before they become doubles, so that no digit is lost.
    let distance = match types {
        (Some(DataType::Integer), Some(DataType::Integer)) => {
            double(h.cast(Kept::Int128) - t.clone().cast(Kept::Int128)).abs()
        }
        (
            Some(first @ DataType::Decimal(..)),
            Some(second @ (DataType::Integer | DataType::Decimal(..))),
        ) => {
            let unit = 10f64.powi(i32::from(scale(first, second)));
            double(one.to_physical() - two.to_physical()).abs() / lit(unit)
        }
        // A whole number less another kind is rounded in a way of its own.
        (Some(DataType::Integer), _) => {
            return Err(Cannot::Beyond("the distance of a whole number to another kind".into()));
        }
        _ => (double(h) - double(t.clone())).abs(),
    };
    let there = double(t);
    let share = lit(relative) * there.clone().abs();
    let allowed = when(share.clone().gt(lit(absolute))).then(share).otherwise(lit(absolute));
    let near = there.is_finite().and(distance.lt_eq(allowed)).fill_null(lit(false));
    Ok(plain.and(near.not()))
}

/// The rows at fault: the number of the row as the only part of a key, how many violations it stands for,
/// whether the other side lacks its key, and whether each column differs.
///
/// # Errors
/// A column is unknown, or values of the two sides cannot be compared.
pub(crate) fn rows(
    work: &Work<'_>,
    check: &Check,
    difference: &Difference,
) -> Result<LazyFrame, Cannot> {
    let Both { here, there, key, differs } = both(work, check, difference)?;
    let gone = col(MET).is_null();
    let mut items = vec![col(ROW).alias(part(0)), gone.clone().alias(GONE)];
    let mut sums = vec![col(GONE).all(true).alias(GONE)];
    let mut faults = col(GONE);
    for (index, differs) in differs.into_iter().enumerate() {
        let name = differs_name(index);
        items.push(gone.clone().not().and(differs).alias(&name));
        sums.push(col(&name).any(true).alias(&name));
        faults = faults.or(col(name));
    }
    let number = lit(1_i64).cast(Kept::Int64).alias(NUMBER);
    Ok(here
        .join(there, parts(key), parts(key), by_key(JoinType::Left, false))
        .select(items)
        .group_by([col(part(0))])
        .agg(sums)
        .filter(faults)
        .with_columns([number]))
}

/// The rows of the other side whose key no row here has.
fn only_there(
    work: &Work<'_>,
    check: &Check,
    difference: &Difference,
) -> Result<LazyFrame, Cannot> {
    let Both { here, there, key, .. } = both(work, check, difference)?;
    let left = there.join(here, parts(key), parts(key), by_key(JoinType::Anti, false));
    Ok(left.select([len().cast(Kept::Int64).alias(NUMBER)]))
}

/// Counts the differences of a check whose rows at fault have been found.
///
/// # Errors
/// The other side cannot be read.
pub(crate) fn measure(
    work: &Work<'_>,
    check: &Check,
    difference: &Difference,
    (bad, judged): (&BadKeys, u64),
) -> Result<Measurement, Cannot> {
    let count = |name: &str| -> Result<u64, Cannot> {
        let found = bad.keys.column(name)?.as_materialized_series().bool()?.sum();
        Ok(u64::from(found.unwrap_or(0)))
    };
    let only_here = count(GONE)?;
    let only_there = match difference.both_ways {
        false => 0,
        true => {
            let found = collect(only_there(work, check, difference)?)?;
            let found = found.column(NUMBER)?.as_materialized_series().i64()?.get(0);
            found.and_then(|found| u64::try_from(found).ok()).unwrap_or(0)
        }
    };
    let mut columns = BTreeMap::new();
    for (index, compared) in difference.columns.iter().enumerate() {
        let found = count(&differs_name(index))?;
        if found > 0 {
            columns.insert(compared.column.to_string(), found);
        }
    }
    Ok(Measurement::Difference {
        evaluated: judged + only_there,
        only_here,
        only_there,
        changed: bad.violations - only_here.min(bad.violations),
        columns,
    })
}
