//! Violating rows, a few for each check.

use crate::rows::col;
use assay_engine::{EngineError, FileNote, Measured, Violation};
use assay_schemas::plan::{Body, Check, DatasetPlan};
use assay_schemas::verdict::Measurement;
use polars::prelude::{
    DataFrame, DataType as Kept, Expr, IdxSize, IntoLazy as _, JoinType, LazyFrame, NULL,
    SortMultipleOptions, lit,
};

use crate::measure::say::{text, violates};
use crate::measure::{Bad, BadKeys, Ground, Work, by_key, internal, part};
use crate::rows::{FILE, ROW, collect, fault};

/// Hidden column: the place of a bad key among those that are shown.
const ORDER: &str = "_assay_order";

/// Bytes that are shown whole, and characters of what is longer.
const WHOLE: usize = 4000;
const CUT: usize = 1000;

/// Some violating rows of each check that has any, at most `limit` a check.
///
/// # Errors
/// The rows cannot be read.
pub fn violations(
    ground: Ground<'_>,
    dataset: &DatasetPlan,
    files: &[FileNote],
    (measured, bad): (&Measured, &Bad),
    limit: u32,
) -> Result<Vec<Violation>, EngineError> {
    let work = Work::new(ground, dataset, bad.figures.clone());
    let mut found = Vec::new();
    for check in &dataset.checks {
        let any = measured.checks.get(&check.check_id).and_then(Measurement::violations);
        if any.unwrap_or(0) == 0 {
            continue;
        }
        let keys = bad.keys.get(&check.check_id);
        let Some(rows) = rows(&work, dataset, check, keys, limit)? else { continue };
        found.extend(read(dataset, check, files, &collect(rows)?)?);
    }
    Ok(found)
}

/// The columns that a violation of a check shows: those of the key, then the values.
fn shown(dataset: &DatasetPlan, check: &Check) -> Vec<String> {
    let names = dataset.primary_key.iter().chain(&check.columns);
    names.map(|name| name.as_str().to_owned()).collect()
}

fn cell(index: usize) -> String {
    format!("_assay_s{index}")
}

/// The rows that violate a check: row, file, and the shown columns as text. `None` where a check marks no
/// rows.
fn rows(
    work: &Work<'_>,
    dataset: &DatasetPlan,
    check: &Check,
    keys: Option<&BadKeys>,
    limit: u32,
) -> Result<Option<LazyFrame>, EngineError> {
    let scope = work.scope();
    let mut items = vec![col(ROW), col(FILE)];
    for (index, name) in shown(dataset, check).iter().enumerate() {
        // A column that a violation shows may be gone; the violation is still one.
        let column = scope.columns.iter().find(|column| column.name == *name);
        let shown = match column {
            Some(column) => text(col(&column.name), column.data_type),
            None => lit(NULL).cast(Kept::String),
        };
        items.push(shown.alias(cell(index)));
    }
    let limit: IdxSize = limit;
    Ok(match (&check.body, keys) {
        (Body::Rows { holds, .. }, _) => {
            let violates = violates(&scope, check, holds).map_err(|cannot| internal(&cannot))?;
            Some(work.rows.frame.clone().filter(violates).limit(limit).select(items))
        }
        (_, Some(keys)) => Some(of_keys(work, keys, &items, limit)),
        _ => None,
    })
}

/// The rows that have the first of the bad keys.
fn of_keys(work: &Work<'_>, keys: &BadKeys, items: &[Expr], limit: IdxSize) -> LazyFrame {
    let parts: Vec<Expr> = (0..keys.key.len()).map(|index| col(part(index))).collect();
    let options = SortMultipleOptions::default()
        .with_order_descending_multi(vec![false; parts.len()])
        .with_nulls_last(true);
    let few = (*keys.keys)
        .clone()
        .lazy()
        .select(parts.clone())
        .sort_by_exprs(parts.clone(), options)
        .limit(limit)
        .with_row_index(ORDER, None);
    let here: Vec<Expr> = keys.key.iter().map(col).collect();
    let rows = match &keys.judged {
        Some(judged) => work.rows.frame.clone().filter(judged.clone()),
        None => work.rows.frame.clone(),
    };
    let mut items = items.to_vec();
    items.push(col(ORDER));
    let order = SortMultipleOptions::default().with_order_descending_multi([false, false]);
    rows.join(few, here, parts, by_key(JoinType::Inner, true))
        .select(items)
        .sort_by_exprs([col(ORDER), col(ROW)], order)
        .limit(limit)
}

/// The rows of the frame as violations.
fn read(
    dataset: &DatasetPlan,
    check: &Check,
    files: &[FileNote],
    rows: &DataFrame,
) -> Result<Vec<Violation>, EngineError> {
    let numbers = |name: &str| -> Result<Vec<u64>, EngineError> {
        let column = rows.column(name).map_err(fault)?.as_materialized_series();
        let column = column.cast(&Kept::Int64).map_err(fault)?;
        let number = |value: Option<i64>| value.and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
        Ok(column.i64().map_err(fault)?.iter().map(number).collect())
    };
    let (row, file) = (numbers(ROW)?, numbers(FILE)?);
    let names = shown(dataset, check);
    let mut texts: Vec<Vec<Option<String>>> = vec![Vec::new(); row.len()];
    for index in 0..names.len() {
        let column = rows.column(&cell(index)).map_err(fault)?.as_materialized_series();
        for (texts, value) in texts.iter_mut().zip(column.str().map_err(fault)?.iter()) {
            texts.push(value.map(cut));
        }
    }
    let key = dataset.primary_key.len();
    let several = files.len() > 1;
    let found = row.into_iter().zip(file).zip(texts).map(|((row, file), texts)| {
        let mut named = names.iter().cloned().zip(texts);
        let key: Vec<_> = named.by_ref().take(key).collect();
        let file = usize::try_from(file).ok().and_then(|index| files.get(index));
        Violation {
            check_id: check.check_id.clone(),
            row,
            file: file.filter(|_| several).map(|note| note.name.clone()),
            key,
            values: named.collect(),
        }
    });
    Ok(found.collect())
}

/// A cell as it is shown: of a long text, its beginning.
fn cut(text: &str) -> String {
    match text.len() > WHOLE {
        true => text.chars().take(CUT).chain(['…']).collect(),
        false => text.to_owned(),
    }
}
