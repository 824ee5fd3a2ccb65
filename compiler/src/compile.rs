//! The spine of the compiler: a snapshot of files becomes one bundle for each environment.
//!
//! ```text
//! read      files      → documents     bytes to located trees          source
//! validate  documents  → library       trees to objects                validate
//! index     library    → index         what no environment changes     index
//! link      index      → linked        references to objects           link
//! overlay   linked     → resolved      variables to values             overlay
//! lower     resolved   → plans         rules and steps to the plan     lower
//! analyse   plans      → findings      rules beside each other         analyse
//! govern    plans      → governed      the environment's policy        govern
//! seal      governed   → bundle        canonical bytes and digests     seal
//! ```
//!
//! Every stage pushes what it finds into one sink and carries on with what is whole, so that one fault
//! does not hide another. Nothing here reads a clock, a network or the machine.

mod analyse;
mod doubt;
pub mod effective;
mod export;
mod govern;
mod index;
mod link;
mod lower;
mod outline;
mod overlay;
mod seal;
mod secret;
mod unread;
mod validate;
mod written;

use std::collections::{BTreeMap, BTreeSet};

use assay_schemas::bundle::{Config, File};
use assay_schemas::day::Day;
use assay_schemas::id::EnvironmentName;
use assay_schemas::library::Object;
use assay_schemas::library::environment::Environment;
use rayon::prelude::*;
use serde_json::Value;

use crate::diagnostic::{Diagnostic, Files, Sink};
use crate::git::Snapshot;
use crate::past::Past;
pub(crate) use export::{Exportable, exportable};
pub use govern::FileOwners;
use govern::waiver::{self, Waived};
use index::Index;
pub use outline::Outline;
pub(crate) use outline::name_of;
use validate::Library;
pub(crate) use written::{Written, environments, written};

/// A bundle, sealed and not yet written anywhere.
#[derive(Debug)]
pub struct Bundle {
    /// What it is.
    pub config: Config,
    /// Its files.
    pub files: Vec<File>,
}

/// What a compile is judged by beyond the files. The bundle does not depend on it, only whether there is one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Basis<'a> {
    /// The day on which waivers are judged; without one, none has expired.
    pub day: Option<Day>,
    /// What approvals are judged by.
    pub approvals: Approvals<'a>,
}

/// What approvals are judged by.
#[derive(Clone, Copy, Debug, Default)]
pub enum Approvals<'a> {
    /// They are not asked for: what is compiled is only looked at.
    #[default]
    Unasked,
    /// The files are not those of a commit.
    NoCommit,
    /// The commits that led to the files.
    Past(&'a dyn Past),
}

/// How far a compile goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// Everything that is wrong is found; nothing is sealed.
    Check,
    /// Bundles.
    Seal,
    /// Bundles, and what each file declares and refers to.
    Review,
}

/// What a compile came to.
#[derive(Debug, Default)]
pub struct Compiled {
    /// The environments without an error.
    pub sound: Vec<EnvironmentName>,
    /// Their bundles, where they were to be sealed.
    pub bundles: BTreeMap<EnvironmentName, Bundle>,
    /// Everything found, in order of place.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that diagnostics name, for excerpts.
    pub files: Files,
    /// Objects read.
    pub objects: usize,
    /// Files read.
    pub sources: usize,
    /// What each file declares and refers to, unless bundles alone were asked for.
    pub outlines: BTreeMap<String, Outline>,
    /// Names of all environments.
    pub environments: Vec<EnvironmentName>,
    /// Waivers read, which are judged on the day of the basis.
    pub waivers: usize,
    /// What is found depends on more than the files: on the day, or on the commits that led to them.
    pub by_circumstance: bool,
}

/// Compiles a snapshot for the environments that `wanted` accepts, and seals their bundles.
pub fn compile(
    snapshot: &Snapshot,
    wanted: &(dyn Fn(&EnvironmentName) -> bool + Sync),
) -> Compiled {
    compile_on(&Basis::default(), snapshot, wanted)
}

/// Compiles a snapshot on a day, and seals its bundles.
pub fn compile_on(
    basis: &Basis<'_>,
    snapshot: &Snapshot,
    wanted: &(dyn Fn(&EnvironmentName) -> bool + Sync),
) -> Compiled {
    compile_to(Goal::Seal, basis, snapshot, wanted)
}

/// Compiles as far as a goal asks for.
pub(crate) fn compile_to(
    goal: Goal,
    basis: &Basis<'_>,
    snapshot: &Snapshot,
    wanted: &(dyn Fn(&EnvironmentName) -> bool + Sync),
) -> Compiled {
    let mut sink = Sink::default();
    let library = validate::validate(snapshot, &mut sink);
    let index = Index::of(&library, &mut sink);
    analyse::templates(&library, &mut sink);
    let memory = analyse::Memory::default();
    let mut waived = vec![waiver::of_library(&library, basis, &mut sink)];
    let results: Vec<_> = library
        .environments
        .par_iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, _)| {
            let mut sink = Sink::default();
            let parts = (&library, &index, &memory);
            let (bundle, waived) =
                compile_environment(parts, name, (goal, basis, snapshot), &mut sink);
            (name.clone(), bundle, waived, sink)
        })
        .collect();
    let mut sound = Vec::new();
    let mut bundles = BTreeMap::new();
    let broken = sink.has_errors();
    let compiled_all = results.len() == library.environments.len();
    let mut found = Vec::new();
    for (name, bundle, waived_here, of_environment) in results {
        waived.push(waived_here);
        if !broken && !of_environment.has_errors() {
            bundles.extend(bundle.map(|bundle| (name.clone(), bundle)));
            sound.push(name.clone());
        }
        found.push((name, of_environment));
    }
    sink.merge_environments(found);
    // A waiver that has expired or waives nothing concerns every environment.
    if waiver::report(&library, &waived, (basis.day, compiled_all), &mut sink) {
        sound.clear();
        bundles.clear();
    }
    let outlines = match goal {
        Goal::Check | Goal::Review => outline::outlines(&library, &index),
        Goal::Seal => BTreeMap::new(),
    };
    let mut diagnostics = sink.finish();
    let mut files = excerpts(snapshot, &diagnostics);
    secret::hide(&library.secrets, &mut files, &mut diagnostics);
    let waivers = waived.iter().map(Waived::count).max().unwrap_or_default();
    let approvals = |loaded: &validate::Loaded<Environment>| {
        !loaded.object().policy.approvals.require.is_empty()
    };
    Compiled {
        by_circumstance: waivers > 0 || library.environments.values().any(approvals),
        sound,
        bundles,
        diagnostics,
        files,
        objects: library.objects.len(),
        sources: snapshot.files.len(),
        outlines,
        environments: library.environments.keys().cloned().collect(),
        waivers,
    }
}

/// The owners of the files of a library, and what was found while they were looked for.
#[derive(Debug)]
pub(crate) struct Owners {
    /// The files that have an owner.
    pub(crate) files: Vec<FileOwners>,
    /// What keeps CODEOWNERS from being written, or true.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The files that diagnostics name.
    pub(crate) texts: Files,
}

/// Who owns which file.
pub(crate) fn owners(snapshot: &Snapshot) -> Owners {
    let mut sink = Sink::default();
    let library = validate::validate(snapshot, &mut sink);
    let files = govern::of_files(&library, &mut sink);
    let mut diagnostics = sink.finish();
    let mut texts = excerpts(snapshot, &diagnostics);
    secret::hide(&library.secrets, &mut texts, &mut diagnostics);
    Owners { files, diagnostics, texts }
}

/// The files that diagnostics name, as their first or as a related place.
fn excerpts(snapshot: &Snapshot, diagnostics: &[Diagnostic]) -> Files {
    let mut named = BTreeSet::new();
    for diagnostic in diagnostics {
        named.insert(&*diagnostic.primary.path);
        named.extend(diagnostic.related.iter().map(|(place, _)| &*place.path));
    }
    let mut files = Files::default();
    let shared = snapshot.libraries.iter().flat_map(|library| &library.files);
    for file in snapshot.files.iter().chain(shared) {
        if named.contains(&*file.path) {
            files.insert(&*file.path, file.bytes());
        } else {
            files.clean(&*file.path);
        }
    }
    files
}

/// The objects of a snapshot as they were authored, without an environment.
#[derive(Debug)]
pub struct Authored {
    /// Each object that is whole, and its value as it was written.
    pub objects: Vec<(Object, Value)>,
    /// Everything found, in order of place.
    pub diagnostics: Vec<Diagnostic>,
    /// The files, for excerpts.
    pub files: Files,
}

/// Reads and validates a snapshot, and leaves it at that.
pub fn authored(snapshot: &Snapshot) -> Authored {
    let mut sink = Sink::default();
    let library = validate::validate(snapshot, &mut sink);
    let mut diagnostics = sink.finish();
    let mut files = excerpts(snapshot, &diagnostics);
    secret::hide(&library.secrets, &mut files, &mut diagnostics);
    let objects = library
        .objects
        .iter()
        .map(|loaded| (loaded.object().clone(), loaded.value().clone()))
        .collect();
    Authored { objects, diagnostics, files }
}

/// All stages after reading and validating, for one environment; `None` where anything is in error, or
/// nothing was to be sealed.
fn compile_environment(
    (library, index, memory): (&Library, &Index<'_>, &analyse::Memory),
    name: &EnvironmentName,
    (goal, basis, snapshot): (Goal, &Basis<'_>, &Snapshot),
    sink: &mut Sink,
) -> (Option<Bundle>, Waived) {
    let Some(environment) = library.environments.get(name) else {
        return (None, Waived::default());
    };
    let linked = link::link(library, index, environment, sink);
    let resolved = overlay::overlay(&linked, sink);
    let lowered = lower::lower(&resolved, memory, sink);
    let tests = lower::lower_fixtures(&resolved, sink);
    let governed = govern::govern(&resolved, lowered, basis, sink);
    let waived = waiver::of_environment(&linked, basis, sink);
    if goal == Goal::Check || sink.has_errors() {
        return (None, waived);
    }
    let bundle = seal::seal(&resolved, &governed, &tests, snapshot);
    (Some(bundle), waived)
}
