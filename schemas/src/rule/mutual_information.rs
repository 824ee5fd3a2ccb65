//! `mutual_information`: one column tells as much of another as it should.

use schemars::JsonSchema;
use serde::Deserialize;

use super::figure::{self, About, Limit, Limits};
use super::{Lowered, Rule, Subject, Target, entropy, expect_family, parameter};
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Expr, Function, Measure, Metric, MetricFunction};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct MutualInformation;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The other column.
    with: ColumnName,
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

impl Rule for MutualInformation {
    type Parameters = Parameters;
    const NAME: &'static str = "mutual_information";
    const DOC: Doc = Doc {
        summary: "The mutual information of two columns lies within bounds.",
        semantics: "The entropy of each column less that of both together, in bits unless `base` says \
                    otherwise, over the rows that have both values and pass `where`: 0 where the columns are \
                    independent, the entropy of a column where the other one settles it. NaN is one value. \
                    Without any such row nothing is evaluated. No row is marked.",
        good: "rule_id: zone-tells-fee\nrule_type: mutual_information\ncolumn: zone\nparameters: {with: fee, min: 0.5}\n",
        bad: "rule_id: zone-tells-fee\nrule_type: mutual_information\ncolumn: zone\nparameters: {min: 0.5}\n",
    };
    const DIMENSION: Dimension = Dimension::Consistency;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = parameters.limits().check();
        problems.extend(entropy::check_base(parameters.base));
        problems
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = figure::column(Self::NAME, figure::SINGLE, target)?;
        let other = target.field(&parameters.with, parameter("with"))?;
        expect_family(Self::NAME, other, figure::SINGLE, parameter("with"))?;
        let (one, two) = (Expr::column(&field.name), Expr::column(&other.name));
        let both = Expr::all([one.clone().is_not_null(), two.clone().is_not_null()]);
        let of = |value| Metric::of(MetricFunction::Entropy, value).filtered(Some(both.clone()));
        let pair = Expr::call(Function::Tuple, [one.clone(), two.clone()]);
        let unit = 1.0 / parameters.base.ln();
        let terms = vec![(unit, of(one)), (unit, of(two)), (-unit, of(pair))];
        let measure = Measure::Linear { constant: 0.0, terms };
        let columns = vec![field.name.clone(), other.name.clone()];
        let words = format!("the mutual information of `{}` and `{}`", field.name, other.name);
        parameters.limits().lower(&words, About { columns, measure, of: None }, target)
    }
}
