//! Types that can be told without saying an expression. DuckDB's engine goes by the same ones: what it
//! does not know it casts by way of text.

use assay_schemas::datatype::DataType;
use assay_schemas::plan::{Expr, Function, Literal};

use super::Scope;

impl Scope<'_> {
    /// The type of an expression, where DuckDB's engine knows it.
    pub(crate) fn infer(&self, expression: &Expr) -> Option<DataType> {
        match expression {
            Expr::Column { name } => self.column(name).ok().and_then(|column| column.data_type),
            Expr::Literal { value } => match value {
                Literal::Null | Literal::Decimal(_) => None,
                Literal::Boolean(_) => Some(DataType::Boolean),
                Literal::Integer(_) => Some(DataType::Integer),
                Literal::Double(_) => Some(DataType::Double),
                Literal::Text(_) => Some(DataType::Text),
                Literal::Date(_) => Some(DataType::Date),
                Literal::Timestamp(_) => Some(DataType::Timestamp),
            },
            Expr::Now => Some(DataType::Timestamp),
            Expr::Cast { to, .. } => Some(*to),
            Expr::In { .. } | Expr::Matches { .. } => Some(DataType::Boolean),
            Expr::ReplaceMatches { .. } | Expr::Extract { .. } | Expr::Pseudonym { .. } => {
                Some(DataType::Text)
            }
            Expr::Case { branches, otherwise } => {
                let null = Expr::literal(Literal::Null);
                let results = branches.iter().map(|(_, result)| result).chain([&**otherwise]);
                same(results.filter(|result| **result != null).map(|result| self.infer(result)))
            }
            Expr::Figure { .. } => None,
            Expr::Call { function, arguments } => self.infer_call(*function, arguments),
        }
    }

    fn infer_call(&self, function: Function, arguments: &[Expr]) -> Option<DataType> {
        use Function as F;
        match function {
            F::Trim
            | F::Lower
            | F::Upper
            | F::Concat
            | F::Replace
            | F::Substring
            | F::Translate
            | F::TitleCase
            | F::Normalize
            | F::JsonType
            | F::JsonText => Some(DataType::Text),
            F::AddSeconds => Some(DataType::Timestamp),
            F::Length
            | F::Mod97
            | F::WeightedSum
            | F::JsonLength
            | F::Year
            | F::Month
            | F::Day
            | F::DayOfWeek
            | F::Hour
            | F::Minute => Some(DataType::Integer),
            F::Divide | F::SecondsBetween | F::Similarity => Some(DataType::Double),
            F::Add | F::Subtract | F::Multiply | F::Modulo => {
                same(arguments.iter().map(|argument| self.infer(argument)))
                    .filter(|found| matches!(found, DataType::Integer | DataType::Double))
            }
            F::Least | F::Greatest | F::Coalesce => {
                same(arguments.iter().map(|argument| self.infer(argument)))
            }
            F::Round => {
                let rounded = arguments.first().and_then(|argument| self.infer(argument));
                rounded.filter(|found| matches!(found, DataType::Integer | DataType::Double))
            }
            F::Negate | F::Absolute | F::NullIf => {
                arguments.first().and_then(|argument| self.infer(argument))
            }
            F::Tuple => None,
            _ => Some(DataType::Boolean),
        }
    }
}

/// The one type of all, where each is known.
fn same(mut types: impl Iterator<Item = Option<DataType>>) -> Option<DataType> {
    let first = types.next().flatten()?;
    types.all(|other| other == Some(first)).then_some(first)
}
