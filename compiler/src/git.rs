//! Snapshots of the configuration: of a Git revision, straight from the object database and without
//! a checkout, or of a folder as it is.
//!
//! The only file that knows how Git is read. A repository is opened in isolation: neither the
//! user's nor the system's configuration nor the environment changes what a revision holds.

mod beyond;
mod branches;
mod changes;
mod error;
mod folder;
mod history;
mod status;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use assay_schemas::code::Code;
use assay_schemas::digest::Digest;
use gix::bstr::ByteSlice as _;
use gix::objs::tree::EntryKind;
use rayon::prelude::*;

use crate::diagnostic::{Diagnostic, Place};
use crate::source;

pub use branches::{Both, BranchCommit, Files, NewCommit};
pub use changes::{Hunk, Touched, hunks};
pub use error::Error;
pub use folder::worktree;
pub use history::History;

/// The folders of a project that hold its configuration.
const FOLDERS: [&str; 2] = ["libraries", "environments"];

/// The files at its top that belong to it.
const FILES: [&str; 2] = ["assay.lock", "assay.yaml"];

/// All configuration at one point in time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The commit, in hexadecimal; `None` for a folder.
    pub revision: Option<String>,
    /// Every authoring file, ordered by path.
    pub files: Vec<SourceFile>,
    /// What stands where a file could stand but cannot be read, ordered by path.
    pub unreadable: Vec<Unreadable>,
    /// The shared libraries that the project uses, ordered by name.
    pub libraries: Vec<SharedLibrary>,
    /// What was found wrong with these.
    pub findings: Vec<Diagnostic>,
}

/// The files of a shared library at the commit that it is locked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedLibrary {
    /// Its name in the project.
    pub name: String,
    /// Where it comes from, as the project declares it.
    pub git: String,
    /// The commit, in hexadecimal.
    pub commit: String,
    /// SHA-256 over its files.
    pub digest: Digest,
    /// Its files; each path begins with the library's name and commit, as in
    /// `shared@4f1c2d3e4a5b:libraries/rules/a.yaml`.
    pub files: Vec<SourceFile>,
}

/// One authoring file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Relative to the project's root, with `/` between folders.
    pub path: String,
    /// The Git blob, in hexadecimal; `None` for a file of a folder.
    pub blob: Option<String>,
    bytes: Arc<[u8]>,
}

impl SourceFile {
    /// A file that holds `bytes`; `blob` is its Git object, where it has one.
    pub fn new(path: impl Into<String>, blob: Option<String>, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { path: path.into(), blob, bytes: bytes.into() }
    }

    /// What it holds.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }
}

/// Something that is not read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Relative to the project's root, with `/` between folders.
    pub path: String,
    /// Why: lower case, no full stop.
    pub reason: String,
}

impl Unreadable {
    /// The diagnostic that names it.
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic::new(Code::Unreadable, Place::file(&self.path), self.reason.clone())
            .hint("replace it by a file of this repository, or remove it")
    }
}

/// A commit and what it holds; nothing that depends on a clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitInfo {
    /// The commit, in hexadecimal.
    pub id: String,
    /// Its tree, in hexadecimal.
    pub tree: String,
}

/// A Git repository, opened for reading.
#[derive(Debug)]
pub struct Repository {
    repository: gix::Repository,
    place: PathBuf,
    prefix: String,
}

impl Repository {
    /// Opens the repository that `dir` lies in, searching upwards.
    ///
    /// # Errors
    /// [`Error::NotARepository`] and [`Error::Unusable`].
    pub fn discover(dir: &Path) -> Result<Self, Error> {
        // A commit is what its name says: what a clone puts in the place of its objects is not read.
        let options =
            || gix::open::Options::isolated().config_overrides(["core.useReplaceRefs=false"]);
        let trust = gix::sec::trust::Mapping { full: options(), reduced: options() };
        let opened = gix::ThreadSafeRepository::discover_opts(dir, Default::default(), trust);
        let repository = opened.map(|found| found.to_thread_local()).map_err(|error| {
            let place = dir.to_owned();
            match gix::discover::upwards(dir) {
                Ok(_) => Error::Unusable { place, reason: error.probable_cause().to_string() },
                Err(_) => Error::NotARepository { place },
            }
        })?;
        let place = repository.workdir().unwrap_or_else(|| repository.git_dir()).to_owned();
        let prefix = prefix(&place, dir).unwrap_or_default();
        Ok(Self { repository, place, prefix })
    }

    /// The folder that was discovered from, relative to the repository's working tree and with `/`
    /// between folders; empty at its top and in a bare repository.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The commit that `revision` (a branch, a tag, an id, `main~2`, …) stands for.
    ///
    /// # Errors
    /// [`Error::UnknownRevision`], [`Error::Missing`] and [`Error::Broken`].
    pub fn commit_info(&self, revision: &str) -> Result<CommitInfo, Error> {
        let (commit, tree) = self.resolve(revision)?;
        Ok(CommitInfo { id: commit.to_string(), tree: tree.to_string() })
    }

    /// The configuration of the project in the folder `root` (empty for the top) at `revision`.
    ///
    /// # Errors
    /// Those of [`Repository::commit_info`], and [`Error::NoRoot`].
    pub fn snapshot(&self, revision: &str, root: &str) -> Result<Snapshot, Error> {
        self.snapshot_of(revision, root, &|_| true)
    }

    /// The files that `wanted` accepts of the configuration of a project.
    ///
    /// # Errors
    /// Those of [`Repository::snapshot`].
    pub fn snapshot_of(
        &self,
        revision: &str,
        root: &str,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Snapshot, Error> {
        let mut entries = Vec::new();
        let commit = self.walk(revision, root, &mut |path, entry| {
            if wanted(&path) {
                let named = entry.filename().to_str().is_ok();
                entries.push(Found { path, id: entry.object_id(), kind: entry.kind(), named });
            }
            Ok(())
        })?;
        let mut snapshot = Snapshot { revision: Some(commit.to_string()), ..Snapshot::default() };
        for taken in self.take_all(entries)? {
            match taken {
                Taken::File(file) => snapshot.files.push(file),
                Taken::Refused(refused) => snapshot.unreadable.push(refused),
            }
        }
        Ok(snapshot.sorted())
    }

    /// Reads entries on all cores; each has a handle of its own on the object database.
    fn take_all(&self, entries: Vec<Found>) -> Result<Vec<Taken>, Error> {
        let (shared, place) = (self.repository.clone().into_sync(), &self.place);
        let handle = || Self {
            repository: shared.to_thread_local(),
            place: place.clone(),
            prefix: String::new(),
        };
        let taken =
            entries.into_par_iter().map_init(handle, |repository, found| repository.take(found));
        taken.collect()
    }

    /// Path and Git object of everything that a snapshot of the same project would read, or refuse.
    ///
    /// # Errors
    /// Those of [`Repository::snapshot`].
    pub fn listing(&self, revision: &str, root: &str) -> Result<BTreeMap<String, String>, Error> {
        let mut listing = BTreeMap::new();
        self.walk(revision, root, &mut |path, entry| {
            listing.insert(path, entry.object_id().to_string());
            Ok(())
        })?;
        Ok(listing)
    }

    /// Hands every entry that is or could be a file of a project to `take`, and gives the commit.
    fn walk(
        &self,
        revision: &str,
        root: &str,
        take: &mut Take<'_>,
    ) -> Result<gix::ObjectId, Error> {
        let (commit, tree) = self.resolve(revision)?;
        let mut top = self.tree(tree, "")?;
        for folder in root.split('/').filter(|folder| !folder.is_empty()) {
            let child = top.find_entry(folder).filter(|entry| entry.mode().is_tree());
            let no_root = || Error::NoRoot { commit: commit.to_string(), root: root.to_owned() };
            let id = child.map(|entry| entry.object_id()).ok_or_else(no_root)?;
            top = self.tree(id, root)?;
        }
        let mut folders = Vec::new();
        for name in FOLDERS {
            if let Some(entry) = top.find_entry(name) {
                enter(name.to_owned(), &entry, &mut folders, take)?;
            }
        }
        for name in FILES {
            if let Some(entry) = top.find_entry(name) {
                take(name.to_owned(), &entry)?;
            }
        }
        while let Some((path, id)) = folders.pop() {
            let tree = self.tree(id, &path)?;
            for entry in tree.iter() {
                let entry = entry.map_err(|error| self.broken(id, &path, &error))?;
                let below = format!("{path}/{}", entry.filename().to_str_lossy());
                enter(below, &entry, &mut folders, take)?;
            }
        }
        Ok(commit)
    }

    /// The file of an entry, or why it is none.
    fn take(&self, found: Found) -> Result<Taken, Error> {
        let Found { path, id, kind, named } = found;
        let refuse = |path: String, reason: &str| {
            Ok(Taken::Refused(Unreadable { path, reason: reason.to_owned() }))
        };
        match kind {
            EntryKind::Tree => refuse(path, "a folder stands where a file is read"),
            EntryKind::Link => refuse(path, "a symbolic link is not followed"),
            EntryKind::Commit => refuse(path, "a Git submodule is not entered"),
            EntryKind::Blob | EntryKind::BlobExecutable if !named => {
                refuse(path, "the name of the file is not UTF-8")
            }
            EntryKind::Blob | EntryKind::BlobExecutable => {
                let header = self.repository.try_find_header(id);
                let header = header.map_err(|error| self.broken(id, &path, &error))?;
                let size = header.ok_or_else(|| self.missing(id, &path))?.size();
                if size > source::MAX_BYTES as u64 {
                    return refuse(path, "the file is larger than 16 MiB");
                }
                let blob = self.object(id, &path)?.try_into_blob();
                let mut blob = blob.map_err(|error| self.broken(id, &path, &error))?;
                let bytes = blob.take_data();
                Ok(Taken::File(SourceFile::new(path, Some(id.to_string()), bytes)))
            }
        }
    }

    fn resolve(&self, revision: &str) -> Result<(gix::ObjectId, gix::ObjectId), Error> {
        let specification = format!("{revision}^{{commit}}");
        let id = self.repository.rev_parse_single(specification.as_str()).map_err(|_| {
            let shallow = self.repository.is_shallow().unwrap_or(false);
            let advice = if shallow {
                "this clone is shallow, `git fetch --unshallow` brings the rest"
            } else {
                "check the spelling, or `git fetch` it first"
            };
            Error::UnknownRevision {
                revision: revision.to_owned(),
                place: self.place.clone(),
                advice,
            }
        })?;
        let id = id.detach();
        let commit = self.object(id, revision)?;
        let commit = commit.try_into_commit().map_err(|error| self.broken(id, revision, &error))?;
        let tree = commit.tree_id().map_err(|error| self.broken(id, revision, &error))?;
        Ok((id, tree.detach()))
    }

    fn tree(&self, id: gix::ObjectId, path: &str) -> Result<gix::Tree<'_>, Error> {
        let object = self.object(id, path)?;
        object.try_into_tree().map_err(|error| self.broken(id, path, &error))
    }

    fn object(&self, id: gix::ObjectId, path: &str) -> Result<gix::Object<'_>, Error> {
        let found = self.repository.try_find_object(id);
        found.map_err(|error| self.broken(id, path, &error))?.ok_or_else(|| self.missing(id, path))
    }

    fn missing(&self, id: gix::ObjectId, path: &str) -> Error {
        let (object, path) = (id.to_string(), path.to_owned());
        Error::Missing { object, path, place: self.place.clone() }
    }

    fn broken(&self, id: gix::ObjectId, path: &str, error: &dyn std::fmt::Display) -> Error {
        let (object, path, reason) = (id.to_string(), path.to_owned(), error.to_string());
        Error::Broken { object, path, place: self.place.clone(), reason }
    }
}

/// An entry of a tree that is or could be a file.
struct Found {
    path: String,
    id: gix::ObjectId,
    kind: EntryKind,
    /// Its name is UTF-8.
    named: bool,
}

/// What an entry came to.
enum Taken {
    File(SourceFile),
    Refused(Unreadable),
}

/// What is done with an entry of a tree and its path.
type Take<'a> = dyn FnMut(String, &gix::object::tree::EntryRef<'_, '_>) -> Result<(), Error> + 'a;

/// Hands an entry over if it is or could be a file, or puts its folder onto the list.
fn enter(
    path: String,
    entry: &gix::object::tree::EntryRef<'_, '_>,
    folders: &mut Vec<(String, gix::ObjectId)>,
    take: &mut Take<'_>,
) -> Result<(), Error> {
    match entry.kind() {
        EntryKind::Tree => folders.push((path, entry.object_id())),
        EntryKind::Blob | EntryKind::BlobExecutable if !source::is_source(&path) => {}
        _ => take(path, entry)?,
    }
    Ok(())
}

impl Snapshot {
    fn refuse(&mut self, path: String, reason: &str) {
        self.unreadable.push(Unreadable { path, reason: reason.to_owned() });
    }

    fn sorted(mut self) -> Self {
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        self.unreadable.sort_by(|a, b| a.path.cmp(&b.path));
        self
    }
}

/// `dir` relative to `top`, with `/` between folders.
fn prefix(top: &Path, dir: &Path) -> Option<String> {
    let (top, dir) = (top.canonicalize().ok()?, dir.canonicalize().ok()?);
    let parts = dir.strip_prefix(&top).ok()?.iter().map(|part| part.to_string_lossy());
    Some(parts.collect::<Vec<_>>().join("/"))
}
