//! `missing_consistent`: columns have values together or not at all.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, columns, values};
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Body, Expr, Function};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct MissingConsistent;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns, two or more.
    columns: Vec<ColumnName>,
}

impl Rule for MissingConsistent {
    type Parameters = Parameters;
    const NAME: &'static str = "missing_consistent";
    const DOC: Doc = Doc {
        summary: "Several columns have values together or not at all.",
        semantics: "A row violates where some of the columns are null and others are not. Empty text and NaN \
                    are values.",
        good: "rule_id: place-whole\nrule_type: missing_consistent\nparameters: {columns: [latitude, longitude]}\n",
        bad: "rule_id: place-whole\nrule_type: missing_consistent\nparameters: {columns: [latitude]}\n",
    };
    const DIMENSION: Dimension = Dimension::Completeness;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        columns::check(&parameters.columns, 2)
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let fields = columns::find(&parameters.columns, target)?;
        target.takes_no_nulls(Self::NAME, "nulls are what it looks for")?;
        let null = |function| {
            Expr::all(fields.iter().map(|field| Expr::call(function, [Expr::column(&field.name)])))
        };
        let holds = values::any([null(Function::IsNull), null(Function::IsNotNull)]);
        Ok(Lowered {
            title: format!("{} are null together", columns::words(&parameters.columns)),
            columns: parameters.columns.clone(),
            body: Body::Rows { evaluated: None, holds },
        })
    }
}
