//! `assay run`: run a job and record the run.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assay_schemas::exit::Exit;
use assay_schemas::plan::DatasetPlan;
use assay_schemas::shell;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

use super::bundle::BundleArgs;
use super::engine::{EngineArgs, ReadingArgs};
use super::{CommandError, Output};
use crate::report::{html, json, junit, terminal};
use crate::run::{self, Finished, Progress, Request};

/// Run a job: stage, cleanse, profile, validate, judge, record, act.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay run taxi-trips-monthly                          the job of the bundle of `dev`
  assay run taxi-trips-monthly --input 'inbox/*.csv.gz' other files than the contract's
  assay run taxi-trips-monthly --html run.html          and a page to look at
  assay run taxi-trips-monthly --incremental            only the files that no run has measured
  assay run billing-daily-checks --env prod --format json

The exit code says how the run ended: 0 success, 40 warned, 41 failed, 42 a critical check failed, 43 a check
could not run, 44 nothing evaluated, 75 try again.")]
pub(super) struct Run {
    /// The job.
    job: String,
    #[command(flatten)]
    bundle: BundleArgs,
    /// Tenant, where several have a job of this name.
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// Input instead of the contract's: a path or a glob; may be given several times.
    #[arg(long, value_name = "PATH")]
    input: Vec<String>,
    /// Results location instead of the environment's: a folder or a `.duckdb` file.
    #[arg(long, value_name = "PATH")]
    results: Option<String>,
    /// What makes two requests the same one, for jobs that run once for each key.
    #[arg(long, value_name = "KEY")]
    run_key: Option<String>,
    /// Run although the same request has been answered.
    #[arg(long)]
    force: bool,
    /// Fetch at most so many MiB from remote locations; 65,536 where nothing is said.
    #[arg(long, value_name = "MIB")]
    fetch_limit: Option<u64>,
    /// Take the cleansing steps of the contract although the job leaves them out.
    #[arg(long, conflicts_with = "no_cleanse")]
    cleanse: bool,
    /// Leave the cleansing steps out, but for the conversions to the declared types.
    #[arg(long)]
    no_cleanse: bool,
    /// Record every cell that cleansing changes, in `changes.parquet` beside the run.
    #[arg(long)]
    change_log: bool,
    /// Scan for everything, also for what the metadata of Parquet files proves.
    #[arg(long)]
    no_proofs: bool,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    reading: ReadingArgs,
    /// Also write the run as an HTML page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "json", "junit"])]
    format: String,
}

impl Run {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let mut job = self.bundle.job(&self.job, self.tenant.as_deref())?;
        let asked = (self.cleanse, self.no_cleanse);
        cleansing(&mut job.plan.dataset, asked).map_err(CommandError::Usage)?;
        job.plan.dataset.change_log |= self.change_log;
        job.plan.engine = self.engine.engine.unwrap_or(job.plan.engine);
        self.reading.apply(&mut job.plan);
        let options = found_by(&self.bundle, self.results.as_deref());
        let request = Request {
            job,
            replays: None,
            run_id: uuid::Uuid::now_v7().to_string(),
            root: self.bundle.project().to_owned(),
            input: self.input,
            results: self.results,
            run_key: self.run_key,
            force: self.force,
            fetch_limit: self.fetch_limit.map(|mebibytes| mebibytes << 20),
            scan_all: self.no_proofs,
            now: Timestamp::now(),
        };
        let spinner = Spinner::start(&request.job.name);
        let result = run::run(&request, &spinner);
        spinner.stop();
        let Finished { record, place, exit } = result?;
        let place = relative(&place);
        let text = match self.format.as_str() {
            "json" => json::render(&record)?,
            "junit" => junit::render(&record)?,
            _ => {
                let around = terminal::Around { place: Some(&place), options: &options.concat() };
                terminal::render(&record, around, terminal::Style { colour: output.colour })
            }
        };
        output.print(&text);
        if let Some(path) = self.html {
            let page = html::render(&record, &[], Some(&place))?;
            super::report::write(&path, &page)?;
            if self.format == "human" {
                output.print(&format!("Page written to {}\n", path.display()));
            }
        }
        Ok(exit)
    }
}

/// The options with which other commands find a run.
pub(super) fn found_by(bundle: &BundleArgs, results: Option<&str>) -> Vec<String> {
    let results = results.map(|place| bundle.project().join(place));
    let results = results.map(|place| shell::option("results", &place.to_string_lossy()));
    bundle.options().into_iter().chain(results).collect()
}

/// Lets a run cleanse, or not, as the request asks.
fn cleansing(dataset: &mut DatasetPlan, asked: (bool, bool)) -> Result<(), String> {
    match asked {
        (true, _) if !dataset.withheld.is_empty() => {
            dataset.steps = std::mem::take(&mut dataset.withheld);
        }
        (_, true) => {
            if dataset.reads.is_some() {
                let text = "the rules judge columns that cleansing makes, so it cannot be left out";
                return Err(text.to_owned());
            }
            let steps = dataset.steps.iter().filter(|step| dataset.is_conversion(step));
            dataset.steps = steps.cloned().collect();
        }
        _ => {}
    }
    Ok(())
}

/// A path as people want to read it: from where they are, if it lies below.
pub(super) fn relative(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    full.strip_prefix(&here).unwrap_or(&full).to_string_lossy().into_owned()
}

/// Shows the stage under way, on a terminal only.
pub(super) struct Spinner(Option<ProgressBar>);

impl Spinner {
    pub(super) fn start(job: &str) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}: {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.set_prefix(job.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(Some(bar))
    }

    pub(super) fn stop(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Spinner {
    fn stage(&self, name: &str) {
        if let Some(bar) = &self.0 {
            bar.set_message(name.to_owned());
        }
    }
}
