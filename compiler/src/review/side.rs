//! One of the two bundles that are compared: its records, and which of them refers to which.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use assay_schemas::bundle::{Blobs, Integrity, Reader, SHARED};
use assay_schemas::digest::Digest;
use assay_schemas::id::Version;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Named;
use crate::diff::PLAN;

/// What a record refers to.
type References = BTreeMap<Named, Arc<Vec<Named>>>;

/// A bundle that is compared.
pub(super) struct Side<'a, B> {
    reader: &'a Reader<B>,
    /// What records refer to, as far as somebody asked.
    references: Mutex<References>,
}

impl<'a, B: Blobs> Side<'a, B> {
    pub(super) fn new(reader: &'a Reader<B>) -> Self {
        Self { reader, references: Mutex::default() }
    }

    /// The plan of a job.
    pub(super) fn plan<T: DeserializeOwned>(&self, job: &Named) -> Result<Option<T>, Integrity> {
        self.record(&Named { kind: PLAN.to_owned(), ..job.clone() })
    }

    /// What an object says of itself.
    pub(super) fn object(&self, name: &Named) -> Result<Option<Value>, Integrity> {
        let record: Option<Value> = self.record(name)?;
        Ok(record.map(|mut record| record["object"].take()))
    }

    /// The versions that there are of an object, lowest first.
    pub(super) fn versions(&self, name: &Named) -> Result<Vec<Named>, Integrity> {
        let found = self.reader.find_anywhere(&name.kind, &name.id, Some(&name.tenant))?;
        let own = found.into_iter().filter(|(section, _)| section.key.tenant == name.tenant);
        let mut versions: Vec<_> =
            own.map(|(_, entry)| Named { version: entry.version, ..name.clone() }).collect();
        versions.sort_by_key(|name| Version::new(&name.version).ok());
        Ok(versions)
    }

    /// The objects that an object refers to.
    pub(super) fn references(&self, name: &Named) -> Result<Arc<Vec<Named>>, Integrity> {
        let known =
            self.references.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let record: Option<Value> = self.record(name)?;
        let pins = record.as_ref().and_then(|record| record["references"].as_array());
        let found: Vec<_> = pins.into_iter().flatten().filter_map(pinned).collect();
        let found = Arc::new(found);
        let mut memory = self.references.lock().unwrap_or_else(PoisonError::into_inner);
        memory.insert(name.clone(), Arc::clone(&found));
        Ok(found)
    }

    /// What a record of an object hashes to.
    pub(super) fn digest(&self, name: &Named) -> Result<Option<Digest>, Integrity> {
        let found = self.reader.find_anywhere(&name.kind, &name.id, Some(&name.tenant))?;
        let own = found.into_iter().find(|(section, entry)| {
            section.key.tenant == name.tenant && entry.version == name.version
        });
        Ok(own.map(|(_, entry)| entry.digest))
    }

    fn record<T: DeserializeOwned>(&self, name: &Named) -> Result<Option<T>, Integrity> {
        let found = self.reader.find_anywhere(&name.kind, &name.id, Some(&name.tenant))?;
        let own = found.into_iter().find(|(section, entry)| {
            section.key.tenant == name.tenant && entry.version == name.version
        });
        own.map(|(section, entry)| self.reader.record(section, &entry)).transpose()
    }
}

/// The object that a reference is pinned to: `kind/id@version`.
fn pinned(reference: &Value) -> Option<Named> {
    let (kind, rest) = reference["pin"].as_str()?.split_once('/')?;
    let (id, version) = rest.rsplit_once('@')?;
    let tenant = reference["tenant"].as_str().unwrap_or(SHARED);
    Some(Named {
        kind: kind.to_owned(),
        id: id.to_owned(),
        version: version.to_owned(),
        tenant: tenant.to_owned(),
    })
}
