//! Shared libraries: objects of other Git repositories, declared in `assay.yaml`, locked in `assay.lock`.
//!
//! A library is read at its locked commit: from a checkout named on the command line, from the cache, or
//! from the repository where that is a folder of this machine, in this order. Whatever the way, its files
//! must have the digest of the lock file. Nothing here reaches a network.

mod cache;
mod lock;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_schemas::code::Code;
use assay_schemas::digest::Digest;
use assay_schemas::library::project::{LibraryDeclaration, Project};
use assay_schemas::problem::{Pointer, Problem, nearest};

use crate::diagnostic::{Diagnostic, Place};
use crate::git::{Repository, SharedLibrary, Snapshot, SourceFile};
use crate::source::{self, Node};

pub use cache::Cache;
pub use lock::{Lock, Locked};

/// The file that declares the libraries.
pub const DECLARATION: &str = "assay.yaml";
/// The file that locks them.
pub const LOCK: &str = "assay.lock";

/// How libraries are found.
#[derive(Clone, Debug)]
pub struct Options {
    /// The project's folder, which relative paths begin at.
    pub folder: PathBuf,
    /// Refuse anything that `assay.lock` does not say.
    pub locked: bool,
    /// Repositories to read instead of those declared, by name of the library.
    pub checkouts: BTreeMap<String, PathBuf>,
    /// What was fetched before.
    pub cache: Cache,
}

/// What the project declares: the libraries, and the tree that says where each stands.
struct Declared {
    libraries: Vec<LibraryDeclaration>,
    node: Node,
}

impl Declared {
    fn diagnostic(&self, problem: Problem) -> Diagnostic {
        Diagnostic::of_object(DECLARATION, &self.node, problem)
    }
}

/// Adds the libraries that a project declares to its snapshot, and what is wrong with them.
///
/// # Errors
/// A checkout is given for a library that is not declared: the message and the way out.
pub fn attach(snapshot: &mut Snapshot, options: &Options) -> Result<(), (String, String)> {
    let file = |path: &str| snapshot.files.iter().find(|file| file.path == path);
    let declared = file(DECLARATION).map(|file| read_declaration(file.bytes()));
    let lock = file(LOCK).map(|file| Lock::read(file.bytes()));
    let declared = match declared {
        Some(Ok(declared)) => Some(declared),
        Some(Err(found)) => {
            snapshot.findings.extend(found);
            return Ok(());
        }
        None => None,
    };
    let libraries = declared.as_ref().map_or(&[][..], |declared| &declared.libraries);
    for name in options.checkouts.keys() {
        if !libraries.iter().any(|library| library.name == *name) {
            let known: Vec<_> = libraries.iter().map(|library| library.name.as_str()).collect();
            let hint = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => format!("declare it in `{DECLARATION}`"),
                None => format!("declared are {}", known.join(", ")),
            };
            return Err((format!("`--library {name}=…`: no library `{name}` is declared"), hint));
        }
    }
    let had_lock = lock.is_some();
    let lock = match lock {
        Some(Ok(lock)) => lock,
        Some(Err(fault)) => {
            snapshot.findings.push(fault);
            return Ok(());
        }
        None => Lock::default(),
    };
    for locked in &lock.libraries {
        let name = &locked.declaration.name;
        if options.locked && !libraries.iter().any(|library| library.name == *name) {
            let message = format!("library `{name}` is locked and no longer declared");
            let place = Place::file(LOCK);
            snapshot.findings.push(
                Diagnostic::new(Code::LockOutOfDate, place, message)
                    .hint(format!("run `assayc lock` and commit `{LOCK}`")),
            );
        }
    }
    let Some(declared) = declared else { return Ok(()) };
    for (index, library) in declared.libraries.iter().enumerate() {
        let finder = Finder { options, declared: &declared, index, library, had_lock };
        match finder.find(lock.get(&library.name)) {
            Ok((shared, warnings)) => {
                snapshot.libraries.push(shared);
                snapshot.findings.extend(warnings);
            }
            Err(problem) => snapshot.findings.push(declared.diagnostic(*problem)),
        }
    }
    snapshot.libraries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(())
}

/// What locking came to.
#[derive(Debug)]
pub struct Relocked {
    /// The lock as it should be written.
    pub lock: Lock,
    /// The commit that each library was locked to before, by name.
    pub before: BTreeMap<String, String>,
    /// Files of each library, by name.
    pub files: BTreeMap<String, usize>,
    /// What kept a library from being locked.
    pub findings: Vec<Diagnostic>,
}

/// Resolves every library whose declaration changed or that `update` names; the others stay as they are.
pub fn relock(snapshot: &Snapshot, options: &Options, update: &dyn Fn(&str) -> bool) -> Relocked {
    let file = |path: &str| snapshot.files.iter().find(|file| file.path == path);
    let mut result = Relocked {
        lock: Lock::default(),
        before: BTreeMap::new(),
        files: BTreeMap::new(),
        findings: Vec::new(),
    };
    let declared = match file(DECLARATION).map(|file| read_declaration(file.bytes())) {
        Some(Ok(declared)) => declared,
        Some(Err(found)) => {
            result.findings = found;
            return result;
        }
        None => return result,
    };
    // A lock file that cannot be read is what this is the way out of.
    let old = file(LOCK).and_then(|file| Lock::read(file.bytes()).ok()).unwrap_or_default();
    for (index, library) in declared.libraries.iter().enumerate() {
        let finder = Finder { options, declared: &declared, index, library, had_lock: true };
        let kept = old.get(&library.name).filter(|locked| locked.declaration == *library);
        result.before.extend(
            old.get(&library.name).map(|locked| (library.name.clone(), locked.commit.clone())),
        );
        let found = match kept.filter(|_| !update(&library.name)) {
            Some(locked) => finder.at_commit(locked),
            None => finder.resolve(),
        };
        match found {
            Ok(shared) => {
                result.files.insert(library.name.clone(), shared.files.len());
                let (commit, digest) = (shared.commit, shared.digest);
                result.lock.libraries.push(Locked { declaration: library.clone(), commit, digest });
            }
            Err(problem) => result.findings.push(declared.diagnostic(*problem)),
        }
    }
    result
}

fn read_declaration(bytes: &[u8]) -> Result<Declared, Vec<Diagnostic>> {
    let documents = source::documents(DECLARATION, bytes);
    if !documents.problems.is_empty() {
        let problems = documents.problems.into_iter();
        return Err(problems.map(|problem| Diagnostic::of_file(DECLARATION, problem)).collect());
    }
    let mut roots = documents.roots.into_iter();
    let (Some(node), None) = (roots.next(), roots.next()) else {
        let message = "the file is not one document";
        return Err(vec![Diagnostic::new(Code::NotAnObject, Place::file(DECLARATION), message)]);
    };
    match Project::read(&node.to_value()) {
        Ok(Project { libraries }) => Ok(Declared { libraries, node }),
        Err(problems) => Err(problems
            .into_iter()
            .map(|problem| Diagnostic::of_object(DECLARATION, &node, problem))
            .collect()),
    }
}

/// Digest of the files of a library: of their paths and their bytes.
fn digest_of(files: &[SourceFile]) -> Digest {
    let files: BTreeMap<_, _> =
        files.iter().map(|file| (file.path.as_str(), Digest::of_bytes(file.bytes()))).collect();
    Digest::of(&files)
}

/// Finds one library.
struct Finder<'a> {
    options: &'a Options,
    declared: &'a Declared,
    index: usize,
    library: &'a LibraryDeclaration,
    had_lock: bool,
}

/// Boxed, because what goes right is so much smaller.
type Found = Result<SharedLibrary, Box<Problem>>;

impl Finder<'_> {
    fn problem(&self, code: Code, field: &str, message: String) -> Box<Problem> {
        Box::new(Problem::new(
            code,
            Pointer::from("libraries").index(self.index).key(field),
            message,
        ))
    }

    /// The library as the lock has it; without `--locked`, also as its repository has it now.
    fn find(
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

    fn repository(&self) -> Result<Repository, Box<Problem>> {
        let Library { name, git } = Library::of(self.library);
        let Some(folder) = self.repository_folder() else {
            let message =
                format!("library `{name}` is not in the cache, and `{git}` is on a network");
            let hint = format!(
                "clone it (`git clone {git} DIR`) and name the clone: `--library {name}=DIR`; `assayc lock` then keeps its files for later"
            );
            return Err(Box::new(
                self.problem(Code::LibraryUnavailable, "git", message).hint(hint),
            ));
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

    /// The library at the commit that its declaration means now.
    fn resolve(&self) -> Found {
        let repository = self.repository()?;
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
            _ => ("git", vec!["HEAD".to_owned()]),
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
    fn at_commit(&self, locked: &Locked) -> Found {
        let Locked { commit, digest, .. } = locked;
        let name = &self.library.name;
        if !self.options.checkouts.contains_key(name)
            && let Some(files) = self.options.cache.read(commit, self.path(), *digest)
        {
            return Ok(self.shared(commit, *digest, files));
        }
        let repository = self.repository()?;
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

/// The first digits of a commit, enough for people.
fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

/// Writes the lock file: beside its place first, so that it is never half there.
///
/// # Errors
/// What the system says.
pub fn write_lock(place: &Path, text: &str) -> std::io::Result<()> {
    let beside = place.with_extension(format!("lock.{}", std::process::id()));
    std::fs::write(&beside, text)?;
    std::fs::rename(&beside, place).inspect_err(|_| {
        let _ = std::fs::remove_file(&beside);
    })
}

/// The checkouts of `--library NAME=PATH`.
///
/// # Errors
/// What has not that form.
pub fn checkouts(arguments: &[String]) -> Result<BTreeMap<String, PathBuf>, String> {
    let pair = |argument: &String| match argument.split_once('=') {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => {
            Ok((name.to_owned(), Path::new(path).to_owned()))
        }
        _ => Err(argument.clone()),
    };
    arguments.iter().map(pair).collect()
}
