//! `assayc export`: objects of a library in any authoring format, or in the words of other tools.

mod objects;
mod odcs;

use assay_schemas::exit::Exit;
use clap::{Args, Subcommand};

use super::{CommandError, Output};
use objects::Objects;
use odcs::Odcs;

/// Write objects of a library as YAML, JSON or Excel without loss, or in the words of other tools.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  assayc export --kind rule_set                        all rule sets at HEAD, as YAML
  assayc export --format json trip-rules               one object, as JSON
  assayc export --format xlsx --kind rule_set --output rules.xlsx --worktree
  assayc export --env prod --output prod.xlsx          what an environment admits, by kind
  assayc export odcs yellow-trips                      a contract of the Open Data Contract Standard"
)]
pub(super) struct Export {
    #[command(subcommand)]
    to: Option<To>,
    #[command(flatten)]
    objects: Objects,
}

#[derive(Debug, Subcommand)]
enum To {
    Odcs(Odcs),
}

impl Export {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        match self.to {
            Some(To::Odcs(odcs)) => odcs.run(output),
            None => self.objects.run(output),
        }
    }
}
