//! Expressions as steps write them.

use crate::datatype::DataType;
use crate::plan::{Expr, Function, Literal};

/// What Unicode calls white space, as a class of a pattern.
pub(super) const SPACE: &str = r"[\p{Z}\t-\r\x{85}]";

/// Runs of white space that are not one blank already, as a pattern. Most text has none, which is told much
/// faster than every blank is replaced by another.
pub(super) const RUNS: &str = r"[\p{Z}\t-\r\x{85}]{2,}|[\p{Zl}\p{Zp}\x{a0}\x{1680}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}\t-\r\x{85}]";

pub(super) fn text(value: impl Into<String>) -> Expr {
    Expr::literal(Literal::Text(value.into()))
}

pub(super) fn integer(value: i64) -> Expr {
    Expr::literal(Literal::Integer(value))
}

pub(super) fn null() -> Expr {
    Expr::literal(Literal::Null)
}

/// Every match of a pattern replaced.
pub(super) fn replaced(value: Expr, pattern: &str, replacement: &str) -> Expr {
    Expr::ReplaceMatches {
        value: Box::new(value),
        pattern: pattern.to_owned(),
        replacement: replacement.to_owned(),
    }
}

/// A group of the first match.
pub(super) fn extracted(value: Expr, pattern: &str, group: u8) -> Expr {
    Expr::Extract { value: Box::new(value), pattern: pattern.to_owned(), group }
}

/// Whether the whole text matches.
pub(super) fn matches(value: Expr, pattern: &str) -> Expr {
    Expr::Matches { value: Box::new(value), pattern: pattern.to_owned(), whole: true }
}

pub(super) fn concat(parts: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::call(Function::Concat, parts)
}

/// `value` where the condition is true, else something else.
pub(super) fn when(condition: Expr, value: Expr, otherwise: Expr) -> Expr {
    Expr::Case { branches: vec![(condition, value)], otherwise: Box::new(otherwise) }
}

/// The first branch that holds, else null.
pub(super) fn cases(branches: Vec<(Expr, Expr)>) -> Expr {
    Expr::Case { branches, otherwise: Box::new(null()) }
}

pub(super) fn cast(value: Expr, to: DataType, format: Option<&str>) -> Expr {
    Expr::Cast { value: Box::new(value), to, format: format.map(str::to_owned) }
}

/// A text with every character that means something to a pattern escaped.
pub(super) fn literally(text: &str) -> String {
    regex_syntax::escape(text)
}

/// A text that stands for itself in a replacement.
pub(super) fn as_replacement(text: &str) -> String {
    text.replace('\\', "\\\\")
}
