//! Arithmetic.

use assay_schemas::datatype::DataType;
use assay_schemas::plan::{self, Function, Literal};
use polars::prelude::{
    Expr, Float64Type, Int64Type, Int128Type, IntoSeries as _, PolarsResult, arity,
};

use super::{Said, Unsaid, compare, decimal, rowwise};
use crate::types::kept;

/// A sum, difference, product or remainder.
pub(super) fn arithmetic(function: Function, one: Said, other: Said) -> Result<Said, Unsaid> {
    use DataType as T;
    let (from, with) = match (one.data_type, other.data_type) {
        (None, None) => return Ok(Said::null()),
        (Some(found), None) | (None, Some(found)) => (found, found),
        (Some(from), Some(with)) => (from, with),
    };
    match (from, with) {
        (T::Integer, T::Integer) => integers(function, one, other),
        (T::Double, T::Double | T::Integer | T::Decimal(..))
        | (T::Integer | T::Decimal(..), T::Double) => doubles(function, one, other),
        (T::Decimal(..) | T::Integer, T::Decimal(..)) | (T::Decimal(..), T::Integer) => {
            decimals(function, one, other)
        }
        (T::Date, T::Date) if function == Function::Subtract => {
            let day = |value: Said| value.of(T::Date, "a day").map(|days| days.cast(kept(T::Date)));
            let (one, other) = (day(one)?, day(other)?);
            let number = |days: Expr| days.to_physical().cast(kept(T::Integer));
            Ok(Said::new(number(one) - number(other), T::Integer))
        }
        (from, with) => Err(format!("{function:?} of {from} and {with}")),
    }
}

fn integers(function: Function, one: Said, other: Said) -> Result<Said, Unsaid> {
    let (one, other) = (one.of(DataType::Integer, "")?, other.of(DataType::Integer, "")?);
    let operate = move |one: i64, other: i64| -> PolarsResult<Option<i64>> {
        let made = match function {
            Function::Add => one.checked_add(other),
            Function::Subtract => one.checked_sub(other),
            Function::Multiply => one.checked_mul(other),
            _ if other == 0 => return Ok(None),
            _ => one.checked_rem(other),
        };
        made.map(Some).ok_or_else(decimal::beyond)
    };
    let expr = rowwise::many([one, other], DataType::Integer, move |values| {
        let made = arity::broadcast_try_binary_elementwise::<_, _, Int64Type, _, _, _>(
            values[0].i64()?,
            values[1].i64()?,
            |one: Option<i64>, other: Option<i64>| match (one, other) {
                (Some(one), Some(other)) => operate(one, other),
                _ => Ok(None),
            },
        );
        Ok(made?.into_series())
    });
    Ok(Said::new(expr, DataType::Integer))
}

fn doubles(function: Function, one: Said, other: Said) -> Result<Said, Unsaid> {
    let one = compare::widened(one, DataType::Double)?;
    let other = compare::widened(other, DataType::Double)?;
    let expr = match function {
        Function::Add => of_doubles(one, other, |one, other| Some(one + other)),
        Function::Subtract => of_doubles(one, other, |one, other| Some(one - other)),
        Function::Multiply => of_doubles(one, other, |one, other| Some(one * other)),
        _ => of_doubles(one, other, |one, other| (other != 0.0).then(|| one % other)),
    };
    Ok(Said::new(expr, DataType::Double))
}

/// What Polars itself would make simpler: it leaves out what is added to zero, whose sign would change, and
/// multiplies by the reciprocal instead of dividing by a constant.
fn of_doubles(
    one: Expr,
    other: Expr,
    made: impl Fn(f64, f64) -> Option<f64> + Send + Sync + 'static,
) -> Expr {
    rowwise::many([one, other], DataType::Double, move |values| {
        let made = arity::broadcast_binary_elementwise::<_, _, Float64Type, _>(
            values[0].f64()?,
            values[1].f64()?,
            |one: Option<f64>, other: Option<f64>| made(one?, other?),
        );
        Ok(made.into_series())
    })
}

/// Digits of two operands: all of them, and those behind the point.
fn sizes(one: &Said, other: &Said) -> Option<((u8, u8), (u8, u8))> {
    let size = |value: &Said| match value.data_type.map(|found| compare::digits_of(value, found)) {
        Some(DataType::Decimal(precision, scale)) => Some((precision, scale)),
        _ => None,
    };
    match (size(one), size(other)) {
        (Some(one), Some(other)) => Some((one, other)),
        (Some(only), None) | (None, Some(only)) => Some((only, only)),
        (None, None) => None,
    }
}

fn decimals(function: Function, one: Said, other: Said) -> Result<Said, Unsaid> {
    let Some(((p, s), (q, t))) = sizes(&one, &other) else {
        return Err(format!("{function:?} of what are no decimals"));
    };
    let (precision, scale, operands) = match function {
        Function::Multiply => {
            if s + t > decimal::MOST {
                return Err("a product of so many digits behind the point".into());
            }
            // DuckDB keeps a product of two numbers of 64 bits in 64 bits.
            let most = if p <= 18 && q <= 18 { 18 } else { decimal::MOST };
            ((p + q).min(most), s + t, [(p, s), (q, t)])
        }
        _ => {
            let scale = s.max(t);
            let whole = (p - s).max(q - t);
            let wide = (whole + scale).min(decimal::MOST);
            let precision = match function {
                Function::Modulo => wide,
                _ => (whole + scale + 1).min(decimal::MOST),
            };
            (precision, scale, [(wide, scale); 2])
        }
    };
    let side = |value: Said, (p, s): (u8, u8)| compare::widened(value, DataType::Decimal(p, s));
    let [first, second] = operands;
    let (one, other) = (side(one, first)?, side(other, second)?);
    let operate = move |one: i128, other: i128| -> PolarsResult<Option<i128>> {
        let made = match function {
            Function::Add => one.checked_add(other),
            Function::Subtract => one.checked_sub(other),
            Function::Multiply => one.checked_mul(other),
            _ if other == 0 => return Ok(None),
            _ => one.checked_rem(other),
        };
        let made = made.filter(|made| decimal::fits(*made, precision));
        made.map(Some).ok_or_else(decimal::beyond)
    };
    let gives = DataType::Decimal(precision, scale);
    let expr = rowwise::many([one, other], gives, move |values| {
        let made = arity::broadcast_try_binary_elementwise::<_, _, Int128Type, _, _, _>(
            values[0].i128()?,
            values[1].i128()?,
            |one: Option<i128>, other: Option<i128>| match (one, other) {
                (Some(one), Some(other)) => operate(one, other),
                _ => Ok(None),
            },
        );
        Ok(made?.into_series())
    });
    Ok(Said::new(expr, gives))
}

/// A number as a double, for functions that know no other.
pub(super) fn as_double(value: Said, what: &str) -> Result<Expr, Unsaid> {
    match value.data_type {
        None | Some(DataType::Integer | DataType::Decimal(..) | DataType::Double) => {
            compare::widened(value, DataType::Double)
        }
        Some(other) => Err(format!("{what} of {other}")),
    }
}

/// A quotient of doubles; null where it would be by zero.
pub(super) fn quotient(one: Expr, other: Expr) -> Expr {
    of_doubles(one, other, |one, other| (other != 0.0).then(|| one / other))
}

/// A quotient; null where it would be by zero.
pub(super) fn divide(one: Said, other: Said) -> Result<Said, Unsaid> {
    let (one, other) = (as_double(one, "a quotient")?, as_double(other, "a quotient")?);
    Ok(Said::new(quotient(one, other), DataType::Double))
}

/// The number on the other side of zero, or its distance from zero.
pub(super) fn sign(function: Function, value: Said) -> Result<Said, Unsaid> {
    let negate = function == Function::Negate;
    let Some(data_type) = value.data_type else { return Ok(value) };
    let expr = match data_type {
        DataType::Double => rowwise::one(value.expr, data_type, move |values| {
            let turned = |value: f64| if negate { -value } else { value.abs() };
            let made = arity::unary_elementwise_values::<_, Float64Type, _>(values.f64()?, turned);
            Ok(made.into_series())
        }),
        DataType::Integer => rowwise::one(value.expr, data_type, move |values| {
            let turned = |value: Option<i64>| {
                let turn = |value: i64| {
                    if negate { value.checked_neg() } else { value.checked_abs() }
                };
                value.map(|value| turn(value).ok_or_else(decimal::beyond)).transpose()
            };
            let made = arity::try_unary_elementwise::<_, Int64Type, _, _, _>(values.i64()?, turned);
            Ok(made?.into_series())
        }),
        DataType::Decimal(..) => rowwise::one(value.expr, data_type, move |values| {
            let turned = |value: i128| if negate { -value } else { value.abs() };
            let made = arity::unary_elementwise_values::<_, Int128Type, _>(values.i128()?, turned);
            Ok(made.into_series())
        }),
        other => return Err(format!("{function:?} of {other}")),
    };
    Ok(Said::new(expr, data_type))
}

/// A number with so many digits behind the point, half away from zero.
pub(super) fn round(value: Said, digits: Option<&plan::Expr>) -> Result<Said, Unsaid> {
    let digits = match digits {
        None => None,
        Some(plan::Expr::Literal { value: Literal::Integer(digits) }) => {
            Some(i32::try_from(*digits).map_err(|_| "so many digits".to_owned())?)
        }
        Some(_) => return Err("a number rounded to digits that are no constant".into()),
    };
    let Some(data_type) = value.data_type else { return Ok(value) };
    match data_type {
        DataType::Integer => match digits {
            None | Some(0..) => Ok(value),
            Some(digits) => Ok(Said::new(tens(value.expr, digits.unsigned_abs()), data_type)),
        },
        DataType::Double => {
            let expr = rowwise::one(value.expr, data_type, move |values| {
                let rounded = |value: f64| rounded(value, digits);
                let made =
                    arity::unary_elementwise_values::<_, Float64Type, _>(values.f64()?, rounded);
                Ok(made.into_series())
            });
            Ok(Said::new(expr, data_type))
        }
        DataType::Decimal(precision, scale) => {
            let digits = digits.unwrap_or(0);
            let Ok(left) = u8::try_from(digits) else {
                return Err("a decimal rounded to tens".into());
            };
            if left >= scale {
                return Ok(value);
            }
            let gives = DataType::Decimal(precision, left);
            let by = decimal::power(scale - left);
            let expr = rowwise::one(value.expr, gives, move |values| {
                let rounded = |value: i128| decimal::divide_round(value, by);
                let made =
                    arity::unary_elementwise_values::<_, Int128Type, _>(values.i128()?, rounded);
                Ok(made.into_series())
            });
            Ok(Said::new(expr, gives))
        }
        other => Err(format!("{other} is rounded")),
    }
}

fn tens(value: Expr, digits: u32) -> Expr {
    rowwise::one(value, DataType::Integer, move |values| {
        let rounded = |value: Option<i64>| -> PolarsResult<Option<i64>> {
            let Some(value) = value else { return Ok(None) };
            let Some(by) = 10_i128.checked_pow(digits) else { return Ok(Some(0)) };
            let rounded = decimal::divide_round(value.into(), by).checked_mul(by);
            let rounded = rounded.and_then(|rounded| i64::try_from(rounded).ok());
            rounded.map(Some).ok_or_else(decimal::beyond)
        };
        let made = arity::try_unary_elementwise::<_, Int64Type, _, _, _>(values.i64()?, rounded);
        Ok(made?.into_series())
    })
}

fn rounded(value: f64, digits: Option<i32>) -> f64 {
    let made = match digits {
        None => value.round(),
        Some(digits) => {
            let modifier = 10_f64.powf(f64::from(digits.unsigned_abs()));
            match digits >= 0 {
                true => (value * modifier).round() / modifier,
                false if modifier.is_infinite() && value.is_finite() => 0.0,
                false => (value / modifier).round() * modifier,
            }
        }
    };
    if made.is_finite() { made } else { value }
}
