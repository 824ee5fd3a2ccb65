//! Figures of one column within bounds, as `max`, `mean`, `min` and `sum` share them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::bounds::{self, Ends};
use super::{Lowered, Target, expect_family};
use crate::datatype::Family;
use crate::plan::{Body, Bounds, Expr, Measure, Metric, MetricFunction};
use crate::problem::Problem;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The smallest figure allowed.
    #[serde(default)]
    min: Option<f64>,
    /// The greatest figure allowed.
    #[serde(default)]
    max: Option<f64>,
    /// The smallest figure itself is not allowed.
    #[serde(default)]
    exclusive_min: bool,
    /// The greatest figure itself is not allowed.
    #[serde(default)]
    exclusive_max: bool,
}

impl Parameters {
    fn ends(&self) -> Ends<'_, f64> {
        Ends {
            min: self.min.as_ref(),
            max: self.max.as_ref(),
            exclusive_min: self.exclusive_min,
            exclusive_max: self.exclusive_max,
        }
    }

    pub(super) fn check(&self) -> Vec<Problem> {
        bounds::check(&self.ends(), f64::partial_cmp)
    }
}

/// The plan of a figure over the rule's column; `words` is the figure in words.
pub(super) fn lower(
    rule: &str,
    words: &str,
    function: MetricFunction,
    parameters: &Parameters,
    target: &Target<'_>,
) -> Result<Lowered, Vec<Problem>> {
    let field = target.the_column()?;
    expect_family(rule, field, &[Family::Number], "column".into())?;
    target.takes_no_nulls(rule, "nulls take no part in the figure; add a `not_null` rule")?;
    Ok(Lowered {
        title: format!(
            "the {words} of `{}` is {}",
            field.name,
            parameters.ends().words(f64::to_string)
        ),
        columns: vec![field.name.clone()],
        body: Body::Metric {
            measure: Measure::Metric { metric: Metric::of(function, Expr::column(&field.name)) },
            bounds: Bounds {
                min: parameters.min,
                max: parameters.max,
                exclusive_min: parameters.exclusive_min,
                exclusive_max: parameters.exclusive_max,
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn every_figure_has_the_same_parameters() {
        let fields = fields(&[("fare", "decimal(10,2)"), ("name", "text")]);
        for (rule, words) in
            [("max", "maximum"), ("mean", "mean"), ("min", "minimum"), ("sum", "sum")]
        {
            let parameters = json!({"min": 1, "max": 2.5, "exclusive_max": true});
            let lowered = lower(rule, parameters, Some("fare"), &fields).unwrap();
            assert_eq!(
                lowered.title,
                format!("the {words} of `fare` is at least 1 and less than 2.5")
            );
            let body = serde_json::to_value(lowered.body).unwrap();
            assert_eq!(body["measure"]["metric"]["function"], rule);
            assert!(lower(rule, json!({"min": 1}), Some("name"), &fields).is_err());
            assert_eq!(problems(rule, json!({})), [""]);
            assert_eq!(problems(rule, json!({"min": 2, "max": 1})), ["/min"]);
        }
    }
}
