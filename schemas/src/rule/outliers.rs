//! `outliers`: no value is far from the others.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, expect_family};
use crate::code::Code;
use crate::datatype::{DataType, Family};
use crate::doc::Doc;
use crate::plan::{Body, Expr, Field, Function, Literal, Metric, MetricFunction};
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct Outliers;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// How distance is measured.
    #[serde(default)]
    method: Method,
    /// The greatest distance allowed: 3 for `z_score`, 1.5 for `iqr` and 3.5 for `mad` unless said.
    #[serde(default)]
    threshold: Option<f64>,
    /// On which side values may be outliers.
    #[serde(default)]
    side: Side,
}

/// How the distance of a value from the others is measured.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Method {
    /// From the mean, in standard deviations.
    #[default]
    ZScore,
    /// From the nearer of the quartiles, in distances between the two.
    Iqr,
    /// From the median, in median distances from it, times 1.4826.
    Mad,
}

/// On which side of the others a value lies.
#[derive(Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Side {
    /// Either.
    #[default]
    Both,
    /// Above them.
    Above,
    /// Below them.
    Below,
}

impl Parameters {
    fn threshold(&self) -> f64 {
        self.threshold.unwrap_or(match self.method {
            Method::ZScore => 3.0,
            Method::Iqr => 1.5,
            Method::Mad => 3.5,
        })
    }
}

/// The standard deviation of a normal distribution, in median distances from its median.
const DEVIATION: f64 = 1.482_602_218_505_602;

impl Rule for Outliers {
    type Parameters = Parameters;
    const NAME: &'static str = "outliers";
    const DOC: Doc = Doc {
        summary: "No value is too far from the others.",
        semantics: "With `method: z_score`, a value violates that is more than `threshold` (3) standard \
                    deviations (n - 1) from the mean; with `iqr`, more than `threshold` (1.5) times the \
                    distance of the quartiles beyond them; with `mad`, more than `threshold` (3.5) times \
                    1.4826 median distances from the median. `side: above` or `below` looks at one side \
                    only. Figures are those of the rows that pass `where`, without NaN and infinities, which \
                    violate. Nulls are skipped unless `nulls: violate`. A single value, or values that are \
                    all equal, do not violate. The figures take one pass over the column before the rows are \
                    judged.",
        good: "rule_id: odd-fares\nrule_type: outliers\ncolumn: fare_amount\nparameters: {method: iqr, threshold: 3}\n",
        bad: "rule_id: odd-fares\nrule_type: outliers\ncolumn: fare_amount\nparameters: {method: iqr, threshold: 0}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let threshold = parameters.threshold();
        let message = format!("a threshold is greater than 0, and {threshold} is not");
        let problem = || Problem::new(Code::BadValue, Pointer::from("threshold"), message);
        (threshold <= 0.0).then(problem).into_iter().collect()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        expect_family(Self::NAME, field, &[Family::Number], "column".into())?;
        let threshold = parameters.threshold();
        let (low, high, words) = match parameters.method {
            Method::ZScore => {
                let mean = figure(field, Expr::column(&field.name), MetricFunction::Mean);
                let deviation =
                    figure(field, Expr::column(&field.name), MetricFunction::StandardDeviation);
                // A single value has no deviation, and is where the mean is.
                let reach = times(or_zero(deviation), threshold);
                (
                    minus(mean.clone(), reach.clone()),
                    plus(mean, reach),
                    "standard deviations from the mean",
                )
            }
            Method::Iqr => {
                let (first, third) = (quantile(field, 0.25), quantile(field, 0.75));
                let reach = times(minus(third.clone(), first.clone()), threshold);
                (
                    minus(first, reach.clone()),
                    plus(third, reach),
                    "quartile distances beyond the quartiles",
                )
            }
            Method::Mad => {
                let median = quantile(field, 0.5);
                let distance = Expr::call(
                    Function::Absolute,
                    [minus(Expr::column(&field.name), median.clone())],
                );
                let middle = figure(field, distance, MetricFunction::Quantile { q: 0.5 });
                let reach = times(middle, threshold * DEVIATION);
                (
                    minus(median.clone(), reach.clone()),
                    plus(median, reach),
                    "scaled median distances from the median",
                )
            }
        };
        let value = Expr::column(&field.name);
        let mut tests = Vec::new();
        if field.data_type == DataType::Double {
            tests.push(finite(field));
        }
        if parameters.side != Side::Above {
            tests.push(Expr::call(Function::GreaterOrEqual, [value.clone(), low]));
        }
        if parameters.side != Side::Below {
            tests.push(Expr::call(Function::LessOrEqual, [value, high]));
        }
        let side = match parameters.side {
            Side::Both => "",
            Side::Above => " above",
            Side::Below => " below",
        };
        Ok(Lowered {
            title: format!("`{}` is at most {threshold} {words}{side}", field.name),
            columns: vec![field.name.clone()],
            body: Body::Rows { evaluated: target.judged([&field.name]), holds: Expr::all(tests) },
        })
    }
}

fn literal(value: f64) -> Expr {
    Expr::literal(Literal::Double(value))
}

fn minus(left: Expr, right: Expr) -> Expr {
    Expr::call(Function::Subtract, [left, right])
}

fn plus(left: Expr, right: Expr) -> Expr {
    Expr::call(Function::Add, [left, right])
}

fn times(value: Expr, factor: f64) -> Expr {
    Expr::call(Function::Multiply, [value, literal(factor)])
}

fn or_zero(value: Expr) -> Expr {
    Expr::call(Function::Coalesce, [value, literal(0.0)])
}

/// Whether the value is finite; NaN is greater than every other number.
fn finite(field: &Field) -> Expr {
    let size = Expr::call(Function::Absolute, [Expr::column(&field.name)]);
    Expr::call(Function::LessOrEqual, [size, literal(f64::MAX)])
}

/// A figure of the dataset, over what is finite.
fn figure(field: &Field, value: Expr, function: MetricFunction) -> Expr {
    let filter = (field.data_type == DataType::Double).then(|| finite(field));
    Expr::Figure { metric: Box::new(Metric::of(function, value).filtered(filter)) }
}

fn quantile(field: &Field, q: f64) -> Expr {
    figure(field, Expr::column(&field.name), MetricFunction::Quantile { q })
}
