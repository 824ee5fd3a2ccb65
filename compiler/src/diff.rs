//! Diff: what changed between two compiles of one environment, by digest and fingerprint.

use std::collections::BTreeMap;

use assay_schemas::bundle::{Blobs, Entry, Integrity, Part, Reader};
use assay_schemas::plan::TEST_PLAN;
use serde::Serialize;

/// What changed.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Diff {
    /// Objects that one side does not have, or that are not the same.
    pub objects: Vec<Change>,
    /// Jobs that behave differently, and jobs that come or go.
    pub jobs: Vec<Change>,
}

/// One object that changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// Its kind.
    pub kind: String,
    /// Its tenant, or `shared`.
    pub tenant: String,
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// What happened to it.
    pub change: ChangeKind,
}

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is written differently and means something else.
    Changed,
    /// It is written as before, but something that it refers to means something else.
    Indirect,
    /// Only its notes for people are different.
    Notes,
}

impl Diff {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.jobs.is_empty()
    }

    /// Compares two bundles.
    ///
    /// # Errors
    /// An index does not match its digest.
    pub fn between<A: Blobs, B: Blobs>(
        base: &Reader<A>,
        head: &Reader<B>,
    ) -> Result<Self, Integrity> {
        let (base, head) = (entries(base)?, entries(head)?);
        let mut diff = Self::default();
        for (key, entry) in &base {
            if !head.contains_key(key) {
                diff.push(key, entry, ChangeKind::Removed);
            }
        }
        for (key, entry) in &head {
            match base.get(key).map(|before| compare(before, entry)) {
                None => diff.push(key, entry, ChangeKind::Added),
                Some(Some(change)) => diff.push(key, entry, change),
                Some(None) => {}
            }
        }
        diff.objects.sort();
        diff.jobs.sort();
        Ok(diff)
    }

    /// Everything in a bundle, as added.
    ///
    /// # Errors
    /// An index does not match its digest.
    pub fn all_new<B: Blobs>(head: &Reader<B>) -> Result<Self, Integrity> {
        let mut diff = Self::default();
        for (key, entry) in &entries(head)? {
            diff.push(key, entry, ChangeKind::Added);
        }
        diff.objects.sort();
        diff.jobs.sort();
        Ok(diff)
    }

    fn push(&mut self, key: &Key, entry: &Entry, change: ChangeKind) {
        let found = Change {
            kind: entry.kind.clone(),
            tenant: key.0.clone(),
            id: entry.id.clone(),
            version: entry.version.clone(),
            change,
        };
        // The plan is what a job does; its own record is among the objects, where it was written anew.
        if entry.kind == "plan" {
            self.jobs.push(Change { kind: "job_definition".to_owned(), ..found });
        } else if entry.kind != "job_definition" || change != ChangeKind::Indirect {
            self.objects.push(found);
        }
    }
}

type Key = (String, String, String, String);

fn entries<B: Blobs>(reader: &Reader<B>) -> Result<BTreeMap<Key, Entry>, Integrity> {
    let mut all = BTreeMap::new();
    for section in reader.sections() {
        let part = match section.key.part {
            Part::Core => "",
            // An object for one environment and one for all may have the same name.
            Part::Overlay => "overlay",
        };
        for entry in reader.entries(section)? {
            // Fixtures stand in their objects, too.
            if entry.kind == TEST_PLAN {
                continue;
            }
            let key = (
                section.key.tenant.clone(),
                format!("{}{part}", entry.kind),
                entry.id.clone(),
                entry.version.clone(),
            );
            all.insert(key, entry);
        }
    }
    Ok(all)
}

fn compare(before: &Entry, after: &Entry) -> Option<ChangeKind> {
    match (before.digest == after.digest, before.fingerprint == after.fingerprint) {
        (true, true) => None,
        (true, false) => Some(ChangeKind::Indirect),
        (false, true) => Some(ChangeKind::Notes),
        (false, false) => Some(ChangeKind::Changed),
    }
}
