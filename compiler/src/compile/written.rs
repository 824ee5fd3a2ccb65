//! Where objects are written, for those who look at files without compiling them.

use std::collections::BTreeMap;

use assay_schemas::id::EnvironmentName;
use assay_schemas::library::environment::Environment;

use super::validate;
use crate::diagnostic::Sink;
use crate::git::{Snapshot, SourceFile};
use crate::source::Node;

/// An object and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// Its kind.
    pub(crate) kind: String,
    /// Its id.
    pub(crate) id: String,
    /// Its version.
    pub(crate) version: String,
    /// Its file.
    pub(crate) path: String,
    /// Its tree, with places.
    pub(crate) node: Node,
}

/// The environments that files declare, as far as they can be read.
pub(crate) fn environments(snapshot: &Snapshot) -> BTreeMap<EnvironmentName, Environment> {
    let own = |file: &&SourceFile| file.path.starts_with("environments/");
    let files = snapshot.files.iter().filter(own).cloned().collect();
    let library =
        validate::validate(&Snapshot { files, ..Snapshot::default() }, &mut Sink::default());
    let environments = library.environments.into_iter();
    environments.map(|(name, loaded)| (name, loaded.object().clone())).collect()
}

/// The objects and environments of some files, as far as they can be read.
pub(crate) fn written(snapshot: &Snapshot) -> Vec<Written> {
    let library = validate::validate(snapshot, &mut Sink::default());
    let objects = library.objects.iter().map(|loaded| Written {
        kind: loaded.object().kind().name().to_owned(),
        id: loaded.object().id().to_owned(),
        version: loaded.object().version().to_string(),
        path: loaded.path().to_owned(),
        node: loaded.node().clone(),
    });
    let environments = library.environments.iter().map(|(name, loaded)| Written {
        kind: "environment".to_owned(),
        id: name.to_string(),
        version: "1.0.0".to_owned(),
        path: loaded.path().to_owned(),
        node: loaded.node().clone(),
    });
    objects.chain(environments).collect()
}
