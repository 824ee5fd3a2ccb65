//! `metric_anomaly`: a figure of a column is as the past lets expect.

use schemars::JsonSchema;
use serde::Deserialize;

use super::anomaly::{By, Watch, of_the_past};
use super::{Lowered, Rule, Subject, Target, figure};
use crate::datatype::Family;
use crate::doc::Doc;
use crate::plan::{Direction, Expr, Function, Measure, Metric, MetricFunction};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct MetricAnomaly;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// Which figure of the column.
    figure: Figure,
    /// How the past tells what to expect.
    #[serde(default)]
    method: By,
    /// How far from that is still usual; 3 unless said, for changes always to be said.
    #[serde(default)]
    threshold: Option<f64>,
    /// On which side a figure can be unusual.
    #[serde(default)]
    direction: Direction,
    /// Runs that are looked back at; 30 unless said.
    #[serde(default)]
    window: Option<u32>,
    /// Runs needed before anything is judged; 7 unless said, 1 for changes.
    #[serde(default)]
    min_samples: Option<u32>,
    /// Runs in a season, for `seasonal`.
    #[serde(default)]
    period: Option<u32>,
}

/// A figure that can be watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Figure {
    /// The share of nulls.
    NullRatio,
    /// The number of different values.
    DistinctCount,
    /// The mean.
    Mean,
    /// The median.
    Median,
    /// The smallest value.
    Min,
    /// The greatest value.
    Max,
    /// The sum.
    Sum,
    /// The sample standard deviation.
    StandardDeviation,
}

impl Parameters {
    fn watch(&self) -> Watch {
        Watch {
            method: self.method,
            threshold: self.threshold,
            direction: self.direction,
            window: self.window,
            min_samples: self.min_samples,
            period: self.period,
        }
    }
}

impl Rule for MetricAnomaly {
    type Parameters = Parameters;
    const NAME: &'static str = "metric_anomaly";
    const DOC: Doc = Doc {
        summary: "A figure of the column is as earlier runs let expect.",
        semantics: of_the_past!("The `figure` of the rows that pass `where`"),
        good: "rule_id: usual-fare\nrule_type: metric_anomaly\ncolumn: fare_amount\nparameters: {figure: mean, method: mad}\n",
        bad: "rule_id: usual-fare\nrule_type: metric_anomaly\ncolumn: fare_amount\nparameters: {method: mad}\n",
    };
    const DIMENSION: Dimension = Dimension::Consistency;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.watch().check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let families = match parameters.figure {
            Figure::NullRatio | Figure::DistinctCount => figure::SINGLE,
            _ => &[Family::Number],
        };
        let field = figure::column(Self::NAME, families, target)?;
        let value = Expr::column(&field.name);
        let (function, words) = match parameters.figure {
            Figure::NullRatio => (None, "share of nulls"),
            Figure::DistinctCount => {
                (Some(MetricFunction::CountDistinct), "number of different values")
            }
            Figure::Mean => (Some(MetricFunction::Mean), "mean"),
            Figure::Median => (Some(MetricFunction::Quantile { q: 0.5 }), "median"),
            Figure::Min => (Some(MetricFunction::Min), "minimum"),
            Figure::Max => (Some(MetricFunction::Max), "maximum"),
            Figure::Sum => (Some(MetricFunction::Sum), "sum"),
            Figure::StandardDeviation => {
                (Some(MetricFunction::StandardDeviation), "standard deviation")
            }
        };
        let measure = match function {
            Some(function) => Measure::Metric { metric: Metric::of(function, value) },
            None => {
                let null = Expr::call(Function::IsNull, [value]);
                let part = Metric::rows().filtered(Some(null));
                Measure::Ratio { part, whole: Metric::rows() }
            }
        };
        let words = format!("the {words} of `{}`", field.name);
        Ok(parameters.watch().lower(&words, vec![field.name.clone()], measure))
    }
}
