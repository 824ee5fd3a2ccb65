//! `assay runs`: what has run.

use assay_schemas::exit::Exit;
use clap::Args;

use super::bundle::LakeArgs;
use super::sql;
use super::{CommandError, Output};

/// List the runs of an environment, newest first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay runs                         the latest twenty of `dev`
  assay runs --job taxi-trips-monthly --limit 100
  assay runs --results .assay/lake/dev --format json")]
pub(super) struct Runs {
    #[command(flatten)]
    lake: LakeArgs,
    /// Only runs of this job.
    #[arg(long, value_name = "ID")]
    job: Option<String>,
    /// How many at most.
    #[arg(long, default_value_t = 20)]
    limit: u32,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "json", "csv"])]
    format: String,
}

impl Runs {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let filter = self
            .job
            .map(|job| format!("where job = '{}'", job.replace('\'', "''")))
            .unwrap_or_default();
        let query = format!(
            "select run_id, started_at, job, outcome, rows, reason from run {filter} \
             order by started_at desc, run_id desc limit {}",
            self.limit
        );
        let answer = self.lake.lake()?.views()?.query(&query)?;
        if answer.rows.is_empty() && self.format == "human" {
            output.print("nothing has run here yet: assay run JOB\n");
            return Ok(Exit::Success);
        }
        output.print(&sql::render(&answer, &self.format));
        Ok(Exit::Success)
    }
}
