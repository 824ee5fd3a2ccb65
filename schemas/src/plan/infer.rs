//! The types of expressions, as far as they can be told without an engine.

use super::{Expr, Function, Literal};
use crate::datatype::DataType;
use crate::id::ColumnName;

impl Expr {
    /// The type of the expression, where it can be told; `of` gives those of the columns. The digits of a
    /// computed decimal, and what a day less a day is, are an engine's affair.
    pub fn data_type(&self, of: &dyn Fn(&ColumnName) -> Option<DataType>) -> Option<DataType> {
        match self {
            Self::Column { name } => of(name),
            Self::Literal { value } => match value {
                Literal::Null | Literal::Decimal(_) => None,
                Literal::Boolean(_) => Some(DataType::Boolean),
                Literal::Integer(_) => Some(DataType::Integer),
                Literal::Double(_) => Some(DataType::Double),
                Literal::Text(_) => Some(DataType::Text),
                Literal::Date(_) => Some(DataType::Date),
                Literal::Timestamp(_) => Some(DataType::Timestamp),
            },
            Self::Now => Some(DataType::Timestamp),
            Self::Cast { to, .. } => Some(*to),
            Self::In { .. } | Self::Matches { .. } => Some(DataType::Boolean),
            Self::ReplaceMatches { .. } | Self::Extract { .. } | Self::Pseudonym { .. } => {
                Some(DataType::Text)
            }
            Self::Case { branches, otherwise } => {
                // A branch of null has the type of the others.
                let null = Self::literal(Literal::Null);
                let results = branches.iter().map(|(_, result)| result).chain([&**otherwise]);
                same(results.filter(|result| **result != null).map(|result| result.data_type(of)))
            }
            Self::Figure { .. } => None,
            Self::Call { function, arguments } => function.data_type(arguments, of),
        }
    }
}

impl Function {
    fn data_type(
        self,
        arguments: &[Expr],
        of: &dyn Fn(&ColumnName) -> Option<DataType>,
    ) -> Option<DataType> {
        let each = || same(arguments.iter().map(|argument| argument.data_type(of)));
        let first = || arguments.first().and_then(|argument| argument.data_type(of));
        let plain = |found: &DataType| matches!(found, DataType::Integer | DataType::Double);
        match self {
            Self::Trim
            | Self::Lower
            | Self::Upper
            | Self::Concat
            | Self::Replace
            | Self::Substring
            | Self::Translate
            | Self::TitleCase
            | Self::Normalize
            | Self::JsonType
            | Self::JsonText => Some(DataType::Text),
            Self::AddSeconds => Some(DataType::Timestamp),
            Self::Length
            | Self::Mod97
            | Self::WeightedSum
            | Self::JsonLength
            | Self::Year
            | Self::Month
            | Self::Day
            | Self::DayOfWeek
            | Self::Hour
            | Self::Minute => Some(DataType::Integer),
            Self::Divide | Self::SecondsBetween | Self::Similarity => Some(DataType::Double),
            Self::Add | Self::Subtract | Self::Multiply | Self::Modulo => each().filter(plain),
            Self::Least | Self::Greatest | Self::Coalesce => each(),
            Self::Round => first().filter(plain),
            Self::Negate | Self::Absolute | Self::NullIf => first(),
            Self::Tuple => None,
            _ => Some(DataType::Boolean),
        }
    }
}

/// The one type of all, where each is known.
fn same(mut types: impl Iterator<Item = Option<DataType>>) -> Option<DataType> {
    let first = types.next().flatten()?;
    types.all(|other| other == Some(first)).then_some(first)
}
