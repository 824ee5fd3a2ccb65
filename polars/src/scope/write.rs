//! Values written as text, as DuckDB writes them.

use std::fmt::Write as _;

use assay_schemas::datatype::DataType;
use polars::prelude::{Expr, IntoSeries as _, StringType, arity};

use super::{Said, rowwise};
use crate::types::kept;

/// Any value as text: whole numbers in digits, doubles with the fewest digits that tell them apart and with a
/// point or an exponent, decimals with all their digits, days as `2024-01-01`, instants as
/// `2024-01-01 00:00:00[.f…]`, truth values as `true` and `false`, bytes with `\x` for those that are not
/// printed.
pub fn text_of(value: Said) -> Expr {
    let text = DataType::Text;
    let Some(data_type) = value.data_type else {
        return rowwise::folded(value.expr.cast(kept(text)), text);
    };
    match data_type {
        DataType::Text | DataType::Struct | DataType::List | DataType::Map => value.expr,
        DataType::Boolean | DataType::Integer => value.expr.cast(kept(text)),
        DataType::Double => rowwise::one(value.expr, text, |values| {
            Ok(arity::unary_elementwise_values::<_, StringType, _>(values.f64()?, double)
                .into_series())
        }),
        DataType::Decimal(precision, scale) => rowwise::one(value.expr, text, move |values| {
            let written = |value: i128| decimal(value, precision, scale);
            Ok(arity::unary_elementwise_values::<_, StringType, _>(values.i128()?, written)
                .into_series())
        }),
        DataType::Date => rowwise::one(value.expr, text, |values| {
            let written = |days: i32| date(days.into());
            Ok(arity::unary_elementwise_values::<_, StringType, _>(values.i32()?, written)
                .into_series())
        }),
        DataType::Timestamp => rowwise::one(value.expr, text, |values| {
            Ok(arity::unary_elementwise_values::<_, StringType, _>(values.i64()?, timestamp)
                .into_series())
        }),
        DataType::Time => rowwise::one(value.expr, text, |values| {
            let written = |at: i64| clock(at / 1000);
            Ok(arity::unary_elementwise_values::<_, StringType, _>(values.i64()?, written)
                .into_series())
        }),
        DataType::Binary => rowwise::one(value.expr, text, |values| {
            Ok(arity::unary_elementwise_values::<_, StringType, _>(values.binary()?, binary)
                .into_series())
        }),
    }
}

/// A double.
pub(super) fn double(value: f64) -> String {
    if !value.is_finite() {
        let sign = if value.is_sign_negative() { "-" } else { "" };
        return format!("{sign}{}", if value.is_nan() { "nan" } else { "inf" });
    }
    let shortest = shortest(value);
    let (digits, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        return fixed(digits, exponent);
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// The fewest digits that tell a double from all others, as `d.d…e±d`; of two that are equally near, the even.
fn shortest(value: f64) -> String {
    let nearest = format!("{value:e}");
    let digits = nearest.find('e').unwrap_or(0);
    // Fewer digits than these are never halfway to a double.
    if digits < 16 {
        return nearest;
    }
    let behind = digits.saturating_sub(if value < 0.0 { 3 } else { 2 });
    let even = format!("{value:.behind$e}");
    if even.parse() == Ok(value) { even } else { nearest }
}

/// Digits `d.d…` with their point moved by `exponent` places.
fn fixed(digits: &str, exponent: i32) -> String {
    let (sign, unsigned) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let all: String = unsigned.chars().filter(char::is_ascii_digit).collect();
    let Ok(before) = usize::try_from(exponent) else {
        let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
        return format!("{sign}0.{}{all}", "0".repeat(zeros));
    };
    let (whole, fraction) = all.split_at(all.len().min(before + 1));
    let fraction = if fraction.is_empty() { "0" } else { fraction };
    format!("{sign}{whole:0<width$}.{fraction}", width = before + 1)
}

/// A decimal of which `scale` digits stand behind the point.
pub(super) fn decimal(value: i128, precision: u8, scale: u8) -> String {
    let sign = if value < 0 { "-" } else { "" };
    if scale == 0 {
        return value.to_string();
    }
    let by = super::decimal::power(scale).unsigned_abs();
    let (whole, rest) = (value.unsigned_abs() / by, value.unsigned_abs() % by);
    let width = usize::from(scale);
    match precision > scale {
        true => format!("{sign}{whole}.{rest:0width$}"),
        false => format!("{sign}.{rest:0width$}"),
    }
}

/// A day.
pub(super) fn date(days: i64) -> String {
    let (text, era) = calendar(days);
    text + era
}

/// The day in digits, and what follows where it was before the year 1.
fn calendar(days: i64) -> (String, &'static str) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (year, before) = if year > 0 { (year, "") } else { (1 - year, " (BC)") };
    (format!("{year:04}-{month:02}-{day:02}"), before)
}

/// An instant.
pub(super) fn timestamp(at: i64) -> String {
    let (days, clock_at) = (at.div_euclid(86_400_000_000), at.rem_euclid(86_400_000_000));
    let (day, before) = calendar(days);
    format!("{day}{before} {}", clock(clock_at))
}

/// Microseconds since midnight.
pub(super) fn clock(at: i64) -> String {
    let (seconds, micros) = (at / 1_000_000, at % 1_000_000);
    let mut text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if micros > 0 {
        let fraction = format!("{micros:06}");
        text.push('.');
        text.push_str(fraction.trim_end_matches('0'));
    }
    text
}

fn binary(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        if (32..=126).contains(byte) && !matches!(byte, b'\\' | b'\'' | b'"') {
            text.push(char::from(*byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(text, "\\x{byte:02X}");
        }
    }
    text
}
