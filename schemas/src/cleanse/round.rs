//! `round`: numbers lose digits.

use schemars::JsonSchema;
use serde::Deserialize;

use super::site::{self, Lowered, Site};
use super::{StepRule, say};
use crate::datatype::Family;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Expr, Function};
use crate::problem::Problem;

pub(super) struct Round;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns; without any, every column of numbers.
    #[serde(default)]
    columns: Vec<ColumnName>,
    /// Digits after the point.
    #[schemars(range(min = 0, max = 15))]
    digits: u8,
}

impl StepRule for Round {
    type Parameters = Parameters;
    const NAME: &'static str = "round";
    const DOC: Doc = Doc {
        summary: "Rounds numbers.",
        semantics: "Half is rounded away from zero, as `0.5` to `1` and `-0.5` to `-1`. Decimals are exact; \
                    a double is only near what is written, so that its halves may fall either way. The \
                    column's type stays.",
        good: "step_id: cents\nstep_type: round\nparameters: {columns: [fare, tip], digits: 2}\n",
        bad: "step_id: cents\nstep_type: round\nparameters: {columns: [fare, tip], digits: -2}\n",
    };
    const ON_TEXT: bool = false;

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        parameters.columns.clone()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let columns = site.of_family(Self::NAME, &parameters.columns, Family::Number)?;
        let title = format!("round {{}} to {} digits", parameters.digits);
        Ok(site::each(columns, &title, |value| {
            Expr::call(Function::Round, [value, say::integer(parameters.digits.into())])
        }))
    }
}
