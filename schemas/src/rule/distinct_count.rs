//! `distinct_count`: the column has so many different values.

use super::count::Parameters;
use super::{Lowered, Rule, Subject, Target, figure};
use crate::doc::Doc;
use crate::plan::{Expr, Measure, Metric, MetricFunction};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct DistinctCount;

impl Rule for DistinctCount {
    type Parameters = Parameters;
    const NAME: &'static str = "distinct_count";
    const DOC: Doc = Doc {
        summary: "The number of different values lies within bounds.",
        semantics: "Counted exactly, among the rows that pass `where`. Null is no value, NaN is one. Bounds \
                    belong to the range. A column without values has 0 and is judged. No row is marked.",
        good: "rule_id: few-vendors\nrule_type: distinct_count\ncolumn: vendor_id\nparameters: {min: 1, max: 5}\n",
        bad: "rule_id: few-vendors\nrule_type: distinct_count\ncolumn: vendor_id\nparameters: {min: 5, max: 1}\n",
    };
    const DIMENSION: Dimension = Dimension::Uniqueness;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = figure::column(Self::NAME, figure::SINGLE, target)?;
        let metric = Metric::of(MetricFunction::CountDistinct, Expr::column(&field.name));
        let words = format!("the number of different values of `{}`", field.name);
        Ok(parameters.lower(&words, vec![field.name.clone()], Measure::Metric { metric }))
    }
}
