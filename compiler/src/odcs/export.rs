//! Export: a data contract of a library becomes a contract of the standard.
//!
//! The document says what the library says. Where the library's objects keep words of an imported
//! contract, those come back; a kept word that the library has since contradicted does not.

mod columns;
mod downgrade;
mod objects;
mod people;
mod rules;
mod servers;
mod shelf;
mod sla;

use assay_schemas::library::data_contract::DataContract;
use assay_schemas::library::{Kind, Object};
use assay_schemas::problem::Pointer;
use serde_json::{Map, Value, json};

use super::ids::{id_of, version_of};
use super::import::{status_given, status_of};
use super::loss::Home;
pub use shelf::Stored;
use shelf::{At, Shelf, Whole};

/// A version of the standard that is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standard {
    /// 3.0.2, without relationships, times and metrics.
    V302,
    /// 3.1.0.
    #[default]
    V310,
}

impl Standard {
    /// The versions by name.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("3.1.0", Self::V310), ("3.0.2", Self::V302)];

    fn api_version(self) -> &'static str {
        match self {
            Self::V302 => "v3.0.2",
            Self::V310 => "v3.1.0",
        }
    }
}

/// A contract of the standard, and what it does not say.
#[derive(Debug)]
pub struct Exported {
    /// The document.
    pub document: Value,
    /// What the library says and the standard has no words for.
    pub unsaid: Vec<Unsaid>,
}

/// Something that the standard has no words for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unsaid {
    /// Where the library says it.
    pub place: Home,
    /// Why the document does not.
    pub why: String,
}

/// Writes the contract of that id, at its highest version, out of the objects of a library.
///
/// # Errors
/// The ids of the contracts there are, where none has this one.
pub fn export(
    objects: &[Stored],
    contract_id: &str,
    standard: Standard,
) -> Result<Exported, Vec<String>> {
    let shelf = Shelf { objects };
    let Some(stored) = shelf.newest(Kind::DataContract, contract_id) else {
        return Err(shelf.ids(Kind::DataContract));
    };
    let Object::DataContract(contract) = &stored.object else {
        return Err(shelf.ids(Kind::DataContract));
    };
    let mut unsaid = Vec::new();
    let mut document = fundamentals(contract, stored.kept());
    stored.unsaid_but(
        &[
            "contract_id",
            "name",
            "description",
            "tenant_id",
            "version",
            "status",
            "owner",
            "tags",
            "datasets",
            "governance_profile",
            "infra_profile",
            "sla",
        ],
        &mut unsaid,
    );
    let whole = Whole { shelf, stored, contract };
    people::add(whole, &mut document, &mut unsaid);
    servers::add(whole, &mut document, &mut unsaid);
    sla::add(stored, contract, &whole.names(), &mut document);
    let mut schema = Vec::new();
    for position in 0..contract.datasets.len() {
        schema.push(objects::object(At { whole, position }, &mut unsaid));
    }
    if !schema.is_empty() {
        document.insert("schema".to_owned(), Value::Array(schema));
    }
    let written = ["slaProperties", "slaDefaultElement"];
    for (key, value) in stored.kept().iter().filter(|(key, _)| !written.contains(&key.as_str())) {
        document.entry(key.clone()).or_insert_with(|| value.clone());
    }
    document.insert("kind".to_owned(), json!("DataContract"));
    document.insert("apiVersion".to_owned(), json!(standard.api_version()));
    let home = Home { kind: "data_contract", id: contract_id.to_owned(), pointer: Pointer::root() };
    downgrade::apply(&mut document, standard, &home, &mut unsaid);
    unsaid.sort();
    unsaid.dedup();
    Ok(Exported { document: Value::Object(document), unsaid })
}

/// A kept text, as long as it stands for what the library says.
fn still<'a>(
    kept: &'a Map<String, Value>,
    key: &str,
    stands: impl Fn(&str) -> bool,
) -> Option<&'a str> {
    kept.get(key).and_then(Value::as_str).filter(|text| stands(text))
}

fn fundamentals(contract: &DataContract, kept: &Map<String, Value>) -> Map<String, Value> {
    let id = contract.contract_id.as_str();
    let version = contract.version.to_string();
    let status = contract.status.name();
    let mut document = Map::new();
    let mut put = |key: &str, value: Value| document.insert(key.to_owned(), value);
    put("id", json!(still(kept, "id", |text| id_of(text) == id).unwrap_or(id)));
    let kept_version = still(kept, "version", |text| version_of(text) == version);
    put("version", json!(kept_version.unwrap_or(&version)));
    let kept_status = still(kept, "status", |text| status_of(text) == status);
    put("status", json!(kept_status.unwrap_or_else(|| status_given(status))));
    if let Some(tenant) = &contract.tenant_id {
        let tenant = tenant.as_str();
        put("tenant", json!(still(kept, "tenant", |text| id_of(text) == tenant).unwrap_or(tenant)));
    }
    if let Some(name) = &contract.name {
        put("name", json!(name));
    }
    let mut description =
        kept.get("description").and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(purpose) = &contract.description {
        description.insert("purpose".to_owned(), json!(purpose));
    }
    if !description.is_empty() {
        put("description", Value::Object(description));
    }
    if !contract.tags.is_empty() {
        put("tags", json!(contract.tags));
    }
    document
}
