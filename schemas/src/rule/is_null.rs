//! `is_null`: a value is not there.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::plan::{Body, Expr, Function};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct IsNull;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {}

impl Rule for IsNull {
    type Parameters = Parameters;
    const NAME: &'static str = "is_null";
    const DOC: Doc = Doc {
        summary: "No row has a value in the column.",
        semantics: "A row violates where the column is not null. Empty text and NaN are values. With \
                    `where` it says when a value must be missing, such as a reason where nothing failed.",
        good: "rule_id: no-reason\nrule_type: is_null\ncolumn: reason\nwhere: status == \"ok\"\n",
        bad: "rule_id: no-reason\nrule_type: is_null\nwhere: status == \"ok\"\n",
    };
    const DIMENSION: Dimension = Dimension::Consistency;
    const SUBJECT: Subject = Subject::Column;

    fn lower(_: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let column = target.the_column()?;
        target.takes_no_nulls(Self::NAME, "null is what it asks for")?;
        Ok(Lowered {
            title: format!("`{}` is null", column.name),
            columns: vec![column.name.clone()],
            body: Body::Rows {
                evaluated: None,
                holds: Expr::call(Function::IsNull, [Expr::column(&column.name)]),
            },
        })
    }
}
