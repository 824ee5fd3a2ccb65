//! `starts_with`: text begins with another.

use super::affix::{self, Parameters};
use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::plan::Function;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct StartsWith;

impl Rule for StartsWith {
    type Parameters = Parameters;
    const NAME: &'static str = "starts_with";
    const DOC: Doc = Doc {
        summary: "Every text begins with one of several.",
        semantics: "Compared by code point; with `ignore_case`, after both sides are brought to lower case. \
                    With `negate: true` a text that begins with one of them violates. Nulls are skipped unless \
                    `nulls: violate`; empty text is judged.",
        good: "rule_id: r\nrule_type: starts_with\ncolumn: code\nparameters: {values: [AB-, CD-]}\n",
        bad: "rule_id: r\nrule_type: starts_with\ncolumn: code\nparameters: {values: []}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        affix::lower(Self::NAME, (Function::StartsWith, "begins with"), parameters, target)
    }
}
