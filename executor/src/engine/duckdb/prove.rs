//! What the metadata of Parquet files proves, so that nothing is scanned for it.
//!
//! Footers prove how many rows there are, which columns hold no null, and the exact bounds of whole numbers,
//! decimals and days; never of floating-point numbers, whose bounds say nothing of NaN, and never of text,
//! whose bounds may be cut. Where every page of a column is dictionary-encoded, the dictionaries are all the
//! values that there are, and a condition that holds for each of them holds for every row.
//!
//! A proof does not answer a check: it rewrites its conditions, so that what is left of them reads fewer
//! columns or none, and everything behind stays as it is. What is not proven is scanned for.

mod apart;
mod dictionary;
mod footer;
mod page;

use std::collections::{BTreeMap, BTreeSet};

use assay_schemas::domain::{Domain, Known, Point, Ranges, Term, truth};
use assay_schemas::id::ColumnName;
use assay_schemas::plan::{
    Body, Check, DatasetPlan, Expr, Function, Literal, Measure, Metric, MetricFunction,
};

use super::connection::Session;
use super::source::Source;
use super::sql::Scope;
use crate::engine::{EngineError, Proof};
pub(super) use apart::Apart;
pub(super) use footer::Bounds;

/// What is known of the columns of a dataset without reading a row.
#[derive(Default)]
pub(super) struct Facts {
    rows: u64,
    columns: BTreeMap<String, Column>,
}

/// What is known of one column.
#[derive(Clone, Debug, Default)]
pub(super) struct Column {
    /// Rows that are null.
    nulls: Option<u64>,
    /// The exact bounds of its values.
    bounds: Option<Bounds>,
}

/// A dataset with its conditions rewritten, and why.
pub(super) struct Proven {
    pub(super) dataset: DatasetPlan,
    pub(super) proofs: Vec<Proof>,
    /// Conditions that are columns now.
    pub(super) apart: Apart,
}

/// Rewrites the checks of a dataset that is measured where it lies, as far as its files' metadata proves
/// them.
pub(super) fn prove(
    session: &Session,
    scope: &Scope<'_>,
    dataset: &DatasetPlan,
    source: &Source,
) -> Result<Proven, EngineError> {
    let mut wanted = BTreeSet::new();
    for check in &dataset.checks {
        check.reads(&mut |name| {
            wanted.insert(name.clone());
        });
    }
    let (facts, chunks) = footer::facts(session, scope, source, &wanted)?;
    let mut dictionaries = dictionary::Dictionaries::new(session, source, &chunks);
    let mut proven =
        Proven { dataset: dataset.clone(), proofs: Vec::new(), apart: Apart::default() };
    // A query of the author's own sees every column that there is.
    let asks = dataset.checks.iter().any(|check| matches!(check.body, Body::Query(_)));
    let may_part = Apart::allows(source) && !asks;
    for check in &mut proven.dataset.checks {
        let before = columns_of(check);
        let mut why = facts.rewrite(check);
        let mut apart = Vec::new();
        if let Some(found) = dictionaries.ask(scope, &facts, check)? {
            let files = may_part.then_some((&mut proven.apart, source));
            if let Some(said) = found.rewrite(check, files) {
                why.push(said);
                apart.push(found.column);
            }
        }
        if why.is_empty() {
            continue;
        }
        let mut after = columns_of(check);
        if after.iter().any(|name| name.starts_with("_assay_known_")) {
            after.retain(|name| !name.starts_with("_assay_known_"));
            after.extend(apart);
        }
        proven.proofs.push(Proof {
            check_id: check.check_id.clone(),
            why: why.join("; "),
            scanned: after.iter().cloned().collect(),
            spared: before.difference(&after).cloned().collect(),
        });
    }
    Ok(proven)
}

fn columns_of(check: &Check) -> BTreeSet<String> {
    let mut columns = BTreeSet::new();
    check.reads(&mut |name| {
        columns.insert(name.to_string());
    });
    columns
}

impl Facts {
    /// Whether a column certainly holds no null.
    pub(super) fn no_null(&self, name: &ColumnName) -> bool {
        self.columns.get(name.as_str()).is_some_and(|column| column.nulls == Some(0))
    }

    /// Rewrites the conditions of a check; gives what was found, in words.
    fn rewrite(&self, check: &mut Check) -> Vec<String> {
        let mut why = Vec::new();
        if let Some(filter) = check.filter.take() {
            check.filter = self.condition(filter, &[], &mut why);
        }
        match &mut check.body {
            Body::Rows { evaluated, holds } => {
                let present = evaluated.as_ref().map(not_null_columns).unwrap_or_default();
                if let Some(judged) = evaluated.take() {
                    *evaluated = self.condition(judged, &[], &mut why);
                }
                let rewritten = self.simplify(holds, &present, &mut why);
                *holds = rewritten;
            }
            Body::Metric {
                measure: Measure::Metric { metric } | Measure::Age { metric }, ..
            } => {
                // A segment has extremes of its own.
                let part = check.filter.is_some() || !check.segments.is_empty();
                self.metric(metric, part, &mut why);
            }
            _ => {}
        }
        why.dedup();
        why
    }

    /// A condition on rows; `None` where it is true for all.
    fn condition(
        &self,
        condition: Expr,
        present: &[ColumnName],
        why: &mut Vec<String>,
    ) -> Option<Expr> {
        let simple = self.simplify(&condition, present, why);
        (!is_constant(&simple, true)).then_some(simple)
    }

    /// A metric without what the footers tell of it. What is left of it gives the same number.
    /// `part` says that it is asked of some of the rows only.
    fn metric(&self, metric: &mut Metric, part: bool, why: &mut Vec<String>) {
        if let Some(filter) = metric.filter.take() {
            metric.filter = self.condition(filter, &[], why);
        }
        let Some(Expr::Column { name }) = metric.value.clone() else { return };
        let part = part || metric.filter.is_some();
        match metric.function {
            MetricFunction::Count if self.no_null(&name) => {
                metric.value = None;
                why.push(format!("footers: `{name}` holds no null"));
            }
            MetricFunction::Min | MetricFunction::Max if !part && self.rows > 0 => {
                let Some(bounds) = self.columns.get(name.as_str()).and_then(|c| c.bounds.as_ref())
                else {
                    return;
                };
                let least = metric.function == MetricFunction::Min;
                let end = if least { &bounds.min } else { &bounds.max };
                metric.value = Some(Expr::literal(end.clone()));
                why.push(format!("footers: {}", bounds.said(&name)));
            }
            _ => {}
        }
    }

    /// A condition with what is certain of it written as a constant. `present` are columns that hold a value
    /// in every row that it is asked of.
    fn simplify(&self, condition: &Expr, present: &[ColumnName], why: &mut Vec<String>) -> Expr {
        if let Expr::Literal { .. } = condition {
            return condition.clone();
        }
        if let Some(known) = self.decide(condition, present, why) {
            return Expr::literal(Literal::Boolean(known));
        }
        let Expr::Call { function, arguments } = condition else { return condition.clone() };
        let unit = match function {
            Function::And => true,
            Function::Or => false,
            _ => return condition.clone(),
        };
        let parts: Vec<Expr> = arguments
            .iter()
            .map(|part| self.simplify(part, present, why))
            .filter(|part| !is_constant(part, unit))
            .collect();
        if parts.iter().any(|part| is_constant(part, !unit)) {
            return Expr::literal(Literal::Boolean(!unit));
        }
        match parts.is_empty() {
            true => Expr::literal(Literal::Boolean(unit)),
            false => Expr::call(*function, parts),
        }
    }

    /// Whether a condition of one term is true for every row, or false for every row.
    fn decide(
        &self,
        condition: &Expr,
        present: &[ColumnName],
        why: &mut Vec<String>,
    ) -> Option<bool> {
        let Known::Depends(truth) = truth(condition)? else { return None };
        let (domain, said) = self.domain(&truth.term, present)?;
        let inside = |answer: &Domain| domain.comparable(answer) && domain.within(answer);
        let known = match (inside(&truth.yes), inside(&truth.no)) {
            (true, _) => true,
            (_, true) => false,
            _ => return None,
        };
        why.push(format!("footers: {said}"));
        Some(known)
    }

    /// The values that a term can have at most, and how that is known.
    fn domain(&self, term: &Term, present: &[ColumnName]) -> Option<(Domain, String)> {
        match term {
            Term::Value(Expr::Column { name }) => {
                let column = self.columns.get(name.as_str())?;
                let null = column.nulls != Some(0) && !present.contains(name);
                let bounded =
                    column.bounds.as_ref().and_then(|bounds| Some((bounds.ranges()?, bounds)));
                Some(match bounded {
                    Some((ranges, bounds)) => {
                        (Domain { null, nan: false, values: ranges }, bounds.said(name))
                    }
                    None if null => return None,
                    None => (Domain::not_null(), format!("`{name}` holds no null")),
                })
            }
            Term::Order(Expr::Column { name: left }, Expr::Column { name: right }) => {
                let of = |name: &ColumnName| {
                    let column = self.columns.get(name.as_str())?;
                    let null = column.nulls != Some(0) && !present.contains(name);
                    Some((column.bounds.as_ref()?, null))
                };
                let ((a, a_null), (b, b_null)) = (of(left)?, of(right)?);
                let orders = a.orders(b)?;
                let values = Ranges::points(orders.into_iter().map(Point::whole));
                let domain = Domain { null: a_null || b_null, nan: false, values };
                Some((domain, format!("{}, {}", a.said(left), b.said(right))))
            }
            _ => None,
        }
    }
}

fn is_constant(expr: &Expr, value: bool) -> bool {
    matches!(expr, Expr::Literal { value: Literal::Boolean(found) } if *found == value)
}

/// The columns of which a condition says that they hold a value.
fn not_null_columns(condition: &Expr) -> Vec<ColumnName> {
    match condition {
        Expr::Call { function: Function::IsNotNull, arguments } => match arguments.as_slice() {
            [Expr::Column { name }] => vec![name.clone()],
            _ => Vec::new(),
        },
        Expr::Call { function: Function::And, arguments } => {
            arguments.iter().flat_map(not_null_columns).collect()
        }
        _ => Vec::new(),
    }
}
