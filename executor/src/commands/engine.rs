//! The options that say what computes, and of which files.

use assay_schemas::library::infra_profile::EngineName;
use assay_schemas::plan::JobPlan;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};

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

fn names() -> impl clap::builder::TypedValueParser<Value = EngineName> {
    PossibleValuesParser::new(EngineName::ALL.map(EngineName::name)).map(|name| {
        let named = EngineName::ALL.into_iter().find(|engine| engine.name() == name);
        named.unwrap_or_default()
    })
}
