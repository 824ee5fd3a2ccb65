//! Who owns what: the owner that an object names, those of its governance profile, else those of the
//! contracts that use it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

use assay_schemas::library::environment::Environment;
use assay_schemas::library::governance_profile::GovernanceProfile;
use assay_schemas::library::{Contact, Kind, Object};
use serde_json::Value;

use super::super::validate::{Library, Loaded};

/// The owners of the objects of a library.
#[derive(Debug)]
pub(crate) struct Ownership<'a> {
    library: &'a Library,
    by_id: HashMap<(Kind, &'a str), Vec<usize>>,
    /// By object: the contracts that refer to it.
    used_by: OnceLock<HashMap<(Kind, String), Vec<usize>>>,
    contacts: BTreeMap<String, Contact>,
}

/// Who owns an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Owned {
    /// Any of these.
    pub(crate) owners: BTreeSet<String>,
    /// Further approvals that its governance profile demands: who, and how many of them.
    pub(crate) approvals: BTreeMap<String, u32>,
}

impl<'a> Ownership<'a> {
    /// The owners of a library, reached as these environments say, then as governance profiles say.
    pub(crate) fn of<'e>(
        library: &'a Library,
        environments: impl IntoIterator<Item = &'e Environment>,
    ) -> Self {
        let mut by_id: HashMap<_, Vec<usize>> = HashMap::new();
        let mut contacts = BTreeMap::new();
        for (index, loaded) in library.objects.iter().enumerate() {
            let object = loaded.object();
            by_id.entry((object.kind(), object.id())).or_default().push(index);
            if let Object::GovernanceProfile(profile) = object {
                join(&mut contacts, &profile.contacts);
            }
        }
        let mut ownership =
            Self { library, by_id, used_by: OnceLock::new(), contacts: BTreeMap::new() };
        for environment in environments {
            join(&mut ownership.contacts, &environment.contacts);
        }
        for (name, contact) in contacts {
            ownership.contacts.entry(name).or_insert(contact);
        }
        ownership
    }

    /// Lets these contacts go before all others.
    pub(crate) fn prefer(&mut self, contacts: &BTreeMap<String, Contact>) {
        self.contacts
            .extend(contacts.iter().map(|(name, contact)| (name.clone(), contact.clone())));
    }

    /// How an owner is reached. An owner may be a handle or a mail address itself.
    pub(crate) fn contact(&self, owner: &str) -> Contact {
        if let Some(contact) = self.contacts.get(owner) {
            return contact.clone();
        }
        let one = vec![owner.to_owned()];
        let is_mail = owner.split_once('@').is_some_and(|(user, _)| !user.is_empty());
        match (owner.starts_with('@'), is_mail) {
            (true, _) => Contact { handles: one, mails: Vec::new() },
            (_, true) => Contact { handles: one.clone(), mails: one },
            _ => Contact::default(),
        }
    }

    /// Who owns an object of the library.
    pub(crate) fn of_loaded(&self, loaded: &Loaded<Object>) -> Owned {
        self.of_object(loaded.object(), &loaded.value())
    }

    /// Who owns an object, which need not be of the library.
    pub(crate) fn of_object(&self, object: &Object, value: &Value) -> Owned {
        let owned = self.named(object, value);
        if !owned.owners.is_empty() {
            return owned;
        }
        // A job belongs to whom its contract belongs to; a schema, to whom the contracts that use it do.
        let of_contracts = |indexes: &mut dyn Iterator<Item = usize>| {
            let mut owned = owned.clone();
            for index in indexes {
                let contract = &self.library.objects[index];
                owned.owners.extend(self.named(contract.object(), &contract.value()).owners);
            }
            owned
        };
        let references = object.references();
        let mut contracts = references
            .iter()
            .filter(|reference| reference.kind == Kind::DataContract)
            .filter_map(|reference| self.latest(Kind::DataContract, &reference.id));
        let used = of_contracts(&mut contracts);
        if !used.owners.is_empty() {
            return used;
        }
        let key = (object.kind(), object.id().to_owned());
        of_contracts(&mut self.used_by().get(&key).into_iter().flatten().copied())
    }

    /// The owners that an object names itself or by its governance profile.
    fn named(&self, object: &Object, value: &Value) -> Owned {
        let mut owned = Owned::default();
        owned.owners.extend(value.get("owner").and_then(Value::as_str).map(str::to_owned));
        let mut take = |profile: &GovernanceProfile| {
            owned.owners.extend(profile.owners.iter().cloned());
            for approval in &profile.approvals {
                let count = owned.approvals.entry(approval.role.clone()).or_default();
                *count = (*count).max(approval.count);
            }
        };
        if let Object::GovernanceProfile(profile) = object {
            take(profile);
        }
        for reference in object.references() {
            if reference.kind == Kind::GovernanceProfile
                && let Some(index) = self.latest(Kind::GovernanceProfile, &reference.id)
                && let Object::GovernanceProfile(profile) = self.library.objects[index].object()
            {
                take(profile);
            }
        }
        owned
    }

    /// The highest version of an object.
    fn latest(&self, kind: Kind, id: &str) -> Option<usize> {
        let version = |index: &usize| self.library.objects[*index].object().version().clone();
        self.by_id.get(&(kind, id))?.iter().copied().max_by_key(version)
    }

    fn used_by(&self) -> &HashMap<(Kind, String), Vec<usize>> {
        self.used_by.get_or_init(|| {
            let mut used_by: HashMap<_, Vec<usize>> = HashMap::new();
            for (index, loaded) in self.library.objects.iter().enumerate() {
                if loaded.object().kind() != Kind::DataContract {
                    continue;
                }
                for reference in loaded.object().references() {
                    used_by.entry((reference.kind, reference.id)).or_default().push(index);
                }
            }
            used_by
        })
    }
}

/// Joins contacts of the same name.
fn join(all: &mut BTreeMap<String, Contact>, more: &BTreeMap<String, Contact>) {
    for (name, contact) in more {
        let known = all.entry(name.clone()).or_default();
        for (into, from) in
            [(&mut known.handles, &contact.handles), (&mut known.mails, &contact.mails)]
        {
            into.extend(from.iter().cloned());
            into.sort();
            into.dedup();
        }
    }
}
