//! What Polars cannot measure, found before any work.

use std::collections::BTreeMap;

use assay_input::secret::Secret;
use assay_schemas::id::ColumnName;
use assay_schemas::plan::{Body, Check, DatasetPlan};
use polars::prelude::{DataFrame, IntoLazy as _};

use super::say::Cannot;
use super::{Ground, Work, apart, checks, figures, keys, scan};
use crate::rows::Rows;
use crate::types::Column;

/// Why a dataset cannot be measured with exactly the meaning that its plan has; `None` where it can. A check
/// of an unknown column can: it is broken. `lookups` are the columns of other datasets, as far as they are
/// known.
pub fn beyond(
    dataset: &DatasetPlan,
    columns: &[Column],
    lookups: &BTreeMap<String, Vec<Column>>,
    secrets: &BTreeMap<String, Secret>,
) -> Option<String> {
    let empty =
        |columns: &[Column]| Rows { frame: DataFrame::empty().lazy(), columns: columns.to_vec() };
    let rows = empty(columns);
    let lookups = lookups.iter().map(|(id, columns)| (id.clone(), Ok(empty(columns)))).collect();
    let ground = Ground { rows: &rows, lookups: &lookups, now: 0, keys: secrets };
    let mut work = Work::new(ground, dataset, BTreeMap::new());
    let unknown = figures::learn(&mut work, &dataset.checks, false).ok()?;
    dataset.checks.iter().find_map(|check| {
        let lacking = figures::of(check).into_iter().find_map(|one| unknown.get(&one.key()));
        let reason = match lacking {
            Some(Cannot::Beyond(reason)) => Some(reason.clone()),
            Some(_) => None,
            None => match said(&work, dataset, check) {
                Err(Cannot::Beyond(reason)) => Some(reason),
                _ => None,
            },
        };
        reason.map(|reason| format!("`{}`: {reason}", check.check_id))
    })
}

/// Says everything that a check needs, without computing any of it.
fn said(work: &Work<'_>, dataset: &DatasetPlan, check: &Check) -> Result<(), Cannot> {
    if check.reads_files() {
        return Ok(());
    }
    let scope = work.scope();
    let mut scan = scan::Scan::default();
    checks::add(&mut scan, &scope, check)?;
    keys::fill(work, check)?;
    match &check.body {
        Body::Arrivals(arrivals) => drop(apart::windows(work, check, arrivals)?),
        Body::Compare(compare) => drop(apart::other_figure(work, compare)?),
        _ => {}
    }
    let mut unnamed = None;
    let mut look = |name: &ColumnName| {
        if scope.column(name).is_ok_and(|column| column.data_type.is_none()) {
            unnamed.get_or_insert_with(|| name.clone());
        }
    };
    check.reads(&mut look);
    dataset.primary_key.iter().chain(&check.columns).for_each(look);
    match unnamed {
        Some(name) => {
            let reason = format!("the type of column `{name}` has no name in the language");
            Err(Cannot::Beyond(reason))
        }
        None => Ok(()),
    }
}
