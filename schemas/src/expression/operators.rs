//! Operators: what they take and what they lower to.

use super::syntax::{Kind, Node};
use super::typed::{Type, Typed, beside_each_other, lower as lower_part};
use super::{ExpressionError, Scope};
use crate::datatype::{DataType, Family};
use crate::library::taxonomy::Scalar;
use crate::literal::{self, Fit};
use crate::plan::{Expr, Function, Literal};

/// Lowers an operator; `None` where the name is none.
pub(super) fn lower(
    name: &str,
    parts: &[Node],
    offset: usize,
    scope: &Scope,
) -> Option<Result<Typed, ExpressionError>> {
    let all = || parts.iter().map(|part| lower_part(part, scope)).collect::<Result<Vec<_>, _>>();
    let lowered = match (name, parts) {
        (_, [left, right]) if comparison(name).is_some() || arithmetic(name).is_some() => {
            let sides =
                lower_part(left, scope).and_then(|left| Ok((left, lower_part(right, scope)?)));
            sides.and_then(|(left, right)| match (comparison(name), arithmetic(name)) {
                (Some(function), _) => compare(function, name, left, right, offset),
                (_, Some(function)) => calculate(function, name, left, right, offset),
                _ => Err(ExpressionError::new(offset, format!("`{name}` is not an operator"))),
            })
        }
        ("&&", _) => all().and_then(|parts| logic(Function::And, name, parts, offset)),
        ("||", _) => all().and_then(|parts| logic(Function::Or, name, parts, offset)),
        ("!", _) => all().and_then(|parts| logic(Function::Not, name, parts, offset)),
        ("-", [part]) => lower_part(part, scope).and_then(|part| negate(part, offset)),
        ("?:", [_, _, _]) => all().and_then(|parts| choose(parts, offset)),
        ("in", [value, list]) => member(value, list, offset, scope),
        ("[]", _) => Err(ExpressionError::new(offset, "columns have no parts")
            .hint("only `row` has: `row[\"any column\"]`")),
        _ => return None,
    };
    Some(lowered)
}

fn comparison(name: &str) -> Option<Function> {
    Some(match name {
        "==" => Function::Equal,
        "!=" => Function::NotEqual,
        "<" => Function::Less,
        "<=" => Function::LessOrEqual,
        ">" => Function::Greater,
        ">=" => Function::GreaterOrEqual,
        _ => return None,
    })
}

fn arithmetic(name: &str) -> Option<Function> {
    Some(match name {
        "+" => Function::Add,
        "-" => Function::Subtract,
        "*" => Function::Multiply,
        "/" => Function::Divide,
        "%" => Function::Modulo,
        _ => return None,
    })
}

fn boolean(function: Function, arguments: Vec<Expr>, offset: usize) -> Typed {
    Typed::new(Expr::call(function, arguments), DataType::Boolean, offset)
}

fn logic(
    function: Function,
    word: &str,
    parts: Vec<Typed>,
    offset: usize,
) -> Result<Typed, ExpressionError> {
    let other = parts.iter().find(|part| !part.kind.passes_for(DataType::Boolean));
    match other {
        Some(part) => {
            let message = format!("`{word}` takes truth values, but this is {}", part.kind.word());
            Err(ExpressionError::new(part.offset, message))
        }
        None => Ok(boolean(function, parts.into_iter().map(|part| part.expr).collect(), offset)),
    }
}

fn compare(
    function: Function,
    word: &str,
    left: Typed,
    right: Typed,
    offset: usize,
) -> Result<Typed, ExpressionError> {
    let equality = matches!(function, Function::Equal | Function::NotEqual);
    if left.kind == Type::Null || right.kind == Type::Null {
        let other = if left.kind == Type::Null { right } else { left };
        if other.kind == Type::Null || !equality {
            return Err(ExpressionError::new(offset, format!("`{word}` with null is always null"))
                .hint("write `x == null` or `x != null`"));
        }
        let test = if function == Function::Equal { Function::IsNull } else { Function::IsNotNull };
        return Ok(boolean(test, vec![other.expr], offset));
    }
    let (left, right) = same_where_unknown(left, right);
    let (left, right) = beside_each_other(left, right)?;
    if !comparable(left.kind, right.kind) {
        let message = format!(
            "`{word}` between what is {} and what is {}",
            left.kind.word(),
            right.kind.word()
        );
        let error = ExpressionError::new(offset, message);
        return Err(match mixing(left.kind, right.kind) {
            Some(hint) => error.hint(hint),
            None => error,
        });
    }
    let unordered = [Family::Boolean, Family::Binary, Family::Nested];
    let ordered = !matches!(left.kind, Type::Data(kind) if unordered.contains(&kind.family()));
    if !equality && !ordered {
        let message = format!("`{word}` takes no values that are {}", left.kind.word());
        return Err(ExpressionError::new(offset, message).hint("only `==` and `!=` do"));
    }
    Ok(boolean(function, vec![left.expr, right.expr], offset))
}

/// Two parts, each whose type is not known taken for the other's.
fn same_where_unknown(left: Typed, right: Typed) -> (Typed, Typed) {
    let (left_kind, right_kind) = (left.kind, right.kind);
    (left.taken_for(right_kind), right.taken_for(left_kind))
}

/// Whether two types have an order or equality in common.
fn comparable(left: Type, right: Type) -> bool {
    match (left, right) {
        (Type::Data(left), Type::Data(right)) if left.family() == Family::Temporal => {
            left == right
                || (right.family() == Family::Temporal
                    && left != DataType::Time
                    && right != DataType::Time)
        }
        (Type::Data(left), Type::Data(right)) => left.family() == right.family(),
        _ => left == right,
    }
}

/// What to do about types that do not go together.
fn mixing(left: Type, right: Type) -> Option<&'static str> {
    if left == Type::Duration || right == Type::Duration {
        return Some("a length of time is written `duration(\"24h\")`");
    }
    let text = Type::Data(DataType::Text);
    if (left == text && right.is_number()) || (right == text && left.is_number()) {
        return Some("quote the number to compare text, or take the quotes off");
    }
    None
}

fn calculate(
    function: Function,
    word: &str,
    left: Typed,
    right: Typed,
    offset: usize,
) -> Result<Typed, ExpressionError> {
    let text = Type::Data(DataType::Text);
    let double = Type::Data(DataType::Double);
    let (left, right) = same_where_unknown(left, right);
    let (left, right) = (left.taken_for(double), right.taken_for(double));
    if function == Function::Subtract && (is_instant(left.kind) || is_instant(right.kind)) {
        let (left, right) = beside_each_other(left, right)?;
        if is_instant(left.kind) && is_instant(right.kind) {
            let seconds = Expr::call(Function::SecondsBetween, [left.expr, right.expr]);
            return Ok(Typed::duration(seconds, offset));
        }
        return Err(ExpressionError::new(offset, "only an instant can be taken from an instant")
            .hint("write `end - start < duration(\"24h\")`"));
    }
    if function == Function::Add && left.kind == text && right.kind == text {
        let joined = Expr::call(Function::Concat, [left.expr, right.expr]);
        return Ok(Typed::new(joined, DataType::Text, offset));
    }
    let sum = matches!(function, Function::Add | Function::Subtract);
    if sum && left.kind == Type::Duration && right.kind == Type::Duration {
        return Ok(Typed::duration(Expr::call(function, [left.expr, right.expr]), offset));
    }
    let (left, right) = beside_each_other(left, right)?;
    let numbers = left.kind.data().zip(right.kind.data());
    match numbers.filter(|_| left.kind.is_number() && right.kind.is_number()) {
        Some((one, other)) => {
            let data_type = result(function, one, other).ok_or_else(|| {
                ExpressionError::new(
                    offset,
                    format!("`{word}` yields more digits than decimals hold"),
                )
            })?;
            Ok(Typed::new(Expr::call(function, [left.expr, right.expr]), data_type, offset))
        }
        None => Err(ExpressionError::new(
            offset,
            format!(
                "`{word}` between what is {} and what is {}",
                left.kind.word(),
                right.kind.word()
            ),
        )),
    }
}

fn is_instant(kind: Type) -> bool {
    matches!(kind, Type::Data(DataType::Date | DataType::Timestamp))
}

/// The type of a calculation; `None` where it needs more digits than there are.
fn result(function: Function, left: DataType, right: DataType) -> Option<DataType> {
    if function == Function::Divide || left == DataType::Double || right == DataType::Double {
        return Some(DataType::Double);
    }
    if left == DataType::Integer && right == DataType::Integer {
        return Some(DataType::Integer);
    }
    let ((left_whole, left_scale), (right_whole, right_scale)) = (digits(left), digits(right));
    let (whole, scale) = match function {
        Function::Multiply => (left_whole + right_whole, left_scale + right_scale),
        _ => (left_whole.max(right_whole) + 1, left_scale.max(right_scale)),
    };
    (scale <= 38).then(|| DataType::Decimal((whole + scale).clamp(1, 38), scale))
}

/// Digits before and after the point.
fn digits(data_type: DataType) -> (u8, u8) {
    match data_type {
        DataType::Decimal(precision, scale) => (precision - scale, scale),
        _ => (19, 0),
    }
}

/// The type that holds values of both types; `None` where there is none.
pub(super) fn common(left: Type, right: Type) -> Option<Type> {
    match (left, right) {
        (Type::Null | Type::Any, other) | (other, Type::Null | Type::Any) => Some(other),
        _ if left == right => Some(left),
        (Type::Data(one), Type::Data(other)) if left.is_number() && right.is_number() => {
            if one == DataType::Double || other == DataType::Double {
                return Some(Type::Data(DataType::Double));
            }
            let ((one_whole, one_scale), (other_whole, other_scale)) = (digits(one), digits(other));
            let scale = one_scale.max(other_scale);
            let precision = (one_whole.max(other_whole) + scale).clamp(1, 38);
            Some(Type::Data(DataType::Decimal(precision, scale)))
        }
        _ => None,
    }
}

/// Several parts brought to one type.
pub(super) fn alike(
    parts: Vec<Typed>,
    offset: usize,
) -> Result<(Vec<Expr>, Type), ExpressionError> {
    let firm = parts.iter().find(|part| part.constant.is_none() && part.kind != Type::Null);
    let firm = firm.map_or(Type::Null, |part| part.kind);
    let parts = parts.into_iter().map(|part| part.beside(firm)).collect::<Result<Vec<_>, _>>()?;
    let mut kind = Type::Null;
    for part in &parts {
        kind = common(kind, part.kind).ok_or_else(|| {
            let message = format!("one result is {}, another {}", kind.word(), part.kind.word());
            ExpressionError::new(part.offset, message)
        })?;
    }
    if kind == Type::Null {
        return Err(ExpressionError::new(offset, "this is always null"));
    }
    Ok((parts.into_iter().map(|part| part.expr).collect(), kind))
}

fn negate(part: Typed, offset: usize) -> Result<Typed, ExpressionError> {
    match &part.constant {
        Some(Scalar::Integer(number)) => {
            Ok(Typed::constant(Scalar::Integer(number.saturating_neg()), offset))
        }
        Some(Scalar::Number(number)) => Ok(Typed::constant(Scalar::Number(-number), offset)),
        _ if part.kind.is_number() || part.kind == Type::Duration => {
            let expr = Expr::call(Function::Negate, [part.expr]);
            Ok(Typed { expr, constant: None, offset, ..part })
        }
        _ => {
            let message = format!("`-` takes numbers, but this is {}", part.kind.word());
            Err(ExpressionError::new(part.offset, message))
        }
    }
}

fn choose(mut parts: Vec<Typed>, offset: usize) -> Result<Typed, ExpressionError> {
    let condition = parts.remove(0);
    if !condition.kind.passes_for(DataType::Boolean) {
        let message = format!("`?` takes a truth value, but this is {}", condition.kind.word());
        return Err(ExpressionError::new(condition.offset, message));
    }
    let (results, kind) = alike(parts, offset)?;
    let mut results = results.into_iter();
    match (results.next(), results.next()) {
        (Some(result), Some(otherwise)) => {
            let branches = vec![(condition.expr, result)];
            let expr = Expr::Case { branches, otherwise: Box::new(otherwise) };
            Ok(Typed { expr, kind, constant: None, offset })
        }
        _ => Err(ExpressionError::new(offset, "`?` needs two results")),
    }
}

fn member(
    value: &Node,
    list: &Node,
    offset: usize,
    scope: &Scope,
) -> Result<Typed, ExpressionError> {
    let value = lower_part(value, scope)?;
    let Kind::List(elements) = &list.kind else {
        return Err(ExpressionError::new(list.offset, "`in` takes a list of constants")
            .hint("write `x in [1, 2]`; for a part of a text, `x.contains(\"a\")`"));
    };
    if elements.is_empty() {
        return Err(ExpressionError::new(list.offset, "nothing is in an empty list"));
    }
    let value = match elements.first() {
        Some(element) if value.kind == Type::Any => {
            let kind = lower_part(element, scope)?.kind;
            value.taken_for(kind)
        }
        _ => value,
    };
    let Some(data_type) = value.kind.data() else {
        let message = format!("`in` takes no value that is {}", value.kind.word());
        return Err(ExpressionError::new(value.offset, message));
    };
    let set = elements.iter().map(|element| {
        let element = lower_part(element, scope)?;
        element_of(element, data_type)
    });
    let set = set.collect::<Result<_, _>>()?;
    let expr = Expr::In { value: Box::new(value.expr), set };
    Ok(Typed::new(expr, DataType::Boolean, offset))
}

fn element_of(element: Typed, data_type: DataType) -> Result<Literal, ExpressionError> {
    match (&element.constant, element.expr) {
        (Some(value), _) => literal::typed(value, data_type, Fit::Value)
            .map_err(|message| ExpressionError::new(element.offset, message)),
        (None, Expr::Literal { value }) if element.kind == Type::Data(data_type) => Ok(value),
        _ => Err(ExpressionError::new(
            element.offset,
            format!("this is not a constant of type `{data_type}`"),
        )
        .hint("to compare columns, write `x == a || x == b`; for null, `x == null`")),
    }
}
