//! Why a reference finds nothing, and which objects stand on a circle.

use assay_schemas::code::Code;
use assay_schemas::id::TenantId;
use assay_schemas::library::{Object, Reference};
use assay_schemas::problem::{Pointer, Problem, nearest};

use super::super::index;
use super::{Linker, Refusal, name};
use crate::diagnostic::Diagnostic;

/// What is wrong with a reference: code, message, hint, and the object at its other end.
type Fault = (Code, String, String, Option<usize>);

impl Linker<'_> {
    /// Says why a reference finds nothing; nothing where that has been said elsewhere.
    pub(super) fn explain(
        &self,
        from: usize,
        reference: &Reference,
        candidates: &[usize],
    ) -> Option<Diagnostic> {
        if self.library.damaged.contains(&(reference.kind, reference.id.clone())) {
            return None;
        }
        let loaded = &self.library.objects[from];
        let (code, message, hint, target) = self.fault(from, reference, candidates)?;
        let place = reference.id_place();
        let problem = Problem::new(code, place, message).hint(hint);
        let mut diagnostic = loaded.diagnostic(problem).object(name(loaded.object()));
        if let Some(target) = target.map(|index| &self.library.objects[index]) {
            let place = target.place(&Pointer::from(target.object().kind().id_field()));
            diagnostic = diagnostic.related(place, format!("{} is here", name(target.object())));
        }
        Some(diagnostic)
    }

    fn fault(&self, from: usize, reference: &Reference, candidates: &[usize]) -> Option<Fault> {
        let wanted = match &reference.request {
            Some(request) => format!("{} `{}` {request}", reference.kind.name(), reference.id),
            None => format!("{} `{}`", reference.kind.name(), reference.id),
        };
        let environment = &self.environment.environment;
        let tenant = self.object(from).tenant();
        let accepts = |object: &Object| {
            reference.request.as_ref().is_none_or(|request| request.accepts(object.version()))
        };
        let visible: Vec<_> = candidates
            .iter()
            .copied()
            .filter(|index| self.object(*index).tenant().is_none_or(|owner| Some(owner) == tenant))
            .collect();
        let here = |index: &usize| self.refusals[*index] != Some(Refusal::Elsewhere);
        let highest = |indexes: &mut dyn Iterator<Item = usize>| {
            indexes.max_by(|a, b| self.object(*a).version().cmp(self.object(*b).version()))
        };
        let fitting = |index: &usize| here(index) && accepts(self.object(*index));
        if let Some(index) = highest(&mut visible.iter().copied().filter(fitting)) {
            let status = self.object(index).status().name();
            return Some((
                Code::NotAdmitted,
                format!("{wanted} is `{status}`, which environment `{environment}` does not admit"),
                "refer to a version that is admitted, or change its `status` with the approval it wants".to_owned(),
                Some(index),
            ));
        }
        if let Some(index) = highest(&mut visible.iter().copied().filter(here)) {
            let listed = self.versions(visible.iter().copied().filter(here).collect());
            let message = format!("no {wanted}: no version fits");
            return Some((Code::DanglingReference, message, listed, Some(index)));
        }
        if let Some(index) = visible.first() {
            let only = self.object(*index).environment().map_or("?", |only| only.as_str());
            let hint = format!("add one for `{environment}`, or restrict this object too");
            let message = format!("{wanted} is for environment `{only}` only");
            return Some((Code::DanglingReference, message, hint, Some(*index)));
        }
        if let Some(index) = candidates.first() {
            let owner = self.object(*index).tenant().map_or("?", TenantId::as_str);
            let own =
                tenant.map_or("a shared object".to_owned(), |tenant| format!("tenant `{tenant}`"));
            return Some((
                Code::CrossTenant,
                format!("{wanted} belongs to tenant `{owner}`, but the reference to {own}"),
                "refer to an object of the same tenant or to a shared one".to_owned(),
                Some(*index),
            ));
        }
        let unread = self.library.unread.contains(&reference.kind);
        (!unread).then(|| {
            let hint = self.suggestion(reference);
            (Code::DanglingReference, format!("no {wanted}"), hint, None)
        })
    }

    /// The versions that there are, lowest first, each with its status where that is not `active`.
    fn versions(&self, mut indexes: Vec<usize>) -> String {
        indexes.sort_by(|a, b| self.object(*a).version().cmp(self.object(*b).version()));
        let mut listed: Vec<_> = indexes
            .iter()
            .map(|index| {
                let object = self.object(*index);
                match object.status() {
                    assay_schemas::library::Status::Active => object.version().to_string(),
                    other => format!("{} ({})", object.version(), other.name()),
                }
            })
            .collect();
        listed.dedup();
        match listed.as_slice() {
            [only] => format!("the only version is {only}"),
            _ => format!("versions are {}", listed.join(", ")),
        }
    }

    fn suggestion(&self, reference: &Reference) -> String {
        let ids = self.ids.get_or_init(|| index::ids(self.library));
        let known = ids.get(&reference.kind).map_or(&[][..], Vec::as_slice);
        match nearest(&reference.id, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => {
                format!("none is declared; add one under `libraries/{}/`", reference.kind.folder())
            }
            None => format!(
                "known are {}{}",
                known.iter().take(8).copied().collect::<Vec<_>>().join(", "),
                if known.len() > 8 { ", …" } else { "" }
            ),
        }
    }

    /// The circle that the reference number `at` of object `from` closes.
    pub(super) fn circle(&self, from: usize, at: usize, on_circle: &[usize]) -> Diagnostic {
        let reference = &self.index.references(from)[at];
        let names: Vec<_> = on_circle.iter().map(|index| name(self.object(*index))).collect();
        let message = format!("{} refer to each other in a circle", names.join(" → "));
        let place = reference.id_place();
        let problem = Problem::new(Code::CyclicReference, place, message)
            .hint("remove one of the references");
        let mut diagnostic = self.library.objects[from].diagnostic(problem);
        for index in on_circle.iter().filter(|index| **index != from) {
            let other = &self.library.objects[*index];
            let place = other.place(&Pointer::from(other.object().kind().id_field()));
            diagnostic =
                diagnostic.related(place, format!("{} is on the circle", name(other.object())));
        }
        diagnostic
    }
}
