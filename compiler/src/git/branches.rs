//! Branches of environments: their tips, what stands on one of two alone, and a new commit on one, which is the
//! only thing that this program ever writes to a repository.

use std::collections::BTreeMap;

use gix::bstr::ByteSlice as _;
use gix::objs::tree::EntryKind;
use gix::refs::transaction::PreviousValue;

use super::{Error, Repository};
use crate::past::Person;

/// A commit of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchCommit {
    /// Its name, in hexadecimal.
    pub id: String,
    /// Its tree, in hexadecimal.
    pub tree: String,
    /// Its parents, the branch's own first.
    pub parents: Vec<String>,
    /// Who made it.
    pub author: Person,
    /// When it was committed, in seconds since 1970.
    pub seconds: i64,
    /// All that it says.
    pub message: String,
}

impl BranchCommit {
    /// The first line of what it says.
    pub fn title(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

/// The Git object of a file before and after; `None` where it is not there.
pub type Both = (Option<String>, Option<String>);

/// A commit that is to be written.
#[derive(Clone, Debug)]
pub struct NewCommit<'a> {
    /// The branch, as `refs/heads/` knows it.
    pub branch: &'a str,
    /// The commit that the branch must still be at.
    pub tip: &'a str,
    /// What the files are to be.
    pub files: Files<'a>,
    /// A second parent.
    pub merged: Option<&'a str>,
    /// All that it says.
    pub message: &'a str,
    /// Who makes it.
    pub author: &'a Person,
    /// When, in seconds since 1970.
    pub seconds: i64,
}

/// What the files of a new commit are to be.
#[derive(Clone, Copy, Debug)]
pub enum Files<'a> {
    /// As another commit has them.
    AsIn(&'a str),
    /// As the branch has them, but for these: by path from the top, the Git object; `None` where a file goes.
    Changed(&'a BTreeMap<String, Option<String>>),
}

impl Repository {
    /// The commit that a branch is at: of this clone, else of the one that it comes from.
    ///
    /// # Errors
    /// [`Error::UnknownRevision`] where there is no such branch.
    pub fn tip(&self, branch: &str) -> Result<String, Error> {
        let (id, _) = self
            .resolve(&format!("refs/heads/{branch}"))
            .or_else(|_| self.resolve(&format!("refs/remotes/origin/{branch}")))
            .map_err(|error| match error {
                Error::UnknownRevision { place, advice, .. } => {
                    Error::UnknownRevision { revision: branch.to_owned(), place, advice }
                }
                other => other,
            })?;
        Ok(id.to_string())
    }

    /// The commits that lead to `tip` and not to `other`, newest first.
    ///
    /// # Errors
    /// [`Error::UnknownRevision`], [`Error::Missing`] and [`Error::Broken`].
    pub fn alone(&self, tip: &str, other: &str) -> Result<Vec<BranchCommit>, Error> {
        let ((tip_id, _), (other_id, _)) = (self.resolve(tip)?, self.resolve(other)?);
        let beyond = self.beyond(tip_id, other_id, tip)?.into_iter();
        let mut found =
            beyond.map(|commit| self.branch_commit(commit.id)).collect::<Result<Vec<_>, _>>()?;
        found.sort_by_key(|commit| std::cmp::Reverse(commit.seconds));
        Ok(found)
    }

    /// The commits of a branch by their first parents, newest first, at most so many.
    ///
    /// # Errors
    /// [`Error::UnknownRevision`], [`Error::Missing`] and [`Error::Broken`].
    pub fn line(&self, tip: &str, most: usize) -> Result<Vec<BranchCommit>, Error> {
        let (mut at, _) = self.resolve(tip)?;
        let mut found = Vec::new();
        while found.len() < most {
            let commit = self.branch_commit(at)?;
            let next = commit.parents.first().cloned();
            found.push(commit);
            // The end of a shallow clone is the end of what can be said.
            match next.map(|next| self.resolve(&next)) {
                Some(Ok((next, _))) => at = next,
                _ => break,
            }
        }
        Ok(found)
    }

    /// Path and Git object of every file in which two commits differ, as each has it.
    ///
    /// # Errors
    /// Those of [`Repository::listing`].
    pub fn differing(&self, one: &str, other: &str) -> Result<BTreeMap<String, Both>, Error> {
        let (old, new) = (self.every_file(one)?, self.every_file(other)?);
        let paths: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
        let pair = |path: &String| (old.get(path).cloned(), new.get(path).cloned());
        Ok(paths
            .into_iter()
            .map(|path| (path.clone(), pair(path)))
            .filter(|(_, (old, new))| old != new)
            .collect())
    }

    /// What a file holds, by its Git object.
    ///
    /// # Errors
    /// [`Error::Missing`] and [`Error::Broken`].
    pub fn content(&self, id: &str) -> Result<Vec<u8>, Error> {
        let id = gix::ObjectId::from_hex(id.as_bytes());
        let id = id.map_err(|_| Error::UnknownRevision {
            revision: String::new(),
            place: self.place.clone(),
            advice: "it is no name of an object",
        })?;
        Ok(self.object(id, "a file")?.data.clone())
    }

    fn every_file(&self, revision: &str) -> Result<BTreeMap<String, String>, Error> {
        let (_, tree) = self.resolve(revision)?;
        let mut files = BTreeMap::new();
        let mut folders = vec![(String::new(), tree)];
        while let Some((path, id)) = folders.pop() {
            let tree = self.tree(id, &path)?;
            for entry in tree.iter() {
                let entry = entry.map_err(|error| self.broken(id, &path, &error))?;
                let name = entry.filename().to_str_lossy();
                let below =
                    if path.is_empty() { name.into_owned() } else { format!("{path}/{name}") };
                if entry.mode().is_tree() {
                    folders.push((below, entry.object_id()));
                } else {
                    files.insert(below, entry.object_id().to_string());
                }
            }
        }
        Ok(files)
    }

    /// Whether a branch is what the working tree shows.
    pub fn is_checked_out(&self, branch: &str) -> bool {
        let head = self.repository.head_name().ok().flatten();
        !self.repository.is_bare()
            && head.is_some_and(|name| name.as_bstr() == format!("refs/heads/{branch}"))
    }

    /// Writes a commit and moves its branch there, if it still is where it is meant to be: all or nothing.
    ///
    /// # Errors
    /// [`Error::Moved`] where somebody else was faster; [`Error::Unwritten`].
    pub fn write(&self, new: &NewCommit<'_>) -> Result<String, Error> {
        let unwritten = |reason: String| Error::Unwritten { place: self.place.clone(), reason };
        let (tip, tip_tree) = self.resolve(new.tip)?;
        let tree = match new.files {
            Files::AsIn(commit) => self.resolve(commit)?.1,
            Files::Changed(files) => {
                let files = files.iter().map(|(path, id)| (path.as_str(), id.as_deref())).collect();
                self.changed_tree(Some(tip_tree), files)?
                    .ok_or_else(|| unwritten("no file would be left".to_owned()))?
            }
        };
        let mut parents = vec![tip];
        if let Some(merged) = new.merged {
            parents.push(self.resolve(merged)?.0);
        }
        let signature = gix::actor::Signature {
            name: new.author.name.as_str().into(),
            email: new.author.mail.as_str().into(),
            time: gix::date::Time { seconds: new.seconds, offset: 0 },
        };
        let mut buffer = gix::date::parse::TimeBuf::default();
        let signature = signature.to_ref(&mut buffer);
        let commit = self
            .repository
            .new_commit_as(signature, signature, new.message, tree, parents)
            .map_err(|error| unwritten(error.to_string()))?;
        let name = format!("refs/heads/{}", new.branch);
        let there = self.repository.try_find_reference(name.as_str()).ok().flatten().is_some();
        let before = if there {
            PreviousValue::MustExistAndMatch(gix::refs::Target::Object(tip))
        } else {
            PreviousValue::MustNotExist
        };
        let mut edit = gix::refs::transaction::RefEdit {
            change: gix::refs::transaction::Change::Update {
                log: gix::refs::transaction::LogChange::default(),
                expected: before,
                new: gix::refs::Target::Object(commit.id),
            },
            name: name
                .as_str()
                .try_into()
                .map_err(|_| unwritten(format!("`{name}` is no name of a branch")))?,
            deref: false,
        };
        if let gix::refs::transaction::Change::Update { log, .. } = &mut edit.change {
            log.message = new.message.lines().next().unwrap_or_default().into();
        }
        self.repository.edit_references_as([edit], Some(signature)).map_err(|error| match self
            .tip(new.branch)
        {
            Ok(now) if now != new.tip => Error::Moved { branch: new.branch.to_owned(), now },
            _ => unwritten(error.to_string()),
        })?;
        Ok(commit.id.to_string())
    }

    /// Writes a folder with some of its files changed; `None` where nothing is left of it.
    fn changed_tree(
        &self,
        before: Option<gix::ObjectId>,
        files: BTreeMap<&str, Option<&str>>,
    ) -> Result<Option<gix::ObjectId>, Error> {
        let unwritten = |reason: String| Error::Unwritten { place: self.place.clone(), reason };
        let mut entries = BTreeMap::new();
        if let Some(id) = before {
            let tree = self.tree(id, "a folder")?;
            for entry in tree.iter() {
                let entry = entry.map_err(|error| self.broken(id, "a folder", &error))?;
                entries.insert(entry.filename().to_owned(), (entry.mode(), entry.object_id()));
            }
        }
        let mut below: BTreeMap<&str, BTreeMap<&str, Option<&str>>> = BTreeMap::new();
        for (path, id) in files {
            match (path.split_once('/'), id) {
                (Some((folder, rest)), id) => {
                    below.entry(folder).or_default().insert(rest, id);
                }
                (None, None) => {
                    entries.remove(gix::bstr::BStr::new(path));
                }
                (None, Some(id)) => {
                    let id = gix::ObjectId::from_hex(id.as_bytes());
                    let id = id.map_err(|error| unwritten(error.to_string()))?;
                    entries.insert(path.into(), (EntryKind::Blob.into(), id));
                }
            }
        }
        for (folder, files) in below {
            let name = gix::bstr::BStr::new(folder);
            let inner = entries.get(name).filter(|(mode, _)| mode.is_tree()).map(|(_, id)| *id);
            match self.changed_tree(inner, files)? {
                Some(id) => {
                    entries.insert(folder.into(), (EntryKind::Tree.into(), id));
                }
                None => {
                    entries.remove(name);
                }
            }
        }
        if entries.is_empty() {
            return Ok(None);
        }
        let mut tree = gix::objs::Tree {
            entries: entries
                .into_iter()
                .map(|(filename, (mode, oid))| gix::objs::tree::Entry { mode, filename, oid })
                .collect(),
        };
        // Git orders folders as if their names ended with a slash.
        tree.entries.sort();
        let written = self.repository.write_object(&tree);
        written.map(|id| Some(id.detach())).map_err(|error| unwritten(error.to_string()))
    }

    fn branch_commit(&self, id: gix::ObjectId) -> Result<BranchCommit, Error> {
        let commit = self.commit(id)?;
        let name = id.to_string();
        let tree = commit.tree_id().map_err(|error| self.broken(id, &name, &error))?;
        let time = commit.time().map_err(|error| self.broken(id, &name, &error))?;
        Ok(BranchCommit {
            tree: tree.detach().to_string(),
            parents: commit.parent_ids().map(|parent| parent.detach().to_string()).collect(),
            author: self.author(&commit)?,
            seconds: time.seconds,
            message: commit.message_raw_sloppy().to_str_lossy().into_owned(),
            id: name,
        })
    }
}
