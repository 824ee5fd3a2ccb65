//! Days, instants and times of day.

use assay_schemas::datatype::DataType;
use assay_schemas::plan::Function;
use polars::prelude::{Expr, Int64Type, IntoSeries as _, arity};

use super::{Said, Unsaid, compare, constant, decimal, number, rowwise};
use crate::types::kept;

fn instant(value: Said, what: &str) -> Result<Expr, Unsaid> {
    match value.data_type {
        None | Some(DataType::Date | DataType::Timestamp) => {
            compare::widened(value, DataType::Timestamp)
        }
        Some(other) => Err(format!("{what} of {other}")),
    }
}

/// Seconds from the one to the other.
pub(super) fn between(later: Said, earlier: Said) -> Result<Said, Unsaid> {
    let number = |value: Said| {
        instant(value, "seconds").map(|at| at.to_physical().cast(kept(DataType::Integer)))
    };
    let micros = number(later)? - number(earlier)?;
    let seconds = number::quotient(micros.cast(kept(DataType::Double)), constant::double(1e6));
    Ok(Said::new(seconds, DataType::Double))
}

/// An instant so many whole seconds later.
pub(super) fn add(value: Said, seconds: Said) -> Result<Said, Unsaid> {
    let at = instant(value, "seconds later")?;
    let seconds = seconds.of(DataType::Integer, "seconds later")?;
    let expr = rowwise::many([at, seconds], DataType::Timestamp, |values| {
        let made = arity::broadcast_try_binary_elementwise::<_, _, Int64Type, _, _, _>(
            values[0].i64()?,
            values[1].i64()?,
            |at: Option<i64>, seconds: Option<i64>| {
                let (Some(at), Some(seconds)) = (at, seconds) else { return Ok(None) };
                let micros = seconds.checked_mul(1_000_000);
                let later = micros.and_then(|micros| at.checked_add(micros));
                later.map(Some).ok_or_else(decimal::beyond)
            },
        );
        Ok(made?.into_series())
    });
    Ok(Said::new(expr, DataType::Timestamp))
}

/// A part of a day or time.
pub(super) fn part(function: Function, value: Said) -> Result<Said, Unsaid> {
    let of_clock = matches!(function, Function::Hour | Function::Minute);
    let expr = match value.data_type {
        Some(DataType::Time) if of_clock => value.expr,
        Some(DataType::Date) if !of_clock => value.expr,
        _ => instant(value, "a part")?,
    };
    let parts = expr.dt();
    let part = match function {
        Function::Year => parts.year(),
        Function::Month => parts.month(),
        Function::Day => parts.day(),
        Function::DayOfWeek => parts.weekday().cast(kept(DataType::Integer)) % constant::integer(7),
        Function::Hour => parts.hour(),
        // `call` sends nothing but `Minute` here.
        _ => parts.minute(),
    };
    Ok(Said::new(part.cast(kept(DataType::Integer)), DataType::Integer))
}
