//! Metrics: figures over many rows.

use serde::{Deserialize, Serialize};

use super::{Expr, Literal};

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
/// zero and everything else is null. Days and instants count as seconds since 1970-01-01 UTC. Where values
/// are told apart, NaN is one value and so is each infinity. Moments (from deviation to correlation) are
/// NaN where a value is NaN or infinite.
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
    /// Sample standard deviation (n - 1); null for fewer than two values.
    StandardDeviation,
    /// Sample variance (n - 1); null for fewer than two values.
    Variance,
    /// Third central moment over the third power of the deviation, all divided by n; null for fewer than
    /// three values or where all are equal.
    Skewness,
    /// Fourth central moment over the fourth power of the deviation, all divided by n, less 3 (the normal
    /// distribution has 0); null for fewer than four values or where all are equal.
    Kurtosis,
    /// Pearson's coefficient of the value with another over the rows that have both; null for fewer than two
    /// such rows or where one of the two is constant.
    Correlation {
        /// The other value.
        other: Box<Expr>,
    },
    /// Shannon's entropy of the values in nats, `-sum(p ln p)` over the shares p of the different values.
    Entropy,
    /// Number of values that stand exactly once.
    CountUnique,
    /// Number of different values that are not in a set; null over no value.
    DistinctOutside {
        /// The set; never holds null.
        set: Vec<Literal>,
    },
    /// Number of members of a set that are not among the values; null over no value.
    DistinctMissing {
        /// The set, without repetitions; never holds null.
        set: Vec<Literal>,
    },
    /// 1 where the most frequent value is in a set, otherwise 0; null over no value.
    MostCommonIn {
        /// The set; never holds null.
        set: Vec<Literal>,
        /// Of several values that are equally frequent, one in the set is enough. Otherwise there must be
        /// exactly one most frequent value.
        ties: bool,
    },
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

    /// Whether it is computed from how often each different value stands.
    pub fn counts_values(&self) -> bool {
        matches!(
            self.function,
            MetricFunction::Entropy
                | MetricFunction::CountUnique
                | MetricFunction::DistinctOutside { .. }
                | MetricFunction::DistinctMissing { .. }
                | MetricFunction::MostCommonIn { .. }
        )
    }

    /// The expressions that it is computed from.
    pub fn expressions(&self) -> Vec<&Expr> {
        let mut found: Vec<&Expr> = self.value.iter().chain(&self.filter).collect();
        if let MetricFunction::Correlation { other } = &self.function {
            found.push(other);
        }
        found
    }

    /// The metric's identity: its canonical JSON.
    pub fn key(&self) -> String {
        crate::canonical::text(self)
    }
}
