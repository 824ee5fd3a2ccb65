//! Validate: located trees become objects of a known kind.

mod authored;
mod terms;
mod unsettled;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use assay_schemas::code::Code;
use assay_schemas::id::EnvironmentName;
use assay_schemas::library::environment::Environment;
use assay_schemas::library::{Kind, Object};
use assay_schemas::problem::{Pointer, Problem, nearest};
use rayon::prelude::*;
use serde_json::Value;

use super::doubt;
use super::secret::{self, Secret};
use super::unread::{self, Unread};
use crate::diagnostic::{Diagnostic, Place, Sink};
use crate::git::{Snapshot, SourceFile};
use crate::source::{self, Node, NodeValue};
use terms::Tables;
use unsettled::Unsettled;

/// Everything that was authored and is whole.
#[derive(Debug, Default)]
pub(crate) struct Library {
    /// The objects, in order of file and place.
    pub(crate) objects: Vec<Loaded<Object>>,
    /// The environments.
    pub(crate) environments: BTreeMap<EnvironmentName, Loaded<Environment>>,
    /// Some file could not be read to its end.
    pub(crate) incomplete: bool,
    /// Kinds of which some file could not be read at all, so that what is missing may only be unread.
    pub(crate) unread: BTreeSet<Kind>,
    /// Kind and id of objects that are there but broken; a reference to one is not reported again.
    pub(crate) damaged: BTreeSet<(Kind, String)>,
    /// What must never be printed.
    pub(super) secrets: Vec<Secret>,
}

/// An authored object and where it was written.
#[derive(Clone, Debug)]
pub(crate) struct Loaded<T> {
    path: String,
    node: Node,
    object: T,
    typed: Vec<(Pointer, String)>,
    library: Option<Arc<str>>,
}

impl<T> Loaded<T> {
    /// Its file.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Its tree, with places.
    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// Its value as authored. It is made anew: a library has more of these than fit beside everything else.
    pub(crate) fn value(&self) -> Value {
        self.node.to_value()
    }

    /// What it is. Where a field is a variable that stands for a number, that of the first environment.
    pub(crate) fn object(&self) -> &T {
        &self.object
    }

    /// Fields that are a variable for which a number stands, and the text that was authored.
    pub(crate) fn typed(&self) -> &[(Pointer, String)] {
        &self.typed
    }

    /// The shared library it comes from; `None` for the project's own.
    pub(crate) fn library(&self) -> Option<&str> {
        self.library.as_deref()
    }

    /// The place of a problem in this object.
    pub(crate) fn diagnostic(&self, problem: Problem) -> Diagnostic {
        Diagnostic::of_object(self.path(), self.node(), problem)
    }

    /// The place of a field of this object.
    pub(crate) fn place(&self, pointer: &Pointer) -> Place {
        Place::new(self.path(), self.node().locate(pointer, assay_schemas::problem::Part::Value))
    }
}

/// Reads and validates every file of a snapshot, in parallel.
pub(crate) fn validate(snapshot: &Snapshot, sink: &mut Sink) -> Library {
    let own = snapshot.files.iter().filter(|file| file.path.contains('/'));
    let shared = snapshot.libraries.iter().flat_map(|library| {
        let name: Arc<str> = library.name.as_str().into();
        library.files.iter().map(move |file| (file, Some(Arc::clone(&name))))
    });
    let files: Vec<_> = own.map(|file| (file, None)).chain(shared).collect();
    let tables = Tables::of(files.iter().map(|(file, _)| *file));
    let parts: Vec<_> = files
        .into_par_iter()
        .map(|(file, library)| {
            let mut part = Part { library, ..Part::default() };
            part.file(file, &tables);
            part
        })
        .collect();
    let mut library = Library::default();
    for unreadable in &snapshot.unreadable {
        sink.push(unreadable.diagnostic());
        library.unread.extend(unread::kinds_below(&unreadable.path));
    }
    sink.extend(snapshot.findings.iter().cloned());
    let mut unsettled = Vec::new();
    for part in parts {
        sink.merge(part.sink);
        unsettled.extend(part.unsettled);
        library.objects.extend(part.objects);
        library.damaged.extend(part.damaged);
        library.secrets.extend(part.secrets);
        library.unread.extend(part.unread);
        library.incomplete |= part.incomplete;
        for loaded in part.environments {
            let name = loaded.object.environment.clone();
            if let Some(first) = library.environments.get(&name) {
                let problem = Problem::new(
                    Code::DuplicateId,
                    Pointer::from("environment"),
                    format!("environment `{name}` is declared twice"),
                );
                let place = first.place(&Pointer::from("environment"));
                sink.push(loaded.diagnostic(problem).related(place, "the first is here"));
            } else {
                library.environments.insert(name, loaded);
            }
        }
    }
    unsettled::settle(unsettled, &mut library, sink);
    // A file that is there but broken has been reported already.
    let mut paths = snapshot.files.iter().map(|file| file.path.as_str());
    let declared = |path: &str| path == "environments" || path.starts_with("environments/");
    if library.environments.is_empty()
        && !paths.any(declared)
        && !snapshot.unreadable.iter().any(|file| declared(&file.path))
    {
        sink.push(
            Diagnostic::new(
                Code::NoEnvironment,
                Place::file("environments"),
                "no environment is declared",
            )
            .hint(
                "write `environments/dev.yaml` with `environment: dev` and `results: .assay/lake`",
            ),
        );
    }
    library
}

/// What one file came to.
#[derive(Default)]
struct Part {
    objects: Vec<Loaded<Object>>,
    environments: Vec<Loaded<Environment>>,
    damaged: Vec<(Kind, String)>,
    incomplete: bool,
    unread: BTreeSet<Kind>,
    secrets: Vec<Secret>,
    /// Objects that are whole only once variables have their values.
    unsettled: Vec<Unsettled>,
    /// The shared library that the file is of.
    library: Option<Arc<str>>,
    sink: Sink,
}

impl Part {
    fn file(&mut self, file: &SourceFile, tables: &Tables<'_>) {
        let mut reading = source::read(&file.path, file.bytes());
        // The path of a file of a shared library begins with where that comes from.
        let inside = match self.library {
            Some(_) => file.path.split_once(':').map_or(&*file.path, |(_, inside)| inside),
            None => &file.path,
        };
        let mut segments = inside.split('/');
        let top = segments.next().unwrap_or_default();
        let folder = segments.next().unwrap_or_default();
        let cut_short = [
            Code::Unreadable,
            Code::BadSyntax,
            Code::TooDeep,
            Code::BadWorkbook,
            Code::UnknownSheet,
            Code::StrayCell,
        ];
        if reading.problems.iter().any(|problem| cut_short.contains(&problem.code)) {
            self.incomplete = true;
            let unread = Unread::file(inside, file.bytes());
            self.damaged.extend(unread.ids);
            self.unread = unread.kinds;
        }
        doubt::settle((top, folder), &reading.damaged, &mut reading.problems);
        for problem in reading.problems {
            self.sink.push(Diagnostic::of_file(&file.path, problem));
        }
        let objects = reading.objects.iter().chain(&reading.damaged);
        let secrets = secret::find(&file.path, source::decode(file.bytes()).ok(), objects);
        self.sink.extend(secrets.diagnostics);
        self.secrets = secrets.found;
        let origin = Origin { path: &file.path, folder, stem: stem(inside), tables };
        for node in reading.damaged {
            let nodes = authored::objects(folder, node).unwrap_or_default();
            for (kind, node) in nodes.into_iter().filter_map(|node| origin.known(node).ok()) {
                self.damaged.extend(id_of(kind, &node).map(|id| (kind, id)));
            }
        }
        for node in reading.objects {
            if top == "environments" {
                self.environment(&file.path, node);
                continue;
            }
            match authored::objects(folder, node) {
                Ok(nodes) => nodes.into_iter().for_each(|node| self.object(origin, node)),
                Err((node, problem)) => self.report(&file.path, &node, "file", vec![problem]),
            }
        }
    }

    fn environment(&mut self, path: &str, node: Node) {
        let value = node.to_value();
        match Environment::read(&value) {
            Ok(environment) => {
                let (typed, library) = (Vec::new(), None);
                let path_of = path.to_owned();
                let loaded = Loaded { path: path_of, node, object: environment, typed, library };
                let stem = path.rsplit('/').next().and_then(|name| name.split('.').next());
                if stem != Some(loaded.object.environment.as_str()) {
                    let problem = Problem::new(
                        Code::BadValue,
                        Pointer::from("environment"),
                        format!("environment `{}` stands in `{path}`", loaded.object.environment),
                    )
                    .hint(format!(
                        "name the file `environments/{}.yaml`",
                        loaded.object.environment
                    ));
                    self.sink.push(loaded.diagnostic(problem));
                }
                self.environments.push(loaded);
            }
            Err(problems) => self.report(path, &node, "environment", problems),
        }
    }

    fn object(&mut self, origin: Origin<'_>, node: Node) {
        let path = origin.path;
        let (kind, mut node) = match origin.known(node) {
            Ok(known) => known,
            Err((node, problem)) => {
                // References to it by any of its ids lead to this fault, not to another.
                let NodeValue::Object(fields) = &node.value else {
                    return self.report(path, &node, "file", vec![problem]);
                };
                for field in fields.iter().filter(|field| field.key.contains("_id")) {
                    let kinds = Kind::in_folder(origin.folder);
                    let id = || field.value.as_text().map(str::to_owned);
                    self.damaged.extend(kinds.filter_map(|kind| Some((kind, id()?))));
                }
                return self.report(path, &node, "object", vec![problem]);
            }
        };
        if kind == Kind::Taxonomy
            && let Err(found) = origin.tables.expand(path, &mut node)
        {
            self.damaged.extend(id_of(kind, &node).map(|id| (kind, id)));
            self.sink.extend(found);
            return;
        }
        let value = node.to_value();
        let library = self.library.clone();
        let path = path.to_owned();
        match kind.read(&value) {
            Ok(object) => {
                let typed = Vec::new();
                self.objects.push(Loaded { path, node, object, typed, library });
            }
            Err(problems) => {
                let unsettled = Unsettled { path, node, value, kind, problems, library };
                if unsettled.may_settle() {
                    self.unsettled.push(unsettled);
                    return;
                }
                self.damaged.extend(id_of(kind, &unsettled.node).map(|id| (kind, id)));
                unsettled.report(&mut self.sink);
            }
        }
    }

    fn report(&mut self, path: &str, node: &Node, object: &str, problems: Vec<Problem>) {
        for problem in problems {
            self.sink.push(Diagnostic::of_object(path, node, problem).object(object));
        }
    }
}

/// Where an object comes from.
#[derive(Clone, Copy)]
struct Origin<'a> {
    path: &'a str,
    /// The folder under `libraries/`.
    folder: &'a str,
    /// The name of the file without its ending.
    stem: &'a str,
    /// The CSV files that it may name.
    tables: &'a Tables<'a>,
}

impl Origin<'_> {
    /// The kind of a tree, and the tree in the one form of that kind.
    fn known(self, mut node: Node) -> Result<(Kind, Node), (Node, Problem)> {
        let NodeValue::Object(fields) = &node.value else {
            let problem = Problem::new(Code::NotAnObject, Pointer::root(), "expected an object")
                .hint("a library file holds objects such as `rule_set_id: …`");
            return Err((node, problem));
        };
        let names = fields.iter().map(|field| field.key.as_str());
        let Some(kind) = Kind::of(self.folder, names.clone()) else {
            let problem = unknown_kind(self.folder, names);
            return Err((node, problem));
        };
        authored::normalize(kind, self.stem, &mut node);
        Ok((kind, node))
    }
}

/// The name of a file without folder and ending.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn id_of(kind: Kind, node: &Node) -> Option<String> {
    node.get(kind.id_field())?.value.as_text().map(str::to_owned)
}

/// Says which kinds a folder holds, or which folders there are.
fn unknown_kind<'a>(folder: &str, fields: impl Iterator<Item = &'a str>) -> Problem {
    let kinds: Vec<_> = Kind::in_folder(folder).collect();
    if kinds.is_empty() {
        let mut folders: Vec<_> = Kind::ALL.iter().map(|kind| kind.folder()).collect();
        folders.sort_unstable();
        folders.dedup();
        let message = format!("`libraries/{folder}/` holds no kind of object");
        return Problem::new(Code::UnknownKind, Pointer::root(), message)
            .hint(format!("folders are {}", folders.join(", ")));
    }
    let ids: Vec<_> = kinds.iter().map(|kind| format!("`{}`", kind.id_field())).collect();
    let message =
        format!("no id field: objects in `libraries/{folder}/` have {}", ids.join(" or "));
    let problem = Problem::new(Code::UnknownKind, Pointer::root(), message);
    let known: Vec<_> = kinds.iter().map(|kind| kind.id_field()).collect();
    for field in fields {
        let has_id = |kind: &&Kind| kind.id_spellings().any(|id| id == field);
        if let Some(kind) = Kind::ALL.iter().find(has_id) {
            return problem.hint(format!(
                "an object with `{field}` belongs into `libraries/{}/`",
                kind.folder()
            ));
        }
        if field.contains("_id") && nearest(field, known.iter().copied()).is_some() {
            let message = problem.message.clone();
            let here = Problem::new(Code::UnknownKind, Pointer::root().key(field), message);
            return here.at_key().did_you_mean(field, known.iter().copied());
        }
    }
    problem
}
