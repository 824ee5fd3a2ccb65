//! `entropy`: the entropy of a column lies within bounds.

use schemars::JsonSchema;
use serde::Deserialize;

use super::figure::{self, About, Limit, Limits};
use super::{Lowered, Rule, Subject, Target};
use crate::code::Code;
use crate::doc::Doc;
use crate::plan::{Expr, Measure, Metric, MetricFunction};
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct Entropy;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The base of the logarithm; 2 unless said, for bits.
    #[serde(default = "bits")]
    base: f64,
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

fn bits() -> f64 {
    2.0
}

/// What is wrong with the base of a logarithm.
pub(super) fn check_base(base: f64) -> Option<Problem> {
    let message = format!("the base of a logarithm is greater than 1, and {base} is not");
    let hint = "leave it out for bits, or write 2.718281828459045 for nats";
    (base <= 1.0).then(|| Problem::new(Code::BadValue, Pointer::from("base"), message).hint(hint))
}

impl Rule for Entropy {
    type Parameters = Parameters;
    const NAME: &'static str = "entropy";
    const DOC: Doc = Doc {
        summary: "The entropy of the column's values lies within bounds.",
        semantics: "Shannon's entropy of the shares of the different values, in bits unless `base` says \
                    otherwise: 0 where all values are equal, the logarithm of their number where all are \
                    equally frequent. Null is no value, NaN is one. Without any value nothing is evaluated. \
                    No row is marked.",
        good: "rule_id: mixed-payment\nrule_type: entropy\ncolumn: payment_type\nparameters: {min: 0.5}\n",
        bad: "rule_id: mixed-payment\nrule_type: entropy\ncolumn: payment_type\nparameters: {min: 0.5, base: 1}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = parameters.limits().check();
        problems.extend(check_base(parameters.base));
        problems
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = figure::column(Self::NAME, figure::SINGLE, target)?;
        let metric = Metric::of(MetricFunction::Entropy, Expr::column(&field.name));
        let terms = vec![(1.0 / parameters.base.ln(), metric)];
        let measure = Measure::Linear { constant: 0.0, terms };
        let about = About { columns: vec![field.name.clone()], measure, of: None };
        parameters.limits().lower(&format!("the entropy of `{}`", field.name), about, target)
    }
}
