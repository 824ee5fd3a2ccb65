//! Diff: what changed between two compiles of one environment, by digest and fingerprint.

use std::cmp::Ordering;

use assay_schemas::bundle::{Blobs, Entry, Integrity, Part, Reader, Section};
use assay_schemas::plan::TEST_PLAN;
use serde::Serialize;

/// The kind of the records that hold what jobs do.
pub(crate) const PLAN: &str = "plan";

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

    /// Compares two bundles. Sections that hold the same are not read.
    ///
    /// # Errors
    /// An index does not match its digest.
    pub fn between<A: Blobs, B: Blobs>(
        base: &Reader<A>,
        head: &Reader<B>,
    ) -> Result<Self, Integrity> {
        let mut diff = Self::default();
        for section in base.sections() {
            match section_like(head, section) {
                Some(other) if other.holds_the_same(section) => {}
                Some(other) => {
                    diff.merge(section, base.entries(section)?, head.entries(other)?);
                }
                None => diff.merge(section, base.entries(section)?, Vec::new()),
            }
        }
        for section in head.sections() {
            if section_like(base, section).is_none() {
                diff.merge(section, Vec::new(), head.entries(section)?);
            }
        }
        diff.sort();
        Ok(diff)
    }

    /// Everything in a bundle, as added.
    ///
    /// # Errors
    /// An index does not match its digest.
    pub fn all_new<B: Blobs>(head: &Reader<B>) -> Result<Self, Integrity> {
        let mut diff = Self::default();
        for section in head.sections() {
            diff.merge(section, Vec::new(), head.entries(section)?);
        }
        diff.sort();
        Ok(diff)
    }

    /// The objects of the head's core that the base's core does not have as they are.
    ///
    /// # Errors
    /// An index does not match its digest.
    pub fn core_beyond<A: Blobs, B: Blobs>(
        base: &Reader<A>,
        head: &Reader<B>,
    ) -> Result<Vec<Change>, Integrity> {
        let mut diff = Self::default();
        for section in head.sections().iter().filter(|section| section.key.part == Part::Core) {
            match section_like(base, section) {
                Some(other) if other.holds_the_same(section) => {}
                Some(other) => {
                    diff.merge(section, base.entries(other)?, head.entries(section)?);
                }
                None => diff.merge(section, Vec::new(), head.entries(section)?),
            }
        }
        // What is pinned elsewhere is told where it is pinned.
        let told =
            |change: &Change| !matches!(change.change, ChangeKind::Removed | ChangeKind::Indirect);
        Ok(diff.objects.into_iter().filter(told).collect())
    }

    /// Walks the lines of two indexes, which are in order, at once.
    fn merge(&mut self, section: &Section, base: Vec<Entry>, head: Vec<Entry>) {
        let (mut base, mut head) = (base.into_iter().peekable(), head.into_iter().peekable());
        loop {
            let order = match (base.peek(), head.peek()) {
                (None, None) => return,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => place(old).cmp(&place(new)),
            };
            let old = if order == Ordering::Greater { None } else { base.next() };
            let new = if order == Ordering::Less { None } else { head.next() };
            match (old, new) {
                (Some(old), Some(new)) => {
                    if let Some(change) = compare(&old, &new) {
                        self.push(section, new, change);
                    }
                }
                (Some(old), None) => self.push(section, old, ChangeKind::Removed),
                (None, Some(new)) => self.push(section, new, ChangeKind::Added),
                (None, None) => {}
            }
        }
    }

    fn push(&mut self, section: &Section, entry: Entry, change: ChangeKind) {
        // Fixtures stand in their objects, too.
        if entry.kind == TEST_PLAN {
            return;
        }
        let is_plan = entry.kind == PLAN;
        let kind = if is_plan { "job_definition".to_owned() } else { entry.kind };
        let tenant = section.key.tenant.clone();
        let found = Change { kind, tenant, id: entry.id, version: entry.version, change };
        // The plan is what a job does; its own record is among the objects, where it was written anew.
        if is_plan {
            self.jobs.push(found);
        } else if found.kind != "job_definition" || change != ChangeKind::Indirect {
            self.objects.push(found);
        }
    }

    fn sort(&mut self) {
        self.objects.sort();
        self.jobs.sort();
    }
}

/// The section of another bundle for the same part and tenant.
fn section_like<'a, B: Blobs>(bundle: &'a Reader<B>, section: &Section) -> Option<&'a Section> {
    bundle.sections().iter().find(|other| other.key == section.key)
}

fn place(entry: &Entry) -> (&str, &str, &str) {
    (&entry.kind, &entry.id, &entry.version)
}

fn compare(before: &Entry, after: &Entry) -> Option<ChangeKind> {
    match (before.digest == after.digest, before.fingerprint == after.fingerprint) {
        (true, true) => None,
        (true, false) => Some(ChangeKind::Indirect),
        (false, true) => Some(ChangeKind::Notes),
        (false, false) => Some(ChangeKind::Changed),
    }
}
