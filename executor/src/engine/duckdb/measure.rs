//! The measuring of a dataset: the common scan, the keys, the profile.

use std::collections::BTreeMap;

use assay_schemas::plan::{Body, Check, DatasetPlan, Format, ProfilePlan};
use assay_schemas::verdict::Measurement;

use super::cleanse::Said;
use super::connection::{Session, as_count, fault, message};
use super::fuse::{self, DATASET, Places, Scanned, Unit};
use super::keys::{self, BadKeys, Filled};
use super::prove::{self, Proven};
use super::sql::Scope;
use super::types::Column;
use super::{DuckDb, figure, lookup_view, profile, segments, structure};
use crate::engine::{ColumnProfile, EngineError, Measured, Request};

/// Computes all checks and the profile.
pub(super) fn measure(
    engine: &mut DuckDb,
    dataset: &DatasetPlan,
    request: &Request,
) -> Result<Measured, EngineError> {
    let views = open_lookups(engine, dataset)?;
    let columns = engine.view(&dataset.dataset_contract_id, DATASET)?;
    let scope = Scope { columns: &columns, now: engine.workspace.now };
    let proven = prove(engine, &scope, dataset, request)?;
    let dataset = proven.as_ref().map_or(dataset, |proven| &proven.dataset);
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
    take_structures(engine, dataset, &mut measured)?;
    measured.checks.extend(segments::measure(&engine.session, &scope, &dataset.checks)?);
    let bad = measure_keys(&engine.session, &scope, dataset, &views, &mut measured)?;
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

/// What wants figures out of the common scan.
fn units<'a>(checks: &'a [Check], columns: &'a [Column], request: &'a Request) -> Vec<Unit<'a>> {
    // Rows of segments are judged here too, for the union over hard checks; figures are not.
    let checks = checks.iter().filter(|check| match check.body {
        Body::Structure { .. } => false,
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

/// Cleanses the datasets that references look into and makes their views; gives the view of each, or
/// why there is none.
fn open_lookups(
    engine: &mut DuckDb,
    dataset: &DatasetPlan,
) -> Result<BTreeMap<String, Result<String, String>>, EngineError> {
    let mut views = BTreeMap::new();
    for check in &dataset.checks {
        let Body::Reference { dataset: other, .. } = &check.body else { continue };
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
        views.insert(other.clone(), view);
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

fn take_structures(
    engine: &DuckDb,
    dataset: &DatasetPlan,
    measured: &mut Measured,
) -> Result<(), EngineError> {
    let source = &engine.prepared(&dataset.dataset_contract_id)?.source;
    for check in &dataset.checks {
        if let Body::Structure { fields, closed, ordered, types } = &check.body {
            let wanted =
                structure::Wanted { fields, closed: *closed, ordered: *ordered, types: *types };
            let faults = structure::faults(source, wanted);
            measured.checks.insert(check.check_id.clone(), Measurement::Faults { faults });
        }
    }
    Ok(())
}

/// Finds the bad keys of each check of keys that the scan could judge.
fn measure_keys(
    session: &Session,
    scope: &Scope<'_>,
    dataset: &DatasetPlan,
    views: &BTreeMap<String, Result<String, String>>,
    measured: &mut Measured,
) -> Result<BTreeMap<String, BadKeys>, EngineError> {
    let mut filled = Filled::default();
    let mut bad = BTreeMap::new();
    for (index, check) in dataset.checks.iter().enumerate() {
        let Some(Measurement::Rows { evaluated, .. }) = measured.checks.get(&check.check_id) else {
            continue;
        };
        let evaluated = *evaluated;
        let lookup = |id: &str| views.get(id).and_then(|view| view.as_ref().ok().cloned());
        let result = match unopened(check, views) {
            Some(reason) => Err(reason),
            None => keys::fill(scope, check, &format!("bad_keys_{index}"), lookup),
        };
        let measurement = match result {
            Ok(None) => continue,
            Err(reason) => Measurement::Broken { reason },
            Ok(Some(filling)) => {
                match filled.run(session, &format!("keys of {}", check.check_id), filling) {
                    Ok(keys) => {
                        let violations = keys.violations;
                        bad.insert(check.check_id.clone(), keys);
                        Measurement::Rows { evaluated, violations }
                    }
                    Err(error) => match fault(&error) {
                        EngineError::Resource(text) => return Err(EngineError::Resource(text)),
                        _ => Measurement::Broken { reason: message(&error) },
                    },
                }
            }
        };
        measured.checks.insert(check.check_id.clone(), measurement);
    }
    Ok(bad)
}

/// Why the dataset that a check refers to cannot be read, if so.
fn unopened(check: &Check, views: &BTreeMap<String, Result<String, String>>) -> Option<String> {
    match &check.body {
        Body::Reference { dataset, .. } => views.get(dataset)?.as_ref().err().cloned(),
        _ => None,
    }
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
    let lookup = |id: &str| {
        let own = dataset.dataset_contract_id == id;
        match engine.datasets.get(id) {
            _ if own => Some(DATASET.to_owned()),
            Some(prepared) => Some(lookup_view(prepared.number)),
            None => None,
        }
    };
    let mut meanings = Vec::new();
    for (index, check) in dataset.checks.iter().enumerate() {
        if let Ok(Some((_, text))) = keys::fill(scope, check, &format!("bad_keys_{index}"), lookup)
        {
            let meaning = text.split_once(" AS\n").map(|(_, meaning)| meaning.to_owned());
            if !meanings.contains(&meaning) {
                meanings.push(meaning);
                said.push((format!("keys of {}", check.check_id), text));
            }
        }
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
