//! `assay run`: run a job and record the run.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assay_schemas::exit::Exit;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

use super::bundle::BundleArgs;
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
    /// Scan for everything, also for what the metadata of Parquet files proves.
    #[arg(long)]
    no_proofs: bool,
    /// Also write the run as an HTML page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "json", "junit"])]
    format: String,
}

impl Run {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let job = self.bundle.job(&self.job, self.tenant.as_deref())?;
        let request = Request {
            job,
            replays: None,
            run_id: uuid::Uuid::now_v7().to_string(),
            root: self.bundle.project().to_owned(),
            input: self.input,
            results: self.results,
            run_key: self.run_key,
            force: self.force,
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
            _ => terminal::render(&record, Some(&place), terminal::Style { colour: output.colour }),
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
