//! Servers: where the data lies. One that is a local file becomes the source of the dataset.

use assay_schemas::problem::Pointer;
use serde_json::{Map, Value, json};

use super::super::loss::{Home, Losses};
use super::{Head, keep};

/// The infra profile that keeps the servers of a contract.
pub(super) fn profile(head: &Head, servers: &[Value], losses: &mut Losses) -> Map<String, Value> {
    let mut profile = head.object("infra_profile_id", &head.contract_id);
    let home = Home::of("infra_profile", &head.contract_id).key("servers");
    for (index, server) in servers.iter().enumerate() {
        let why = match local_file(server) {
            Some(_) if index == first_file(servers) => continue,
            Some(_) => "a dataset has one source; the first server of type `local` is taken",
            None if server.get("type") == Some(&json!("local")) => {
                "`${…}` in a text of the library is a variable of the environment"
            }
            None => "jobs read files; where else the data lies is for people and other tools",
        };
        let pointer = Pointer::from("servers").index(index);
        losses.kept(pointer, why, home.key(&index.to_string()));
    }
    keep(&mut profile, Map::from_iter([("servers".to_owned(), json!(servers))]));
    profile
}

fn first_file(servers: &[Value]) -> usize {
    servers.iter().position(|server| local_file(server).is_some()).unwrap_or(servers.len())
}

/// The path and format of a server that is a local file.
fn local_file(server: &Value) -> Option<(&str, Option<&'static str>)> {
    let text = |key: &str| server.get(key).and_then(Value::as_str);
    let path = text("path").filter(|path| !path.contains("${"))?;
    (text("type") == Some("local")).then(|| (path, text("format").and_then(format_of)))
}

fn format_of(name: &str) -> Option<&'static str> {
    ["csv", "parquet"].into_iter().find(|known| known.eq_ignore_ascii_case(name))
}

/// The source of a dataset: the first local file, if the contract has one dataset or the path names
/// each by `{model}`; else only the format, and every run names its input.
pub(in super::super) fn source_of(servers: &[Value], dataset: &str, datasets: usize) -> Value {
    let formats = || servers.iter().filter_map(|s| format_of(s.get("format")?.as_str()?));
    let Some((path, format)) = servers.iter().find_map(local_file) else {
        return json!({ "format": formats().next().unwrap_or("parquet") });
    };
    let format = format.or_else(|| formats().next()).unwrap_or("parquet");
    let named = ["{model}", "{schema}"].iter().find(|name| path.contains(**name));
    match named {
        Some(name) => json!({ "path": path.replace(name, dataset), "format": format }),
        None if datasets <= 1 => json!({ "path": path, "format": format }),
        None => json!({ "format": format }),
    }
}
