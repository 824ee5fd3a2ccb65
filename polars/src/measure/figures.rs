//! Figures over all rows that single rows are held against, computed before anything else.

use std::collections::BTreeMap;

use assay_engine::EngineError;
use assay_schemas::datatype::DataType;
use assay_schemas::plan::{Beside, Body, Check, Expr, Literal, Metric, MetricFunction};

use super::Work;
use super::figure::{Adding, Place};
use super::say::{Cannot, say};
use super::scan::{Groups, Scan};
use crate::scope::Scope;

/// The metrics in an expression, those within others first.
fn metrics<'a>(expression: &'a Expr, found: &mut Vec<&'a Metric>) {
    match expression {
        Expr::Column { .. } | Expr::Literal { .. } | Expr::Now => {}
        Expr::Call { arguments, .. } => arguments.iter().for_each(|one| metrics(one, found)),
        Expr::Cast { value, .. }
        | Expr::In { value, .. }
        | Expr::Matches { value, .. }
        | Expr::ReplaceMatches { value, .. }
        | Expr::Extract { value, .. }
        | Expr::Pseudonym { value, .. } => metrics(value, found),
        Expr::Case { branches, otherwise } => {
            for (condition, result) in branches {
                metrics(condition, found);
                metrics(result, found);
            }
            metrics(otherwise, found);
        }
        Expr::Figure { metric } => {
            for expression in metric.expressions() {
                metrics(expression, found);
            }
            found.push(metric);
        }
    }
}

/// The metrics that a check holds single rows against, those within others first.
pub(crate) fn of(check: &Check) -> Vec<&Metric> {
    let mut found = Vec::new();
    let mut expressions: Vec<&Expr> = check.filter.iter().collect();
    match &check.body {
        Body::Rows { evaluated, holds } => {
            expressions.extend(evaluated);
            expressions.push(holds);
        }
        Body::Beside(Beside { evaluated, windows, holds, .. }) => {
            expressions.extend(evaluated);
            expressions.extend(windows.iter().map(|window| &window.value));
            expressions.push(holds);
        }
        Body::Metric { measure, .. } => {
            for metric in measure.metrics() {
                expressions.extend(metric.expressions());
            }
        }
        _ => {}
    }
    for expression in expressions {
        metrics(expression, &mut found);
    }
    found
}

/// The type that a metric has beside single rows: that of whole numbers or of doubles.
fn type_of(scope: &Scope<'_>, metric: &Metric) -> Result<DataType, Cannot> {
    use MetricFunction as F;
    if metric.counts_values() {
        return Err(Cannot::Broken("the metric cannot be held against single rows".into()));
    }
    match &metric.function {
        F::Count | F::MinLength | F::MaxLength => Ok(DataType::Integer),
        F::Sum | F::Min | F::Max => {
            let value = metric.value.as_ref().map(|value| say(scope, value)).transpose()?;
            match value.and_then(|value| value.data_type) {
                Some(DataType::Double) => Ok(DataType::Double),
                _ => Err(Cannot::Beyond(format!("{:?} beside single rows", metric.function))),
            }
        }
        F::CountDistinct | F::CountDistinctApproximate | F::TopK { .. } | F::Histogram { .. } => {
            Err(Cannot::Beyond(format!("{:?} beside single rows", metric.function)))
        }
        _ => Ok(DataType::Double),
    }
}

fn literal(value: Option<f64>, data_type: DataType) -> Literal {
    match (value, data_type) {
        (None, _) => Literal::Null,
        // Counts are far within what doubles hold exactly.
        (Some(value), DataType::Integer) => Literal::Integer(value as i64),
        (Some(value), _) => Literal::Double(value),
    }
}

/// Learns what the metrics that checks hold rows against come to. Where `run` is not set, only whether they
/// can be had is found out, and each is taken for a number. Those that cannot be had are told by their key.
///
/// # Errors
/// The machine lacks something.
pub(crate) fn learn(
    work: &mut Work<'_>,
    checks: &[Check],
    run: bool,
) -> Result<BTreeMap<String, Cannot>, EngineError> {
    let mut unknown = BTreeMap::new();
    let mut waiting: Vec<&Metric> = Vec::new();
    for metric in checks.iter().flat_map(of) {
        if !waiting.contains(&metric) {
            waiting.push(metric);
        }
    }
    while !waiting.is_empty() {
        // Those within others come first, so a round takes all that wait for none.
        let (ready, later): (Vec<&Metric>, Vec<&Metric>) =
            waiting.iter().partition(|metric| !waits(metric, &waiting));
        if ready.is_empty() {
            break;
        }
        for (metric, found) in round(work, &ready, run)? {
            match found {
                Ok(found) => drop(work.figures.insert(metric.key(), found)),
                Err(cannot) => drop(unknown.insert(metric.key(), cannot)),
            }
        }
        waiting = later;
    }
    Ok(unknown)
}

/// Whether a metric holds one of those that are not known yet.
fn waits(metric: &Metric, waiting: &[&Metric]) -> bool {
    let mut inside = Vec::new();
    for expression in metric.expressions() {
        metrics(expression, &mut inside);
    }
    inside.iter().any(|metric| waiting.contains(metric))
}

/// Where a metric stands in a scan, and the type of its values.
type Placed = Result<(Place, DataType), Cannot>;

type Round<'m> = Vec<(&'m Metric, Result<Literal, Cannot>)>;

/// Computes metrics in one scan; where it fails, each alone.
fn round<'m>(work: &Work<'_>, ready: &[&'m Metric], run: bool) -> Result<Round<'m>, EngineError> {
    let mut scan = Scan::default();
    let mut places: Vec<(&Metric, Placed)> = Vec::new();
    let scope = work.scope();
    for metric in ready {
        let added = type_of(&scope, metric).and_then(|data_type| {
            let mut adding = Adding { scan: &mut scan, scope: &scope, filter: None };
            Ok((adding.single(metric)?, data_type))
        });
        places.push((metric, added));
    }
    if !run {
        let found = places.into_iter().map(|(metric, place)| {
            (metric, place.map(|(_, data_type)| literal(Some(1.0), data_type)))
        });
        return Ok(found.collect());
    }
    let scanned = match scan.run(&work.rows.frame, Groups::One) {
        Ok(scanned) => scanned,
        Err(error) => {
            return match (Cannot::from(error), ready) {
                (Cannot::Run(error), _) => Err(error),
                (cannot, [only]) => Ok(vec![(*only, Err(cannot))]),
                _ => {
                    let mut found = Vec::new();
                    for metric in ready {
                        found.extend(round(work, &[*metric], run)?);
                    }
                    Ok(found)
                }
            };
        }
    };
    let found = places.into_iter().map(|(metric, place)| {
        let value = place.and_then(|(place, data_type)| {
            let value = scanned.value(&place, 0).map_err(Cannot::Broken)?;
            Ok(literal(value, data_type))
        });
        (metric, value)
    });
    Ok(found.collect())
}
