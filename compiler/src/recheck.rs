//! Checking again after a change: only what the change can reach is compiled.
//!
//! A check of a whole library without errors leaves a [`State`]: the Git object of every file, its outline, and
//! the files that it warned of. As long as the changed files keep their outlines, names and links of the whole
//! library are as they were, so something new can only be found in files that the change reaches: the changed
//! ones, and those that refer to their objects, directly or not. These are compiled together with all that they
//! refer to. Files that were warned of count as changed, so that what was found is found again rather than kept.
//! Where any of this does not hold, everything is compiled. Nothing here is ever taken on trust of a date.

mod both;
mod reach;
mod state;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use assay_schemas::code::{Code, Level};
use assay_schemas::id::EnvironmentName;

use crate::compile::{self, Basis, Compiled, Goal, Outline};
use crate::diagnostic::Diagnostic;
use crate::git::{Error, Repository, Snapshot};
pub use both::{Both, both};
use reach::Reach;
use state::{FileState, State};

/// More than this share of the files, one in so many, is not worth the detour.
const WORTHWHILE: usize = 3;

/// Where states are kept, and what tells them apart.
#[derive(Clone, Debug)]
pub struct Cache {
    file: PathBuf,
    stamp: String,
}

impl Cache {
    /// The cache of a project and of what is checked in it; `None` where the user has no cache folder or
    /// `ASSAY_CACHE` is `off`.
    ///
    /// The folder is `$ASSAY_CACHE`, else `$XDG_CACHE_HOME/assay/check`, else `~/.cache/assay/check`.
    pub fn of_user(project: &Path, wanted: &[String]) -> Option<Self> {
        let folder = match std::env::var_os("ASSAY_CACHE") {
            Some(value) if value == "off" => return None,
            Some(value) if !value.is_empty() => PathBuf::from(value),
            _ => {
                let absolute = |name| {
                    std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
                };
                absolute("XDG_CACHE_HOME")
                    .or_else(|| Some(absolute("HOME")?.join(".cache")))?
                    .join("assay")
                    .join("check")
            }
        };
        let project = project.canonicalize().ok()?;
        let mut wanted: Vec<_> = wanted.iter().map(String::as_str).collect();
        wanted.sort_unstable();
        let whose = format!("{}\n{}", project.display(), wanted.join(","));
        let name = format!("{:016x}", state::checksum(whose.as_bytes()));
        Some(Self { file: folder.join(name), stamp: stamp()? })
    }

    /// What an earlier check left; `None` where there is none, it is damaged, or another compiler wrote it.
    fn load(&self) -> Option<State> {
        State::read(&std::fs::read(&self.file).ok()?, &self.stamp)
    }

    /// Keeps a state. A cache that cannot be written is no fault: everything is compiled again.
    fn save(&self, state: &State) {
        let Some(folder) = self.file.parent() else { return };
        let beside = self.file.with_extension(format!("{}.new", std::process::id()));
        let written = std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&beside, state.write(&self.stamp)))
            .and_then(|()| std::fs::rename(&beside, &self.file));
        if written.is_err() {
            let _ = std::fs::remove_file(&beside);
        }
    }
}

/// What tells this compiler from every other: the same file, of the same moment.
fn stamp() -> Option<String> {
    let program = std::env::current_exe().ok()?;
    let data = std::fs::metadata(&program).ok()?;
    let modified = data.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(format!("{} {} {}", env!("CARGO_PKG_VERSION"), data.len(), modified.as_nanos()))
}

/// What a check needs of the caller.
pub struct Request<'a> {
    /// The repository.
    pub repository: &'a Repository,
    /// The revision to check.
    pub revision: &'a str,
    /// Accepts the environments to check for.
    pub wanted: &'a (dyn Fn(&EnvironmentName) -> bool + Sync),
    /// Adds shared libraries to a snapshot.
    pub attach: &'a dyn Fn(Snapshot) -> Option<Snapshot>,
}

/// Checks what a change can reach, from what an earlier check left; `None` where that does not do, and
/// everything is to be compiled. The snapshot holds the files that were read.
///
/// # Errors
/// Those of [`Repository::snapshot`].
pub fn recheck(
    cache: &Cache,
    request: &Request<'_>,
) -> Result<Option<(Snapshot, Compiled)>, Error> {
    let Some(mut state) = cache.load() else { return Ok(None) };
    let Request { repository, revision, .. } = request;
    let listing = repository.listing(revision, repository.prefix())?;
    let Some(changed) = changed(&state, &listing) else { return Ok(None) };
    let mut compiled = Compiled { sound: state.sound.clone(), ..Compiled::default() };
    let mut snapshot = Snapshot::default();
    let open: BTreeSet<&str> =
        changed.iter().copied().chain(state.warned.iter().map(String::as_str)).collect();
    if !open.is_empty() {
        let reach = Reach::of(&state.files, &open);
        if reach.needed.len() * WORTHWHILE > state.files.len() {
            return Ok(None);
        }
        let needed = |path: &str| always_needed(path) || reach.needed.contains(path);
        let Some(attached) = needed_of(request, revision, &needed)? else { return Ok(None) };
        snapshot = attached;
        compiled = compile::compile_to(Goal::Check, &Basis::default(), &snapshot, request.wanted);
        if !is_told(&state, &mut compiled, &reach, &changed) {
            return Ok(None);
        }
    }
    compiled.objects = state.objects;
    compiled.sources = listing.len();
    if !changed.is_empty() {
        let changed: BTreeSet<String> = changed.into_iter().map(str::to_owned).collect();
        advance(cache, &mut state, (&changed, &listing), &compiled);
    }
    Ok(Some((snapshot, compiled)))
}

/// The needed files of a revision; `None` where a shared library cannot be had.
fn needed_of(
    request: &Request<'_>,
    revision: &str,
    needed: &dyn Fn(&str) -> bool,
) -> Result<Option<Snapshot>, Error> {
    let repository = request.repository;
    let snapshot = repository.snapshot_of(revision, repository.prefix(), needed)?;
    Ok((request.attach)(snapshot))
}

/// Whether a compile of what a change reaches tells all that one of everything would. What it finds for want of
/// the files that were left out is taken away where it can be told apart.
fn is_told(
    state: &State,
    compiled: &mut Compiled,
    reach: &Reach<'_>,
    changed: &BTreeSet<&str>,
) -> bool {
    let reached = |found: &Diagnostic| reach.affected.contains(&*found.primary.path);
    // Whether something is used at all is known only of what the change reaches.
    compiled.diagnostics.retain(|found| found.code != Code::UnusedTemplate || reached(found));
    let shown = |found: &Diagnostic| {
        found.related.iter().all(|(place, _)| reach.needed.contains(&*place.path))
    };
    // Anything elsewhere is found for want of the files that were left out.
    same_outlines(state, compiled, changed)
        && compiled.diagnostics.iter().all(|found| reached(found) && shown(found))
}

/// Keeps what a check of what changed came to, where nothing is in error.
fn advance(
    cache: &Cache,
    state: &mut State,
    (changed, listing): (&BTreeSet<String>, &BTreeMap<String, String>),
    compiled: &Compiled,
) {
    let Some(warned) = warned(compiled) else { return };
    state.warned = warned;
    for path in changed {
        if let (Some(file), Some(blob)) = (state.files.get_mut(path), listing.get(path)) {
            file.blob.clone_from(blob);
        }
    }
    cache.save(state);
}

/// The files that were warned of; `None` where anything is in error.
fn warned(compiled: &Compiled) -> Option<BTreeSet<String>> {
    let warned =
        |found: &Diagnostic| (found.level != Level::Error).then(|| found.primary.path.clone());
    compiled.diagnostics.iter().map(warned).collect()
}

/// Keeps what a check of everything came to, for the next one.
///
/// # Errors
/// Those of [`Repository::snapshot`].
pub fn remember(
    cache: &Cache,
    repository: &Repository,
    revision: &str,
    compiled: &Compiled,
) -> Result<(), Error> {
    let Some(warned) = warned(compiled) else { return Ok(()) };
    let listing = repository.listing(revision, repository.prefix())?;
    let mut files: BTreeMap<String, FileState> = listing
        .into_iter()
        .map(|(path, blob)| (path, FileState { blob, outline: Outline::default() }))
        .collect();
    for (path, outline) in &compiled.outlines {
        files.entry(path.clone()).or_default().outline.clone_from(outline);
    }
    // What is found in a file without objects may be about any other.
    let of_objects =
        |path: &String| files.get(path).is_some_and(|file| file.outline != Outline::default());
    if !warned.iter().all(of_objects) {
        return Ok(());
    }
    let (objects, sound) = (compiled.objects, compiled.sound.clone());
    let state = State { files, objects, sound, warned };
    if state.can_be_written() {
        cache.save(&state);
    }
    Ok(())
}

/// The files that changed; `None` where more than the content of objects did.
fn changed<'a>(state: &State, listing: &'a BTreeMap<String, String>) -> Option<BTreeSet<&'a str>> {
    let own = state.files.values().filter(|file| !file.blob.is_empty());
    if own.count() != listing.len() {
        return None;
    }
    let mut changed = BTreeSet::new();
    for (path, blob) in listing {
        let known = state.files.get(path)?;
        if known.blob == *blob {
            continue;
        }
        // A file without objects is read by others, or by every environment.
        if known.outline == Outline::default() || always_needed(path) {
            return None;
        }
        changed.insert(path.as_str());
    }
    Some(changed)
}

/// Files that a compile reads whatever it is about: everything that holds no objects.
fn always_needed(path: &str) -> bool {
    !path.starts_with("libraries/") || path.ends_with(".csv")
}

fn same_outlines(state: &State, compiled: &Compiled, changed: &BTreeSet<&str>) -> bool {
    changed.iter().all(|path| {
        let before = state.files.get(*path).map(|file| &file.outline);
        before.is_some() && before == compiled.outlines.get(*path)
    })
}
