//! `older_than`: a day or instant lies far enough back.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, moment, values};
use crate::doc::Doc;
use crate::plan::{Expr, Function};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct OlderThan;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The least age: `24h`, `30d`, or ISO 8601 such as `P1DT12H`.
    age: String,
    /// Values must be younger than that instead.
    #[serde(default)]
    negate: bool,
}

impl Rule for OlderThan {
    type Parameters = Parameters;
    const NAME: &'static str = "older_than";
    const DOC: Doc = Doc {
        summary: "Every day or instant lies at least so far back.",
        semantics: "A value violates where less than `age` passed from it to the start of the run, both in UTC; \
                    a day is its midnight and counts as 24 hours, months and years are refused. Exactly `age` \
                    is old enough. With `negate: true` a value that is old enough violates. Nulls are skipped \
                    unless `nulls: violate`.",
        good: "rule_id: settled\nrule_type: older_than\ncolumn: booked_at\nparameters: {age: 30d}\n",
        bad: "rule_id: settled\nrule_type: older_than\ncolumn: booked_at\nparameters: {age: a month}\n",
    };
    const DIMENSION: Dimension = Dimension::Timeliness;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        moment::check("age", &parameters.age)
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let (field, seconds) = moment::read(Self::NAME, target, ("age", &parameters.age))?;
        let old = Expr::call(Function::GreaterOrEqual, [moment::age(field), seconds]);
        let (holds, word) = match parameters.negate {
            true => (values::not(old), "less than"),
            false => (old, "at least"),
        };
        let title = format!("`{}` is {word} {} old", field.name, parameters.age);
        Ok(values::lowered(field, target, title, holds))
    }
}
