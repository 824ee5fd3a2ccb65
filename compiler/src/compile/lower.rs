//! Lower: each job becomes a plan, with everything that it needs in place, and fixtures become test plans.

mod action;
mod catalog;
mod check;
mod cleansing;
mod dataset;
pub(crate) mod explain;
mod field;
mod fixture;
mod implied;
mod infra;
mod kpi;
mod lookup;
mod partition;
pub(crate) mod trace;

use std::collections::BTreeMap;

use assay_schemas::code::Code;
use assay_schemas::id::DatasetContractId;
use assay_schemas::library::data_contract::{DataContract, DatasetContract};
use assay_schemas::library::job_definition::JobDefinition;
use assay_schemas::library::{Object, Reference};
use assay_schemas::plan::{Actions, DatasetPlan, Field, JobPlan, PLAN_VERSION, ProfilePlan};
use assay_schemas::problem::{Pointer, Problem, nearest};
use rayon::prelude::*;

use super::analyse::{self, Memory};
use super::overlay::Resolved;
use crate::diagnostic::Sink;
pub(crate) use fixture::{Tests, lower as lower_fixtures};

/// The plan of a job.
#[derive(Debug)]
pub(crate) struct Planned {
    /// Index of the job among the objects.
    pub(crate) job: usize,
    /// What it does.
    pub(crate) plan: JobPlan,
}

/// What lowering comes to.
#[derive(Debug, Default)]
pub(crate) struct Lowered {
    /// The plans of the jobs.
    pub(crate) plans: Vec<Planned>,
    /// The datasets of the contracts, where the policy asks for them.
    pub(crate) datasets: Vec<PlannedDataset>,
}

/// The plan of a dataset of a contract, whether a job runs it or not.
#[derive(Debug)]
pub(crate) struct PlannedDataset {
    /// Index of the contract among the objects.
    pub(crate) contract: usize,
    /// Number of the dataset in the contract.
    pub(crate) position: usize,
    /// What it comes to.
    pub(crate) plan: DatasetPlan,
}

/// A contract and its place among the objects.
#[derive(Clone, Copy)]
struct ContractAt<'a> {
    index: usize,
    contract: &'a DataContract,
    /// Columns of datasets that no contract declares: those of a fixture of a rule set alone.
    stand_ins: Option<&'a BTreeMap<String, Vec<Field>>>,
}

/// A dataset of a contract: the contract, the dataset, and its place in the contract.
#[derive(Clone, Copy)]
struct DatasetAt<'a> {
    contract: ContractAt<'a>,
    dataset: &'a DatasetContract,
    position: usize,
}

impl DatasetAt<'_> {
    /// Where the dataset stands in its contract.
    fn pointer(&self) -> Pointer {
        Pointer::from("datasets").index(self.position)
    }
}

/// Plans every job of the environment. Contracts that no job runs are planned too, for their faults;
/// what their rules come to is analysed on the way.
pub(crate) fn lower(resolved: &Resolved<'_>, memory: &Memory, sink: &mut Sink) -> Lowered {
    let wants_datasets = !resolved.linked.environment.object().policy.required_rules.is_empty();
    let results: Vec<_> = resolved
        .linked
        .order
        .par_iter()
        .map(|index| {
            let mut sink = Sink::default();
            let mut datasets = Vec::new();
            let planned = match resolved.object(*index) {
                Object::JobDefinition(job) => {
                    analyse::threshold(resolved.linked.loaded(*index), job, &mut sink);
                    lower_job(resolved, *index, job, &mut sink)
                }
                Object::DataContract(contract) => {
                    let contract = ContractAt { index: *index, contract, stand_ins: None };
                    for position in 0..contract.contract.datasets.len() {
                        let at = contract.dataset(position);
                        let plan = dataset::analysed(resolved, at, memory, &mut sink);
                        let contract = *index;
                        datasets.extend(
                            plan.filter(|_| wants_datasets).map(|plan| PlannedDataset {
                                contract,
                                position,
                                plan,
                            }),
                        );
                    }
                    None
                }
                other => {
                    of_no_job(resolved, *index, other, &mut sink);
                    None
                }
            };
            (planned, datasets, sink)
        })
        .collect();
    let mut lowered = Lowered::default();
    for (planned, datasets, found) in results {
        lowered.plans.extend(planned);
        lowered.datasets.extend(datasets);
        sink.merge(found);
    }
    lowered
}

/// Checks what is sealed without a plan of its own against what it refers to.
fn of_no_job(resolved: &Resolved<'_>, index: usize, object: &Object, sink: &mut Sink) {
    let at = catalog::At { resolved, index };
    match object {
        Object::Entity(entity) => catalog::relationships(at, entity, sink),
        Object::DatasetSchema(schema) => implied::foreign_keys(resolved, index, schema, sink),
        Object::InfraProfile(infra) => infra::connections(resolved, index, infra, sink),
        Object::MappingTemplate(template) => catalog::mapping_template(at, template, sink),
        Object::ActionType(action) => catalog::action_type(at, action, sink),
        Object::DecisionRule(rule) => catalog::decision_rule(at, rule, sink),
        Object::KpiContract(kpi) => kpi::contract(resolved, index, kpi, sink),
        Object::KpiJob(job) => kpi::job(resolved, index, job, sink),
        _ => {}
    }
}

impl<'a> ContractAt<'a> {
    fn dataset(self, position: usize) -> DatasetAt<'a> {
        DatasetAt { contract: self, dataset: &self.contract.datasets[position], position }
    }
}

fn lower_job(
    resolved: &Resolved<'_>,
    index: usize,
    job: &JobDefinition,
    sink: &mut Sink,
) -> Option<Planned> {
    let place = Pointer::from("data_contract");
    let wanted = job.data_contract.dataset_contract_id.as_ref();
    let at = dataset_of(resolved, (index, &place), wanted, sink)?;
    // Faults of the contract are reported where the contract itself is planned.
    let mut quiet = Sink::default();
    let mut dataset = dataset::lower(resolved, at, &mut quiet)?;
    let infra = dataset::infra(resolved, at);
    let lookups = lookups(resolved, at, &dataset, &mut quiet);
    if !job.stages.cleanse
        && let Err(column) = dataset::without_cleansing(resolved, at, &mut dataset)
    {
        let message = format!(
            "the job does not cleanse, but the column `{column}` is what cleansing makes of the files"
        );
        let place = Pointer::from("stages").key("cleanse");
        let problem = Problem::new(Code::BadValue, place, message)
            .hint("let the job cleanse, or use a contract without these steps");
        sink.push(resolved.linked.loaded(index).diagnostic(problem));
    }
    if !job.stages.validate {
        dataset.checks.clear();
    }
    dataset.profile = job.stages.profile.then(|| profile(resolved, index, job, at, &dataset));
    unknown_profile_columns(resolved, index, job, &dataset, sink);
    let actions =
        if job.stages.act { action::lower(resolved, index, job, sink) } else { Actions::default() };
    let environment = &resolved.linked.environment.object();
    let plan = JobPlan {
        plan_version: PLAN_VERSION,
        job_definition_id: job.job_definition_id.to_string(),
        version: job.version.to_string(),
        tenant_id: job.tenant_id.as_ref().map(ToString::to_string),
        environment: environment.environment.to_string(),
        contract_id: at.contract.contract.contract_id.to_string(),
        contract_version: at.contract.contract.version.to_string(),
        dataset,
        lookups,
        severity_threshold: job.severity_threshold.clone(),
        quarantine: job.quarantine,
        incremental: job.incremental,
        idempotency_scope: job.idempotency_scope.name().to_owned(),
        results: environment.results.clone(),
        violation_rows: job.violation_rows,
        engine: (job.run_profile.engine)
            .or(infra.map(|infra| infra.compute.engine))
            .unwrap_or_default(),
        memory_limit: (job.run_profile.memory_limit_mib)
            .or(infra.and_then(|infra| infra.compute.memory_limit_mib))
            .map(|mib| u64::from(mib) << 20),
        threads: (job.run_profile.threads).or(infra.and_then(|infra| infra.compute.threads)),
        actions,
    };
    Some(Planned { job: index, plan })
}

/// Reports columns that are to be profiled and do not exist, where they were written.
fn unknown_profile_columns(
    resolved: &Resolved<'_>,
    index: usize,
    job: &JobDefinition,
    dataset: &DatasetPlan,
    sink: &mut Sink,
) {
    let Some(profile) = &dataset.profile else { return };
    for (position, column) in profile.columns.iter().enumerate() {
        if dataset.fields.iter().any(|field| field.name == *column) {
            continue;
        }
        let list = if job.profile.is_some() { "profile" } else { "profiling_policy" };
        let mut place = Pointer::from(list);
        if job.profile.is_some() {
            place = place.key("columns").index(position);
        }
        let message = format!("the dataset has no column `{column}`");
        let problem = Problem::new(Code::UnknownColumn, place, message);
        sink.push(resolved.linked.loaded(index).diagnostic(problem));
    }
}

/// What a job profiles: by its own words, its policy, or that of the dataset.
fn profile(
    resolved: &Resolved<'_>,
    index: usize,
    job: &JobDefinition,
    at: DatasetAt<'_>,
    dataset: &DatasetPlan,
) -> ProfilePlan {
    let own = Pointer::from("profiling_policy");
    let policy = target(resolved, index, &own)
        .or_else(|| target(resolved, at.contract.index, &at.pointer().key("profiling_policy")));
    let plan = match (&job.profile, policy) {
        (Some(profile), _) => profile.clone(),
        (None, Some((_, Object::ProfilingPolicy(policy)))) => {
            policy.plan(dataset.fields.iter().map(|field| &field.name))
        }
        _ => ProfilePlan::default(),
    };
    let mut steps = dataset.steps.iter().chain(&dataset.withheld);
    let is_cleansed = steps.any(|step| !dataset.is_conversion(step));
    let before = is_cleansed && plan.before_cleansing != Some(false);
    ProfilePlan { before_cleansing: before.then_some(true), ..plan }
}

/// The dataset that the reference at `place` of an object means: the one it names, or the only one of
/// the contract.
fn dataset_of<'a>(
    resolved: &'a Resolved<'_>,
    (index, place): (usize, &Pointer),
    wanted: Option<&DatasetContractId>,
    sink: &mut Sink,
) -> Option<DatasetAt<'a>> {
    let target = resolved.linked.target(index, place)?;
    let Object::DataContract(contract) = resolved.object(target) else { return None };
    let at = ContractAt { index: target, contract, stand_ins: None };
    let loaded = resolved.linked.loaded(index);
    let ids: Vec<_> =
        contract.datasets.iter().map(|dataset| dataset.dataset_contract_id.as_str()).collect();
    let Some(wanted) = wanted else {
        if ids.len() == 1 {
            return Some(at.dataset(0));
        }
        let message = format!(
            "contract `{}` has {} datasets, so one must be named",
            contract.contract_id,
            ids.len()
        );
        let problem = Problem::new(Code::MissingField, place.clone(), message)
            .hint(format!("add `dataset_contract_id`: one of {}", ids.join(", ")));
        sink.push(loaded.diagnostic(problem));
        return None;
    };
    if let Some(position) = ids.iter().position(|id| *id == wanted.as_str()) {
        return Some(at.dataset(position));
    }
    let message = format!("contract `{}` has no dataset `{wanted}`", contract.contract_id);
    let problem = Problem::new(Code::DanglingReference, place.key("dataset_contract_id"), message);
    let problem = match nearest(wanted.as_str(), ids.iter().copied()) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint(format!("its datasets are {}", ids.join(", "))),
    };
    let contract = resolved.linked.loaded(target);
    let related = contract.place(&Pointer::from("datasets"));
    sink.push(loaded.diagnostic(problem).related(related, "the datasets of the contract"));
    None
}

/// Plans of the datasets that reference checks look into, staged and cleansed but not judged.
fn lookups(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    plan: &DatasetPlan,
    sink: &mut Sink,
) -> Vec<DatasetPlan> {
    let mut lookups: Vec<DatasetPlan> = Vec::new();
    let own = plan.dataset_contract_id.clone();
    for wanted in reads(plan) {
        look_up(resolved, at, (&wanted, vec![own.clone()]), &mut lookups, sink);
    }
    lookups
}

/// The other datasets that a plan reads.
fn reads(plan: &DatasetPlan) -> Vec<String> {
    let steps = plan.steps.iter().chain(&plan.withheld).filter_map(|step| step.body.dataset());
    let checks = plan.checks.iter().flat_map(|check| check.datasets());
    steps.chain(checks).map(str::to_owned).collect()
}

/// Plans a dataset that another reads, after those that it reads itself; `above` are those that wait for it.
fn look_up(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    (wanted, above): (&str, Vec<String>),
    lookups: &mut Vec<DatasetPlan>,
    sink: &mut Sink,
) {
    if lookups.iter().any(|lookup| lookup.dataset_contract_id == wanted) {
        return;
    }
    let datasets = &at.contract.contract.datasets;
    let position =
        datasets.iter().position(|dataset| dataset.dataset_contract_id.as_str() == wanted);
    let lookup =
        position.and_then(|position| dataset::lower(resolved, at.contract.dataset(position), sink));
    let Some(mut lookup) = lookup else { return };
    lookup.checks.clear();
    lookup.change_log = false;
    let above: Vec<String> = above.into_iter().chain([wanted.to_owned()]).collect();
    for next in reads(&lookup) {
        // Two datasets that look values up in each other are refused where the policy is planned.
        if !above.contains(&next) {
            look_up(resolved, at, (&next, above.clone()), lookups, sink);
        }
    }
    lookups.push(lookup);
}

/// The object that the reference at `pointer` of object `index` means, with values in place.
fn target<'a>(
    resolved: &'a Resolved<'_>,
    index: usize,
    pointer: &Pointer,
) -> Option<(usize, &'a Object)> {
    let target = resolved.linked.target(index, pointer)?;
    Some((target, resolved.object(target)))
}

/// References of an object with their targets.
fn links<'a>(
    resolved: &'a Resolved<'_>,
    index: usize,
) -> impl Iterator<Item = (&'a Reference, usize)> {
    resolved.linked.links(index)
}
