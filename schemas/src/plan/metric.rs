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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::ColumnName;

    fn column(name: &str) -> Expr {
        Expr::column(&ColumnName::new(name).unwrap())
    }

    fn expressions() -> impl Strategy<Value = Expr> {
        let names = prop_oneof![Just("a"), Just("b")];
        let numbers = 0i64..3;
        (names, numbers, 0..3u8).prop_map(|(name, number, kind)| {
            let literal = Expr::literal(Literal::Integer(number));
            match kind {
                0 => column(name),
                1 => Expr::call(super::super::Function::Add, [column(name), literal]),
                _ => Expr::call(super::super::Function::Less, [column(name), literal]),
            }
        })
    }

    fn functions() -> impl Strategy<Value = MetricFunction> {
        let set = prop::collection::vec((0i64..2).prop_map(Literal::Integer), 0..3);
        prop_oneof![
            Just(MetricFunction::Count),
            Just(MetricFunction::CountDistinct),
            Just(MetricFunction::Mean),
            Just(MetricFunction::StandardDeviation),
            Just(MetricFunction::Entropy),
            prop_oneof![Just(0.25), Just(0.5)].prop_map(|q| MetricFunction::Quantile { q }),
            expressions().prop_map(|other| MetricFunction::Correlation { other: Box::new(other) }),
            set.clone().prop_map(|set| MetricFunction::DistinctOutside { set }),
            set.clone().prop_map(|set| MetricFunction::DistinctMissing { set }),
            (set, any::<bool>()).prop_map(|(set, ties)| MetricFunction::MostCommonIn { set, ties }),
        ]
    }

    fn metrics() -> impl Strategy<Value = Metric> {
        let optional = || prop::option::of(expressions());
        (functions(), optional(), optional()).prop_map(|(function, value, filter)| Metric {
            function,
            value,
            filter,
        })
    }

    proptest! {
        #[test]
        fn metrics_have_one_identity(one in metrics(), other in metrics()) {
            prop_assert_eq!(one == other, one.key() == other.key());
            prop_assert_eq!(one.key(), one.clone().key());
        }
    }
}
