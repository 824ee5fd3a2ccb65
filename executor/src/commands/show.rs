//! `assay show`: one run, as it was printed when it ended.

use assay_schemas::exit::Exit;
use clap::Args;

use super::bundle::LakeArgs;
use super::{CommandError, Output};
use crate::report::{json, terminal};

/// Show a run: its stages, verdicts, offending rows and outcome.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay show latest
  assay show 0198c0de              the run whose id begins so
  assay show latest --format json  the whole record")]
pub(super) struct Show {
    /// Id of the run, the beginning of it, or `latest`.
    run: String,
    #[command(flatten)]
    lake: LakeArgs,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "json"])]
    format: String,
}

impl Show {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let record = self.lake.lake()?.load(&self.run)?;
        let text = match self.format.as_str() {
            "json" => json::render(&record)?,
            _ => {
                let around = terminal::Around { place: None, options: &self.lake.options() };
                terminal::render(&record, around, terminal::Style { colour: output.colour })
            }
        };
        output.print(&text);
        Ok(Exit::Success)
    }
}
