//! What an engine says of the data beyond the checks: profiles of columns, and of all columns together.

use assay_schemas::datatype::DataType;
use serde::{Deserialize, Serialize};

/// Known forms of text, each by a pattern for the whole value.
pub const FORMS: &[(&str, &str)] = &[
    ("email", r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"),
    ("url", r"https?://[^\s/?#]+[^\s]*"),
    ("uuid", r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"),
    (
        "ipv4",
        r"(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])",
    ),
    ("mac_address", r"(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}"),
    ("iban", r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?"),
    ("phone", r"\+[1-9][0-9 ()-]{6,18}[0-9]"),
    ("json", r"\s*[\[{][\s\S]*[\]}]\s*"),
    ("hex_digest", r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})"),
];

/// The profile of one column. What does not apply to the column's type is `None` or empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ColumnProfile {
    /// The column.
    pub column: String,
    /// Its type in the words of the language.
    pub data_type: String,
    /// Rows.
    pub rows: u64,
    /// Rows that are null.
    pub nulls: u64,
    /// Different values, nulls not counted.
    pub distinct: u64,
    /// Whether `distinct` is an estimate.
    pub distinct_is_estimate: bool,
    /// Smallest value, as text.
    pub min: Option<String>,
    /// Greatest value, as text.
    pub max: Option<String>,
    /// Arithmetic mean. This and all further figures of doubles leave out NaN and infinities.
    pub mean: Option<f64>,
    /// Sample standard deviation.
    pub standard_deviation: Option<f64>,
    /// Sum.
    pub sum: Option<f64>,
    /// Values equal to zero.
    pub zeros: Option<u64>,
    /// Values below zero.
    pub negatives: Option<u64>,
    /// Smallest, mean and greatest length of text in code points.
    pub lengths: Option<(u64, f64, u64)>,
    /// Quantile and its value.
    pub quantiles: Vec<(f64, f64)>,
    /// Most frequent values with their counts.
    pub top: Vec<(String, u64)>,
    /// Equal-width bins: lower end, upper end, rows. Times in seconds since 1970-01-01 UTC.
    pub histogram: Vec<(f64, f64, u64)>,
    /// The figures that cost a look at every value, where they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deep: Option<Deep>,
}

/// Figures of a column that cost a look at every value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Deep {
    /// Values that occur exactly once.
    pub unique: u64,
    /// Shannon entropy of the values in bits.
    pub entropy: Option<f64>,
    /// Median; of times in seconds since 1970-01-01 UTC.
    pub median: Option<f64>,
    /// Third quartile less first.
    pub interquartile_range: Option<f64>,
    /// Median of the distances from the median.
    pub median_deviation: Option<f64>,
    /// Sample skewness (bias-corrected).
    pub skewness: Option<f64>,
    /// Sample excess kurtosis (bias-corrected).
    pub kurtosis: Option<f64>,
    /// Chi-squared of the histogram against equal bins.
    pub chi_squared: Option<f64>,
    /// Values of doubles that are NaN.
    pub nans: Option<u64>,
    /// Values of doubles and times that are infinite.
    pub infinities: Option<u64>,
    /// Truth values that are true.
    pub trues: Option<u64>,
    /// How the values follow each other through the rows, nulls left out.
    pub order: Option<RowOrder>,
    /// The smallest values with their counts, smallest first.
    pub least: Vec<(String, u64)>,
    /// The greatest values with their counts, greatest first.
    pub greatest: Vec<(String, u64)>,
    /// Of text only.
    pub text: Option<TextKinds>,
}

/// How the values of a column follow each other through the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowOrder {
    /// Each is greater than the one before.
    StrictlyIncreasing,
    /// None is less than the one before.
    Increasing,
    /// All are equal.
    Constant,
    /// None is greater than the one before.
    Decreasing,
    /// Each is less than the one before.
    StrictlyDecreasing,
    /// None of these.
    None,
}

impl RowOrder {
    /// That of values with so many neighbours that rise, stay and fall; `None` where there are none.
    pub fn of(up: u64, same: u64, down: u64) -> Option<Self> {
        Some(match (up, same, down) {
            (0, 0, 0) => return None,
            (0, _, 0) => Self::Constant,
            (_, 0, 0) => Self::StrictlyIncreasing,
            (_, _, 0) => Self::Increasing,
            (0, 0, _) => Self::StrictlyDecreasing,
            (0, _, _) => Self::Decreasing,
            _ => Self::None,
        })
    }
}

/// What text is made of and what it could be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TextKinds {
    /// Values that are empty.
    pub empty: u64,
    /// Values with white space at an end.
    pub padded: u64,
    /// Different values once case and white space at the ends are left out.
    pub folded: u64,
    /// Median length in code points.
    pub length_median: f64,
    /// Lengths in equal-width bins: smallest, greatest, values.
    pub length_histogram: Vec<(u64, u64, u64)>,
    /// Mean number of words.
    pub words: f64,
    /// Code points by what they are: `letter`, `digit`, `space`, `punctuation`, `other`, and letters by
    /// script: `latin`, `greek`, `cyrillic`, `han`, `arabic`.
    pub characters: Vec<(String, u64)>,
    /// One in how many different values `characters` looks at; 1 means all.
    pub characters_sampled: u64,
    /// Values that read as another type: its name, with a strftime pattern where it has one.
    pub types: Vec<(String, u64)>,
    /// Values of a known form, such as `email`.
    pub formats: Vec<(String, u64)>,
    /// Values that often stand for a missing one, such as `N/A`.
    pub sentinels: Vec<(String, u64)>,
}

/// What a text column could be.
#[derive(Clone, Debug, PartialEq)]
pub struct Inferred {
    /// The column.
    pub column: String,
    /// Its type.
    pub data_type: DataType,
    /// A strftime pattern where it is not written as ISO 8601 has it.
    pub format: Option<String>,
}

/// What a profile says of rows and columns together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableProfile {
    /// Rows that equal an earlier row in every column.
    pub duplicate_rows: Option<u64>,
    /// How pairs of columns go together.
    pub pairs: Vec<Pair>,
    /// Which columns are null together, most rows first, ten at most.
    pub null_patterns: Vec<NullPattern>,
}

/// A figure of two columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// One column.
    pub left: String,
    /// The other.
    pub right: String,
    /// What is measured.
    pub measure: PairMeasure,
    /// Its value.
    pub value: f64,
}

/// A measure of two columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairMeasure {
    /// Pearson's correlation over the rows where both have a value.
    Pearson,
    /// Pearson's correlation of the ranks that the values have in their columns, equal ones sharing theirs.
    Spearman,
    /// Cramér's V over the rows where both have a value.
    CramersV,
    /// Pearson's correlation of being null.
    Nullity,
}

/// Rows with nulls in the same columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NullPattern {
    /// The columns that are null.
    pub columns: Vec<String>,
    /// Rows.
    pub rows: u64,
}
