//! The bundle of the latest run of each job, beside the one that is there.

use assay_schemas::drift::Class;
use serde_json::Value;

use super::super::CommandError;
use super::Look;
use crate::drift::{Finding, State};

pub(super) fn found(look: &Look<'_>) -> Result<Vec<Finding>, CommandError> {
    let query = format!(
        "select job, arg_max(bundle_digest, started_at), max(started_at)::varchar, \
         floor(epoch(max(started_at)))::bigint from run where outcome <> 'skipped' and environment = '{}' \
         group by job, tenant order by job",
        look.environment()
    );
    let answer = look.views()?.query(&query)?;
    let own = look.bundle.content_digest();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let others = answer.rows.iter().filter_map(|row| match row.as_slice() {
        [job, digest, at, _] if word(digest) != own => Some(format!(
            "{}: the latest run, of {}, was of {}, not of {own}",
            word(job),
            word(at),
            word(digest)
        )),
        _ => None,
    });
    let others: Vec<_> = others.collect();
    let latest = answer.rows.iter().filter_map(|row| row.get(3)?.as_i64()).max();
    let stands = match latest.map(|at| look.now - at) {
        None => (State::Unknown, vec!["nothing has run here yet".to_owned()]),
        Some(_) if !others.is_empty() => (State::Behind, others),
        Some(age) if age as f64 > look.stale => {
            (State::Stale, vec![format!("the latest run of any job was {} hours ago", age / 3600)])
        }
        Some(_) => (State::InSync, Vec::new()),
    };
    Ok(vec![Finding::new(Class::Bundle, None, stands)])
}
