//! A dataset's plan: its columns, its source and its cleansing.

use assay_schemas::cleanse;
use assay_schemas::code::Code;
use assay_schemas::id::ColumnName;
use assay_schemas::library::Object;
use assay_schemas::library::cleansing_policy::StepUse;
use assay_schemas::library::data_contract::FormatName;
use assay_schemas::library::dataset_schema::DatasetSchema;
use assay_schemas::library::entity::Entity;
use assay_schemas::library::governance_profile::GovernanceProfile;
use assay_schemas::library::infra_profile::InfraProfile;
use assay_schemas::plan::{CsvDialect, DatasetPlan, Field, Format, Source, Step};
use assay_schemas::problem::{Pointer, Problem};

use super::super::analyse::{Fields, Memory, Written};
use super::super::overlay::Resolved;
use super::field::fields;
use super::{DatasetAt, check, target};
use crate::diagnostic::Sink;

/// Plans a dataset; `None` where its schema is missing.
pub(super) fn lower(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    sink: &mut Sink,
) -> Option<DatasetPlan> {
    with_sources(resolved, at, sink).map(|(plan, _)| plan)
}

/// Plans a dataset and analyses its rules.
pub(super) fn analysed(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    memory: &Memory,
    sink: &mut Sink,
) -> Option<DatasetPlan> {
    let mut own = Sink::default();
    let planned = with_sources(resolved, at, &mut own);
    let whole = !own.has_errors() && resolved.linked.library.damaged.is_empty();
    sink.merge(own);
    let (plan, sources) = planned?;
    memory.analyse(resolved, &plan, &sources, sink);
    // Where something is broken, its rules may be those that are missing.
    if let Some((schema, _)) = schema(resolved, at).filter(|_| whole) {
        let fields = Fields {
            contract: resolved.linked.loaded(at.contract.index),
            dataset: at.dataset,
            place: at.pointer(),
            schema: resolved.linked.loaded(schema),
        };
        let policy = resolved.linked.environment.object().policy.coverage;
        fields.uncovered(&plan, policy, sink);
    }
    Some(plan)
}

fn with_sources(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    sink: &mut Sink,
) -> Option<(DatasetPlan, Vec<Written>)> {
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
    let (checks, sources) =
        check::lower(resolved, at, check::Schema { index: schema_index, schema }, &fields, sink);
    let plan = DatasetPlan {
        dataset_contract_id: at.dataset.dataset_contract_id.to_string(),
        catalog_entity_id: entity(resolved, at).map(|(_, entity)| entity.entity_id.to_string()),
        source: Source { path: at.dataset.source.path.clone(), format },
        fields,
        primary_key: schema.primary_key.clone(),
        steps,
        profile: None,
        checks,
    };
    Some((plan, sources))
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

/// Only the conversions to the declared types, as the schema says how: the steps without a policy.
pub(super) fn conversions(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    fields: &[Field],
) -> Vec<Step> {
    let Some((_, schema)) = schema(resolved, at) else { return Vec::new() };
    planned(at, schema, fields, &[]).unwrap_or_default()
}

fn schema<'a>(resolved: &'a Resolved<'_>, at: DatasetAt<'_>) -> Option<(usize, &'a DatasetSchema)> {
    match target(resolved, at.contract.index, &at.pointer().key("schema"))? {
        (index, Object::DatasetSchema(schema)) => Some((index, schema)),
        _ => None,
    }
}

/// The catalog entity that a dataset is mapped to: by itself, or by its mapping template.
pub(super) fn entity<'a>(
    resolved: &'a Resolved<'_>,
    at: DatasetAt<'_>,
) -> Option<(usize, &'a Entity)> {
    let of_template = |(index, _)| target(resolved, index, &Pointer::from("catalog_entity"));
    let template = at.pointer().key("mapping_template");
    let found = target(resolved, at.contract.index, &at.pointer().key("catalog_entity"))
        .or_else(|| target(resolved, at.contract.index, &template).and_then(of_template))?;
    match found {
        (index, Object::Entity(entity)) => Some((index, entity)),
        _ => None,
    }
}

/// The governance profile of a dataset: its own, else the contract's, else its entity's.
pub(super) fn governance<'a>(
    resolved: &'a Resolved<'_>,
    at: DatasetAt<'_>,
) -> Option<&'a GovernanceProfile> {
    let whole = Pointer::from("governance_profile");
    let (_, found) = target(resolved, at.contract.index, &at.pointer().key("governance_profile"))
        .or_else(|| target(resolved, at.contract.index, &whole))
        .or_else(|| entity(resolved, at).and_then(|(index, _)| target(resolved, index, &whole)))?;
    match found {
        Object::GovernanceProfile(profile) => Some(profile),
        _ => None,
    }
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
    let authored = match policy {
        Some((index, policy)) => instantiated(resolved, index, &policy.steps, sink),
        None => Some(Vec::new()),
    };
    let Some(authored) = authored else { return Vec::new() };
    match (planned(at, schema, fields, &authored), policy) {
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

/// The steps of a policy, those of a template with its type and parameters in place; `None` where one
/// has none.
fn instantiated(
    resolved: &Resolved<'_>,
    policy: usize,
    steps: &[StepUse],
    sink: &mut Sink,
) -> Option<Vec<StepUse>> {
    let mut found = Vec::with_capacity(steps.len());
    for (position, step) in steps.iter().enumerate() {
        let place = Pointer::from("steps").index(position).key("template");
        if step.template.is_none() {
            found.push(step.clone());
        } else if let Some((_, Object::RuleTemplate(template))) = target(resolved, policy, &place) {
            match &template.step_type {
                Some(step_type) => found.push(step.instantiated(step_type, &template.parameters)),
                None => {
                    let message =
                        format!("template `{}` is one of a rule", template.rule_template_id);
                    let problem = Problem::new(Code::BadValue, place, message)
                        .hint("bind it in a rule set or a contract, or name another");
                    sink.push(resolved.linked.loaded(policy).diagnostic(problem));
                }
            }
        }
    }
    (found.len() == steps.len()).then_some(found)
}

/// The one planner of steps, over this dataset.
fn planned(
    at: DatasetAt<'_>,
    schema: &DatasetSchema,
    fields: &[Field],
    steps: &[StepUse],
) -> Result<Vec<Step>, Vec<Problem>> {
    let raw_text = at.dataset.source.format == FormatName::Csv;
    let format_of =
        |name: &ColumnName| schema.column(name).and_then(|column| column.format.clone());
    cleanse::plan_steps(steps, fields, raw_text, schema.on_parse_error, &format_of)
}

/// The declared columns of a dataset, without reporting anything.
pub(super) fn declared(resolved: &Resolved<'_>, at: DatasetAt<'_>) -> Option<Vec<Field>> {
    let (_, schema) = schema(resolved, at)?;
    Some(fields(resolved, at, schema, &mut Sink::default()))
}
