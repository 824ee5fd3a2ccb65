//! Infra profiles: the connections that they name are those of the environment.

use assay_schemas::code::Code;
use assay_schemas::id::ConnId;
use assay_schemas::library::infra_profile::InfraProfile;
use assay_schemas::problem::{Pointer, Problem};

use super::super::overlay::Resolved;
use crate::diagnostic::Sink;

/// Reports connections that the environment does not declare.
pub(super) fn connections(
    resolved: &Resolved<'_>,
    index: usize,
    infra: &InfraProfile,
    sink: &mut Sink,
) {
    let environment = resolved.linked.environment.object();
    let storage = infra.storage.conn_id.iter();
    let storage = storage.map(|conn_id| (conn_id, Pointer::from("storage").key("conn_id")));
    let listed = infra.connections.iter().map(|conn_id| (conn_id, Pointer::from("connections")));
    for (conn_id, place) in storage.chain(listed) {
        if environment.connections.contains_key(conn_id) {
            continue;
        }
        let name = &environment.environment;
        let message = format!("environment `{name}` declares no connection `{conn_id}`");
        let known = environment.connections.keys().map(ConnId::as_str);
        let problem = Problem::new(Code::UnknownConnection, place, message)
            .did_you_mean(conn_id.as_str(), known)
            .or_hint(|| format!("declare it under `connections:` in `environments/{name}.yaml`"));
        sink.push(resolved.linked.loaded(index).diagnostic(problem));
    }
}
