//! What can be written again: the objects as their authors wrote them, before anything is linked.

use std::collections::BTreeMap;

use assay_schemas::code::Level;
use assay_schemas::id::EnvironmentName;
use assay_schemas::library::Object;
use assay_schemas::library::environment::Environment;
use serde_json::Value;

use super::{excerpts, secret, validate};
use crate::diagnostic::{Diagnostic, Files, Sink};
use crate::git::Snapshot;

/// An object, authored and read.
#[derive(Debug)]
pub(crate) struct Exportable {
    /// As authored.
    pub(crate) value: Value,
    /// As read.
    pub(crate) object: Object,
}

/// What a snapshot has to write.
#[derive(Debug)]
pub(crate) struct Exportables {
    /// The project's own objects, in order of file and place.
    pub(crate) objects: Vec<Exportable>,
    /// What is wrong with the files.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The files that diagnostics name.
    pub(crate) files: Files,
    environments: BTreeMap<EnvironmentName, Environment>,
}

/// Reads a snapshot as far as its objects are known.
pub(crate) fn exportable(snapshot: &Snapshot) -> Exportables {
    let mut sink = Sink::default();
    let library = validate::validate(snapshot, &mut sink);
    let mut diagnostics = sink.finish();
    let mut files = excerpts(snapshot, &diagnostics);
    secret::hide(&library.secrets, &mut files, &mut diagnostics);
    let own = library.objects.iter().filter(|loaded| loaded.library().is_none());
    let objects = own
        .map(|loaded| Exportable { value: loaded.value(), object: loaded.object().clone() })
        .collect();
    let environments = library.environments.iter();
    let environments = environments.map(|(name, loaded)| (name.clone(), loaded.object().clone()));
    Exportables { objects, diagnostics, files, environments: environments.collect() }
}

impl Exportables {
    /// Whether a file could not be read, so that something might be missing.
    pub(crate) fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|found| found.level == Level::Error)
    }

    /// The names of the environments.
    pub(crate) fn environments(&self) -> impl Iterator<Item = &str> {
        self.environments.keys().map(EnvironmentName::as_str)
    }

    /// Whether an environment takes an object: by its tenant, its status, and the environment it is for.
    pub(crate) fn admits(&self, environment: &str, exportable: &Exportable) -> bool {
        let Some((_, found)) =
            self.environments.iter().find(|(name, _)| name.as_str() == environment)
        else {
            return false;
        };
        let object = &exportable.object;
        object.environment().is_none_or(|name| name.as_str() == environment)
            && found.policy.statuses.contains(&object.status())
            && object
                .tenant()
                .is_none_or(|tenant| found.tenants.is_empty() || found.tenants.contains(tenant))
    }
}
