//! Figures of a column that cost a look at every value. All but the order of the rows and the median
//! deviation are read from the column's different values.

use assay_schemas::datatype::{DataType, Family};
use duckdb::types::Value;

use super::{VALUES, axis, finite, kinds, quantiles};
use crate::engine::duckdb::connection::{Session, as_count, as_number, as_text, fault};
use crate::engine::duckdb::functions::TRIM;
use crate::engine::duckdb::fuse::DATASET;
use crate::engine::duckdb::sql;
use crate::engine::duckdb::types::Column;
use crate::engine::shape::{self, Steps};
use crate::engine::{ColumnProfile, Deep, EngineError, TextKinds};
use assay_schemas::plan::ProfilePlan;

/// Smallest and greatest values kept.
const EXTREMES: usize = 5;

/// A column and what is known of it.
pub(super) struct Seen<'a> {
    pub(super) column: &'a Column,
    pub(super) plan: &'a ProfilePlan,
    pub(super) few: bool,
    pub(super) quantiles: &'a [(f64, f64)],
}

/// Looks at a column whose different values are at hand.
pub(super) fn look(
    session: &Session,
    seen: &Seen<'_>,
    figures: &ColumnProfile,
) -> Result<Deep, EngineError> {
    let column = seen.column;
    let family = column.data_type.map(DataType::family);
    let mut deep = moments(session, seen, figures)?;
    let at = |q: f64| seen.quantiles.iter().find(|(known, _)| *known == q).map(|(_, v)| *v);
    deep.median = at(0.5);
    deep.interquartile_range = at(0.75).zip(at(0.25)).map(|(upper, lower)| upper - lower);
    if let Some(median) = deep.median {
        let (purpose, text) = quantiles(column, &[0.5], seen.few, Some(median));
        let rows = ask(session, &purpose, &text)?;
        deep.median_deviation = rows.first().and_then(|row| row.first()).and_then(as_number);
    }
    deep.chi_squared = shape::chi_squared(&figures.histogram);
    if matches!(family, Some(Family::Number | Family::Temporal | Family::Text)) {
        (deep.least, deep.greatest) = (extremes(session, "v")?, extremes(session, "v DESC")?);
        deep.order = shape::row_order(|limit| steps(session, column, limit))?;
    }
    if family == Some(Family::Text) {
        deep.text = Some(text(session, figures)?);
    }
    if family == Some(Family::Temporal) && seen.plan.histogram_bins > 0 {
        deep.median = temporal_median(session, column)?;
    }
    Ok(deep)
}

fn ask(session: &Session, purpose: &str, text: &str) -> Result<Vec<Vec<Value>>, EngineError> {
    session.rows(purpose, text).map_err(|error| fault(&error))
}

/// Figures that are sums over the different values.
fn moments(
    session: &Session,
    seen: &Seen<'_>,
    figures: &ColumnProfile,
) -> Result<Deep, EngineError> {
    let column = seen.column;
    let present = figures.rows.saturating_sub(figures.nulls).max(1);
    let mut items = vec![
        "count_if(n = 1)".to_owned(),
        format!("-fsum((n / {present}.0) * log2(n / {present}.0))"),
    ];
    let rows_where =
        |condition: &str| format!("CAST(coalesce(sum(n) FILTER ({condition}), 0) AS BIGINT)");
    let number = finite(column, "v").zip(figures.mean);
    for power in 2..=4 {
        items.push(number.as_ref().map_or("NULL::DOUBLE".into(), |(x, mean)| {
            format!("fsum(n * pow({x} - ({mean:e}), {power}))")
        }));
    }
    let double = column.data_type == Some(DataType::Double);
    let endless = double || matches!(column.data_type, Some(DataType::Date | DataType::Timestamp));
    items.push(if double { rows_where("isnan(v)") } else { "NULL::BIGINT".into() });
    items.push(if endless { rows_where("isinf(v)") } else { "NULL::BIGINT".into() });
    let truth = column.data_type == Some(DataType::Boolean);
    items.push(if truth { rows_where("v") } else { "NULL::BIGINT".into() });
    let text = format!("SELECT {}\nFROM {VALUES}", items.join(",\n  "));
    let rows = ask(session, &format!("moments of {}", column.name), &text)?;
    let row = rows.into_iter().next().unwrap_or_default();
    let cell = |place: usize| row.get(place).and_then(as_number).filter(|value| value.is_finite());
    let tally = |place: usize| match row.get(place) {
        None | Some(Value::Null) => None,
        Some(cell) => Some(as_count(cell)),
    };
    let (nans, infinities) = (tally(5), tally(6));
    let counted = present - nans.unwrap_or(0).min(present) - infinities.unwrap_or(0).min(present);
    let (skewness, kurtosis) = match (cell(2), cell(3), cell(4)) {
        (Some(m2), Some(m3), Some(m4)) => shape::skewness_and_kurtosis(counted as f64, m2, m3, m4),
        _ => (None, None),
    };
    Ok(Deep {
        unique: tally(0).unwrap_or(0),
        // The sum of nothing but ones is minus zero.
        entropy: cell(1).map(|bits| bits.max(0.0)),
        skewness,
        kurtosis,
        nans,
        infinities,
        trues: tally(7),
        ..Deep::default()
    })
}

fn extremes(session: &Session, order: &str) -> Result<Vec<(String, u64)>, EngineError> {
    let text =
        format!("SELECT CAST(v AS VARCHAR), n FROM {VALUES} ORDER BY {order} LIMIT {EXTREMES}");
    Ok(named(&ask(session, "extremes", &text)?))
}

/// Rows of a text and a count.
pub(super) fn named(rows: &[Vec<Value>]) -> Vec<(String, u64)> {
    let pair = |row: &Vec<Value>| Some((as_text(row.first()?.clone())?, as_count(row.get(1)?)));
    rows.iter().filter_map(pair).collect()
}

/// The median of days and instants, in seconds.
fn temporal_median(session: &Session, column: &Column) -> Result<Option<f64>, EngineError> {
    let Some(axis) = axis(column) else { return Ok(None) };
    let text = super::counted_quantiles(&axis, &[0.5]);
    let rows = ask(session, &format!("median of {}", column.name), &text)?;
    Ok(rows.first().and_then(|row| row.first()).and_then(as_number))
}

fn steps(session: &Session, column: &Column, limit: Option<u32>) -> Result<Steps, EngineError> {
    let name = sql::identifier(&column.name);
    let limit = limit.map_or_else(String::new, |limit| format!(" LIMIT {limit}"));
    let text = format!(
        "SELECT count_if(v > p), count_if(v = p), count_if(v < p)\nFROM (SELECT v, lag(v) OVER () AS p FROM \
         (SELECT {name} AS v FROM {DATASET} WHERE {name} IS NOT NULL{limit}))"
    );
    let rows = ask(session, &format!("order of {}", column.name), &text)?;
    let row = rows.into_iter().next().unwrap_or_default();
    let count = |place: usize| row.get(place).map_or(0, as_count);
    Ok(Steps { up: count(0), same: count(1), down: count(2) })
}

/// What text is made of.
fn text(session: &Session, figures: &ColumnProfile) -> Result<TextKinds, EngineError> {
    let trimmed = format!("{TRIM}(v)");
    let query = format!(
        "SELECT CAST(coalesce(sum(n) FILTER (v = ''), 0) AS BIGINT), \
         CAST(coalesce(sum(n) FILTER ({trimmed} <> v), 0) AS BIGINT), \
         count(DISTINCT lower({trimmed}))\nFROM {VALUES}"
    );
    let rows = ask(session, "kinds of text", &query)?;
    let row = rows.into_iter().next().unwrap_or_default();
    let count = |place: usize| row.get(place).map_or(0, as_count);
    let lengths = ask(
        session,
        "lengths",
        &format!(
            "SELECT CAST(length(v) AS BIGINT) AS l, CAST(sum(n) AS BIGINT) FROM {VALUES} GROUP BY l ORDER BY l"
        ),
    )?;
    let lengths: Vec<(u64, u64)> = lengths
        .iter()
        .filter_map(|row| Some((as_count(row.first()?), as_count(row.get(1)?))))
        .collect();
    let (words, characters, characters_sampled) = kinds::characters(session, figures.distinct)?;
    let (types, formats) = kinds::found(session)?;
    Ok(TextKinds {
        empty: count(0),
        padded: count(1),
        folded: count(2),
        length_median: shape::median_of(&lengths),
        length_histogram: shape::length_bins(&lengths),
        words,
        characters,
        characters_sampled,
        types,
        formats,
        sentinels: kinds::sentinels(session)?,
    })
}
