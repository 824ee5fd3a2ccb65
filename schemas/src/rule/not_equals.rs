//! `not_equals`: a value differs from a constant.

use super::equal::{self, Parameters};
use super::{Lowered, Rule, Subject, Target, values};
use crate::doc::Doc;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct NotEquals;

impl Rule for NotEquals {
    type Parameters = Parameters;
    const NAME: &'static str = "not_equals";
    const DOC: Doc = Doc {
        summary: "No value equals a constant.",
        semantics: "The value is read as the column's type; text compares by code point. For numbers, \
                    `tolerance` counts values at most that far apart as equal, `relative_tolerance` values \
                    at most that share of the constant apart; with both, either is enough. NaN equals nothing, so it passes; infinity equals itself. \
                    Nulls are skipped unless `nulls: violate`.",
        good: "rule_id: r\nrule_type: not_equals\ncolumn: rate\nparameters: {value: 1.2, tolerance: 0.01}\n",
        bad: "rule_id: r\nrule_type: not_equals\ncolumn: rate\nparameters: {value: 1.2, tolerance: -1}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        let equal = equal::test(Self::NAME, parameters, field)?;
        let title = format!("`{}` differs from {}", field.name, parameters.words());
        Ok(values::lowered(field, target, title, values::not(equal)))
    }
}
