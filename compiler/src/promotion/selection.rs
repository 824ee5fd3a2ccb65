//! Selections: some jobs with all that they depend on, and the files that hold it.
//!
//! Files move whole. A file that also holds something else that is not the same on both sides would bring that
//! too, so it is refused, and named.

use std::collections::{BTreeMap, BTreeSet};

use crate::compile::{Written, written};
use crate::git::Snapshot;
use crate::review::Named;

/// The files that a selection takes from the branch that changes come from; `None` for those that go.
pub type Taken = BTreeMap<String, Option<String>>;

/// The files of `head` that hold the objects of a closure, where `base` does not have them so.
///
/// # Errors
/// What else a file would bring, in words.
pub fn files(base: &Snapshot, head: &Snapshot, closure: &[Named]) -> Result<Taken, Vec<String>> {
    let (old, new) = (written(base), written(head));
    let wanted: BTreeSet<_> = closure
        .iter()
        .filter(|name| name.kind != "environment")
        .map(|name| (name.kind.as_str(), name.id.as_str(), name.version.as_str()))
        .collect();
    let key = |own: &Written| (own.kind.clone(), own.id.clone(), own.version.clone());
    let is_wanted = |own: &Written| {
        wanted.contains(&(own.kind.as_str(), own.id.as_str(), own.version.as_str()))
    };
    let holders: BTreeSet<&str> =
        new.iter().filter(|own| is_wanted(own)).map(|own| own.path.as_str()).collect();
    let known: BTreeMap<_, _> = old.iter().map(|own| (key(own), own)).collect();
    let mut faults = Vec::new();
    for own in new.iter().filter(|own| holders.contains(own.path.as_str()) && !is_wanted(own)) {
        let same =
            known.get(&key(own)).is_some_and(|old| old.node.to_value() == own.node.to_value());
        if !same {
            faults.push(format!(
                "{} also holds {}/{}, which is not the same",
                own.path, own.kind, own.id
            ));
        }
    }
    let there: BTreeSet<_> = new.iter().map(key).collect();
    let gone =
        old.iter().filter(|own| holders.contains(own.path.as_str()) && !there.contains(&key(own)));
    // An older version of what is wanted goes with it.
    let replaced =
        |own: &Written| wanted.iter().any(|(kind, id, _)| own.kind == *kind && own.id == *id);
    faults.extend(
        gone.filter(|own| !replaced(own))
            .map(|own| format!("{} no longer holds {}/{}", own.path, own.kind, own.id)),
    );
    if !faults.is_empty() {
        return Err(faults);
    }
    let tables = |path: &str| {
        let beside = |holder: &str| {
            let folder = holder.rsplit_once('/').map_or("", |(folder, _)| folder);
            path.starts_with(folder)
        };
        path.to_ascii_lowercase().ends_with(".csv") && holders.iter().any(|holder| beside(holder))
    };
    let changed = head.without(base).files.into_iter();
    let mut taken: Taken = changed
        .filter(|file| holders.contains(file.path.as_str()) || tables(&file.path))
        .map(|file| (file.path, file.blob))
        .collect();
    // What was wanted and stood in a file of its own that is gone stands elsewhere now.
    let paths: BTreeSet<_> = head.files.iter().map(|file| file.path.as_str()).collect();
    let left = old.iter().filter(|own| is_wanted(own) && !paths.contains(own.path.as_str()));
    taken.extend(left.map(|own| (own.path.clone(), None)));
    Ok(taken)
}

/// What `base` becomes with files of `head` in it.
pub fn composed(base: &Snapshot, head: &Snapshot, taken: &Taken) -> Snapshot {
    let mut snapshot = base.clone();
    snapshot.files.retain(|file| !taken.contains_key(&file.path));
    let new = head.files.iter().filter(|file| matches!(taken.get(&file.path), Some(Some(_))));
    snapshot.files.extend(new.cloned());
    snapshot.files.sort_by(|one, other| one.path.cmp(&other.path));
    snapshot
}
