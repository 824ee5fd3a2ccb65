//! Functions: what they take and what they lower to.

use super::syntax::Node;
use super::typed::{Type, Typed, lower as lower_part};
use super::{ExpressionError, Scope, operators};
use crate::datatype::DataType;
use crate::library::taxonomy::Scalar;
use crate::literal;
use crate::plan::{Expr, Function, Literal};
use crate::problem::nearest;
use crate::words::counted;

/// Every function, with the fewest and most arguments it takes.
const FUNCTIONS: &[(&str, usize, usize)] = &[
    ("abs", 1, 1),
    ("coalesce", 2, 32),
    ("contains", 2, 2),
    ("date", 1, 1),
    ("duration", 1, 1),
    ("endsWith", 2, 2),
    ("getDate", 1, 1),
    ("getDayOfWeek", 1, 1),
    ("getFullYear", 1, 1),
    ("getHours", 1, 1),
    ("getMinutes", 1, 1),
    ("getMonth", 1, 1),
    ("has", 1, 1),
    ("lower", 1, 1),
    ("matches", 2, 2),
    ("now", 0, 0),
    ("round", 1, 2),
    ("size", 1, 1),
    ("startsWith", 2, 2),
    ("timestamp", 1, 1),
    ("trim", 1, 1),
    ("upper", 1, 1),
];

/// The names of all functions.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|(name, ..)| *name)
}

/// Lowers a call.
pub(super) fn lower(
    name: &str,
    parts: &[Node],
    offset: usize,
    scope: &Scope,
) -> Result<Typed, ExpressionError> {
    let Some((_, least, most)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) else {
        return Err(unknown(name, offset));
    };
    if !(*least..=*most).contains(&parts.len()) {
        let upto = counted(*most, "argument");
        let wanted = if least == most { upto } else { format!("{least} to {upto}") };
        let message = format!("`{name}` takes {wanted}, found {}", parts.len());
        return Err(ExpressionError::new(offset, message));
    }
    let parts = parts.iter().map(|part| lower_part(part, scope)).collect::<Result<Vec<_>, _>>()?;
    match name {
        "has" => of_any(Function::IsNotNull, parts, offset),
        "size" => of_text(name, Function::Length, DataType::Integer, parts, offset),
        "lower" => of_text(name, Function::Lower, DataType::Text, parts, offset),
        "upper" => of_text(name, Function::Upper, DataType::Text, parts, offset),
        "trim" => of_text(name, Function::Trim, DataType::Text, parts, offset),
        "startsWith" => of_text(name, Function::StartsWith, DataType::Boolean, parts, offset),
        "endsWith" => of_text(name, Function::EndsWith, DataType::Boolean, parts, offset),
        "contains" => of_text(name, Function::Contains, DataType::Boolean, parts, offset),
        "matches" => matches(parts, offset),
        "abs" => absolute(parts, offset),
        "round" => round(parts, offset),
        "coalesce" => {
            let (arguments, kind) = operators::alike(parts, offset)?;
            let expr = Expr::call(Function::Coalesce, arguments);
            Ok(Typed { expr, kind, constant: None, offset })
        }
        "getDate" => part_of_time(name, Function::Day, parts, offset),
        "getDayOfWeek" => part_of_time(name, Function::DayOfWeek, parts, offset),
        "getFullYear" => part_of_time(name, Function::Year, parts, offset),
        "getHours" => part_of_time(name, Function::Hour, parts, offset),
        "getMinutes" => part_of_time(name, Function::Minute, parts, offset),
        // CEL counts months from 0.
        "getMonth" => {
            let month = part_of_time(name, Function::Month, parts, offset)?;
            let one = Expr::literal(Literal::Integer(1));
            let expr = Expr::call(Function::Subtract, [month.expr, one]);
            Ok(Typed::new(expr, DataType::Integer, offset))
        }
        "date" => instant(parts, DataType::Date, offset),
        "timestamp" => instant(parts, DataType::Timestamp, offset),
        "duration" => duration(parts, offset),
        _ => Ok(Typed::new(Expr::Now, DataType::Timestamp, offset)),
    }
}

fn unknown(name: &str, offset: usize) -> ExpressionError {
    let known = FUNCTIONS.iter().map(|(name, ..)| *name);
    let error = ExpressionError::new(offset, format!("there is no function `{name}`"));
    match nearest(name, known.clone()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!("known are {}", known.collect::<Vec<_>>().join(", "))),
    }
}

fn only(parts: Vec<Typed>, offset: usize) -> Result<Typed, ExpressionError> {
    let missing = || ExpressionError::new(offset, "an argument is missing");
    parts.into_iter().next().ok_or_else(missing)
}

fn of_any(function: Function, parts: Vec<Typed>, offset: usize) -> Result<Typed, ExpressionError> {
    let part = only(parts, offset)?;
    Ok(Typed::new(Expr::call(function, [part.expr]), DataType::Boolean, offset))
}

fn of_text(
    name: &str,
    function: Function,
    data_type: DataType,
    parts: Vec<Typed>,
    offset: usize,
) -> Result<Typed, ExpressionError> {
    if let Some(part) = parts.iter().find(|part| !part.kind.passes_for(DataType::Text)) {
        return Err(wrong(name, "text", part));
    }
    let arguments = parts.into_iter().map(|part| part.expr);
    Ok(Typed::new(Expr::call(function, arguments), data_type, offset))
}

fn wrong(name: &str, takes: &str, part: &Typed) -> ExpressionError {
    let message = format!("`{name}` takes {takes}, but this is {}", part.kind.word());
    ExpressionError::new(part.offset, message)
}

fn part_of_time(
    name: &str,
    function: Function,
    parts: Vec<Typed>,
    offset: usize,
) -> Result<Typed, ExpressionError> {
    let part = only(parts, offset)?;
    let clock = matches!(function, Function::Hour | Function::Minute);
    match part.kind {
        Type::Any | Type::Data(DataType::Timestamp) => {}
        Type::Data(DataType::Date) if !clock => {}
        _ if clock => return Err(wrong(name, "instants", &part)),
        _ => return Err(wrong(name, "days or instants", &part)),
    }
    Ok(Typed::new(Expr::call(function, [part.expr]), DataType::Integer, offset))
}

fn matches(mut parts: Vec<Typed>, offset: usize) -> Result<Typed, ExpressionError> {
    let pattern = parts.pop();
    let text = only(parts, offset)?;
    if !text.kind.passes_for(DataType::Text) {
        return Err(wrong("matches", "text", &text));
    }
    let Some(Typed { constant: Some(Scalar::Text(pattern)), offset: place, .. }) = pattern else {
        return Err(ExpressionError::new(offset, "the pattern of `matches` is a text in quotes"));
    };
    let pattern = crate::pattern::portable(&pattern).map_err(|error| ExpressionError {
        message: error.message,
        hint: error.hint,
        offset: Some(place),
    })?;
    let expr = Expr::Matches { value: Box::new(text.expr), pattern, whole: false };
    Ok(Typed::new(expr, DataType::Boolean, offset))
}

fn absolute(parts: Vec<Typed>, offset: usize) -> Result<Typed, ExpressionError> {
    let part = only(parts, offset)?;
    if !part.kind.is_number() && part.kind != Type::Duration {
        return Err(wrong("abs", "numbers", &part));
    }
    let expr = Expr::call(Function::Absolute, [part.expr]);
    Ok(Typed { expr, constant: None, offset, ..part })
}

fn round(mut parts: Vec<Typed>, offset: usize) -> Result<Typed, ExpressionError> {
    let digits = if parts.len() == 2 { parts.pop() } else { None };
    let digits = match digits.map(|digits| (digits.constant, digits.offset)) {
        None => 0,
        Some((Some(Scalar::Integer(digits)), _)) if (0..=15).contains(&digits) => digits,
        Some((_, place)) => {
            let message = "the digits of `round` are a whole number from 0 to 15";
            return Err(ExpressionError::new(place, message));
        }
    };
    let part = only(parts, offset)?;
    if !part.kind.is_number() {
        return Err(wrong("round", "numbers", &part));
    }
    let digits = Expr::literal(Literal::Integer(digits));
    let expr = Expr::call(Function::Round, [part.expr, digits]);
    Ok(Typed { expr, constant: None, offset, ..part })
}

fn instant(
    parts: Vec<Typed>,
    data_type: DataType,
    offset: usize,
) -> Result<Typed, ExpressionError> {
    let part = only(parts, offset)?;
    let at = |message| ExpressionError::new(part.offset, message);
    if let Some(Scalar::Text(text)) = &part.constant {
        let literal = match data_type {
            DataType::Date => Literal::Date(literal::date(text).map_err(at)?),
            _ => Literal::Timestamp(literal::timestamp(text).map_err(at)?),
        };
        return Ok(Typed::new(Expr::literal(literal), data_type, offset));
    }
    match part.kind {
        Type::Data(own) if own == data_type => Ok(Typed { offset, ..part }),
        Type::Any | Type::Data(DataType::Text | DataType::Date | DataType::Timestamp) => {
            let expr = Expr::Cast { value: Box::new(part.expr), to: data_type, format: None };
            Ok(Typed::new(expr, data_type, offset))
        }
        _ => Err(wrong(&data_type.to_string(), "text, days or instants", &part)),
    }
}

fn duration(parts: Vec<Typed>, offset: usize) -> Result<Typed, ExpressionError> {
    let part = only(parts, offset)?;
    let Some(Scalar::Text(text)) = &part.constant else {
        return Err(ExpressionError::new(part.offset, "`duration` takes a text in quotes")
            .hint("write `duration(\"24h\")`"));
    };
    let seconds =
        literal::duration(text).map_err(|message| ExpressionError::new(part.offset, message))?;
    Ok(Typed::duration(Expr::literal(Literal::Double(seconds)), offset))
}
