//! `ends_with`: text ends with another.

use super::affix::{self, Parameters};
use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::plan::Function;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct EndsWith;

impl Rule for EndsWith {
    type Parameters = Parameters;
    const NAME: &'static str = "ends_with";
    const DOC: Doc = Doc {
        summary: "Every text ends with one of several.",
        semantics: "Compared by code point; with `ignore_case`, after both sides are brought to lower case. \
                    With `negate: true` a text that ends with one of them violates. Nulls are skipped unless \
                    `nulls: violate`; empty text is judged.",
        good: "rule_id: r\nrule_type: ends_with\ncolumn: code\nparameters: {values: [AB-, CD-]}\n",
        bad: "rule_id: r\nrule_type: ends_with\ncolumn: code\nparameters: {values: []}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        affix::lower(Self::NAME, (Function::EndsWith, "ends with"), parameters, target)
    }
}
