//! Environments: the files under `environments/` that say what differs between dev, test and prod.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Status;
use super::taxonomy::Scalar;
use crate::id::{ConnId, EnvironmentName, TenantId};
use crate::problem::Problem;
use crate::shape::Shape;

/// One environment. Overlays live here on every branch, never as edits on an environment's own branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Its name, the same as the file's.
    pub environment: EnvironmentName,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// The Git branch that is this environment.
    #[serde(default)]
    pub branch: Option<String>,
    /// The environment that changes come from.
    #[serde(default)]
    pub promotes_from: Option<EnvironmentName>,
    /// The tenants it serves; empty means all.
    #[serde(default)]
    pub tenants: BTreeSet<TenantId>,
    /// Replaces `${name}` in text fields of the objects; a number or `true` keeps its type where the field is
    /// nothing but the variable.
    #[serde(default)]
    pub variables: BTreeMap<String, Scalar>,
    /// What actions and inputs may connect to.
    #[serde(default)]
    pub connections: BTreeMap<ConnId, ConnectionConfig>,
    /// The connection of notifications that name none.
    #[serde(default)]
    pub notification_conn_id: Option<ConnId>,
    /// What it admits.
    #[serde(default)]
    pub policy: Policy,
    /// Where results go: a folder, or a file ending in `.duckdb`; relative to the project.
    pub results: String,
}

/// Something to connect to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectionConfig {
    /// Where it leads.
    #[schemars(regex(pattern = r"^https?://[^\s/]+.*$"))]
    pub url: String,
    /// A bearer token, by reference.
    #[serde(default)]
    #[schemars(regex(pattern = r"^secret://.+$"))]
    pub token: Option<String>,
    /// Further headers; a secret is a reference here too.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// What it is.
    #[serde(default)]
    pub description: Option<String>,
}

/// What an environment admits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Statuses of the objects that it seals.
    pub statuses: BTreeSet<Status>,
    /// Forms that a reference may take.
    pub references: BTreeSet<ReferenceForm>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            statuses: BTreeSet::from([Status::Active]),
            references: BTreeSet::from([
                ReferenceForm::Exact,
                ReferenceForm::Range,
                ReferenceForm::Active,
            ]),
        }
    }
}

/// A form that a reference may take.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceForm {
    /// One version.
    Exact,
    /// A range of versions.
    Range,
    /// No version: the highest active one.
    Active,
}

impl Environment {
    /// The shape of an environment file.
    pub fn shape() -> &'static Shape {
        static SHAPE: std::sync::OnceLock<Shape> = std::sync::OnceLock::new();
        SHAPE.get_or_init(Shape::of::<Self>)
    }

    /// Turns an authored value into an environment.
    ///
    /// # Errors
    /// Everything that is wrong with its shape.
    pub fn read(value: &Value) -> Result<Self, Vec<Problem>> {
        let problems = Self::shape().check(value);
        if problems.is_empty() { crate::shape::take(value) } else { Err(problems) }
    }
}
