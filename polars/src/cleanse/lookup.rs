//! Values that another dataset holds for each row.

use std::sync::Arc;

use assay_engine::EngineError;
use assay_schemas::datatype::DataType;
use polars::prelude::{
    BooleanChunked, Column, Expr, IdxSize, IntoSeries as _, LazyFrame, NamedFrom as _, lit,
};

use super::groups::{NONE, number};
use super::learn::{Before, Brought, Learnt};
use super::{file, stopped};
use crate::chain::column;
use crate::rows::Rows;
use crate::types::kept;

/// Finds, for each row, the first of another dataset with the same key.
pub(super) fn learn(
    before: &Before,
    other: &Rows,
    on: &[(String, String, DataType)],
    take: &[String],
) -> Result<Learnt, EngineError> {
    let key = |their: bool| -> Vec<Expr> {
        let parts = on.iter().enumerate().map(|(number, (own, other, shared))| {
            let name = if their { other } else { own };
            column(name).cast(kept(*shared)).alias(format!("k{number}"))
        });
        parts.collect()
    };
    let whole = |frame: LazyFrame| {
        (0..on.len())
            .fold(frame, |frame, part| frame.filter(column(format!("k{part}")).is_not_null()))
    };
    let mut list = key(true);
    list.extend(take.iter().enumerate().map(|(n, name)| column(name).alias(format!("v{n}"))));
    let theirs = file::collect(whole(other.frame.clone().select(list)))?;
    let mine = before.look(&lit(true), key(false))?;
    let known = theirs.height();
    let (mut parts, mut missing) = (Vec::with_capacity(on.len()), vec![false; mine.rows()]);
    for part in 0..on.len() {
        let name = format!("k{part}");
        let mut values: Column = theirs.column(&name).map_err(stopped)?.clone();
        let own = mine.column(&name)?;
        for (missing, null) in missing.iter_mut().zip(own.is_null().iter()) {
            *missing |= null == Some(true);
        }
        values.append(own).map_err(stopped)?;
        parts.push(values);
    }
    // Theirs come first, so that the first row of a key is one of theirs where they have it.
    let keys = number(parts, known + mine.rows()).map_err(stopped)?;
    let first = |key: &IdxSize| keys.first.get(*key as usize).copied().unwrap_or(NONE);
    let own = keys.of.iter().skip(known).zip(&missing);
    let found = own.map(|(key, missing)| match first(key) {
        row if !missing && (row as usize) < known => row,
        _ => NONE,
    });
    let found: Vec<IdxSize> = found.collect();
    let mut index = vec![NONE; before.rows];
    for (at, row) in mine.at.iter().zip(found) {
        if let Some(index) = index.get_mut(*at as usize) {
            *index = row;
        }
    }
    let index = Arc::new(index);
    let hit = BooleanChunked::new("hit".into(), vec![true; known]).into_series();
    let mut brought = vec![Brought { index: Arc::clone(&index), values: hit }];
    for number in 0..take.len() {
        let values = theirs.column(&format!("v{number}")).map_err(stopped)?;
        let values = values.as_materialized_series().clone();
        brought.push(Brought { index: Arc::clone(&index), values });
    }
    Ok(Learnt { brought, ..Learnt::default() })
}
