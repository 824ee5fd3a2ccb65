//! `quantile`: a quantile of a column lies within bounds.

use schemars::JsonSchema;
use serde::Deserialize;

use super::figure::{self, About, Limit, Limits};
use super::{Lowered, Rule, Subject, Target};
use crate::code::Code;
use crate::datatype::Family;
use crate::doc::Doc;
use crate::plan::{Expr, Measure, Metric, MetricFunction};
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct Quantile;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// Which quantile, from 0 (the smallest value) to 1 (the greatest).
    q: f64,
    /// The smallest figure allowed.
    #[serde(default)]
    min: Option<Limit>,
    /// The greatest figure allowed.
    #[serde(default)]
    max: Option<Limit>,
    /// The smallest figure itself is not allowed.
    #[serde(default)]
    exclusive_min: bool,
    /// The greatest figure itself is not allowed.
    #[serde(default)]
    exclusive_max: bool,
}

impl Parameters {
    fn limits(&self) -> Limits<'_> {
        Limits {
            min: self.min.as_ref(),
            max: self.max.as_ref(),
            exclusive_min: self.exclusive_min,
            exclusive_max: self.exclusive_max,
        }
    }
}

impl Rule for Quantile {
    type Parameters = Parameters;
    const NAME: &'static str = "quantile";
    const DOC: Doc = Doc {
        summary: "A quantile of the column lies within bounds.",
        semantics: "Of n values in order, the one at place q (n - 1), counted from 0; between two places, the \
                    part of the way from one value to the next. Nulls are left out; NaN is greater than \
                    every other number. Without any value nothing is evaluated. No row is marked.",
        good: "rule_id: long-rides\nrule_type: quantile\ncolumn: distance\nparameters: {q: 0.95, max: 40}\n",
        bad: "rule_id: long-rides\nrule_type: quantile\ncolumn: distance\nparameters: {q: 95, max: 40}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = parameters.limits().check();
        let q = parameters.q;
        if !(0.0..=1.0).contains(&q) {
            let message = format!("a quantile lies between 0 and 1, and {q} does not");
            let problem = Problem::new(Code::BadValue, Pointer::from("q"), message);
            problems.push(problem.hint("write 0.95 for the 95th percentile"));
        }
        problems
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = figure::column(Self::NAME, &[Family::Number], target)?;
        // Zero plus, so that no negative zero gets into the plan.
        let q = 0.0 + parameters.q;
        let metric = Metric::of(MetricFunction::Quantile { q }, Expr::column(&field.name));
        let measure = Measure::Metric { metric };
        let about = About { columns: vec![field.name.clone()], measure, of: None };
        parameters.limits().lower(&format!("the {q} quantile of `{}`", field.name), about, target)
    }
}
