//! Checks of keys: one grouping for each key set, whose bad keys are kept for the violating rows and for
//! the union over hard checks.

use std::collections::HashMap;
use std::sync::Arc;

use crate::rows::col;
use assay_schemas::id::ColumnName;
use assay_schemas::plan::{Body, Check};
use polars::prelude::{
    ChunkAgg as _, DataFrame, DataType as Kept, Expr, IntoLazy as _, JoinArgs, JoinCoalesce,
    JoinType, LazyFrame, MaintainOrderJoin, SortMultipleOptions, len, lit,
};

use super::alike::{Side, alike};
use super::say::{Cannot, judged, known, truth};
use super::{Work, beside, difference};
use crate::rows::{ROW, collect};
use crate::scope::Scope;

/// Hidden column: the rows that have a key.
pub(crate) const NUMBER: &str = "_assay_n";

/// Hidden column: the first row that has a key.
const STANDS: &str = "_assay_stands";

/// The keys at fault of one check.
#[derive(Clone)]
pub(crate) struct BadKeys {
    /// The key's columns as [`part`] names them and [`NUMBER`], the rows that have it.
    pub(crate) keys: Arc<DataFrame>,
    /// The key's columns in the dataset.
    pub(crate) key: Vec<String>,
    /// The rows that the check judges; `None` means all.
    pub(crate) judged: Option<Expr>,
    /// Rows at fault.
    pub(crate) violations: u64,
}

/// The hidden name of a part of a key.
pub(crate) fn part(index: usize) -> String {
    format!("_assay_k{index}")
}

/// The hidden names of the parts of a key.
pub(crate) fn parts(number: usize) -> Vec<Expr> {
    (0..number).map(|index| col(part(index))).collect()
}

/// Columns under the hidden names of a key's parts.
pub(crate) fn as_parts(names: &[String]) -> Vec<Expr> {
    names.iter().enumerate().map(|(index, name)| col(name).alias(part(index))).collect()
}

/// How frames are joined by keys: in the order of the first.
pub(crate) fn by_key(how: JoinType, nulls_equal: bool) -> JoinArgs {
    JoinArgs {
        nulls_equal,
        coalesce: JoinCoalesce::CoalesceColumns,
        maintain_order: MaintainOrderJoin::Left,
        ..JoinArgs::new(how)
    }
}

/// Rows restricted by a condition.
pub(crate) fn only(frame: LazyFrame, condition: Option<&Expr>) -> LazyFrame {
    match condition {
        Some(condition) => frame.filter(condition.clone()),
        None => frame,
    }
}

impl BadKeys {
    /// Adds a column that is true where a row has one of the keys, otherwise null; it keeps the rows and
    /// their order.
    pub(crate) fn mark(&self, frame: LazyFrame, name: &str) -> LazyFrame {
        let mut items = parts(self.key.len());
        items.push(lit(true).alias(name));
        let keys = (*self.keys).clone().lazy().select(items);
        let here: Vec<Expr> = self.key.iter().map(col).collect();
        frame.join(keys, here, parts(self.key.len()), by_key(JoinType::Left, true))
    }

    /// The rows that are at fault, where [`Self::mark`] has marked them; never null.
    pub(crate) fn met(&self, name: &str) -> Expr {
        let met = col(name).fill_null(lit(false));
        match &self.judged {
            Some(judged) => judged.clone().and(met),
            None => met,
        }
    }
}

/// A frame of bad keys that is still to be computed.
pub(crate) struct Filling {
    /// The frame.
    pub(crate) keys: LazyFrame,
    /// The key's columns in the dataset.
    pub(crate) key: Vec<String>,
    /// The rows that are judged.
    pub(crate) judged: Option<Expr>,
    /// What is computed from sorted rows rather than by the frame alone.
    pub(crate) sorted: Option<beside::Sorted>,
}

/// The bad keys of a check, or its bad rows by their number; `None` where it is of another sort.
///
/// # Errors
/// Why they cannot be computed.
pub(crate) fn fill(work: &Work<'_>, check: &Check) -> Result<Option<Filling>, Cannot> {
    let scope = work.scope();
    let (keys, key, judged) = match &check.body {
        Body::Unique { columns, .. } => {
            let (judged, key, keys) = grouping(work, &scope, check, columns)?;
            (keys.filter(col(NUMBER).gt(lit(1_i64))), key, judged)
        }
        Body::Reference { .. } => reference(work, &scope, check)?,
        Body::Dependency { determinants, dependents, .. } => {
            dependency(work, &scope, check, (determinants, dependents))?
        }
        Body::Beside(beside) => {
            let sorted = beside::sorted(work, check, beside)?;
            let (keys, key) = (sorted.frame.clone(), vec![ROW.to_owned()]);
            return Ok(Some(Filling { keys, key, judged: None, sorted: Some(sorted) }));
        }
        Body::Difference(difference) => {
            let keys = difference::rows(work, check, difference)?;
            (keys, vec![ROW.to_owned()], None)
        }
        _ => return Ok(None),
    };
    Ok(Some(Filling { keys, key, judged, sorted: None }))
}

/// The keys that are judged, each with the number of its rows: the rows that are judged, the columns, and
/// the frame.
fn grouping(
    work: &Work<'_>,
    scope: &Scope<'_>,
    check: &Check,
    columns: &[ColumnName],
) -> Result<(Option<Expr>, Vec<String>, LazyFrame), Cannot> {
    if columns.is_empty() {
        return Err(Cannot::Broken("the key has no column".into()));
    }
    let key = known(scope, columns)?;
    let judged = judged(scope, check)?;
    let frame = only(work.rows.frame.clone(), judged.as_ref())
        .select(as_parts(&key))
        .group_by(parts(key.len()))
        .agg([len().cast(Kept::Int64).alias(NUMBER)]);
    Ok((judged, key, frame))
}

type Filled = (LazyFrame, Vec<String>, Option<Expr>);

fn reference(work: &Work<'_>, scope: &Scope<'_>, check: &Check) -> Result<Filled, Cannot> {
    let Body::Reference { columns, dataset, other_columns, other_filter, negate } = &check.body
    else {
        return Err(Cannot::Broken("the check refers to no dataset".into()));
    };
    let other = work.other(dataset)?;
    if columns.len() != other_columns.len() {
        let reason = "the key has more columns on one side than on the other";
        return Err(Cannot::Broken(reason.into()));
    }
    let (judged, key, grouping) = grouping(work, scope, check, columns)?;
    let there = Scope { columns: &other.columns, ..*scope };
    let within = |cannot: Cannot| cannot.within(dataset);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for (index, (name, other_name)) in columns.iter().zip(other_columns).enumerate() {
        let column = scope.column(name).map_err(Cannot::Broken)?;
        let found = there.column(other_name).map_err(Cannot::Broken).map_err(within)?;
        let place = key.iter().position(|known| *known == column.name).unwrap_or(index);
        let (one, two) = alike(
            Side { expr: col(part(place)), data_type: column.data_type },
            Side { expr: col(&found.name), data_type: found.data_type },
        )?;
        ours.push(one.alias(format!("_assay_c{index}")));
        theirs.push(two.alias(format!("_assay_c{index}")));
    }
    let on: Vec<Expr> = (0..columns.len()).map(|index| col(format!("_assay_c{index}"))).collect();
    let filter = other_filter.as_ref().map(|filter| truth(&there, filter)).transpose();
    let known = only(other.frame.clone(), filter.map_err(within)?.as_ref()).select(theirs);
    let how = if *negate { JoinType::Semi } else { JoinType::Anti };
    let keys = grouping.with_columns(ours).join(known, on.clone(), on, by_key(how, false));
    let mut items = parts(key.len());
    items.push(col(NUMBER));
    Ok((keys.select(items), key, judged))
}

/// The groups in the minority: the columns and the rows of each.
fn dependency(
    work: &Work<'_>,
    scope: &Scope<'_>,
    check: &Check,
    (determinants, dependents): (&[ColumnName], &[ColumnName]),
) -> Result<Filled, Cannot> {
    if determinants.is_empty() {
        return Err(Cannot::Broken("nothing decides".into()));
    }
    let deciding = known(scope, determinants)?;
    let all: Vec<_> = determinants.iter().chain(dependents).cloned().collect();
    let key = known(scope, &all)?;
    let judged = judged(scope, check)?;
    let mut items = as_parts(&key);
    items.push(col(ROW));
    let groups = only(work.rows.frame.clone(), judged.as_ref())
        .select(items)
        .group_by(parts(key.len()))
        .agg([len().cast(Kept::Int64).alias(NUMBER), col(ROW).min().alias(STANDS)]);
    let mut items = parts(key.len());
    items.push(col(NUMBER));
    // The deciding columns are the first of the key.
    Ok((minority(groups, deciding.len()).select(items), key, judged))
}

/// Of the groups that agree in the first `deciding` parts of the key, all but the greatest; of equally great
/// ones, all but the one that stands first.
fn minority(groups: LazyFrame, deciding: usize) -> LazyFrame {
    let order = [col(NUMBER), col(STANDS)];
    let options = SortMultipleOptions::default().with_order_descending_multi([true, false]);
    // No two groups have the same first row.
    let right = groups
        .clone()
        .group_by(parts(deciding))
        .agg([col(STANDS).sort_by(order, options).first().alias(STANDS)])
        .select([col(STANDS)]);
    groups.join(right, [col(STANDS)], [col(STANDS)], by_key(JoinType::Anti, false))
}

/// Frames of bad keys that were computed, by what they hold, so that equal key sets are grouped once.
#[derive(Default)]
pub(crate) struct Known {
    known: HashMap<String, BadKeys>,
}

impl Known {
    /// Computes the bad keys of a check unless an equal one has.
    ///
    /// # Errors
    /// They cannot be computed, or the machine lacks something.
    pub(crate) fn run(&mut self, check: &Check, filling: Filling) -> Result<BadKeys, Cannot> {
        let meaning = format!("{:?} {:?}", check.filter, check.body);
        if let Some(known) = self.known.get(&meaning) {
            return Ok(known.clone());
        }
        let keys = match &filling.sorted {
            Some(sorted) => sorted.faults()?,
            None => collect(filling.keys)?,
        };
        let numbers = keys.column(NUMBER)?.as_materialized_series().i64()?.sum();
        let violations = numbers.and_then(|sum| u64::try_from(sum).ok()).unwrap_or(0);
        let (key, judged) = (filling.key, filling.judged);
        let bad = BadKeys { keys: Arc::new(keys), key, judged, violations };
        self.known.insert(meaning, bad.clone());
        Ok(bad)
    }
}
