//! The options that say what computes, and of which files.

use std::collections::BTreeMap;

use assay_schemas::library::infra_profile::EngineName;
use assay_schemas::plan::JobPlan;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};

use crate::engine::{Chosen, Engine as _, EngineError, Workspace};

/// What computes.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct EngineArgs {
    /// What computes: an engine, or `auto` for the faster one. What Polars cannot compute is handed to
    /// DuckDB, and that is said.
    #[arg(long, value_name = "NAME", value_parser = names())]
    pub(super) engine: Option<EngineName>,
}

/// Which files are read.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct ReadingArgs {
    /// Read only the files that no run has measured, as far as the rules allow, whatever the job says.
    #[arg(long, conflicts_with = "whole")]
    incremental: bool,
    /// Read every file, whatever the job says.
    #[arg(long)]
    whole: bool,
}

impl ReadingArgs {
    /// Lets a plan read as it was asked.
    pub(super) fn apply(self, plan: &mut JobPlan) {
        plan.incremental = (plan.incremental || self.incremental) && !self.whole;
    }
}

/// What an engine says of itself with so much memory in mebibytes and so many threads.
///
/// # Errors
/// It does not start with these.
pub(super) fn version(
    name: EngineName,
    memory_mib: Option<u64>,
    threads: Option<u32>,
) -> Result<String, EngineError> {
    let folder = std::env::temp_dir().join(format!("assay-{}", uuid::Uuid::now_v7()));
    let workspace = Workspace {
        folder: folder.clone(),
        memory_limit: memory_mib.map(|mebibytes| mebibytes << 20),
        threads,
        now: 0,
        columns: 0,
        notes: BTreeMap::new(),
    };
    let version = Chosen::open(name, &[], &workspace, &[]).map(|engine| engine.version());
    let _ = std::fs::remove_dir_all(&folder);
    version
}

fn names() -> impl clap::builder::TypedValueParser<Value = EngineName> {
    PossibleValuesParser::new(EngineName::ALL.map(EngineName::name)).map(|name| {
        let named = EngineName::ALL.into_iter().find(|engine| engine.name() == name);
        named.unwrap_or_default()
    })
}
