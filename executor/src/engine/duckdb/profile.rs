//! Profiles. What one pass over the rows can tell comes out of the common scan; everything that speaks of
//! different values comes out of one grouping for each column, which reads that column only and is kept
//! until the column is done. Quantiles of columns with many different values need one pass more.

mod deep;
mod kinds;
mod pairs;

use assay_schemas::datatype::{DataType, Family};
use duckdb::types::Value;

pub(super) use kinds::infer;
pub(super) use pairs::table;

use super::cleanse::Said;
use super::connection::{Session, as_count, as_number, as_text, fault};
use super::fuse::{DATASET, Fusion};
use super::sql;
use super::types::Column;
use crate::engine::{ColumnProfile, EngineError};
use assay_schemas::plan::ProfilePlan;

/// The table of the different values of the column at hand: `v`, and `n`, the rows that hold it.
const VALUES: &str = "profile_values";

/// Where the figures of a column are in the result of the scan.
#[derive(Clone)]
pub(super) struct ColumnPlaces {
    rows: usize,
    present: usize,
    estimate: Option<usize>,
    ends: Option<(usize, usize)>,
    numbers: Option<[usize; 5]>,
    lengths: Option<[usize; 3]>,
}

/// Whether a column's different values are to be grouped.
fn groups(column: &Column, plan: &ProfilePlan) -> bool {
    plan.exact_distinct
        || plan.top_values > 0
        || (plan.histogram_bins > 0 && axis(column).is_some())
}

/// The values of a column as numbers on an axis, for its histogram. Infinite values have no place on it.
fn axis(column: &Column) -> Option<String> {
    let value = "v";
    Some(match column.data_type? {
        DataType::Integer | DataType::Decimal(..) => format!("CAST({value} AS DOUBLE)"),
        DataType::Double => format!("CASE WHEN isfinite({value}) THEN {value} END"),
        DataType::Date | DataType::Timestamp => format!(
            "CASE WHEN isfinite({value}) THEN epoch_us(CAST({value} AS TIMESTAMP)) / 1e6 END"
        ),
        _ => return None,
    })
}

/// Adds a column's figures to the scan.
pub(super) fn add(fusion: &mut Fusion, column: &Column, plan: &ProfilePlan) -> ColumnPlaces {
    let name = sql::identifier(&column.name);
    let x = fusion.value(&name);
    let rows = fusion.aggregate("count(*)");
    let present = fusion.aggregate(&format!("count({x})"));
    let estimate = (!groups(column, plan))
        .then(|| fusion.aggregate(&format!("CAST(approx_count_distinct({x}) AS BIGINT)")));
    let family = column.data_type.map(DataType::family);
    let ends =
        matches!(family, Some(Family::Boolean | Family::Number | Family::Text | Family::Temporal))
            .then(|| {
                let mut end =
                    |side: &str| fusion.aggregate(&format!("CAST({side}({x}) AS VARCHAR)"));
                (end("min"), end("max"))
            });
    let numbers = (family == Some(Family::Number)).then(|| {
        // Figures of doubles leave out what is not finite, as one such value would swallow them all.
        let double = column.data_type == Some(DataType::Double);
        let finite = format!("CASE WHEN isfinite({name}) THEN {name} END");
        let n = if double { fusion.value(&finite) } else { x.clone() };
        let (sum, mean) = if double { ("fsum", "favg") } else { ("sum", "avg") };
        let zero = fusion.value(&format!("({name} = 0)"));
        let negative = fusion.value(&format!("({name} < 0)"));
        [
            fusion.aggregate(&format!("CAST({mean}({n}) AS DOUBLE)")),
            fusion.aggregate(&format!("stddev_samp(CAST({n} AS DOUBLE))")),
            fusion.aggregate(&format!("CAST({sum}({n}) AS DOUBLE)")),
            fusion.aggregate(&format!("count_if({zero})")),
            fusion.aggregate(&format!("count_if({negative})")),
        ]
    });
    let lengths = (family == Some(Family::Text)).then(|| {
        let length = fusion.value(&format!("length({name})"));
        ["min", "avg", "max"]
            .map(|side| fusion.aggregate(&format!("CAST({side}({length}) AS DOUBLE)")))
    });
    ColumnPlaces { rows, present, estimate, ends, numbers, lengths }
}

/// A column's profile as far as the scan tells it.
pub(super) fn read(column: &Column, places: &ColumnPlaces, cells: &[Value]) -> ColumnProfile {
    let count = |place: usize| cells.get(place).map_or(0, as_count);
    let number = |place: usize| cells.get(place).and_then(as_number);
    let text = |place: usize| cells.get(place).cloned().and_then(as_text);
    let (rows, present) = (count(places.rows), count(places.present));
    let numbers = places.numbers;
    let figure = |which: usize| numbers.and_then(|numbers| number(numbers[which]));
    let tally = |which: usize| numbers.map(|numbers| count(numbers[which]));
    ColumnProfile {
        column: column.name.clone(),
        data_type: column.data_type.map_or("other".into(), |data_type| data_type.to_string()),
        rows,
        nulls: rows.saturating_sub(present),
        // An estimate may exceed what is possible.
        distinct: places.estimate.map_or(0, |place| count(place).min(present)),
        distinct_is_estimate: places.estimate.is_some(),
        min: places.ends.and_then(|(min, _)| text(min)),
        max: places.ends.and_then(|(_, max)| text(max)),
        mean: figure(0),
        standard_deviation: figure(1),
        sum: figure(2),
        zeros: tally(3),
        negatives: tally(4),
        lengths: places.lengths.and_then(|[min, mean, max]| {
            Some((number(min)? as u64, number(mean)?, number(max)? as u64))
        }),
        ..ColumnProfile::default()
    }
}

/// Completes the profile of a column by what its different values tell.
pub(super) fn complete(
    session: &Session,
    column: &Column,
    plan: &ProfilePlan,
    figures: &mut ColumnProfile,
) -> Result<(), EngineError> {
    let ask = |(purpose, text): Said| session.rows(&purpose, &text).map_err(|error| fault(&error));
    let grouped = groups(column, plan);
    if grouped {
        let (purpose, text) = fill(column);
        session.run(&purpose, &text).map_err(|error| fault(&error))?;
        take_values(figures, plan, &ask(values(column, plan))?);
    }
    let few = grouped && figures.distinct * 20 < figures.rows;
    let wanted = wanted_quantiles(column, plan);
    let mut found = Vec::new();
    if !wanted.is_empty() {
        let rows = ask(quantiles(column, &wanted, few, None))?;
        let row = rows.into_iter().next().unwrap_or_default();
        let values = row.iter().map(as_number);
        found = wanted.iter().copied().zip(values).filter_map(|(q, v)| v.map(|v| (q, v))).collect();
        figures.quantiles =
            found.iter().filter(|(q, _)| plan.quantiles.contains(q)).copied().collect();
    }
    if plan.deep && grouped {
        let seen = deep::Seen { column, plan, few, quantiles: &found };
        figures.deep = Some(deep::look(session, &seen, figures)?);
    }
    Ok(())
}

/// The statements of [`complete`] that every column has, for people.
pub(super) fn explain(column: &Column, plan: &ProfilePlan) -> Vec<Said> {
    let mut said = Vec::new();
    if groups(column, plan) {
        said.push(fill(column));
        said.push(values(column, plan));
    }
    let wanted = wanted_quantiles(column, plan);
    if !wanted.is_empty() {
        said.push(quantiles(column, &wanted, false, None));
    }
    said
}

/// The statement that groups a column.
fn fill(column: &Column) -> Said {
    let name = sql::identifier(&column.name);
    let text = format!(
        "CREATE OR REPLACE TEMP TABLE {VALUES} AS\nSELECT {name} AS v, count(*) AS n FROM {DATASET} WHERE \
         {name} IS NOT NULL GROUP BY {name}"
    );
    (format!("values of {}", column.name), text)
}

/// A number of a column, without what is not finite; nothing where the column holds no numbers.
fn finite(column: &Column, name: &str) -> Option<String> {
    match column.data_type? {
        DataType::Double => Some(format!("CASE WHEN isfinite({name}) THEN {name} END")),
        other if other.family() == Family::Number => Some(format!("CAST({name} AS DOUBLE)")),
        _ => None,
    }
}

/// The statement for quantiles of a column, or of the distances of its values from a number. `few` says
/// that the same values come again and again, so that counting them is quicker than putting all rows in
/// order.
fn quantiles(column: &Column, wanted: &[f64], few: bool, from: Option<f64>) -> Said {
    let name = if few { "v".to_owned() } else { sql::identifier(&column.name) };
    let value = finite(column, &name).unwrap_or(name);
    let value = match from {
        Some(from) => format!("abs({value} - ({from:e}))"),
        None => value,
    };
    let text = if few { counted_quantiles(&value, wanted) } else { ordered(&value, wanted) };
    (format!("quantiles of {}", column.name), text)
}

/// The statement for different values, the most frequent ones, and bins, as rows
/// `kind, position, value, low, high, rows`.
fn values(column: &Column, plan: &ProfilePlan) -> Said {
    let mut parts = vec![format!(
        "SELECT 'distinct' AS kind, CAST(0 AS BIGINT) AS position, NULL::VARCHAR AS value, \
         NULL::DOUBLE AS low, NULL::DOUBLE AS high, count(*) AS rows FROM {VALUES}"
    )];
    if plan.top_values > 0 {
        parts.push(format!(
            "SELECT 'top', row_number() OVER (ORDER BY n DESC, v), CAST(v AS VARCHAR), NULL, NULL, n\n\
             FROM (SELECT v, n FROM {VALUES} ORDER BY n DESC, v LIMIT {})",
            plan.top_values
        ));
    }
    let mut bounds = String::new();
    if let Some(axis) = axis(column).filter(|_| plan.histogram_bins > 0) {
        let bins = plan.histogram_bins;
        // The quotient may land in a neighbour of the right bin; the bins' own ends decide.
        bounds = format!(
            "WITH p AS (SELECT {axis} AS x, n FROM {VALUES}),\n\
             b AS MATERIALIZED (SELECT min(x) AS lo, max(x) AS hi, (max(x) - min(x)) / {bins} AS w, \
             sum(n) FILTER (WHERE x IS NOT NULL) AS m FROM p),\n\
             i AS (SELECT x, n, lo, hi, w, least({last}, CAST(floor((x - lo) / w) AS BIGINT)) AS k FROM p, b \
             WHERE x IS NOT NULL AND w > 0 AND isfinite(w)),\n\
             h AS (SELECT CASE WHEN k > 0 AND x < lo + k * w THEN k - 1 WHEN k < {last} AND \
             x >= lo + (k + 1) * w THEN k + 1 ELSE k END AS k, n FROM i)\n",
            last = bins - 1,
        );
        parts.push("SELECT 'bounds', 0, NULL, lo, hi, CAST(m AS BIGINT) FROM b WHERE lo IS NOT NULL AND isfinite(hi - lo)".into());
        parts.push(
            "SELECT 'bin', k, NULL, NULL, NULL, CAST(sum(n) AS BIGINT) FROM h GROUP BY k".into(),
        );
    }
    let text = format!("{bounds}{}", parts.join("\nUNION ALL\n"));
    (format!("figures of the values of {}", column.name), text)
}

/// The quantiles that make sense, with the quartiles where more is asked for.
fn wanted_quantiles(column: &Column, plan: &ProfilePlan) -> Vec<f64> {
    if column.data_type.map(DataType::family) != Some(Family::Number) {
        return Vec::new();
    }
    let quartiles: &[f64] = if plan.deep { &[0.25, 0.5, 0.75] } else { &[] };
    let mut wanted: Vec<f64> = Vec::new();
    for q in plan.quantiles.iter().chain(quartiles) {
        if (0.0..=1.0).contains(q) && !wanted.contains(q) {
            wanted.push(*q);
        }
    }
    wanted
}

/// One row of quantiles, over all rows.
fn ordered(value: &str, wanted: &[f64]) -> String {
    let list: Vec<String> = wanted.iter().map(f64::to_string).collect();
    let items: Vec<String> = (1..=wanted.len()).map(|n| format!("list_extract(q, {n})")).collect();
    format!(
        "SELECT {}\nFROM (SELECT quantile_cont({value}, [{}]) AS q FROM {DATASET})",
        items.join(", "),
        list.join(", ")
    )
}

/// One row of quantiles, over the different values: each lies between the two values on either side of
/// its place, as it does over all rows.
fn counted_quantiles(value: &str, wanted: &[f64]) -> String {
    let items: Vec<String> = wanted
        .iter()
        .map(|q| {
            let at = |end: &str| format!("min(x) FILTER (WHERE upto > {end}({q} * last))");
            let part = format!("({q} * max(last) - floor({q} * max(last)))");
            format!("{low} + {part} * ({high} - {low})", low = at("floor"), high = at("ceil"))
        })
        .collect();
    format!(
        "WITH g AS MATERIALIZED (\n  SELECT {value} AS x, CAST(sum(n) AS BIGINT) AS n FROM {VALUES} GROUP BY {value}\n),\n\
         c AS MATERIALIZED (\n  SELECT x, CAST(sum(n) OVER (ORDER BY x) AS DOUBLE) AS upto, \
         CAST(sum(n) OVER () AS DOUBLE) - 1 AS last FROM g WHERE x IS NOT NULL\n)\nSELECT {}\nFROM c",
        items.join(",\n  ")
    )
}

/// Takes over the result of [`values`].
pub(super) fn take_values(profile: &mut ColumnProfile, plan: &ProfilePlan, rows: &[Vec<Value>]) {
    let mut top = Vec::new();
    let mut bins = Vec::new();
    let mut bounds = None;
    for row in rows {
        let [kind, position, value, low, high, count] = row.as_slice() else { continue };
        match as_text(kind.clone()).as_deref() {
            Some("distinct") => profile.distinct = as_count(count),
            Some("top") => {
                top.push((
                    as_count(position),
                    as_text(value.clone()).unwrap_or_default(),
                    as_count(count),
                ));
            }
            Some("bounds") => {
                bounds = as_number(low).zip(as_number(high)).map(|ends| (ends, as_count(count)));
            }
            Some("bin") => bins.push((as_count(position), as_count(count))),
            _ => {}
        }
    }
    top.sort_unstable_by_key(|(position, ..)| *position);
    profile.top = top.into_iter().map(|(_, value, count)| (value, count)).collect();
    if let Some((ends, rows)) = bounds {
        profile.histogram = histogram(ends, rows, plan.histogram_bins, &bins);
    }
}

/// All bins, the empty ones too; a single one where all values are equal.
fn histogram(
    (low, high): (f64, f64),
    rows: u64,
    number: u32,
    bins: &[(u64, u64)],
) -> Vec<(f64, f64, u64)> {
    if low >= high {
        return vec![(low, high, rows)];
    }
    let width = (high - low) / f64::from(number);
    let end = |index: u32| if index == number { high } else { low + f64::from(index) * width };
    (0..number)
        .map(|index| {
            let rows = bins.iter().find(|(bin, _)| *bin == u64::from(index)).map_or(0, |(_, n)| *n);
            (end(index), end(index + 1), rows)
        })
        .collect()
}
