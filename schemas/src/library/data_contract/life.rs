//! The life of a contract: who agreed to it, where it was promoted, where else its schema is kept.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ConnId, EnvironmentName};

/// Somebody who has agreed to a version of a contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractApproval {
    /// Who.
    #[schemars(length(min = 1))]
    pub by: String,
    /// For whom.
    #[serde(default)]
    pub role: Option<String>,
    /// The day, as ISO 8601.
    #[schemars(regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    pub date: String,
    /// What was said.
    #[serde(default)]
    pub comment: Option<String>,
}

/// A step of a version of a contract from one environment to the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Promotion {
    /// Where it was.
    #[serde(default)]
    pub from: Option<EnvironmentName>,
    /// Where it came to.
    pub to: EnvironmentName,
    /// The day, as ISO 8601.
    #[schemars(regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    pub date: String,
    /// Who promoted it.
    #[serde(default)]
    pub by: Option<String>,
}

/// A subject in a schema registry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemaRegistry {
    /// The subject, such as `trips-value`.
    #[schemars(length(min = 1))]
    pub subject: String,
    /// The version there; without one, the newest.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub version: Option<u32>,
    /// The connection that leads to the registry.
    #[serde(default)]
    pub conn_id: Option<ConnId>,
}
