//! Bounds that are made when a run is judged: from formulas over figures of the run and of earlier ones, or
//! from how far a figure usually lies from its own past.

use serde::{Deserialize, Serialize};

use super::Measure;
use super::forecast::{self, Point};

/// How the bounds of a figure are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "adapt", rename_all = "snake_case")]
pub enum Adapt {
    /// By formulas, beside the ends that are numbers.
    Formulas {
        /// The lower end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<Formula>,
        /// The upper end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<Formula>,
    },
    /// By the figure's own past.
    Anomaly(Anomaly),
    /// The bounds stand; what the figure of [`Measure::Divergence`] is held against is made: the shares of a
    /// distribution are those of the last runs.
    Distribution(Distribution),
}

/// A distribution that earlier runs state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// The counts of its parts, in the order of the cells of the divergence; its tail comes last.
    pub parts: Vec<Measure>,
    /// Runs whose counts are added up.
    pub runs: u32,
    /// Values that this run, and those before it together, must have counted before anything is judged.
    pub min_samples: u64,
}

/// A number that is computed when a run is judged. Division by zero, and whatever is computed from a figure
/// without a value, has no value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "formula", rename_all = "snake_case")]
pub enum Formula {
    /// A constant.
    Number {
        /// Its value.
        value: f64,
    },
    /// A figure of this run.
    Figure {
        /// Which one.
        measure: Box<Measure>,
    },
    /// The values that a figure had in the last runs, those flagged as anomalies left out; no value where
    /// there are fewer than `runs`.
    Past {
        /// What is made of them.
        aggregate: Aggregate,
        /// How many.
        runs: u32,
        /// Of which figure; `None` means the one that is judged.
        measure: Option<Box<Measure>>,
    },
    /// Two numbers, computed with.
    Arithmetic {
        /// How.
        operator: Operator,
        /// The left one.
        left: Box<Self>,
        /// The right one.
        right: Box<Self>,
    },
}

/// What several values come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// Their mean.
    Mean,
    /// Their median.
    Median,
    /// The smallest.
    Min,
    /// The greatest.
    Max,
    /// Their sample standard deviation; none of a single value.
    StandardDeviation,
    /// Their sum.
    Sum,
}

/// How two numbers are computed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// Left and right.
    Add,
    /// Left less right.
    Subtract,
    /// Left times right.
    Multiply,
    /// Left divided by right.
    Divide,
}

/// How far a figure may be from its own past.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anomaly {
    /// How the past tells what to expect.
    pub method: Method,
    /// How many times the usual spread is still usual; of changes, the change itself.
    pub threshold: f64,
    /// On which side a figure can be unusual.
    pub direction: Direction,
    /// Runs that are looked back at.
    pub window: u32,
    /// Runs needed before anything is judged.
    pub min_samples: u32,
}

/// How the past of a figure tells what to expect of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Method {
    /// The value before, give or take the threshold.
    Change,
    /// The value before, give or take the threshold times its size.
    RelativeChange,
    /// The mean, give or take threshold sample standard deviations.
    ZScore,
    /// The median, give or take threshold times 1.4826 median distances from it.
    Mad,
    /// The next value by additive Holt-Winters smoothing (level 0.3, trend 0.1, season 0.3), give or take
    /// threshold root mean squares of its earlier errors. The first two seasons set it up.
    Seasonal {
        /// Runs in a season.
        period: u32,
    },
}

/// On which side a figure can be unusual.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Either.
    #[default]
    Both,
    /// Too great.
    Spike,
    /// Too small.
    Drop,
}

/// Ends made at run time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Made {
    /// The lower end.
    pub min: Option<f64>,
    /// The upper end.
    pub max: Option<f64>,
}

impl Adapt {
    /// The figures of this run that it needs, in order: those of formulas, and those whose past they look at.
    pub fn measures(&self) -> Vec<&Measure> {
        let mut found = Vec::new();
        match self {
            Self::Formulas { min, max } => {
                min.iter().chain(max).for_each(|formula| formula.measures(&mut found));
            }
            Self::Anomaly(_) => {}
            Self::Distribution(earlier) => found.extend(&earlier.parts),
        }
        found
    }

    /// How many earlier runs it looks back at.
    pub fn runs(&self) -> u32 {
        match self {
            Self::Formulas { min, max } => {
                min.iter().chain(max).map(Formula::runs).max().unwrap_or(0)
            }
            Self::Anomaly(anomaly) => anomaly.window,
            Self::Distribution(earlier) => earlier.runs,
        }
    }

    /// The ends. `figures` are the values of [`Adapt::measures`]; `past` gives the earlier values of a
    /// figure, the oldest first, `None` meaning the one that is judged.
    ///
    /// # Errors
    /// What is missing, in words.
    pub fn ends(
        &self,
        figures: &[Option<f64>],
        past: &dyn Fn(Option<&Measure>) -> Vec<Point>,
    ) -> Result<Made, String> {
        match self {
            Self::Anomaly(anomaly) => forecast::ends(anomaly, &past(None)),
            Self::Distribution(_) => Ok(Made::default()),
            Self::Formulas { min, max } => {
                let mut figures = figures.iter().copied();
                let mut value = |formula: &Option<Formula>| {
                    formula.as_ref().map(|formula| formula.value(&mut figures, past)).transpose()
                };
                Ok(Made { min: value(min)?, max: value(max)? })
            }
        }
    }
}

impl Distribution {
    /// The expected shares of the parts. `counts` are those of this run; `past` gives the earlier values of a
    /// figure, the oldest first.
    ///
    /// # Errors
    /// What is missing, in words.
    pub fn shares(
        &self,
        counts: &[Option<f64>],
        past: &dyn Fn(&Measure) -> Vec<Point>,
    ) -> Result<Vec<f64>, String> {
        let wanted = usize::try_from(self.runs).unwrap_or(usize::MAX);
        let mut earlier = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let usual = forecast::usual(&past(part));
            let Some(from) = usual.len().checked_sub(wanted) else {
                let (found, runs) = (usual.len(), self.runs);
                return Err(format!("{found} of {runs} earlier runs that say what is expected"));
            };
            earlier.push(usual.iter().skip(from).sum::<f64>());
        }
        let here: f64 = counts.iter().flatten().sum();
        let before: f64 = earlier.iter().sum();
        let least = self.min_samples.max(1);
        let few = |found: f64, whose: &str| {
            (found < least as f64).then(|| format!("{found} of {least} values needed in {whose}"))
        };
        if let Some(missing) = few(before, "earlier runs").or_else(|| few(here, "this run")) {
            return Err(missing);
        }
        Ok(earlier.into_iter().map(|count| count / before).collect())
    }
}

impl Formula {
    fn measures<'a>(&'a self, found: &mut Vec<&'a Measure>) {
        match self {
            Self::Number { .. } | Self::Past { measure: None, .. } => {}
            Self::Figure { measure } | Self::Past { measure: Some(measure), .. } => {
                found.push(measure);
            }
            Self::Arithmetic { left, right, .. } => {
                left.measures(found);
                right.measures(found);
            }
        }
    }

    fn runs(&self) -> u32 {
        match self {
            Self::Number { .. } | Self::Figure { .. } => 0,
            Self::Past { runs, .. } => *runs,
            Self::Arithmetic { left, right, .. } => left.runs().max(right.runs()),
        }
    }

    /// The number, with the figures of this run taken from `figures` in the order of
    /// [`Adapt::measures`].
    fn value(
        &self,
        figures: &mut impl Iterator<Item = Option<f64>>,
        past: &dyn Fn(Option<&Measure>) -> Vec<Point>,
    ) -> Result<f64, String> {
        let lacking = || "a figure that the bound is made from has no value".to_owned();
        match self {
            Self::Number { value } => Ok(*value),
            Self::Figure { .. } => figures.next().flatten().ok_or_else(lacking),
            Self::Past { aggregate, runs, measure } => {
                if measure.is_some() {
                    figures.next();
                }
                let usual = forecast::usual(&past(measure.as_deref()));
                let wanted = usize::try_from(*runs).unwrap_or(usize::MAX);
                let Some(from) = usual.len().checked_sub(wanted) else {
                    let found = usual.len();
                    return Err(format!("{found} of {runs} earlier runs that the bound needs"));
                };
                aggregate.of(usual.get(from..).unwrap_or_default()).ok_or_else(lacking)
            }
            Self::Arithmetic { operator, left, right } => {
                let left = left.value(figures, past);
                let right = right.value(figures, past);
                let (left, right) = (left?, right?);
                match operator {
                    Operator::Add => Ok(left + right),
                    Operator::Subtract => Ok(left - right),
                    Operator::Multiply => Ok(left * right),
                    Operator::Divide if right == 0.0 => Err("the bound divides by zero".to_owned()),
                    Operator::Divide => Ok(left / right),
                }
            }
        }
    }
}

impl Aggregate {
    fn of(self, values: &[f64]) -> Option<f64> {
        let count = values.len() as f64;
        let sum: f64 = values.iter().sum();
        if values.is_empty() {
            return None;
        }
        match self {
            Self::Mean => Some(sum / count),
            Self::Median => forecast::median(values),
            Self::Min => values.iter().copied().reduce(f64::min),
            Self::Max => values.iter().copied().reduce(f64::max),
            Self::StandardDeviation => forecast::deviation(values),
            Self::Sum => Some(sum),
        }
    }
}
