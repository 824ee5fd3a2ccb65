//! Finding one library: at its locked commit, or at the one that its declaration means now.

use std::path::PathBuf;

use assay_schemas::code::Code;
use assay_schemas::digest::Digest;
use assay_schemas::library::project::LibraryDeclaration;
use assay_schemas::problem::{Pointer, Problem};

use super::{Declared, LOCK, Locked, Options, digest_of, fetch, short};
use crate::diagnostic::Diagnostic;
use crate::git::{Repository, SharedLibrary, SourceFile};

/// Finds one library.
pub(super) struct Finder<'a> {
    pub(super) options: &'a Options,
    pub(super) declared: &'a Declared,
    pub(super) index: usize,
    pub(super) library: &'a LibraryDeclaration,
    pub(super) had_lock: bool,
}

/// Boxed, because what goes right is so much smaller.
pub(super) type Found = Result<SharedLibrary, Box<Problem>>;

impl Finder<'_> {
    fn problem(&self, code: Code, field: &str, message: String) -> Box<Problem> {
        Box::new(Problem::new(
            code,
            Pointer::from("libraries").index(self.index).key(field),
            message,
        ))
    }

    /// The library as the lock has it; without `--locked`, also as its repository has it now.
    pub(super) fn find(
        &self,
        locked: Option<&Locked>,
    ) -> Result<(SharedLibrary, Option<Diagnostic>), Box<Problem>> {
        let name = &self.library.name;
        let (code, message) = match locked {
            Some(locked) if locked.declaration == *self.library => {
                return Ok((self.at_commit(locked)?, None));
            }
            Some(locked) => {
                let (was, now) = (locked.declaration.wanted(), self.library.wanted());
                let change = match was == now {
                    true => "its declaration has changed".to_owned(),
                    false => format!("`{was}` is locked, `{now}` is declared"),
                };
                (
                    Code::LockOutOfDate,
                    format!("the lock of library `{name}` is out of date: {change}"),
                )
            }
            None if self.had_lock => {
                (Code::LibraryNotLocked, format!("library `{name}` is not in `{LOCK}`"))
            }
            None => (
                Code::LibraryNotLocked,
                format!("library `{name}` is not locked: there is no `{LOCK}`"),
            ),
        };
        let hint = format!("run `assayc lock` and commit `{LOCK}`");
        if self.options.locked || self.repository_folder().is_none() {
            return Err(Box::new(self.problem(code, "name", message).hint(hint)));
        }
        let shared = self.resolve()?;
        let message = format!("{message}; read at {}", short(&shared.commit));
        let warning = self.problem(Code::LibraryUnlocked, "name", message).hint(hint);
        Ok((shared, Some(self.declared.diagnostic(warning))))
    }

    /// The folder of the repository, where it is one of this machine.
    fn repository_folder(&self) -> Option<PathBuf> {
        if let Some(checkout) = self.options.checkouts.get(&self.library.name) {
            return Some(checkout.clone());
        }
        let git = &self.library.git;
        if let Some(path) = git.strip_prefix("file://") {
            return Some(PathBuf::from(path.strip_prefix("localhost").unwrap_or(path)));
        }
        // `host:path` is an address of ssh, as Git reads it.
        let before_slash = git.split('/').next().unwrap_or_default();
        (!before_slash.contains(':')).then(|| self.options.folder.join(git))
    }

    /// The repository, which is fetched first where it is on a network; of a locked library, that commit of it.
    fn repository(&self, locked: Option<&str>) -> Result<Repository, Box<Problem>> {
        let name = &self.library.name;
        let folder = match self.repository_folder() {
            Some(folder) => folder,
            None => self.fetched(locked)?,
        };
        Repository::discover(&folder).map_err(|error| {
            let message = format!("library `{name}` cannot be opened: {error}");
            let hint = match self.options.checkouts.contains_key(name) {
                true => "name the folder of a clone after `--library`",
                false => "correct `git`: a path is relative to the folder of `assay.yaml`",
            };
            Box::new(self.problem(Code::LibraryUnavailable, "git", message).hint(hint))
        })
    }

    /// The folder of what was fetched from a network, where that is asked for.
    fn fetched(&self, locked: Option<&str>) -> Result<PathBuf, Box<Problem>> {
        let Library { name, git } = Library::of(self.library);
        let cache = self.options.cache.folder_of_all().filter(|_| self.options.fetch);
        let (message, hint) = match cache {
            Some(cache) => match fetch::fetch(cache, self.library, locked) {
                Ok(folder) => return Ok(folder),
                Err(reason) => (
                    format!("library `{name}` cannot be fetched from `{git}`: {reason}"),
                    "`git` reaches it as it does in a terminal: see address, access and branch"
                        .to_owned(),
                ),
            },
            None => (
                format!("library `{name}` is not in the cache, and `{git}` is on a network"),
                format!(
                    "fetch it with `assayc lock --fetch`, or name a clone: `--library {name}=DIR`"
                ),
            ),
        };
        Err(Box::new(self.problem(Code::LibraryUnavailable, "git", message).hint(hint)))
    }

    /// The library at the commit that its declaration means now.
    pub(super) fn resolve(&self) -> Found {
        let repository = self.repository(None)?;
        let LibraryDeclaration { branch, tag, rev, .. } = self.library;
        let (field, revisions) = match (branch, tag, rev) {
            (Some(branch), ..) => {
                // A clone has only its own branch as a branch; the others are its origin's.
                (
                    "branch",
                    vec![format!("refs/remotes/origin/{branch}"), format!("refs/heads/{branch}")],
                )
            }
            (_, Some(tag), _) => ("tag", vec![format!("refs/tags/{tag}")]),
            (.., Some(rev)) => ("rev", vec![rev.clone()]),
            _ => ("git", vec![fetch::HEAD.to_owned(), "HEAD".to_owned()]),
        };
        let found = revisions.iter().find_map(|revision| repository.commit_info(revision).ok());
        let Some(commit) = found else {
            let message =
                format!("library `{}` has no {}", self.library.name, self.library.wanted());
            let hint = "correct the name, or fetch it into that repository first";
            let problem = self.problem(Code::LibraryUnavailable, field, message);
            return Err(Box::new(problem.hint(hint)));
        };
        self.take(&repository, &commit.id)
    }

    /// The library at the commit of the lock, with the content of the lock.
    pub(super) fn at_commit(&self, locked: &Locked) -> Found {
        let Locked { commit, digest, .. } = locked;
        let name = &self.library.name;
        if !self.options.checkouts.contains_key(name)
            && let Some(files) = self.options.cache.read(commit, self.path(), *digest)
        {
            return Ok(self.shared(commit, *digest, files));
        }
        let repository = self.repository(Some(commit))?;
        if repository.commit_info(commit).is_err() {
            let message =
                format!("library `{name}` has no commit {}, which is locked", short(commit));
            let hint = format!(
                "fetch it into that repository, or lock another one: `assayc lock --update {name}`"
            );
            return Err(Box::new(
                self.problem(Code::LibraryUnavailable, "git", message).hint(hint),
            ));
        }
        let shared = self.take(&repository, commit)?;
        if shared.digest != *digest {
            let message = format!(
                "the files of library `{name}` at {} are not those that were locked",
                short(commit)
            );
            let hint = format!(
                "find out who changed `{LOCK}` or the repository; `assayc lock --update {name}` locks what is there now"
            );
            return Err(Box::new(self.problem(Code::LibraryAltered, "name", message).hint(hint)));
        }
        Ok(shared)
    }

    /// Reads a commit of a repository, and keeps its files.
    fn take(&self, repository: &Repository, commit: &str) -> Found {
        let root = [repository.prefix(), self.path()];
        let root =
            root.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("/");
        let unavailable =
            |field: &str, message: String| self.problem(Code::LibraryUnavailable, field, message);
        let name = &self.library.name;
        let snapshot = repository.snapshot(commit, &root).map_err(|error| {
            let field = if self.path().is_empty() { "git" } else { "path" };
            Box::new(
                unavailable(field, format!("library `{name}` cannot be read: {error}"))
                    .hint("name the folder that holds `libraries/`"),
            )
        })?;
        let of_library = |path: &str| path.starts_with("libraries/");
        if let Some(entry) = snapshot.unreadable.iter().find(|entry| of_library(&entry.path)) {
            let message = format!("library `{name}` holds `{}`: {}", entry.path, entry.reason);
            return Err(Box::new(
                unavailable("name", message).hint("replace it there by a file of that repository"),
            ));
        }
        let files: Vec<_> =
            snapshot.files.into_iter().filter(|file| of_library(&file.path)).collect();
        if files.is_empty() {
            let message =
                format!("library `{name}` has no files under `libraries/` at {}", short(commit));
            return Err(Box::new(
                unavailable("git", message)
                    .hint("name the folder that holds `libraries/` by `path`"),
            ));
        }
        self.options.cache.write(commit, self.path(), &files);
        let digest = digest_of(&files);
        Ok(self.shared(commit, digest, files))
    }

    fn path(&self) -> &str {
        self.library.path.as_deref().unwrap_or_default().trim_matches('/')
    }

    /// The library, the path of each file saying where it comes from.
    fn shared(&self, commit: &str, digest: Digest, files: Vec<SourceFile>) -> SharedLibrary {
        let Library { name, git } = Library::of(self.library);
        let origin = format!("{name}@{}", short(commit));
        let files = files
            .into_iter()
            .map(|file| {
                let path = format!("{origin}:{}", file.path);
                SourceFile::new(path, file.blob.clone(), file.bytes().clone())
            })
            .collect();
        SharedLibrary {
            name: name.to_owned(),
            git: git.to_owned(),
            commit: commit.to_owned(),
            digest,
            files,
        }
    }
}

/// What messages say of a library.
struct Library<'a> {
    name: &'a str,
    git: &'a str,
}

impl<'a> Library<'a> {
    fn of(declaration: &'a LibraryDeclaration) -> Self {
        Self { name: &declaration.name, git: &declaration.git }
    }
}
