//! `assay replay`: run the rows again that a run set apart.

use std::path::{Path, PathBuf};

use assay_schemas::exit::Exit;
use assay_schemas::plan::{Format, JobPlan, StepBody};
use clap::Args;
use jiff::Timestamp;

use super::bundle::BundleArgs;
use super::run::{Spinner, found_by, relative};
use super::{CommandError, Output};
use crate::lake::Lake;
use crate::report::{json, terminal};
use crate::run::{self, Finished, Request};

/// Run the quarantined rows of a run again, as they are or repaired.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay replay latest --quarantine                      the rows as the run set them apart
  assay replay 0198c0de --quarantine --file fixed.parquet   the same rows, repaired
  assay replay latest --quarantine --file fixed.csv     in the format of the job

The rows are judged by the job as the bundle has it now, as a run of its own that names the one it replays.
Rows from a Parquet file have been cleansed: only conversions to the declared types are made. Rules about the
whole dataset judge the replayed rows alone.")]
pub(super) struct Replay {
    /// Id of the run, the beginning of it, or `latest`.
    run: String,
    /// Run the rows that it set apart; nothing else can be replayed.
    #[arg(long, required = true)]
    quarantine: bool,
    /// The repaired rows, instead of those that the run kept: Parquet, or the format of the job.
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    #[command(flatten)]
    bundle: BundleArgs,
    /// Results location instead of the environment's: a folder or a `.duckdb` file.
    #[arg(long, value_name = "PATH")]
    results: Option<String>,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "json"])]
    format: String,
}

impl Replay {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let bundle = self.bundle.open()?;
        let results = match &self.results {
            Some(location) => location.clone(),
            None => bundle.results()?,
        };
        let lake = Lake::at(&self.bundle.project().join(&results).to_string_lossy());
        let before = lake.load(&self.run)?;
        let kept = lake.kept(&before.run_id, "quarantined.parquet")?;
        let Some(file) = self.file.clone().or(kept) else {
            return Err(CommandError::Usage(format!(
                "run {} set no rows apart: its job says no `quarantine: true`",
                before.run_id
            )));
        };
        if self.file.is_none() && before.quarantined == Some(0) {
            let text = format!("run {} has no quarantined rows to replay", before.run_id);
            return Err(CommandError::Usage(text));
        }
        let tenant = (before.tenant != "shared").then_some(before.tenant.as_str());
        let mut job = bundle.job(&before.job_definition_id, tenant)?;
        prepare(&mut job.plan, &file);
        let options = found_by(&self.bundle, self.results.as_deref());
        let request = Request {
            job,
            replays: Some(before.run_id),
            run_id: uuid::Uuid::now_v7().to_string(),
            root: self.bundle.project().to_owned(),
            input: vec![file.to_string_lossy().into_owned()],
            results: self.results,
            run_key: None,
            force: false,
            fetch_limit: None,
            scan_all: false,
            now: Timestamp::now(),
        };
        let spinner = Spinner::start(&request.job.name);
        let result = run::run(&request, &spinner);
        spinner.stop();
        let Finished { record, place, exit } = result?;
        let text = match self.format.as_str() {
            "json" => json::render(&record)?,
            _ => {
                let place = relative(&place);
                let around = terminal::Around { place: Some(&place), options: &options.concat() };
                terminal::render(&record, around, terminal::Style { colour: output.colour })
            }
        };
        output.print(&text);
        Ok(exit)
    }
}

/// The plan for rows that have been through the job before.
pub(super) fn prepare(plan: &mut JobPlan, file: &Path) {
    // Another input is another request, whatever the scope: it is asked for by hand.
    plan.idempotency_scope = "none".to_owned();
    let parquet = file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("parquet"));
    if parquet {
        plan.dataset.source.format = Format::Parquet;
        plan.dataset.reads = None;
        plan.dataset.steps.retain(|step| matches!(step.body, StepBody::Parse { .. }));
    }
}
