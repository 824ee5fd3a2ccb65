//! Sources of datasets and the infra profile: servers.

use assay_schemas::library::data_contract::{DataContract, DatasetContract};
use serde_json::{Map, Value, json};

use super::shelf::Shelf;
use super::{Stored, Unsaid, objects};
use crate::odcs::import::source_of;

/// Adds the servers: those that were kept, and one for each source that they do not name.
pub(super) fn add(
    shelf: &Shelf<'_>,
    stored: &Stored,
    contract: &DataContract,
    document: &mut Map<String, Value>,
    unsaid: &mut Vec<Unsaid>,
) {
    let profile = contract
        .infra_profile
        .as_ref()
        .and_then(|reference| shelf.meant(reference, stored.object.tenant()));
    let mut servers = Vec::new();
    if let Some(profile) = profile {
        let kept = profile.kept().get("servers").and_then(Value::as_array);
        servers = kept.cloned().unwrap_or_default();
        profile.unsaid_but(&["infra_profile_id", "name", "version", "status", "tenant_id"], unsaid);
    }
    let kept = servers.clone();
    for dataset in &contract.datasets {
        let name = dataset.dataset_contract_id.as_str();
        let schema = shelf.meant(&dataset.schema, stored.object.tenant());
        let imported = schema.map_or(name, |schema| objects::name(name, schema.kept()));
        let said = source_of(&kept, imported, contract.datasets.len());
        let source = source(dataset);
        if said != source
            && let Some(path) = source.get("path")
        {
            // What the library says takes the place of the file that it once came from.
            servers.retain(|server| {
                server.get("path").is_none() || server.get("path") != said.get("path")
            });
            servers.push(json!({
                "server": name, "type": "local", "path": path, "format": source["format"],
            }));
        }
    }
    if !servers.is_empty() {
        document.insert("servers".to_owned(), Value::Array(servers));
    }
}

/// Where a dataset's rows are, as an import would write it.
fn source(dataset: &DatasetContract) -> Value {
    match &dataset.source.path {
        Some(path) => json!({ "path": path, "format": dataset.source.format }),
        None => json!({ "format": dataset.source.format }),
    }
}
