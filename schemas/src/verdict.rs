//! What a verdict means. Pinned here, the same in every engine.

mod outcome;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use outcome::Outcome;

use crate::plan::{Check, Empty, Level, Tolerance};

/// How bad a violation is. *Hard* means error or critical.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// For the record.
    Info,
    /// Worth a look; never fails a run.
    Warning,
    /// Fails the run.
    #[default]
    Error,
    /// Fails the run with an exit code of its own.
    Critical,
}

impl Severity {
    /// Whether a failure of this severity fails the run.
    pub fn is_hard(self) -> bool {
        self >= Self::Error
    }

    /// The printed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

/// Which quality of the data a rule speaks of.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Dimension {
    /// Values that should be there are there.
    Completeness,
    /// Nothing is there twice.
    Uniqueness,
    /// Values have the form and range that they should.
    Validity,
    /// Values agree with each other and with other datasets.
    Consistency,
    /// Values agree with the world.
    Accuracy,
    /// Data is recent enough.
    Timeliness,
}

impl Dimension {
    /// The printed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Completeness => "completeness",
            Self::Uniqueness => "uniqueness",
            Self::Validity => "validity",
            Self::Consistency => "consistency",
            Self::Accuracy => "accuracy",
            Self::Timeliness => "timeliness",
        }
    }
}

/// The judgement of one check.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Within tolerance.
    Pass,
    /// Beyond tolerance, of severity warning or info.
    Warn,
    /// Beyond tolerance, of severity error or critical.
    Fail,
    /// The check could not run.
    Error,
    /// There was nothing to judge.
    NotEvaluated,
}

impl Verdict {
    /// The printed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Error => "error",
            Self::NotEvaluated => "not_evaluated",
        }
    }
}

/// What an engine measured for one check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "measured", rename_all = "snake_case")]
pub enum Measurement {
    /// Rows judged one by one.
    Rows {
        /// Rows that were judged.
        evaluated: u64,
        /// Of these, rows that violate.
        violations: u64,
    },
    /// A figure.
    Figure {
        /// Its value; `None` where there was nothing to compute it from. In JSON, what is no number there
        /// is text: `NaN`, `Infinity`, `-Infinity`.
        #[serde(with = "figure")]
        value: Option<f64>,
        /// The figure as people read it, such as `3 h 20 min`; `None` to print the number.
        shown: Option<String>,
        /// Whether it lies within its bounds.
        within: bool,
        /// Values of the data that it speaks of, such as the most frequent ones or those outside a set; a
        /// few of them, redacted like cells of the check's columns before they are recorded.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        names: Vec<String>,
        /// What its bounds were made from, where they are made when the run is judged.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        adapted: Option<Box<Adapted>>,
    },
    /// The rows of each segment, measured apart.
    Segments {
        /// How many segments there are.
        segments: u64,
        /// How many of them are not as they should be; counted when they are judged.
        failing: u64,
        /// Rows judged in all of them, where rows are judged.
        evaluated: Option<u64>,
        /// Rows violating in all of them.
        violations: Option<u64>,
        /// The segments: all of them from an engine, the worst of them in a record.
        parts: Vec<Segment>,
    },
    /// Rows held against those of another dataset.
    Difference {
        /// Rows here that were judged, and rows there that no row here has the key of.
        evaluated: u64,
        /// Rows here that no row there has the key of.
        only_here: u64,
        /// Rows there that no row here has the key of.
        only_there: u64,
        /// Rows here that differ from a row there.
        changed: u64,
        /// Rows here that differ, by column.
        columns: std::collections::BTreeMap<String, u64>,
    },
    /// A list of faults of the dataset as a whole.
    Faults {
        /// Each in words; empty means none.
        faults: Vec<String>,
    },
    /// The check could not run.
    Broken {
        /// Why.
        reason: String,
    },
}

/// Bounds that were made when a run was judged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Adapted {
    /// The figures of this run that they are made from.
    pub figures: Vec<Option<f64>>,
    /// The lower end, as it was made.
    pub min: Option<f64>,
    /// The upper end, as it was made.
    pub max: Option<f64>,
    /// The shares that a distribution was held against, where earlier runs say them; those of this run are
    /// counts, in `figures`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expected: Vec<f64>,
    /// Why they could not be made, so that nothing was judged.
    pub missing: Option<String>,
}

/// The rows that have the same values in some columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Column and value as text; in a record, redacted.
    pub key: Vec<(String, Option<String>)>,
    /// What was measured of them.
    pub measurement: Measurement,
}

/// A figure in JSON, which has no NaN and no infinities.
mod figure {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(f64),
        Text(String),
    }

    pub(super) fn serialize<S: Serializer>(
        value: &Option<f64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let written = value.map(|value| match value {
            _ if value.is_finite() => Written::Number(value),
            _ if value.is_nan() => Written::Text("NaN".to_owned()),
            _ if value > 0.0 => Written::Text("Infinity".to_owned()),
            _ => Written::Text("-Infinity".to_owned()),
        });
        written.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<f64>, D::Error> {
        match Option::<Written>::deserialize(deserializer)? {
            None => Ok(None),
            Some(Written::Number(value)) => Ok(Some(value)),
            Some(Written::Text(text)) => text.parse().map(Some).map_err(serde::de::Error::custom),
        }
    }
}

impl Measurement {
    /// A figure that names no values.
    pub fn figure(value: Option<f64>, shown: Option<String>, within: bool) -> Self {
        Self::Figure { value, shown, within, names: Vec::new(), adapted: None }
    }

    /// The verdict over this measurement, by the check's tolerance, severity and meaning of emptiness.
    pub fn judge(&self, check: &Check) -> Verdict {
        let beyond = match self {
            Self::Broken { .. } => return Verdict::Error,
            Self::Rows { evaluated: 0, .. }
            | Self::Difference { evaluated: 0, .. }
            | Self::Figure { value: None, .. } => {
                return nothing(check);
            }
            Self::Figure { adapted: Some(adapted), .. } if adapted.missing.is_some() => {
                return nothing(check);
            }
            Self::Segments { parts, .. } => return worst(parts, check),
            Self::Rows { evaluated, violations } => {
                exceeds(&check.tolerance, *evaluated, *violations)
            }
            Self::Difference { evaluated, only_here, only_there, changed, .. } => {
                exceeds(&check.tolerance, *evaluated, only_here + only_there + changed)
            }
            Self::Figure { within, .. } => !within,
            Self::Faults { faults } => !faults.is_empty(),
        };
        match beyond {
            true => failure(check.severity),
            false if self.warns(check) => Verdict::Warn,
            false => Verdict::Pass,
        }
    }

    /// Whether the measurement is beyond the check's level of warning.
    fn warns(&self, check: &Check) -> bool {
        match (&check.warn, self) {
            (Some(Level::Rows { tolerance }), Self::Rows { evaluated, violations }) => {
                exceeds(tolerance, *evaluated, *violations)
            }
            (Some(Level::Rows { tolerance }), Self::Difference { evaluated, .. }) => {
                exceeds(tolerance, *evaluated, self.violations().unwrap_or(0))
            }
            (Some(Level::Figure { bounds }), Self::Figure { value: Some(value), .. }) => {
                !bounds.contain(*value)
            }
            _ => false,
        }
    }

    /// The segments of a check together; how many of them fail is for [`Self::worst_segments`] to say.
    pub fn of_segments(parts: Vec<Segment>) -> Self {
        let sum = |of: fn(&Self) -> Option<u64>| {
            let each: Option<Vec<u64>> = parts.iter().map(|part| of(&part.measurement)).collect();
            each.filter(|each| !each.is_empty()).map(|each| each.into_iter().sum())
        };
        Self::Segments {
            segments: parts.len() as u64,
            failing: 0,
            evaluated: sum(Self::evaluated),
            violations: sum(Self::violations),
            parts,
        }
    }

    /// The measurement as a record keeps it: of segments how many are not as they should be, and the worst
    /// of them.
    #[must_use]
    pub fn worst_segments(self, check: &Check) -> Self {
        const KEPT: usize = 20;
        let Self::Segments { segments, evaluated, violations, parts, .. } = self else {
            return self;
        };
        let judged = parts.into_iter().map(|part| (part.measurement.judge(check), part));
        let mut judged: Vec<_> = judged.collect();
        judged.sort_by_key(|(verdict, _)| std::cmp::Reverse(badness(*verdict)));
        let failing = judged.iter().filter(|(verdict, _)| badness(*verdict) > 1).count() as u64;
        let parts = judged.into_iter().take(KEPT).map(|(_, part)| part).collect();
        Self::Segments { segments, failing, evaluated, violations, parts }
    }

    /// Rows judged, where rows are judged; of segments, of all of them.
    pub fn evaluated(&self) -> Option<u64> {
        match self {
            Self::Rows { evaluated, .. } | Self::Difference { evaluated, .. } => Some(*evaluated),
            Self::Segments { evaluated, .. } => *evaluated,
            _ => None,
        }
    }

    /// Rows violating, where rows are judged; of segments, of all of them.
    pub fn violations(&self) -> Option<u64> {
        match self {
            Self::Rows { violations, .. } => Some(*violations),
            Self::Difference { only_here, only_there, changed, .. } => {
                Some(only_here + only_there + changed)
            }
            Self::Segments { violations, .. } => *violations,
            _ => None,
        }
    }
}

/// Which of two segments is the worse one.
fn badness(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::NotEvaluated => 0,
        Verdict::Pass => 1,
        Verdict::Warn => 2,
        Verdict::Fail => 3,
        Verdict::Error => 4,
    }
}

/// The verdict of the worst segment. Where none was judged, neither was the check.
fn worst(parts: &[Segment], check: &Check) -> Verdict {
    let verdicts = parts.iter().map(|part| part.measurement.judge(check));
    verdicts.max_by_key(|verdict| badness(*verdict)).unwrap_or_else(|| nothing(check))
}

/// What it comes to that nothing was judged.
fn nothing(check: &Check) -> Verdict {
    match check.empty {
        Empty::NotEvaluated => Verdict::NotEvaluated,
        Empty::Pass => Verdict::Pass,
        Empty::Fail => failure(check.severity),
    }
}

/// What a violation beyond tolerance comes to.
fn failure(severity: Severity) -> Verdict {
    if severity.is_hard() { Verdict::Fail } else { Verdict::Warn }
}

/// Whether violations exceed what is tolerated.
fn exceeds(tolerance: &Tolerance, evaluated: u64, violations: u64) -> bool {
    let over_count = tolerance.max_violations.is_some_and(|most| violations > most);
    // Compared as a product, so that 5 of 100 is exactly 5 %.
    let over_ratio = tolerance
        .max_violation_ratio
        .is_some_and(|most| violations as f64 > most * evaluated as f64);
    let strict = tolerance.max_violations.is_none() && tolerance.max_violation_ratio.is_none();
    over_count || over_ratio || (strict && violations > 0)
}

#[cfg(test)]
mod tests;
