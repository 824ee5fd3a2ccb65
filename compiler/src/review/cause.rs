//! Causes: the changed object that a change of a job comes from, and the way from the one to the other.

use std::collections::{BTreeMap, VecDeque};

use assay_schemas::bundle::{Blobs, Integrity};

use super::side::Side;
use super::{Named, Note};
use crate::diff::{Change, ChangeKind, Diff};

/// The objects of an environment that are written otherwise.
pub(super) struct Causes<'a> {
    changed: BTreeMap<(&'a str, &'a str), Vec<&'a Change>>,
}

/// What a job depends on: each object with the one that it was reached from, nearest first.
pub(super) struct Closure {
    order: Vec<Named>,
    from: BTreeMap<Named, Named>,
}

impl<'a> Causes<'a> {
    pub(super) fn of(diff: &'a Diff) -> Self {
        let mut changed: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for change in diff.objects.iter().filter(|change| change.change != ChangeKind::Indirect) {
            changed.entry((change.kind.as_str(), change.id.as_str())).or_default().push(change);
        }
        Self { changed }
    }

    /// The changed object that a note of a job comes from: where it was written, if that changed; else the
    /// nearest that did; else the environment, whose variables stand everywhere.
    pub(super) fn of_note(&self, note: &Note, job: &Named, closure: &Closure) -> Named {
        let reached = |place: &str| {
            let found = closure.order.iter().find(|name| self.has(name) && name.is(place));
            found.cloned().or_else(|| self.outside(place))
        };
        note.written
            .iter()
            .find_map(|place| reached(place))
            .or_else(|| closure.order.iter().find(|name| self.has(name)).cloned())
            .or_else(|| self.outside("environment"))
            .unwrap_or_else(|| job.clone())
    }

    /// A changed object that no way of references leads to: the environment, or what is gone.
    fn outside(&self, place: &str) -> Option<Named> {
        let changes = match place.split_once('/') {
            Some(place) => self.changed.get(&place),
            None if place == "environment" => self
                .changed
                .iter()
                .find(|((kind, _), _)| *kind == place)
                .map(|(_, changes)| changes),
            None => None,
        };
        changes.and_then(|changes| changes.first()).map(|change| Named::of(change))
    }

    fn has(&self, name: &Named) -> bool {
        let changes = self.changed.get(&(name.kind.as_str(), name.id.as_str()));
        changes.is_some_and(|changes| {
            changes
                .iter()
                .any(|change| change.tenant == name.tenant && change.version == name.version)
        })
    }
}

impl Closure {
    /// Everything that a job depends on.
    pub(super) fn of<B: Blobs>(side: &Side<'_, B>, job: &Named) -> Result<Self, Integrity> {
        let mut from = BTreeMap::new();
        let mut order = vec![job.clone()];
        let mut open = VecDeque::from([job.clone()]);
        while let Some(name) = open.pop_front() {
            for next in side.references(&name)?.iter() {
                if next != job && !from.contains_key(next) {
                    from.insert(next.clone(), name.clone());
                    order.push(next.clone());
                    open.push_back(next.clone());
                }
            }
        }
        Ok(Self { order, from })
    }

    /// The objects, the job first.
    pub(super) fn names(&self) -> &[Named] {
        &self.order
    }

    /// The way from the job to an object, both of them on it.
    pub(super) fn path(&self, cause: &Named) -> Vec<String> {
        let mut path = vec![cause.short()];
        let mut at = cause;
        while let Some(before) = self.from.get(at) {
            path.push(before.short());
            at = before;
        }
        // An environment, or what is gone, is not on a way of references.
        if let Some(job) = self.order.first().filter(|job| *job != at) {
            path.push(job.short());
        }
        path.reverse();
        path
    }
}
