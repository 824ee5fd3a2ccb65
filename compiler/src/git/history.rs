//! What led to a revision: when it was committed, by whom it was changed, and what they said.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use gix::bstr::ByteSlice as _;

use super::{Error, FOLDERS, Repository};
use crate::past::{Branch, Changes, Commit, Content, Past, Person, Unknown};
use crate::source;

/// The past of one revision of a project, as far as approvals ask for it.
#[derive(Debug)]
pub struct History {
    repository: gix::ThreadSafeRepository,
    place: std::path::PathBuf,
    prefix: String,
    head: String,
    base: Option<String>,
}

impl Repository {
    /// When a revision was committed, in seconds since 1970.
    ///
    /// # Errors
    /// Those of [`Repository::commit_info`].
    pub fn committed(&self, revision: &str) -> Result<i64, Error> {
        let (id, _) = self.resolve(revision)?;
        let commit = self.commit(id)?;
        let time = commit.time().map_err(|error| self.broken(id, revision, &error))?;
        Ok(time.seconds)
    }

    /// The commit where two revisions parted, in hexadecimal; `None` where they have none in common.
    ///
    /// # Errors
    /// [`Error::UnknownRevision`].
    pub fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, Error> {
        let ((one, _), (other, _)) = (self.resolve(one)?, self.resolve(other)?);
        let found = self.repository.merge_base(one, other).ok().flatten();
        Ok(found.map(|id| id.detach().to_string()))
    }

    /// What led to `head`, since `base` where that is known.
    ///
    /// # Errors
    /// [`Error::UnknownRevision`] for the base.
    pub fn history(&self, head: &str, base: Option<&str>) -> Result<History, Error> {
        if let Some(base) = base {
            self.resolve(base)?;
        }
        Ok(History {
            repository: self.repository.clone().into_sync(),
            place: self.place.clone(),
            prefix: self.prefix.clone(),
            head: head.to_owned(),
            base: base.map(str::to_owned),
        })
    }

    pub(super) fn commit(&self, id: gix::ObjectId) -> Result<gix::Commit<'_>, Error> {
        let name = id.to_string();
        self.object(id, &name)?.try_into_commit().map_err(|error| self.broken(id, &name, &error))
    }

    /// The changes of the project since the last commit that two revisions have in common.
    fn changes(
        &self,
        base: gix::ObjectId,
        head: gix::ObjectId,
        base_name: &str,
    ) -> Result<Changes, Error> {
        let name = head.to_string();
        let common = self.common(base, head).ok_or_else(|| Error::Unrelated {
            base: base_name.to_owned(),
            head: name.clone(),
            place: self.place.clone(),
        })?;
        let mut trees = Trees { repository: self, wanted: None, known: HashMap::new() };
        let (before, after) = (trees.at(common)?, trees.at(head)?);
        let paths: BTreeSet<_> = before
            .keys()
            .chain(after.keys())
            .filter(|path| before.get(*path) != after.get(*path))
            .cloned()
            .collect();
        trees = Trees { repository: self, wanted: Some(paths), known: HashMap::new() };
        let mut contents = Contents { repository: self, known: HashMap::new() };
        let mut changes = Changes {
            base: common.to_string(),
            before: contents.of(&trees.at(common)?)?,
            after: contents.of(&trees.at(head)?)?,
            commits: Vec::new(),
        };
        if trees.wanted.as_ref().is_none_or(BTreeSet::is_empty) {
            return Ok(changes);
        }
        for info in self.beyond(head, base, &name)? {
            let commit = self.commit(info.id)?;
            let parents = info
                .parents
                .iter()
                .map(|parent| contents.of(&trees.at(*parent)?))
                .collect::<Result<Vec<_>, _>>()?;
            changes.commits.push(Commit {
                id: info.id.to_string(),
                author: self.author(&commit)?,
                message: commit.message_raw_sloppy().to_str_lossy().into_owned(),
                after: contents.of(&trees.at(info.id)?)?,
                parents,
            });
        }
        Ok(changes)
    }

    /// The last commit that two have in common.
    fn common(&self, one: gix::ObjectId, two: gix::ObjectId) -> Option<gix::ObjectId> {
        self.repository.merge_base(one, two).ok().flatten().map(gix::Id::detach)
    }

    pub(super) fn author(&self, commit: &gix::Commit<'_>) -> Result<Person, Error> {
        let name = commit.id.to_string();
        let author = commit.author().map_err(|error| self.broken(commit.id, &name, &error))?;
        Ok(Person {
            name: author.name.to_str_lossy().trim().to_owned(),
            mail: author.email.to_str_lossy().trim().to_owned(),
        })
    }

    /// The commit of a branch, of this clone or of the one that it comes from.
    fn branch(&self, name: &str) -> Option<gix::ObjectId> {
        ["refs/heads", "refs/remotes/origin"].into_iter().find_map(|folder| {
            let (id, _) = self.resolve(&format!("{folder}/{name}")).ok()?;
            Some(id)
        })
    }

    /// Where changes begin for a branch: at the branch; on it, before the last step.
    fn beginning(&self, name: &str, head: gix::ObjectId) -> Result<gix::ObjectId, Unknown> {
        let Some(tip) = self.branch(name) else {
            return Err(Unknown(format!("this clone has no branch `{name}`")));
        };
        let common = self.common(tip, head).ok_or_else(|| {
            Unknown(format!("branch `{name}` has no commit in common with what is compiled"))
        })?;
        if common != head {
            return Ok(tip);
        }
        let commit = self.commit(head).map_err(|error| Unknown(error.to_string()))?;
        let first = commit.parent_ids().next().map(gix::Id::detach);
        first.filter(|id| self.repository.has_object(*id)).ok_or_else(|| {
            Unknown(format!("nothing is known of branch `{name}` before this commit"))
        })
    }
}

impl Past for History {
    fn changes(&self, branch: Branch<'_>) -> Result<Changes, Unknown> {
        let repository = Repository {
            repository: self.repository.to_thread_local(),
            place: self.place.clone(),
            prefix: self.prefix.clone(),
        };
        let unknown = |error: Error| Unknown(error.to_string());
        let (head, _) = repository.resolve(&self.head).map_err(unknown)?;
        let (base, name) = match (&self.base, branch.0) {
            (Some(base), _) => (repository.resolve(base).map_err(unknown)?.0, base.as_str()),
            (None, Some(branch)) => (repository.beginning(branch, head)?, branch),
            (None, None) => {
                return Err(Unknown(
                    "the environment names no `branch` to compare with".to_owned(),
                ));
            }
        };
        repository.changes(base, head, name).map_err(unknown)
    }

    fn has_base(&self) -> bool {
        self.base.is_some()
    }
}

/// Path and blob of each authoring file of a project.
type Listing = BTreeMap<String, gix::ObjectId>;

/// Lists trees, each once.
struct Trees<'a> {
    repository: &'a Repository,
    /// The only paths that are listed, if not all.
    wanted: Option<BTreeSet<String>>,
    known: HashMap<(gix::ObjectId, String), Arc<Listing>>,
}

impl Trees<'_> {
    /// The authoring files of the project at a commit; none where it has no such folder.
    fn at(&mut self, commit: gix::ObjectId) -> Result<Listing, Error> {
        let repository = self.repository;
        let commit = repository.commit(commit)?;
        let id = commit.tree_id().map_err(|error| repository.broken(commit.id, "", &error))?;
        let mut tree = repository.tree(id.detach(), "")?;
        for folder in repository.prefix.split('/').filter(|folder| !folder.is_empty()) {
            let child = tree.find_entry(folder).filter(|entry| entry.mode().is_tree());
            let Some(id) = child.map(|entry| entry.object_id()) else { return Ok(Listing::new()) };
            tree = repository.tree(id, folder)?;
        }
        let mut listing = Listing::new();
        for name in FOLDERS {
            let child = tree.find_entry(name).filter(|entry| entry.mode().is_tree());
            if let Some(id) = child.map(|entry| entry.object_id()) {
                listing.extend(self.below(id, name)?.iter().map(|(path, id)| (path.clone(), *id)));
            }
        }
        Ok(listing)
    }

    fn below(&mut self, id: gix::ObjectId, folder: &str) -> Result<Arc<Listing>, Error> {
        if !self.wants(folder) {
            return Ok(Arc::default());
        }
        let key = (id, folder.to_owned());
        if let Some(known) = self.known.get(&key) {
            return Ok(Arc::clone(known));
        }
        let tree = self.repository.tree(id, folder)?;
        let mut listing = Listing::new();
        for entry in tree.iter() {
            let entry = entry.map_err(|error| self.repository.broken(id, folder, &error))?;
            let path = format!("{folder}/{}", entry.filename().to_str_lossy());
            if entry.mode().is_tree() {
                let below = self.below(entry.object_id(), &path)?;
                listing.extend(below.iter().map(|(path, id)| (path.clone(), *id)));
            } else if entry.mode().is_blob() && source::is_source(&path) {
                let wanted = self.wanted.as_ref().is_none_or(|wanted| wanted.contains(&path));
                if wanted {
                    listing.insert(path, entry.object_id());
                }
            }
        }
        let listing = Arc::new(listing);
        self.known.insert(key, Arc::clone(&listing));
        Ok(listing)
    }

    /// Whether a wanted path lies below a folder.
    fn wants(&self, folder: &str) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| {
            let below = format!("{folder}/");
            wanted.range(below.clone()..).next().is_some_and(|path| path.starts_with(&below))
        })
    }
}

/// Reads blobs, each once.
struct Contents<'a> {
    repository: &'a Repository,
    known: HashMap<gix::ObjectId, Content>,
}

impl Contents<'_> {
    fn of(&mut self, listing: &Listing) -> Result<BTreeMap<String, Content>, Error> {
        let mut contents = BTreeMap::new();
        for (path, id) in listing {
            if !self.known.contains_key(id) {
                let blob = self.repository.object(*id, path)?.try_into_blob();
                let mut blob = blob.map_err(|error| self.repository.broken(*id, path, &error))?;
                let bytes = Arc::from(blob.take_data());
                self.known.insert(*id, Content { id: id.to_string(), bytes });
            }
            if let Some(content) = self.known.get(id) {
                contents.insert(path.clone(), content.clone());
            }
        }
        Ok(contents)
    }
}
