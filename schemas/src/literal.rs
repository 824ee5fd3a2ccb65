//! Constants: a value as authors write it, read as the type of the column that it is compared with.
//!
//! Numbers keep every digit on the way: `0.1` beside a decimal column is the decimal 0.1, never the
//! binary number next to it.

mod cell;
mod digits;

use std::cmp::Ordering;

use jiff::civil::{Date, DateTime, Time};

use crate::datatype::DataType;
use crate::library::taxonomy::Scalar;
use crate::plan::{Expr, Function, Literal};
pub use cell::cell;
use digits::Digits;

/// Integers beyond this, either way, travel as decimals.
const EXACT_IN_JSON: i64 = 1 << 53;

/// Digits that a decimal can hold.
const DECIMAL_DIGITS: usize = 38;

/// Digits that the whole numbers of 64 bits can need.
const INTEGER_DIGITS: usize = 19;

/// What a constant is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// To be equal to a value of the type: it must be one.
    Value,
    /// To be compared with values of the type: it may lie between two of them.
    Bound,
}

/// A value read as a constant of a type.
///
/// # Errors
/// Says in words why it is none, after the value itself: "is not a day: write `YYYY-MM-DD`".
pub fn typed(value: &Scalar, data_type: DataType, fit: Fit) -> Result<Literal, String> {
    match data_type {
        DataType::Boolean => match value {
            Scalar::Boolean(value) => Ok(Literal::Boolean(*value)),
            _ => Err(format!("`{}` is not `true` or `false`", value.shown())),
        },
        DataType::Text => match value {
            Scalar::Text(text) => Ok(Literal::Text(text.clone())),
            _ => Err(format!("`{0}` is not text: quote it, `\"{0}\"`", value.shown())),
        },
        DataType::Integer | DataType::Decimal(..) | DataType::Double => {
            number(&digits_of(value)?, data_type, fit)
        }
        DataType::Date => date(text_of(value, "a day")?).map(Literal::Date),
        DataType::Timestamp => timestamp(text_of(value, "an instant")?).map(Literal::Timestamp),
        DataType::Time | DataType::Binary | DataType::Struct | DataType::List | DataType::Map => {
            Err(format!("a constant of type `{data_type}` cannot be written"))
        }
    }
}

/// A value read as a constant expression of a type; unlike [`typed`], times of day have one.
///
/// # Errors
/// Says in words why it is none.
pub fn operand(value: &Scalar, data_type: DataType, fit: Fit) -> Result<Expr, String> {
    if data_type != DataType::Time {
        return typed(value, data_type, fit).map(Expr::literal);
    }
    let text = time(text_of(value, "a time of day")?)?;
    Ok(Expr::Cast {
        value: Box::new(Expr::literal(Literal::Text(text))),
        to: DataType::Time,
        format: None,
    })
}

/// Whether a value is one of these, by the rule of [`typed`] constants; `texts` only matter where the
/// case of letters is ignored.
///
/// Letters beyond ASCII change case in the engine on both sides of the comparison, so that no two
/// tables of Unicode can disagree.
pub fn is_one_of(value: Expr, set: Vec<Literal>, ignore_case: bool) -> Expr {
    if !ignore_case {
        return Expr::In { value: Box::new(value), set };
    }
    let lower = |value| Expr::call(Function::Lower, [value]);
    let (plain, others): (Vec<_>, Vec<_>) = set.into_iter().partition(|literal| match literal {
        Literal::Text(text) => text.is_ascii(),
        _ => true,
    });
    let mut tests = Vec::new();
    if !plain.is_empty() {
        let set = plain.into_iter().map(in_lower_case).collect();
        tests.push(Expr::In { value: Box::new(lower(value.clone())), set });
    }
    for literal in others {
        let sides = [lower(value.clone()), lower(Expr::literal(literal))];
        tests.push(Expr::call(Function::Equal, sides));
    }
    match tests.pop() {
        Some(only) if tests.is_empty() => only,
        last => Expr::call(Function::Or, tests.into_iter().chain(last)),
    }
}

fn in_lower_case(literal: Literal) -> Literal {
    match literal {
        Literal::Text(text) => Literal::Text(text.to_ascii_lowercase()),
        other => other,
    }
}

/// The order of two constants of one type; `None` where they have none.
pub fn compare(left: &Literal, right: &Literal) -> Option<Ordering> {
    match (left, right) {
        // The canonical texts of days and instants sort as they are.
        (Literal::Date(left), Literal::Date(right))
        | (Literal::Timestamp(left), Literal::Timestamp(right))
        | (Literal::Text(left), Literal::Text(right)) => Some(left.cmp(right)),
        (Literal::Double(left), Literal::Double(right)) => left.partial_cmp(right),
        _ => Some(literal_digits(left)?.cmp(&literal_digits(right)?)),
    }
}

fn literal_digits(literal: &Literal) -> Option<Digits> {
    match literal {
        Literal::Integer(value) => Digits::read(&value.to_string()),
        Literal::Decimal(text) => Digits::read(text),
        Literal::Double(value) => Digits::read(&value.to_string()),
        _ => None,
    }
}

/// A whole number as a constant.
pub fn integer(value: i64) -> Literal {
    if value.unsigned_abs() <= EXACT_IN_JSON.unsigned_abs() {
        Literal::Integer(value)
    } else {
        Literal::Decimal(value.to_string())
    }
}

/// A length or count as a constant.
pub fn count(value: u64) -> Literal {
    i64::try_from(value).map_or_else(|_| Literal::Decimal(value.to_string()), integer)
}

fn digits_of(value: &Scalar) -> Result<Digits, String> {
    let text = match value {
        Scalar::Integer(value) => value.to_string(),
        Scalar::Number(value) => value.to_string(),
        Scalar::Text(text) => text.clone(),
        Scalar::Boolean(value) => return Err(format!("`{value}` is not a number")),
    };
    Digits::read(&text).ok_or_else(|| format!("`{text}` is not a number such as `12.50`"))
}

fn number(digits: &Digits, data_type: DataType, fit: Fit) -> Result<Literal, String> {
    let text = digits.to_string();
    let (whole, fraction) = (digits.whole(), digits.fraction());
    let (own_whole, own_fraction) = match data_type {
        DataType::Decimal(precision, scale) => (usize::from(precision - scale), usize::from(scale)),
        DataType::Integer => (INTEGER_DIGITS, 0),
        _ => {
            let value = text.parse::<f64>().ok().filter(|value| value.is_finite());
            return value
                .map(Literal::Double)
                .ok_or_else(|| format!("`{text}` is beyond the numbers of type `{data_type}`"));
        }
    };
    if fit == Fit::Value && fraction > own_fraction {
        return Err(format!(
            "no value of type `{data_type}` is `{text}`: it has too many decimals"
        ));
    }
    if fit == Fit::Value && whole > own_whole {
        return Err(format!("no value of type `{data_type}` is `{text}`: it has too many digits"));
    }
    if whole.max(own_whole) + fraction.max(own_fraction) > DECIMAL_DIGITS {
        return Err(format!(
            "`{text}` cannot be compared exactly with `{data_type}`: together they need more than \
             {DECIMAL_DIGITS} digits"
        ));
    }
    match text.parse::<i64>() {
        Ok(value) if data_type == DataType::Integer => Ok(integer(value)),
        _ => Ok(Literal::Decimal(text)),
    }
}

fn text_of<'a>(value: &'a Scalar, wanted: &str) -> Result<&'a str, String> {
    match value {
        Scalar::Text(text) => Ok(text),
        _ => Err(format!("`{}` is not {wanted}: quote it as text", value.shown())),
    }
}

/// A day in its canonical text.
///
/// # Errors
/// The text is not `YYYY-MM-DD` of a day that exists.
pub fn date(text: &str) -> Result<String, String> {
    let day = text.parse::<Date>().ok().filter(|day| text.len() == 10 && day.year() > 0);
    day.map(|day| day.to_string())
        .ok_or_else(|| format!("`{text}` is not a day: write `YYYY-MM-DD`"))
}

/// An instant in its canonical text; an offset is taken off, a day alone is its midnight.
///
/// # Errors
/// The text is not an instant that exists, or is finer than a microsecond.
pub fn timestamp(text: &str) -> Result<String, String> {
    let wrong = || format!("`{text}` is not an instant: write `YYYY-MM-DDTHH:MM:SS`, read as UTC");
    // A zone in brackets would be dropped silently.
    if text.contains('[') {
        return Err(wrong());
    }
    let instant = match text.parse::<jiff::Timestamp>() {
        Ok(instant) => jiff::tz::Offset::UTC.to_datetime(instant),
        Err(_) => text.parse::<DateTime>().map_err(|_| wrong())?,
    };
    if instant.year() < 1 {
        return Err(wrong());
    }
    match instant.subsec_nanosecond() {
        0 => Ok(instant.to_string()),
        finer if finer % 1000 != 0 => Err(format!("`{text}` is finer than a microsecond")),
        _ => Ok(format!("{instant:.6}")),
    }
}

/// A day or an instant in its canonical text, in seconds since 1970-01-01 UTC.
pub fn seconds(text: &str) -> Option<f64> {
    let instant = text.parse::<DateTime>().ok()?;
    let micros = jiff::tz::Offset::UTC.to_timestamp(instant).ok()?.as_microsecond();
    Some(micros as f64 / 1e6)
}

/// A time of day in its canonical text.
///
/// # Errors
/// The text is not `HH:MM:SS` of a time that exists.
pub fn time(text: &str) -> Result<String, String> {
    let time = text.parse::<Time>().ok().filter(|_| text.len() <= 15 && !text.contains('-'));
    let time = time.ok_or_else(|| format!("`{text}` is not a time of day: write `HH:MM:SS`"))?;
    match time.subsec_nanosecond() {
        0 => Ok(time.to_string()),
        _ => Ok(format!("{time:.6}")),
    }
}

/// A length of time in seconds: `24h`, `7d`, `1h 30m` or ISO 8601 such as `P1DT12H`. A day is 24 hours.
///
/// # Errors
/// The text is none, is negative, or counts months or years, whose lengths differ.
pub fn duration(text: &str) -> Result<f64, String> {
    let wrong = || format!("`{text}` is not a length of time such as `24h`, `7d` or `PT30M`");
    let span = text.trim().parse::<jiff::Span>().map_err(|_| wrong())?;
    if span.get_months() != 0 || span.get_years() != 0 {
        return Err(format!("`{text}` counts months or years, whose lengths differ: count days"));
    }
    let length =
        span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    if length.is_negative() {
        return Err(format!("`{text}` is negative"));
    }
    Ok(length.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Scalar {
        Scalar::Text(text.to_owned())
    }

    #[test]
    fn numbers_keep_their_digits() {
        let decimal = DataType::Decimal(12, 2);
        assert_eq!(
            typed(&Scalar::Number(0.1), decimal, Fit::Value),
            Ok(Literal::Decimal("0.1".into()))
        );
        assert_eq!(
            typed(&text("9007199254740993"), DataType::Integer, Fit::Value),
            Ok(Literal::Decimal("9007199254740993".into()))
        );
        assert_eq!(
            typed(&Scalar::Number(5.0), DataType::Integer, Fit::Value),
            Ok(Literal::Integer(5))
        );
        assert_eq!(
            typed(&Scalar::Integer(5), DataType::Double, Fit::Value),
            Ok(Literal::Double(5.0))
        );
    }

    #[test]
    fn a_bound_may_lie_between_two_values_but_a_value_may_not() {
        let half = Scalar::Number(0.5);
        assert!(typed(&half, DataType::Integer, Fit::Bound).is_ok());
        assert!(typed(&half, DataType::Integer, Fit::Value).is_err());
        assert!(typed(&Scalar::Number(0.125), DataType::Decimal(4, 2), Fit::Value).is_err());
        let fine = text("0.00000000001");
        assert!(typed(&fine, DataType::Decimal(38, 10), Fit::Bound).is_err());
    }

    #[test]
    fn instants_are_brought_to_utc() {
        for (written, canonical) in [
            ("2024-03-01", "2024-03-01T00:00:00"),
            ("2024-03-01 12:30:00", "2024-03-01T12:30:00"),
            ("2024-03-01T12:30:00+02:00", "2024-03-01T10:30:00"),
            ("2024-03-01T12:30:00.5Z", "2024-03-01T12:30:00.500000"),
        ] {
            assert_eq!(timestamp(written).as_deref(), Ok(canonical));
        }
        for bad in
            ["2024-02-30", "2024-03-01T12:00[Europe/Berlin]", "now", "2024-03-01T00:00:00.1234567"]
        {
            assert!(timestamp(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn days_and_times_are_exact() {
        assert_eq!(date("2024-02-29").as_deref(), Ok("2024-02-29"));
        for bad in ["2023-02-29", "2024-2-1", "2024-02-29T00:00:00", "20240229"] {
            assert!(date(bad).is_err(), "{bad}");
        }
        assert_eq!(time("09:30").as_deref(), Ok("09:30:00"));
        assert!(time("25:00").is_err());
    }

    #[test]
    fn durations_are_seconds() {
        for (written, seconds) in [
            ("24h", 86_400.0),
            ("7d", 604_800.0),
            ("PT30M", 1_800.0),
            ("1h 30m", 5_400.0),
            ("2w", 1_209_600.0),
            ("P1DT0.5S", 86_400.5),
            ("0s", 0.0),
        ] {
            assert_eq!(duration(written), Ok(seconds), "{written}");
        }
        for bad in ["", "24", "1 month", "P1Y", "-1h", "1h ago", "soon"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_order_of_constants_is_that_of_their_values() {
        let decimal = |text: &str| Literal::Decimal(text.to_owned());
        assert_eq!(compare(&decimal("9.5"), &Literal::Integer(10)), Some(Ordering::Less));
        assert_eq!(compare(&decimal("-2"), &decimal("-10")), Some(Ordering::Greater));
        assert_eq!(compare(&decimal("1.50"), &decimal("1.5")), Some(Ordering::Equal));
    }
}
