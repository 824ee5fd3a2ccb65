//! Measurements that take passes of their own after the scan and come to a figure: windows of time, and
//! figures against other datasets.

use crate::rows::col;
use assay_engine::{arrived, compared};
use assay_schemas::datatype::DataType;
use assay_schemas::plan::{Arrivals, Check, Compare, Measure};
use assay_schemas::verdict::Measurement;
use polars::prelude::{
    DataType as Kept, Expr, Field, Int64Chunked, IntoColumn as _, LazyFrame, len,
};

use super::Work;
use super::figure::{Adding, Place};
use super::keys::{NUMBER, only};
use super::say::{Cannot, judged};
use super::scan::{Groups, Scan};
use crate::rows::collect;
use crate::scope::Scope;
use crate::types::kept;

/// Hidden column: the window of time.
const WINDOW: &str = "_assay_window";

/// The windows that have rows, each with their number.
///
/// # Errors
/// The column is unknown or holds neither days nor instants.
pub(crate) fn windows(
    work: &Work<'_>,
    check: &Check,
    arrivals: &Arrivals,
) -> Result<LazyFrame, Cannot> {
    let scope = work.scope();
    let column = scope.column(&arrivals.column).map_err(Cannot::Broken)?;
    if !matches!(column.data_type, Some(DataType::Date | DataType::Timestamp)) {
        return Err(Cannot::Beyond(format!("windows of time of `{}`", column.name)));
    }
    if arrivals.seconds == 0 {
        return Err(Cannot::Beyond("windows of no length".into()));
    }
    let instant = col(&column.name).cast(kept(DataType::Timestamp)).cast(Kept::Int64);
    let there = col(&column.name).is_not_null();
    let judged = judged(&scope, check)?.into_iter().chain([there]).reduce(Expr::and);
    Ok(only(work.rows.frame.clone(), judged.as_ref())
        .select([window(instant, length(arrivals)).alias(WINDOW)])
        .group_by([col(WINDOW)])
        .agg([len().cast(Kept::Int64).alias(NUMBER)]))
}

/// The length of a window in microseconds.
fn length(arrivals: &Arrivals) -> i128 {
    i128::from(arrivals.seconds) * 1_000_000
}

/// The window of an instant in microseconds, counted from 1970.
fn window(instant: Expr, length: i128) -> Expr {
    instant.map(
        move |instants| {
            let instants = instants.as_materialized_series().i64()?.clone();
            // A quotient of 64 bits has no more than those.
            let of = |at: i64| i64::try_from(i128::from(at).div_euclid(length)).unwrap_or(0);
            let windows: Int64Chunked = instants.iter().map(|at| at.map(of)).collect();
            Ok(windows.with_name(instants.name().clone()).into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), Kept::Int64)),
    )
}

/// Counts the windows of time.
///
/// # Errors
/// As those of [`windows`], or the rows cannot be read.
pub(crate) fn arrivals(
    work: &Work<'_>,
    check: &Check,
    arrivals: &Arrivals,
) -> Result<Measurement, Cannot> {
    let found = collect(windows(work, check, arrivals)?)?;
    let numbers = |name: &str| -> Result<Vec<i64>, Cannot> {
        let column = found.column(name)?.as_materialized_series().i64()?.clone();
        Ok(column.iter().flatten().collect())
    };
    let (held, counts) = (numbers(WINDOW)?, numbers(NUMBER)?);
    let (Some(first), Some(last)) = (held.iter().min(), held.iter().max()) else {
        return Ok(Measurement::figure(None, None, false));
    };
    let last = match arrivals.until_now {
        false => i128::from(*last),
        // The window that the run began in has not ended.
        true => i128::from(*last).max(i128::from(work.now).div_euclid(length(arrivals)) - 1),
    };
    let windows = last - i128::from(*first) + 1;
    let enough = counts.iter().filter(|n| i128::from(**n) >= i128::from(arrivals.min_rows)).count();
    let few = windows - enough as i128;
    let count = |number: i128| u64::try_from(number).unwrap_or(u64::MAX);
    Ok(arrived(arrivals, count(few), count(windows)))
}

/// The scan for the figure of the other dataset, and where it is.
///
/// # Errors
/// The dataset was not staged, or the figure cannot be computed.
pub(crate) fn other_figure(
    work: &Work<'_>,
    compare: &Compare,
) -> Result<(Scan, Place, LazyFrame), Cannot> {
    let other = work.other(&compare.dataset)?;
    let here = work.scope();
    let scope = Scope { columns: &other.columns, ..here };
    let mut scan = Scan::default();
    let measure = Measure::Metric { metric: compare.other.clone() };
    let mut adding = Adding { scan: &mut scan, scope: &scope, filter: None };
    let places = adding.measure(&measure).map_err(|cannot| cannot.within(&compare.dataset))?;
    match places.as_slice() {
        [place] if !compare.other.counts_values() => Ok((scan, *place, other.frame.clone())),
        _ => {
            let reason = "the figure cannot be held against that of another dataset";
            Err(Cannot::Broken(reason.into()))
        }
    }
}

/// Holds the figure `here` against that of the other dataset.
///
/// # Errors
/// As those of [`other_figure`], or the other dataset cannot be read.
pub(crate) fn compare(
    work: &Work<'_>,
    compare: &Compare,
    here: Option<f64>,
) -> Result<Measurement, Cannot> {
    let (scan, place, frame) = other_figure(work, compare)?;
    let scanned = scan.run(&frame, Groups::One)?;
    let there = scanned.value(&place, 0).map_err(Cannot::Broken)?;
    let here = here.filter(|_| !compare.metric.counts_values());
    Ok(compared(compare, here, there))
}
