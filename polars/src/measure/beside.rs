//! Rows judged beside others of their group.

use crate::rows::col;
use assay_schemas::plan::{Beside, Check, Order, WindowFunction};
use polars::prelude::{
    DataFrame, DataType as Kept, Expr, IdxCa, IdxSize, IntoLazy as _, LazyFrame,
    NewChunkedArray as _, Series, SortMultipleOptions, SortOptions, lit,
};

use super::Work;
use super::keys::{NUMBER, only, part};
use super::say::{Cannot, judged, known, say, truth};
use crate::rows::{ROW, collect};
use crate::scope::Scope;
use crate::types::Column;

/// Hidden column: a row agrees with the one before it in every column of the group.
const SAME: &str = "_assay_same";

/// The judged rows in order, and what is found in them.
pub(crate) struct Sorted {
    /// The rows, sorted by group and order.
    pub(crate) frame: LazyFrame,
    windows: Vec<(String, WindowFunction)>,
    violates: Expr,
}

/// The rows that a check looks at, in its order.
///
/// # Errors
/// A column is unknown, or Polars has nothing that means the same.
pub(crate) fn sorted(work: &Work<'_>, check: &Check, beside: &Beside) -> Result<Sorted, Cannot> {
    let scope = work.scope();
    let group = known(&scope, &beside.group)?;
    let judged = judged(&scope, check)?;
    let mut items = vec![col(ROW)];
    let (mut by, mut descending) = (Vec::new(), Vec::new());
    for (index, name) in group.iter().enumerate() {
        items.push(col(name).alias(part(index)));
        by.push(col(part(index)));
        descending.push(false);
    }
    for (index, key) in beside.order.iter().enumerate() {
        let name = format!("_assay_o{index}");
        items.push(col(&scope.column(&key.column).map_err(Cannot::Broken)?.name).alias(&name));
        by.push(col(name));
        descending.push(key.order == Order::Descending);
    }
    by.push(col(ROW));
    descending.push(false);
    let mut columns = scope.columns.to_vec();
    let mut windows = Vec::new();
    for window in &beside.windows {
        let said = say(&scope, &window.value)?;
        let name = window.name.as_str().to_owned();
        items.push(said.expr.alias(&name));
        columns.push(Column { name: name.clone(), data_type: said.data_type });
        windows.push((name, window.function));
    }
    let mut names: Vec<String> = Vec::new();
    beside.holds.columns(&mut |name| {
        let is_window = beside.windows.iter().any(|window| window.name == *name);
        if !is_window && !names.iter().any(|known| known == name.as_str()) {
            names.push(name.as_str().to_owned());
        }
    });
    let within = Scope { columns: &columns, ..scope };
    let violates = truth(&within, &beside.holds)?.not();
    items.extend(names.iter().map(col));
    let options = SortMultipleOptions::default()
        .with_order_descending_multi(descending)
        .with_nulls_last(true);
    let same = (0..group.len())
        .map(|index| col(part(index)).eq_missing(col(part(index)).shift(lit(1))))
        .reduce(Expr::and)
        .unwrap_or_else(|| lit(true));
    let frame = only(work.rows.frame.clone(), judged.as_ref())
        .select(items)
        .sort_by_exprs(by, options)
        .with_columns([same.alias(SAME)]);
    Ok(Sorted { frame, windows, violates })
}

impl Sorted {
    /// The rows at fault: their numbers as the only part of a key, each standing for one violation.
    ///
    /// # Errors
    /// The rows cannot be read or sorted.
    pub(crate) fn faults(&self) -> Result<DataFrame, Cannot> {
        let mut rows = collect(self.frame.clone())?;
        let same = rows.column(SAME)?.as_materialized_series().bool()?.clone();
        // The first row has none before it.
        let same: Vec<bool> =
            same.iter().enumerate().map(|(row, same)| row > 0 && same == Some(true)).collect();
        for (name, function) in &self.windows {
            let values = rows.column(name)?.as_materialized_series().clone();
            let from = match function {
                WindowFunction::Previous => previous(&same),
                WindowFunction::Next => next(&same),
                WindowFunction::GreatestBefore => greatest(&values, &same),
            };
            let from = IdxCa::from_iter_options("".into(), from.into_iter());
            rows.with_column(values.take(&from)?.with_name(name.as_str().into()).into())?;
        }
        let number = lit(1_i64).cast(Kept::Int64).alias(NUMBER);
        let faults = rows.lazy().filter(self.violates.clone());
        Ok(collect(faults.select([col(ROW).alias(part(0))]).with_columns([number]))?)
    }
}

fn index(row: usize) -> Option<IdxSize> {
    IdxSize::try_from(row).ok()
}

/// For each row the one before it in its group.
fn previous(same: &[bool]) -> Vec<Option<IdxSize>> {
    let rows = same.iter().enumerate();
    rows.map(|(row, same)| row.checked_sub(1).filter(|_| *same).and_then(index)).collect()
}

/// For each row the one after it in its group.
fn next(same: &[bool]) -> Vec<Option<IdxSize>> {
    let rows = 1..=same.len();
    rows.map(|row| index(row).filter(|_| same.get(row) == Some(&true))).collect()
}

/// For each row that with the greatest value of those before it in its group.
fn greatest(values: &Series, same: &[bool]) -> Vec<Option<IdxSize>> {
    let places = values.arg_sort(SortOptions::default().with_nulls_last(true));
    let mut rank = vec![0_usize; values.len()];
    for (place, row) in places.iter().enumerate() {
        let row = row.and_then(|row| usize::try_from(row).ok());
        if let Some(rank) = row.and_then(|row| rank.get_mut(row)) {
            *rank = place;
        }
    }
    let there = values.is_not_null();
    let mut best: Option<(usize, usize)> = None;
    let mut found = Vec::with_capacity(values.len());
    for ((row, same), (rank, there)) in same.iter().enumerate().zip(rank.iter().zip(there.iter())) {
        if !same {
            best = None;
        }
        found.push(best.and_then(|(_, row)| index(row)));
        if there == Some(true) && best.is_none_or(|(greatest, _)| *rank > greatest) {
            best = Some((*rank, row));
        }
    }
    found
}
