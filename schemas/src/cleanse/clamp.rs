//! `clamp`: values beyond a bound become the bound.

use schemars::JsonSchema;
use serde::Deserialize;

use super::site::{Lowered, Site};
use super::{StepRule, say};
use crate::code::Code;
use crate::datatype::Family;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::library::taxonomy::Scalar;
use crate::literal::{self, Fit};
use crate::plan::{Expr, Function, StepBody};
use crate::problem::Problem;

pub(super) struct Clamp;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The column.
    column: ColumnName,
    /// The smallest value that stays.
    #[serde(default)]
    min: Option<Scalar>,
    /// The greatest value that stays.
    #[serde(default)]
    max: Option<Scalar>,
    /// What becomes of a value beyond a bound.
    #[serde(default)]
    outside: Outside,
}

/// What becomes of a value beyond a bound.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Outside {
    /// It becomes the bound.
    #[default]
    Clamp,
    /// It becomes null.
    SetNull,
    /// Its row goes to the rejects.
    RejectRow,
}

impl StepRule for Clamp {
    type Parameters = Parameters;
    const NAME: &'static str = "clamp";
    const DOC: Doc = Doc {
        summary: "Brings values back within bounds.",
        semantics: "A value below `min` becomes `min`, one above `max` becomes `max`; or it becomes null, or \
                    its row goes to the rejects. Nulls stay null, and NaN is greater than every bound. \
                    Bounds are read as the column's type, after the conversion to it.",
        good: "step_id: no-negative\nstep_type: clamp\nparameters: {column: tip, min: 0}\n",
        bad: "step_id: no-negative\nstep_type: clamp\nparameters: {column: tip}\n",
    };
    const ON_TEXT: bool = false;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let none = parameters.min.is_none() && parameters.max.is_none();
        let problem = none.then(|| {
            Problem::new(
                Code::MissingField,
                "min".into(),
                "`clamp` needs `min` or `max`".to_owned(),
            )
        });
        problem.into_iter().collect()
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        vec![parameters.column.clone()]
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let column = site.find(&parameters.column, "column".into())?;
        if !matches!(column.now.family(), Family::Number | Family::Temporal) {
            let message =
                format!("`{}` is of type `{}`, which has no bounds", column.name, column.now);
            return Err(vec![Problem::new(Code::ColumnType, "column".into(), message)]);
        }
        let value = || Expr::column(&column.name);
        let mut beyond = Vec::new();
        for (field, bound, function) in
            [("min", &parameters.min, Function::Less), ("max", &parameters.max, Function::Greater)]
        {
            let Some(bound) = bound else { continue };
            let bound = literal::operand(bound, column.now, Fit::Value)
                .map_err(|message| vec![Problem::new(Code::BadValue, field.into(), message)])?;
            beyond.push((Expr::call(function, [value(), bound.clone()]), bound));
        }
        let branches = match parameters.outside {
            Outside::Clamp => beyond,
            Outside::SetNull => beyond.into_iter().map(|(when, _)| (when, say::null())).collect(),
            Outside::RejectRow => {
                let when = Expr::call(Function::Or, beyond.into_iter().map(|(when, _)| when));
                let reason = format!("`{}` is outside its bounds", column.name);
                let body = StepBody::Reject { when, reason, column: Some(column.name.clone()) };
                let title = format!("reject rows whose `{}` is outside its bounds", column.name);
                return Ok(vec![Lowered::new(title, body)]);
            }
        };
        let bounded = Expr::Case { branches, otherwise: Box::new(value()) };
        let title = format!("bring `{}` within its bounds", column.name);
        Ok(vec![Lowered::set(title, &column.name, bounded)])
    }
}
