//! The declared columns of a dataset, with what catalog and governance say of each.

use std::collections::BTreeMap;

use assay_schemas::code::Code;
use assay_schemas::id::ColumnName;
use assay_schemas::library::Object;
use assay_schemas::library::data_contract::ColumnContract;
use assay_schemas::library::dataset_schema::{Column, DatasetSchema};
use assay_schemas::library::entity::{Attribute, Entity};
use assay_schemas::library::mapping_template::MappingTemplate;
use assay_schemas::plan::{Field, Redaction};
use assay_schemas::problem::{Pointer, Problem};

use super::super::overlay::Resolved;
use super::dataset::{entity, governance};
use super::{DatasetAt, target};
use crate::diagnostic::Sink;

/// The declared columns of a dataset.
pub(super) fn fields(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    schema: &DatasetSchema,
    sink: &mut Sink,
) -> Vec<Field> {
    let entity = entity(resolved, at).map(|(_, entity)| entity);
    let governance = governance(resolved, at).map(|(_, profile)| profile);
    let mut mapping = Mapping { resolved, at, schema, attributes: BTreeMap::new(), sink };
    let own = mapping.written(entity);
    mapping.by_template(entity);
    let attributes = mapping.attributes;
    let field = |column: &Column| {
        let attribute = attributes.get(&column.name).copied();
        let classification = own
            .get(&column.name)
            .and_then(|own| own.classification.clone())
            .or_else(|| column.classification.clone())
            .or_else(|| attribute.and_then(|attribute| attribute.classification.clone()));
        let by_class = match (&classification, governance) {
            (None, _) => Redaction::None,
            (Some(class), Some(governance)) => governance.redaction(class),
            (Some(_), None) => Redaction::Full,
        };
        let redaction = own
            .get(&column.name)
            .and_then(|own| own.redaction)
            .or_else(|| attribute.and_then(|attribute| attribute.redaction))
            .unwrap_or(by_class);
        let catalog_attribute = attribute
            .zip(entity)
            .map(|(attribute, entity)| format!("{}.{}", entity.entity_id, attribute.attribute_id));
        Field {
            name: column.name.clone(),
            data_type: column.data_type,
            optional: column.optional,
            catalog_attribute,
            classification,
            redaction,
        }
    };
    schema.columns.iter().map(field).collect()
}

/// Finds the catalog attribute of each column.
struct Mapping<'a, 'b> {
    resolved: &'a Resolved<'a>,
    at: DatasetAt<'a>,
    schema: &'a DatasetSchema,
    attributes: BTreeMap<&'a ColumnName, &'a Attribute>,
    sink: &'b mut Sink,
}

impl<'a> Mapping<'a, '_> {
    fn report(&mut self, problem: Problem) {
        let contract = self.resolved.linked.loaded(self.at.contract.index);
        self.sink.push(contract.diagnostic(problem));
    }

    /// What the dataset contract itself says of its columns.
    fn written(
        &mut self,
        entity: Option<&'a Entity>,
    ) -> BTreeMap<&'a ColumnName, &'a ColumnContract> {
        let mut own = BTreeMap::new();
        for (position, contract) in self.at.dataset.columns.iter().enumerate() {
            let place = self.at.pointer().key("columns").index(position);
            let Some(column) = self.schema.column(&contract.column) else {
                let problem = self.schema.unknown_column(&contract.column, place.key("column"));
                self.report(problem);
                continue;
            };
            own.insert(&contract.column, contract);
            let Some((id, entity)) = contract.catalog_attribute_id.as_ref().zip(entity) else {
                continue;
            };
            match entity.attribute(id) {
                Some(attribute) => self.map(column, attribute, place.key("column")),
                None => {
                    let place = place.key("catalog_attribute_id");
                    self.report(unknown_attribute(entity, id.as_str(), place));
                }
            }
        }
        own
    }

    /// What the mapping template says of the columns that are left.
    fn by_template(&mut self, entity: Option<&'a Entity>) {
        let place = self.at.pointer().key("mapping_template");
        let Some((template, entity)) = template(self.resolved, self.at).zip(entity) else { return };
        if template.catalog_entity.entity_id != entity.entity_id {
            let message = format!(
                "mapping template `{}` is about entity `{}`, but the dataset about `{}`",
                template.mapping_template_id, template.catalog_entity.entity_id, entity.entity_id
            );
            return self.report(
                Problem::new(Code::BadValue, place, message)
                    .hint("name the same entity, or another template"),
            );
        }
        let matcher = template.matcher();
        for column in &self.schema.columns {
            let known = self.at.dataset.columns.iter().any(|contract| {
                contract.column == column.name && contract.catalog_attribute_id.is_some()
            });
            if known {
                continue;
            }
            let found = matcher.find(&column.name);
            let Some((_, mapping)) = found.first() else { continue };
            let same = found
                .iter()
                .all(|(_, other)| other.catalog_attribute_id == mapping.catalog_attribute_id);
            if !same {
                let names: Vec<_> = found
                    .iter()
                    .map(|(_, mapping)| mapping.catalog_attribute_id.as_str())
                    .collect();
                let message = format!(
                    "column `{}` fits several mappings of template `{}`: {}",
                    column.name,
                    template.mapping_template_id,
                    names.join(", ")
                );
                let problem = Problem::new(Code::AmbiguousMapping, place.clone(), message);
                self.report(problem.hint("map the column under `columns:` of the dataset"));
            } else if let Some(attribute) = entity.attribute(&mapping.catalog_attribute_id) {
                self.map(column, attribute, place.clone());
            }
        }
    }

    /// Notes the attribute of a column; its type must be of the same family.
    fn map(&mut self, column: &'a Column, attribute: &'a Attribute, place: Pointer) {
        self.attributes.insert(&column.name, attribute);
        let Some(wanted) = attribute.data_type else { return };
        if column.data_type.family() != wanted.family() {
            let message = format!(
                "column `{}` is not of the type that attribute `{}` has: `{wanted}`",
                column.name, attribute.attribute_id
            );
            let problem = Problem::new(Code::ColumnType, place, message);
            self.report(
                problem.hint("change the type in the dataset schema, or map another attribute"),
            );
        }
    }
}

/// The mapping template of a dataset.
pub(super) fn template<'a>(
    resolved: &'a Resolved<'_>,
    at: DatasetAt<'_>,
) -> Option<&'a MappingTemplate> {
    match target(resolved, at.contract.index, &at.pointer().key("mapping_template"))? {
        (_, Object::MappingTemplate(template)) => Some(template),
        _ => None,
    }
}

/// A problem for an attribute that an entity does not have.
pub(super) fn unknown_attribute(entity: &Entity, id: &str, pointer: Pointer) -> Problem {
    let known = entity.attributes.iter().map(|attribute| attribute.attribute_id.as_str());
    let message = format!("entity `{}` has no attribute `{id}`", entity.entity_id);
    Problem::new(Code::UnknownAttribute, pointer, message).did_you_mean(id, known)
}
