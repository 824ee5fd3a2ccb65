//! Shared libraries: objects of other Git repositories, declared in `assay.yaml`, locked in `assay.lock`.
//!
//! A library is read at its locked commit: from a checkout named on the command line, from the cache, or
//! from the repository where that is a folder of this machine, in this order. Whatever the way, its files
//! must have the digest of the lock file. Nothing here reaches a network unless fetching is asked for.

mod cache;
mod fetch;
mod find;
mod lock;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_schemas::code::Code;
use assay_schemas::digest::Digest;
use assay_schemas::library::project::{LibraryDeclaration, Project};
use assay_schemas::problem::{Problem, nearest};

use crate::diagnostic::{Diagnostic, Place};
use crate::git::{Snapshot, SourceFile};
use crate::source::{self, Node};

pub use cache::Cache;
use find::Finder;
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
    /// Fetch what is on a network and not in the cache.
    pub fetch: bool,
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
            snapshot.findings.push(*fault);
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
