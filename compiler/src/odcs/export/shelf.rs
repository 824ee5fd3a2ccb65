//! The objects of a library, as an export looks them up: by reference, without an environment.

use std::sync::LazyLock;

use assay_schemas::id::TenantId;
use assay_schemas::library::data_contract::{DataContract, DatasetContract};
use assay_schemas::library::dataset_schema::DatasetSchema;
use assay_schemas::library::{Kind, Object, Request};
use assay_schemas::problem::Pointer;
use serde_json::{Map, Value};

use super::{Unsaid, still};
use crate::odcs::ids::id_of;
use crate::odcs::loss::Home;

/// An object and its value as it was authored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// What it is.
    pub object: Object,
    /// As it was authored, with every null of its metadata.
    pub value: Value,
}

/// The objects of a library.
#[derive(Clone, Copy)]
pub(super) struct Shelf<'a> {
    pub(super) objects: &'a [Stored],
}

impl<'a> Shelf<'a> {
    /// The object of that id with the highest version.
    pub(super) fn newest(self, kind: Kind, id: &str) -> Option<&'a Stored> {
        let found = self.objects.iter().filter(|s| s.object.kind() == kind && s.object.id() == id);
        found.max_by(|one, other| one.object.version().cmp(other.object.version()))
    }

    /// The ids of all objects of a kind.
    pub(super) fn ids(self, kind: Kind) -> Vec<String> {
        let of_kind = self.objects.iter().filter(|stored| stored.object.kind() == kind);
        let mut ids: Vec<_> = of_kind.map(|stored| stored.object.id().to_owned()).collect();
        ids.sort();
        ids.dedup();
        ids
    }

    /// The object that a reference means: the highest version that it accepts, of the tenant or shared.
    pub(super) fn meant(
        self,
        reference: &impl Request,
        tenant: Option<&TenantId>,
    ) -> Option<&'a Stored> {
        let wanted = reference.at(Pointer::root());
        let found = self.objects.iter().filter(|stored| {
            let object = &stored.object;
            object.kind() == wanted.kind
                && object.id() == wanted.id
                && (object.tenant().is_none() || object.tenant() == tenant)
                && wanted.request.as_ref().is_none_or(|request| request.accepts(object.version()))
        });
        found.max_by(|one, other| one.object.version().cmp(other.object.version()))
    }
}

/// The contract that is exported.
#[derive(Clone, Copy)]
pub(super) struct Whole<'a> {
    pub(super) shelf: Shelf<'a>,
    /// The contract as it is stored, and what it is.
    pub(super) stored: &'a Stored,
    pub(super) contract: &'a DataContract,
}

impl<'a> Whole<'a> {
    /// The object that a reference of the contract means.
    pub(super) fn meant(self, reference: &impl Request) -> Option<&'a Stored> {
        self.shelf.meant(reference, self.stored.object.tenant())
    }

    /// The schema of a dataset of the contract.
    pub(super) fn schema_of(
        self,
        dataset: &DatasetContract,
    ) -> Option<(&'a Stored, &'a DatasetSchema)> {
        let stored = self.meant(&dataset.schema)?;
        match &stored.object {
            Object::DatasetSchema(schema) => Some((stored, schema)),
            _ => None,
        }
    }

    /// The name of a dataset's object: the one that was imported, as long as the id comes from it.
    pub(super) fn name_of(self, dataset: &'a DatasetContract) -> &'a str {
        let id = dataset.dataset_contract_id.as_str();
        let kept = self.meant(&dataset.schema).map(Stored::kept);
        kept.and_then(|kept| still(kept, "name", |name| id.starts_with(&id_of(name)))).unwrap_or(id)
    }

    /// The names of all objects, and the ids of their datasets.
    pub(super) fn names(self) -> Vec<(String, String)> {
        let datasets = self.contract.datasets.iter();
        datasets.map(|d| (self.name_of(d).to_owned(), d.dataset_contract_id.to_string())).collect()
    }
}

/// A dataset of the contract that is exported.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) whole: Whole<'a>,
    /// Which of its datasets.
    pub(super) position: usize,
}

impl<'a> At<'a> {
    /// The dataset.
    pub(super) fn dataset(self) -> &'a DatasetContract {
        &self.whole.contract.datasets[self.position]
    }

    /// Where it stands in the contract.
    pub(super) fn place(self) -> Pointer {
        Pointer::from("datasets").index(self.position)
    }
}

impl Stored {
    /// What an import kept in it, in the words of the standard.
    pub(super) fn kept(&self) -> &Map<String, Value> {
        static NONE: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
        self.value.pointer("/metadata/odcs").and_then(Value::as_object).unwrap_or(&NONE)
    }

    /// The place of a field of it.
    pub(super) fn home(&self, pointer: Pointer) -> Home {
        Home { kind: self.object.kind().name(), id: self.object.id().to_owned(), pointer }
    }

    /// Reports every field that it was authored with beside these.
    pub(super) fn unsaid_but(&self, said: &[&str], unsaid: &mut Vec<Unsaid>) {
        let fields = self.value.as_object().into_iter().flatten();
        for (key, value) in fields.filter(|(key, _)| !said.contains(&key.as_str())) {
            let pointer = Pointer::root().key(key);
            match value {
                Value::Object(metadata) if key == "metadata" => {
                    for key in metadata.keys().filter(|key| *key != "odcs") {
                        self.tell(pointer.key(key), unsaid);
                    }
                }
                _ => self.tell(pointer, unsaid),
            }
        }
    }

    /// Reports a field.
    pub(super) fn tell(&self, pointer: Pointer, unsaid: &mut Vec<Unsaid>) {
        self.tell_why(pointer, "the standard has no words for it", unsaid);
    }

    /// Reports a field, and why the document does not say it.
    pub(super) fn tell_why(&self, pointer: Pointer, why: &str, unsaid: &mut Vec<Unsaid>) {
        unsaid.push(Unsaid { place: self.home(pointer), why: why.to_owned() });
    }
}
