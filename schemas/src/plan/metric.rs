//! Metrics: figures over many rows.

use serde::{Deserialize, Serialize};

use super::Expr;

/// A figure over the rows that pass a filter.
///
/// Two metrics are the same figure exactly when function, expression, filter and arguments are equal;
/// [`Metric::key`] is that identity, and an engine computes equal metrics once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// What is computed.
    #[serde(flatten)]
    pub function: MetricFunction,
    /// Of which value; `None` only for [`MetricFunction::Count`].
    pub value: Option<Expr>,
    /// Over which rows; `None` means all.
    pub filter: Option<Expr>,
}

/// What a metric computes. All but `Count` without a value ignore nulls; over no value at all, counts are
/// zero and everything else is null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "function", rename_all = "snake_case")]
pub enum MetricFunction {
    /// Rows, or rows whose value is not null.
    Count,
    /// Number of different values, exact.
    CountDistinct,
    /// Number of different values by HyperLogLog; says so wherever it is shown.
    CountDistinctApproximate,
    /// Sum.
    Sum,
    /// Smallest value.
    Min,
    /// Greatest value.
    Max,
    /// Arithmetic mean.
    Mean,
    /// Sample standard deviation (n - 1).
    StandardDeviation,
    /// Sample variance (n - 1).
    Variance,
    /// Exact quantile with linear interpolation between neighbours.
    Quantile {
        /// Between 0 and 1.
        q: f64,
    },
    /// The most frequent values with their counts, ties by value.
    TopK {
        /// How many.
        k: u32,
    },
    /// Counts in equal-width bins between the smallest and the greatest value.
    Histogram {
        /// How many bins.
        bins: u32,
    },
    /// Smallest length of text in code points.
    MinLength,
    /// Greatest length of text in code points.
    MaxLength,
    /// Mean length of text in code points.
    MeanLength,
}

impl Metric {
    /// `function` of `value` over all rows.
    pub fn of(function: MetricFunction, value: Expr) -> Self {
        Self { function, value: Some(value), filter: None }
    }

    /// The number of rows.
    pub fn rows() -> Self {
        Self { function: MetricFunction::Count, value: None, filter: None }
    }

    /// The same metric over the rows where `filter` is true.
    #[must_use]
    pub fn filtered(mut self, filter: Option<Expr>) -> Self {
        self.filter = filter;
        self
    }

    /// The metric's identity: its canonical JSON.
    pub fn key(&self) -> String {
        crate::canonical::text(self)
    }
}
