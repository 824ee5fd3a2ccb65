//! The measuring of a dataset: the common scan, the keys, the profile.

use std::collections::BTreeMap;

use assay_schemas::plan::{Body, Check, DatasetPlan, Format, ProfilePlan};
use assay_schemas::verdict::Measurement;

use super::apart::{self, Failed, Means};
use super::cleanse::Said;
use super::connection::{Session, as_count, fault};
use super::fuse::{self, DATASET, Places, Scanned, Unit};
use super::keys::{self, BadKeys, Filled, Lookup};
use super::prove::{self, Proven};
use super::sql::Scope;
use super::types::Column;
use super::{DuckDb, figure, lookup_view, profile, segments};
use crate::engine::{ColumnProfile, EngineError, Measured, Request, structure};

/// Computes all checks and the profile.
pub(super) fn measure(
    engine: &mut DuckDb,
    dataset: &DatasetPlan,
    request: &Request,
) -> Result<Measured, EngineError> {
    let views = open_lookups(engine, dataset)?;
    let columns = engine.view(&dataset.dataset_contract_id, DATASET)?;
    let now = engine.workspace.now;
    let proven = prove(engine, &Scope { columns: &columns, now }, dataset, request)?;
    let known = told_apart(engine, dataset, proven.as_ref())?;
    let dataset = proven.as_ref().map_or(dataset, |proven| &proven.dataset);
    let all = [columns.clone(), known].concat();
    let scope = Scope { columns: &all, now };
    let units = units(&dataset.checks, &columns, request);
    let scanned = fuse::scan(&engine.session, &scope, &units)?;
    let count = |place: usize| scanned.cells.get(place).map_or(0, as_count);
    let mut measured = Measured {
        rows: count(scanned.rows),
        hard_evaluated: scanned.hard_evaluated.map_or(0, count),
        hard_violating: scanned.hard_violating.map_or(0, count),
        ..Measured::default()
    };
    take_scan(&scanned, &units, &mut measured);
    let layouts = &engine.prepared(&dataset.dataset_contract_id)?.source.layouts;
    structure::measure(layouts, dataset, request, &mut measured);
    measured.checks.extend(segments::measure(&engine.session, &scope, &dataset.checks)?);
    let lookups = |id: &str| views.get(id).and_then(|view| view.as_ref().ok().cloned());
    let means = Means { session: &engine.session, scope: &scope, lookups: &lookups };
    let bad = measure_keys(&means, dataset, &views, &mut measured)?;
    measure_apart(&means, dataset, &views, &mut measured)?;
    hard_union(&engine.session, &scope, dataset, &bad, &mut measured)?;
    if let Some(plan) = &request.profile {
        measured.profile = profile_columns(&engine.session, &scanned, plan)?;
        measured.table = profile::table(&engine.session, &columns, &measured.profile, plan)?;
    }
    engine.bad_keys = bad;
    measured.proofs = proven.map(|proven| proven.proofs).unwrap_or_default();
    measured.statements = engine.session.take_statements();
    Ok(measured)
}

/// The dataset with its checks rewritten as far as metadata proves them; `None` where there is none, as
/// cleansing has made other rows of the files.
pub(super) fn prove(
    engine: &DuckDb,
    scope: &Scope<'_>,
    dataset: &DatasetPlan,
    request: &Request,
) -> Result<Option<Proven>, EngineError> {
    let source = &engine.prepared(&dataset.dataset_contract_id)?.source;
    let is_parquet = dataset.source.format == Format::Parquet && !source.files.is_empty();
    if request.scan_all || !is_parquet || !engine.program(dataset)?.passes.is_empty() {
        return Ok(None);
    }
    prove::prove(&engine.session, scope, dataset, source).map(Some)
}

/// Makes the view of the rows anew where conditions are columns of it now; gives these columns.
fn told_apart(
    engine: &DuckDb,
    dataset: &DatasetPlan,
    proven: Option<&Proven>,
) -> Result<Vec<Column>, EngineError> {
    let Some(proven) = proven else { return Ok(Vec::new()) };
    let source = &engine.prepared(&dataset.dataset_contract_id)?.source;
    let Some(rows) = proven.apart.query(source)? else { return Ok(Vec::new()) };
    let text = format!("CREATE OR REPLACE TEMP VIEW {DATASET} AS\n{rows}");
    engine.session.run("rows to measure", &text).map_err(|error| fault(&error))?;
    Ok(proven.apart.columns())
}

/// What wants figures out of the common scan.
fn units<'a>(checks: &'a [Check], columns: &'a [Column], request: &'a Request) -> Vec<Unit<'a>> {
    // Rows of segments are judged here too, for the union over hard checks; figures are not.
    let checks = checks.iter().filter(|check| match check.body {
        _ if check.reads_files() => false,
        Body::Metric { .. } => check.segments.is_empty(),
        _ => true,
    });
    let mut units: Vec<Unit<'a>> = checks.map(Unit::Check).collect();
    if let Some(plan) = &request.profile {
        let wanted = |column: &&Column| {
            plan.columns.is_empty() || plan.columns.iter().any(|name| name.as_str() == column.name)
        };
        units.extend(columns.iter().filter(wanted).map(|column| Unit::Column(column, plan)));
    }
    units
}

/// Other datasets by name, or why they cannot be read.
type Views = BTreeMap<String, Result<Lookup, String>>;

/// Cleanses the datasets that checks look into and makes their views.
fn open_lookups(engine: &mut DuckDb, dataset: &DatasetPlan) -> Result<Views, EngineError> {
    let mut views = Views::new();
    for other in dataset.checks.iter().flat_map(Check::datasets) {
        if views.contains_key(other) {
            continue;
        }
        // A dataset may refer to itself, as a manager is an employee.
        let view = match *other == dataset.dataset_contract_id {
            true => Ok(DATASET.to_owned()),
            false => open_lookup(engine, other),
        };
        let view = match view {
            Err(EngineError::Resource(text)) => return Err(EngineError::Resource(text)),
            other => other.map_err(|error| error.to_string()),
        };
        let columns = engine.prepared(other).ok().and_then(|prepared| prepared.ready.as_ref());
        let columns = columns.map(|(_, columns)| columns.clone()).unwrap_or_default();
        views.insert(other.to_owned(), view.map(|view| Lookup { view, columns }));
    }
    Ok(views)
}

fn open_lookup(engine: &mut DuckDb, id: &str) -> Result<String, EngineError> {
    let prepared = engine.prepared(id)?;
    let name = lookup_view(prepared.number);
    if prepared.ready.is_none() {
        let plan = prepared.plan.clone();
        engine.prepare(&plan, false)?;
    }
    engine.view(id, &name)?;
    Ok(name)
}

/// Takes measurements out of the result of the common scan.
fn take_scan(scanned: &Scanned<'_>, units: &[Unit<'_>], measured: &mut Measured) {
    let count = |place: usize| scanned.cells.get(place).map_or(0, as_count);
    for (unit, places) in &scanned.answered {
        let Unit::Check(check) = unit else { continue };
        let measurement = match (places, &check.body) {
            (Places::Rows { evaluated, violations }, _) => {
                Measurement::Rows { evaluated: count(*evaluated), violations: count(*violations) }
            }
            (Places::Keys { evaluated }, _) => {
                Measurement::Rows { evaluated: count(*evaluated), violations: 0 }
            }
            (Places::Figure(places), Body::Metric { measure, bounds }) => figure::read(
                measure,
                bounds,
                places,
                &figure::Results { cells: &scanned.cells, counts: &scanned.counts, group: &[] },
            ),
            // To be held against the figure of the other dataset.
            (Places::Figure(places), Body::Compare(_)) => {
                let value = figure::scanned(places, &scanned.cells);
                Measurement::figure(value, None, false)
            }
            _ => continue,
        };
        measured.checks.insert(check.check_id.clone(), measurement);
    }
    for (index, reason) in &scanned.broken {
        if let Some(Unit::Check(check)) = units.get(*index) {
            let broken = Measurement::Broken { reason: reason.clone() };
            measured.checks.insert(check.check_id.clone(), broken);
        }
    }
}

/// Finds the bad keys of each check of keys that the scan could judge.
fn measure_keys(
    means: &Means<'_>,
    dataset: &DatasetPlan,
    views: &Views,
    measured: &mut Measured,
) -> Result<BTreeMap<String, BadKeys>, EngineError> {
    let mut filled = Filled::default();
    let mut bad = BTreeMap::new();
    for (index, check) in dataset.checks.iter().enumerate() {
        let Some(Measurement::Rows { evaluated, .. }) = measured.checks.get(&check.check_id) else {
            continue;
        };
        let evaluated = *evaluated;
        let result = match unopened(check, views) {
            Some(reason) => Err(reason),
            None => keys::fill(means.scope, check, &format!("bad_keys_{index}"), means.lookups),
        };
        let measurement = match result {
            Ok(None) => continue,
            Err(reason) => Err(Failed::Broken(reason)),
            Ok(Some(filling)) => {
                let keys =
                    filled.run(means.session, &format!("keys of {}", check.check_id), filling);
                keys.map_err(Failed::from).and_then(|keys| {
                    let measurement = match &check.body {
                        Body::Difference(difference) => {
                            means.difference(check, difference, (&keys.table, evaluated))?
                        }
                        _ => Measurement::Rows { evaluated, violations: keys.violations },
                    };
                    bad.insert(check.check_id.clone(), keys);
                    Ok(measurement)
                })
            }
        };
        measured.checks.insert(check.check_id.clone(), settled(measurement)?);
    }
    Ok(bad)
}

/// Measures the checks that come to a figure by a pass of their own.
fn measure_apart(
    means: &Means<'_>,
    dataset: &DatasetPlan,
    views: &Views,
    measured: &mut Measured,
) -> Result<(), EngineError> {
    for check in &dataset.checks {
        let here = match measured.checks.get(&check.check_id) {
            Some(Measurement::Broken { .. }) => continue,
            Some(Measurement::Figure { value, .. }) => *value,
            _ => None,
        };
        let measurement = match unopened(check, views) {
            Some(reason) => Err(Failed::Broken(reason)),
            None => means.measure(check, here),
        };
        if let Some(measurement) = match measurement {
            Ok(measurement) => measurement,
            Err(failed) => Some(settled(Err(failed))?),
        } {
            measured.checks.insert(check.check_id.clone(), measurement);
        }
    }
    Ok(())
}

/// A failure as a measurement, unless it ends the run.
fn settled(measurement: Result<Measurement, Failed>) -> Result<Measurement, EngineError> {
    match measurement {
        Ok(measurement) => Ok(measurement),
        Err(Failed::Broken(reason)) => Ok(Measurement::Broken { reason }),
        Err(Failed::Run(error)) => Err(error),
    }
}

/// Why a dataset that a check reads cannot be read, if so.
fn unopened(check: &Check, views: &Views) -> Option<String> {
    check.datasets().into_iter().find_map(|id| views.get(id)?.as_ref().err().cloned())
}

/// Counts the rows that violate a hard check again where rows with bad keys are among them.
fn hard_union(
    session: &Session,
    scope: &Scope<'_>,
    dataset: &DatasetPlan,
    bad: &BTreeMap<String, BadKeys>,
    measured: &mut Measured,
) -> Result<(), EngineError> {
    let hard = |check: &&Check| {
        let broken = measured.checks.get(&check.check_id);
        check.severity.is_hard() && !matches!(broken, None | Some(Measurement::Broken { .. }))
    };
    let checks: Vec<&Check> = dataset.checks.iter().filter(hard).collect();
    let mut keys: Vec<&BadKeys> = Vec::new();
    for found in checks.iter().filter_map(|check| bad.get(&check.check_id)) {
        if found.violations > 0 && !keys.iter().any(|known| known.table == found.table) {
            keys.push(found);
        }
    }
    if keys.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::new();
    for check in checks {
        if let Body::Rows { holds, .. } = &check.body {
            rows.push(fuse::violates(scope, check, holds).map_err(EngineError::Internal)?);
        }
    }
    let found = session
        .rows("rows that break a hard rule", &keys::union(&rows, &keys))
        .map_err(|error| fault(&error))?;
    measured.hard_violating = found.first().and_then(|row| row.first()).map_or(0, as_count);
    Ok(())
}

/// Completes the profile of each column that the scan could profile.
fn profile_columns(
    session: &Session,
    scanned: &Scanned<'_>,
    plan: &ProfilePlan,
) -> Result<Vec<ColumnProfile>, EngineError> {
    let mut profiles = Vec::new();
    for (unit, places) in &scanned.answered {
        let (Unit::Column(column, _), Places::Column(places)) = (unit, places) else { continue };
        let mut figures = profile::read(column, places, &scanned.cells);
        profile::complete(session, column, plan, &mut figures)?;
        profiles.push(figures);
    }
    Ok(profiles)
}

/// The statements of [`measure`], without running them.
pub(super) fn explain(
    engine: &DuckDb,
    scope: &Scope<'_>,
    dataset: &DatasetPlan,
    request: &Request,
) -> Vec<Said> {
    let units = units(&dataset.checks, scope.columns, request);
    let mut said = fuse::explain(scope, &units);
    said.extend(segments::explain(scope, &dataset.checks));
    let lookups = |id: &str| {
        let columns = scope.columns.to_vec();
        if dataset.dataset_contract_id == id {
            return Some(Lookup { view: DATASET.to_owned(), columns });
        }
        let prepared = engine.datasets.get(id)?;
        let columns = engine.program(&prepared.plan).ok()?.columns;
        Some(Lookup { view: lookup_view(prepared.number), columns })
    };
    let mut meanings = Vec::new();
    for (index, check) in dataset.checks.iter().enumerate() {
        let found = keys::fill(scope, check, &format!("bad_keys_{index}"), &lookups);
        if let Ok(Some((_, text))) = found {
            let meaning = text.split_once(" AS\n").map(|(_, meaning)| meaning.to_owned());
            if !meanings.contains(&meaning) {
                meanings.push(meaning);
                said.push((format!("keys of {}", check.check_id), text));
            }
        }
        said.extend(apart::explain(scope, check, &lookups));
    }
    if let Some(plan) = &request.profile {
        for unit in &units {
            if let Unit::Column(column, _) = unit {
                said.extend(profile::explain(column, plan));
            }
        }
    }
    said
}
