//! `unique_ratio`: the share of different values lies within bounds.

use schemars::JsonSchema;
use serde::Deserialize;

use super::figure::{self, About, Limit, Limits};
use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::plan::{Expr, Measure, Metric, MetricFunction};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct UniqueRatio;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// What is counted.
    #[serde(default)]
    counted: Counted,
    /// The smallest share allowed.
    #[serde(default)]
    min: Option<Limit>,
    /// The greatest share allowed.
    #[serde(default)]
    max: Option<Limit>,
    /// The smallest share itself is not allowed.
    #[serde(default)]
    exclusive_min: bool,
    /// The greatest share itself is not allowed.
    #[serde(default)]
    exclusive_max: bool,
}

/// What a share of values counts.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Counted {
    /// Different values.
    #[default]
    Distinct,
    /// Values that stand exactly once.
    Single,
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

impl Rule for UniqueRatio {
    type Parameters = Parameters;
    const NAME: &'static str = "unique_ratio";
    const DOC: Doc = Doc {
        summary: "The share of different values lies within bounds.",
        semantics: "Different values divided by all values that are not null, among the rows that pass \
                    `where`: 1 where no value stands twice. With `counted: single`, only values that stand \
                    exactly once are counted above. NaN is one value. Without any value nothing is \
                    evaluated. No row is marked.",
        good: "rule_id: plates-differ\nrule_type: unique_ratio\ncolumn: plate\nparameters: {min: 0.9}\n",
        bad: "rule_id: plates-differ\nrule_type: unique_ratio\ncolumn: plate\nparameters: {min: 90}\n",
    };
    const DIMENSION: Dimension = Dimension::Uniqueness;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.limits().check_share()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = figure::column(Self::NAME, figure::SINGLE, target)?;
        let metric = |function| Metric::of(function, Expr::column(&field.name));
        let (part, words) = match parameters.counted {
            Counted::Distinct => (MetricFunction::CountDistinct, "different values"),
            Counted::Single => (MetricFunction::CountUnique, "values that stand once"),
        };
        let measure = Measure::Ratio { part: metric(part), whole: metric(MetricFunction::Count) };
        let about = About { columns: vec![field.name.clone()], measure, of: None };
        parameters.limits().lower(
            &format!("the share of {words} of `{}`", field.name),
            about,
            target,
        )
    }
}
