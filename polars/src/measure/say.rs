//! What checks say of rows, as expressions of Polars.

use crate::rows::col;
use assay_engine::EngineError;
use assay_schemas::datatype::DataType;
use assay_schemas::id::ColumnName;
use assay_schemas::plan::{self, Beside, Body, Check, Function};
use polars::prelude::{Expr, PolarsError, lit};

use crate::rows::fault;
use crate::scope::{Said, Scope, fallible, text_of};

/// Why something cannot be measured.
#[derive(Debug)]
pub(crate) enum Cannot {
    /// It is the check's own fault, or that of the data; the reason for people.
    Broken(String),
    /// Polars has nothing that means the same.
    Beyond(String),
    /// The run must end.
    Run(EngineError),
}

impl From<PolarsError> for Cannot {
    fn from(error: PolarsError) -> Self {
        match fault(error) {
            EngineError::Resource(text) => Self::Run(EngineError::Resource(text)),
            other => Self::Broken(other.to_string()),
        }
    }
}

impl From<EngineError> for Cannot {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Resource(text) => Self::Run(EngineError::Resource(text)),
            other => Self::Broken(other.to_string()),
        }
    }
}

impl Cannot {
    /// The reason why the check is broken, unless the run ends.
    ///
    /// # Errors
    /// The run must end.
    pub(crate) fn reason(self) -> Result<String, EngineError> {
        match self {
            Self::Broken(reason) | Self::Beyond(reason) => Ok(reason),
            Self::Run(error) => Err(error),
        }
    }

    /// The same, said of the dataset of that name.
    pub(crate) fn within(self, dataset: &str) -> Self {
        match self {
            Self::Broken(reason) => Self::Broken(format!("in `{dataset}`: {reason}")),
            Self::Beyond(reason) => Self::Beyond(format!("in `{dataset}`: {reason}")),
            other => other,
        }
    }
}

/// An expression. What it reads is looked up first, as an unknown column is the check's own fault.
///
/// # Errors
/// A column is unknown, or Polars has nothing that means the same.
pub(crate) fn say(scope: &Scope<'_>, expression: &plan::Expr) -> Result<Said, Cannot> {
    let mut unknown = None;
    expression.columns(&mut |name| {
        if let Err(unsaid) = scope.column(name) {
            unknown.get_or_insert(unsaid);
        }
    });
    match unknown {
        Some(reason) => Err(Cannot::Broken(reason)),
        None => scope.say(expression).map_err(Cannot::Beyond),
    }
}

/// A condition; never null, null being false.
///
/// # Errors
/// As those of [`say`], or it is no condition.
pub(crate) fn truth(scope: &Scope<'_>, expression: &plan::Expr) -> Result<Expr, Cannot> {
    truth_where(scope, expression, None)
}

/// A condition that need be right only where `open` is true, and fails nowhere else.
fn truth_where(
    scope: &Scope<'_>,
    expression: &plan::Expr,
    open: Option<&Expr>,
) -> Result<Expr, Cannot> {
    let mut said = say(scope, expression)?;
    if open.is_some() {
        said = scope.guarded(expression, open).map_err(Cannot::Beyond)?;
    }
    match said.data_type {
        Some(DataType::Boolean) => Ok(said.expr.fill_null(lit(false))),
        None => Ok(lit(false)),
        Some(other) => Err(Cannot::Beyond(format!("a condition of type `{other}`"))),
    }
}

/// The names of columns, all of them known, none twice.
///
/// # Errors
/// One is unknown.
pub(crate) fn known(scope: &Scope<'_>, names: &[ColumnName]) -> Result<Vec<String>, Cannot> {
    let mut found = Vec::new();
    for name in names {
        let column = scope.column(name).map_err(Cannot::Broken)?;
        if !found.contains(&column.name) {
            found.push(column.name.clone());
        }
    }
    Ok(found)
}

/// The rows that a check judges, as a condition that is never null; `None` means all.
///
/// # Errors
/// As those of [`truth`].
pub(crate) fn judged(scope: &Scope<'_>, check: &Check) -> Result<Option<Expr>, Cannot> {
    let mut conditions: Vec<&plan::Expr> = check.filter.iter().collect();
    let mut there = Vec::new();
    match &check.body {
        Body::Rows { evaluated: Some(evaluated), .. }
        | Body::Beside(Beside { evaluated: Some(evaluated), .. }) => {
            conditions.push(evaluated);
        }
        Body::Unique { columns, nulls_equal: false } | Body::Reference { columns, .. } => {
            there = known(scope, columns)?;
        }
        Body::Difference(difference) => there = known(scope, &difference.key)?,
        Body::Dependency { determinants, dependents, nulls_equal: false } => {
            let all: Vec<_> = determinants.iter().chain(dependents).cloned().collect();
            there = known(scope, &all)?;
        }
        _ => {}
    }
    let mut judged = there.into_iter().map(|name| col(name).is_not_null()).reduce(Expr::and);
    // A row that one condition rules out is not looked at, so that another cannot fail there.
    conditions.sort_by_key(|condition| fallible(condition));
    for condition in conditions {
        let next = truth_where(scope, condition, judged.as_ref())?;
        judged = Some(match judged {
            Some(before) => before.and(next),
            None => next,
        });
    }
    Ok(judged)
}

/// The rows that a check of single rows finds at fault; never null.
///
/// # Errors
/// As those of [`truth`].
pub(crate) fn violates(
    scope: &Scope<'_>,
    check: &Check,
    holds: &plan::Expr,
) -> Result<Expr, Cannot> {
    let judged = judged(scope, check)?;
    let fault = truth_where(scope, holds, judged.as_ref())?.not();
    Ok(match judged {
        Some(judged) => judged.and(fault),
        None => fault,
    })
}

/// The length of a text, as the plan says it.
pub(crate) fn length(value: &plan::Expr) -> plan::Expr {
    plan::Expr::call(Function::Length, [value.clone()])
}

/// A value as text.
pub(crate) fn text(expr: Expr, data_type: Option<DataType>) -> Expr {
    text_of(Said { expr, data_type })
}
