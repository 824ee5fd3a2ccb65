//! A bundle that was sealed, beside the branch of its environment: whether it is what the branch holds, and
//! whether a rollback holds it back. It is sealed all the same; who seals it should know.

use assay_schemas::day::Day;
use assay_schemas::digest::Digest;
use assay_schemas::library::environment::Environment;

use super::super::CommandError;
use super::super::project::Ground;
use super::super::review::short;
use crate::git::Repository;
use crate::promotion::{Hold, hold};

/// What was sealed.
pub(super) struct Sealed<'a> {
    /// The bundle's content digest.
    pub(super) content: Digest,
    /// Its commit; `None` for files on disk.
    pub(super) revision: Option<&'a str>,
}

impl Sealed<'_> {
    /// Warnings, a line each; none where the environment names no branch, or the clone does not have it.
    ///
    /// # Errors
    /// The repository is damaged.
    pub(super) fn beside(
        &self,
        environment: &Environment,
        (ground, day): (&Ground, Option<Day>),
    ) -> Result<String, CommandError> {
        let (Some(branch), Ok(repository)) = (&environment.branch, ground.repository()) else {
            return Ok(String::new());
        };
        let Ok(tip) = repository.tip(branch) else { return Ok(String::new()) };
        let name = &environment.environment;
        let mut text = String::new();
        if let Some(revision) = self.revision
            && !is_same(&repository, revision, &tip)?
        {
            text.push_str(&format!(
                "warning: `{name}` is of commit {}, and its branch `{branch}` is at {}: `--rev {}` seals what the branch holds\n",
                short(Some(revision)),
                short(Some(&tip)),
                named(&repository, branch, &tip)
            ));
        }
        let holds = Hold::of(&repository.line(&tip, hold::LOOKED_AT)?);
        if let Some(hold) = holds.iter().find(|hold| hold.keeps(self.content, day)) {
            text.push_str(&format!(
                "warning: this content of `{name}` is held back until {}, since the rollback {}: change what was wrong with it\n",
                hold.until,
                short(Some(&hold.commit))
            ));
        }
        Ok(text)
    }
}

/// Whether two commits hold the same, as far as bundles are made of it.
fn is_same(repository: &Repository, one: &str, other: &str) -> Result<bool, CommandError> {
    if repository.commit_info(one)?.tree == repository.commit_info(other)?.tree {
        return Ok(true);
    }
    let listing = |revision| repository.listing(revision, repository.prefix());
    // A branch that does not have the project holds something else.
    Ok(listing(other).is_ok_and(|other| listing(one).is_ok_and(|one| one == other)))
}

/// The branch as a revision: of this clone, else of the one that it comes from.
fn named(repository: &Repository, branch: &str, tip: &str) -> String {
    match repository.commit_info(branch) {
        Ok(own) if own.id == tip => branch.to_owned(),
        _ => format!("origin/{branch}"),
    }
}
