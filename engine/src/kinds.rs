//! What a profile looks for in text: types that it may read as and words for what is missing. All engines
//! look for the same.

use assay_schemas::datatype::DataType;

/// Different values whose characters are looked at; beyond, one in so many.
pub const CHARACTERS: u64 = 50_000;
/// Different values by which kinds that do not occur are told.
pub const CANDIDATES: usize = 1000;
/// First rows by which types that a column cannot have are told.
pub const FIRST_ROWS: u32 = 200;

/// A type that text may read as.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The type.
    pub data_type: DataType,
    /// A strftime pattern; `None` means ISO 8601.
    pub format: Option<&'static str>,
}

/// Types in the order in which they are preferred. The days that are written with numbers alone come last:
/// `01/02/2024` may be either.
pub const KINDS: &[Kind] = &[
    Kind { data_type: DataType::Integer, format: None },
    Kind { data_type: DataType::Double, format: None },
    Kind { data_type: DataType::Date, format: None },
    Kind { data_type: DataType::Timestamp, format: None },
    Kind { data_type: DataType::Time, format: None },
    Kind { data_type: DataType::Boolean, format: None },
    Kind { data_type: DataType::Date, format: Some("%d.%m.%Y") },
    Kind { data_type: DataType::Date, format: Some("%Y/%m/%d") },
    Kind { data_type: DataType::Date, format: Some("%d/%m/%Y") },
    Kind { data_type: DataType::Date, format: Some("%m/%d/%Y") },
    Kind { data_type: DataType::Date, format: Some("%d-%b-%Y") },
    Kind { data_type: DataType::Timestamp, format: Some("%d.%m.%Y %H:%M") },
    Kind { data_type: DataType::Timestamp, format: Some("%m/%d/%Y %H:%M") },
];

impl Kind {
    /// Its name, with a strftime pattern where it has one.
    pub fn name(&self) -> String {
        match self.format {
            Some(format) => format!("{} {format}", self.data_type),
            None => self.data_type.to_string(),
        }
    }

    /// The pattern of what reads as the type and may mean more: a code with leading zeros is no number, nor
    /// is one of more digits than a number holds.
    pub fn code(&self) -> Option<&'static str> {
        match self.data_type {
            DataType::Integer => Some(r"\s*[+-]?0[0-9]+\s*"),
            DataType::Double => Some(r"\s*[+-]?(?:0[0-9].*|[0-9]{16,})\s*"),
            _ => None,
        }
    }
}

/// The words that read as booleans. Other words for true and false may be a classification as well.
pub const BOOLEANS: [&str; 2] = ["true", "false"];

/// Words that often stand for a missing value, in lower case.
pub const SENTINELS: &[&str] = &[
    "na",
    "n/a",
    "n.a.",
    "#n/a",
    "nan",
    "null",
    "none",
    "nil",
    "missing",
    "unknown",
    "undefined",
    "-",
    "--",
    "?",
    ".",
    "tbd",
    "not available",
    "not applicable",
    "(null)",
    "(none)",
    "\\n",
];
