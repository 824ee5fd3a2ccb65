//! Owners of files, for CODEOWNERS: those of all objects in a file.

use std::collections::{BTreeMap, BTreeSet};

use assay_schemas::code::Code;
use assay_schemas::problem::Pointer;

use super::super::validate::{Library, Loaded};
use super::owners::Ownership;
use crate::diagnostic::{Diagnostic, Place, Sink};

/// A file and who is asked about changes to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileOwners {
    /// Relative to the project's root.
    pub path: String,
    /// The owners, as the library names them.
    pub owners: BTreeSet<String>,
    /// Their users and teams on the repository host.
    pub handles: BTreeSet<String>,
}

/// The owners of every file that has any, in order of path.
pub(crate) fn of_files(library: &Library, sink: &mut Sink) -> Vec<FileOwners> {
    let environments = || library.environments.values();
    let ownership = Ownership::of(library, environments().map(Loaded::object));
    let mut files: BTreeMap<&str, Vec<(BTreeSet<String>, Place)>> = BTreeMap::new();
    for loaded in &library.objects {
        // Files of a shared library belong to another repository.
        if loaded.library().is_some() {
            continue;
        }
        let owners = ownership.of_loaded(loaded).owners;
        let field = if loaded.value().get("owner").is_some() {
            "owner"
        } else {
            loaded.object().kind().id_field()
        };
        files.entry(loaded.path()).or_default().push((owners, loaded.place(&Pointer::from(field))));
    }
    for loaded in environments() {
        let owners = loaded.object().owner.iter().cloned().collect();
        let place = loaded.place(&Pointer::from("owner"));
        files.entry(loaded.path()).or_default().push((owners, place));
    }
    let mut unreachable = BTreeSet::new();
    let mut found = Vec::new();
    for (path, objects) in files {
        let mut file = FileOwners {
            path: path.to_owned(),
            owners: objects.iter().flat_map(|(owners, _)| owners).cloned().collect(),
            handles: BTreeSet::new(),
        };
        for owner in &file.owners {
            let handles = ownership.contact(owner).handles;
            if handles.is_empty() && unreachable.insert(owner.clone()) {
                let place = objects.iter().find(|(owners, _)| owners.contains(owner));
                sink.extend(place.map(|(_, place)| without_handle(owner, place)));
            }
            file.handles.extend(handles);
        }
        sink.extend(several(&objects));
        if !file.owners.is_empty() {
            found.push(file);
        }
    }
    found
}

fn without_handle(owner: &str, place: &Place) -> Diagnostic {
    let message = format!("owner `{owner}` has no handle, so CODEOWNERS cannot name them");
    Diagnostic::new(Code::OwnerWithoutHandle, place.clone(), message).hint(format!(
        "add `contacts: {{ {owner}: {{ handles: [\"@team\"] }} }}` to an environment"
    ))
}

/// A warning where the objects of a file have not all the same owners.
fn several(objects: &[(BTreeSet<String>, Place)]) -> Option<Diagnostic> {
    let mut owned = objects.iter().filter(|(owners, _)| !owners.is_empty());
    let (first, first_place) = owned.next()?;
    let (other, place) = owned.find(|(owners, _)| owners != first)?;
    let names = |owners: &BTreeSet<String>| owners.iter().cloned().collect::<Vec<_>>().join(", ");
    let message = format!(
        "objects of `{}` and of `{}` in one file: all of them are asked about every change to it",
        names(first),
        names(other)
    );
    Some(
        Diagnostic::new(Code::SeveralOwners, place.clone(), message)
            .hint("give each owner's objects a file of their own")
            .related(first_place.clone(), "the other owner is named here"),
    )
}
