//! Values of two datasets, made alike so that they can be compared as the language compares them.

use assay_schemas::datatype::DataType as T;
use polars::prelude::{DataType as Kept, Expr};

use super::say::Cannot;
use crate::types::kept;

/// The most digits of a decimal.
const DIGITS: u8 = 38;

/// The value of one side.
pub(crate) struct Side {
    /// The value.
    pub(crate) expr: Expr,
    /// Its type.
    pub(crate) data_type: Option<T>,
}

/// Both values, kept the same way.
///
/// # Errors
/// They are of types whose values Polars compares otherwise.
pub(crate) fn alike(one: Side, two: Side) -> Result<(Expr, Expr), Cannot> {
    let (Some(first), Some(second)) = (one.data_type, two.data_type) else {
        return Err(Cannot::Beyond("values of a type that has no name".into()));
    };
    let to =
        |wanted: Kept| Ok((one.expr.clone().cast(wanted.clone()), two.expr.clone().cast(wanted)));
    if kept(first) == kept(second) {
        return Ok((one.expr, two.expr));
    }
    let unlike = || Cannot::Beyond(format!("a `{first}` held against a `{second}`"));
    match (first, second) {
        (T::Integer | T::Decimal(..), T::Double) | (T::Double, T::Integer | T::Decimal(..)) => {
            to(Kept::Float64)
        }
        (T::Date, T::Timestamp) | (T::Timestamp, T::Date) => to(kept(T::Timestamp)),
        (T::Integer | T::Decimal(..), T::Integer | T::Decimal(..)) => {
            let (whole, scale) = digits(first, second);
            match whole + scale <= DIGITS {
                true => to(Kept::Decimal(usize::from(DIGITS), usize::from(scale))),
                false => Err(unlike()),
            }
        }
        _ => Err(unlike()),
    }
}

/// The digits behind the point of exact numbers of two types, made alike.
pub(crate) fn scale(first: T, second: T) -> u8 {
    digits(first, second).1
}

/// The digits before and behind the point that hold the values of both types.
fn digits(first: T, second: T) -> (u8, u8) {
    let of = |data_type: T| match data_type {
        T::Decimal(precision, scale) => (precision - scale.min(precision), scale),
        // Whole numbers of 64 bits.
        _ => (19, 0),
    };
    let (first, second) = (of(first), of(second));
    (first.0.max(second.0), first.1.max(second.1))
}
