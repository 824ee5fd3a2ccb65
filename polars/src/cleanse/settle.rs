//! Values that rows of one key settle between them.

use std::sync::Arc;

use assay_engine::EngineError;
use assay_schemas::datatype::DataType;
use assay_schemas::plan::Agreement;
use polars::prelude::{
    BooleanChunked, Expr, IdxCa, IdxSize, IntoColumn as _, IntoSeries as _, NamedFrom as _,
};

use super::average::average;
use super::groups::{self, Ballot, NONE, Numbered, first_of, looks_at, taken, there};
use super::learn::{Before, Brought, Learnt, Looked, keys};
use super::stopped;
use crate::chain::{Filling, Preference, Surviving, column};

/// The value that fills the nulls of each row's key, or of the row itself.
pub(super) fn impute(
    before: &Before,
    looked: &Expr,
    (name, data_type): (&str, DataType),
    (with, by): (&Filling, &[String]),
) -> Result<Learnt, EngineError> {
    let mut columns = keys(by);
    columns.push(column(name).alias("v"));
    if let Filling::Previous(order) | Filling::Next(order) = with {
        columns.extend(looks_at(order, "o"));
    }
    let rows = before.look(looked, columns)?;
    let keys = rows.keys(by.len())?;
    let values = rows.column("v")?;
    let brought = match with {
        Filling::Mean | Filling::Median => {
            let median = matches!(with, Filling::Median);
            let values = average(&keys, values, data_type, median).map_err(stopped)?;
            let values = values.as_materialized_series().clone();
            Brought { index: by_key(before, &rows, &keys.of), values }
        }
        Filling::Mode => {
            let best = groups::most_frequent(&keys, values).map_err(stopped)?;
            let values = taken(values, &best).map_err(stopped)?;
            let values = values.as_materialized_series().clone();
            Brought { index: by_key(before, &rows, &keys.of), values }
        }
        Filling::Previous(order) | Filling::Next(order) => {
            let mut order = rows.preferred(order, "o")?;
            if matches!(with, Filling::Next(_)) {
                order.reverse();
            }
            let near = nearest(&keys, &order, &there(values));
            let values = values.as_materialized_series().clone();
            Brought { index: by_key(before, &rows, &near), values }
        }
    };
    Ok(Learnt { brought: vec![brought], ..Learnt::default() })
}

/// What each row that is looked at finds at its place.
fn by_key(before: &Before, rows: &Looked, of: &[IdxSize]) -> Arc<Vec<IdxSize>> {
    let mut index = vec![NONE; before.rows];
    for (at, value) in rows.at.iter().zip(of) {
        if let Some(index) = index.get_mut(*at as usize) {
            *index = *value;
        }
    }
    Arc::new(index)
}

/// For each row the last one of its key with a value, itself included, in the order that is gone through.
fn nearest(keys: &Numbered, order: &[IdxSize], there: &[bool]) -> Vec<IdxSize> {
    let mut last = vec![NONE; keys.count()];
    let mut near = vec![NONE; keys.of.len()];
    for row in order {
        let place = *row as usize;
        let key = keys.of.get(place).copied().unwrap_or(NONE) as usize;
        let Some(last) = last.get_mut(key) else { continue };
        if there.get(place) == Some(&true) {
            *last = *row;
        }
        if let Some(near) = near.get_mut(place) {
            *near = *last;
        }
    }
    near
}

/// The value that wins in each row's key.
pub(super) fn agree(
    before: &Before,
    looked: &Expr,
    (key, columns): (&[String], &[String]),
    rule: &Agreement,
) -> Result<Learnt, EngineError> {
    let mut list = keys(key);
    list.extend(columns.iter().enumerate().map(|(n, name)| column(name).alias(format!("v{n}"))));
    let support = rule.support.as_ref();
    list.extend(support.map(|name| column(name.as_str()).alias("s")));
    let rows = before.look(looked, list)?;
    let keys = rows.keys(key.len())?;
    let support = support.map(|_| rows.column("s")).transpose()?;
    let index = by_key(before, &rows, &keys.of);
    let mut brought = Vec::with_capacity(columns.len());
    for number in 0..columns.len() {
        let values = rows.column(&format!("v{number}"))?;
        let ballots = groups::ballots(&keys, values, support).map_err(stopped)?;
        let winners = winners(&keys, &ballots, rule);
        let values = taken(values, &winners).map_err(stopped)?;
        let values = values.as_materialized_series().clone();
        brought.push(Brought { index: Arc::clone(&index), values });
    }
    Ok(Learnt { brought, ..Learnt::default() })
}

/// A row with the value that wins in each key, where one does.
fn winners(keys: &Numbered, ballots: &[Ballot], rule: &Agreement) -> Vec<IdxSize> {
    #[derive(Clone, Copy, Default)]
    struct Count {
        row: Option<IdxSize>,
        most: u64,
        next: Option<u64>,
        total: u64,
    }
    let mut counts = vec![Count::default(); keys.count()];
    for ballot in ballots {
        let Some(count) = counts.get_mut(ballot.key as usize) else { continue };
        count.total += ballot.votes;
        if count.row.is_none() || ballot.votes > count.most {
            count.next = count.row.map(|_| count.most);
            (count.row, count.most) = (Some(ballot.row), ballot.votes);
        } else {
            count.next = Some(count.next.map_or(ballot.votes, |next| next.max(ballot.votes)));
        }
    }
    let wins = |count: &Count| {
        count.next.is_none_or(|next| next < count.most)
            && count.most >= rule.min_votes
            && count.most as f64 >= rule.min_share * count.total as f64
    };
    counts.iter().map(|count| count.row.filter(|_| wins(count)).unwrap_or(NONE)).collect()
}

/// The record of each key, in the place of its first row; the others end.
pub(super) fn survive(
    before: &Before,
    looked: &Expr,
    (key, columns): (&[String], &[(String, Surviving)]),
) -> Result<Learnt, EngineError> {
    let mut list = keys(key);
    for (number, (name, surviving)) in columns.iter().enumerate() {
        list.push(column(name).alias(format!("v{number}")));
        let order = format!("o{number}");
        match surviving {
            Surviving::First(preference) => list.extend(looks_at(preference, &order)),
            Surviving::MostFrequent => {}
            Surviving::Longest => list.push(length(name).alias(order)),
            Surviving::Source { column, priority } => {
                list.push(rank(column, priority.clone()).alias(order));
            }
        }
    }
    let rows = before.look(looked, list)?;
    let keys = rows.keys(key.len())?;
    // The record stands where the first row of its key was.
    let record: Vec<IdxSize> = (0..keys.count() as IdxSize).collect();
    let mut places = vec![NONE; rows.rows()];
    for (first, record) in keys.first.iter().zip(&record) {
        if let Some(place) = places.get_mut(*first as usize) {
            *place = *record;
        }
    }
    let index = by_key(before, &rows, &places);
    let golden = BooleanChunked::new("golden".into(), vec![true; keys.count()]);
    let mut brought = vec![Brought { index: Arc::clone(&index), values: golden.into_series() }];
    for (number, (_, surviving)) in columns.iter().enumerate() {
        let values = rows.column(&format!("v{number}"))?;
        let order = format!("o{number}");
        let by = |descending| Preference::By { column: order.clone(), descending };
        let preference = match surviving {
            Surviving::First(preference) => Some(preference.clone()),
            Surviving::MostFrequent => None,
            Surviving::Longest => Some(by(true)),
            Surviving::Source { .. } => Some(by(false)),
        };
        let chosen = match preference {
            Some(preference) => {
                let (order, there) = (rows.preferred(&preference, &order)?, there(values));
                first_of(&keys, &order, |row| there.get(row as usize) == Some(&true))
            }
            None => groups::most_frequent(&keys, values).map_err(stopped)?,
        };
        let values = taken(values, &chosen).map_err(stopped)?;
        let values = values.as_materialized_series().clone();
        brought.push(Brought { index: Arc::clone(&index), values });
    }
    let merged = Some(Learnt::merging(before, &rows, &keys.first));
    Ok(Learnt { merged, brought, ..Learnt::default() })
}

fn numbers(field: &polars::prelude::Field) -> polars::prelude::Field {
    polars::prelude::Field::new(field.name().clone(), polars::prelude::IDX_DTYPE)
}

/// The code points of a text.
fn length(name: &str) -> Expr {
    let count = |texts: polars::prelude::Column| {
        let made = texts.str()?.iter().map(|text| Some(text?.chars().count() as IdxSize));
        let made: IdxCa = made.collect();
        Ok(made.with_name(texts.name().clone()).into_column())
    };
    column(name).map(count, |_, field| Ok(numbers(field)))
}

/// The place of a source in a list; that after its end where it is not listed.
fn rank(name: &str, priority: Vec<String>) -> Expr {
    let find = move |texts: polars::prelude::Column| {
        let place = |source: Option<&str>| {
            let place = source.and_then(|source| priority.iter().position(|one| one == source));
            Some(place.unwrap_or(priority.len()) as IdxSize)
        };
        let made: IdxCa = texts.str()?.iter().map(place).collect();
        Ok(made.with_name(texts.name().clone()).into_column())
    };
    column(name).map(find, |_, field| Ok(numbers(field)))
}
