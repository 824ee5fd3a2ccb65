//! Values of two types side by side.

use assay_schemas::datatype::DataType;
use assay_schemas::plan::Function;
use polars::prelude::{
    AnyValue, Expr, Float64Type, Int128Type, IntoSeries as _, LiteralValue, arity,
};

use super::{Said, Unsaid, decimal, rowwise};
use crate::types::kept;

/// The type that holds the values of all; `None` where all are bare nulls.
///
/// # Errors
/// They have none in common.
pub(super) fn common<'s>(
    values: impl IntoIterator<Item = &'s Said>,
) -> Result<Option<DataType>, Unsaid> {
    let mut shared: Option<(DataType, DataType)> = None;
    for value in values {
        let Some(found) = value.data_type else { continue };
        // An integer among decimals is one of so many digits.
        let digits = digits_of(value, found);
        shared = Some(match shared {
            None => (found, digits),
            Some((own, _)) if own == found && !matches!(found, DataType::Integer) => (own, digits),
            Some((own, own_digits)) => join((own, own_digits), (found, digits))?,
        });
    }
    Ok(shared.map(|(data_type, _)| data_type))
}

fn join(
    (one, one_digits): (DataType, DataType),
    (other, other_digits): (DataType, DataType),
) -> Result<(DataType, DataType), Unsaid> {
    use DataType as T;
    let wider = |data_type| Ok((data_type, data_type));
    match (one, other) {
        (T::Integer, T::Integer) => {
            Ok((T::Integer, decimals(one_digits, other_digits).unwrap_or(one_digits)))
        }
        (T::Integer | T::Decimal(..), T::Integer | T::Decimal(..)) => {
            wider(decimals(one_digits, other_digits).unwrap_or(T::Double))
        }
        (T::Double, T::Integer | T::Decimal(..)) | (T::Integer | T::Decimal(..), T::Double) => {
            wider(T::Double)
        }
        (T::Date, T::Timestamp) | (T::Timestamp, T::Date) => wider(T::Timestamp),
        // Nested values are their JSON.
        (T::Text | T::Struct | T::List | T::Map, T::Text | T::Struct | T::List | T::Map) => {
            wider(T::Text)
        }
        (one, other) if one == other => wider(one),
        (one, other) => Err(format!("{one} and {other} stand side by side without a cast")),
    }
}

/// The decimals that have room for the digits of both.
fn decimals(one: DataType, other: DataType) -> Option<DataType> {
    let (DataType::Decimal(p, s), DataType::Decimal(q, t)) = (one, other) else { return None };
    let scale = s.max(t);
    let whole = p.saturating_sub(s).max(q.saturating_sub(t));
    Some(DataType::Decimal((whole + scale).min(decimal::MOST), scale))
}

/// A type as decimals; integers have ten digits where they are constants of 32 bits, otherwise 19.
pub(super) fn digits_of(value: &Said, found: DataType) -> DataType {
    match (found, &value.expr) {
        (DataType::Integer, Expr::Literal(LiteralValue::Scalar(scalar))) if matches!(scalar.value(), AnyValue::Int64(n) if i32::try_from(*n).is_ok()) => {
            DataType::Decimal(10, 0)
        }
        (DataType::Integer, _) => DataType::Decimal(19, 0),
        (other, _) => other,
    }
}

/// A value as one of a type that [`common`] found.
pub(super) fn widened(value: Said, to: DataType) -> Result<Expr, Unsaid> {
    use DataType as T;
    let cast = |expr: Expr| rowwise::folded(expr.cast(kept(to)), to);
    let Some(from) = value.data_type else { return Ok(cast(value.expr)) };
    Ok(match (from, to) {
        (from, to) if from == to => value.expr,
        (T::Struct | T::List | T::Map, T::Text) => value.expr,
        (T::Integer, T::Double) | (T::Date, T::Timestamp) => cast(value.expr),
        (T::Integer, T::Decimal(precision, scale)) => rowwise::one(value.expr, to, move |values| {
            let raised = |value: Option<i64>| {
                value.map(|value| decimal::raise(value.into(), 0, precision, scale)).transpose()
            };
            let made =
                arity::try_unary_elementwise::<_, Int128Type, _, _, _>(values.i64()?, raised);
            Ok(made?.into_series())
        }),
        (T::Decimal(_, s), T::Decimal(precision, scale)) => {
            rowwise::one(value.expr, to, move |values| {
                let raised = |value: Option<i128>| {
                    value.map(|value| decimal::raise(value, s, precision, scale)).transpose()
                };
                let made =
                    arity::try_unary_elementwise::<_, Int128Type, _, _, _>(values.i128()?, raised);
                Ok(made?.into_series())
            })
        }
        (T::Decimal(_, scale), T::Double) => rowwise::one(value.expr, to, move |values| {
            let made = arity::unary_elementwise_values::<_, Float64Type, _>(
                values.i128()?,
                |value: i128| decimal::double(value, scale),
            );
            Ok(made.into_series())
        }),
        (from, to) => return Err(format!("{from} is not widened to {to}")),
    })
}

/// Two values as ones of the type that they have in common.
pub(super) fn sides(one: Said, other: Said) -> Result<(Expr, Expr), Unsaid> {
    let shared = common([&one, &other])?.unwrap_or(DataType::Boolean);
    Ok((widened(one, shared)?, widened(other, shared)?))
}

/// A comparison of two values.
pub(super) fn compare(function: Function, one: Said, other: Said) -> Result<Said, Unsaid> {
    let (one, other) = sides(one, other)?;
    let expr = match function {
        Function::Equal => one.eq(other),
        Function::NotEqual => one.neq(other),
        Function::Less => one.lt(other),
        Function::LessOrEqual => one.lt_eq(other),
        Function::Greater => one.gt(other),
        // `call` sends nothing but `GreaterOrEqual` here.
        _ => one.gt_eq(other),
    };
    Ok(Said::new(expr, DataType::Boolean))
}
