//! Sources of datasets and the infra profile: servers.

use assay_schemas::library::data_contract::DatasetContract;
use serde_json::{Map, Value, json};

use super::Unsaid;
use super::shelf::Whole;
use crate::odcs::import::source_of;

/// Adds the servers: those that were kept, and one for each source that they do not name.
pub(super) fn add(whole: Whole<'_>, document: &mut Map<String, Value>, unsaid: &mut Vec<Unsaid>) {
    let contract = whole.contract;
    let profile = contract.infra_profile.as_ref().and_then(|reference| whole.meant(reference));
    let mut servers = Vec::new();
    if let Some(profile) = profile {
        let kept = profile.kept().get("servers").and_then(Value::as_array);
        servers = kept.cloned().unwrap_or_default();
        profile.unsaid_but(&["infra_profile_id", "name", "version", "status", "tenant_id"], unsaid);
    }
    let kept = servers.clone();
    for dataset in &contract.datasets {
        let said = source_of(&kept, whole.name_of(dataset), contract.datasets.len());
        let source = source(dataset);
        if said != source
            && let Some(path) = source.get("path")
        {
            // What the library says takes the place of the file that it once came from.
            servers.retain(|server| {
                server.get("path").is_none() || server.get("path") != said.get("path")
            });
            servers.push(json!({
                "server": dataset.dataset_contract_id, "type": "local", "path": path,
                "format": source["format"],
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
