//! `assay drift`: whether what runs, and the data that it runs on, are what the bundle says.

mod bundle;
mod data_schema;
mod infra;
mod overrides;
mod results;

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assay_schemas::day::Day;
use assay_schemas::drift::{Class, DriftPolicy, Earlier, Mode, Since, Stands};
use assay_schemas::exit::Exit;
use assay_schemas::literal;
use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::bundle::BundleArgs;
use super::{CommandError, Output};
use crate::drift::{CLASSES, Finding};
use crate::lake::{Lake, LakeError, Views};
use crate::load::Bundle;

/// How long each connection has to answer where nothing else is said.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);

/// Tell whether runs are of the bundle that is there, whether data has the columns that its contract declares,
/// whether verdicts and figures are what they were, which overrides there are, and whether engines, machine and
/// connections are as infra profiles say. Reads only; mends nothing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay drift --env prod                      every class
  assay drift --env prod --gate               exit 8 where anything is not in order
  assay drift --env prod --off data_schema    without looking at the data
  assay drift --env prod --stale 24h          a job that has not run for a day is stale
  assay drift --env prod --format json > drift.json
  assay drift --env prod --previous drift.json
                                              what stands as it did then is told since then

`policy.drift` of the environment says of each class whether it is `off`, told (`warn`) or ends the command with
code 8 (`gate`). `assayc drift` tells of branches, and of bundles beside what they are made from.")]
pub(super) struct Drift {
    #[command(flatten)]
    bundle: BundleArgs,
    /// Results location instead of the environment's: a folder or a `.duckdb` file.
    #[arg(long, value_name = "PATH")]
    results: Option<PathBuf>,
    /// How long ago the latest run of a job may be, instead of what the environment says.
    #[arg(long, value_name = "TIME")]
    stale: Option<String>,
    /// How long a connection has to answer.
    #[arg(long, default_value = "5s", value_name = "TIME")]
    timeout: String,
    /// Classes that are left out.
    #[arg(long, value_name = "CLASS", value_parser = CLASSES.map(Class::name))]
    off: Vec<String>,
    /// End with code 8 where any class is not in order, and not only those that the environment has gate.
    #[arg(long)]
    gate: bool,
    /// Report of an earlier look, as `--format json` writes it, for since when what still stands is so.
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "json"])]
    format: String,
}

/// What is looked at, and by what it is judged.
pub(super) struct Look<'a> {
    bundle: &'a Bundle,
    project: &'a Path,
    lake: &'a Lake,
    /// Seconds since 1970.
    now: i64,
    /// How many seconds ago the latest run of a job may be.
    stale: f64,
    /// How long a connection has to answer.
    timeout: Duration,
    views: OnceCell<Views>,
}

impl<'a> Look<'a> {
    /// A look at what a bundle and its lake say now.
    pub(super) fn new(bundle: &'a Bundle, project: &'a Path, lake: &'a Lake, stale: f64) -> Self {
        let now = Timestamp::now().as_second();
        Self { bundle, project, lake, now, stale, timeout: TIMEOUT, views: OnceCell::new() }
    }

    /// What is found of each class, as far as it is looked at at all.
    pub(super) fn all(
        &self,
        mode: &dyn Fn(Class) -> Mode,
        earlier: &Earlier,
    ) -> Result<Vec<Finding>, CommandError> {
        let mut all = Vec::new();
        for class in CLASSES.into_iter().filter(|class| mode(*class) != Mode::Off) {
            let found = match class {
                Class::Bundle => bundle::found(self)?,
                Class::DataSchema => data_schema::found(self)?,
                Class::Results => results::found(self)?,
                Class::Override => overrides::found(self)?,
                Class::Infra => infra::found(self)?,
                Class::Source | Class::Branch => Vec::new(),
            };
            let judged =
                |found: Finding| Finding { mode: mode(class), ..self.dated(found, earlier) };
            all.extend(found.into_iter().map(judged));
        }
        Ok(all)
    }

    /// Where it is, and since when it is so.
    fn dated(&self, mut found: Finding, earlier: &Earlier) -> Finding {
        self.bundle.environment().clone_into(&mut found.environment);
        let since = found.since.take();
        if found.state.is_in_order() {
            return found;
        }
        let stands = Stands {
            class: found.class,
            environment: &found.environment,
            tenant: found.tenant.as_deref(),
            job: found.job.as_deref(),
            state: &found.state.words().replace(' ', "_"),
        };
        let mut since = since.unwrap_or(Since { seconds: self.now, ..Since::default() });
        since.commit = since.commit.or_else(|| self.bundle.revision().map(str::to_owned));
        found.since = Some(earlier.since(&stands, since));
        found
    }

    fn views(&self) -> Result<&Views, LakeError> {
        if let Some(views) = self.views.get() {
            return Ok(views);
        }
        let views = self.lake.views()?;
        Ok(self.views.get_or_init(|| views))
    }

    /// The name of the environment, as text of a query.
    fn environment(&self) -> String {
        self.bundle.environment().replace('\'', "''")
    }
}

impl Drift {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let bundle = self.bundle.open()?;
        let policy = policy(&bundle)?;
        let period = |text: &String| literal::duration(text).map_err(CommandError::Usage);
        let stale = self.stale.as_ref().map(period).transpose()?;
        let location = match &self.results {
            Some(path) => path.clone(),
            None => self.bundle.project().join(bundle.results()?),
        };
        let lake = Lake::at(&location.to_string_lossy());
        let stale = stale.unwrap_or_else(|| policy.stale_seconds());
        let timeout = Duration::try_from_secs_f64(period(&self.timeout)?).unwrap_or(TIMEOUT);
        let look = Look { timeout, ..Look::new(&bundle, self.bundle.project(), &lake, stale) };
        let mode = |class| policy.mode_where(class, &self.off, self.gate);
        let found = look.all(&mode, &self.earlier()?)?;
        output.print(&match self.format.as_str() {
            "json" => format!(
                "{}\n",
                json!({ "at": look.now, "environment": bundle.environment(), "drift": found })
            ),
            _ => human(&found),
        });
        Ok(if found.iter().any(Finding::gates) { Exit::Drift } else { Exit::Success })
    }

    /// What an earlier report said.
    fn earlier(&self) -> Result<Earlier, CommandError> {
        let Some(path) = &self.previous else { return Ok(Earlier::default()) };
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string());
        text.and_then(|text| Earlier::read(&text)).map_err(|reason| {
            CommandError::Usage(format!(
                "`{}` is no report of drift, as `assay drift --format json` writes it: {reason}",
                path.display()
            ))
        })
    }
}

/// What the environment of a bundle wants done about drift.
///
/// # Errors
/// Its record is not to be trusted.
pub(super) fn policy(bundle: &Bundle) -> Result<DriftPolicy, CommandError> {
    let said = bundle.environment_object()?["policy"]["drift"].clone();
    if said.is_null() {
        return Ok(DriftPolicy::default());
    }
    serde_json::from_value(said).map_err(|error| {
        CommandError::Usage(format!("`policy.drift` of `{}`: {error}", bundle.environment()))
    })
}

fn human(found: &[Finding]) -> String {
    let mut text = String::new();
    for finding in found {
        let sign = if finding.state.is_in_order() { "✓" } else { "✗" };
        text.push_str(&format!("{sign} {}{}\n", finding.words(), since(finding)));
        for difference in &finding.differences {
            text.push_str(&format!("    {difference}\n"));
        }
    }
    text
}

/// Since when, where it was not only seen now.
fn since(finding: &Finding) -> String {
    let Some(since) = &finding.since else { return String::new() };
    let Some(day) = Day::of_seconds(since.seconds) else { return String::new() };
    let commit = since.commit.as_deref().and_then(|commit| commit.get(..12));
    let commit = commit.map(|commit| format!(", at commit {commit}")).unwrap_or_default();
    let run = since.run.as_deref().map(|run| format!(", run {run}")).unwrap_or_default();
    format!(", since {day}{run}{commit}")
}
