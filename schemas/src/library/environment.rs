//! Environments: the files under `environments/` that say what differs between dev, test and prod.

pub mod policy;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Contact;
use super::taxonomy::Scalar;
use crate::code::Code;
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
    /// For object storage: the region of the buckets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// For object storage of Azure: the account, where the location does not name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// For object storage: who asks, by reference: `access_key_id` and `secret_access_key`, or one of
    /// `sas_token`, `account_key`, `service_account_json` and `bearer_token`. Without any, as the environment of
    /// the executor says.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
    /// What it is.
    #[serde(default)]
    pub description: Option<String>,
}

/// Names of the secrets that object storage knows.
const STORAGE_SECRETS: &[&str] = &[
    "access_key_id",
    "secret_access_key",
    "session_token",
    "sas_token",
    "account_key",
    "service_account_json",
    "bearer_token",
];

impl ConnectionConfig {
    /// What is wrong with the secrets, seen from the connection. A value that is no reference is not shown.
    fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, reference) in &self.secrets {
            let place = Pointer::from("secrets").key(name);
            if !STORAGE_SECRETS.contains(&name.as_str()) {
                let problem = Problem::new(Code::BadValue, place, format!("no secret `{name}`"));
                let known = STORAGE_SECRETS.iter().copied();
                problems.push(problem.did_you_mean(name, known).at_key());
            } else if !reference.starts_with("secret://") {
                let message = "a secret is a reference, never the secret itself";
                let problem = Problem::new(Code::BadValue, place, message);
                problems.push(problem.hint("write `secret://env/NAME` or `secret://file/PATH`"));
            }
        }
        problems
    }
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
        let policy = environment.policy.check().into_iter();
        let connections = environment.connections.iter().flat_map(|(conn_id, connection)| {
            let place = Pointer::from("connections").key(conn_id.as_str());
            let found = connection.check().into_iter();
            found.map(move |problem| problem.within(&place))
        });
        let problems: Vec<_> =
            policy.map(|problem| problem.within(&place)).chain(connections).collect();
        if problems.is_empty() { Ok(environment) } else { Err(problems) }
    }
}
