//! Seal: objects and plans become the canonical bytes of a bundle.

use std::collections::BTreeMap;

use assay_schemas::bundle::{self, Header, Part, Record, SHARED, SectionKey};
use assay_schemas::canonical;
use assay_schemas::digest::Digest;
use assay_schemas::id::{TenantId, VersionRequest};
use assay_schemas::library::Object;
use assay_schemas::problem::Pointer;
use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::Bundle;
use super::govern::Governed;
use super::link::Linked;
use super::overlay::Resolved;

/// Fields that say something to people and change nothing that a job does.
const NOTES: &[&str] = &["description", "metadata", "name", "owner", "tags"];

/// Seals one environment.
pub(crate) fn seal(resolved: &Resolved<'_>, governed: &Governed, revision: Option<&str>) -> Bundle {
    let linked = resolved.linked;
    let plans: BTreeMap<usize, (String, Digest)> = governed
        .plans
        .par_iter()
        .map(|planned| {
            let text = canonical::text(&planned.plan);
            let digest = Digest::of_bytes(text.as_bytes());
            (planned.job, (text, digest))
        })
        .collect();
    let sealed: Vec<Sealed> = linked.order.par_iter().map(|index| sealed(linked, *index)).collect();
    let mut fingerprints: BTreeMap<usize, Digest> = BTreeMap::new();
    let mut records = Vec::new();
    for (index, sealed) in linked.order.iter().zip(sealed) {
        let object = &linked.loaded(*index).object();
        // A job means what its plan does; everything else means itself and what it refers to.
        let fingerprint = match plans.get(index) {
            Some((_, digest)) => *digest,
            None => fingerprint(linked, *index, sealed.meaning, &fingerprints),
        };
        fingerprints.insert(*index, fingerprint);
        let part = if object.environment().is_some() { Part::Overlay } else { Part::Core };
        records.push(Record {
            section: SectionKey { part, tenant: tenant(object).to_owned() },
            kind: object.kind().name().to_owned(),
            id: object.id().to_owned(),
            version: object.version().to_string(),
            text: sealed.text,
            fingerprint,
        });
    }
    for (index, (text, fingerprint)) in plans {
        let object = &linked.loaded(index).object();
        records.push(Record {
            section: SectionKey { part: Part::Overlay, tenant: tenant(object).to_owned() },
            kind: "plan".to_owned(),
            id: object.id().to_owned(),
            version: object.version().to_string(),
            fingerprint,
            text,
        });
    }
    records.push(environment_record(linked));
    let header = Header {
        environment: linked.environment.object().environment.to_string(),
        revision: revision.map(str::to_owned),
    };
    let (files, config) = bundle::write(records, &header);
    Bundle { config, files }
}

/// What can be said of an object before those that it refers to have their fingerprints.
struct Sealed {
    /// Its record.
    text: String,
    /// Digest of what it means, without its notes.
    meaning: Digest,
}

fn sealed(linked: &Linked<'_>, index: usize) -> Sealed {
    let object = &linked.loaded(index).object();
    let (mut body, requests) = pinned(linked, index);
    let text = canonical::text(&json!({
        "kind": object.kind().name(),
        "object": body,
        "requests": requests,
        "tenant": tenant(object),
    }));
    strip_notes(&mut body, &Pointer::root());
    Sealed { text, meaning: Digest::of(&body) }
}

fn environment_record(linked: &Linked<'_>) -> Record {
    let environment = &linked.environment.object();
    let text = canonical::text(&json!({
        "kind": "environment",
        "object": canonical::value_of(environment),
        "tenant": SHARED,
    }));
    Record {
        section: SectionKey { part: Part::Overlay, tenant: SHARED.to_owned() },
        kind: "environment".to_owned(),
        id: environment.environment.to_string(),
        version: "1.0.0".to_owned(),
        fingerprint: Digest::of_bytes(text.as_bytes()),
        text,
    }
}

fn tenant(object: &Object) -> &str {
    object.tenant().map_or(SHARED, TenantId::as_str)
}

/// The object with exact versions in its references, and what was asked for where that was not one.
fn pinned(linked: &Linked<'_>, index: usize) -> (Value, Map<String, Value>) {
    let mut body = linked.loaded(index).object().to_value();
    let mut requests = Map::new();
    for (reference, target) in linked.links.get(&index).into_iter().flatten() {
        let version = linked.loaded(*target).object().version().to_string();
        if let Some(Value::Object(fields)) = body.pointer_mut(reference.pointer.as_str()) {
            fields.insert("version".to_owned(), Value::String(version));
        }
        let request = match &reference.request {
            Some(VersionRequest::Exact(_)) => continue,
            Some(request) => request.to_string(),
            None => "active".to_owned(),
        };
        requests.insert(reference.pointer.to_string(), Value::String(request));
    }
    (body, requests)
}

/// SHA-256 over what the object means and the fingerprints of all that it refers to.
fn fingerprint(
    linked: &Linked<'_>,
    index: usize,
    meaning: Digest,
    fingerprints: &BTreeMap<usize, Digest>,
) -> Digest {
    let references: Vec<_> = linked
        .links
        .get(&index)
        .into_iter()
        .flatten()
        .filter_map(|(_, target)| fingerprints.get(target))
        .collect();
    Digest::of(&json!({ "meaning": meaning, "references": references }))
}

/// Removes what only speaks to people. Names inside free-form values are data and stay.
fn strip_notes(value: &mut Value, pointer: &Pointer) {
    match value {
        Value::Object(fields) => {
            let root = pointer.as_str().is_empty();
            // Columns are told apart by `name`, so below the root only descriptions are notes.
            fields.retain(|key, _| {
                !(key == "description" || (root && NOTES.contains(&key.as_str())))
            });
            for (key, field) in fields.iter_mut().filter(|(key, _)| *key != "parameters") {
                strip_notes(field, &pointer.key(key));
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                strip_notes(item, &pointer.index(index));
            }
        }
        _ => {}
    }
}
