//! What a check depends on.

use super::{Body, Check, Expr, Measure};
use crate::id::ColumnName;

impl Check {
    /// Calls `visit` with every column of the dataset that the check reads, some of them several times.
    /// The columns that `structure` declares are not read.
    pub fn reads(&self, visit: &mut impl FnMut(&ColumnName)) {
        match &self.body {
            Body::Unique { columns, .. } | Body::Reference { columns, .. } => {
                columns.iter().for_each(&mut *visit);
            }
            Body::Rows { .. } | Body::Metric { .. } | Body::Structure { .. } => {}
        }
        self.segments.iter().for_each(&mut *visit);
        for expression in self.expressions() {
            expression.columns(visit);
        }
    }

    /// Whether the check compares with the time of the run.
    pub fn needs_now(&self) -> bool {
        let age = matches!(&self.body, Body::Metric { measure: Measure::Age { .. }, .. });
        age || self.expressions().iter().any(|expression| expression.needs_now())
    }

    fn expressions(&self) -> Vec<&Expr> {
        let mut found: Vec<&Expr> = self.filter.iter().collect();
        match &self.body {
            Body::Rows { evaluated, holds } => {
                found.extend(evaluated);
                found.push(holds);
            }
            Body::Metric { measure, .. } => {
                for metric in measure.metrics() {
                    found.extend(metric.expressions());
                }
            }
            Body::Unique { .. } | Body::Reference { .. } | Body::Structure { .. } => {}
        }
        found
    }
}

impl Expr {
    /// Whether the time of the run is part of the expression.
    pub fn needs_now(&self) -> bool {
        match self {
            Self::Now => true,
            Self::Column { .. } | Self::Literal { .. } => false,
            Self::Call { arguments, .. } => arguments.iter().any(Self::needs_now),
            Self::Cast { value, .. } | Self::In { value, .. } | Self::Matches { value, .. } => {
                value.needs_now()
            }
            Self::Case { branches, otherwise } => {
                let branch = |(condition, result): &(Self, Self)| {
                    condition.needs_now() || result.needs_now()
                };
                branches.iter().any(branch) || otherwise.needs_now()
            }
            Self::Figure { metric } => metric.expressions().iter().any(|one| one.needs_now()),
        }
    }
}
