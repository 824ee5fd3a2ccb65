//! Two profiles, side by side: what came, what went, and how far the values have moved.
//!
//! A distribution is measured over the bins of the first profile, extended to both sides; the rows of a bin
//! of the second count as spread evenly over its width. Classifications are measured over their most
//! frequent values and all others together.

use serde::{Deserialize, Serialize};

use super::{present, share};
use crate::result::ProfileRecord;

/// The least share that a bin counts as, so that one empty bin does not decide everything.
const LEAST: f64 = 1e-4;

/// How two profiles differ.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Comparison {
    /// Rows before and after.
    pub rows: (u64, u64),
    /// Columns that only the second has.
    pub added: Vec<String>,
    /// Columns that only the first has.
    pub removed: Vec<String>,
    /// Columns of both, in the order of the first.
    pub columns: Vec<Change>,
}

/// How a column differs. Each pair is before and after.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Change {
    /// The column.
    pub column: String,
    /// Its types.
    pub data_type: (String, String),
    /// Shares of rows without a value.
    pub null_ratio: (f64, f64),
    /// Numbers of different values.
    pub distinct: (u64, u64),
    /// Means, of numbers.
    pub mean: Option<(f64, f64)>,
    /// Population stability index of the values.
    pub psi: Option<f64>,
    /// Kullback–Leibler divergence of the second from the first, in nats.
    pub kl: Option<f64>,
    /// Values among the most frequent of the second that the first does not have.
    pub new_values: Vec<String>,
    /// What it all comes to.
    pub drift: Drift,
}

/// How far a column has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drift {
    /// PSI below 0.1 and a change of the null ratio below 0.01.
    Stable,
    /// PSI below 0.25 and a change of the null ratio below 0.05.
    Moderate,
    /// More, or another type.
    Major,
}

impl Drift {
    /// The printed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Moderate => "moderate",
            Self::Major => "major",
        }
    }
}

impl Comparison {
    /// The most that any column has moved; a column that went is major.
    pub fn drift(&self) -> Drift {
        let columns = self.columns.iter().map(|change| change.drift);
        let gone = (!self.removed.is_empty()).then_some(Drift::Major);
        columns.chain(gone).max().unwrap_or(Drift::Stable)
    }
}

/// Compares two profiles, each the rows and the columns.
pub fn compare(before: (u64, &[ProfileRecord]), after: (u64, &[ProfileRecord])) -> Comparison {
    let find = |columns: &'_ [ProfileRecord], name: &str| {
        columns.iter().position(|column| column.column == name)
    };
    let only = |one: &[ProfileRecord], other: &[ProfileRecord]| {
        let names = one.iter().map(|column| column.column.clone());
        names.filter(|name| find(other, name).is_none()).collect()
    };
    let both = before.1.iter().filter_map(|column| {
        let other = find(after.1, &column.column)?;
        Some(change(column, &after.1[other]))
    });
    Comparison {
        rows: (before.0, after.0),
        added: only(after.1, before.1),
        removed: only(before.1, after.1),
        columns: both.collect(),
    }
}

fn change(before: &ProfileRecord, after: &ProfileRecord) -> Change {
    let shares = shares(before, after);
    let figure = |sum: fn(f64, f64) -> f64| {
        shares.as_ref().map(|pairs| pairs.iter().map(|(p, q)| sum(*p, *q)).sum::<f64>())
    };
    let psi = figure(|p, q| (q - p) * (q / p).ln());
    let kl = figure(|p, q| q * (q / p).ln()).map(|kl| kl.max(0.0));
    let null_ratio = (share(before.nulls, before.rows), share(after.nulls, after.rows));
    let nulls = (null_ratio.0 - null_ratio.1).abs();
    let same_type = kind(before) == kind(after);
    let drift = match psi.unwrap_or(0.0) {
        _ if !same_type => Drift::Major,
        psi if psi < 0.1 && nulls < 0.01 => Drift::Stable,
        psi if psi < 0.25 && nulls < 0.05 => Drift::Moderate,
        _ => Drift::Major,
    };
    // Only where all values of the first are known is another one certainly new.
    let known = before.top.len() as u64 == before.distinct;
    let is_new = |value: &&(String, u64)| !before.top.iter().any(|(old, _)| *old == value.0);
    let new_values = match known && !before.top.is_empty() {
        true => after.top.iter().filter(is_new).map(|(value, _)| value.clone()).collect(),
        false => Vec::new(),
    };
    Change {
        column: before.column.clone(),
        data_type: (before.data_type.clone(), after.data_type.clone()),
        null_ratio,
        distinct: (before.distinct, after.distinct),
        mean: before.mean.zip(after.mean),
        psi,
        kl,
        new_values,
        drift,
    }
}

/// A type without its digits: `decimal(9,2)` and `decimal(12,2)` are of one kind.
fn kind(column: &ProfileRecord) -> &str {
    let name = column.data_type.as_str();
    match name.split('(').next().unwrap_or(name) {
        "integer" | "decimal" | "double" => "number",
        other => other,
    }
}

/// The share of each bin or value before and after, none of them zero.
fn shares(before: &ProfileRecord, after: &ProfileRecord) -> Option<Vec<(f64, f64)>> {
    if present(before) == 0 || present(after) == 0 || kind(before) != kind(after) {
        return None;
    }
    let complete = |column: &ProfileRecord| column.top.len() as u64 == column.distinct;
    let counted = match before.histogram.is_empty() || (complete(before) && complete(after)) {
        true => by_value(before, after)?,
        false => by_bin(before, after)?,
    };
    let total = |side: fn(&(f64, f64)) -> f64| counted.iter().map(side).sum::<f64>();
    let (left, right) = (total(|pair| pair.0), total(|pair| pair.1));
    if left <= 0.0 || right <= 0.0 {
        return None;
    }
    Some(counted.iter().map(|(p, q)| ((p / left).max(LEAST), (q / right).max(LEAST))).collect())
}

fn by_value(before: &ProfileRecord, after: &ProfileRecord) -> Option<Vec<(f64, f64)>> {
    if before.top.is_empty() || after.top.is_empty() {
        return None;
    }
    // Where hardly anything repeats, the most frequent values say nothing.
    let covered = |column: &ProfileRecord| {
        share(column.top.iter().map(|(_, count)| count).sum(), present(column))
    };
    if covered(before) < 0.5 && covered(after) < 0.5 {
        return None;
    }
    let count = |column: &ProfileRecord, value: &str| {
        column.top.iter().find(|(known, _)| known == value).map_or(0, |(_, count)| *count) as f64
    };
    let mut values: Vec<&str> = before.top.iter().map(|(value, _)| value.as_str()).collect();
    for (value, _) in &after.top {
        if !values.contains(&value.as_str()) {
            values.push(value);
        }
    }
    let mut pairs: Vec<(f64, f64)> =
        values.iter().map(|value| (count(before, value), count(after, value))).collect();
    let rest = |column: &ProfileRecord, told: f64| (present(column) as f64 - told).max(0.0);
    let told = |side: fn(&(f64, f64)) -> f64| pairs.iter().map(side).sum::<f64>();
    let others = (rest(before, told(|pair| pair.0)), rest(after, told(|pair| pair.1)));
    if others.0 + others.1 > 0.0 {
        pairs.push(others);
    }
    Some(pairs)
}

fn by_bin(before: &ProfileRecord, after: &ProfileRecord) -> Option<Vec<(f64, f64)>> {
    let (low, high) = (before.histogram.first()?.0, before.histogram.last()?.1);
    let mut pairs: Vec<(f64, f64)> = before
        .histogram
        .iter()
        .enumerate()
        .map(|(at, (from, to, rows))| {
            // The last bin holds its upper end.
            let last = at + 1 == before.histogram.len();
            (*rows as f64, within(after, *from, *to, last))
        })
        .collect();
    let outside = |from: f64, to: f64| within(after, from, to, false);
    let below = outside(f64::NEG_INFINITY, low);
    let inside: f64 = pairs.iter().map(|pair| pair.1).sum();
    let total: f64 = after.histogram.iter().map(|bin| bin.2 as f64).sum();
    pairs.push((0.0, below));
    pairs.push((0.0, (total - below - inside).max(0.0)));
    debug_assert!(low <= high);
    Some(pairs)
}

/// Rows of a histogram within an interval.
fn within(column: &ProfileRecord, from: f64, to: f64, with_end: bool) -> f64 {
    column
        .histogram
        .iter()
        .map(|(low, high, rows)| {
            let rows = *rows as f64;
            if low == high {
                let inside = *low >= from && (*low < to || (with_end && *low == to));
                return if inside { rows } else { 0.0 };
            }
            let overlap = high.min(to) - low.max(from);
            rows * (overlap / (high - low)).clamp(0.0, 1.0)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(top: &[(&str, u64)], histogram: &[(f64, f64, u64)]) -> ProfileRecord {
        let text = serde_json::json!({
            "column": "c", "data_type": if histogram.is_empty() { "text" } else { "double" },
            "rows": 100, "nulls": 0, "distinct": if histogram.is_empty() { top.len() } else { 100 },
            "distinct_is_estimate": false, "min": null, "max": null, "mean": null,
            "standard_deviation": null, "sum": null, "zeros": null, "negatives": null, "lengths": null,
            "quantiles": [], "top": top, "histogram": histogram, "classification": null,
        });
        serde_json::from_value(text).unwrap()
    }

    #[test]
    fn what_is_the_same_has_not_moved() {
        let bins = [(0.0, 1.0, 60), (1.0, 2.0, 40)];
        let same = change(&column(&[], &bins), &column(&[], &bins));
        assert_eq!((same.psi, same.drift), (Some(0.0), Drift::Stable));
    }

    #[test]
    fn shares_of_values_give_the_index_of_the_textbook() {
        let moved =
            change(&column(&[("a", 60), ("b", 40)], &[]), &column(&[("a", 40), ("b", 60)], &[]));
        // (0.4 - 0.6) ln(0.4 / 0.6) + (0.6 - 0.4) ln(0.6 / 0.4)
        assert!((moved.psi.unwrap() - 0.162_186_043_243_265_76).abs() < 1e-12, "{moved:?}");
        assert_eq!(moved.drift, Drift::Moderate);
        let new = change(&column(&[("a", 100)], &[]), &column(&[("a", 50), ("z", 50)], &[]));
        assert_eq!((new.new_values, new.drift), (vec!["z".to_owned()], Drift::Major));
    }

    #[test]
    fn bins_of_another_width_are_spread_evenly() {
        let before = column(&[], &[(0.0, 10.0, 50), (10.0, 20.0, 50)]);
        let after = column(&[], &[(5.0, 25.0, 100)]);
        let pairs = by_bin(&before, &after).unwrap();
        assert_eq!(pairs, [(50.0, 25.0), (50.0, 50.0), (0.0, 0.0), (0.0, 25.0)]);
    }
}
