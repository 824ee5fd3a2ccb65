//! Service levels: what the contract and its datasets promise.

use serde_json::{Value, json};

use super::super::loss::{Home, Losses};
use super::super::promise::{self, Promises};
use super::super::rest::Rest;
use super::Head;

/// The promises among the service levels. The list is kept where the promises do not give it back; names are
/// those of objects and their datasets.
pub(super) fn promises(
    rest: &mut Rest,
    names: &[(String, String)],
    head: &Head,
    losses: &mut Losses,
) -> Promises {
    let home = Home::of("data_contract", &head.contract_id).key("slaProperties");
    let at = rest.at().key("slaProperties");
    let entries = rest.take_list("slaProperties");
    let read = promise::read(&entries, names, rest.text("slaDefaultElement"));
    for (index, (entry, found)) in entries.iter().zip(&read).enumerate() {
        let (at, home) = (at.index(index), home.key(&index.to_string()));
        let Ok(found) = found else {
            let why = found.as_ref().err().cloned().unwrap_or_default();
            losses.kept(at, why, home);
            continue;
        };
        let given = promise::given(found, names);
        for (key, value) in entry.as_object().into_iter().flatten() {
            let why = match key.as_str() {
                "id" | "property" | "value" | "unit" => continue,
                "element" if Some(value) == given.get("element") => continue,
                "element" => "a promise is about a dataset, whichever of its columns tells",
                _ => "a promise is a figure and what it is promised of",
            };
            losses.kept(at.key(key), why, home.key(key));
        }
    }
    let promises = Promises::of_entries(&read, names);
    let given: Vec<_> = promises.0.iter().map(|promise| promise::given(promise, names)).collect();
    if entries != given {
        rest.keep("slaProperties", Value::Array(entries));
    }
    if read.iter().flatten().any(|promise| promise.dataset.is_some())
        && let Some(default) = rest.take("slaDefaultElement")
    {
        rest.keep("slaDefaultElement", json!(default));
    }
    promises
}
