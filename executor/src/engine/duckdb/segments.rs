//! Checks whose segments are judged apart: one grouping of the rows for each set of columns, for all checks
//! that are divided by them.

use std::collections::BTreeMap;

use assay_schemas::plan::{Body, Check, Columns};
use assay_schemas::verdict::{Measurement, Segment};
use duckdb::types::Value;

use super::connection::{Session, as_count, as_text, fault, message};
use super::figure;
use super::fuse::{self, Fusion, Places, Unit};
use super::sql::Scope;
use crate::engine::EngineError;

/// Segments that a check may have; more are a column that divides nothing.
const MOST: usize = 10_000;

/// A grouping of the rows, and the checks that are divided by it.
struct Divided<'a> {
    columns: &'a Columns,
    checks: Vec<&'a Check>,
}

fn divided(checks: &[Check]) -> Vec<Divided<'_>> {
    let mut found: Vec<Divided<'_>> = Vec::new();
    for check in checks.iter().filter(|check| !check.segments.is_empty()) {
        match found.iter_mut().find(|known| *known.columns == check.segments) {
            Some(known) => known.checks.push(check),
            None => found.push(Divided { columns: &check.segments, checks: vec![check] }),
        }
    }
    found
}

/// The statements, for people.
pub(super) fn explain(scope: &Scope<'_>, checks: &[Check]) -> Vec<(String, String)> {
    let mut said = Vec::new();
    for divided in divided(checks) {
        let Ok(keys) = scope.known(divided.columns) else { continue };
        let mut fusion = Fusion::apart(keys);
        for check in &divided.checks {
            let _ = fuse::add(&mut fusion, scope, Unit::Check(check));
        }
        said.push((purpose(&divided), fusion.query()));
        said.extend(fusion.groupings().queries());
    }
    said
}

fn purpose(divided: &Divided<'_>) -> String {
    let names: Vec<&str> = divided.columns.iter().map(|name| name.as_str()).collect();
    format!("segments by {}", names.join(", "))
}

/// Measures the segments of every check that has some, by check id.
///
/// # Errors
/// The machine lacks something.
pub(super) fn measure(
    session: &Session,
    scope: &Scope<'_>,
    checks: &[Check],
) -> Result<BTreeMap<String, Measurement>, EngineError> {
    let mut measured = BTreeMap::new();
    for divided in divided(checks) {
        let together = group(session, scope, &divided)?;
        // One that breaks must not take the others along.
        let alone = together.is_err() && divided.checks.len() > 1;
        match together {
            _ if alone => {
                for check in &divided.checks {
                    let one = Divided { columns: divided.columns, checks: vec![check] };
                    let found = group(session, scope, &one)?;
                    take(found, &one, &mut measured);
                }
            }
            found => take(found, &divided, &mut measured),
        }
    }
    Ok(measured)
}

fn take(
    found: Result<BTreeMap<String, Measurement>, String>,
    divided: &Divided<'_>,
    measured: &mut BTreeMap<String, Measurement>,
) {
    match found {
        Ok(found) => measured.extend(found),
        Err(reason) => {
            for check in &divided.checks {
                let broken = Measurement::Broken { reason: reason.clone() };
                measured.insert(check.check_id.clone(), broken);
            }
        }
    }
}

/// One grouping, or why it cannot be computed.
fn group(
    session: &Session,
    scope: &Scope<'_>,
    divided: &Divided<'_>,
) -> Result<Result<BTreeMap<String, Measurement>, String>, EngineError> {
    let keys = match scope.known(divided.columns) {
        Ok(keys) => keys,
        Err(unsaid) => return Ok(Err(unsaid)),
    };
    let width = keys.len();
    let mut fusion = Fusion::apart(keys);
    let mut places = Vec::new();
    for check in &divided.checks {
        match fuse::add(&mut fusion, scope, Unit::Check(check)) {
            Ok((place, _)) => places.push((*check, place)),
            Err(unsaid) => return Ok(Err(unsaid)),
        }
    }
    // Where only counts of values are wanted, the groups are still to be known.
    fusion.aggregate("count(*)");
    let query = format!("{}\nLIMIT {}", fusion.query(), MOST + 1);
    let rows = match session.rows(&purpose(divided), &query) {
        Ok(rows) => rows,
        Err(error) => {
            return match fault(&error) {
                EngineError::Resource(text) => Err(EngineError::Resource(text)),
                _ => Ok(Err(message(&error))),
            };
        }
    };
    if rows.len() > MOST {
        return Ok(Err(format!("there are more than {MOST} segments")));
    }
    let counts = fusion.groupings().run(session)?;
    let mut parts: BTreeMap<String, Vec<Segment>> = BTreeMap::new();
    for row in &rows {
        let group: Vec<Option<String>> = row.iter().take(width).cloned().map(as_text).collect();
        let cells = row.get(width..).unwrap_or_default();
        let results = figure::Results { cells, counts: &counts, group: &group };
        for (check, place) in &places {
            let names = divided.columns.iter().map(ToString::to_string);
            let key = names.zip(group.iter().cloned()).collect();
            let measurement = one(check, place, &results);
            parts.entry(check.check_id.clone()).or_default().push(Segment { key, measurement });
        }
    }
    let all = divided.checks.iter().map(|check| {
        let id = check.check_id.clone();
        let parts = parts.remove(&id).unwrap_or_default();
        (id, Measurement::of_segments(parts))
    });
    Ok(Ok(all.collect()))
}

fn one(check: &Check, place: &Places, results: &figure::Results<'_>) -> Measurement {
    let count = |place: usize| results.cells.get(place).map_or(0, |cell: &Value| as_count(cell));
    match (place, &check.body) {
        (Places::Rows { evaluated, violations }, _) => {
            Measurement::Rows { evaluated: count(*evaluated), violations: count(*violations) }
        }
        (Places::Figure(places), Body::Metric { measure, bounds }) => {
            figure::read(measure, bounds, places, results)
        }
        _ => Measurement::Broken { reason: "the check does not judge segments".to_owned() },
    }
}
