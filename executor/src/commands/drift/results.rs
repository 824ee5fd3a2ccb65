//! Verdicts and figures of the latest run of each job, beside those of earlier runs.

use std::collections::BTreeMap;

use assay_schemas::drift::Class;

use super::super::CommandError;
use super::Look;
use crate::drift::results::{Point, query, shifts, standing};
use crate::drift::{Finding, State};

pub(super) fn found(look: &Look<'_>) -> Result<Vec<Finding>, CommandError> {
    let views = look.views()?;
    let answer = views.query(&query(look.bundle.environment()))?;
    let points: Vec<_> = answer.rows.iter().filter_map(|row| Point::of(row)).collect();
    let mut shifted = shifts(&points);
    let ages = format!(
        "select tenant, job, floor(epoch(max(started_at)))::bigint from run where outcome <> 'skipped' and \
         environment = '{}' group by tenant, job",
        look.environment()
    );
    let ages: BTreeMap<(String, String), i64> = views
        .query(&ages)?
        .rows
        .iter()
        .filter_map(|row| {
            let text = |at: usize| Some(row.get(at)?.as_str()?.to_owned());
            Some(((text(0)?, text(1)?), look.now - row.get(2)?.as_i64()?))
        })
        .collect();
    let mut found = Vec::new();
    for (tenant, entry) in look.bundle.jobs()? {
        let key = (tenant, entry.id);
        let shifts = shifted.remove(&key).unwrap_or_default();
        let words = shifts.iter().map(|shift| shift.words.clone()).collect();
        let stands = standing(ages.get(&key).copied(), look.stale, words);
        let mut own = Finding::new(Class::Results, Some((&key.0, &key.1)), stands);
        if own.state == State::Shifted {
            own.causes = shifts.iter().map(|shift| shift.cause).collect();
            own.causes.sort_unstable();
            own.causes.dedup();
            own.since = shifts.into_iter().map(|shift| shift.since).min_by_key(|own| own.seconds);
        }
        found.push(own);
    }
    Ok(found)
}
