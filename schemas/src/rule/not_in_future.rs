//! `not_in_future`: nothing lies ahead of the run.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, moment, values};
use crate::doc::Doc;
use crate::plan::{Expr, Function};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct NotInFuture;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// How far ahead of the run a value may lie, for clocks that disagree: `5m`, `24h`.
    #[serde(default = "nothing")]
    max_ahead: String,
}

fn nothing() -> String {
    "0s".to_owned()
}

impl Rule for NotInFuture {
    type Parameters = Parameters;
    const NAME: &'static str = "not_in_future";
    const DOC: Doc = Doc {
        summary: "No day or instant lies in the future.",
        semantics: "A value violates where it is later than the start of the run by more than `max_ahead`, both \
                    in UTC; a day is its midnight, so today is not the future. A day counts as 24 hours. Nulls \
                    are skipped unless `nulls: violate`.",
        good: "rule_id: born-already\nrule_type: not_in_future\ncolumn: birthday\n",
        bad: "rule_id: born-already\nrule_type: not_in_future\ncolumn: birthday\nparameters: {max_ahead: soon}\n",
    };
    const DIMENSION: Dimension = Dimension::Timeliness;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        moment::check("max_ahead", &parameters.max_ahead)
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let ahead = &parameters.max_ahead;
        let (field, seconds) = moment::read(Self::NAME, target, ("max_ahead", ahead))?;
        let holds = Expr::call(Function::LessOrEqual, [moment::ahead(field), seconds]);
        let title = match ahead == &nothing() {
            true => format!("`{}` is not in the future", field.name),
            false => format!("`{}` is at most {ahead} in the future", field.name),
        };
        Ok(values::lowered(field, target, title, holds))
    }
}
