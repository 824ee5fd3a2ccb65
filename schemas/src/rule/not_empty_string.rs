//! `not_empty_string`: text says something.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, expect_family, values};
use crate::datatype::Family;
use crate::doc::Doc;
use crate::plan::{Expr, Function, Literal};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct NotEmptyString;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// Text of nothing but white space is allowed.
    #[serde(default)]
    allow_white_space: bool,
}

impl Rule for NotEmptyString {
    type Parameters = Parameters;
    const NAME: &'static str = "not_empty_string";
    const DOC: Doc = Doc {
        summary: "No text is empty or blank.",
        semantics: "A text violates where it has no character, or none but Unicode white space; \
                    `allow_white_space` lets the latter pass. Nulls are skipped unless `nulls: violate`.",
        good: "rule_id: name-said\nrule_type: not_empty_string\ncolumn: name\n",
        bad: "rule_id: name-said\nrule_type: not_empty_string\ncolumn: name\nparameters: {trim: true}\n",
    };
    const DIMENSION: Dimension = Dimension::Completeness;
    const SUBJECT: Subject = Subject::Column;

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        expect_family(Self::NAME, field, &[Family::Text], "column".into())?;
        let value = Expr::column(&field.name);
        let (value, word) = match parameters.allow_white_space {
            true => (value, "empty"),
            false => (Expr::call(Function::Trim, [value]), "empty or blank"),
        };
        let empty = Expr::literal(Literal::Text(String::new()));
        let holds = Expr::call(Function::NotEqual, [value, empty]);
        Ok(values::lowered(field, target, format!("`{}` is not {word}", field.name), holds))
    }
}
