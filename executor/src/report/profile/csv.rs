//! A profile as CSV: one line a column.

use std::fmt::Write as _;

use crate::profile::{Profile, present, share};
use crate::result::ProfileRecord;

type Figure = (&'static str, fn(&ProfileRecord) -> String);

/// The figures, in order.
const FIGURES: &[Figure] = &[
    ("column", |c| c.column.clone()),
    ("data_type", |c| c.data_type.clone()),
    ("rows", |c| c.rows.to_string()),
    ("nulls", |c| c.nulls.to_string()),
    ("null_ratio", |c| share(c.nulls, c.rows).to_string()),
    ("distinct", |c| c.distinct.to_string()),
    ("distinct_ratio", |c| share(c.distinct, present(c)).to_string()),
    ("unique", |c| deep(c, |d| Some(d.unique))),
    ("min", |c| c.min.clone().unwrap_or_default()),
    ("max", |c| c.max.clone().unwrap_or_default()),
    ("mean", |c| some(c.mean)),
    ("median", |c| deep(c, |d| d.median)),
    ("sum", |c| some(c.sum)),
    ("standard_deviation", |c| some(c.standard_deviation)),
    ("variance", |c| some(c.standard_deviation.map(|deviation| deviation * deviation))),
    ("coefficient_of_variation", |c| {
        some(c.standard_deviation.zip(c.mean).filter(|(_, mean)| *mean != 0.0).map(|(s, m)| s / m))
    }),
    ("q05", |c| quantile(c, 0.05)),
    ("q25", |c| quantile(c, 0.25)),
    ("q75", |c| quantile(c, 0.75)),
    ("q95", |c| quantile(c, 0.95)),
    ("interquartile_range", |c| deep(c, |d| d.interquartile_range)),
    ("median_deviation", |c| deep(c, |d| d.median_deviation)),
    ("skewness", |c| deep(c, |d| d.skewness)),
    ("kurtosis", |c| deep(c, |d| d.kurtosis)),
    ("entropy", |c| deep(c, |d| d.entropy)),
    ("zeros", |c| some(c.zeros)),
    ("negatives", |c| some(c.negatives)),
    ("infinities", |c| deep(c, |d| d.infinities)),
    ("nans", |c| deep(c, |d| d.nans)),
    ("trues", |c| deep(c, |d| d.trues)),
    ("order", |c| {
        deep(c, |d| {
            d.order.and_then(|order| serde_json::to_value(order).ok()?.as_str().map(str::to_owned))
        })
    }),
    ("length_min", |c| some(c.lengths.map(|lengths| lengths.0))),
    ("length_mean", |c| some(c.lengths.map(|lengths| lengths.1))),
    ("length_max", |c| some(c.lengths.map(|lengths| lengths.2))),
    ("empty", |c| deep(c, |d| d.text.as_ref().map(|text| text.empty))),
    ("padded", |c| deep(c, |d| d.text.as_ref().map(|text| text.padded))),
    ("most_frequent", |c| c.top.first().map(|(value, _)| value.clone()).unwrap_or_default()),
    ("most_frequent_rows", |c| some(c.top.first().map(|(_, count)| *count))),
];

fn some(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn deep<T: ToString>(
    column: &ProfileRecord,
    figure: impl Fn(&crate::engine::Deep) -> Option<T>,
) -> String {
    some(column.deep.as_ref().and_then(figure))
}

fn quantile(column: &ProfileRecord, wanted: f64) -> String {
    some(column.quantiles.iter().find(|(q, _)| *q == wanted).map(|(_, value)| *value))
}

/// The profile as CSV with a header.
pub fn render(profile: &Profile) -> String {
    let names: Vec<&str> = FIGURES.iter().map(|(name, _)| *name).collect();
    let mut text = format!("{}\n", names.join(","));
    for column in &profile.columns {
        let cells: Vec<String> = FIGURES.iter().map(|(_, figure)| cell(&figure(column))).collect();
        let _ = writeln!(text, "{}", cells.join(","));
    }
    text
}

/// A cell, in quotes where it needs them.
fn cell(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_would_split_is_quoted() {
        assert_eq!(cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(cell("plain"), "plain");
    }
}
