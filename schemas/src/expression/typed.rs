//! Parts with their types, and how constants take the type of what they stand beside.

use super::syntax::{Kind, Node};
use super::{ExpressionError, Scope, functions, operators};
use crate::datatype::{DataType, Family};
use crate::library::taxonomy::Scalar;
use crate::literal::{self, Fit};
use crate::plan::{Expr, Literal};
use crate::problem::nearest;

/// What a part yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// Nothing but null.
    Null,
    /// A value of a column's type.
    Data(DataType),
    /// Seconds between two instants.
    Duration,
    /// A value whose type only the running system knows; it goes with everything.
    Any,
}

impl Type {
    /// The type in words, after "is".
    pub(super) fn word(self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Data(DataType::Boolean) => "true or false".to_owned(),
            Self::Data(DataType::Text) => "text".to_owned(),
            Self::Data(data_type) => format!("of type `{data_type}`"),
            Self::Duration => "a duration".to_owned(),
            Self::Any => "of any type".to_owned(),
        }
    }

    /// The data type, unless it is null or a duration.
    pub(super) fn data(self) -> Option<DataType> {
        match self {
            Self::Data(data_type) => Some(data_type),
            Self::Null | Self::Duration | Self::Any => None,
        }
    }

    /// Whether a part of this type can stand where one of `data_type` is wanted.
    pub(super) fn passes_for(self, data_type: DataType) -> bool {
        matches!(self, Self::Any) || self == Self::Data(data_type)
    }

    pub(super) fn is_number(self) -> bool {
        self == Self::Any
            || self.data().is_some_and(|data_type| data_type.family() == Family::Number)
    }
}

/// A part, lowered.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub(super) expr: Expr,
    pub(super) kind: Type,
    /// Written as a constant, which takes the type of what it stands beside.
    pub(super) constant: Option<Scalar>,
    /// The byte where it stands.
    pub(super) offset: usize,
}

impl Typed {
    pub(super) fn new(expr: Expr, data_type: DataType, offset: usize) -> Self {
        Self { expr, kind: Type::Data(data_type), constant: None, offset }
    }

    pub(super) fn duration(expr: Expr, offset: usize) -> Self {
        Self { expr, kind: Type::Duration, constant: None, offset }
    }

    pub(super) fn constant(value: Scalar, offset: usize) -> Self {
        let (literal, data_type) = match &value {
            Scalar::Integer(number) => (literal::integer(*number), DataType::Integer),
            Scalar::Boolean(_) => (value.literal(), DataType::Boolean),
            Scalar::Number(_) => (value.literal(), DataType::Double),
            Scalar::Text(_) => (value.literal(), DataType::Text),
        };
        Self {
            expr: Expr::literal(literal),
            kind: Type::Data(data_type),
            constant: Some(value),
            offset,
        }
    }

    /// The same part; where its type is not known, taken for `kind`.
    pub(super) fn taken_for(mut self, kind: Type) -> Self {
        if self.kind == Type::Any {
            self.kind = kind;
        }
        self
    }

    /// The part beside something of another type: a constant is read as that type where it can be.
    pub(super) fn beside(self, other: Type) -> Result<Self, ExpressionError> {
        let (Some(value), Type::Data(wanted)) = (&self.constant, other) else { return Ok(self) };
        let temporal = wanted.family() == Family::Temporal && matches!(value, Scalar::Text(_));
        let number = wanted.family() == Family::Number && self.kind.is_number();
        if !(temporal || number) {
            return Ok(self);
        }
        let expr = literal::operand(value, wanted, Fit::Bound)
            .map_err(|message| ExpressionError::new(self.offset, message))?;
        let kind = match &expr {
            Expr::Literal { value: Literal::Decimal(digits) } => decimal_of(digits),
            Expr::Literal { value: Literal::Integer(_) } => DataType::Integer,
            _ => wanted,
        };
        Ok(Self { expr, kind: Type::Data(kind), ..self })
    }
}

/// The narrowest decimal type that holds these digits.
fn decimal_of(digits: &str) -> DataType {
    let unsigned = digits.trim_start_matches('-');
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let width = |digits: usize| u8::try_from(digits).unwrap_or(38).min(38);
    let whole = if whole == "0" { 0 } else { whole.len() };
    DataType::Decimal(width(whole + fraction.len()).max(1), width(fraction.len()))
}

/// Two parts, each constant read as the type of the other.
pub(super) fn beside_each_other(
    left: Typed,
    right: Typed,
) -> Result<(Typed, Typed), ExpressionError> {
    match (left.constant.is_some(), right.constant.is_some()) {
        (false, true) => {
            let right = right.beside(left.kind)?;
            Ok((left, right))
        }
        (true, false) => Ok((left.beside(right.kind)?, right)),
        _ => Ok((left, right)),
    }
}

/// Lowers a part.
pub(super) fn lower(node: &Node, scope: &Scope) -> Result<Typed, ExpressionError> {
    let offset = node.offset;
    match &node.kind {
        Kind::Null => {
            let expr = Expr::literal(Literal::Null);
            Ok(Typed { expr, kind: Type::Null, constant: None, offset })
        }
        Kind::Constant(value) => Ok(Typed::constant(value.clone(), offset)),
        Kind::Name(name) => match scope.get(name) {
            Some((column, kind)) => {
                Ok(Typed { expr: Expr::column(&column), kind, constant: None, offset })
            }
            None => Err(unknown(name, scope, offset)),
        },
        Kind::List(_) => Err(ExpressionError::new(offset, "a list stands only after `in`")),
        Kind::Call(name, parts) => match operators::lower(name, parts, node.offset, scope) {
            Some(lowered) => lowered,
            None => functions::lower(name, parts, node.offset, scope),
        },
    }
}

fn unknown(name: &str, scope: &Scope, offset: usize) -> ExpressionError {
    let error = ExpressionError::new(offset, format!("there is no {} `{name}`", scope.called));
    match nearest(name, scope.names()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("text stands in quotes: `\"card\"`"),
    }
}
