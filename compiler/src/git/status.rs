//! Which files on disk are not those of a commit, at the price of asking the file system for what Git wrote down
//! of each. No filter of the clone is run: what counts is the bytes that would be read.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use gix::bstr::BStr;
use gix::index::entry::stat::Options;
use gix::index::entry::{Flags, Stat};
use gix::index::fs::Metadata;
use rayon::prelude::*;

use super::{Error, FILES, FOLDERS, Repository};
use crate::source;

impl Repository {
    /// The files of the project in `folder`, which the repository was discovered from, that are not on disk as
    /// `revision` has them, in order of their path: changed, new, or gone. None in a bare repository.
    ///
    /// # Errors
    /// Those of [`Repository::listing`].
    pub fn unlike_on_disk(&self, folder: &Path, revision: &str) -> Result<Vec<String>, Error> {
        if self.repository.workdir().is_none() {
            return Ok(Vec::new());
        }
        let mut listing = HashMap::new();
        self.walk(revision, &self.prefix, &mut |path, entry| {
            listing.insert(path, entry.object_id());
            Ok(())
        })?;
        let shared = self.repository.index_or_empty().ok();
        let index = shared.as_ref().map(|index| -> &gix::index::State { index });
        // A repository is of one thread; what is asked for below is not.
        let prefix = self.prefix.as_str();
        let inside = |path: &str| match prefix {
            "" => path.to_owned(),
            prefix => format!("{prefix}/{path}"),
        };
        let known = |path: &str| {
            let index = index?;
            Some((index.entry_by_path(BStr::new(&inside(path)))?, index.timestamp()))
        };
        let hash = self.repository.object_hash();
        let is_like = |path: &str, place: &Path| {
            let Some(wanted) = listing.get(path) else { return false };
            if let Some((entry, written)) = known(path)
                && let Some(stat) = stat(place)
                && entry.stat.matches(&stat, Options::default())
                && !entry.stat.is_racy(written, Options::default())
            {
                return entry.id == *wanted;
            }
            let found = fs::read(place).ok().and_then(|bytes| {
                gix::objs::compute_hash(hash, gix::objs::Kind::Blob, &bytes).ok()
            });
            found.is_some_and(|found| found == *wanted)
        };
        let there = sources(folder);
        let mut unlike: Vec<_> = there
            .par_iter()
            .filter(|(path, place)| !is_like(path, place))
            .map(|(path, _)| path.clone())
            .collect();
        let there: HashSet<_> = there.into_iter().map(|(path, _)| path).collect();
        // A sparse checkout leaves files out on purpose.
        let left_out = |path: &str| {
            known(path).is_some_and(|(entry, _)| entry.flags.contains(Flags::SKIP_WORKTREE))
        };
        let gone = |path: &String| {
            !there.contains(path)
                && folder.join(path).symlink_metadata().is_err()
                && !left_out(path)
        };
        unlike.extend(listing.into_keys().filter(gone));
        unlike.sort();
        Ok(unlike)
    }
}

fn stat(place: &Path) -> Option<Stat> {
    Stat::from_fs(&Metadata::from_path_no_follow(place).ok()?).ok()
}

/// Path and place of every regular file that would be read from a folder. What is none is told when it is read.
fn sources(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let tops = FILES.iter().map(|name| ((*name).to_owned(), folder.join(name)));
    found.extend(tops.filter(|(_, place)| place.symlink_metadata().is_ok_and(|own| own.is_file())));
    let mut folders: Vec<_> =
        FOLDERS.iter().map(|name| ((*name).to_owned(), folder.join(name))).collect();
    while let Some((path, place)) = folders.pop() {
        if place.join(".git").symlink_metadata().is_ok() {
            continue;
        }
        let Ok(entries) = fs::read_dir(&place) else { continue };
        for entry in entries.flatten() {
            let (Ok(kind), Some(name)) =
                (entry.file_type(), entry.file_name().to_str().map(str::to_owned))
            else {
                continue;
            };
            let below = format!("{path}/{name}");
            if kind.is_dir() {
                folders.push((below, entry.path()));
            } else if kind.is_file() && source::is_source(&below) {
                found.push((below, entry.path()));
            }
        }
    }
    found
}
