//! Conversions that yield null where a value does not fit.

use assay_engine::read;
use assay_schemas::datatype::DataType;
use polars::prelude::{
    BinaryType, BooleanType, Expr, Float64Type, Int32Type, Int64Type, Int128Type, IntoSeries as _,
    NULL, Series, StringChunked, StringType, arity, lit,
};

use super::format::Format;
use super::{Said, Unsaid, compare, constant, decimal, json, rowwise, write};
use crate::types::kept;

/// `value` as `to`, null where it does not fit. `format` is a strftime pattern for text.
///
/// # Errors
/// Polars has nothing that means the same.
pub fn cast_to(value: Said, to: DataType, format: Option<&str>) -> Result<Said, Unsaid> {
    let from = value.data_type;
    cast(value, from, to, format)
}

/// `value` as `to`; `from` is its type, where DuckDB's engine knows it: what it does not know goes by way of
/// text.
pub(super) fn cast(
    value: Said,
    from: Option<DataType>,
    to: DataType,
    format: Option<&str>,
) -> Result<Said, Unsaid> {
    use DataType as T;
    if value.data_type.is_none() {
        return Ok(Said::new(rowwise::folded(value.expr.cast(kept(to)), to), to));
    }
    if from == Some(to) && value.data_type == from {
        return Ok(value);
    }
    if let (Some(format), None | Some(T::Text)) = (format, from) {
        return by_format(value, to, format);
    }
    let expr = match (from, to) {
        (Some(T::Text), T::Struct | T::List | T::Map) => documents(value.expr),
        (_, T::Struct | T::List | T::Map) => return Err(format!("a value cast to {to}")),
        (_, T::Text) => write::text_of(value),
        (Some(T::Text), T::Binary) => encoded(value.expr),
        (None | Some(T::Text), _)
        | (Some(T::Double | T::Decimal(..)), T::Integer)
        | (Some(T::Decimal(..)), T::Decimal(..)) => text(write::text_of(value), to),
        (Some(from), to) => between(value, from, to)?,
    };
    Ok(Said::new(expr, to))
}

fn encoded(text: Expr) -> Expr {
    rowwise::one(text, DataType::Binary, |texts| {
        let bytes = |text: &'_ str| text.as_bytes().to_vec();
        let made = arity::unary_elementwise_values::<_, BinaryType, _>(texts.str()?, bytes);
        Ok(made.into_series())
    })
}

/// Text read as a value.
fn text(text: Expr, to: DataType) -> Expr {
    rowwise::one(text, to, move |texts| {
        let texts = texts.str()?;
        Ok(match to {
            DataType::Boolean => {
                let read =
                    |text: Option<&str>| text.and_then(|text| read::boolean(text.as_bytes()));
                arity::unary_elementwise::<_, BooleanType, _>(texts, read).into_series()
            }
            DataType::Integer => numbers(texts, read::integer),
            DataType::Timestamp => numbers(texts, read::timestamp),
            DataType::Time => numbers(texts, |text| read::time(text).map(|at| at * 1000)),
            DataType::Double => {
                let read = |text: Option<&str>| text.and_then(|text| read::double(text.as_bytes()));
                arity::unary_elementwise::<_, Float64Type, _>(texts, read).into_series()
            }
            DataType::Decimal(precision, scale) => {
                let read = |text: Option<&str>| {
                    text.and_then(|text| read::decimal(text.as_bytes(), precision, scale))
                };
                arity::unary_elementwise::<_, Int128Type, _>(texts, read).into_series()
            }
            DataType::Date => {
                let read = |text: Option<&str>| text.and_then(|text| read::date(text.as_bytes()));
                arity::unary_elementwise::<_, Int32Type, _>(texts, read).into_series()
            }
            _ => texts.clone().into_series(),
        })
    })
}

fn numbers(texts: &StringChunked, read: fn(&[u8]) -> Option<i64>) -> Series {
    let read = |text: Option<&str>| text.and_then(|text| read(text.as_bytes()));
    arity::unary_elementwise::<_, Int64Type, _>(texts, read).into_series()
}

/// What DuckDB's own `TRY_CAST` makes of values that are no text.
fn between(value: Said, from: DataType, to: DataType) -> Result<Expr, Unsaid> {
    use DataType as T;
    let own = value.expr.clone();
    Ok(match (from, to) {
        (T::Integer, T::Boolean) => own.neq(constant::integer(0)),
        (T::Double, T::Boolean) => own.neq(constant::double(0.0)),
        (T::Decimal(..), T::Boolean) => rowwise::one(own, to, |values| {
            let there = |value: i128| value != 0;
            let made = arity::unary_elementwise_values::<_, BooleanType, _>(values.i128()?, there);
            Ok(made.into_series())
        }),
        (T::Boolean, T::Integer | T::Double) => own.cast(kept(to)),
        // Where there is no room for a one, DuckDB makes it the last digit.
        (T::Boolean, T::Decimal(precision, scale)) => {
            let one = if precision > scale { decimal::power(scale) } else { 1 };
            rowwise::one(own, to, move |values| {
                let digits = |value: bool| if value { one } else { 0 };
                let made =
                    arity::unary_elementwise_values::<_, Int128Type, _>(values.bool()?, digits);
                Ok(made.into_series())
            })
        }
        (T::Integer, T::Decimal(precision, scale)) => fitted(own, precision, scale),
        (T::Integer | T::Decimal(..), T::Double) | (T::Date, T::Timestamp) => {
            compare::widened(value, to)?
        }
        (T::Timestamp, T::Date) => rowwise::one(own, to, |values| {
            let day = |at: i64| i32::try_from(at.div_euclid(86_400_000_000)).unwrap_or(i32::MAX);
            let made = arity::unary_elementwise_values::<_, Int32Type, _>(values.i64()?, day);
            Ok(made.into_series())
        }),
        (T::Timestamp, T::Time) => rowwise::one(own, to, |values| {
            let clock = |at: i64| at.rem_euclid(86_400_000_000) * 1000;
            let made = arity::unary_elementwise_values::<_, Int64Type, _>(values.i64()?, clock);
            Ok(made.into_series())
        }),
        (T::Double, T::Decimal(precision, scale)) => rowwise::one(own, to, move |values| {
            let rounded =
                |value: Option<f64>| value.and_then(|value| digits(value, precision, scale));
            let made = arity::unary_elementwise::<_, Int128Type, _>(values.f64()?, rounded);
            Ok(made.into_series())
        }),
        (T::Struct | T::List | T::Map, _) => return Err(format!("{from} cast to {to}")),
        // DuckDB knows no such conversion, so no value fits.
        _ => rowwise::folded(lit(NULL).cast(kept(to)), to),
    })
}

/// The digits of a double, half away from zero.
fn digits(value: f64, precision: u8, scale: u8) -> Option<i128> {
    let power = |digits: u8| format!("1e{digits}").parse().unwrap_or(f64::INFINITY);
    let rounded: f64 = (value * power(scale)).round();
    (rounded.is_finite() && rounded.abs() < power(precision)).then_some(rounded as i128)
}

/// Text read by a strftime pattern.
fn by_format(value: Said, to: DataType, pattern: &str) -> Result<Said, Unsaid> {
    let format = Format::new(pattern)?;
    let expr = rowwise::one(write::text_of(value), DataType::Timestamp, move |texts| {
        let read = |text: Option<&str>| text.and_then(|text| format.read(text));
        Ok(arity::unary_elementwise::<_, Int64Type, _>(texts.str()?, read).into_series())
    });
    let read = Said::new(expr, DataType::Timestamp);
    match to {
        DataType::Timestamp => Ok(read),
        DataType::Text => Ok(Said::new(write::text_of(read), to)),
        DataType::Struct | DataType::List | DataType::Map => {
            Err(format!("text read by the pattern `{pattern}` as {to}"))
        }
        other => Ok(Said::new(between(read, DataType::Timestamp, other)?, other)),
    }
}

/// Text where it is JSON, or what DuckDB takes for it.
fn documents(text: Expr) -> Expr {
    rowwise::one(text, DataType::Struct, |texts| {
        let valid =
            |text: Option<&str>| text.filter(|text| json::valid(text, true)).map(str::to_owned);
        Ok(arity::unary_elementwise::<_, StringType, _>(texts.str()?, valid).into_series())
    })
}

fn fitted(value: Expr, precision: u8, scale: u8) -> Expr {
    rowwise::one(value, DataType::Decimal(precision, scale), move |values| {
        let raised = |value: Option<i64>| {
            value.and_then(|value| decimal::raise(value.into(), 0, precision, scale).ok())
        };
        let made = arity::unary_elementwise::<_, Int128Type, _>(values.i64()?, raised);
        Ok(made.into_series())
    })
}
