//! Expressions of the plan as expressions of Polars, with exactly the meaning that the plan's documentation
//! gives them.

mod call;
mod cast;
mod choice;
mod compare;
mod constant;
mod decimal;
mod digits;
mod document;
mod format;
mod json;
mod number;
mod pattern;
mod rowwise;
mod text;
mod time;
mod tuple;
mod write;

use std::collections::BTreeMap;

use crate::rows::col;
use assay_input::secret::Secret;
use assay_schemas::datatype::DataType;
use assay_schemas::id::ColumnName;
use assay_schemas::plan::{self, Literal};
use assay_schemas::problem::nearest;
use polars::prelude::{Expr, NULL, lit};

pub use self::cast::cast_to;
pub(crate) use self::choice::fallible;
pub use self::write::text_of;
use crate::types::{Column, kept};

/// Why Polars cannot be asked for something, in words for people; never the fault of the data.
pub type Unsaid = String;

/// What expressions are read against.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The columns in reach.
    pub columns: &'a [Column],
    /// The start of the run, in microseconds since 1970-01-01 UTC.
    pub now: i64,
    /// Keys of pseudonyms, by the reference that names them.
    pub keys: &'a BTreeMap<String, Secret>,
    /// What metrics over all rows came to, by [`plan::Metric::key`].
    pub figures: &'a BTreeMap<String, Literal>,
}

/// Cases within cases.
const DEEPEST: usize = 12;

/// An expression of Polars and the type of its values; `None` is that of a bare null.
#[derive(Clone, Debug)]
pub struct Said {
    /// The expression.
    pub expr: Expr,
    /// Its type.
    pub data_type: Option<DataType>,
}

impl Said {
    fn new(expr: Expr, data_type: DataType) -> Self {
        Self { expr, data_type: Some(data_type) }
    }

    fn null() -> Self {
        Self { expr: lit(NULL), data_type: None }
    }

    /// The expression, where its values are of `wanted` or it is a bare null.
    fn of(self, wanted: DataType, what: &str) -> Result<Expr, Unsaid> {
        match self.data_type {
            None => Ok(rowwise::folded(self.expr.cast(kept(wanted)), wanted)),
            Some(found) if found == wanted => Ok(self.expr),
            // Nested values are their JSON.
            Some(DataType::Struct | DataType::List | DataType::Map) if wanted == DataType::Text => {
                Ok(self.expr)
            }
            Some(found) => Err(format!("{what} takes {wanted}, not {found}")),
        }
    }
}

impl Scope<'_> {
    /// The type of an expression, where it can be told. DuckDB's engine goes by the same ones: what it does
    /// not know it casts by way of text.
    pub(crate) fn infer(&self, expression: &plan::Expr) -> Option<DataType> {
        expression.data_type(&|name| self.column(name).ok().and_then(|column| column.data_type))
    }

    /// The column `name`.
    ///
    /// # Errors
    /// There is none, or only one spelled otherwise.
    pub fn column(&self, name: &ColumnName) -> Result<&Column, Unsaid> {
        self.columns.iter().find(|column| column.name == name.as_str()).ok_or_else(|| {
            let known = self.columns.iter().map(|column| column.name.as_str());
            match nearest(name.as_str(), known) {
                Some(near) => format!("there is no column `{name}`; did you mean `{near}`?"),
                None => format!("there is no column `{name}`"),
            }
        })
    }

    /// `expression` in Polars' words.
    ///
    /// # Errors
    /// A column is unknown, or Polars has nothing that means the same.
    pub fn say(&self, expression: &plan::Expr) -> Result<Said, Unsaid> {
        let said = self.open(expression)?;
        Ok(match said.data_type {
            Some(data_type) => Said::new(rowwise::folded(said.expr, data_type), data_type),
            None => said,
        })
    }

    /// `expression`, whether or not it reads a column.
    fn open(&self, expression: &plan::Expr) -> Result<Said, Unsaid> {
        match expression {
            plan::Expr::Column { name } => {
                let column = self.column(name)?;
                let data_type = column.data_type.ok_or_else(|| {
                    format!("the type of column `{name}` has no name in the language")
                })?;
                Ok(Said::new(col(column.name.as_str()), data_type))
            }
            plan::Expr::Literal { value } => constant::literal(value),
            plan::Expr::Now => Ok(Said::new(constant::instant(self.now), DataType::Timestamp)),
            plan::Expr::Call { function, arguments } => self.call(*function, arguments),
            plan::Expr::Cast { value, to, format } => {
                let from = self.infer(value);
                cast::cast(self.say(value)?, from, *to, format.as_deref())
            }
            plan::Expr::In { value, set } => choice::within(self.say(value)?, set),
            plan::Expr::Matches { value, pattern, whole } => {
                pattern::matches(self.say(value)?, pattern, *whole)
            }
            plan::Expr::ReplaceMatches { value, pattern, replacement } => {
                pattern::replace(self.say(value)?, pattern, replacement)
            }
            plan::Expr::Extract { value, pattern, group } => {
                pattern::extract(self.say(value)?, pattern, *group)
            }
            plan::Expr::Pseudonym { value, secret, form } => {
                let key = self.keys.get(secret).ok_or("a key was not read")?;
                text::pseudonym(self.say(value)?, key, form)
            }
            // Each case within another doubles what is written out.
            plan::Expr::Case { .. } if choice::depth(expression) > DEEPEST => {
                Err(format!("cases within cases, more than {DEEPEST} deep"))
            }
            plan::Expr::Case { branches, otherwise } => self.case(branches, otherwise),
            plan::Expr::Figure { metric } => match self.figures.get(&metric.key()) {
                Some(value) => constant::literal(value),
                None => Err("a metric over all rows stands inside an expression".into()),
            },
        }
    }
}
