//! `not_constant`: the column has at least two different values.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, figure};
use crate::doc::Doc;
use crate::plan::{Body, Bounds, Expr, Measure, Metric, MetricFunction};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct NotConstant;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {}

impl Rule for NotConstant {
    type Parameters = Parameters;
    const NAME: &'static str = "not_constant";
    const DOC: Doc = Doc {
        summary: "The column has at least two different values.",
        semantics: "Among the rows that pass `where`. Null is no value, NaN is one. A single row is constant; \
                    without any value nothing is evaluated. No row is marked.",
        good: "rule_id: vendors-differ\nrule_type: not_constant\ncolumn: vendor_id\n",
        bad: "rule_id: vendors-differ\nrule_type: not_constant\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn lower(_: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = figure::column(Self::NAME, figure::SINGLE, target)?;
        // Outside the empty set is every value; unlike the plain number, it is null where there is none.
        let function = MetricFunction::DistinctOutside { set: Vec::new() };
        let metric = Metric::of(function, Expr::column(&field.name));
        Ok(Lowered {
            title: format!("`{}` has at least two different values", field.name),
            columns: vec![field.name.clone()],
            body: Body::Metric {
                measure: Measure::Metric { metric },
                bounds: Bounds { min: Some(2.0), ..Bounds::default() },
            },
        })
    }

    fn check(_: &Parameters) -> Vec<Problem> {
        Vec::new()
    }
}
