//! KPI contracts: what a figure of the business is, from which data, and what it should be.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::action_type::is_word;
use super::authored::{Alias, Authored};
use super::reference::{Collector, DataContractRef};
use super::{LibraryObject, Reference, common_fields, kind};
use crate::code::Code;
use crate::datatype::DataType;
use crate::expression::{self, Scope};
use crate::id::{AttributeId, ColumnName};
use crate::problem::{Pointer, Problem};

kind! {
    /// A KPI: a formula over metrics of datasets, its unit, grain and dimensions, and its targets.
    KpiContract {
        id: kpi_id KpiId,
        /// The figure, over the names of `metrics`, such as `revenue / trips`.
        formula: String,
        /// Figures of datasets that the formula is made of.
        #[schemars(length(min = 1))]
        metrics: Vec<KpiMetric>,
        /// The unit of the figure, such as `USD` or `days`.
        #[serde(default)]
        unit: Option<String>,
        /// Digits after the point that people see.
        #[serde(default)]
        #[schemars(range(max = 15))]
        decimals: Option<u32>,
        /// The length of time that one figure speaks of.
        #[serde(default)]
        grain: Grain,
        /// What the figure may be broken down or filtered by.
        #[serde(default)]
        dimensions: Vec<KpiDimension>,
        /// Governed data products that it is made from, such as `GDP_Sales`.
        #[serde(default)]
        gdp: BTreeSet<String>,
        /// Views of changing dimensions that may be asked for; empty means any.
        #[serde(default)]
        scd_views: BTreeSet<String>,
        /// Who answers for it: both approve a change.
        #[serde(default)]
        owners: KpiOwners,
        /// Whether more is better or less.
        #[serde(default)]
        direction: Direction,
        /// What the figure should reach.
        #[serde(default)]
        target: Option<f64>,
        /// Bounds, and how bad it is to be outside.
        #[serde(default)]
        thresholds: Vec<KpiThreshold>,
    }
}

/// A figure of a dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KpiMetric {
    /// Its name in the formula.
    #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$"))]
    pub metric: String,
    /// What it is.
    #[serde(default)]
    pub description: Option<String>,
    /// The dataset, by its contract.
    pub dataset: DataContractRef,
    /// What is computed.
    pub function: KpiFunction,
    /// Of which column; `count` may do without and then counts rows.
    #[serde(default)]
    pub column: Option<ColumnName>,
    /// Only over rows where this holds.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
}

/// What a metric of a KPI computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KpiFunction {
    /// Rows, or rows whose value is not null.
    Count,
    /// Number of different values.
    CountDistinct,
    /// Sum.
    Sum,
    /// Smallest value.
    Min,
    /// Greatest value.
    Max,
    /// Arithmetic mean.
    Mean,
}

impl KpiFunction {
    /// The type of the figure in a formula.
    fn data_type(self) -> DataType {
        match self {
            Self::Count | Self::CountDistinct => DataType::Integer,
            Self::Sum | Self::Min | Self::Max | Self::Mean => DataType::Double,
        }
    }

    /// Whether it takes numbers only.
    pub fn needs_numbers(self) -> bool {
        matches!(self, Self::Sum | Self::Min | Self::Max | Self::Mean)
    }
}

/// The length of time that one figure speaks of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    /// An hour.
    Hour,
    /// A day.
    #[default]
    Day,
    /// A week, from Monday.
    Week,
    /// A month.
    Month,
    /// A quarter.
    Quarter,
    /// A year.
    Year,
    /// All rows there are.
    All,
}

/// What a figure may be broken down or filtered by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KpiDimension {
    /// Its name, as jobs and reports use it.
    #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$"))]
    pub dimension: String,
    /// What it is.
    #[serde(default)]
    pub description: Option<String>,
    /// The column that holds it in every dataset of the metrics; without one, the column of that name.
    #[serde(default)]
    pub column: Option<ColumnName>,
    /// The catalog attribute that it is.
    #[serde(default)]
    pub catalog_attribute_id: Option<AttributeId>,
}

/// Who answers for a KPI.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct KpiOwners {
    /// For what it means.
    pub business: BTreeSet<String>,
    /// For how it is computed.
    pub technical: BTreeSet<String>,
}

/// Whether more is better or less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Neither.
    #[default]
    Neutral,
    /// More is better.
    HigherIsBetter,
    /// Less is better.
    LowerIsBetter,
}

/// Bounds, and how bad it is to be outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KpiThreshold {
    /// How bad it is to be outside.
    pub severity: AlertSeverity,
    /// The least value inside.
    #[serde(default)]
    pub min: Option<f64>,
    /// The greatest value inside.
    #[serde(default)]
    pub max: Option<f64>,
    /// What it means for the business.
    #[serde(default)]
    pub description: Option<String>,
}

/// How urgent something is to the people who are told.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AlertSeverity {
    /// When there is time.
    Low,
    /// Today.
    Medium,
    /// Now.
    High,
}

impl KpiContract {
    fn check_metrics(&self) -> Vec<Problem> {
        let mut problems =
            super::unique_ids("metrics", "metric", self.metrics.iter().map(|m| m.metric.as_str()));
        for (index, metric) in self.metrics.iter().enumerate() {
            let place = Pointer::from("metrics").index(index);
            if metric.column.is_none() && metric.function != KpiFunction::Count {
                let message = format!("metric `{}` needs a `column`", metric.metric);
                problems.push(Problem::new(Code::MissingField, place.clone(), message));
            }
            if let Some(text) = &metric.filter
                && let Err(error) = expression::names(text)
            {
                problems.push(error.problem(text, place.key("where")));
            }
        }
        problems
    }

    fn check_formula(&self) -> Option<Problem> {
        if let Some(bad) = self.metrics.iter().find(|metric| !is_word(&metric.metric)) {
            let _ = bad;
            return None;
        }
        let metrics = self.metrics.iter().filter_map(|metric| {
            Some((ColumnName::new(&metric.metric).ok()?, metric.function.data_type()))
        });
        let scope = metrics.collect::<Scope>().called("metric");
        let place = Pointer::from("formula");
        match expression::value(&self.formula, &scope) {
            Err(error) => Some(error.problem(&self.formula, place)),
            Ok((_, data_type)) if data_type.family() != crate::datatype::Family::Number => {
                let message = format!("a KPI is a number, but this is of type `{data_type}`");
                Some(Problem::new(Code::BadExpression, place, message))
            }
            Ok(_) => None,
        }
    }

    fn check_thresholds(&self) -> Vec<Problem> {
        let thresholds = self.thresholds.iter().enumerate();
        thresholds
            .filter_map(|(index, threshold)| {
                let place = Pointer::from("thresholds").index(index);
                match (threshold.min, threshold.max) {
                    (None, None) => Some(
                        Problem::new(Code::MissingField, place, "a threshold needs `min` or `max`")
                            .hint("write `min: 8`, `max: 20`, or both"),
                    ),
                    (Some(min), Some(max)) if min > max => Some(Problem::new(
                        Code::BadValue,
                        place.key("min"),
                        format!("nothing is at least {min} and at most {max}"),
                    )),
                    _ => None,
                }
            })
            .collect()
    }
}

impl LibraryObject for KpiContract {
    common_fields!(kpi_id);
    const AUTHORED: Authored = Authored {
        aliases: &[Alias { within: &[], alias: "expression", field: "formula" }],
        ..Authored::PLAIN
    };

    fn references(&self) -> Vec<Reference> {
        let mut found = Collector::new();
        for (index, metric) in self.metrics.iter().enumerate() {
            let place = Pointer::from("metrics").index(index).key("dataset");
            found.add(place, Some(&metric.dataset));
        }
        found.finish()
    }

    fn check(&self) -> Vec<Problem> {
        let mut problems = self.check_metrics();
        problems.extend(self.check_formula());
        let dimensions = self.dimensions.iter().map(|dimension| dimension.dimension.as_str());
        problems.extend(super::unique_ids("dimensions", "dimension", dimensions));
        problems.extend(self.check_thresholds());
        problems
    }
}
