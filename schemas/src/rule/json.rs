//! `json`: text is a JSON document.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, expect_family, values};
use crate::datatype::Family;
use crate::doc::Doc;
use crate::plan::{Expr, Function};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct Json;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {}

impl Rule for Json {
    type Parameters = Parameters;
    const NAME: &'static str = "json";
    const DOC: Doc = Doc {
        summary: "Every text is a JSON document.",
        semantics: "By RFC 8259: any value at the top, white space around it; no comments, no comma before a \
                    closing bracket, no NaN. Names that stand twice in an object are allowed. Nulls are \
                    skipped unless `nulls: violate`; empty text violates.",
        good: "rule_id: payload-json\nrule_type: json\ncolumn: payload\n",
        bad: "rule_id: payload-json\nrule_type: json\ncolumn: payload\nparameters: {strict: true}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn lower(_: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        expect_family(Self::NAME, field, &[Family::Text], "column".into())?;
        let holds = Expr::call(Function::JsonValid, [Expr::column(&field.name)]);
        Ok(values::lowered(field, target, format!("`{}` is JSON", field.name), holds))
    }
}
