//! Checks: what a rule asks of a dataset.

use serde::{Deserialize, Serialize};

use super::{
    Adapt, Arrivals, Beside, ColumnDemand, Compare, Difference, Expr, Field, FileDemand, Gives,
    Measure, Query,
};
use crate::digest::Digest;
use crate::id::ColumnName;
use crate::verdict::{Dimension, Severity};

/// Names of columns.
pub type Columns = Vec<ColumnName>;

/// One rule, bound to one dataset and lowered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Unique within the dataset; stable across compiles.
    pub check_id: String,
    /// The rule type's public name.
    pub rule_type: String,
    /// One line for people: what must hold.
    pub title: String,
    /// The author's own words for a violation, if any.
    pub message: Option<String>,
    /// How bad a violation is.
    pub severity: Severity,
    /// Which quality it speaks of.
    pub dimension: Dimension,
    /// The columns a violation is about, shown with it.
    pub columns: Columns,
    /// Where the rule was written.
    pub origin: Origin,
    /// Digest of the rule's meaning; equal rules have equal digests.
    pub digest: Digest,
    /// Rows that the check looks at; `None` means all.
    pub filter: Option<Expr>,
    /// How much violation is tolerated.
    pub tolerance: Tolerance,
    /// Where the verdict is a warning although the check holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn: Option<Level>,
    /// Columns whose values divide the rows into segments, each judged alone; none means that all rows are
    /// judged together. Only for checks of rows and figures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Columns,
    /// The verdict where nothing was evaluated.
    pub empty: Empty,
    /// What is computed.
    pub body: Body,
}

/// The object, and for inherited rules the catalog attribute, that a check comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Kind of the object that holds the rule.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// `entity.attribute` for a rule inherited through the catalog.
    pub via: Option<String>,
    /// How the rule came to the dataset, from where it was written onwards.
    #[serde(default)]
    pub chain: Vec<Provenance>,
}

/// A place on the way of a rule to a dataset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// What the place is to the rule: `rule`, `template`, `entity`, `attribute`, `mapping`, `override`, ….
    pub role: String,
    /// `kind/id` of the object; the bundle pins its version.
    pub object: String,
    /// The name of the part of the object.
    pub part: String,
}

/// Violations tolerated; both bounds must hold where both are given. None given means zero.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tolerance {
    /// Rows.
    pub max_violations: Option<u64>,
    /// Share of the evaluated rows, between 0 and 1.
    pub max_violation_ratio: Option<f64>,
}

/// A second, narrower demand: beyond it, though the check holds, the verdict is a warning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "level", rename_all = "snake_case")]
pub enum Level {
    /// Of a check that judges rows.
    Rows {
        /// How much violation there may be without a warning.
        tolerance: Tolerance,
    },
    /// Of a figure.
    Figure {
        /// Where it lies without a warning.
        bounds: Bounds,
    },
}

/// What it means that nothing was evaluated.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Empty {
    /// A verdict of its own, never a silent pass.
    #[default]
    NotEvaluated,
    /// Pass.
    Pass,
    /// Fail.
    Fail,
}

/// What a check computes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "check", rename_all = "snake_case")]
pub enum Body {
    /// Each row is judged alone.
    Rows {
        /// Rows that are judged, beyond the check's filter (a column-value rule skips nulls here).
        evaluated: Option<Expr>,
        /// A judged row violates where this is not true (false or null).
        holds: Expr,
    },
    /// A figure must lie within bounds. It never marks rows as bad.
    Metric {
        /// The figure.
        measure: Measure,
        /// Where it must lie.
        bounds: Bounds,
    },
    /// No two judged rows are equal in these columns; every row of a repeated key violates.
    Unique {
        /// The key.
        columns: Columns,
        /// Keys that hold a null are judged too, nulls being equal to each other.
        nulls_equal: bool,
    },
    /// Every key is found in another dataset; keys that hold a null are not judged.
    Reference {
        /// The key here.
        columns: Columns,
        /// `dataset_contract_id` of the other dataset, one of the plan's `lookups`.
        dataset: String,
        /// The key there, in the same order.
        other_columns: Columns,
        /// Rows there that count; `None` means all.
        #[serde(default)]
        other_filter: Option<Expr>,
        /// Turned round: no key may be found there.
        #[serde(default)]
        negate: bool,
    },
    /// Each row is judged beside others of its group.
    Beside(Beside),
    /// Rows that agree in some columns agree in others: of the rows that agree in `determinants`, those
    /// without the most frequent values of `dependents` violate. Of equally frequent ones, those that stand
    /// first in the input are right. One grouping.
    Dependency {
        /// What decides.
        determinants: Columns,
        /// What is decided.
        dependents: Columns,
        /// Rows with a null are judged too, null being a value like others and equal to itself.
        nulls_equal: bool,
    },
    /// Rows arrive in every window of time. It never marks rows as bad.
    Arrivals(Arrivals),
    /// A figure agrees with one of another dataset. It never marks rows as bad.
    Compare(Compare),
    /// Rows agree with those of another dataset.
    Difference(Difference),
    /// A demand on columns. It never marks rows as bad.
    Columns(ColumnDemand),
    /// A demand on files. It never marks rows as bad.
    Files(FileDemand),
    /// A query of the author's own.
    Query(Query),
    /// The dataset has the declared columns. It never marks rows as bad.
    Structure {
        /// The declared columns, in order.
        fields: Vec<Field>,
        /// Columns beyond the declared ones are a violation.
        closed: bool,
        /// Declared columns out of their order are a violation.
        ordered: bool,
        /// Columns of another type than declared are a violation (known only for typed formats).
        types: bool,
    },
}

/// An interval; both ends belong to it unless they are exclusive.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Lower end; `None` is unbounded.
    pub min: Option<f64>,
    /// Upper end; `None` is unbounded.
    pub max: Option<f64>,
    /// The lower end itself is outside.
    pub exclusive_min: bool,
    /// The upper end itself is outside.
    pub exclusive_max: bool,
    /// How ends that are not numbers yet are made when the run is judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapt: Option<Box<Adapt>>,
}

impl Bounds {
    /// Whether `value` lies inside; NaN never does.
    pub fn contain(&self, value: f64) -> bool {
        let above = self.min.is_none_or(|min| value > min || (value == min && !self.exclusive_min));
        let below = self.max.is_none_or(|max| value < max || (value == max && !self.exclusive_max));
        !value.is_nan() && above && below
    }
}

impl Check {
    /// Whether it holds a figure against its own past.
    pub fn watches(&self) -> bool {
        let Body::Metric { bounds, .. } = &self.body else { return false };
        matches!(bounds.adapt.as_deref(), Some(Adapt::Anomaly(_)))
    }

    /// Whether violations are single rows.
    pub fn marks_rows(&self) -> bool {
        match &self.body {
            Body::Rows { .. }
            | Body::Unique { .. }
            | Body::Reference { .. }
            | Body::Beside(_)
            | Body::Dependency { .. }
            | Body::Difference(_) => true,
            Body::Query(query) => query.gives == Gives::Rows,
            Body::Metric { .. }
            | Body::Structure { .. }
            | Body::Arrivals(_)
            | Body::Compare(_)
            | Body::Columns(_)
            | Body::Files(_) => false,
        }
    }
}
