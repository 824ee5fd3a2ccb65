//! Which project and which revision a command works on; the arguments that commands share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_schemas::id::EnvironmentName;
use assay_schemas::words::{counted, first};
use clap::Args;

use super::CommandError;
use crate::compile::{self, Basis, Compiled, Goal};
use crate::git::{self, History, Repository, Snapshot, Touched};
use crate::libraries::{self, Cache, Options};
use crate::recheck;
use assay_schemas::shell;

/// Where the project is, and where its shared libraries are.
#[derive(Clone, Debug, Args)]
pub(super) struct Ground {
    /// Folder of the project: the one that holds `libraries/` and `environments/`.
    #[arg(long, default_value = ".", value_name = "DIR")]
    project: PathBuf,
    /// Refuse shared libraries that `assay.lock` does not pin as `assay.yaml` declares them.
    #[arg(long)]
    locked: bool,
    /// Clone to read a shared library from, instead of the repository that `assay.yaml` declares.
    #[arg(long, value_name = "NAME=DIR")]
    library: Vec<String>,
}

impl Ground {
    /// The repository that the project lies in.
    pub(super) fn repository(&self) -> Result<Repository, CommandError> {
        Ok(Repository::discover(&self.project)?)
    }

    /// The folder of the project.
    pub(super) fn folder(&self) -> &Path {
        self.project.strip_prefix(".").unwrap_or(&self.project)
    }

    /// What the command line said of it, for commands that are to be pasted; each option with a space before it.
    pub(super) fn options(&self) -> String {
        let mut text = String::new();
        if self.project != Path::new(".") {
            text.push_str(&shell::option("project", &self.project.to_string_lossy()));
        }
        if self.locked {
            text.push_str(" --locked");
        }
        self.library.iter().for_each(|own| text.push_str(&shell::option("library", own)));
        text
    }

    /// The files of a revision of the project.
    pub(super) fn snapshot_at(&self, rev: &str) -> Result<Snapshot, CommandError> {
        let repository = self.repository()?;
        self.with_libraries(repository.snapshot(rev, repository.prefix())?)
    }

    /// The project's place inside its repository, for hosts that want paths from the top; empty at the top
    /// and outside a repository.
    pub(super) fn root(&self) -> String {
        self.repository().map(|repository| repository.prefix().to_owned()).unwrap_or_default()
    }

    fn with_libraries(&self, mut snapshot: Snapshot) -> Result<Snapshot, CommandError> {
        let options = Options {
            folder: self.project.clone(),
            locked: self.locked,
            checkouts: checkouts(&self.library)?,
            cache: Cache::of_user(),
            fetch: false,
        };
        libraries::attach(&mut snapshot, &options)
            .map_err(|(message, hint)| CommandError::Usage { message, hint: Some(hint) })?;
        Ok(snapshot)
    }
}

/// The project and the revision.
#[derive(Clone, Debug, Args)]
pub(super) struct Project {
    #[command(flatten)]
    ground: Ground,
    /// Revision to read: a branch, a tag, a commit, `HEAD~1`.
    #[arg(long, default_value = "HEAD", value_name = "REV", conflicts_with = "worktree")]
    rev: String,
    /// Read the files as they are on disk instead of a commit.
    #[arg(long)]
    worktree: bool,
}

impl Project {
    /// The files of the revision.
    pub(super) fn snapshot(&self) -> Result<Snapshot, CommandError> {
        if self.worktree { self.on_disk() } else { self.snapshot_at(&self.rev) }
    }

    /// What the command line said of project and revision, for commands that are to be pasted; each option with a
    /// space before it.
    pub(super) fn options(&self) -> String {
        let mut text = self.ground.options();
        if self.worktree {
            text.push_str(" --worktree");
        } else if self.rev != "HEAD" {
            text.push_str(&shell::option("rev", &self.rev));
        }
        text
    }

    /// That files on disk are not those of the commit that is read instead, if any are not. Whoever names another
    /// revision than `HEAD` does not mean them.
    pub(super) fn note_on_disk(&self) -> String {
        if self.worktree || self.rev != "HEAD" {
            return String::new();
        }
        // What cannot be told is left out: the commit is read all the same.
        let found =
            self.ground.repository().ok().and_then(|repository| {
                repository.unlike_on_disk(&self.ground.project, &self.rev).ok()
            });
        let unlike = found.unwrap_or_default();
        if unlike.is_empty() {
            return String::new();
        }
        let verb = if unlike.len() == 1 { "differs" } else { "differ" };
        format!(
            "note: {} on disk {verb} from the commit that was read ({}); `--worktree` reads the disk\n",
            counted(unlike.len(), "file"),
            first(&unlike, 3)
        )
    }

    /// The files on disk, whatever revision was named.
    pub(super) fn on_disk(&self) -> Result<Snapshot, CommandError> {
        self.ground.with_libraries(git::worktree(&self.ground.project)?)
    }

    /// The lines of `snapshot`, which is of this project, that a change since `base` touched.
    pub(super) fn touched(&self, base: &str, snapshot: &Snapshot) -> Result<Touched, CommandError> {
        let repository = self.ground.repository()?;
        let head = snapshot.revision.as_deref().unwrap_or("HEAD");
        Ok(repository.touched(base, head, repository.prefix(), snapshot)?)
    }

    /// The files of another revision of the same project.
    pub(super) fn snapshot_at(&self, rev: &str) -> Result<Snapshot, CommandError> {
        self.ground.snapshot_at(rev)
    }

    /// What was found out before about a commit of this project, where that may be kept.
    pub(super) fn cache(&self, wanted: &[String]) -> Option<recheck::Cache> {
        let usual = !self.worktree && self.ground.library.is_empty() && !self.ground.locked;
        usual.then(|| recheck::Cache::of_user(&self.ground.project, wanted)).flatten()
    }

    /// Checks what changed since nothing was found; `None` where everything is to be compiled.
    pub(super) fn recheck(
        &self,
        cache: &recheck::Cache,
        wanted: &[String],
    ) -> Result<Option<(Snapshot, Compiled)>, CommandError> {
        self.of_change(wanted, |request| recheck::recheck(cache, request))
    }

    /// Compiles, of a base and of the revision, what the change between them can reach; `None` where everything is
    /// to be compiled.
    pub(super) fn both(
        &self,
        cache: &recheck::Cache,
        (base, wanted): (&str, &[String]),
        basis: &Basis<'_>,
    ) -> Result<Option<recheck::Both>, CommandError> {
        self.of_change(wanted, |request| recheck::both(cache, request, base, basis))
    }

    /// Asks what a change can reach in this project.
    fn of_change<T, E>(
        &self,
        wanted: &[String],
        ask: impl FnOnce(&recheck::Request<'_>) -> Result<T, E>,
    ) -> Result<T, CommandError>
    where
        CommandError: From<E>,
    {
        let repository = self.ground.repository()?;
        let request = recheck::Request {
            repository: &repository,
            revision: &self.rev,
            wanted: &|name| accepts(wanted, name),
            attach: &|snapshot| self.ground.with_libraries(snapshot).ok(),
        };
        Ok(ask(&request)?)
    }

    /// Keeps that nothing was found in a commit of this project.
    pub(super) fn remember(
        &self,
        cache: &recheck::Cache,
        compiled: &Compiled,
    ) -> Result<(), CommandError> {
        let repository = self.ground.repository()?;
        Ok(recheck::remember(cache, &repository, &self.rev, compiled)?)
    }

    /// The commits that led to the revision, since `base` where one is named.
    pub(super) fn history(&self, base: Option<&str>) -> Result<History, CommandError> {
        let repository = self.ground.repository()?;
        Ok(repository.history(&self.rev, base)?)
    }

    /// The commit where two revisions parted.
    pub(super) fn merge_base(&self, one: &str, other: &str) -> Result<String, CommandError> {
        let repository = self.ground.repository()?;
        let found = repository.merge_base(one, other)?;
        found.ok_or_else(|| CommandError::Usage {
            message: format!("`{one}` and `{other}` have no commit in common"),
            hint: Some(
                "fetch the whole history (`git fetch --unshallow`), or compare with `..`"
                    .to_owned(),
            ),
        })
    }

    /// When the revision was committed, in seconds since 1970.
    pub(super) fn committed(&self) -> Result<i64, CommandError> {
        let repository = self.ground.repository()?;
        Ok(repository.committed(&self.rev)?)
    }

    /// The project's place inside its repository.
    pub(super) fn root(&self) -> String {
        self.ground.root()
    }

    /// Where the project is.
    pub(super) fn ground(&self) -> &Ground {
        &self.ground
    }

    /// The folder.
    pub(super) fn folder(&self) -> &Path {
        self.ground.folder()
    }

    /// The revision that was named.
    pub(super) fn revision(&self) -> &str {
        &self.rev
    }

    /// Whether the files on disk are read.
    pub(super) fn is_worktree(&self) -> bool {
        self.worktree
    }
}

/// The clones that the command line names.
///
/// # Errors
/// An argument is not of the form `NAME=DIR`.
pub(super) fn checkouts(arguments: &[String]) -> Result<BTreeMap<String, PathBuf>, CommandError> {
    libraries::checkouts(arguments).map_err(|argument| CommandError::Usage {
        message: format!("`--library {argument}` is not of the form `NAME=DIR`"),
        hint: Some(
            "name the library and the folder of a clone, as in `shared=../shared`".to_owned(),
        ),
    })
}

fn accepts(wanted: &[String], name: &EnvironmentName) -> bool {
    wanted.is_empty() || wanted.iter().any(|wanted| wanted == name.as_str())
}

/// Compiles for the named environments, or for all where none is named.
///
/// # Errors
/// A named environment does not exist.
pub(super) fn compile(
    snapshot: &Snapshot,
    wanted: &[String],
    (goal, basis): (Goal, &Basis<'_>),
) -> Result<Compiled, CommandError> {
    let compiled = compile_known(snapshot, wanted, (goal, basis));
    // With broken environment files, the diagnostics say more than "no such environment" would.
    if compiled.diagnostics.iter().all(|found| !found.primary.path.starts_with("environments")) {
        expect_known(wanted, &compiled.environments)?;
    }
    Ok(compiled)
}

/// Compiles for those of the named environments that exist, or for all where none is named.
pub(super) fn compile_known(
    snapshot: &Snapshot,
    wanted: &[String],
    (goal, basis): (Goal, &Basis<'_>),
) -> Compiled {
    compile::compile_to(goal, basis, snapshot, &|name| accepts(wanted, name))
}

/// # Errors
/// A named environment is none of those that exist.
pub(super) fn expect_known<'a>(
    wanted: &[String],
    environments: impl IntoIterator<Item = &'a EnvironmentName>,
) -> Result<(), CommandError> {
    let mut known: Vec<_> = environments.into_iter().map(EnvironmentName::as_str).collect();
    known.sort_unstable();
    known.dedup();
    match wanted.iter().find(|wanted| !known.contains(&wanted.as_str())) {
        Some(missing) => Err(CommandError::Usage {
            message: format!("no environment `{missing}`"),
            hint: Some(format!("environments are {}", known.join(", "))),
        }),
        None => Ok(()),
    }
}
