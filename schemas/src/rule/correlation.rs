//! `correlation`: two columns go together as much as they should.

use schemars::JsonSchema;
use serde::Deserialize;

use super::figure::{self, About, Limit, Limits};
use super::{Lowered, Rule, Subject, Target, expect_family, parameter};
use crate::datatype::Family;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Expr, Measure, Metric, MetricFunction};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct Correlation;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The other column.
    with: ColumnName,
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

impl Rule for Correlation {
    type Parameters = Parameters;
    const NAME: &'static str = "correlation";
    const DOC: Doc = Doc {
        summary: "The correlation of two columns lies within bounds.",
        semantics: "Pearson's coefficient, from -1 to 1, over the rows that have both values and pass \
                    `where`. Fewer than two such rows, or a column that is constant in them, is nothing \
                    evaluated. NaN or infinity among the values makes it NaN, which lies in no range. No row \
                    is marked.",
        good: "rule_id: far-is-dear\nrule_type: correlation\ncolumn: fare_amount\nparameters: {with: distance, min: 0.5}\n",
        bad: "rule_id: far-is-dear\nrule_type: correlation\ncolumn: fare_amount\nparameters: {min: 0.5}\n",
    };
    const DIMENSION: Dimension = Dimension::Consistency;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.limits().check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = figure::column(Self::NAME, &[Family::Number], target)?;
        let other = target.field(&parameters.with, parameter("with"))?;
        expect_family(Self::NAME, other, &[Family::Number], parameter("with"))?;
        let function = MetricFunction::Correlation { other: Box::new(Expr::column(&other.name)) };
        let metric = Metric::of(function, Expr::column(&field.name));
        let columns = vec![field.name.clone(), other.name.clone()];
        let about = About { columns, measure: Measure::Metric { metric }, of: None };
        let words = format!("the correlation of `{}` with `{}`", field.name, other.name);
        parameters.limits().lower(&words, about, target)
    }
}
