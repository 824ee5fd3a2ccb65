//! `casing`: text is in upper, lower or title case.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, expect_family, values};
use crate::datatype::Family;
use crate::doc::Doc;
use crate::plan::{Expr, Function};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct Casing;

/// Words whose first letter is the only capital one; the apostrophe is part of a word.
const TITLE: &str = r"[^\p{L}]*(?:[\p{Lu}\p{Lt}\p{Lo}\p{Lm}][\p{Ll}\p{Lo}\p{Lm}\p{M}'’]*(?:[^\p{L}]+[\p{Lu}\p{Lt}\p{Lo}\p{Lm}][\p{Ll}\p{Lo}\p{Lm}\p{M}'’]*)*[^\p{L}]*)?";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The case wanted.
    case: Case,
}

/// Cases of text.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Case {
    /// No small letter.
    Upper,
    /// No capital letter.
    Lower,
    /// Every word begins with a capital letter and has no other.
    Title,
}

impl Rule for Casing {
    type Parameters = Parameters;
    const NAME: &'static str = "casing";
    const DOC: Doc = Doc {
        summary: "Every text is in upper, lower or title case.",
        semantics: "Text is in upper case where bringing it to upper case changes nothing, so digits, signs and \
                    scripts without case always pass; likewise in lower case. In title case every run of \
                    letters begins with a capital one and has no other; an apostrophe does not end it. Nulls \
                    are skipped unless `nulls: violate`; empty text passes.",
        good: "rule_id: code-upper\nrule_type: casing\ncolumn: code\nparameters: {case: upper}\n",
        bad: "rule_id: code-upper\nrule_type: casing\ncolumn: code\nparameters: {case: UPPER}\n",
    };
    const DIMENSION: Dimension = Dimension::Consistency;
    const SUBJECT: Subject = Subject::Column;

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        expect_family(Self::NAME, field, &[Family::Text], "column".into())?;
        let value = Expr::column(&field.name);
        let unchanged = |function| {
            Expr::call(Function::Equal, [Expr::call(function, [value.clone()]), value.clone()])
        };
        let (holds, word) = match parameters.case {
            Case::Upper => (unchanged(Function::Upper), "upper"),
            Case::Lower => (unchanged(Function::Lower), "lower"),
            Case::Title => {
                let value = Box::new(value.clone());
                (Expr::Matches { value, pattern: TITLE.to_owned(), whole: true }, "title")
            }
        };
        let title = format!("`{}` is in {word} case", field.name);
        Ok(values::lowered(field, target, title, holds))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_pattern_is_one_that_every_engine_runs() {
        assert_eq!(crate::pattern::portable(super::TITLE).as_deref(), Ok(super::TITLE));
    }
}
