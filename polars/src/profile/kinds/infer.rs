//! Types that text may read as.

use assay_engine::kinds::{BOOLEANS, FIRST_ROWS, KINDS, Kind};
use assay_engine::{EngineError, Inferred};
use assay_schemas::datatype::DataType;
use polars::prelude::{
    BooleanChunked, DataType as Kept, Expr, Field, IntoColumn as _, IntoLazy as _, lit,
};

use super::{lower, trim};
use crate::profile::values::{column, series, value};
use crate::rows::{Rows, collect, fault};
use crate::scope::{Said, Unsaid, cast_to};
use crate::types::Column;

/// Whether a value reads as the type without losing anything that it may mean. False for null.
pub(super) fn met(kind: &Kind, value: Expr) -> Result<Expr, Unsaid> {
    if kind.data_type == DataType::Boolean {
        return Ok(truth(value));
    }
    let text = Said { expr: value.clone(), data_type: Some(DataType::Text) };
    let met = cast_to(text, kind.data_type, kind.format)?.expr.is_not_null();
    Ok(match kind.code() {
        Some(code) => met.and(matches(value, code).not()),
        None => met,
    })
}

/// Whether text as a whole matches a pattern of RE2, whose white space is that of ASCII.
pub(super) fn matches(value: Expr, pattern: &str) -> Expr {
    let pattern = pattern
        .replace(r"[\s\S]", r"(?s:.)")
        .replace(r"[^\s", r"[^\t\n\f\r ")
        .replace(r"\s", r"[\t\n\f\r ]");
    value.str().contains(lit(format!(r"\A(?:{pattern})\z")), true)
}

/// Whether text is `true` or `false`; false for null.
fn truth(value: Expr) -> Expr {
    let read = |text: Option<&str>| {
        text.is_some_and(|text| BOOLEANS.contains(&lower(trim(text)).as_str()))
    };
    value.map(
        move |column| {
            let met: BooleanChunked = column.str()?.iter().map(read).collect();
            Ok(met.with_name(column.name().clone()).into_column())
        },
        |_, field| Ok(Field::new(field.name.clone(), Kept::Boolean)),
    )
}

/// Why text cannot be looked at for other types, if so.
pub(in crate::profile) fn unsaid() -> Option<Unsaid> {
    KINDS.iter().find_map(|kind| met(kind, value()).err())
}

/// The types that the text columns of the rows could have: each is one that every value reads as. Columns
/// that stay text are left out.
///
/// # Errors
/// The data cannot be read.
pub fn infer(rows: &Rows) -> Result<Vec<Inferred>, EngineError> {
    let texts: Vec<&Column> =
        rows.columns.iter().filter(|column| column.data_type == Some(DataType::Text)).collect();
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    // Names of our own, as a column may be called anything.
    let name = |at: usize| format!("c{at}");
    let renamed: Vec<Expr> =
        texts.iter().enumerate().map(|(at, text)| column(&text.name).alias(name(at))).collect();
    let mut pairs: Vec<(usize, &Kind, Expr)> = Vec::new();
    for at in 0..texts.len() {
        for kind in KINDS {
            let holds = met(kind, column(name(at))).map_err(EngineError::Beyond)?;
            let holds = column(name(at)).is_null().or(holds);
            pairs.push((at, kind, holds.all(true)));
        }
    }
    let all = rows.frame.clone().select(renamed);
    let first = collect(all.clone().limit(FIRST_ROWS))?;
    // Columns without a value meet none.
    let empty: Vec<bool> = (0..texts.len())
        .map(|at| Ok(series(&first, &name(at))?.null_count() == first.height()))
        .collect::<Result<_, EngineError>>()?;
    pairs.retain(|(at, ..)| !empty[*at]);
    for frame in [first.lazy(), all] {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: Vec<Expr> = pairs
            .iter()
            .enumerate()
            .map(|(place, (.., met))| met.clone().alias(place.to_string()))
            .collect();
        let found = collect(frame.select(wanted))?;
        let mut kept = Vec::new();
        for (place, pair) in pairs.into_iter().enumerate() {
            let met = series(&found, &place.to_string())?;
            if met.bool().map_err(fault)?.get(0) == Some(true) {
                kept.push(pair);
            }
        }
        pairs = kept;
    }
    let mut inferred: Vec<Inferred> = Vec::new();
    for (at, kind, _) in pairs {
        let column = &texts[at].name;
        if inferred.last().is_none_or(|last| last.column != *column) {
            inferred.push(Inferred {
                column: column.clone(),
                data_type: kind.data_type,
                format: kind.format.map(str::to_owned),
            });
        }
    }
    Ok(inferred)
}
