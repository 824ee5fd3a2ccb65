//! The profile of the page: one line a column, with its distribution drawn.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::engine::{Deep, TextKinds};
use crate::report::{figure, percent, thousands};
use crate::result::ProfileRecord;

/// Size of a drawn histogram in units.
const WIDTH: f64 = 240.0;
const HEIGHT: f64 = 56.0;

/// The columns, in the order of the dataset.
pub(in crate::report) fn columns(profile: &[ProfileRecord]) -> Vec<Value> {
    profile.iter().map(column).collect()
}

fn column(profile: &ProfileRecord) -> Value {
    let rows = profile.rows.max(1) as f64;
    let nulls = profile.nulls as f64 / rows;
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            facts.push(json!({"name": name, "value": value}));
        }
    };
    fact("mean", profile.mean.map(figure));
    fact("standard deviation", profile.standard_deviation.map(figure));
    fact("sum", profile.sum.map(figure));
    fact("zeros", profile.zeros.map(thousands));
    fact("negatives", profile.negatives.map(thousands));
    fact(
        "length",
        profile.lengths.map(|(least, mean, most)| {
            format!("{} to {}, mean {}", thousands(least), thousands(most), figure(mean))
        }),
    );
    if let Some(deep) = &profile.deep {
        deep_facts(deep, &mut fact);
    }
    let estimate = if profile.distinct_is_estimate { "≈ " } else { "" };
    json!({
        "name": profile.column,
        "type": profile.data_type,
        "classification": profile.classification,
        "nulls": thousands(profile.nulls),
        "null_share": percent(nulls),
        "null_bar": format!("{:.2}", if profile.nulls > 0 { (nulls * 100.0).max(2.0) } else { 0.0 }),
        "distinct": format!("{estimate}{}", thousands(profile.distinct)),
        "unique": profile.distinct == profile.rows - profile.nulls.min(profile.rows)
            && profile.distinct > 0,
        "min": profile.min.as_deref().map(|text| shown(profile, text)),
        "max": profile.max.as_deref().map(|text| shown(profile, text)),
        "facts": facts,
        "quantiles": profile
            .quantiles
            .iter()
            .map(|(q, value)| json!({"q": format!("{} %", figure(q * 100.0)), "value": figure(*value)}))
            .collect::<Vec<_>>(),
        "top": top(profile),
        "histogram": histogram(profile),
        "lengths": profile.deep.as_ref().and_then(|deep| lengths(deep.text.as_ref()?)),
        "lists": profile.deep.as_ref().map_or_else(Vec::new, lists),
    })
}

/// The figures of every value that are one number each.
fn deep_facts(deep: &Deep, fact: &mut impl FnMut(&str, Option<String>)) {
    fact("unique", Some(thousands(deep.unique)));
    fact("interquartile range", deep.interquartile_range.map(figure));
    fact("median deviation", deep.median_deviation.map(figure));
    fact("skewness", deep.skewness.map(figure));
    fact("kurtosis", deep.kurtosis.map(figure));
    fact("entropy", deep.entropy.map(|bits| format!("{} bits", figure(bits))));
    fact("NaN", deep.nans.filter(|count| *count > 0).map(thousands));
    fact("infinite", deep.infinities.filter(|count| *count > 0).map(thousands));
    fact("true", deep.trues.map(thousands));
    let order = deep.order.and_then(|order| serde_json::to_value(order).ok());
    let order = order.as_ref().and_then(Value::as_str).filter(|order| *order != "none");
    fact("order of rows", order.map(|order| order.replace('_', " ")));
    if let Some(text) = &deep.text {
        fact("median length", Some(figure(text.length_median)));
        fact("words, mean", Some(figure(text.words)));
        fact("empty", Some(thousands(text.empty)));
        fact("white space at an end", Some(thousands(text.padded)));
    }
}

/// Lists of values with their counts beside the most frequent ones.
fn lists(deep: &Deep) -> Vec<Value> {
    let mut lists = Vec::new();
    let mut list = |name: &str, lines: &[(String, u64)]| {
        if !lines.is_empty() {
            let lines: Vec<Value> = lines
                .iter()
                .map(|(value, count)| json!({"value": value, "count": thousands(*count)}))
                .collect();
            lists.push(json!({"name": name, "lines": lines}));
        }
    };
    list("Smallest", &deep.least);
    list("Greatest", &deep.greatest);
    if let Some(text) = &deep.text {
        list("Reads as", &text.types);
        list("Known forms", &text.formats);
        list("May mean missing", &text.sentinels);
        let sampled = match text.characters_sampled {
            0 | 1 => "Characters".to_owned(),
            every => format!("Characters, in 1 of {} values", thousands(every)),
        };
        list(&sampled, &text.characters);
    }
    lists
}

/// The bars of the lengths of text.
fn lengths(text: &TextKinds) -> Option<Value> {
    let (first, last) = (text.length_histogram.first()?, text.length_histogram.last()?);
    let bins: Vec<(String, u64)> = text
        .length_histogram
        .iter()
        .map(|(low, high, rows)| match low == high {
            true => (format!("{low} characters"), *rows),
            false => (format!("{low} to {high} characters"), *rows),
        })
        .collect();
    Some(json!({
        "bars": bars(&bins), "low": first.0.to_string(), "high": last.1.to_string(),
    }))
}

/// Numbers are written like all others of the page; everything else as it is.
fn shown(profile: &ProfileRecord, text: &str) -> String {
    let number = text.parse::<f64>().ok().filter(|_| profile.mean.is_some());
    number.map_or_else(|| text.to_owned(), figure)
}

fn top(profile: &ProfileRecord) -> Vec<Value> {
    let rows = profile.rows.max(1) as f64;
    let most = profile.top.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1) as f64;
    profile
        .top
        .iter()
        .map(|(value, count)| {
            json!({
                "value": value,
                "count": thousands(*count),
                "share": percent(*count as f64 / rows),
                "bar": format!("{:.2}", (*count as f64 / most * 100.0).max(0.5)),
            })
        })
        .collect()
}

/// The bars of a histogram; none where the column has no such figure.
fn histogram(profile: &ProfileRecord) -> Option<Value> {
    let (first, last) = (profile.histogram.first()?, profile.histogram.last()?);
    let bins: Vec<(String, u64)> = profile
        .histogram
        .iter()
        .map(|(low, high, rows)| {
            (format!("{} to {}", edge(profile, *low), edge(profile, *high)), *rows)
        })
        .collect();
    let bars = bars(&bins);
    Some(json!({"bars": bars, "low": edge(profile, first.0), "high": edge(profile, last.1)}))
}

/// Bars of bins, each with its words and its rows.
fn bars(bins: &[(String, u64)]) -> Vec<Value> {
    let most = bins.iter().map(|(_, rows)| *rows).max().unwrap_or(1).max(1) as f64;
    let step = WIDTH / bins.len().max(1) as f64;
    bins.iter()
        .enumerate()
        .filter(|(_, (_, rows))| *rows > 0)
        .map(|(index, (words, rows))| {
            // A bin with any row is never invisible.
            let height = (*rows as f64 / most * HEIGHT).max(1.2);
            json!({
                "x": format!("{:.2}", index as f64 * step + step * 0.06),
                "y": format!("{:.2}", HEIGHT - height),
                "width": format!("{:.2}", step * 0.88),
                "height": format!("{height:.2}"),
                "title": format!("{words}: {} rows", thousands(*rows)),
            })
        })
        .collect()
}

/// The end of a bin: a number, or a day where the column holds times.
fn edge(profile: &ProfileRecord, at: f64) -> String {
    let temporal = matches!(profile.data_type.as_str(), "date" | "timestamp");
    let instant = || Timestamp::from_second(at as i64).ok();
    match temporal.then(instant).flatten() {
        Some(instant) => instant.to_zoned(jiff::tz::TimeZone::UTC).date().to_string(),
        None => figure(at),
    }
}
