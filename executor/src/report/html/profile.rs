//! The profile of the page: one line a column, with its distribution drawn.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::report::{figure, percent, thousands};
use crate::result::{ProfileRecord, RunRecord};

/// Size of a drawn histogram in units.
const WIDTH: f64 = 240.0;
const HEIGHT: f64 = 56.0;

/// The columns, in the order of the dataset.
pub(super) fn columns(record: &RunRecord) -> Vec<Value> {
    record.profile.iter().map(column).collect()
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
    })
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
    let most = profile.histogram.iter().map(|bin| bin.2).max()?.max(1) as f64;
    let step = WIDTH / profile.histogram.len() as f64;
    let bars: Vec<Value> = profile
        .histogram
        .iter()
        .enumerate()
        .filter(|(_, bin)| bin.2 > 0)
        .map(|(index, (low, high, count))| {
            // A bin with any row is never invisible.
            let height = (*count as f64 / most * HEIGHT).max(1.2);
            json!({
                "x": format!("{:.2}", index as f64 * step + step * 0.06),
                "y": format!("{:.2}", HEIGHT - height),
                "width": format!("{:.2}", step * 0.88),
                "height": format!("{height:.2}"),
                "title": format!(
                    "{} to {}: {} rows",
                    edge(profile, *low),
                    edge(profile, *high),
                    thousands(*count)
                ),
            })
        })
        .collect();
    Some(json!({"bars": bars, "low": edge(profile, first.0), "high": edge(profile, last.1)}))
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
