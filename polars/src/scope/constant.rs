//! Constants.

use assay_engine::read;
use assay_schemas::datatype::DataType;
use assay_schemas::plan::Literal;
use polars::prelude::{AnyValue, DataType as Kept, Expr, LiteralValue, Scalar, TimeUnit, lit};

use super::{Said, Unsaid};

/// An instant in microseconds since 1970-01-01 UTC.
pub(super) fn instant(microseconds: i64) -> Expr {
    constant(
        Kept::Datetime(TimeUnit::Microseconds, None),
        AnyValue::Datetime(microseconds, TimeUnit::Microseconds, None),
    )
}

// What `lit` makes of numbers and text has no type of its own until Polars gives it one, which may be another.

/// A whole number.
pub(super) fn integer(value: i64) -> Expr {
    constant(Kept::Int64, AnyValue::Int64(value))
}

/// A double.
pub(super) fn double(value: f64) -> Expr {
    constant(Kept::Float64, AnyValue::Float64(value))
}

/// A text.
pub(super) fn text(value: &str) -> Expr {
    constant(Kept::String, AnyValue::StringOwned(value.into()))
}

/// A typed constant.
pub(super) fn literal(value: &Literal) -> Result<Said, Unsaid> {
    Ok(match value {
        Literal::Null => Said::null(),
        Literal::Boolean(value) => Said::new(lit(*value), DataType::Boolean),
        Literal::Integer(value) => Said::new(integer(*value), DataType::Integer),
        Literal::Double(value) => Said::new(double(*value), DataType::Double),
        Literal::Text(value) => Said::new(text(value), DataType::Text),
        Literal::Decimal(digits) => {
            let (value, precision, scale) = decimal(digits)?;
            let (p, s) = (usize::from(precision), usize::from(scale));
            let expr = constant(Kept::Decimal(p, s), AnyValue::Decimal(value, p, s));
            Said::new(expr, DataType::Decimal(precision, scale))
        }
        Literal::Date(day) => {
            let days = read::date(day.as_bytes()).ok_or_else(|| format!("`{day}` is no day"))?;
            Said::new(constant(Kept::Date, AnyValue::Date(days)), DataType::Date)
        }
        Literal::Timestamp(at) => {
            let found =
                read::timestamp(at.as_bytes()).ok_or_else(|| format!("`{at}` is no instant"))?;
            Said::new(instant(found), DataType::Timestamp)
        }
    })
}

fn constant(kept: Kept, value: AnyValue<'static>) -> Expr {
    Expr::Literal(LiteralValue::Scalar(Scalar::new(kept, value)))
}

/// A decimal with exactly the digits written: all of them as a number, how many they are, and how many of
/// them stand behind the point.
pub(super) fn decimal(digits: &str) -> Result<(i128, u8, u8), Unsaid> {
    let refused = || format!("`{digits}` is not a decimal of at most 38 digits");
    let (negative, unsigned) = match digits.strip_prefix(['+', '-']) {
        Some(rest) => (digits.starts_with('-'), rest),
        None => (false, digits),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let all = format!("{whole}{fraction}");
    let fits = all.bytes().all(|letter| letter.is_ascii_digit()) && (1..=38).contains(&all.len());
    let value: i128 = all.parse().ok().filter(|_| fits).ok_or_else(refused)?;
    let precision = u8::try_from(all.len()).map_err(|_| refused())?;
    let scale = u8::try_from(fraction.len()).map_err(|_| refused())?;
    Ok((if negative { -value } else { value }, precision, scale))
}
