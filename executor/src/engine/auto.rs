//! Which engine is the faster one for a plan.

use std::path::PathBuf;

use assay_schemas::library::infra_profile::EngineName;
use assay_schemas::plan::DatasetPlan;

use super::Workspace;

/// The engine for datasets, the one that is judged first, and why in words.
///
/// `bench cleanse` measures both side by side. As long as it shows no plan that Polars computes in less time or
/// memory, DuckDB is always the answer; what speaks for it is said.
pub(super) fn choose(
    datasets: &[&DatasetPlan],
    inputs: &[PathBuf],
    workspace: &Workspace,
) -> (EngineName, String) {
    let is_text = |dataset: &&DatasetPlan| dataset.source.format.is_text();
    let has_steps = |dataset: &&DatasetPlan| !dataset.steps.is_empty();
    let why = match datasets.first() {
        _ if workspace.memory_limit.is_some() => "it keeps the memory limit by spilling to disk",
        Some(dataset) if is_text(dataset) => "it reads text in less memory",
        Some(dataset) if has_steps(dataset) => "it cleanses in less memory",
        _ if inputs.is_empty() => "the rows are few",
        _ => "it does not scan for what the metadata of the files proves",
    };
    (EngineName::Duckdb, why.to_owned())
}
