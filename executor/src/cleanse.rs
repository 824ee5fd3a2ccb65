//! Cleansing of files that no contract speaks of: what `assay cleanse` does.
//!
//! Nothing is declared, so the cells of text files are text until a `cast` says otherwise, and a Parquet file's
//! columns have the types that they have.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_schemas::cleanse::{Ground, Planned, plan_steps};
use assay_schemas::datatype::DataType;
use assay_schemas::library::cleansing_policy::CleansingPolicy;
use assay_schemas::library::infra_profile::EngineName;
use assay_schemas::library::reference::TaxonomyRef;
use assay_schemas::library::taxonomy::Taxonomy;
use assay_schemas::library::{Kind, Object};
use assay_schemas::plan::{DatasetPlan, Field, Format, OnParseError, Redaction};
use assay_schemas::problem::{Pointer, Problem};
use assay_schemas::rule::Resolve;
use serde_json::Value;

use crate::engine::{Chosen, Cleansed, Engine as _, EngineError, Request, Statement, Workspace};
use crate::loose::{self, Loose, column_name, open};

/// What to cleanse, and how.
#[derive(Debug)]
pub struct Wanted {
    /// The files.
    pub loose: Loose,
    /// The policy.
    pub policy: CleansingPolicy,
    /// Taxonomies that its steps name, by id.
    pub taxonomies: BTreeMap<String, Taxonomy>,
    /// Files that its steps look values up in, by the name that they use.
    pub lookups: BTreeMap<String, Loose>,
    /// Changed cells are recorded.
    pub change_log: bool,
    /// Memory in bytes.
    pub memory_limit: Option<u64>,
    /// Threads.
    pub threads: Option<u32>,
    /// What computes.
    pub engine: EngineName,
}

/// Why files could not be cleansed.
#[derive(Debug, thiserror::Error)]
pub enum CleanseError {
    /// A policy or taxonomy is not what it should be, or the policy does not fit the files: a line for each
    /// problem, which names the step.
    #[error("{0}")]
    Policy(String),
    /// The files cannot be read, or the machine lacks something.
    #[error("{0}")]
    Engine(#[from] EngineError),
}

/// Problems, each with its place: the number and id of a step and the field of it, or the field alone.
fn said<'a>(problems: &[Problem], step_ids: impl Fn(usize) -> Option<&'a str>) -> CleanseError {
    let place = |pointer: &Pointer| {
        let parts: Vec<String> = pointer.tokens().collect();
        let step = match parts.as_slice() {
            [list, number, ..] if list == "steps" => number.parse::<usize>().ok(),
            _ => None,
        };
        let Some(number) = step else { return parts.join(".") };
        let id = step_ids(number).map(|id| format!(" `{id}`")).unwrap_or_default();
        let field = parts.get(2..).unwrap_or_default().join(".");
        let field = if field.is_empty() { field } else { format!(", {field}") };
        format!("step {}{id}{field}", number + 1)
    };
    let line = |problem: &Problem| {
        let hint = problem.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        let place = place(&problem.pointer);
        let place = if place.is_empty() { place } else { format!("{place}: ") };
        format!("{place}{}{hint}", problem.message)
    };
    CleanseError::Policy(problems.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// A policy or taxonomy as YAML or JSON has it.
///
/// # Errors
/// [`CleanseError::Policy`]: everything that is wrong with it.
pub fn read_object(kind: Kind, text: &str) -> Result<Object, CleanseError> {
    let value: Value = serde_saphyr::from_str(text)
        .map_err(|error| CleanseError::Policy(error.to_string().trim_end().to_owned()))?;
    let id = |number: usize| value.pointer(&format!("/steps/{number}/step_id"))?.as_str();
    kind.read(&value).map_err(|problems| said(&problems, id))
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// The dataset with its steps.
    pub plan: DatasetPlan,
    /// What was done; none where it was only asked what would be.
    pub cleansed: Option<Cleansed>,
    /// The statements that were run, or would be.
    pub statements: Vec<Statement>,
}

/// Cleanses files, or with `only_plan` says what would be done. `folder` is made, worked in and left behind,
/// with the results in it.
///
/// # Errors
/// The policy does not fit the files, these cannot be read, or the machine lacks something.
pub fn of_files(
    wanted: &Wanted,
    folder: &Path,
    (now, only_plan): (i64, bool),
) -> Result<Outcome, CleanseError> {
    let mut others = Vec::new();
    for (name, loose) in &wanted.lookups {
        let files = loose.files()?;
        let place = folder.join(format!("lookup_{}", others.len()));
        others.push((name, loose::opened(loose.format(&files)?, &files, &place)?));
    }
    let files = wanted.loose.files()?;
    let opened = loose::opened(wanted.loose.format(&files)?, &files, &folder.join("read"))?;
    let all: Vec<PathBuf> =
        others.iter().flat_map(|(_, other)| &other.paths).chain(&opened.paths).cloned().collect();
    let workspace = Workspace {
        folder: folder.to_owned(),
        memory_limit: wanted.memory_limit,
        threads: wanted.threads,
        now,
        columns: 0,
        notes: opened.notes,
    };
    let open = open(opened.format.clone());
    let mut engine = Chosen::open(wanted.engine, &[&open], &workspace, &all)?;
    let mut found = Found { taxonomies: &wanted.taxonomies, datasets: BTreeMap::new() };
    for (name, other) in others {
        let plan = named(&mut engine, name, other.format, &other.paths)?;
        found.datasets.insert(name.clone(), plan.fields.clone());
        engine.stage(&plan, &other.paths)?;
    }
    let mut plan = named(&mut engine, "data", opened.format, &opened.paths)?;
    let id = |number: usize| wanted.policy.steps.get(number).map(|step| step.step_id.as_str());
    let planned = planned(wanted, &plan, &found).map_err(|problems| said(&problems, id))?;
    plan.steps = planned.steps;
    plan.fields = planned.fields;
    plan.reads = planned.reads;
    plan.change_log = wanted.change_log || wanted.policy.change_log;
    engine.stage(&plan, &opened.paths)?;
    if only_plan {
        let statements = engine.explain(&plan, &Request::default())?;
        return Ok(Outcome { plan, cleansed: None, statements });
    }
    let mut cleansed = engine.cleanse(&plan)?;
    opened.stamps.check()?;
    cleansed.said.extend(opened.said);
    cleansed.said.extend(engine.why().map(str::to_owned));
    Ok(Outcome { plan, cleansed: Some(cleansed), statements: Vec::new() })
}

/// A dataset with the columns that its files have.
fn named(
    engine: &mut Chosen,
    name: &str,
    format: Format,
    files: &[PathBuf],
) -> Result<DatasetPlan, EngineError> {
    let is_text = format.is_text();
    let mut plan = DatasetPlan { dataset_contract_id: name.to_owned(), ..open(format) };
    for (column, found) in engine.stage(&plan, files)?.columns {
        let data_type = match is_text {
            true => DataType::Text,
            false => crate::engine::words::read(&found).unwrap_or(DataType::Text),
        };
        plan.fields.push(Field {
            name: column_name(&column)?,
            data_type,
            optional: false,
            catalog_attribute: None,
            classification: None,
            redaction: Redaction::None,
        });
    }
    Ok(plan)
}

fn planned(
    wanted: &Wanted,
    plan: &DatasetPlan,
    found: &Found<'_>,
) -> Result<Planned, Vec<Problem>> {
    let ground = Ground {
        fields: &plan.fields,
        open: true,
        raw_text: plan.source.format.is_text(),
        on_parse_error: OnParseError::SetNull,
        formats: &|_| None,
        resolve: found,
    };
    plan_steps(&wanted.policy.steps, &ground)
}

/// What steps may look up.
struct Found<'a> {
    taxonomies: &'a BTreeMap<String, Taxonomy>,
    datasets: BTreeMap<String, Vec<Field>>,
}

impl Resolve for Found<'_> {
    fn taxonomy(&self, reference: &TaxonomyRef) -> Option<&Taxonomy> {
        self.taxonomies.get(reference.taxonomy_id.as_str())
    }

    fn dataset(&self, name: &str) -> Option<Vec<Field>> {
        self.datasets.get(name).cloned()
    }
}
