//! What is in force for the datasets of a contract, and where each thing comes from.

use assay_schemas::id::ColumnName;
use assay_schemas::library::Object;
use assay_schemas::library::data_contract::ColumnContract;
use assay_schemas::library::dataset_schema::DatasetSchema;
use assay_schemas::library::entity::Entity;
use assay_schemas::library::governance_profile::GovernanceProfile;
use assay_schemas::plan::{Check, Field, Redaction};
use assay_schemas::problem::Pointer;
use serde_json::{Value, json};

use super::super::overlay::Resolved;
use super::trace::{Hop, Role, Setting, Trace};
use super::{ContractAt, DatasetAt, check, dataset, target};
use crate::diagnostic::Sink;

/// A dataset with everything that is in force for it.
pub(crate) struct Explained {
    pub(crate) dataset_contract_id: String,
    /// Where it stands.
    pub(crate) hop: Hop,
    /// The objects that it is held to.
    pub(crate) held_to: Vec<Setting>,
    /// Its columns, each with what is said of it.
    pub(crate) columns: Vec<(Field, Vec<Setting>)>,
    pub(crate) checks: Vec<Check>,
    /// Where the checks come from, in the same order, and what is not among them.
    pub(crate) trace: Trace,
}

/// Explains every dataset of the contract at `index`.
pub(crate) fn explain(resolved: &Resolved<'_>, index: usize) -> Vec<Explained> {
    let Object::DataContract(contract) = resolved.object(index) else { return Vec::new() };
    let contract = ContractAt { index, contract, stand_ins: None };
    (0..contract.contract.datasets.len())
        .filter_map(|position| of_dataset(resolved, contract.dataset(position)))
        .collect()
}

fn of_dataset(resolved: &Resolved<'_>, at: DatasetAt<'_>) -> Option<Explained> {
    let contract = at.contract.index;
    let plan = dataset::lower(resolved, at, &mut Sink::default())?;
    let (index, schema) = match target(resolved, contract, &at.pointer().key("schema"))? {
        (index, Object::DatasetSchema(schema)) => (index, schema),
        _ => return None,
    };
    let sources = Sources {
        at,
        schema: (index, schema),
        entity: dataset::entity(resolved, at),
        governance: dataset::governance(resolved, at),
    };
    let (checks, trace) =
        check::traced(resolved, at, check::Schema { index, schema }, &plan.fields);
    let columns = plan.fields.into_iter().map(|field| sources.column(field)).collect();
    let dataset_contract_id = at.dataset.dataset_contract_id.to_string();
    let hop = Hop {
        role: Role::Dataset,
        index: contract,
        pointer: at.pointer().key("dataset_contract_id"),
        part: dataset_contract_id.clone(),
    };
    let held_to = sources.held_to(resolved);
    Some(Explained { dataset_contract_id, hop, held_to, columns, checks, trace })
}

/// The objects that say something of a column.
struct Sources<'a> {
    at: DatasetAt<'a>,
    schema: (usize, &'a DatasetSchema),
    entity: Option<(usize, &'a Entity)>,
    governance: Option<(usize, &'a GovernanceProfile)>,
}

impl Sources<'_> {
    fn held_to(&self, resolved: &Resolved<'_>) -> Vec<Setting> {
        let mut held_to = Vec::new();
        let mut add = |name: &str, role, index: usize| {
            let object = resolved.object(index);
            let pointer = Pointer::from(object.kind().id_field());
            let hop = Hop { role, index, pointer, part: object.id().to_owned() };
            let value = format!("{} {}", object.id(), object.version());
            held_to.push(Setting::new(name, value, hop));
        };
        add("schema", Role::Schema, self.schema.0);
        if let Some((index, _)) = self.entity {
            add("entity", Role::Entity, index);
        }
        if let Some((index, _)) = self.governance {
            add("governance", Role::Governance, index);
        }
        held_to
    }

    fn own(&self, column: &ColumnName) -> Option<(Hop, &ColumnContract)> {
        let mut columns = self.at.dataset.columns.iter().enumerate();
        let (position, own) = columns.find(|(_, own)| own.column == *column)?;
        let pointer = self.at.pointer().key("columns").index(position);
        let (index, part) = (self.at.contract.index, column.to_string());
        Some((Hop { role: Role::Mapping, index, pointer, part }, own))
    }

    /// A column with its attribute, class and redaction, and who says so.
    fn column(&self, field: Field) -> (Field, Vec<Setting>) {
        let own = self.own(&field.name);
        let (index, schema) = self.schema;
        let declared =
            schema.columns.iter().position(|column| column.name == field.name).map(|at| {
                let pointer = Pointer::from("columns").index(at);
                let part = field.name.to_string();
                (Hop { role: Role::Schema, index, pointer, part }, &schema.columns[at])
            });
        let attribute = field.catalog_attribute.as_deref().zip(self.entity);
        let attribute = attribute.and_then(|(full, (index, entity))| {
            let id = full.strip_prefix(entity.entity_id.as_str())?.strip_prefix('.')?;
            let at =
                entity.attributes.iter().position(|known| known.attribute_id.as_str() == id)?;
            let pointer = Pointer::from("attributes").index(at);
            let part = full.to_owned();
            Some((Hop { role: Role::Attribute, index, pointer, part }, &entity.attributes[at]))
        });
        let mut settings = Vec::new();
        if let Some((hop, declared)) = &declared {
            settings.push(Setting::new("data_type", declared.data_type.to_string(), hop.clone()));
        }
        if let Some((hop, _)) = &attribute {
            let hop = own.as_ref().map_or(hop, |(hop, _)| hop);
            let name = field.catalog_attribute.clone().unwrap_or_default();
            settings.push(Setting::new("catalog_attribute", name, hop.clone()));
        }
        // The weakest word first, the last one counts.
        let class = |value: &Option<String>| value.clone().map(Value::from);
        settings.extend(last_word(
            "classification",
            [
                attribute
                    .as_ref()
                    .and_then(|(hop, said)| Some((class(&said.classification)?, hop.clone()))),
                declared
                    .as_ref()
                    .and_then(|(hop, said)| Some((class(&said.classification)?, hop.clone()))),
                own.as_ref()
                    .and_then(|(hop, said)| Some((class(&said.classification)?, hop.clone()))),
            ],
        ));
        let redaction = |value: Option<Redaction>| value.map(|redaction| json!(redaction));
        settings.extend(last_word(
            "redaction",
            [
                self.by_class(&field),
                attribute
                    .as_ref()
                    .and_then(|(hop, said)| Some((redaction(said.redaction)?, hop.clone()))),
                own.as_ref()
                    .and_then(|(hop, said)| Some((redaction(said.redaction)?, hop.clone()))),
            ],
        ));
        (field, settings)
    }

    /// What the governance profile says of the class of a column.
    fn by_class(&self, field: &Field) -> Option<(Value, Hop)> {
        let class = field.classification.as_deref()?;
        let (index, profile) = self.governance?;
        let position =
            profile.classifications.iter().position(|known| known.classification == class);
        let pointer = match position {
            Some(position) => Pointer::from("classifications").index(position),
            None => Pointer::from("governance_profile_id"),
        };
        let hop = Hop { role: Role::Governance, index, pointer, part: class.to_owned() };
        Some((json!(profile.redaction(class)), hop))
    }
}

fn last_word<const N: usize>(name: &str, said: [Option<(Value, Hop)>; N]) -> Option<Setting> {
    let mut said: Vec<_> = said.into_iter().flatten().collect();
    let (value, hop) = said.pop()?;
    Some(Setting { overridden: said, ..Setting::new(name, value, hop) })
}
