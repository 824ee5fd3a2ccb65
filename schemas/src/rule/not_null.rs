//! `not_null`: a value is there.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::plan::{Body, Expr};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct NotNull;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {}

impl Rule for NotNull {
    type Parameters = Parameters;
    const NAME: &'static str = "not_null";
    const DOC: Doc = Doc {
        summary: "Every row has a value in the column.",
        semantics: "A row violates where the column is null. Empty text is a value; turn it into null in \
                    the cleansing stage where it means nothing. NaN is a value.",
        good: "rule_id: fare-present\nrule_type: not_null\ncolumn: fare_amount\n",
        bad: "rule_id: fare-present\nrule_type: not_null\n",
    };
    const DIMENSION: Dimension = Dimension::Completeness;
    const SUBJECT: Subject = Subject::Column;

    fn lower(_: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let column = target.the_column()?;
        Ok(Lowered {
            title: format!("`{}` is not null", column.name),
            columns: vec![column.name.clone()],
            body: Body::Rows { evaluated: None, holds: Expr::column(&column.name).is_not_null() },
        })
    }
}
