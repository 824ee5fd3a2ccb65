//! Keys and orders of rows as numbers, which is all that steps over many rows need to know of them.

use polars::prelude::{
    Column, DataFrame, Expr, Field, GroupsType, IDX_DTYPE, IdxCa, IdxSize, IntoColumn as _,
    PolarsResult, SortMultipleOptions, map_multiple,
};

use crate::chain::{Preference, column};

/// Stands for no row and no key.
pub(super) const NONE: IdxSize = IdxSize::MAX;

/// Keys by number.
pub(super) struct Numbered {
    /// The number of each row's key, from 0 in the order of first appearance.
    pub(super) of: Vec<IdxSize>,
    /// The first row of each key.
    pub(super) first: Vec<IdxSize>,
}

impl Numbered {
    /// How many keys there are.
    pub(super) fn count(&self) -> usize {
        self.first.len()
    }
}

/// Numbers the keys of `rows` rows; without columns all have the same one. Null is like null, and NaN like NaN.
pub(super) fn number(columns: Vec<Column>, rows: usize) -> PolarsResult<Numbered> {
    if columns.is_empty() || rows == 0 {
        let first = if rows == 0 { Vec::new() } else { vec![0] };
        return Ok(Numbered { of: vec![0; rows], first });
    }
    let names = (0..).map(|number| format!("k{number}"));
    let columns: Vec<Column> = columns
        .into_iter()
        .zip(names)
        .map(|(column, name)| column.with_name(name.into()))
        .collect();
    let keys = columns.clone();
    let frame = DataFrame::new(rows, columns)?;
    let groups = frame.group_by_with_series(keys, true, true)?;
    let (mut of, mut first) = (vec![NONE; rows], Vec::new());
    let mut take = |rows: &mut dyn Iterator<Item = IdxSize>, begins: IdxSize| {
        let key = first.len() as IdxSize;
        first.push(begins);
        for row in rows {
            if let Some(of) = of.get_mut(row as usize) {
                *of = key;
            }
        }
    };
    match groups.get_groups().as_ref() {
        GroupsType::Idx(groups) => {
            for (begins, rows) in groups.iter() {
                take(&mut rows.iter().copied(), begins);
            }
        }
        GroupsType::Slice { groups, .. } => {
            for [begins, length] in groups {
                take(&mut (*begins..*begins + *length), *begins);
            }
        }
    }
    Ok(Numbered { of, first })
}

/// The rows by a column, each at its place; nulls come last, ties in the order of the rows.
pub(super) fn sorted(values: &Column, descending: bool) -> PolarsResult<Vec<IdxSize>> {
    let rows = values.len();
    let places = IdxCa::from_vec("i".into(), (0..rows as IdxSize).collect()).into_column();
    let frame = DataFrame::new(rows, vec![values.clone().with_name("v".into()), places])?;
    let options = SortMultipleOptions::default()
        .with_order_descending_multi([descending, false])
        .with_nulls_last(true);
    let sorted = frame.sort(["v", "i"], options)?;
    Ok(sorted.column("i")?.idx()?.iter().flatten().collect())
}

/// What a preference looks at, as a column of that name; `None` where that is the order of the input alone.
pub(super) fn looks_at(preference: &Preference, name: &str) -> Option<Expr> {
    match preference {
        Preference::First | Preference::Last => None,
        Preference::By { column: by, .. } => Some(column(by).alias(name)),
        Preference::MostComplete(columns) => {
            let columns: Vec<Expr> = columns.iter().map(column).collect();
            Some(nulls(&columns).alias(name))
        }
    }
}

/// The rows in the order of a preference, the best first; `values` is what it looks at.
pub(super) fn preferred(
    preference: &Preference,
    values: Option<&Column>,
    rows: usize,
) -> PolarsResult<Vec<IdxSize>> {
    let rows = 0..rows as IdxSize;
    match (preference, values) {
        (Preference::Last, _) => Ok(rows.rev().collect()),
        (Preference::By { descending, .. }, Some(values)) => sorted(values, *descending),
        (Preference::MostComplete(_), Some(values)) => sorted(values, false),
        _ => Ok(rows.collect()),
    }
}

/// How many of the columns are null.
fn nulls(columns: &[Expr]) -> Expr {
    let count = |columns: &mut [Column]| {
        let rows = columns.iter().map(Column::len).max().unwrap_or(0);
        let mut counts: Vec<IdxSize> = vec![0; rows];
        for column in columns.iter().filter(|column| column.null_count() > 0) {
            let nulls = column.is_null();
            for (count, null) in counts.iter_mut().zip(nulls.iter()) {
                *count += IdxSize::from(null == Some(true));
            }
        }
        Ok(IdxCa::from_vec("nulls".into(), counts).into_column())
    };
    map_multiple(count, columns, |_, _| Ok(Field::new("nulls".into(), IDX_DTYPE)))
}

/// The first row of each key in an order, among those that count.
pub(super) fn first_of(
    keys: &Numbered,
    order: &[IdxSize],
    counts: impl Fn(IdxSize) -> bool,
) -> Vec<IdxSize> {
    let mut first = vec![NONE; keys.count()];
    for row in order.iter().copied().filter(|row| counts(*row)) {
        let key = keys.of.get(row as usize).copied().unwrap_or(NONE);
        if let Some(first) = first.get_mut(key as usize)
            && *first == NONE
        {
            *first = row;
        }
    }
    first
}

/// Rows of a column; none where there is no row.
pub(super) fn taken(values: &Column, rows: &[IdxSize]) -> PolarsResult<Column> {
    let places: IdxCa = rows.iter().map(|row| Some(*row).filter(|row| *row != NONE)).collect();
    values.take(&places)
}

/// Which rows of a column have a value.
pub(super) fn there(values: &Column) -> Vec<bool> {
    values.is_not_null().iter().map(|there| there == Some(true)).collect()
}

/// One value of one key, and how many rows, or different supporters, it has.
pub(super) struct Ballot {
    /// The key.
    pub(super) key: IdxSize,
    /// A row with the value.
    pub(super) row: IdxSize,
    /// Its votes.
    pub(super) votes: u64,
}

/// Counts the values of each key; nulls do not count. Votes are rows, or the different values of `support`.
pub(super) fn ballots(
    keys: &Numbered,
    values: &Column,
    support: Option<&Column>,
) -> PolarsResult<Vec<Ballot>> {
    let rows: Vec<IdxSize> =
        there(values).iter().zip(0..).filter_map(|(there, row)| there.then_some(row)).collect();
    let of: Vec<IdxSize> =
        rows.iter().map(|row| keys.of.get(*row as usize).copied().unwrap_or(NONE)).collect();
    let own = IdxCa::from_vec("key".into(), of.clone()).into_column();
    let cast = number(vec![own, taken(values, &rows)?], rows.len())?;
    let mut ballots: Vec<Ballot> = cast
        .first
        .iter()
        .map(|first| Ballot {
            key: of.get(*first as usize).copied().unwrap_or(NONE),
            row: rows.get(*first as usize).copied().unwrap_or(NONE),
            votes: 0,
        })
        .collect();
    let mut vote = |ballot: IdxSize| {
        if let Some(ballot) = ballots.get_mut(ballot as usize) {
            ballot.votes += 1;
        }
    };
    match support {
        None => cast.of.iter().for_each(|ballot| vote(*ballot)),
        Some(support) => {
            let support = taken(support, &rows)?;
            let known = there(&support);
            let own = IdxCa::from_vec("ballot".into(), cast.of.clone()).into_column();
            let supporters = number(vec![own, support], rows.len())?;
            for row in supporters.first {
                if known.get(row as usize) == Some(&true) {
                    vote(cast.of.get(row as usize).copied().unwrap_or(NONE));
                }
            }
        }
    }
    Ok(ballots)
}

/// For each key the row with its most frequent value; of several values, the smallest.
pub(super) fn most_frequent(keys: &Numbered, values: &Column) -> PolarsResult<Vec<IdxSize>> {
    let ballots = ballots(keys, values, None)?;
    let rows: Vec<IdxSize> = ballots.iter().map(|ballot| ballot.row).collect();
    let mut best: Vec<Option<&Ballot>> = vec![None; keys.count()];
    for place in sorted(&taken(values, &rows)?, false)? {
        let Some(ballot) = ballots.get(place as usize) else { continue };
        if let Some(best) = best.get_mut(ballot.key as usize)
            && best.is_none_or(|best| best.votes < ballot.votes)
        {
            *best = Some(ballot);
        }
    }
    Ok(best.into_iter().map(|best| best.map_or(NONE, |ballot| ballot.row)).collect())
}
