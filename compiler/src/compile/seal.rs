//! Seal: objects and plans become the canonical bytes of a bundle.

use std::collections::BTreeMap;
use std::sync::Arc;

use assay_schemas::bundle::{self, Header, Part, Record, SHARED, SectionKey};
use assay_schemas::canonical;
use assay_schemas::digest::Digest;
use assay_schemas::id::TenantId;
use assay_schemas::library::Object;
use assay_schemas::plan::TEST_PLAN;
use assay_schemas::problem::Pointer;
use rayon::prelude::*;
use serde_json::{Value, json};

use super::Bundle;
use super::govern::Governed;
use super::link::Linked;
use super::lower::Tests;
use super::overlay::Resolved;
use crate::git::{SharedLibrary, Snapshot};

/// Fields that say something to people or test something, and change nothing that a job does.
const NOTES: &[&str] =
    &["contacts", "description", "fixtures", "metadata", "name", "owner", "tags"];

/// Seals one environment.
pub(crate) fn seal(
    resolved: &Resolved<'_>,
    governed: &Governed,
    tests: &[Tests],
    snapshot: &Snapshot,
) -> Bundle {
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
    let sealed = sealed_all(linked);
    let mut fingerprints: BTreeMap<usize, Digest> = BTreeMap::new();
    let mut records = Vec::with_capacity(linked.order.len() + plans.len() + 1);
    for (index, sealed) in linked.order.iter().zip(sealed) {
        let object = linked.loaded(*index).object();
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
            digest: sealed.digest,
            fingerprint,
        });
    }
    for (index, (text, fingerprint)) in plans {
        let object = linked.loaded(index).object();
        records.push(Record {
            section: SectionKey { part: Part::Overlay, tenant: tenant(object).to_owned() },
            kind: "plan".to_owned(),
            id: object.id().to_owned(),
            version: object.version().to_string(),
            digest: fingerprint,
            fingerprint,
            text: text.into(),
        });
    }
    records.extend(tests.iter().map(|tests| test_record(linked, tests)));
    records.push(environment_record(linked));
    let header = Header {
        environment: linked.environment.object().environment.to_string(),
        revision: snapshot.revision.clone(),
        libraries: snapshot
            .libraries
            .iter()
            .map(|library| {
                let SharedLibrary { name, git, commit, digest, .. } = library;
                (name.clone(), format!("{git}@{commit} {digest}"))
            })
            .collect(),
    };
    let (files, config) = bundle::write(records, &header, &linked.index.sections);
    Bundle { config, files }
}

/// What can be said of an object before those that it refers to have their fingerprints.
#[derive(Clone, Debug)]
pub(super) struct Sealed {
    /// Its record.
    text: Arc<str>,
    /// Digest of the record.
    digest: Digest,
    /// Digest of what it means, without its notes.
    meaning: Digest,
}

/// A sealed form, and the objects that its references are pinned to.
#[derive(Debug)]
pub(super) struct Pinned {
    targets: Vec<Option<usize>>,
    sealed: Sealed,
}

/// The sealed forms of all objects, in their order. Environments share most of them and are sealed at the same
/// time, so every other one begins at the end: they meet in the middle instead of waiting for each other at every
/// object.
fn sealed_all(linked: &Linked<'_>) -> Vec<Sealed> {
    let environment = &linked.environment.object().environment;
    let number = linked.library.environments.keys().position(|name| name == environment);
    let objects = linked.order.par_iter();
    if number.is_none_or(|number| number % 2 == 0) {
        return objects.map(|index| sealed(linked, *index)).collect();
    }
    let mut sealed: Vec<_> = objects.rev().map(|index| sealed(linked, *index)).collect();
    sealed.reverse();
    sealed
}

/// The sealed form of an object: that of the environment that came first, where its references are pinned
/// alike there.
fn sealed(linked: &Linked<'_>, index: usize) -> Sealed {
    let targets = linked.targets(index);
    let first = linked.index.sealed[index]
        .get_or_init(|| Pinned { targets: targets.to_vec(), sealed: seal_object(linked, index) });
    if first.targets == targets { first.sealed.clone() } else { seal_object(linked, index) }
}

fn seal_object(linked: &Linked<'_>, index: usize) -> Sealed {
    let loaded = linked.loaded(index);
    let (mut body, references) = pinned(linked, index);
    let mut record = json!({
        "kind": loaded.object().kind().name(),
        "origin": loaded.library().map(|name| {
            // Without the commit, which says nothing of the object; the manifest has it.
            let path = loaded.path().split_once(':').map_or(loaded.path(), |(_, path)| path);
            format!("{name}:{path}")
        }),
        "references": references,
        "tenant": tenant(loaded.object()),
    });
    record["object"] = body;
    let text = canonical::text(&record);
    body = record["object"].take();
    strip_notes(&mut body, &Pointer::root());
    let digest = Digest::of_bytes(text.as_bytes());
    Sealed { text: text.into(), digest, meaning: Digest::of(&body) }
}

/// The fixtures of an object, apart from it and from every job.
fn test_record(linked: &Linked<'_>, tests: &Tests) -> Record {
    let object = linked.loaded(tests.holder).object();
    let text = canonical::text(&tests.plan);
    let digest = Digest::of_bytes(text.as_bytes());
    Record {
        section: SectionKey { part: Part::Overlay, tenant: tenant(object).to_owned() },
        kind: TEST_PLAN.to_owned(),
        // A rule set and a contract may have the same id.
        id: format!("{}:{}", object.kind().name(), object.id()),
        version: object.version().to_string(),
        fingerprint: digest,
        digest,
        text: text.into(),
    }
}

fn environment_record(linked: &Linked<'_>) -> Record {
    let environment = linked.environment.object();
    let text = canonical::text(&json!({
        "kind": "environment",
        "object": canonical::value_of(environment),
        "tenant": SHARED,
    }));
    let digest = Digest::of_bytes(text.as_bytes());
    Record {
        section: SectionKey { part: Part::Overlay, tenant: SHARED.to_owned() },
        kind: "environment".to_owned(),
        id: environment.environment.to_string(),
        version: "1.0.0".to_owned(),
        fingerprint: digest,
        digest,
        text: text.into(),
    }
}

fn tenant(object: &Object) -> &str {
    object.tenant().map_or(SHARED, TenantId::as_str)
}

/// The object with exact versions in its references, and each reference: its place, the object that it is
/// pinned to, and the versions that were asked for.
fn pinned(linked: &Linked<'_>, index: usize) -> (Value, Vec<Value>) {
    let loaded = linked.loaded(index);
    let mut body = loaded.object().to_value();
    // The values of one environment have no place in what all of them share.
    for (pointer, authored) in loaded.typed() {
        if let Some(field) = body.pointer_mut(pointer.as_str()) {
            *field = Value::String(authored.clone());
        }
    }
    let mut references = Vec::new();
    for (reference, target) in linked.links(index) {
        let target = linked.loaded(target).object();
        let version = target.version().to_string();
        let request = match &reference.request {
            Some(request) => request.to_string(),
            None => "active".to_owned(),
        };
        references.push(json!({
            "at": reference.pointer.as_str(),
            "pin": format!("{}/{}@{version}", reference.kind.name(), reference.id),
            "request": request,
            "tenant": target.tenant(),
        }));
        // Where the form of a reference has no room for a version, the pin alone says it.
        let Some(place) = reference.version_place() else { continue };
        let holder = place.parent().unwrap_or_default();
        if let (Some(Value::Object(fields)), Some(field)) =
            (body.pointer_mut(holder.as_str()), place.tokens().last())
        {
            fields.insert(field, Value::String(version));
        }
    }
    (body, references)
}

/// SHA-256 over what the object means and the fingerprints of all that it refers to.
fn fingerprint(
    linked: &Linked<'_>,
    index: usize,
    meaning: Digest,
    fingerprints: &BTreeMap<usize, Digest>,
) -> Digest {
    let references: Vec<_> =
        linked.links(index).filter_map(|(_, target)| fingerprints.get(&target)).collect();
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
