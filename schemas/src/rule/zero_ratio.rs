//! `zero_ratio`: the share of zeros in the column lies within bounds.

use super::figure::{self, About, Parameters};
use super::{Lowered, Rule, Subject, Target};
use crate::datatype::Family;
use crate::doc::Doc;
use crate::plan::{Expr, Function, Literal, Measure, Metric, MetricFunction};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct ZeroRatio;

impl Rule for ZeroRatio {
    type Parameters = Parameters;
    const NAME: &'static str = "zero_ratio";
    const DOC: Doc = Doc {
        summary: "The share of zeros in the column lies within bounds.",
        semantics: "Values equal to zero, divided by all values that are not null, among the rows that pass `where`; \
                    a share of 0.05 is 5 %. NaN is a value, but not one equal to zero. Without any value nothing is \
                    evaluated. No row is marked.",
        good: "rule_id: free-rides\nrule_type: zero_ratio\ncolumn: fare_amount\nparameters: {max: 0.05}\n",
        bad: "rule_id: free-rides\nrule_type: zero_ratio\ncolumn: fare_amount\nparameters: {max: 5}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.limits().check_share()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = figure::column(Self::NAME, &[Family::Number], target)?;
        let value = Expr::column(&field.name);
        let zero = Expr::literal(Literal::Integer(0));
        let found = Expr::call(Function::Equal, [value.clone(), zero]);
        let whole = Metric::of(MetricFunction::Count, value);
        let measure = Measure::Ratio { part: whole.clone().filtered(Some(found)), whole };
        let about = About { columns: vec![field.name.clone()], measure, of: None };
        parameters.limits().lower(&format!("the share of zeros of `{}`", field.name), about, target)
    }
}
