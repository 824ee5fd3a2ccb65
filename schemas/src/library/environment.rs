//! Environments: the files under `environments/` that say what differs between dev, test and prod.

pub mod policy;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Contact;
use super::taxonomy::Scalar;
use crate::id::{ConnId, EnvironmentName, TenantId};
use crate::problem::{Pointer, Problem};
use crate::shape::Shape;
pub use policy::{Coverage, Policy, ReferenceForm};

/// One environment. Overlays live here on every branch, never as edits on an environment's own branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Its name, the same as the file's.
    pub environment: EnvironmentName,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// Who answers for this file.
    #[serde(default)]
    pub owner: Option<String>,
    /// How the owners that the library names are reached, by name.
    #[serde(default)]
    pub contacts: BTreeMap<String, Contact>,
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

impl Environment {
    /// The shape of an environment file.
    pub fn shape() -> &'static Shape {
        static SHAPE: std::sync::OnceLock<Shape> = std::sync::OnceLock::new();
        SHAPE.get_or_init(Shape::of::<Self>)
    }

    /// Turns an authored value into an environment.
    ///
    /// # Errors
    /// Everything that is wrong with its shape, then with its policy.
    pub fn read(value: &Value) -> Result<Self, Vec<Problem>> {
        let problems = Self::shape().check(value);
        if !problems.is_empty() {
            return Err(problems);
        }
        let environment: Self = crate::shape::take(value)?;
        let place = Pointer::from("policy");
        let problems: Vec<_> =
            environment.policy.check().into_iter().map(|problem| problem.within(&place)).collect();
        if problems.is_empty() { Ok(environment) } else { Err(problems) }
    }
}
