//! Profiling policies: what is found out about a dataset beyond its rules.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LibraryObject, Reference, common_fields, kind};
use crate::code::Code;
use crate::id::ColumnName;
use crate::plan::ProfilePlan;
use crate::problem::{Pointer, Problem};

kind! {
    /// Which columns are profiled, and by which figures.
    ProfilingPolicy {
        id: profiling_policy_id ProfilingPolicyId,
        /// Only these columns; empty means all.
        #[serde(default)]
        columns: Vec<ColumnName>,
        /// All columns but these.
        #[serde(default)]
        exclude: Vec<ColumnName>,
        /// Figures beside counts, nulls and extremes, which cost nothing more.
        #[serde(default = "every_figure")]
        metrics: BTreeSet<ProfileMetric>,
        /// Most frequent values kept for each column.
        #[serde(default = "ten")]
        #[schemars(range(min = 1, max = 1000))]
        top_values: u32,
        /// Bins of the histograms of numbers and times.
        #[serde(default = "twenty")]
        #[schemars(range(min = 1, max = 1000))]
        histogram_bins: u32,
        /// Quantiles of numbers, each between 0 and 1.
        #[serde(default = "five_quantiles")]
        #[schemars(inner(range(min = 0.0, max = 1.0)))]
        quantiles: Vec<f64>,
    }
}

/// A figure of a profile that has a price of its own.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ProfileMetric {
    /// The columns before cleansing, too, and how far cleansing moves them; a second scan, of what was read.
    BeforeCleansing,
    /// How the columns go with each other: Pearson, Spearman, Cramér's V.
    Correlations,
    /// Values that occur once, extremes, skewness and the like, the order of the rows, kinds of text.
    Deep,
    /// Rows that equal an earlier row in every column.
    DuplicateRows,
    /// Distinct values, counted exactly instead of estimated.
    ExactDistinct,
    /// The distribution of numbers and times.
    Histogram,
    /// Which columns are null together.
    Missingness,
    /// Quantiles of numbers.
    Quantiles,
    /// The most frequent values.
    TopValues,
}

fn every_figure() -> BTreeSet<ProfileMetric> {
    BTreeSet::from([
        ProfileMetric::BeforeCleansing,
        ProfileMetric::ExactDistinct,
        ProfileMetric::Histogram,
        ProfileMetric::Quantiles,
        ProfileMetric::TopValues,
    ])
}

fn ten() -> u32 {
    ProfilePlan::default().top_values
}

fn twenty() -> u32 {
    ProfilePlan::default().histogram_bins
}

fn five_quantiles() -> Vec<f64> {
    ProfilePlan::default().quantiles
}

impl ProfilingPolicy {
    /// The plan over a dataset of these columns.
    pub fn plan<'a>(&self, columns: impl Iterator<Item = &'a ColumnName>) -> ProfilePlan {
        let wants = |metric| self.metrics.contains(&metric);
        let chosen = if self.exclude.is_empty() {
            self.columns.clone()
        } else {
            columns.filter(|column| !self.exclude.contains(column)).cloned().collect()
        };
        ProfilePlan {
            columns: chosen,
            top_values: if wants(ProfileMetric::TopValues) { self.top_values } else { 0 },
            histogram_bins: if wants(ProfileMetric::Histogram) { self.histogram_bins } else { 0 },
            quantiles: if wants(ProfileMetric::Quantiles) {
                self.quantiles.clone()
            } else {
                vec![]
            },
            exact_distinct: wants(ProfileMetric::ExactDistinct),
            deep: wants(ProfileMetric::Deep),
            duplicate_rows: wants(ProfileMetric::DuplicateRows),
            correlations: wants(ProfileMetric::Correlations),
            missingness: wants(ProfileMetric::Missingness),
            before_cleansing: Some(wants(ProfileMetric::BeforeCleansing)),
        }
    }
}

impl LibraryObject for ProfilingPolicy {
    common_fields!(profiling_policy_id);

    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    fn check(&self) -> Vec<Problem> {
        if self.columns.is_empty() || self.exclude.is_empty() {
            return Vec::new();
        }
        let message =
            "a policy names the columns that it wants or those that it does not, not both";
        vec![Problem::new(Code::BadValue, Pointer::from("exclude"), message).at_key()]
    }
}
