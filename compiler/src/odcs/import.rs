//! Import: a contract of the standard becomes objects of a library.
//!
//! A data contract, a dataset schema and a rule set for each schema object, a governance profile where
//! anything is classified or anyone is named, an infra profile where there are servers. What the library
//! has no words for stays in the `metadata` of the object that it is about, and is reported.

mod contract;
mod nested;
mod options;
mod people;
mod relationship;
mod rules;
mod schema;
mod server;
mod sla;

use std::collections::{BTreeMap, BTreeSet};

use assay_schemas::plan::Field;
use assay_schemas::problem::Pointer;
use serde_json::{Map, Value, json};

use super::loss::{Home, Loss, Losses};
use super::rest::Rest;
pub(super) use contract::{status_given, status_of};
pub(super) use people::{People, members, role_name};
pub(super) use server::source_of;

/// What a contract became.
#[derive(Debug)]
pub struct Imported {
    /// The id of the data contract.
    pub contract_id: String,
    /// The objects, by the path of their file in the project.
    pub files: BTreeMap<String, Vec<Value>>,
    /// What had no place.
    pub losses: Vec<Loss>,
}

/// What all objects of a contract share.
struct Head {
    contract_id: String,
    version: String,
    status: &'static str,
    tenant: Option<String>,
}

impl Head {
    /// An object with its id and what all objects share.
    fn object(&self, id_field: &str, id: &str) -> Map<String, Value> {
        let mut object = Map::new();
        object.insert(id_field.to_owned(), json!(id));
        object.insert("version".to_owned(), json!(self.version));
        object.insert("status".to_owned(), json!(self.status));
        if let Some(tenant) = &self.tenant {
            object.insert("tenant_id".to_owned(), json!(tenant));
        }
        object
    }

    /// A reference to an object of this contract, at its version.
    fn reference(&self, id_field: &str, id: &str) -> Value {
        json!({ id_field: id, "version": self.version })
    }
}

/// Turns a document that has the form of a contract into objects.
pub fn import(document: &Value) -> Imported {
    let mut losses = Losses::default();
    let mut rest = Rest::new(document, Pointer::root());
    rest.take("kind");
    rest.take("apiVersion");
    let (head, mut contract) = contract::head(&mut rest);
    let mut files = BTreeMap::new();
    let mut write = |folder: &str, id: &str, object: Map<String, Value>| {
        let path = format!("libraries/{folder}/{id}.yaml");
        files.entry(path).or_insert_with(Vec::new).push(Value::Object(object));
    };

    let objects = rest.take_list("schema");
    let mut drafts = schema::drafts(&head, &objects);
    let governance = people::governance(&head, &mut rest, &drafts, &mut losses);
    if let Some(owner) = governance.owner {
        contract.insert("owner".to_owned(), json!(owner));
    }
    if let Some(profile) = governance.profile {
        let id = "governance_profile_id";
        contract.insert("governance_profile".to_owned(), head.reference(id, &head.contract_id));
        write("governance", &head.contract_id, profile);
    }
    let servers = rest.take_list("servers");
    if !servers.is_empty() {
        let profile = server::profile(&head, &servers, &mut losses);
        let id = "infra_profile_id";
        contract.insert("infra_profile".to_owned(), head.reference(id, &head.contract_id));
        write("infra", &head.contract_id, profile);
    }

    let known = known_datasets(&head, &drafts);
    let names: Vec<_> = known.datasets.iter().map(Dataset::names).collect();
    let promises = sla::promises(&mut rest, &names, &head, &mut losses);
    if let Some(sla) = promises.of(None) {
        contract.insert("sla".to_owned(), sla);
    }
    let mut datasets = Vec::new();
    for draft in &mut drafts {
        let rule_set = rules::rule_set(&head, draft, &known, &mut losses);
        if let Some(rule_set) = &rule_set {
            write("rules", &draft.object_id, rule_set.clone());
        }
        let source = source_of(&servers, draft.name(), objects.len());
        let mut dataset = schema::dataset(&head, draft, source, rule_set.is_some());
        if let Some(sla) = promises.of(Some(&draft.dataset_id)) {
            dataset["sla"] = sla;
        }
        datasets.push(dataset);
    }
    contract.insert("datasets".to_owned(), Value::Array(datasets));
    for draft in drafts {
        let id = draft.object_id.clone();
        write("schemas", &id, draft.schema(&head, &mut losses));
    }
    let kept = rest.settle(&Home::of("data_contract", &head.contract_id), &mut losses);
    keep(&mut contract, kept);
    write("contracts", &head.contract_id, contract);
    Imported { contract_id: head.contract_id, files, losses: losses.finish() }
}

/// Puts what was kept into the metadata of an object.
fn keep(object: &mut Map<String, Value>, kept: Map<String, Value>) {
    if !kept.is_empty() {
        object.insert("metadata".to_owned(), json!({ "odcs": kept }));
    }
}

/// The datasets of a contract, as relationships name them.
struct Known {
    /// By the name of the schema object.
    datasets: Vec<Dataset>,
    /// From the id of a dataset to that of one that a relationship leads to.
    edges: BTreeSet<(String, String)>,
}

impl Known {
    /// Whether relationships lead from one dataset to another, over others too.
    fn leads(&self, from: &str, to: &str) -> bool {
        let mut seen = BTreeSet::from([from]);
        let mut open = vec![from];
        while let Some(here) = open.pop() {
            if here == to {
                return true;
            }
            let next = self.edges.iter().filter(|(start, _)| start == here);
            open.extend(next.map(|(_, end)| end.as_str()).filter(|end| seen.insert(end)));
        }
        false
    }
}

/// A dataset of a contract, as relationships name it.
struct Dataset {
    /// Its id in the data contract.
    dataset_id: String,
    /// The reference to its schema.
    schema: Value,
    /// Its name and, where it has one, its stable id.
    name: String,
    stable_id: Option<String>,
    /// Its columns as a rule sees them.
    fields: Vec<Field>,
    /// By column: the name of its property and its stable id.
    properties: Vec<(String, Option<String>)>,
}

impl Dataset {
    /// Its name in the contract and its id in the library.
    fn names(&self) -> (String, String) {
        (self.name.clone(), self.dataset_id.clone())
    }
}

fn known_datasets(head: &Head, drafts: &[schema::Draft]) -> Known {
    let datasets = drafts
        .iter()
        .map(|draft| Dataset {
            dataset_id: draft.dataset_id.clone(),
            schema: head.reference("schema_id", &draft.object_id),
            name: draft.name().to_owned(),
            stable_id: draft.rest.text("id").map(str::to_owned),
            fields: draft.fields(),
            properties: draft
                .columns
                .iter()
                .map(|column| (column.property.clone(), column.rest.text("id").map(str::to_owned)))
                .collect(),
        })
        .collect();
    let mut known = Known { datasets, edges: BTreeSet::new() };
    for draft in drafts {
        let ends = relationship::leads_to(&known, draft);
        known.edges.extend(ends.into_iter().map(|end| (draft.dataset_id.clone(), end)));
    }
    known
}
