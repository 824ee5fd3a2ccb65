//! Fundamentals of a contract: who it is, where it stands, what it is for.

use serde_json::{Map, Value, json};

use super::super::ids::{id_of, version_of};
use super::super::rest::Rest;
use super::Head;

/// A status of the standard that is one of the library's, and what the library calls it.
const STATUSES: &[(&str, &str)] = &[
    ("draft", "draft"),
    ("proposed", "pending_approval"),
    ("active", "active"),
    ("retired", "retired"),
    ("deprecated", "retired"),
    ("development", "draft"),
    ("production", "active"),
];

/// The status of the library that a free one is nearest to; one that is not known is still being written.
pub(in super::super) fn status_of(status: &str) -> &'static str {
    let known = STATUSES.iter().find(|(name, _)| name.eq_ignore_ascii_case(status));
    known.map_or("draft", |(_, ours)| ours)
}

/// The status of the standard for one of the library.
pub(in super::super) fn status_given(status: &str) -> &'static str {
    STATUSES.iter().find(|(_, ours)| *ours == status).map_or("draft", |(name, _)| name)
}

/// What all objects of the contract share, and the data contract so far.
pub(super) fn head(rest: &mut Rest) -> (Head, Map<String, Value>) {
    let text = |value: Option<Value>| match value {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    let id = text(rest.take("id"));
    let version = text(rest.take("version"));
    let status = text(rest.take("status"));
    let tenant = rest.take("tenant").map(|tenant| text(Some(tenant)));
    let head = Head {
        contract_id: id_of(&id),
        version: version_of(&version),
        status: status_of(&status),
        tenant: tenant.as_deref().map(id_of),
    };
    if head.contract_id != id {
        rest.keep("id", json!(id));
    }
    let why = "versions are semantic; the nearest one stands for it";
    rest.keep_unless("version", json!(version), &json!(head.version), why);
    let why = "statuses are draft, pending_approval, active and retired; the nearest stands for it";
    rest.keep_unless("status", json!(status), &json!(status_given(head.status)), why);
    if tenant != head.tenant
        && let Some(tenant) = tenant
    {
        rest.keep("tenant", json!(tenant));
    }

    let mut contract = head.object("contract_id", &head.contract_id);
    if let Some(name) = rest.take_text("name") {
        contract.insert("name".to_owned(), json!(name));
    }
    if let Some(description) = rest.take("description") {
        let mut parts = Rest::new(&description, rest.at().key("description"));
        if let Some(purpose) = parts.take_text("purpose") {
            contract.insert("description".to_owned(), json!(purpose));
        }
        rest.put_part("description", parts);
    }
    let tags = rest.take_tags();
    if !tags.is_empty() {
        contract.insert("tags".to_owned(), Value::Array(tags));
    }
    (head, contract)
}
