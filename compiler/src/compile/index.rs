//! Index: what linking asks of every object and no environment changes, worked out once for all of them.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use assay_schemas::bundle;
use assay_schemas::code::Code;
use assay_schemas::library::{Kind, Object, Reference};
use assay_schemas::problem::{Pointer, Problem};
use rayon::prelude::*;

use super::overlay;
use super::seal::Pinned;
use super::validate::Library;
use crate::diagnostic::Sink;

/// Objects with more references than this find one by bisection.
const FEW: usize = 8;

/// The objects by name, and the references of each.
#[derive(Debug)]
pub(crate) struct Index<'a> {
    /// By kind and id: every version, of every tenant, in the order read.
    by_id: HashMap<(Kind, &'a str), Vec<usize>>,
    /// By entity: the rule sets that name it.
    by_entity: HashMap<&'a str, Vec<usize>>,
    /// By object.
    references: Vec<References>,
    /// By object: whether an environment's variables change it.
    templated: Vec<bool>,
    /// By object: its sealed form in the environment that came first. Where its references are pinned
    /// alike in another one, the form is the same.
    pub(super) sealed: Vec<OnceLock<Pinned>>,
    /// The sections of the bundles.
    pub(super) sections: bundle::Memory,
}

/// The references of one object.
#[derive(Debug, Default)]
struct References {
    /// In the order of the object.
    list: Vec<Reference>,
    /// The order by place; empty where there are few.
    by_pointer: Vec<u32>,
}

impl<'a> Index<'a> {
    /// Indexes a library, and reports objects that are declared twice.
    pub(crate) fn of(library: &'a Library, sink: &mut Sink) -> Self {
        let mut by_id: HashMap<_, Vec<usize>> = HashMap::with_capacity(library.objects.len());
        let mut by_entity: HashMap<_, Vec<usize>> = HashMap::new();
        for (index, loaded) in library.objects.iter().enumerate() {
            by_id.entry((loaded.object().kind(), loaded.object().id())).or_default().push(index);
            if let Object::RuleSet(set) = loaded.object()
                && let Some(entity) = &set.catalog_entity_id
            {
                by_entity.entry(entity.as_str()).or_default().push(index);
            }
        }
        let references = library
            .objects
            .par_iter()
            .map(|loaded| References::new(loaded.object().references()))
            .collect();
        let templated = library
            .objects
            .par_iter()
            .map(|loaded| overlay::holds_variable(loaded.node()))
            .collect();
        let sealed = library.objects.iter().map(|_| OnceLock::new()).collect();
        let sections = bundle::Memory::default();
        let index = Self { by_id, by_entity, references, templated, sealed, sections };
        index.duplicates(library, sink);
        index.conflicts(library, sink);
        index
    }

    /// Every object of that kind and id.
    pub(crate) fn named<'s>(&'s self, kind: Kind, id: &'s str) -> &'s [usize] {
        self.by_id.get(&(kind, id)).map_or(&[], Vec::as_slice)
    }

    /// Every rule set that names that entity.
    pub(crate) fn rule_sets_of<'s>(&'s self, entity: &'s str) -> &'s [usize] {
        self.by_entity.get(entity).map_or(&[], Vec::as_slice)
    }

    /// The references of an object, in its order.
    pub(crate) fn references(&self, object: usize) -> &[Reference] {
        &self.references[object].list
    }

    /// Whether an environment's variables change an object.
    pub(crate) fn holds_variable(&self, object: usize) -> bool {
        self.templated[object]
    }

    /// Which of its references stands at `pointer`.
    pub(crate) fn at(&self, object: usize, pointer: &Pointer) -> Option<usize> {
        let References { list, by_pointer } = &self.references[object];
        if by_pointer.is_empty() {
            return list.iter().position(|reference| reference.pointer == *pointer);
        }
        let found = by_pointer.binary_search_by(|at| list[*at as usize].pointer.cmp(pointer));
        found.ok().map(|found| by_pointer[found] as usize)
    }

    fn duplicates(&self, library: &Library, sink: &mut Sink) {
        for (second, loaded) in library.objects.iter().enumerate() {
            let object = loaded.object();
            let same_name = self.named(object.kind(), object.id());
            if same_name.len() < 2 {
                continue;
            }
            let first = same_name.iter().take_while(|first| **first < second).find(|first| {
                let first = library.objects[**first].object();
                let together = match (first.environment(), object.environment()) {
                    (Some(a), Some(b)) => a == b,
                    _ => true,
                };
                first.tenant() == object.tenant() && first.version() == object.version() && together
            });
            let Some(first) = first.map(|first| &library.objects[*first]) else { continue };
            let field = Pointer::from(object.kind().id_field());
            let message = format!("{} exists already", super::link::name(object));
            let problem = Problem::new(Code::DuplicateId, field.clone(), message)
                .hint("give it another version or another id, or remove one");
            sink.push(loaded.diagnostic(problem).related(first.place(&field), "the first is here"));
        }
    }
}

impl Index<'_> {
    /// Objects of one kind, tenant and id that come from two libraries, or from one and the project.
    fn conflicts(&self, library: &Library, sink: &mut Sink) {
        let shared = |index: usize| library.objects[index].library();
        for second in (0..library.objects.len()).filter(|index| shared(*index).is_some()) {
            let loaded = &library.objects[second];
            let object = loaded.object();
            let same_name = self.named(object.kind(), object.id());
            let first =
                same_name.iter().copied().take_while(|first| *first < second).find(|first| {
                    let other = library.objects[*first].object();
                    shared(*first) != shared(second) && other.tenant() == object.tenant()
                });
            let Some(first) = first.map(|first| &library.objects[first]) else { continue };
            let field = Pointer::from(object.kind().id_field());
            let owner = match first.library() {
                Some(name) => format!("library `{name}`"),
                None => "the project itself".to_owned(),
            };
            let message = format!("{} is also an id of {owner}", super::link::name(object));
            let problem = Problem::new(Code::LibraryConflict, field.clone(), message)
                .hint("rename one of them, or leave one of the libraries out");
            let related = first.place(&field);
            sink.push(loaded.diagnostic(problem).related(related, "declared here too"));
        }
    }
}

impl References {
    fn new(list: Vec<Reference>) -> Self {
        let mut by_pointer = Vec::new();
        if list.len() > FEW {
            by_pointer.extend((0..list.len()).filter_map(|at| u32::try_from(at).ok()));
            by_pointer.sort_by(|a, b| list[*a as usize].pointer.cmp(&list[*b as usize].pointer));
        }
        Self { list, by_pointer }
    }
}

/// The ids of each kind, in order.
pub(crate) fn ids(library: &Library) -> BTreeMap<Kind, Vec<&str>> {
    let mut ids: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for loaded in &library.objects {
        ids.entry(loaded.object().kind()).or_default().push(loaded.object().id());
    }
    for known in ids.values_mut() {
        known.sort_unstable();
        known.dedup();
    }
    ids
}
