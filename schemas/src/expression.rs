//! The expression language: filters, row predicates and derived values.
//!
//! Its syntax is that of CEL, the Common Expression Language. Names are columns; a column whose name is
//! not a plain word is written `row["Fare Amount"]`. Expressions are checked for names and types when
//! they are compiled and lower to [`plan::Expr`](Expr), so their cost is bounded and their meaning is the
//! plan's: a comparison with null is null, and a filter keeps the rows where it is true. Where that
//! differs from CEL, the plan wins: `/` divides exactly, and division by zero is null.
//!
//! | what | how |
//! | --- | --- |
//! | comparison | `==` `!=` `<` `<=` `>` `>=`, `x in [1, 2]`, `x == null` |
//! | logic | `&&` `\|\|` `!`, `condition ? a : b` |
//! | arithmetic | `+` `-` `*` `/` `%`, `abs(x)`, `round(x, digits)` |
//! | text | `+`, `size(x)`, `lower(x)`, `upper(x)`, `trim(x)`, `x.startsWith("a")`, `x.endsWith("a")`, `x.contains("a")`, `x.matches("regex")` |
//! | time | `date("2024-01-31")`, `timestamp("2024-01-31T12:00:00Z")`, `now()`, `end - start < duration("24h")` |
//! | parts of a time | `t.getFullYear()`, `t.getMonth()` (from 0), `t.getDate()` (from 1), `t.getDayOfWeek()` (0 is Sunday), `t.getHours()`, `t.getMinutes()`, in UTC |
//! | null | `has(x)`, `coalesce(x, 0)` |
//!
//! A text beside a day or an instant is read as one. Text and numbers never mix silently.

mod condition;
mod functions;
mod operators;
mod syntax;
mod typed;

use std::collections::{BTreeMap, BTreeSet};

use crate::code::Code;
use crate::datatype::DataType;
use crate::id::ColumnName;
use crate::plan::{Expr, Field};
use crate::problem::{Pointer, Problem};
pub use condition::{Names, action_names, condition};
use typed::Type;

/// Elements that a list may have.
const MOST_ELEMENTS: usize = 1000;

/// Nodes that an expression may have; elements of lists are not counted.
const MOST_NODES: usize = 500;

/// Levels that an expression may nest.
const MOST_LEVELS: usize = 32;

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// In words: lower case, no full stop, names in backticks.
    pub message: String,
    /// The way out, where one is known.
    pub hint: Option<String>,
    /// The byte of the text where it shows, where one is known.
    pub offset: Option<usize>,
}

impl ExpressionError {
    fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, offset: Some(offset) }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The error as a problem with the expression `text` that stands at `pointer`.
    pub fn problem(&self, text: &str, pointer: Pointer) -> Problem {
        let message = match self.offset {
            Some(offset) => {
                let character = text.char_indices().take_while(|(at, _)| *at < offset).count() + 1;
                format!("{} (at character {character} of the expression)", self.message)
            }
            None => self.message.clone(),
        };
        let problem = Problem::new(Code::BadExpression, pointer, message);
        match &self.hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }
}

/// The names that an expression may use, with their types: the columns of a dataset unless said otherwise.
#[derive(Clone, Debug)]
pub struct Scope {
    names: BTreeMap<String, (ColumnName, Type)>,
    /// Names that stand for more than is known: every name below one is there.
    open: Vec<&'static str>,
    /// What messages call a name.
    called: &'static str,
}

impl Default for Scope {
    fn default() -> Self {
        Self { names: BTreeMap::new(), open: Vec::new(), called: "column" }
    }
}

impl Scope {
    /// The declared columns of a dataset.
    pub fn of(fields: &[Field]) -> Self {
        fields.iter().map(|field| (field.name.clone(), field.data_type)).collect()
    }

    /// The same names, called something else in messages.
    #[must_use]
    pub fn called(mut self, called: &'static str) -> Self {
        self.called = called;
        self
    }

    fn get(&self, name: &str) -> Option<(ColumnName, Type)> {
        if let Some(known) = self.names.get(name) {
            return Some(known.clone());
        }
        let below =
            |open: &&str| name.strip_prefix(*open).is_some_and(|rest| rest.starts_with('.'));
        self.open.iter().find(|open| below(open))?;
        Some((ColumnName::new(name).ok()?, Type::Any))
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }
}

impl FromIterator<(ColumnName, DataType)> for Scope {
    fn from_iter<I: IntoIterator<Item = (ColumnName, DataType)>>(columns: I) -> Self {
        let keyed = columns.into_iter().map(|(name, data_type)| {
            let key = name.as_str().to_owned();
            (key, (name, Type::Data(data_type)))
        });
        Self { names: keyed.collect(), ..Self::default() }
    }
}

/// Reads an expression that is true, false or null for each row.
///
/// # Errors
/// The text is no expression, names something unknown, mixes types, or is not a truth value.
pub fn predicate(text: &str, scope: &Scope) -> Result<Expr, ExpressionError> {
    let node = syntax::read(text)?;
    let typed = typed::lower(&node, scope)?;
    if typed.kind == Type::Data(DataType::Boolean) {
        return Ok(typed.expr);
    }
    Err(ExpressionError::new(
        node.offset,
        format!("this is {}, not true or false", typed.kind.word()),
    )
    .hint("compare it with something, such as `amount > 0`"))
}

/// Reads an expression that has a value for each row, with the type of that value.
///
/// # Errors
/// The text is no expression, names something unknown or mixes types.
pub fn value(text: &str, scope: &Scope) -> Result<(Expr, DataType), ExpressionError> {
    let node = syntax::read(text)?;
    let typed = typed::lower(&node, scope)?;
    match typed.kind {
        Type::Data(data_type) => Ok((typed.expr, data_type)),
        other => Err(ExpressionError::new(
            node.offset,
            format!("this is {}, which no column can hold", other.word()),
        )),
    }
}

/// The names of columns that an expression reads; they may not exist.
///
/// # Errors
/// The text is no expression, or one beyond the limits of size.
pub fn names(text: &str) -> Result<BTreeSet<String>, ExpressionError> {
    let mut names = BTreeSet::new();
    syntax::read(text)?.names(&mut names);
    Ok(names)
}

#[cfg(test)]
mod tests;
