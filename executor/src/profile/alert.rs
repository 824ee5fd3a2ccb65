//! What of a profile is worth a look.

use serde::{Deserialize, Serialize};

use super::{Profile, present, share};
use crate::engine::PairMeasure;
use crate::report::{figure, percent, thousands};
use crate::result::ProfileRecord;

/// Something worth a look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// What it is.
    pub kind: AlertKind,
    /// The column, where it is one.
    pub column: Option<String>,
    /// What was found, in words.
    pub message: String,
}

/// Kinds of alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// No rows, or a column without any value.
    Empty,
    /// Lines that could not be split into cells.
    Malformed,
    /// Rows that equal an earlier one.
    DuplicateRows,
    /// At least 5 % of the rows have no value.
    Missing,
    /// Words that seem to stand for a missing value.
    Sentinel,
    /// All values are equal.
    Constant,
    /// No value occurs twice and none is missing.
    Unique,
    /// Text of more than 50 different values that seldom repeat.
    HighCardinality,
    /// One of few values has at least 90 % of the rows.
    Imbalance,
    /// More than half of the values are zero.
    Zeros,
    /// Sample skewness beyond 3 either way.
    Skewed,
    /// Values more than three interquartile ranges beyond the quartiles.
    Outliers,
    /// Infinite values.
    Infinite,
    /// Values that are not a number.
    NotANumber,
    /// Values spread evenly over their range.
    Uniform,
    /// Text that reads as days or instants.
    DateAsText,
    /// Text that reads as numbers.
    NumberAsText,
    /// White space at the ends of values.
    Padded,
    /// Values that differ in case or outer white space only.
    DirtyCategories,
    /// Text of one length.
    ConstantLength,
    /// Two columns that say nearly the same.
    HighCorrelation,
}

impl AlertKind {
    /// The printed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Malformed => "malformed",
            Self::DuplicateRows => "duplicate rows",
            Self::Missing => "missing",
            Self::Sentinel => "sentinel",
            Self::Constant => "constant",
            Self::Unique => "unique",
            Self::HighCardinality => "high cardinality",
            Self::Imbalance => "imbalance",
            Self::Zeros => "zeros",
            Self::Skewed => "skewed",
            Self::Outliers => "outliers",
            Self::Infinite => "infinite",
            Self::NotANumber => "not a number",
            Self::Uniform => "uniform",
            Self::DateAsText => "date as text",
            Self::NumberAsText => "number as text",
            Self::Padded => "padded",
            Self::DirtyCategories => "dirty categories",
            Self::ConstantLength => "constant length",
            Self::HighCorrelation => "high correlation",
        }
    }

    /// Whether it is no fault, only good to know.
    pub fn is_note(self) -> bool {
        matches!(
            self,
            Self::Unique
                | Self::Uniform
                | Self::ConstantLength
                | Self::HighCardinality
                | Self::HighCorrelation
        )
    }
}

/// The alerts of a profile: the table's, then those of each column in order.
pub fn alerts(profile: &Profile) -> Vec<Alert> {
    let mut found = Vec::new();
    let mut say = |kind, message: String| found.push(Alert { kind, column: None, message });
    if profile.rows == 0 {
        say(AlertKind::Empty, "there are no rows".to_owned());
    }
    if profile.malformed > 0 {
        let lines = thousands(profile.malformed);
        say(AlertKind::Malformed, format!("{lines} lines cannot be split into cells"));
    }
    if let Some(rows @ 1..) = profile.table.duplicate_rows {
        let part = percent(share(rows, profile.rows));
        say(
            AlertKind::DuplicateRows,
            format!("{} rows equal an earlier one ({part})", thousands(rows)),
        );
    }
    for pair in &profile.table.pairs {
        if pair.measure != PairMeasure::Nullity && pair.value.abs() > 0.9 {
            let word = match pair.measure {
                PairMeasure::Pearson => "correlation",
                PairMeasure::Spearman => "correlation of ranks",
                _ => "Cramér's V",
            };
            say(
                AlertKind::HighCorrelation,
                format!("{} and {}: {word} {}", pair.left, pair.right, figure(pair.value)),
            );
        }
    }
    for column in &profile.columns {
        let of_column =
            |(kind, message)| Alert { kind, column: Some(column.column.clone()), message };
        let mut own = Vec::new();
        if column.rows > 0 {
            values(column, &mut own);
            numbers(column, &mut own);
            text(column, &mut own);
        }
        found.extend(own.into_iter().map(of_column));
    }
    found
}

type Found = Vec<(AlertKind, String)>;

fn values(column: &ProfileRecord, found: &mut Found) {
    let present = present(column);
    if present == 0 {
        found.push((AlertKind::Empty, "no row has a value".to_owned()));
        return;
    }
    let missing = share(column.nulls, column.rows);
    if missing >= 0.05 {
        let rows = thousands(column.nulls);
        found.push((
            AlertKind::Missing,
            format!("{rows} rows have no value ({})", percent(missing)),
        ));
    }
    if column.distinct_is_estimate {
        return;
    }
    let is_text = column.data_type == "text";
    if column.distinct == 1 && present > 1 {
        found.push((AlertKind::Constant, "all values are equal".to_owned()));
    } else if column.distinct == column.rows && column.rows > 1 {
        found.push((AlertKind::Unique, "no value occurs twice".to_owned()));
    } else if is_text && column.distinct > 50 && share(column.distinct, present) > 0.5 {
        let values = thousands(column.distinct);
        found.push((AlertKind::HighCardinality, format!("{values} different values")));
    }
    if let Some((value, count)) = column.top.first()
        && (2..=50).contains(&column.distinct)
        && share(*count, present) >= 0.9
    {
        let part = percent(share(*count, present));
        found.push((AlertKind::Imbalance, format!("`{value}` has {part} of the values")));
    }
}

fn numbers(column: &ProfileRecord, found: &mut Found) {
    let present = present(column);
    let part = |count| format!("{} values ({})", thousands(count), percent(share(count, present)));
    if let Some(zeros) = column.zeros
        && share(zeros, present) > 0.5
        && column.distinct > 2
    {
        found.push((AlertKind::Zeros, format!("{} are zero", part(zeros))));
    }
    let Some(deep) = &column.deep else { return };
    if let Some(skewness) = deep.skewness.filter(|skewness| skewness.abs() > 3.0) {
        found.push((AlertKind::Skewed, format!("skewness {}", figure(skewness))));
    }
    if let Some(count @ 1..) = deep.infinities {
        found.push((AlertKind::Infinite, format!("{} are infinite", part(count))));
    }
    if let Some(count @ 1..) = deep.nans {
        found.push((AlertKind::NotANumber, format!("{} are NaN", part(count))));
    }
    if let Some(message) = outliers(column) {
        found.push((AlertKind::Outliers, message));
    }
    if let Some(distance) = deep.chi_squared
        && present >= 1000
        && distance < column.histogram.len() as f64 - 1.0
        && column.distinct > 50
        && column.distinct < column.rows
    {
        found.push((AlertKind::Uniform, "the values spread evenly over their range".to_owned()));
    }
}

/// The ends, where they are far from the quartiles.
fn outliers(column: &ProfileRecord) -> Option<String> {
    let at = |q: f64| column.quantiles.iter().find(|(known, _)| *known == q).map(|(_, v)| *v);
    let (lower, upper) = (at(0.25)?, at(0.75)?);
    let range = upper - lower;
    if range <= 0.0 {
        return None;
    }
    let end = |text: &Option<String>| text.as_ref()?.parse::<f64>().ok().filter(|v| v.is_finite());
    let (min, max) = (end(&column.min)?, end(&column.max)?);
    let (below, above) = ((lower - min) / range, (max - upper) / range);
    let (value, far, word) = if above >= below {
        (max, above, "above the third quartile")
    } else {
        (min, below, "below the first quartile")
    };
    (far > 3.0).then(|| {
        format!("{} lies {} interquartile ranges {word}", figure(value), figure(far.round()))
    })
}

fn text(column: &ProfileRecord, found: &mut Found) {
    let present = present(column);
    let Some(text) = column.deep.as_ref().and_then(|deep| deep.text.as_ref()) else { return };
    let sentinels: u64 = text.sentinels.iter().map(|(_, count)| count).sum();
    if sentinels > 0 {
        let words: Vec<String> = text
            .sentinels
            .iter()
            .take(3)
            .map(|(word, count)| format!("`{word}` {count} times"))
            .collect();
        let message = format!("{} may stand for a missing value (`--null`)", words.join(", "));
        found.push((AlertKind::Sentinel, message));
    }
    // A type is worth the word where nearly all that is no sentinel reads as it.
    let real = present.saturating_sub(sentinels);
    let reads = text.types.iter().filter(|(_, count)| real > 0 && share(*count, real) >= 0.9);
    if let Some((name, count)) = reads.max_by_key(|(_, count)| *count) {
        let temporal = name.starts_with("date") || name.starts_with("time");
        let kind = if temporal { AlertKind::DateAsText } else { AlertKind::NumberAsText };
        if name != "boolean" {
            let part = percent(share(*count, present));
            found.push((kind, format!("{part} of the values read as {name}")));
        }
    }
    if text.padded > 0 {
        let message = format!("{} values have white space at an end", thousands(text.padded));
        found.push((AlertKind::Padded, message));
    }
    if text.folded < column.distinct && column.distinct <= 1000 {
        let message = format!(
            "{} values are {} once case and outer white space are left out",
            thousands(column.distinct),
            thousands(text.folded)
        );
        found.push((AlertKind::DirtyCategories, message));
    }
    if let Some((least, _, most)) = column.lengths
        && least == most
        && column.distinct > 1
    {
        found.push((
            AlertKind::ConstantLength,
            format!("every value has {least} character{}", if least == 1 { "" } else { "s" }),
        ));
    }
}
