//! `duplicate_row_count`: not too many rows repeat others.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, keys, parameter};
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Body, Bounds, Expr, Function, Measure, Metric, MetricFunction};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct DuplicateRowCount;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns in which rows repeat each other; all declared ones unless said.
    #[serde(default)]
    columns: Vec<ColumnName>,
    /// The greatest number allowed; 0 unless said.
    #[serde(default)]
    max: u64,
}

impl Rule for DuplicateRowCount {
    type Parameters = Parameters;
    const NAME: &'static str = "duplicate_row_count";
    const DOC: Doc = Doc {
        summary: "At most so many rows repeat another row.",
        semantics: "Rows less different rows, among those that pass `where`: of three equal rows two repeat. \
                    Rows are equal where each of the `columns`, or every declared column, is; null equals \
                    null, NaN equals NaN. A dataset without rows has 0 and is judged. No row is marked: for \
                    rows, use `unique`.",
        good: "rule_id: no-repetition\nrule_type: duplicate_row_count\nparameters: {max: 10}\n",
        bad: "rule_id: no-repetition\nrule_type: duplicate_row_count\nparameters: {max: none}\n",
    };
    const DIMENSION: Dimension = Dimension::Uniqueness;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        keys::check("columns", &parameters.columns)
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        target.takes_no_nulls(Self::NAME, "a null equals a null")?;
        let own = keys::fields(&parameters.columns, target.fields, &parameter("columns"))?;
        let compared = if own.is_empty() { target.fields.iter().collect() } else { own };
        let columns: Vec<ColumnName> = compared.iter().map(|field| field.name.clone()).collect();
        let row = Expr::call(Function::Tuple, columns.iter().map(Expr::column));
        let different = Metric::of(MetricFunction::CountDistinct, row);
        let of = match parameters.columns.is_empty() {
            true => String::new(),
            false => format!(" in {}", keys::words(&columns)),
        };
        Ok(Lowered {
            title: format!("at most {} rows repeat another row{of}", parameters.max),
            columns: parameters.columns.clone(),
            body: Body::Metric {
                measure: Measure::Linear {
                    constant: 0.0,
                    terms: vec![(1.0, Metric::rows()), (-1.0, different)],
                },
                bounds: Bounds { max: Some(parameters.max as f64), ..Bounds::default() },
            },
        })
    }
}
