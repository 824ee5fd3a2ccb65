//! `null_ratio`: the share of nulls in the column lies within bounds.

use super::figure::{About, Parameters};
use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::plan::{Expr, Function, Measure, Metric};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct NullRatio;

impl Rule for NullRatio {
    type Parameters = Parameters;
    const NAME: &'static str = "null_ratio";
    const DOC: Doc = Doc {
        summary: "The share of nulls in the column lies within bounds.",
        semantics: "Nulls divided by rows, among the rows that pass `where`; a share of 0.05 is 5 %. Without any row \
                    nothing is evaluated. NaN and empty text are values. No row is marked: for rows, use `not_null` \
                    with `max_violation_ratio`.",
        good: "rule_id: tips-known\nrule_type: null_ratio\ncolumn: tip_amount\nparameters: {max: 0.05}\n",
        bad: "rule_id: tips-known\nrule_type: null_ratio\ncolumn: tip_amount\nparameters: {max: 5}\n",
    };
    const DIMENSION: Dimension = Dimension::Completeness;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.limits().check_share()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        target.takes_no_nulls(Self::NAME, "nulls are what it counts")?;
        let null = Expr::call(Function::IsNull, [Expr::column(&field.name)]);
        let part = Metric::rows().filtered(Some(null));
        let measure = Measure::Ratio { part, whole: Metric::rows() };
        let about = About { columns: vec![field.name.clone()], measure, of: None };
        parameters.limits().lower(&format!("the share of nulls of `{}`", field.name), about, target)
    }
}
