//! A dataset's plan: its columns, its source and its cleansing.

use std::collections::BTreeMap;

use assay_schemas::cleanse;
use assay_schemas::code::Code;
use assay_schemas::datatype::DataType;
use assay_schemas::id::ColumnName;
use assay_schemas::library::Object;
use assay_schemas::library::data_contract::{ColumnContract, FormatName};
use assay_schemas::library::dataset_schema::DatasetSchema;
use assay_schemas::library::entity::{Attribute, Entity};
use assay_schemas::library::governance_profile::GovernanceProfile;
use assay_schemas::library::infra_profile::InfraProfile;
use assay_schemas::plan::{
    CsvDialect, DatasetPlan, Field, Format, Redaction, Source, Step, StepBody,
};
use assay_schemas::problem::{Pointer, Problem};

use super::super::overlay::Resolved;
use super::{DatasetAt, check, target};
use crate::diagnostic::Sink;

/// Plans a dataset; `None` where its schema is missing.
pub(super) fn lower(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    sink: &mut Sink,
) -> Option<DatasetPlan> {
    let (schema_index, schema) = schema(resolved, at)?;
    let fields = fields(resolved, at, schema, sink);
    let format = match at.dataset.source.format {
        FormatName::Csv => Format::Csv(at.dataset.source.csv.clone().unwrap_or_default()),
        FormatName::Parquet => Format::Parquet,
    };
    if let Format::Csv(dialect) = &format {
        check_dialect(resolved, at, dialect, sink);
    }
    let steps = steps(resolved, at, schema, &fields, sink);
    let checks =
        check::lower(resolved, at, check::Schema { index: schema_index, schema }, &fields, sink);
    Some(DatasetPlan {
        dataset_contract_id: at.dataset.dataset_contract_id.to_string(),
        catalog_entity_id: at
            .dataset
            .catalog_entity
            .as_ref()
            .map(|entity| entity.entity_id.to_string()),
        source: Source { path: at.dataset.source.path.clone(), format },
        fields,
        primary_key: schema.primary_key.clone(),
        steps,
        profile: None,
        checks,
    })
}

/// The infra profile of a dataset: its own, else the contract's.
pub(super) fn infra<'a>(resolved: &'a Resolved<'_>, at: DatasetAt<'_>) -> Option<&'a InfraProfile> {
    let own = at.pointer().key("infra_profile");
    let (_, found) = target(resolved, at.contract.index, &own)
        .or_else(|| target(resolved, at.contract.index, &Pointer::from("infra_profile")))?;
    match found {
        Object::InfraProfile(profile) => Some(profile),
        _ => None,
    }
}

/// Leaves only the conversions to the declared types.
pub(super) fn drop_cleansing(plan: &mut DatasetPlan, format: FormatName) {
    plan.steps.clear();
    if format == FormatName::Csv {
        plan.steps = plan
            .fields
            .iter()
            .filter(|field| field.data_type != DataType::Text)
            .map(|field| Step {
                step_id: "declared-type".to_owned(),
                step_type: "parse".to_owned(),
                title: format!("read `{}` as {}", field.name, field.data_type),
                filter: None,
                body: StepBody::Parse {
                    column: field.name.clone(),
                    to: field.data_type,
                    format: None,
                    reject_row: true,
                },
            })
            .collect();
    }
}

fn schema<'a>(resolved: &'a Resolved<'_>, at: DatasetAt<'_>) -> Option<(usize, &'a DatasetSchema)> {
    match target(resolved, at.contract.index, &at.pointer().key("schema"))? {
        (index, Object::DatasetSchema(schema)) => Some((index, schema)),
        _ => None,
    }
}

/// The catalog entity that a dataset is mapped to.
pub(super) fn entity<'a>(
    resolved: &'a Resolved<'_>,
    at: DatasetAt<'_>,
) -> Option<(usize, &'a Entity)> {
    match target(resolved, at.contract.index, &at.pointer().key("catalog_entity"))? {
        (index, Object::Entity(entity)) => Some((index, entity)),
        _ => None,
    }
}

/// The governance profile of a dataset: its own, else the contract's, else its entity's.
fn governance<'a>(resolved: &'a Resolved<'_>, at: DatasetAt<'_>) -> Option<&'a GovernanceProfile> {
    let whole = Pointer::from("governance_profile");
    let (_, found) = target(resolved, at.contract.index, &at.pointer().key("governance_profile"))
        .or_else(|| target(resolved, at.contract.index, &whole))
        .or_else(|| entity(resolved, at).and_then(|(index, _)| target(resolved, index, &whole)))?;
    match found {
        Object::GovernanceProfile(profile) => Some(profile),
        _ => None,
    }
}

/// The declared columns with what catalog and governance say of them.
fn fields(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    schema: &DatasetSchema,
    sink: &mut Sink,
) -> Vec<Field> {
    let contract = resolved.linked.loaded(at.contract.index);
    let governance = governance(resolved, at);
    let entity = entity(resolved, at).map(|(_, entity)| entity);
    let mut mapped: BTreeMap<&ColumnName, (&ColumnContract, Option<&Attribute>)> = BTreeMap::new();
    for (position, column) in at.dataset.columns.iter().enumerate() {
        let place = at.pointer().key("columns").index(position);
        if schema.column(&column.column).is_none() {
            let problem = schema.unknown_column(&column.column, place.key("column"));
            sink.push(contract.diagnostic(problem));
            continue;
        }
        let attribute =
            column.catalog_attribute_id.as_ref().zip(entity).and_then(|(id, entity)| {
                let found =
                    entity.attributes.iter().find(|attribute| attribute.attribute_id == *id);
                if found.is_none() {
                    let problem =
                        unknown_attribute(entity, id.as_str(), place.key("catalog_attribute_id"));
                    sink.push(contract.diagnostic(problem));
                }
                found
            });
        let declared = schema.column(&column.column).map(|column| column.data_type);
        if let Some((attribute, wanted)) =
            attribute.and_then(|attribute| attribute.data_type.map(|wanted| (attribute, wanted)))
            && declared.is_some_and(|declared| declared.family() != wanted.family())
        {
            let message = format!(
                "column `{}` is not of the type that attribute `{}` has: `{wanted}`",
                column.column, attribute.attribute_id
            );
            let problem = Problem::new(Code::ColumnType, place.key("column"), message)
                .hint("change the type in the dataset schema, or map another attribute");
            sink.push(contract.diagnostic(problem));
        }
        mapped.insert(&column.column, (column, attribute));
    }
    schema
        .columns
        .iter()
        .map(|column| {
            let (own, attribute) = mapped.get(&column.name).copied().unzip();
            let attribute = attribute.flatten();
            let classification = own
                .and_then(|own| own.classification.clone())
                .or_else(|| column.classification.clone())
                .or_else(|| attribute.and_then(|attribute| attribute.classification.clone()));
            let redaction = match (&classification, governance) {
                (None, _) => Redaction::None,
                (Some(class), Some(governance)) => governance.redaction(class),
                (Some(_), None) => Redaction::Full,
            };
            let catalog_attribute = attribute.zip(entity).map(|(attribute, entity)| {
                format!("{}.{}", entity.entity_id, attribute.attribute_id)
            });
            Field {
                name: column.name.clone(),
                data_type: column.data_type,
                optional: column.optional,
                catalog_attribute,
                classification,
                redaction,
            }
        })
        .collect()
}

/// A problem for an attribute that an entity does not have.
pub(super) fn unknown_attribute(entity: &Entity, id: &str, pointer: Pointer) -> Problem {
    let known = entity.attributes.iter().map(|attribute| attribute.attribute_id.as_str());
    let message = format!("entity `{}` has no attribute `{id}`", entity.entity_id);
    Problem::new(Code::UnknownAttribute, pointer, message).did_you_mean(id, known)
}

fn check_dialect(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    dialect: &CsvDialect,
    sink: &mut Sink,
) {
    let place = at.pointer().key("source").key("csv");
    let mut fault = |field: &str, message: String| {
        let problem = Problem::new(Code::BadValue, place.key(field), message);
        sink.push(resolved.linked.loaded(at.contract.index).diagnostic(problem));
    };
    let one_byte = |text: &str| text.len() == 1 && text != "\n" && text != "\r";
    if !(one_byte(&dialect.delimiter)) {
        fault("delimiter", format!("`{}` is not one ASCII character", dialect.delimiter));
    }
    for (field, text) in [("quote", &dialect.quote), ("escape", &dialect.escape)] {
        if !text.is_empty() && !one_byte(text) {
            fault(field, format!("`{text}` is not one ASCII character"));
        }
    }
    if !["utf-8", "latin-1", "utf-16"].contains(&dialect.encoding.as_str()) {
        let message =
            format!("unknown encoding `{}`: use utf-8, latin-1 or utf-16", dialect.encoding);
        fault("encoding", message);
    }
}

/// The steps of the dataset's policy and the conversions to the declared types.
fn steps(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    schema: &DatasetSchema,
    fields: &[Field],
    sink: &mut Sink,
) -> Vec<Step> {
    let policy = match target(resolved, at.contract.index, &at.pointer().key("cleansing_policy")) {
        Some((index, Object::CleansingPolicy(policy))) => Some((index, policy)),
        _ => None,
    };
    let raw_text = at.dataset.source.format == FormatName::Csv;
    let authored = policy.map_or(&[][..], |(_, policy)| &policy.steps);
    let format_of =
        |name: &ColumnName| schema.column(name).and_then(|column| column.format.clone());
    let planned =
        cleanse::plan_steps(authored, fields, raw_text, schema.on_parse_error, &format_of);
    match (planned, policy) {
        (Ok(steps), _) => steps,
        (Err(problems), Some((index, _))) => {
            let contract = resolved.linked.loaded(at.contract.index);
            for problem in problems {
                let place = contract.place(&at.pointer().key("cleansing_policy"));
                let diagnostic = resolved.linked.loaded(index).diagnostic(problem);
                sink.push(diagnostic.related(place, "the policy is used here"));
            }
            Vec::new()
        }
        (Err(problems), None) => {
            for problem in problems {
                sink.push(resolved.linked.loaded(at.contract.index).diagnostic(problem));
            }
            Vec::new()
        }
    }
}

/// The declared columns of a dataset, without reporting anything.
pub(super) fn declared(resolved: &Resolved<'_>, at: DatasetAt<'_>) -> Option<Vec<Field>> {
    let (_, schema) = schema(resolved, at)?;
    Some(fields(resolved, at, schema, &mut Sink::default()))
}
