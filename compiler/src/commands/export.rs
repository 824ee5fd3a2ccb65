//! `assayc export`: objects of a library in the words of other tools.

mod odcs;

use assay_schemas::exit::Exit;
use clap::{Args, Subcommand};

use super::{CommandError, Output};

/// Write objects of a library in the words of other tools.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc export odcs yellow-trips                        a contract of the Open Data Contract Standard
  assayc export odcs yellow-trips --output trips.yaml    into a file")]
pub(super) struct Export {
    #[command(subcommand)]
    to: To,
}

#[derive(Debug, Subcommand)]
enum To {
    Odcs(odcs::Odcs),
}

impl Export {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        match self.to {
            To::Odcs(odcs) => odcs.run(output),
        }
    }
}
