//! Which objects changed, by whom, and who approves of them as they are now.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use assay_schemas::id::Version;
use assay_schemas::library::Kind;
use serde_json::Value;

use super::{Changes, Commit, Content, Person};
use crate::source;

/// An object whatever its version, or an environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Identity {
    /// Name of the kind; `environment` for one.
    pub(crate) kind: &'static str,
    pub(crate) tenant: Option<String>,
    pub(crate) id: String,
}

/// Every version of an object, as authored. Where they stand, and how they are written, does not count.
pub(crate) type State = BTreeMap<String, Arc<Value>>;

/// An object that is another than at the base.
#[derive(Debug)]
pub(crate) struct Changed {
    pub(crate) identity: Identity,
    pub(crate) before: State,
    pub(crate) after: State,
    /// By mail address: those who made the change. They cannot approve it.
    pub(crate) authors: BTreeMap<String, Person>,
    /// By mail address: those who approve of the object as it is.
    pub(crate) approvers: BTreeMap<String, Person>,
    /// By mail address: those who approved of it as it was in between.
    pub(crate) earlier: BTreeMap<String, Person>,
}

impl Changed {
    /// The versions that are new or other than before.
    pub(crate) fn changed_after(&self) -> impl Iterator<Item = (&str, &Arc<Value>)> {
        let other =
            |(version, value): &(&String, &Arc<Value>)| self.before.get(*version) != Some(*value);
        self.after.iter().filter(other).map(|(version, value)| (version.as_str(), value))
    }

    /// The versions that are no more or other than now.
    pub(crate) fn changed_before(&self) -> impl Iterator<Item = (&str, &Arc<Value>)> {
        let other =
            |(version, value): &(&String, &Arc<Value>)| self.after.get(*version) != Some(*value);
        self.before.iter().filter(other).map(|(version, value)| (version.as_str(), value))
    }
}

/// The objects that changed, in order of their identity.
pub(crate) fn changed(changes: &Changes) -> Vec<Changed> {
    let mut parsed = Parsed::default();
    for commit in &changes.commits {
        std::iter::once(&commit.after).chain(&commit.parents).for_each(|files| parsed.read(files));
    }
    parsed.read(&changes.before);
    parsed.read(&changes.after);
    let mut found = BTreeMap::new();
    for identity in parsed.paths.keys() {
        let before = parsed.state(identity, &changes.before);
        let after = parsed.state(identity, &changes.after);
        if before != after {
            let changed = Changed {
                identity: identity.clone(),
                before,
                after,
                authors: BTreeMap::new(),
                approvers: BTreeMap::new(),
                earlier: BTreeMap::new(),
            };
            found.insert(identity.clone(), changed);
        }
    }
    for commit in &changes.commits {
        for identity in parsed.touched(commit) {
            if let Some(changed) = found.get_mut(&identity) {
                parsed.take(commit, changed);
            }
        }
    }
    found.into_values().collect()
}

/// One object of a file.
#[derive(Debug)]
struct Part {
    identity: Identity,
    version: String,
    value: Arc<Value>,
}

/// Everything that was ever read, each content once.
#[derive(Debug, Default)]
struct Parsed {
    /// By path and name of the content.
    contents: HashMap<(String, String), Vec<Part>>,
    /// The files that an object ever stood in.
    paths: BTreeMap<Identity, BTreeSet<String>>,
}

impl Parsed {
    fn read(&mut self, files: &BTreeMap<String, Content>) {
        for (path, content) in files {
            let key = (path.clone(), content.id.clone());
            if self.contents.contains_key(&key) {
                continue;
            }
            let parts = parts(path, &content.bytes);
            for part in &parts {
                self.paths.entry(part.identity.clone()).or_default().insert(path.clone());
            }
            self.contents.insert(key, parts);
        }
    }

    fn state(&self, identity: &Identity, files: &BTreeMap<String, Content>) -> State {
        let paths = self.paths.get(identity).into_iter().flatten();
        paths
            .filter_map(|path| self.parts(path, files.get(path)?))
            .flatten()
            .filter(|part| part.identity == *identity)
            .map(|part| (part.version.clone(), Arc::clone(&part.value)))
            .collect()
    }

    fn parts(&self, path: &str, content: &Content) -> Option<&Vec<Part>> {
        self.contents.get(&(path.to_owned(), content.id.clone()))
    }

    /// The objects of the files in which a commit differs from one of its parents.
    fn touched(&self, commit: &Commit) -> BTreeSet<Identity> {
        let id = |files: &BTreeMap<String, Content>, path: &str| {
            files.get(path).map(|content| content.id.clone())
        };
        let none = BTreeMap::new();
        let parents =
            if commit.parents.is_empty() { vec![&none] } else { commit.parents.iter().collect() };
        let mut touched = BTreeSet::new();
        for parent in parents {
            for path in commit.after.keys().chain(parent.keys()) {
                if id(&commit.after, path) == id(parent, path) {
                    continue;
                }
                for files in [&commit.after, parent] {
                    let parts = files.get(path).and_then(|content| self.parts(path, content));
                    touched.extend(parts.into_iter().flatten().map(|part| part.identity.clone()));
                }
            }
        }
        touched
    }

    /// Takes what a commit says of an object. It changes what its first parent does not have; a merge is
    /// the work of its author only where the object is as in none of its parents.
    fn take(&self, commit: &Commit, changed: &mut Changed) {
        let after = self.state(&changed.identity, &commit.after);
        let before: Vec<_> =
            commit.parents.iter().map(|parent| self.state(&changed.identity, parent)).collect();
        if before.first().map_or(after.is_empty(), |first| *first == after) {
            return;
        }
        let by_key = |people: Vec<Person>| people.into_iter().map(|person| (person.key(), person));
        if before.iter().all(|before| *before != after) {
            changed.authors.extend(by_key(commit.authors()));
        }
        let approvers = by_key(commit.approvers());
        if after == changed.after {
            changed.approvers.extend(approvers);
        } else {
            changed.earlier.extend(approvers);
        }
    }
}

/// The objects of a file; those that cannot be read are nobody's.
fn parts(path: &str, bytes: &[u8]) -> Vec<Part> {
    let mut segments = path.split('/');
    let (top, folder) = (segments.next().unwrap_or_default(), segments.next().unwrap_or_default());
    let reading = source::read(path, bytes);
    let nodes = reading.objects.iter().chain(&reading.damaged);
    nodes
        .filter_map(|node| {
            let value = node.to_value();
            let text = |field: &str| value.get(field).and_then(Value::as_str).map(str::to_owned);
            let (kind, id) = if top == "environments" {
                ("environment", text("environment")?)
            } else {
                let names = value.as_object()?.keys().map(String::as_str);
                let kind = Kind::of(folder, names)?;
                (kind.name(), kind.id_spellings().find_map(text)?)
            };
            let version = text("version").unwrap_or_else(|| Version::default().to_string());
            let identity = Identity { kind, tenant: text("tenant_id"), id };
            Some(Part { identity, version, value: Arc::new(value) })
        })
        .collect()
}
