//! Profiles. What one pass over the rows can tell comes out of the common scan; different values, the
//! most frequent ones and histograms come out of one grouping for each column, which reads that column
//! only; quantiles, where wanted, out of one more.

use assay_schemas::datatype::{DataType, Family};
use duckdb::types::Value;

use super::connection::{as_count, as_number, as_text};
use super::fuse::{DATASET, Fusion};
use super::sql;
use super::types::Column;
use crate::engine::{ColumnProfile, ProfilePlan};

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

/// The statement for a column's different values, where something wants them.
pub(super) fn values(column: &Column, plan: &ProfilePlan) -> Option<(String, String)> {
    groups(column, plan).then(|| (format!("values of {}", column.name), grouping(column, plan)))
}

/// The statement for a column's quantiles, where they are wanted. `few` says that the same values come
/// again and again, so that counting them is quicker than putting all rows in order.
pub(super) fn quantiles(
    column: &Column,
    plan: &ProfilePlan,
    few: bool,
) -> Option<(String, String)> {
    let numeric = column.data_type.map(DataType::family) == Some(Family::Number);
    let wanted = wanted_quantiles(plan);
    (numeric && !wanted.is_empty()).then(|| {
        let name = sql::identifier(&column.name);
        let finite = match column.data_type {
            Some(DataType::Double) => format!("CASE WHEN isfinite({name}) THEN {name} END"),
            _ => format!("CAST({name} AS DOUBLE)"),
        };
        let text =
            if few { counted_quantiles(&finite, &wanted) } else { ordered(&finite, &wanted) };
        (format!("quantiles of {}", column.name), text)
    })
}

/// Whether a column has few different values for its rows.
pub(super) fn has_few_values(profile: &ColumnProfile) -> bool {
    !profile.distinct_is_estimate && profile.distinct * 20 < profile.rows
}

/// Different values, the most frequent ones, and bins, as rows `kind, position, value, low, high, rows`.
fn grouping(column: &Column, plan: &ProfilePlan) -> String {
    let name = sql::identifier(&column.name);
    let mut parts = vec![
        "SELECT 'distinct' AS kind, CAST(0 AS BIGINT) AS position, NULL::VARCHAR AS value, \
         NULL::DOUBLE AS low, NULL::DOUBLE AS high, count(*) AS rows FROM g"
            .to_owned(),
    ];
    if plan.top_values > 0 {
        parts.push(format!(
            "SELECT 'top', row_number() OVER (ORDER BY n DESC, v), CAST(v AS VARCHAR), NULL, NULL, n\n\
             FROM (SELECT v, n FROM g ORDER BY n DESC, v LIMIT {})",
            plan.top_values
        ));
    }
    let mut bounds = String::new();
    if let Some(axis) = axis(column).filter(|_| plan.histogram_bins > 0) {
        let bins = plan.histogram_bins;
        // The quotient may land in a neighbour of the right bin; the bins' own ends decide.
        bounds = format!(
            ",\np AS MATERIALIZED (SELECT {axis} AS x, n FROM g),\n\
             b AS MATERIALIZED (SELECT min(x) AS lo, max(x) AS hi, (max(x) - min(x)) / {bins} AS w, \
             sum(n) FILTER (WHERE x IS NOT NULL) AS m FROM p),\n\
             i AS (SELECT x, n, lo, hi, w, least({last}, CAST(floor((x - lo) / w) AS BIGINT)) AS k FROM p, b \
             WHERE x IS NOT NULL AND w > 0 AND isfinite(w)),\n\
             h AS (SELECT CASE WHEN k > 0 AND x < lo + k * w THEN k - 1 WHEN k < {last} AND \
             x >= lo + (k + 1) * w THEN k + 1 ELSE k END AS k, n FROM i)",
            last = bins - 1,
        );
        parts.push("SELECT 'bounds', 0, NULL, lo, hi, CAST(m AS BIGINT) FROM b WHERE lo IS NOT NULL AND isfinite(hi - lo)".into());
        parts.push(
            "SELECT 'bin', k, NULL, NULL, NULL, CAST(sum(n) AS BIGINT) FROM h GROUP BY k".into(),
        );
    }
    format!(
        "WITH g AS MATERIALIZED (\n  SELECT {name} AS v, count(*) AS n FROM {DATASET} WHERE {name} IS \
         NOT NULL GROUP BY {name}\n){bounds}\n{}",
        parts.join("\nUNION ALL\n")
    )
}

/// The quantiles that make sense.
fn wanted_quantiles(plan: &ProfilePlan) -> Vec<f64> {
    plan.quantiles.iter().copied().filter(|q| (0.0..=1.0).contains(q)).collect()
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
        "WITH g AS MATERIALIZED (\n  SELECT {value} AS x, count(*) AS n FROM {DATASET} GROUP BY ALL\n),\n\
         c AS MATERIALIZED (\n  SELECT x, CAST(sum(n) OVER (ORDER BY x) AS DOUBLE) AS upto, \
         CAST(sum(n) OVER () AS DOUBLE) - 1 AS last FROM g WHERE x IS NOT NULL\n)\nSELECT {}\nFROM c",
        items.join(",\n  ")
    )
}

/// Takes over the result of [`quantiles`].
pub(super) fn take_quantiles(profile: &mut ColumnProfile, plan: &ProfilePlan, row: &[Value]) {
    profile.quantiles = wanted_quantiles(plan)
        .into_iter()
        .zip(row)
        .filter_map(|(q, cell)| as_number(cell).map(|value| (q, value)))
        .collect();
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
