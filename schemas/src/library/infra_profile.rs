//! Infra profiles: what computes, with how much, and how long results are kept.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LibraryObject, Reference, common_fields, kind};
use crate::id::{ConnId, VersionRequest};
use crate::period::Period;
use crate::problem::Problem;

kind! {
    /// Storage, compute and retention of the jobs that use it.
    InfraProfile {
        id: infra_profile_id InfraProfileId,
        /// Where data lies.
        #[serde(default)]
        storage: Storage,
        /// What computes.
        #[serde(default)]
        compute: Compute,
        /// How long results are kept.
        #[serde(default)]
        retention: Retention,
        /// Connections that its jobs use, beside those of storage and actions; each environment declares them.
        #[serde(default)]
        connections: BTreeSet<ConnId>,
    }
}

/// Where data lies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    /// The connection that datasets are read through; without one, local files.
    #[serde(default)]
    pub conn_id: Option<ConnId>,
    /// The bucket, container or folder that data lies in, below the connection.
    #[serde(default)]
    pub location: Option<String>,
}

/// What computes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compute {
    /// The engine.
    #[serde(default)]
    pub engine: EngineName,
    /// The versions of the engine that will do, such as `^1.4`; `assay drift` tells where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine_version: Option<VersionRequest>,
    /// Memory the engine may use, in mebibytes.
    #[serde(default)]
    #[schemars(range(min = 64))]
    pub memory_limit_mib: Option<u32>,
    /// Threads the engine may use.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1024))]
    pub threads: Option<u32>,
}

/// The engines. All of them compute the same plan to the same measurements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EngineName {
    /// DuckDB, embedded.
    #[default]
    Duckdb,
    /// Polars, embedded. What it cannot compute is handed to DuckDB, and the run says why.
    Polars,
    /// The one that is faster for the format, the size and what the plan asks for; the run says why.
    Auto,
}

impl EngineName {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Duckdb, Self::Polars, Self::Auto];

    /// The public name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Duckdb => "duckdb",
            Self::Polars => "polars",
            Self::Auto => "auto",
        }
    }

    /// Whether it is the one that plans mean where they say nothing.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// How long results are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// How long runs are kept, such as `P1Y`; without it, for ever.
    #[serde(default)]
    pub results: Option<Period>,
    /// How long violating and rejected rows are kept, such as `P30D`; without it, as long as their run.
    #[serde(default)]
    pub rows: Option<Period>,
    /// How long the data itself is kept where it lies; for people and other tools.
    #[serde(default)]
    pub data: Option<Period>,
}

impl LibraryObject for InfraProfile {
    common_fields!(infra_profile_id);

    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    fn check(&self) -> Vec<Problem> {
        Vec::new()
    }
}
