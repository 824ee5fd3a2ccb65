//! The option that names an engine.

use assay_schemas::library::infra_profile::EngineName;
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

fn names() -> impl clap::builder::TypedValueParser<Value = EngineName> {
    PossibleValuesParser::new(EngineName::ALL.map(EngineName::name)).map(|name| {
        let named = EngineName::ALL.into_iter().find(|engine| engine.name() == name);
        named.unwrap_or_default()
    })
}
