//! Who answers for objects, and how they are reached.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How an owner that the library names is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Contact {
    /// Users and teams of the repository host, such as `@acme/mobility-data`; they stand in CODEOWNERS.
    #[schemars(inner(regex(pattern = r"^(@[^\s]+|[^\s@]+@[^\s@]+)$")))]
    pub handles: Vec<String>,
    /// Mail addresses of those whose approval counts as this owner's.
    #[schemars(inner(regex(pattern = r"^[^\s@<>]+@[^\s@<>]+$")))]
    pub mails: Vec<String>,
}

/// How much depends on data being right.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Criticality {
    /// Nobody is held up.
    Low,
    /// Somebody has to work around it.
    Medium,
    /// The business is held up.
    High,
    /// People, money or the law are concerned at once.
    Critical,
}

impl Criticality {
    /// The name as authors write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}
