//! `complete`: values are there in several columns.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, columns, values};
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Body, Expr};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct Complete;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns.
    columns: Vec<ColumnName>,
    /// Whether every column needs a value, or one of them.
    #[serde(default)]
    demand: Demand,
}

/// How many of the columns need a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Demand {
    /// Every one.
    #[default]
    AllOf,
    /// At least one.
    AnyOf,
}

impl Rule for Complete {
    type Parameters = Parameters;
    const NAME: &'static str = "complete";
    const DOC: Doc = Doc {
        summary: "Every row has values in all, or in one, of several columns.",
        semantics: "With `demand: all_of` a row violates where one of the columns is null; with `any_of`, \
                    where all of them are. Empty text and NaN are values. Every row is judged once, however \
                    many columns lack a value.",
        good: "rule_id: reachable\nrule_type: complete\nparameters: {columns: [email, phone], demand: any_of}\n",
        bad: "rule_id: reachable\nrule_type: complete\nparameters: {columns: [email, email], demand: any_of}\n",
    };
    const DIMENSION: Dimension = Dimension::Completeness;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        columns::check(&parameters.columns, 1)
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let fields = columns::find(&parameters.columns, target)?;
        target.takes_no_nulls(Self::NAME, "nulls are what it looks for")?;
        let tests = fields.iter().map(|field| Expr::column(&field.name).is_not_null());
        let (holds, word) = match parameters.demand {
            Demand::AllOf => (Expr::all(tests), "all"),
            Demand::AnyOf => (values::any(tests), "one"),
        };
        Ok(Lowered {
            title: format!("{word} of {} has a value", columns::words(&parameters.columns)),
            columns: parameters.columns.clone(),
            body: Body::Rows { evaluated: None, holds },
        })
    }
}
