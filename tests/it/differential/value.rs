//! Values of the interpreter.

use std::cmp::Ordering;

/// 2024-01-10T00:00:00Z in microseconds.
pub(crate) const NOW: i64 = 1_704_844_800_000_000;

/// The columns of every table.
pub(crate) const COLUMNS: [(&str, &str); 7] = [
    ("i", "integer"),
    ("j", "integer"),
    ("d", "double"),
    ("t", "text"),
    ("s", "text"),
    ("flag", "boolean"),
    ("at", "timestamp"),
];

/// A value, without its type.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Truth(bool),
    Integer(i128),
    Double(f64),
    Text(String),
    /// Microseconds since 1970-01-01 UTC.
    Instant(i64),
}

/// The values of a row, in the order of [`COLUMNS`].
pub(crate) type Row = Vec<Value>;

impl Value {
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub(crate) fn is_true(&self) -> bool {
        matches!(self, Self::Truth(true))
    }

    /// As the cell of a table that comes with a plan.
    pub(crate) fn written(&self) -> Option<String> {
        Some(match self {
            Self::Null => return None,
            Self::Truth(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::Double(value) if value.is_nan() => "NaN".to_owned(),
            Self::Double(value) if value.is_infinite() => {
                if *value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
            }
            Self::Double(value) => format!("{value:?}"),
            Self::Text(text) => text.clone(),
            Self::Instant(at) => {
                let days = at.div_euclid(86_400_000_000);
                let seconds = at.rem_euclid(86_400_000_000) / 1_000_000;
                // Only days of January 2024 are generated.
                let day = days - 19_722;
                let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
                format!("2024-01-{day:02}T{hour:02}:{minute:02}:{second:02}")
            }
        })
    }

    /// The number that it is, where it is one.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(*value as f64),
            Self::Double(value) => Some(*value),
            _ => None,
        }
    }

    /// The order of two values; NaN equals itself and is greater than every other number.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Truth(one), Self::Truth(two)) => one.cmp(two),
            (Self::Integer(one), Self::Integer(two)) => one.cmp(two),
            (Self::Text(one), Self::Text(two)) => one.cmp(two),
            (Self::Instant(one), Self::Instant(two)) => one.cmp(two),
            _ => {
                let pair = (self.number(), other.number());
                let (Some(one), Some(two)) = pair else {
                    panic!("{self:?} and {other:?} have no order")
                };
                match (one.is_nan(), two.is_nan()) {
                    (true, true) => Ordering::Equal,
                    (true, false) => Ordering::Greater,
                    (false, true) => Ordering::Less,
                    _ => one.partial_cmp(&two).unwrap_or(Ordering::Equal),
                }
            }
        }
    }
}
