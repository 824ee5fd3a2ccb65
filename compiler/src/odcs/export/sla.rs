//! What is promised of a contract and its datasets: service levels.

use assay_schemas::library::data_contract::DataContract;
use serde_json::{Map, Value, json};

use super::Stored;
use crate::odcs::promise::{self, Promises};

/// Adds the service levels: those that were kept and still say what the library says, and one for each other
/// promise. Names are those of objects and their datasets.
pub(super) fn add(
    stored: &Stored,
    contract: &DataContract,
    names: &[(String, String)],
    document: &mut Map<String, Value>,
) {
    let mut promises = Promises::default();
    promises.add(None, &json!(contract.sla));
    for dataset in &contract.datasets {
        promises.add(Some(dataset.dataset_contract_id.as_str()), &json!(dataset.sla));
    }
    let kept = stored.kept();
    let entries = kept.get("slaProperties").and_then(Value::as_array);
    let entries = entries.cloned().unwrap_or_default();
    let default = kept.get("slaDefaultElement").and_then(Value::as_str);
    let read = promise::read(&entries, names, default);
    let stands = |found: &Result<promise::Promise, String>| {
        found.as_ref().map_or(true, |promise| promises.0.contains(promise))
    };
    let mut list: Vec<_> = entries
        .into_iter()
        .zip(&read)
        .filter(|(_, found)| stands(found))
        .map(|(entry, _)| entry)
        .collect();
    // A promise of the whole contract has no element, so none may stand for a default.
    let whole = promises.of(None).is_some();
    if let Some(default) = default {
        if whole {
            for entry in list.iter_mut().filter_map(Value::as_object_mut) {
                entry.entry("element".to_owned()).or_insert_with(|| json!(default));
            }
        } else {
            document.insert("slaDefaultElement".to_owned(), json!(default));
        }
    }
    let said: Vec<_> = read.iter().flatten().collect();
    let others = promises.0.iter().filter(|promise| !said.contains(promise));
    list.extend(others.map(|promise| promise::given(promise, names)));
    if !list.is_empty() {
        document.insert("slaProperties".to_owned(), Value::Array(list));
    }
}
