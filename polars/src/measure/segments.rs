//! Checks whose segments are judged apart: one numbering of the segments for each set of columns, and one
//! scan for all checks that are divided by them.

use std::collections::BTreeMap;

use crate::rows::col;
use assay_engine::EngineError;
use assay_schemas::plan::{Body, Check, Columns};
use assay_schemas::verdict::{Measurement, Segment};
use polars::prelude::{
    DataFrame, DataType as Kept, IdxSize, IntoLazy as _, JoinType, LazyFrame, SortMultipleOptions,
    len,
};

use super::Work;
use super::checks::{Places, add};
use super::figure;
use super::keys::{NUMBER, as_parts, by_key, part, parts};
use super::say::{Cannot, known, text};
use super::scan::{GROUP, Groups, Scan, Scanned};
use crate::rows::collect;

/// Segments that a check may have; more are a column that divides nothing.
const MOST: usize = 10_000;

/// A grouping of the rows, and the checks that are divided by it.
pub(crate) struct Divided<'a> {
    pub(crate) columns: &'a Columns,
    pub(crate) checks: Vec<&'a Check>,
}

/// The groupings that checks want.
pub(crate) fn divided(checks: &[Check]) -> Vec<Divided<'_>> {
    let mut found: Vec<Divided<'_>> = Vec::new();
    for check in checks.iter().filter(|check| !check.segments.is_empty()) {
        match found.iter_mut().find(|known| *known.columns == check.segments) {
            Some(known) => known.checks.push(check),
            None => found.push(Divided { columns: &check.segments, checks: vec![check] }),
        }
    }
    found
}

/// What a grouping is for.
pub(crate) fn purpose(divided: &Divided<'_>) -> String {
    let names: Vec<&str> = divided.columns.iter().map(|name| name.as_str()).collect();
    format!("segments by {}", names.join(", "))
}

/// Measures the segments of every check that has some, by check id.
///
/// # Errors
/// The machine lacks something.
pub(crate) fn measure(
    work: &Work<'_>,
    checks: &[Check],
) -> Result<BTreeMap<String, Measurement>, EngineError> {
    let mut measured = BTreeMap::new();
    for divided in divided(checks) {
        let together = group(work, &divided);
        // One that breaks must not take the others along.
        if together.is_err() && divided.checks.len() > 1 {
            for check in &divided.checks {
                let one = Divided { columns: divided.columns, checks: vec![check] };
                take(group(work, &one), &one, &mut measured)?;
            }
        } else {
            take(together, &divided, &mut measured)?;
        }
    }
    Ok(measured)
}

type Found = BTreeMap<String, Measurement>;

fn take(
    found: Result<Found, Cannot>,
    divided: &Divided<'_>,
    measured: &mut Found,
) -> Result<(), EngineError> {
    match found {
        Ok(found) => measured.extend(found),
        Err(cannot) => {
            let reason = cannot.reason()?;
            for check in &divided.checks {
                let broken = Measurement::Broken { reason: reason.clone() };
                measured.insert(check.check_id.clone(), broken);
            }
        }
    }
    Ok(())
}

/// The columns that divide the rows, and the segments in order: their keys as parts.
///
/// # Errors
/// A column is unknown.
pub(crate) fn segments(
    work: &Work<'_>,
    columns: &Columns,
) -> Result<(Vec<String>, LazyFrame), Cannot> {
    let scope = work.scope();
    let names = known(&scope, columns)?;
    let number = names.len();
    let options = SortMultipleOptions::default()
        .with_order_descending_multi(vec![false; number])
        .with_nulls_last(true);
    let keys = work.rows.frame.clone().select(as_parts(&names));
    let keys = keys.group_by(parts(number)).agg([len().alias(NUMBER)]).select(parts(number));
    // One more than may be tells that there are too many.
    let most = IdxSize::try_from(MOST + 1).unwrap_or(IdxSize::MAX);
    Ok((names, keys.limit(most).sort_by_exprs(parts(number), options)))
}

/// The texts of each segment's key.
fn texts(
    work: &Work<'_>,
    columns: &Columns,
    keys: &DataFrame,
) -> Result<Vec<Vec<Option<String>>>, Cannot> {
    let scope = work.scope();
    let names = known(&scope, columns)?;
    let mut items = Vec::new();
    for (index, name) in columns.iter().enumerate() {
        let column = scope.column(name).map_err(Cannot::Broken)?;
        let place = names.iter().position(|known| *known == column.name).unwrap_or(index);
        items.push(text(col(part(place)), column.data_type).alias(format!("_assay_s{index}")));
    }
    let shown = keys.clone().lazy().select(items).collect()?;
    let mut texts = vec![Vec::new(); shown.height()];
    for column in shown.columns() {
        let values = column.as_materialized_series().str()?.clone();
        for (texts, value) in texts.iter_mut().zip(values.iter()) {
            texts.push(value.map(str::to_owned));
        }
    }
    Ok(texts)
}

/// Where each check stands in a scan.
pub(crate) type Placed<'a> = Vec<(&'a Check, Places)>;

/// The scan of the checks that are divided alike.
///
/// # Errors
/// Why one of them cannot be computed.
pub(crate) fn scan<'a>(
    work: &Work<'_>,
    divided: &Divided<'a>,
) -> Result<(Scan, Placed<'a>), Cannot> {
    let mut scan = Scan::default();
    let mut places = Vec::new();
    for check in &divided.checks {
        let (place, _) = add(&mut scan, &work.scope(), check)?;
        places.push((*check, place));
    }
    Ok((scan, places))
}

/// One grouping.
fn group(work: &Work<'_>, divided: &Divided<'_>) -> Result<Found, Cannot> {
    let (names, keys) = segments(work, divided.columns)?;
    let (scan, places) = scan(work, divided)?;
    let keys = collect(keys)?;
    if keys.height() > MOST {
        return Err(Cannot::Broken(format!("there are more than {MOST} segments")));
    }
    let mut parts_of: BTreeMap<String, Vec<Segment>> = BTreeMap::new();
    if keys.height() > 0 {
        let numbered = keys.clone().lazy().with_row_index(GROUP, None);
        let numbered = numbered.with_columns([col(GROUP).cast(Kept::Int64)]);
        let here: Vec<_> = names.iter().map(col).collect();
        let how = by_key(JoinType::Left, true);
        let rows = work.rows.frame.clone().join(numbered, here, parts(names.len()), how);
        let groups = Groups::Many(keys.height());
        let scanned = scan.run(&rows, groups)?;
        for (group, texts) in texts(work, divided.columns, &keys)?.into_iter().enumerate() {
            for (check, place) in &places {
                let names = divided.columns.iter().map(ToString::to_string);
                let key = names.zip(texts.iter().cloned()).collect();
                let measurement = one(check, place, (&scanned, group)).map_err(Cannot::Broken)?;
                let parts = parts_of.entry(check.check_id.clone()).or_default();
                parts.push(Segment { key, measurement });
            }
        }
    }
    let all = divided.checks.iter().map(|check| {
        let id = check.check_id.clone();
        let parts = parts_of.remove(&id).unwrap_or_default();
        (id, Measurement::of_segments(parts))
    });
    Ok(all.collect())
}

fn one(
    check: &Check,
    place: &Places,
    (scanned, group): (&Scanned, usize),
) -> Result<Measurement, String> {
    Ok(match (place, &check.body) {
        (Places::Rows { evaluated, violations }, _) => Measurement::Rows {
            evaluated: scanned.count(*evaluated, group),
            violations: scanned.count(*violations, group),
        },
        (Places::Figure(places), Body::Metric { measure, bounds }) => {
            match figure::read(measure, bounds, places, (scanned, group)) {
                Ok(figure) => figure,
                // What counts values breaks alone, everything else for all segments.
                Err(reason) if places.iter().any(|place| !place.is_scanned()) => {
                    Measurement::Broken { reason }
                }
                Err(reason) => return Err(reason),
            }
        }
        _ => Measurement::Broken { reason: "the check does not judge segments".to_owned() },
    })
}
