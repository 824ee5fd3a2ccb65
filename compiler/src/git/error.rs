//! Why no snapshot can be taken, in words that name the place and the way out.

use std::io;
use std::path::PathBuf;

/// Why a snapshot could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No repository here or in any folder above.
    #[error(
        "`{place}` is not inside a Git repository; make it one by `git init`, then commit, or read the files as they are with `--worktree`"
    )]
    NotARepository {
        /// The folder searched from.
        place: PathBuf,
    },
    /// There is a repository, but it cannot be used.
    #[error("the Git repository at `{place}` cannot be opened: {reason}")]
    Unusable {
        /// The folder searched from.
        place: PathBuf,
        /// What Git's reader says.
        reason: String,
    },
    /// The revision names no commit here.
    #[error("`{place}` has no commit `{revision}`; {advice}")]
    UnknownRevision {
        /// As it was asked for.
        revision: String,
        /// The repository.
        place: PathBuf,
        /// The way out.
        advice: &'static str,
    },
    /// Two revisions have no history in common.
    #[error(
        "`{base}` and {head} have no commit in common in `{place}`; fetch the whole history, or name another base"
    )]
    Unrelated {
        /// The base, as it was asked for.
        base: String,
        /// The commit compared with it.
        head: String,
        /// The repository.
        place: PathBuf,
    },
    /// The project's folder is not in the commit.
    #[error("commit {commit} has no folder `{root}`")]
    NoRoot {
        /// The commit, in hexadecimal.
        commit: String,
        /// The folder.
        root: String,
    },
    /// An object that the commit needs is not in the database.
    #[error(
        "object {object}, which `{path}` needs, is missing from `{place}`; the clone is partial or damaged, fetch it again in full"
    )]
    Missing {
        /// The object, in hexadecimal.
        object: String,
        /// What it is the content of.
        path: String,
        /// The repository.
        place: PathBuf,
    },
    /// An object is in the database but makes no sense.
    #[error(
        "object {object}, which `{path}` needs, cannot be read from `{place}`: {reason}; `git fsck` tells more"
    )]
    Broken {
        /// The object, in hexadecimal.
        object: String,
        /// What it is the content of.
        path: String,
        /// The repository.
        place: PathBuf,
        /// What Git's reader says.
        reason: String,
    },
    /// A branch is not where it was when somebody looked.
    #[error(
        "branch `{branch}` has moved to {now} meanwhile; look again at what would be done, and try again"
    )]
    Moved {
        /// The branch.
        branch: String,
        /// Where it is.
        now: String,
    },
    /// A commit cannot be written.
    #[error("no commit can be written to `{place}`: {reason}")]
    Unwritten {
        /// The repository.
        place: PathBuf,
        /// What Git's writer says.
        reason: String,
    },
    /// A folder cannot be listed.
    #[error("the folder `{place}` cannot be read: {source}")]
    Folder {
        /// The folder.
        place: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}
