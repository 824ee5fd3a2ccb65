//! The measuring of a dataset: one scan for all checks of rows and figures, one grouping for each key set.

mod alike;
mod apart;
mod beside;
mod beyond;
mod checks;
mod counted;
mod difference;
mod explain;
mod figure;
mod figures;
mod gather;
mod keys;
mod moments;
pub(crate) mod say;
mod scan;
mod segments;

use std::collections::BTreeMap;
use std::time::Instant;

use assay_engine::{EngineError, Measured, Request, Statement};
use assay_input::secret::Secret;
use assay_schemas::plan::{Body, Check, DatasetPlan, Literal};
use assay_schemas::verdict::Measurement;
use polars::prelude::{DataType as Kept, Expr, len};

pub use self::beyond::beyond;
use self::checks::{Broken, Places};
pub use self::explain::explain;
pub(crate) use self::keys::{BadKeys, by_key, part};
use self::keys::{Known, NUMBER};
use self::say::{Cannot, violates};
use self::scan::Scanned;
use crate::rows::{Rows, collect};
use crate::scope::Scope;

/// What a dataset is measured on.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The cleansed rows.
    pub rows: &'a Rows,
    /// The other datasets that checks look into, by name, or why they cannot be read. The dataset itself
    /// need not be among them.
    pub lookups: &'a BTreeMap<String, Result<Rows, String>>,
    /// The start of the run, in microseconds since 1970-01-01 UTC.
    pub now: i64,
    /// Keys of pseudonyms, by the reference that names them.
    pub keys: &'a BTreeMap<String, Secret>,
}

/// What measuring found out beside the measurements: for the violating rows, and for the quarantine.
#[derive(Clone, Default)]
pub struct Bad {
    /// By check id.
    pub(crate) keys: BTreeMap<String, BadKeys>,
    /// What the metrics that single rows are held against came to.
    pub(crate) figures: BTreeMap<String, Literal>,
}

/// A dataset under way.
pub(crate) struct Work<'a> {
    pub(crate) rows: &'a Rows,
    pub(crate) now: i64,
    pub(crate) figures: BTreeMap<String, Literal>,
    lookups: &'a BTreeMap<String, Result<Rows, String>>,
    keys: &'a BTreeMap<String, Secret>,
    id: &'a str,
}

impl<'a> Work<'a> {
    /// Work on the rows of a dataset.
    pub(crate) fn new(
        ground: Ground<'a>,
        dataset: &'a DatasetPlan,
        figures: BTreeMap<String, Literal>,
    ) -> Self {
        Self {
            rows: ground.rows,
            now: ground.now,
            figures,
            lookups: ground.lookups,
            keys: ground.keys,
            id: &dataset.dataset_contract_id,
        }
    }

    /// What expressions over the rows are read against.
    pub(crate) fn scope(&self) -> Scope<'_> {
        Scope {
            columns: &self.rows.columns,
            now: self.now,
            keys: self.keys,
            figures: &self.figures,
        }
    }

    /// The rows of another dataset. A dataset may refer to itself, as a manager is an employee.
    pub(crate) fn other(&self, id: &str) -> Result<&Rows, Cannot> {
        match self.lookups.get(id) {
            _ if id == self.id => Ok(self.rows),
            Some(Ok(rows)) => Ok(rows),
            Some(Err(reason)) => Err(Cannot::Broken(reason.clone())),
            None => {
                let reason = format!("the dataset `{id}` that is referred to was not staged");
                Err(Cannot::Broken(reason))
            }
        }
    }
}

/// Computes all checks but those that look at files, and leaves the profile to others.
///
/// # Errors
/// The rows cannot be read, or the machine lacks something. A check that cannot be computed is
/// [`Measurement::Broken`], not an error.
pub fn measure(
    ground: Ground<'_>,
    dataset: &DatasetPlan,
    request: &Request,
) -> Result<(Measured, Bad), EngineError> {
    // What metadata proves is measured like everything else here.
    let _ = request;
    let mut work = Work::new(ground, dataset, BTreeMap::new());
    let mut measured = Measured::default();
    let mut broken = learn(&mut work, dataset, &mut measured)?;
    let wanted: Vec<&Check> = dataset.checks.iter().filter(|check| is_scanned(check)).collect();
    let begun = Instant::now();
    let (built, scanned) = checks::scan(&work, &wanted, &mut broken)?;
    note(&mut measured, "all checks and figures", begun);
    let count = |place: usize| scanned.count(place, 0);
    measured.rows = scanned.count(built.rows, 0);
    measured.hard_evaluated = built.hard_evaluated.map_or(0, count);
    measured.hard_violating = built.hard_violating.map_or(0, count);
    for (check, places) in &built.answered {
        if let Some(measurement) = taken(check, places, &scanned) {
            measured.checks.insert(check.check_id.clone(), measurement);
        }
    }
    for (id, reason) in &broken {
        measured.checks.insert(id.clone(), Measurement::Broken { reason: reason.clone() });
    }
    let begun = Instant::now();
    let divided: Vec<Check> = dataset
        .checks
        .iter()
        .filter(|check| !broken.contains_key(&check.check_id))
        .cloned()
        .collect();
    measured.checks.extend(segments::measure(&work, &divided)?);
    note(&mut measured, "segments", begun);
    let bad = measure_keys(&work, dataset, &mut measured)?;
    measure_apart(&work, dataset, &mut measured)?;
    let begun = Instant::now();
    hard_union(&work, dataset, &bad, &mut measured)?;
    note(&mut measured, "rows that break a hard rule", begun);
    Ok((measured, Bad { keys: bad, figures: work.figures }))
}

/// Whether a check is part of the common scan. Rows of segments are judged there too, for the union over
/// hard checks; figures are not.
fn is_scanned(check: &Check) -> bool {
    match check.body {
        _ if check.reads_files() => false,
        Body::Metric { .. } => check.segments.is_empty(),
        _ => true,
    }
}

/// Learns the figures that single rows are held against; gives the checks that cannot have theirs.
fn learn(
    work: &mut Work<'_>,
    dataset: &DatasetPlan,
    measured: &mut Measured,
) -> Result<Broken, EngineError> {
    let begun = Instant::now();
    let unknown = figures::learn(work, &dataset.checks, true)?;
    if !work.figures.is_empty() {
        note(measured, "figures that rows are held against", begun);
    }
    let mut broken = Broken::new();
    for check in &dataset.checks {
        let lacking = figures::of(check).into_iter().find_map(|one| unknown.get(&one.key()));
        if let Some(Cannot::Broken(reason) | Cannot::Beyond(reason)) = lacking {
            broken.insert(check.check_id.clone(), reason.clone());
        }
    }
    Ok(broken)
}

fn note(measured: &mut Measured, purpose: &str, begun: Instant) {
    measured.statements.push(Statement {
        purpose: purpose.to_owned(),
        text: String::new(),
        elapsed: begun.elapsed(),
    });
}

/// The measurement of a check out of the scan.
fn taken(check: &Check, places: &Places, scanned: &Scanned) -> Option<Measurement> {
    let count = |place: usize| scanned.count(place, 0);
    let broken = |reason: String| Measurement::Broken { reason };
    Some(match (places, &check.body) {
        (Places::Rows { evaluated, violations }, _) => {
            Measurement::Rows { evaluated: count(*evaluated), violations: count(*violations) }
        }
        (Places::Keys { evaluated }, _) => {
            Measurement::Rows { evaluated: count(*evaluated), violations: 0 }
        }
        (Places::Figure(places), Body::Metric { measure, bounds }) => {
            figure::read(measure, bounds, places, (scanned, 0)).unwrap_or_else(broken)
        }
        // To be held against the figure of the other dataset.
        (Places::Figure(places), Body::Compare(_)) => {
            match places.first().map(|place| scanned.value(place, 0)) {
                Some(Err(reason)) => broken(reason),
                found => {
                    let value = found.and_then(|found| found.ok().flatten());
                    Measurement::figure(value, None, false)
                }
            }
        }
        _ => return None,
    })
}

/// A measurement, or why it is broken.
fn settled(measurement: Result<Measurement, Cannot>) -> Result<Measurement, EngineError> {
    match measurement {
        Ok(measurement) => Ok(measurement),
        Err(cannot) => cannot.reason().map(|reason| Measurement::Broken { reason }),
    }
}

/// Finds the bad keys of each check of keys that the scan could judge.
fn measure_keys(
    work: &Work<'_>,
    dataset: &DatasetPlan,
    measured: &mut Measured,
) -> Result<BTreeMap<String, BadKeys>, EngineError> {
    let mut known = Known::default();
    let mut bad = BTreeMap::new();
    for check in &dataset.checks {
        let Some(Measurement::Rows { evaluated, .. }) = measured.checks.get(&check.check_id) else {
            continue;
        };
        let evaluated = *evaluated;
        let begun = Instant::now();
        let found = match keys::fill(work, check) {
            Ok(None) => continue,
            Ok(Some(filling)) => known.run(check, filling),
            Err(cannot) => Err(cannot),
        };
        note(measured, &format!("keys of {}", check.check_id), begun);
        let measurement = found.and_then(|keys| {
            let measurement = match &check.body {
                Body::Difference(difference) => {
                    difference::measure(work, check, difference, (&keys, evaluated))?
                }
                _ => Measurement::Rows { evaluated, violations: keys.violations },
            };
            bad.insert(check.check_id.clone(), keys);
            Ok(measurement)
        });
        measured.checks.insert(check.check_id.clone(), settled(measurement)?);
    }
    Ok(bad)
}

/// Measures the checks that come to a figure by a pass of their own.
fn measure_apart(
    work: &Work<'_>,
    dataset: &DatasetPlan,
    measured: &mut Measured,
) -> Result<(), EngineError> {
    for check in &dataset.checks {
        let here = match measured.checks.get(&check.check_id) {
            Some(Measurement::Broken { .. }) => continue,
            Some(Measurement::Figure { value, .. }) => *value,
            _ => None,
        };
        let begun = Instant::now();
        let measurement = match &check.body {
            Body::Arrivals(arrivals) => apart::arrivals(work, check, arrivals),
            Body::Compare(compare) => apart::compare(work, compare, here),
            _ => continue,
        };
        note(measured, &format!("pass of {}", check.check_id), begun);
        measured.checks.insert(check.check_id.clone(), settled(measurement)?);
    }
    Ok(())
}

/// Counts the rows that violate a hard check again where rows with bad keys are among them.
fn hard_union(
    work: &Work<'_>,
    dataset: &DatasetPlan,
    bad: &BTreeMap<String, BadKeys>,
    measured: &mut Measured,
) -> Result<(), EngineError> {
    let hard = |check: &&Check| {
        let found = measured.checks.get(&check.check_id);
        check.severity.is_hard() && !matches!(found, None | Some(Measurement::Broken { .. }))
    };
    let checks: Vec<&Check> = dataset.checks.iter().filter(hard).collect();
    let mut found: Vec<&BadKeys> = Vec::new();
    for keys in checks.iter().filter_map(|check| bad.get(&check.check_id)) {
        let known = |known: &&BadKeys| std::sync::Arc::ptr_eq(&known.keys, &keys.keys);
        if keys.violations > 0 && !found.iter().any(known) {
            found.push(keys);
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    let mut any: Vec<Expr> = Vec::new();
    for check in checks {
        if let Body::Rows { holds, .. } = &check.body {
            let violates = violates(&work.scope(), check, holds);
            any.push(violates.map_err(|cannot| internal(&cannot))?);
        }
    }
    let mut frame = work.rows.frame.clone();
    for (index, keys) in found.into_iter().enumerate() {
        let name = format!("_assay_b{index}");
        frame = keys.mark(frame, &name);
        any.push(keys.met(&name));
    }
    let Some(any) = any.into_iter().reduce(Expr::or) else { return Ok(()) };
    let count = collect(frame.filter(any).select([len().cast(Kept::Int64).alias(NUMBER)]))?;
    let count = count.column(NUMBER).map_err(crate::rows::fault)?;
    let count = count.as_materialized_series().i64().map_err(crate::rows::fault)?.get(0);
    measured.hard_violating = count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
    Ok(())
}

/// What was said before and cannot be said now is a fault of the engine.
pub(crate) fn internal(cannot: &Cannot) -> EngineError {
    EngineError::Internal(format!("a check that was measured cannot be said: {cannot:?}"))
}
