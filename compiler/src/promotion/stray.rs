//! Strays: commits of an environment's branch that are neither promotions nor rollbacks.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{PROMOTION, ROLLBACK};
use crate::git::{BranchCommit, Error, Repository, hunks};
use crate::past;

/// A commit that has no place on the branch of an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stray {
    /// The commit, in hexadecimal.
    pub commit: String,
    /// Who made it.
    pub author: String,
    /// When it was committed, in seconds since 1970.
    pub seconds: i64,
    /// Its first line.
    pub title: String,
    /// How it came there.
    pub way: Way,
    /// The files that it changes, at most the first few.
    pub files: Vec<String>,
}

/// How a commit came to a branch that it has no place on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "way", rename_all = "snake_case")]
pub enum Way {
    /// It was pushed there.
    DirectPush,
    /// It makes the same change as one of the branch that changes come from.
    CherryPick {
        /// That commit.
        of: String,
    },
    /// It merges that branch and changes something besides.
    AlteredMerge,
}

impl Way {
    /// In a few words.
    pub fn words(&self) -> String {
        match self {
            Self::DirectPush => "pushed there directly".to_owned(),
            Self::CherryPick { of } => format!("picked from {}", &of[..of.len().min(12)]),
            Self::AlteredMerge => "a merge that changes something besides".to_owned(),
        }
    }
}

/// Files that are named of a stray.
const FILES: usize = 5;

/// What a commit changes, whatever lines it stands at: by file, the lines taken away and those put there.
type Patch = BTreeMap<String, (Vec<u8>, Vec<u8>)>;

/// The strays of a branch at `tip`, of which changes come from a branch at `upstream`; newest first.
///
/// # Errors
/// The repository does not hold what is looked at.
pub fn strays(repository: &Repository, tip: &str, upstream: &str) -> Result<Vec<Stray>, Error> {
    let own = repository.alone(tip, upstream)?;
    let mut merged: BTreeSet<String> = BTreeSet::new();
    let mut suspects = Vec::new();
    for commit in &own {
        if is_rollback(repository, commit)? || is_selection(repository, commit, upstream)? {
            continue;
        }
        match commit.parents.as_slice() {
            [_, other] if own.iter().all(|own| own.id != *other) => {
                merged.insert(other.clone());
                if tree_of(repository, other)? != commit.tree {
                    suspects.push((commit, Way::AlteredMerge));
                }
            }
            [_, _, ..] => suspects.push((commit, Way::AlteredMerge)),
            _ => suspects.push((commit, Way::DirectPush)),
        }
    }
    if suspects.is_empty() {
        return Ok(Vec::new());
    }
    let mut upstream_patches = Vec::new();
    for commit in repository.alone(upstream, tip)?.iter().filter(|commit| commit.parents.len() == 1)
    {
        upstream_patches.push((commit.id.clone(), patch(repository, commit)?));
    }
    suspects
        .into_iter()
        .map(|(commit, way)| {
            let own = patch(repository, commit)?;
            let twin = upstream_patches.iter().find(|(_, patch)| !own.is_empty() && *patch == own);
            let way = match (way, twin) {
                (Way::DirectPush, Some((of, _))) => Way::CherryPick { of: of.clone() },
                (way, _) => way,
            };
            Ok(Stray {
                commit: commit.id.clone(),
                author: commit.author.name.clone(),
                seconds: commit.seconds,
                title: commit.title().to_owned(),
                way,
                files: own.keys().take(FILES).cloned().collect(),
            })
        })
        .collect()
}

/// A rollback holds what the branch held before.
fn is_rollback(repository: &Repository, commit: &BranchCommit) -> Result<bool, Error> {
    if past::trailers(&commit.message, ROLLBACK).is_empty() {
        return Ok(false);
    }
    let Some(parent) = commit.parents.first() else { return Ok(false) };
    let earlier = repository.line(parent, usize::MAX)?;
    Ok(earlier.iter().any(|earlier| earlier.tree == commit.tree))
}

/// A promotion of some jobs alone changes files to what a commit of the other branch holds.
fn is_selection(
    repository: &Repository,
    commit: &BranchCommit,
    upstream: &str,
) -> Result<bool, Error> {
    let named = past::trailers(&commit.message, PROMOTION);
    let ([parent], [from]) = (commit.parents.as_slice(), named.as_slice()) else {
        return Ok(false);
    };
    let reachable = repository.merge_base(from, upstream).unwrap_or(None);
    if reachable.as_deref() != Some(*from) {
        return Ok(false);
    }
    let others = repository.differing(&commit.id, from)?;
    let changed = repository.differing(parent, &commit.id)?;
    Ok(changed.keys().all(|path| !others.contains_key(path)))
}

fn tree_of(repository: &Repository, commit: &str) -> Result<String, Error> {
    Ok(repository.commit_info(commit)?.tree)
}

fn patch(repository: &Repository, commit: &BranchCommit) -> Result<Patch, Error> {
    let Some(parent) = commit.parents.first() else { return Ok(Patch::new()) };
    let mut patch = Patch::new();
    for (path, (old, new)) in repository.differing(parent, &commit.id)? {
        let read = |id: Option<String>| match id {
            Some(id) => repository.content(&id),
            None => Ok(Vec::new()),
        };
        let (old, new) = (read(old)?, read(new)?);
        let (before, after) = (lines(&old), lines(&new));
        let (mut gone, mut come) = (Vec::new(), Vec::new());
        for hunk in hunks(&old, &new) {
            gone.extend(before[hunk.before].concat());
            come.extend(after[hunk.after].concat());
        }
        patch.insert(path, (gone, come));
    }
    Ok(patch)
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').collect()
}
