//! Conversions that a step makes in passing: a value that does not fit is an error of the whole cleansing.

use assay_schemas::datatype::DataType;
use polars::prelude::{
    Column as Cells, DataType as Kept, Expr, Field, Int64Chunked, IntoColumn as _,
    NewChunkedArray as _, PolarsResult, map_multiple, polars_bail, polars_err,
};

use crate::scope::{Said, Unsaid, cast_to};
use crate::types::kept;

/// `value` as `to`.
///
/// # Errors
/// Polars has nothing that means the same.
pub(super) fn cast(value: Said, to: DataType) -> Result<Expr, Unsaid> {
    use DataType as T;
    let Some(from) = value.data_type else { return Ok(value.expr.cast(kept(to))) };
    match (from, to) {
        (from, to) if from == to => Ok(value.expr),
        // Nested values are their JSON, and any value has a text: nothing can fail.
        (_, T::Text)
        | (T::Integer | T::Decimal(..), T::Double)
        | (T::Date, T::Timestamp)
        | (T::Timestamp, T::Date) => Ok(cast_to(value, to, None)?.expr),
        (T::Integer, T::Decimal(..)) => {
            let made = cast_to(value.clone(), to, None)?.expr;
            Ok(checked(value.expr, made, to))
        }
        (T::Double, T::Integer) => Ok(rounded(value.expr)),
        (T::Decimal(_, scale), T::Integer) => Ok(digits(value.expr, (scale, 0), None)),
        (T::Decimal(_, scale), T::Decimal(precision, wanted)) => {
            Ok(digits(value.expr, (scale, wanted), Some(precision)))
        }
        (T::Double, T::Decimal(precision, scale)) => Ok(places(value.expr, precision, scale)),
        (from, to) => Err(format!("a {from} becomes a {to} without being parsed")),
    }
}

/// The error of a value that does not fit.
fn misfit(to: DataType) -> polars::prelude::PolarsError {
    polars_err!(ComputeError: "Conversion Error: a value does not fit {to}")
}

fn named(to: DataType) -> impl Fn(&polars::prelude::Schema, &[Field]) -> PolarsResult<Field> {
    move |_, fields| {
        let name = fields.first().map(|field| field.name().clone()).unwrap_or_default();
        Ok(Field::new(name, kept(to)))
    }
}

/// The converted value, an error where that is null and the value is not.
fn checked(value: Expr, made: Expr, to: DataType) -> Expr {
    let check = move |columns: &mut [Cells]| {
        let [value, made] = columns else { polars_bail!(ComputeError: "two columns are wanted") };
        if value.len() == made.len() && value.null_count() != made.null_count() {
            return Err(misfit(to));
        }
        Ok(made.clone().with_name(value.name().clone()))
    };
    map_multiple(check, [value, made], named(to))
}

/// A double as the nearest whole number, half to even.
fn rounded(value: Expr) -> Expr {
    const END: f64 = 9_223_372_036_854_775_808.0;
    let convert = |columns: &mut [Cells]| {
        let cells = &columns[0];
        let whole = |value: Option<f64>| -> PolarsResult<Option<i64>> {
            let Some(value) = value else { return Ok(None) };
            let rounded = value.round_ties_even();
            match (-END..END).contains(&rounded) {
                true => Ok(Some(rounded as i64)),
                false => Err(misfit(DataType::Integer)),
            }
        };
        let series = cells.as_materialized_series();
        let made: PolarsResult<Vec<Option<i64>>> = series.f64()?.iter().map(whole).collect();
        Ok(Int64Chunked::from_slice_options(cells.name().clone(), &made?).into_column())
    };
    map_multiple(convert, [value], named(DataType::Integer))
}

/// A decimal with other places behind the point, half away from zero. Without a precision it becomes an
/// integer.
fn digits(value: Expr, (from, wanted): (u8, u8), precision: Option<u8>) -> Expr {
    let to = precision.map_or(DataType::Integer, |digits| DataType::Decimal(digits, wanted));
    let convert = move |columns: &mut [Cells]| {
        let cells = columns[0].as_materialized_series().to_physical_repr().into_owned();
        let scaled = |value: i128| match from.checked_sub(wanted) {
            Some(less) => Some(divided(value, power(less)?)),
            None => value.checked_mul(power(wanted - from)?),
        };
        let fits = |value: &i128| match precision {
            Some(precision) => {
                power(precision).is_some_and(|end| value.unsigned_abs() < end.unsigned_abs())
            }
            None => i64::try_from(*value).is_ok(),
        };
        let made = cells.i128()?.iter().map(|value| match value {
            Some(value) => scaled(value).filter(fits).map(Some).ok_or_else(|| misfit(to)),
            None => Ok(None),
        });
        numbers(&columns[0], made.collect::<PolarsResult<Vec<_>>>()?, to)
    };
    map_multiple(convert, [value], named(to))
}

/// A double with so many places behind the point, half away from zero.
fn places(value: Expr, precision: u8, scale: u8) -> Expr {
    let to = DataType::Decimal(precision, scale);
    let convert = move |columns: &mut [Cells]| {
        let series = columns[0].as_materialized_series();
        let made = series.f64()?.iter().map(|value| match value {
            Some(value) => decimal(value, precision, scale).map(Some).ok_or_else(|| misfit(to)),
            None => Ok(None),
        });
        let made = made.collect::<PolarsResult<Vec<_>>>()?;
        numbers(&columns[0], made, to)
    };
    map_multiple(convert, [value], named(to))
}

/// A double as a decimal: its digits with `scale` of them behind the point, half away from zero; `None`
/// where they do not fit.
pub(crate) fn decimal(value: f64, precision: u8, scale: u8) -> Option<i128> {
    let end = 10_f64.powi(i32::from(precision));
    let rounded = (value * 10_f64.powi(i32::from(scale))).round();
    (rounded.is_finite() && rounded > -end && rounded < end).then_some(rounded as i128)
}

/// Numbers under the name of a column, as a decimal or an integer.
fn numbers(like: &Cells, made: Vec<Option<i128>>, to: DataType) -> PolarsResult<Cells> {
    let numbers = polars::prelude::Int128Chunked::from_slice_options(like.name().clone(), &made);
    match to {
        DataType::Decimal(precision, scale) => {
            let (precision, scale) = (usize::from(precision), usize::from(scale));
            Ok(numbers.into_decimal_unchecked(precision, scale).into_column())
        }
        _ => numbers.into_column().cast(&Kept::Int64),
    }
}

fn power(digits: u8) -> Option<i128> {
    10_i128.checked_pow(u32::from(digits))
}

/// A quotient, half away from zero.
pub(crate) fn divided(value: i128, by: i128) -> i128 {
    let (whole, rest) = (value / by, value % by);
    let up = rest.unsigned_abs() >= by.unsigned_abs() - rest.unsigned_abs();
    if by != 1 && up { whole + value.signum() } else { whole }
}
