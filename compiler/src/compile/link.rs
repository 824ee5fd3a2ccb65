//! Link: every reference of an environment finds the one object that it means.

mod explain;

use std::collections::BTreeMap;

use assay_schemas::code::Code;
use assay_schemas::id::{TenantId, VersionRequest};
use assay_schemas::library::environment::{Environment, ReferenceForm};
use assay_schemas::library::{Kind, Object, Reference, Status};
use assay_schemas::problem::{Pointer, Problem, nearest};
use rayon::prelude::*;

use super::index::Index;
use super::validate::{Library, Loaded};
use crate::diagnostic::Sink;

/// The objects of one environment, each reference resolved.
#[derive(Debug)]
pub(crate) struct Linked<'a> {
    /// Everything that was authored.
    pub(crate) library: &'a Library,
    /// What of it no environment changes.
    pub(crate) index: &'a Index<'a>,
    /// The environment.
    pub(crate) environment: &'a Loaded<Environment>,
    /// The objects that the environment admits, those referred to before those that refer.
    pub(crate) order: Vec<usize>,
    /// By object, then by reference: the object that it means. Empty for objects that are not admitted.
    targets: Vec<Vec<Option<usize>>>,
    /// By object: why the environment does not admit it.
    refusals: Vec<Option<Refusal>>,
}

impl<'a> Linked<'a> {
    /// The object of an index.
    pub(crate) fn loaded(&self, index: usize) -> &'a Loaded<Object> {
        &self.library.objects[index]
    }

    /// The object that the reference at `pointer` of object `index` means.
    pub(crate) fn target(&self, index: usize, pointer: &Pointer) -> Option<usize> {
        let at = self.index.at(index, pointer)?;
        self.targets[index].get(at).copied().flatten()
    }

    /// The references of object `index` that mean something, each with the object meant.
    pub(crate) fn links(&self, index: usize) -> impl Iterator<Item = (&'a Reference, usize)> + '_ {
        let references = self.index.references(index).iter().zip(&self.targets[index]);
        references.filter_map(|(reference, target)| Some((reference, (*target)?)))
    }

    /// The objects that the references of object `index` mean, in their order.
    pub(super) fn targets(&self, index: usize) -> &[Option<usize>] {
        &self.targets[index]
    }

    /// Whether the environment admits an object.
    pub(crate) fn admits(&self, index: usize) -> bool {
        self.refusals[index].is_none()
    }

    /// Of `candidates`, which have one kind and id, the one that a reference without a version means to
    /// an object of `tenant`.
    pub(crate) fn active(&self, candidates: &[usize], tenant: Option<&TenantId>) -> Option<usize> {
        best(self.library, candidates.iter().copied().filter(|index| self.admits(*index)), tenant)
    }
}

/// Links the objects that an environment admits.
pub(crate) fn link<'a>(
    library: &'a Library,
    index: &'a Index<'a>,
    environment: &'a Loaded<Environment>,
    sink: &mut Sink,
) -> Linked<'a> {
    unknown_tenants(library, environment, sink);
    let refusals: Vec<_> = library
        .objects
        .par_iter()
        .map(|loaded| refusal(loaded.object(), environment.object()))
        .collect();
    let ids = std::sync::OnceLock::new();
    let linker = Linker { library, index, environment: environment.object(), refusals, ids };
    let results: Vec<_> =
        (0..library.objects.len()).into_par_iter().map(|index| linker.targets_of(index)).collect();
    let mut targets = Vec::with_capacity(results.len());
    for (found, problems) in results {
        targets.push(found);
        sink.merge(problems);
    }
    let order = linker.order(&targets, sink);
    Linked { library, index, environment, order, targets, refusals: linker.refusals }
}

/// Why the environment does not admit an object; `None` where it does.
fn refusal(object: &Object, environment: &Environment) -> Option<Refusal> {
    let serves =
        |tenant: &TenantId| environment.tenants.is_empty() || environment.tenants.contains(tenant);
    if object.environment().is_some_and(|only| *only != environment.environment)
        || object.tenant().is_some_and(|tenant| !serves(tenant))
    {
        Some(Refusal::Elsewhere)
    } else if environment.policy.statuses.contains(&object.status()) {
        None
    } else {
        Some(Refusal::Status)
    }
}

/// A tenant that the environment lists and that owns nothing: a slip here leaves a whole tenant out.
fn unknown_tenants(library: &Library, environment: &Loaded<Environment>, sink: &mut Sink) {
    let listed = &environment.object().tenants;
    if listed.is_empty() || library.incomplete {
        return;
    }
    let mut owners: Vec<_> =
        library.objects.iter().filter_map(|loaded| loaded.object().tenant()).collect();
    owners.sort_unstable();
    owners.dedup();
    for (position, tenant) in listed.iter().enumerate() {
        if owners.binary_search(&tenant).is_ok() {
            continue;
        }
        let authored = environment.value();
        let authored = authored["tenants"].as_array();
        let place = authored
            .and_then(|list| list.iter().position(|entry| entry == tenant.as_str()))
            .unwrap_or(position);
        let message = format!("tenant `{tenant}` is served here and owns no object");
        let problem =
            Problem::new(Code::UnknownTenant, Pointer::from("tenants").index(place), message);
        let near = nearest(tenant.as_str(), owners.iter().map(|owner| owner.as_str()));
        sink.push(environment.diagnostic(match near {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint("correct its name, or remove it until it owns something"),
        }));
    }
}

/// The one that a reference means among those that it accepts: of the own tenant before shared ones, in use
/// before retired, then the highest version.
fn best(
    library: &Library,
    accepted: impl Iterator<Item = usize>,
    tenant: Option<&TenantId>,
) -> Option<usize> {
    let object = |index: usize| library.objects[index].object();
    accepted
        .filter(|index| object(*index).tenant().is_none_or(|owner| Some(owner) == tenant))
        .max_by(|a, b| {
            let rank = |index: usize| {
                let object = object(index);
                let in_use = object.status() != Status::Retired;
                (object.tenant().is_some(), in_use, object.version())
            };
            rank(*a).cmp(&rank(*b))
        })
}

struct Linker<'a> {
    library: &'a Library,
    index: &'a Index<'a>,
    environment: &'a Environment,
    refusals: Vec<Option<Refusal>>,
    /// Ids by kind, for suggestions; gathered when the first reference finds nothing.
    ids: std::sync::OnceLock<BTreeMap<Kind, Vec<&'a str>>>,
}

impl<'a> Linker<'a> {
    fn object(&self, index: usize) -> &'a Object {
        self.library.objects[index].object()
    }

    fn targets_of(&self, index: usize) -> (Vec<Option<usize>>, Sink) {
        let mut sink = Sink::default();
        if self.refusals[index].is_some() {
            return (Vec::new(), sink);
        }
        let references = self.index.references(index).iter();
        (references.map(|reference| self.resolve(index, reference, &mut sink)).collect(), sink)
    }

    fn resolve(&self, from: usize, reference: &Reference, sink: &mut Sink) -> Option<usize> {
        let candidates = self.index.named(reference.kind, &reference.id);
        let usable = candidates.iter().copied().filter(|index| {
            let version = self.object(*index).version();
            self.refusals[*index].is_none()
                && reference.request.as_ref().is_none_or(|request| request.accepts(version))
        });
        let found = best(self.library, usable, self.object(from).tenant());
        match found {
            Some(target) => {
                self.check_form(from, reference, sink);
                self.check_retired(from, reference, target, sink);
            }
            None => sink.extend(self.explain(from, reference, candidates)),
        }
        found
    }

    fn check_form(&self, from: usize, reference: &Reference, sink: &mut Sink) {
        let (form, word) = match &reference.request {
            Some(VersionRequest::Exact(_)) => (ReferenceForm::Exact, "an exact version"),
            Some(VersionRequest::Range(_)) => (ReferenceForm::Range, "a range of versions"),
            None => (ReferenceForm::Active, "no version, so the highest active one"),
        };
        if self.environment.policy.references.contains(&form) {
            return;
        }
        let message = format!(
            "reference to {} `{}` asks for {word}, which environment `{}` does not accept",
            reference.kind.name(),
            reference.id,
            self.environment.environment
        );
        let problem = Problem::new(Code::ReferenceForm, reference.pointer.clone(), message)
            .hint("name a version in a form that the policy in the environment file accepts");
        sink.push(self.library.objects[from].diagnostic(problem));
    }

    /// A reference from something in use to something retired, in an environment that admits both.
    fn check_retired(&self, from: usize, reference: &Reference, target: usize, sink: &mut Sink) {
        let retired = |index: usize| self.object(index).status() == Status::Retired;
        if !retired(target) || retired(from) {
            return;
        }
        let message = format!("{} is retired", name(self.object(target)));
        let version = reference.request.as_ref().and_then(|_| reference.version_place());
        let place = version.unwrap_or_else(|| reference.id_place());
        let newer = self.index.named(reference.kind, &reference.id).iter().copied();
        let newer = newer.filter(|index| self.refusals[*index].is_none() && !retired(*index));
        let hint = match best(self.library, newer, self.object(from).tenant()) {
            Some(other) => format!("version {} is in use", self.object(other).version()),
            None => "refer to what has taken its place".to_owned(),
        };
        let target = &self.library.objects[target];
        let problem = Problem::new(Code::RetiredReference, place, message).hint(hint);
        let related = target.place(&Pointer::from("status"));
        let diagnostic = self.library.objects[from].diagnostic(problem);
        sink.push(diagnostic.related(related, "retired here"));
    }

    /// The objects with those that are referred to first. A circle is reported once, with every object on it.
    fn order(&self, targets: &[Vec<Option<usize>>], sink: &mut Sink) -> Vec<usize> {
        let mut order = Vec::with_capacity(targets.len());
        let mut seen = vec![Seen::Not; targets.len()];
        for start in (0..targets.len()).filter(|index| self.refusals[*index].is_none()) {
            // Each element of the path is an object and how many of its references were followed.
            let mut path: Vec<(usize, usize)> = Vec::new();
            if seen[start] == Seen::Not {
                seen[start] = Seen::OnPath;
                path.push((start, 0));
            }
            while let Some((index, followed)) = path.last_mut() {
                let (from, at) = (*index, *followed);
                *followed += 1;
                match targets[from].get(at) {
                    None => {
                        order.push(from);
                        seen[from] = Seen::Done;
                        path.pop();
                    }
                    Some(None) => {}
                    Some(Some(target)) => match seen[*target] {
                        Seen::Not => {
                            seen[*target] = Seen::OnPath;
                            path.push((*target, 0));
                        }
                        Seen::OnPath => {
                            let circle: Vec<_> = path
                                .iter()
                                .map(|(index, _)| *index)
                                .skip_while(|index| index != target)
                                .collect();
                            sink.push(self.circle(from, at, &circle));
                        }
                        Seen::Done => {}
                    },
                }
            }
        }
        order
    }
}

/// How far the walk that orders the objects has come with one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Not,
    OnPath,
    Done,
}

/// Why an environment does not admit an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// It is for another environment, or of a tenant that is not served.
    Elsewhere,
    /// Its status is not among those admitted.
    Status,
}

/// An object as messages name it.
pub(super) fn name(object: &Object) -> String {
    format!("{} `{}` {}", object.kind().name(), object.id(), object.version())
}
