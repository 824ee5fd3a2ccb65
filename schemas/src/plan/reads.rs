//! What a check depends on.

use super::{Body, Check, ColumnDemand, Expr, FileDemand, Measure, Piece};
use crate::id::ColumnName;

impl Check {
    /// Calls `visit` with every column of the dataset that the check reads, some of them several times.
    /// The columns that `structure` declares are not read.
    pub fn reads(&self, visit: &mut impl FnMut(&ColumnName)) {
        match &self.body {
            Body::Unique { columns, .. } | Body::Reference { columns, .. } => {
                columns.iter().for_each(&mut *visit);
            }
            Body::Beside(beside) => {
                beside.group.iter().for_each(&mut *visit);
                beside.order.iter().for_each(|key| visit(&key.column));
                for window in &beside.windows {
                    window.value.columns(visit);
                }
                beside.holds.columns(&mut |name| {
                    if !beside.windows.iter().any(|window| window.name == *name) {
                        visit(name);
                    }
                });
            }
            Body::Dependency { determinants, dependents, .. } => {
                determinants.iter().chain(dependents).for_each(&mut *visit);
            }
            Body::Arrivals(arrivals) => visit(&arrivals.column),
            Body::Difference(difference) => {
                difference.key.iter().for_each(&mut *visit);
                difference.columns.iter().for_each(|compared| visit(&compared.column));
            }
            // What a query reads is known to the engine alone: everything may be.
            Body::Rows { .. }
            | Body::Metric { .. }
            | Body::Compare(_)
            | Body::Structure { .. }
            | Body::Columns(_)
            | Body::Files(_)
            | Body::Query(_) => {}
        }
        self.segments.iter().for_each(&mut *visit);
        for expression in self.expressions() {
            expression.columns(visit);
        }
    }

    /// The other datasets that the check reads, by their `dataset_contract_id`.
    pub fn datasets(&self) -> Vec<&str> {
        match &self.body {
            Body::Reference { dataset, .. } => vec![dataset],
            Body::Compare(compare) => vec![&compare.dataset],
            Body::Difference(difference) => vec![&difference.dataset],
            Body::Query(query) => {
                let mut found: Vec<&str> = Vec::new();
                for piece in &query.pieces {
                    if let Piece::Dataset { dataset } = piece
                        && !found.contains(&dataset.as_str())
                    {
                        found.push(dataset);
                    }
                }
                found
            }
            _ => Vec::new(),
        }
    }

    /// Whether the check compares with what earlier runs found.
    pub fn needs_earlier(&self) -> bool {
        matches!(
            self.body,
            Body::Columns(ColumnDemand::Unchanged { .. }) | Body::Files(FileDemand::Unique)
        )
    }

    /// Whether the check looks at the files as they came, so that rows alone cannot tell it.
    pub fn reads_files(&self) -> bool {
        matches!(self.body, Body::Structure { .. } | Body::Columns(_) | Body::Files(_))
    }

    /// Whether the check compares with the time of the run.
    pub fn needs_now(&self) -> bool {
        let age = matches!(&self.body, Body::Metric { measure: Measure::Age { .. }, .. });
        let waits = matches!(&self.body, Body::Arrivals(arrivals) if arrivals.until_now);
        age || waits || self.expressions().iter().any(|expression| expression.needs_now())
    }

    fn expressions(&self) -> Vec<&Expr> {
        let mut found: Vec<&Expr> = self.filter.iter().collect();
        match &self.body {
            Body::Rows { evaluated, holds } => {
                found.extend(evaluated);
                found.push(holds);
            }
            Body::Metric { measure, bounds } => {
                let adapted = bounds.adapt.iter().flat_map(|adapt| adapt.measures());
                for metric in adapted.chain([measure]).flat_map(Measure::metrics) {
                    found.extend(metric.expressions());
                }
            }
            Body::Compare(compare) => {
                found.extend(compare.metric.expressions());
            }
            Body::Beside(beside) => found.extend(&beside.evaluated),
            Body::Unique { .. }
            | Body::Reference { .. }
            | Body::Dependency { .. }
            | Body::Difference(_)
            | Body::Arrivals(_)
            | Body::Structure { .. }
            | Body::Columns(_)
            | Body::Files(_)
            | Body::Query(_) => {}
        }
        found
    }
}

impl Expr {
    /// Whether the time of the run is part of the expression.
    pub fn needs_now(&self) -> bool {
        self.any(&|part| matches!(part, Self::Now))
    }

    /// Whether its value for a row depends on that row alone: not on the time of the run, not on other rows
    /// and not on a key that may change.
    pub fn is_of_the_row(&self) -> bool {
        let beyond =
            |part: &Self| matches!(part, Self::Now | Self::Figure { .. } | Self::Pseudonym { .. });
        !self.any(&beyond)
    }

    /// Whether the expression or a part of it is such a one.
    fn any(&self, test: &impl Fn(&Self) -> bool) -> bool {
        test(self)
            || match self {
                Self::Column { .. } | Self::Literal { .. } | Self::Now => false,
                Self::Call { arguments, .. } => arguments.iter().any(|one| one.any(test)),
                Self::Cast { value, .. }
                | Self::In { value, .. }
                | Self::Matches { value, .. }
                | Self::ReplaceMatches { value, .. }
                | Self::Extract { value, .. }
                | Self::Pseudonym { value, .. } => value.any(test),
                Self::Case { branches, otherwise } => {
                    let branch = |(condition, result): &(Self, Self)| {
                        condition.any(test) || result.any(test)
                    };
                    branches.iter().any(branch) || otherwise.any(test)
                }
                Self::Figure { metric } => metric.expressions().iter().any(|one| one.any(test)),
            }
    }
}
