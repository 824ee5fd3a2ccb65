//! The arithmetic mean and the median of each key, to the last bit as DuckDB has them.

use assay_schemas::datatype::DataType;
use polars::prelude::{
    Column, Float64Chunked, Int64Chunked, Int128Chunked, IntoColumn as _, NewChunkedArray as _,
    PolarsResult, polars_err,
};

use super::groups::Numbered;
use crate::chain::decimal;

/// Where integers of 64 bits end.
const END: f64 = 9_223_372_036_854_775_808.0;

/// Numbers of one key.
enum Numbers {
    /// Whole numbers, or the digits of decimals.
    Whole(Vec<Vec<i128>>),
    /// Doubles.
    Double(Vec<Vec<f64>>),
}

/// The mean or the median of the values of each key, rounded to the type; null where a key has none.
pub(super) fn average(
    keys: &Numbered,
    values: &Column,
    data_type: DataType,
    median: bool,
) -> PolarsResult<Column> {
    let numbers = numbers(keys, values)?;
    let misfit = || polars_err!(ComputeError: "Conversion Error: a mean does not fit {data_type}");
    match (numbers, data_type) {
        (Numbers::Double(values), _) => {
            let one = |values: &mut Vec<f64>| match median {
                true => middle(values, in_order, |low, high| low * 0.5 + high * 0.5),
                false => mean_of_doubles(values),
            };
            let made: Vec<Option<f64>> = values.into_iter().map(|mut v| one(&mut v)).collect();
            Ok(Float64Chunked::from_slice_options("value".into(), &made).into_column())
        }
        (Numbers::Whole(values), DataType::Decimal(precision, scale)) => {
            let one = |values: &mut Vec<i128>| -> PolarsResult<Option<i128>> {
                if median {
                    return Ok(middle(values, i128::cmp, |low, high| {
                        between(low, high, precision)
                    }));
                }
                let Some(mean) = mean(values, scale, precision <= 4) else { return Ok(None) };
                decimal(mean, precision, scale).map(Some).ok_or_else(misfit)
            };
            let made = values.into_iter().map(|mut values| one(&mut values));
            let made: Vec<Option<i128>> = made.collect::<PolarsResult<_>>()?;
            let digits = Int128Chunked::from_slice_options("value".into(), &made);
            Ok(digits.into_decimal_unchecked(precision.into(), scale.into()).into_column())
        }
        (Numbers::Whole(values), _) => {
            let one = |values: &mut Vec<i128>| -> PolarsResult<Option<i64>> {
                let found = match median {
                    true => middle_of_integers(values),
                    false => mean(values, 0, false),
                };
                let Some(found) = found else { return Ok(None) };
                let rounded = found.round();
                let fits = (-END..END).contains(&rounded);
                if fits { Ok(Some(rounded as i64)) } else { Err(misfit()) }
            };
            let made = values.into_iter().map(|mut values| one(&mut values));
            let made: Vec<Option<i64>> = made.collect::<PolarsResult<_>>()?;
            Ok(Int64Chunked::from_slice_options("value".into(), &made).into_column())
        }
    }
}

/// The values that are there, key by key, in the order of the rows.
fn numbers(keys: &Numbered, values: &Column) -> PolarsResult<Numbers> {
    fn spread<T: Copy>(keys: &Numbered, values: impl Iterator<Item = Option<T>>) -> Vec<Vec<T>> {
        let mut spread = vec![Vec::new(); keys.count()];
        for (key, value) in keys.of.iter().zip(values) {
            if let (Some(own), Some(value)) = (spread.get_mut(*key as usize), value) {
                own.push(value);
            }
        }
        spread
    }
    let series = values.as_materialized_series().to_physical_repr();
    if let Ok(values) = series.f64() {
        return Ok(Numbers::Double(spread(keys, values.iter())));
    }
    if let Ok(values) = series.i64() {
        return Ok(Numbers::Whole(spread(keys, values.iter().map(|value| value.map(i128::from)))));
    }
    Ok(Numbers::Whole(spread(keys, series.i128()?.iter())))
}

fn mean_of_doubles(values: &[f64]) -> Option<f64> {
    let sum = values.iter().fold(0.0, |sum, value| sum + value);
    (!values.is_empty()).then(|| sum / values.len() as f64)
}

/// The mean of whole numbers with `scale` digits behind the point. The quotient is first rounded to the 64
/// bits of an extended double, unless the numbers are `narrow`.
fn mean(values: &[i128], scale: u8, narrow: bool) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let sum: i128 = values.iter().fold(0, |sum: i128, value| sum.wrapping_add(*value));
    let tens = 10_f64.powi(i32::from(scale));
    if narrow {
        return Some(sum as f64 / (values.len() as f64 * tens));
    }
    let count = u128::try_from(values.len()).ok()?;
    let by = 10_u128.checked_pow(u32::from(scale)).and_then(|tens| tens.checked_mul(count));
    let found = match by {
        Some(by) => quotient(sum.unsigned_abs(), by),
        None => sum.unsigned_abs() as f64 / (values.len() as f64 * tens),
    };
    Some(if sum < 0 { -found } else { found })
}

/// A quotient, rounded to 64 bits and then to a double.
fn quotient(value: u128, by: u128) -> f64 {
    if value == 0 || by == 0 {
        return 0.0;
    }
    let up = value.leading_zeros();
    let wide = value << up;
    let (whole, rest) = (wide / by, wide % by);
    // Fewer bits than 64 come out of a divisor beyond them, which no number of rows makes.
    let bits = 128 - whole.leading_zeros();
    let less = bits.saturating_sub(64);
    let (mut kept, cut) = (whole >> less, whole & ((1_u128 << less) - 1));
    let half = if less == 0 { 0 } else { 1_u128 << (less - 1) };
    let above = less > 0 && (cut > half || (cut == half && (rest > 0 || kept & 1 == 1)));
    kept += u128::from(above);
    let exponent = i32::try_from(less).unwrap_or(0) - i32::try_from(up).unwrap_or(0);
    kept as f64 * 2_f64.powi(exponent)
}

/// The value in the middle of values in order, or what `between` makes of the two.
fn middle<T: Copy>(
    values: &mut [T],
    order: impl Fn(&T, &T) -> std::cmp::Ordering,
    between: impl Fn(T, T) -> T,
) -> Option<T> {
    values.sort_unstable_by(order);
    let last = values.len().checked_sub(1)?;
    let (low, high) = (*values.get(last / 2)?, *values.get(last.div_ceil(2))?);
    Some(if last % 2 == 0 { low } else { between(low, high) })
}

/// NaN is greater than every other number.
fn in_order(one: &f64, other: &f64) -> std::cmp::Ordering {
    one.partial_cmp(other).unwrap_or_else(|| one.is_nan().cmp(&other.is_nan()))
}

fn middle_of_integers(values: &mut [i128]) -> Option<f64> {
    values.sort_unstable();
    let last = values.len().checked_sub(1)?;
    let (low, high) = (*values.get(last / 2)? as f64, *values.get(last.div_ceil(2))? as f64);
    Some(if last % 2 == 0 { low } else { low * 0.5 + high * 0.5 })
}

/// The digits half way between those of two decimals, as DuckDB cuts them off.
fn between(low: i128, high: i128, precision: u8) -> i128 {
    match precision {
        ..=18 => (low as f64 + (high as f64 - low as f64) * 0.5) as i128,
        _ => low + ((high - low) as f64 * 0.5) as i128,
    }
}
