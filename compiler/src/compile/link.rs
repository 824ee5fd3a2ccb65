//! Link: every reference of an environment finds the one object that it means.

use std::collections::{BTreeMap, BTreeSet};

use assay_schemas::code::Code;
use assay_schemas::id::{TenantId, VersionRequest};
use assay_schemas::library::environment::{Environment, ReferenceForm};
use assay_schemas::library::{Kind, Object, Reference};
use assay_schemas::problem::{Pointer, Problem, nearest};

use super::validate::{Library, Loaded};
use crate::diagnostic::Sink;

/// The objects of one environment, each reference resolved.
#[derive(Debug)]
pub(crate) struct Linked<'a> {
    /// Everything that was authored.
    pub(crate) library: &'a Library,
    /// The environment.
    pub(crate) environment: &'a Loaded<Environment>,
    /// The objects that the environment admits, those referred to before those that refer.
    pub(crate) order: Vec<usize>,
    /// By object: its references and the objects that they mean.
    pub(crate) links: BTreeMap<usize, Vec<(Reference, usize)>>,
}

impl<'a> Linked<'a> {
    /// The object of an index.
    pub(crate) fn loaded(&self, index: usize) -> &'a Loaded<Object> {
        &self.library.objects[index]
    }

    /// The object that the reference at `pointer` of object `index` means.
    pub(crate) fn target(&self, index: usize, pointer: &Pointer) -> Option<usize> {
        let links = self.links.get(&index)?;
        links.iter().find(|(reference, _)| reference.pointer == *pointer).map(|(_, target)| *target)
    }
}

/// Links the objects that an environment admits.
pub(crate) fn link<'a>(
    library: &'a Library,
    environment: &'a Loaded<Environment>,
    sink: &mut Sink,
) -> Linked<'a> {
    let mut linker =
        Linker { library, environment: &environment.object(), by_id: BTreeMap::new(), sink };
    for (index, loaded) in library.objects.iter().enumerate() {
        let key = (loaded.object().kind(), loaded.object().id());
        linker.by_id.entry(key).or_default().push(index);
    }
    linker.duplicates();
    let admitted: Vec<_> =
        (0..library.objects.len()).filter(|index| linker.refusal(*index).is_none()).collect();
    let mut links = BTreeMap::new();
    for index in &admitted {
        links.insert(*index, linker.links_of(*index));
    }
    let order = linker.order(&admitted, &links);
    Linked { library, environment, order, links }
}

struct Linker<'a, 'b> {
    library: &'a Library,
    environment: &'a Environment,
    by_id: BTreeMap<(Kind, &'a str), Vec<usize>>,
    sink: &'b mut Sink,
}

impl<'a> Linker<'a, '_> {
    fn object(&self, index: usize) -> &'a Object {
        &self.library.objects[index].object()
    }

    /// Why the environment does not admit an object; `None` where it does.
    fn refusal(&self, index: usize) -> Option<Refusal> {
        let object = self.object(index);
        let environment = &self.environment.environment;
        let serves = |tenant: &TenantId| {
            self.environment.tenants.is_empty() || self.environment.tenants.contains(tenant)
        };
        if object.environment().is_some_and(|only| only != environment)
            || object.tenant().is_some_and(|tenant| !serves(tenant))
        {
            Some(Refusal::Elsewhere)
        } else if self.environment.policy.statuses.contains(&object.status()) {
            None
        } else {
            Some(Refusal::Status)
        }
    }

    fn duplicates(&mut self) {
        for indexes in self.by_id.values() {
            for (place, second) in indexes.iter().enumerate() {
                let first = indexes[..place].iter().find(|first| {
                    let (a, b) = (self.object(**first), self.object(*second));
                    let together = match (a.environment(), b.environment()) {
                        (Some(a), Some(b)) => a == b,
                        _ => true,
                    };
                    a.tenant() == b.tenant() && a.version() == b.version() && together
                });
                let Some(first) = first else { continue };
                let (first, second) =
                    (&self.library.objects[*first], &self.library.objects[*second]);
                let field = Pointer::from(second.object().kind().id_field());
                let message = format!("{} exists already", name(&second.object()));
                let problem = Problem::new(Code::DuplicateId, field.clone(), message)
                    .hint("give it another version or another id, or remove one");
                let related = first.place(&field);
                self.sink.push(second.diagnostic(problem).related(related, "the first is here"));
            }
        }
    }

    fn links_of(&mut self, index: usize) -> Vec<(Reference, usize)> {
        let mut links = Vec::new();
        for reference in self.object(index).references() {
            if let Some(target) = self.resolve(index, &reference) {
                links.push((reference, target));
            }
        }
        links
    }

    /// The highest version that the reference accepts: of the object's own tenant, else shared.
    fn resolve(&mut self, from: usize, reference: &Reference) -> Option<usize> {
        let candidates =
            self.by_id.get(&(reference.kind, reference.id.as_str())).cloned().unwrap_or_default();
        let tenant = self.object(from).tenant();
        let accepts = |index: &usize| {
            let version = self.object(*index).version();
            reference.request.as_ref().is_none_or(|request| request.accepts(version))
        };
        let usable: Vec<_> = candidates
            .iter()
            .copied()
            .filter(|index| self.refusal(*index).is_none() && accepts(index))
            .collect();
        let own = usable.iter().copied().filter(|index| {
            let owner = self.object(*index).tenant();
            owner.is_some() && owner == tenant
        });
        let shared = usable.iter().copied().filter(|index| self.object(*index).tenant().is_none());
        let highest = |indexes: Vec<usize>| {
            indexes
                .into_iter()
                .max_by(|a, b| self.object(*a).version().cmp(self.object(*b).version()))
        };
        let found = highest(own.collect()).or_else(|| highest(shared.collect()));
        match found {
            Some(target) => {
                self.check_form(from, reference);
                Some(target)
            }
            None => {
                self.explain(from, reference, &candidates);
                None
            }
        }
    }

    fn check_form(&mut self, from: usize, reference: &Reference) {
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
        self.sink.push(self.library.objects[from].diagnostic(problem));
    }

    /// Says why a reference finds nothing.
    #[expect(clippy::too_many_lines, reason = "one arm for each way in which a reference can fail")]
    fn explain(&mut self, from: usize, reference: &Reference, candidates: &[usize]) {
        if self.library.damaged.contains(&(reference.kind, reference.id.clone())) {
            return;
        }
        let loaded = &self.library.objects[from];
        let wanted = match &reference.request {
            Some(request) => format!("{} `{}` {request}", reference.kind.name(), reference.id),
            None => format!("{} `{}`", reference.kind.name(), reference.id),
        };
        let id_place = reference.pointer.key(reference.kind.id_field());
        let tenant = loaded.object().tenant();
        let accepts = |object: &Object| {
            reference.request.as_ref().is_none_or(|request| request.accepts(object.version()))
        };
        let elsewhere = candidates.iter().copied().find(|index| {
            let owner = self.object(*index).tenant();
            owner.is_some() && owner != tenant
        });
        let refused = candidates.iter().copied().find(|index| {
            accepts(self.object(*index)) && self.refusal(*index) == Some(Refusal::Status)
        });
        let of_environment = candidates.iter().copied().find(|index| {
            self.object(*index).environment().is_some()
                && self.refusal(*index) == Some(Refusal::Elsewhere)
        });
        let other_version = candidates.iter().copied().find(|index| {
            let owner = self.object(*index).tenant();
            !accepts(self.object(*index)) && (owner.is_none() || owner == tenant)
        });
        let (code, message, hint, target) = if let Some(index) = refused {
            let status = self.object(index).status().name();
            let name = &self.environment.environment;
            (
                Code::NotAdmitted,
                format!("{wanted} is `{status}`, which environment `{name}` does not admit"),
                "refer to a version that is admitted, or change its `status` with the approval it wants".to_owned(),
                Some(index),
            )
        } else if let Some(index) = other_version {
            let mut versions: Vec<_> =
                candidates.iter().map(|index| self.object(*index).version().clone()).collect();
            versions.sort();
            let listed = versions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            (
                Code::DanglingReference,
                format!("no {wanted}: no version fits"),
                format!("versions are {listed}"),
                Some(index),
            )
        } else if let Some(index) = elsewhere {
            let owner = self.object(index).tenant().map_or("?", TenantId::as_str);
            let own =
                tenant.map_or("a shared object".to_owned(), |tenant| format!("tenant `{tenant}`"));
            (
                Code::CrossTenant,
                format!("{wanted} belongs to tenant `{owner}`, but the reference to {own}"),
                "refer to an object of the same tenant or to a shared one".to_owned(),
                Some(index),
            )
        } else if let Some(index) = of_environment {
            let only = self.object(index).environment().map_or("?", |only| only.as_str());
            (
                Code::DanglingReference,
                format!("{wanted} is for environment `{only}` only"),
                format!(
                    "add one for `{}`, or restrict this object too",
                    self.environment.environment
                ),
                Some(index),
            )
        } else if self.library.incomplete {
            return;
        } else {
            (Code::DanglingReference, format!("no {wanted}"), self.suggestion(reference), None)
        };
        let problem = Problem::new(code, id_place, message).hint(hint);
        let mut diagnostic = loaded.diagnostic(problem).object(name(&loaded.object()));
        if let Some(index) = target {
            let target = &self.library.objects[index];
            let place = target.place(&Pointer::from(target.object().kind().id_field()));
            diagnostic = diagnostic.related(place, format!("{} is here", name(&target.object())));
        }
        self.sink.push(diagnostic);
    }

    fn suggestion(&self, reference: &Reference) -> String {
        let known: Vec<_> = self
            .by_id
            .keys()
            .filter(|(kind, _)| *kind == reference.kind)
            .map(|(_, id)| *id)
            .collect();
        match nearest(&reference.id, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => {
                format!("none is declared; add one under `libraries/{}/`", reference.kind.folder())
            }
            None => format!(
                "known are {}",
                known.iter().take(8).copied().collect::<Vec<_>>().join(", ")
            ),
        }
    }

    /// The objects with those that are referred to first. A circle is reported once, with every object on it.
    fn order(
        &mut self,
        admitted: &[usize],
        links: &BTreeMap<usize, Vec<(Reference, usize)>>,
    ) -> Vec<usize> {
        let mut order = Vec::with_capacity(admitted.len());
        let mut done = BTreeSet::new();
        for start in admitted {
            // Each element of the path is an object and how many of its references were followed.
            let mut path: Vec<(usize, usize)> = Vec::new();
            if done.insert(*start) {
                path.push((*start, 0));
            }
            while let Some((index, followed)) = path.last_mut() {
                let next = links.get(index).and_then(|links| links.get(*followed));
                *followed += 1;
                match next {
                    None => {
                        order.push(*index);
                        path.pop();
                    }
                    Some((reference, target)) => {
                        let from = *index;
                        let circle = path.iter().position(|(on_path, _)| on_path == target);
                        if let Some(begin) = circle {
                            let on_circle: Vec<_> =
                                path[begin..].iter().map(|(index, _)| *index).collect();
                            self.report_circle(from, reference, &on_circle);
                        } else if done.insert(*target) {
                            path.push((*target, 0));
                        }
                    }
                }
            }
        }
        order
    }

    fn report_circle(&mut self, from: usize, reference: &Reference, on_circle: &[usize]) {
        let names: Vec<_> = on_circle.iter().map(|index| name(self.object(*index))).collect();
        let message = format!("{} refer to each other in a circle", names.join(" → "));
        let place = reference.pointer.key(reference.kind.id_field());
        let problem = Problem::new(Code::CyclicReference, place, message)
            .hint("remove one of the references");
        let mut diagnostic = self.library.objects[from].diagnostic(problem);
        for index in on_circle.iter().filter(|index| **index != from) {
            let other = &self.library.objects[*index];
            let place = other.place(&Pointer::from(other.object().kind().id_field()));
            diagnostic =
                diagnostic.related(place, format!("{} is on the circle", name(&other.object())));
        }
        self.sink.push(diagnostic);
    }
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
