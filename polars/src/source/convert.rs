//! Values as they are found, brought to what Polars keeps their type in.

use assay_schemas::datatype::DataType;
use assay_schemas::plan::Field;
use polars::prelude::{
    Column as Values, DataType as Kept, Expr, Field as Named, Float64Chunked, Int64Chunked,
    IntoColumn as _, NULL, NewChunkedArray as _, PolarsResult, TimeUnit, lit, polars_bail,
};

use crate::types::kept;
use assay_engine::words;

/// Whole numbers up to this are exact as doubles.
const EXACT: u128 = 1 << 53;
/// Powers of ten up to this one are exact as doubles.
const EXACT_POWER: usize = 22;

/// `value` of the type `found`, read as the declared type where nothing can be lost by it, and the type it
/// then has.
pub(super) fn widened(
    value: Expr,
    found: Option<DataType>,
    field: Option<&Field>,
) -> (Expr, Option<DataType>) {
    match (found, field.map(|field| field.data_type)) {
        (Some(from), Some(to)) if from != to && words::widens(from, to) => {
            let value = match (from, to) {
                (DataType::Decimal(..), DataType::Double) => double(value),
                _ => value.strict_cast(kept(to)),
            };
            (value, Some(to))
        }
        _ => (value, found),
    }
}

/// A column that is not there: null in every row.
pub(super) fn absent(field: Option<&Field>) -> (Expr, Option<DataType>) {
    let data_type = field.map_or(DataType::Text, |field| field.data_type);
    (lit(NULL).cast(kept(data_type)), Some(data_type))
}

/// A function of each value on its own.
pub(super) fn mapped(
    value: Expr,
    output: Kept,
    function: impl Fn(Values) -> PolarsResult<Values> + Send + Sync + 'static,
) -> Expr {
    value.map(function, move |_, field| Ok(Named::new(field.name().clone(), output.clone())))
}

/// Decimals as the doubles nearest to them.
fn double(value: Expr) -> Expr {
    mapped(value, Kept::Float64, |values| {
        let decimals = values.decimal()?;
        let scale = decimals.scale();
        let nearest = |unscaled: i128| {
            // Both are exact, so that the division rounds once.
            if scale <= EXACT_POWER && unscaled.unsigned_abs() <= EXACT {
                return unscaled as f64 / 10_f64.powi(scale as i32);
            }
            format!("{unscaled}e-{scale}").parse().unwrap_or(f64::NAN)
        };
        let doubles = decimals.physical().iter().map(|unscaled| unscaled.map(nearest));
        Ok(Float64Chunked::from_iter_options(values.name().clone(), doubles).into_column())
    })
}

/// Instants of any unit and zone as microseconds in UTC; what is finer is rounded, a half away from 1970.
pub(super) fn micros(value: Expr) -> Expr {
    mapped(value, kept(DataType::Timestamp), |values| {
        let instants = values.datetime()?;
        let micros: PolarsResult<Int64Chunked> = match instants.time_unit() {
            TimeUnit::Microseconds => Ok(instants.physical().clone()),
            TimeUnit::Nanoseconds => Ok(Int64Chunked::from_iter_options(
                values.name().clone(),
                instants.physical().iter().map(|nanos| nanos.map(rounded)),
            )),
            TimeUnit::Milliseconds => {
                let mut kept = Vec::with_capacity(values.len());
                for millis in instants.physical().iter() {
                    let micros = millis.map(|millis| millis.checked_mul(1000));
                    if micros == Some(None) {
                        polars_bail!(ComputeError: "an instant of `{}` is beyond what microseconds reach", values.name());
                    }
                    kept.push(micros.flatten());
                }
                Ok(Int64Chunked::from_iter_options(values.name().clone(), kept.into_iter()))
            }
        };
        Ok(micros?.into_datetime(TimeUnit::Microseconds, None).into_column())
    })
}

/// Nanoseconds as microseconds, rounded away from zero as DuckDB does it.
fn rounded(nanos: i64) -> i64 {
    // The greatest and the smallest stand for infinity.
    if nanos == i64::MAX || nanos == -i64::MAX {
        return nanos;
    }
    let halves = nanos / 500;
    if halves < 0 { (halves - 1) / 2 } else { (halves + 1) / 2 }
}
