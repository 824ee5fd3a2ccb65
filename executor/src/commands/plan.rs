//! `assay plan`: what a run would do, without doing it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use assay_schemas::exit::Exit;
use assay_schemas::plan::JobPlan;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::bundle::BundleArgs;
use super::engine::{EngineArgs, ReadingArgs};
use super::{CommandError, Output};
use crate::engine::{self, Engine as _, EngineError, Proof, Statement, Workspace};
use crate::increment::{self, Rest};
use crate::lake::Lake;
use crate::load::Job;
use crate::report::counted;
use crate::run::stage::{Ready, Staging};
use crate::run::{Files, Request, before};

/// Show what a run would do: input, steps, checks, actions and the statements themselves.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay plan taxi-trips-monthly          the stages, the checks and the SQL
  assay plan taxi-trips-monthly --no-sql without the SQL
  assay plan taxi-trips-monthly --incremental which files would be read, and why
  assay plan taxi-trips-monthly --format json")]
pub(super) struct Plan {
    /// The job.
    job: String,
    #[command(flatten)]
    bundle: BundleArgs,
    /// Tenant, where several have a job of this name.
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// Input instead of the contract's.
    #[arg(long, value_name = "PATH")]
    input: Vec<String>,
    /// Scan for everything, also for what the metadata of Parquet files proves.
    #[arg(long)]
    no_proofs: bool,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    reading: ReadingArgs,
    /// Leave the SQL out; then no file is opened.
    #[arg(long)]
    no_sql: bool,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "json"])]
    format: String,
}

impl Plan {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let mut job = self.bundle.job(&self.job, self.tenant.as_deref())?;
        job.plan.engine = self.engine.engine.unwrap_or(job.plan.engine);
        self.reading.apply(&mut job.plan);
        let request = Request {
            job,
            replays: None,
            run_id: uuid::Uuid::now_v7().to_string(),
            root: self.bundle.project().to_owned(),
            input: self.input,
            results: None,
            run_key: None,
            force: false,
            fetch_limit: None,
            scan_all: self.no_proofs,
            now: Timestamp::now(),
        };
        let explained = match self.no_sql {
            true => Explained::default(),
            false => explain(&request)?,
        };
        let text = if self.format == "json" {
            let job = &request.job;
            let fingerprint = &job.fingerprint;
            format!(
                "{}\n",
                json!({
                    "plan": job.plan, "fingerprint": fingerprint, "proven": explained.proofs,
                    "statements": explained.statements, "engine": explained.engine,
                    "why_engine": explained.why, "increment": explained.increment,
                })
            )
        } else {
            human(&request.job, &explained)
        };
        output.print(&text);
        Ok(Exit::Success)
    }
}

/// What an engine would do.
#[derive(Default)]
struct Explained {
    /// Which engine; empty where none was asked.
    engine: String,
    /// Why that one, where there is something to say.
    why: Option<String>,
    /// What it would run.
    statements: Vec<Statement>,
    /// What it would not scan for.
    proofs: Vec<Proof>,
    /// Which files it would read, where what was measured of files is kept.
    increment: Option<Reading>,
}

/// Which files a run would read.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Reading {
    /// All of them, for a reason.
    Whole {
        /// Why.
        why: String,
    },
    /// Those that no run has measured.
    New {
        /// Each file, with the run that measured it.
        files: Vec<(String, Option<String>)>,
        /// Checks that are computed over all files.
        over_all: Vec<Rest>,
    },
}

impl Reading {
    fn of(request: &Request, files: &Files) -> Result<Option<Self>, EngineError> {
        if !request.job.plan.incremental {
            return Ok(None);
        }
        Ok(Some(match increment::outlook(request, &Lake::at(&request.results()), files)? {
            Err(why) => Self::Whole { why },
            Ok(outlook) => Self::New {
                files: outlook
                    .files
                    .into_iter()
                    .map(|known| (known.read.path, known.state.map(|state| state.run_id)))
                    .collect(),
                over_all: outlook.split.rest,
            },
        }))
    }

    fn human(&self, text: &mut String) {
        let (files, over_all) = match self {
            Self::Whole { why } => {
                let _ = writeln!(text, "\nfiles: every one is read: {why}");
                return;
            }
            Self::New { files, over_all } => (files, over_all),
        };
        let new = files.iter().filter(|(_, run)| run.is_none()).count();
        let _ = writeln!(text, "\nfiles: {new} of {} are read", files.len());
        for (file, run) in files {
            let _ = match run {
                Some(run) => writeln!(text, "  {file}: as run {run} measured it"),
                None => writeln!(text, "  {file}: read, as no run has measured its bytes so"),
            };
        }
        if !over_all.is_empty() {
            let _ = writeln!(text, "computed over all files:");
        }
        for rest in over_all {
            let _ = writeln!(text, "  {}: {}", rest.check_id, rest.why);
        }
    }
}

/// Asks the engine what it would do.
fn explain(request: &Request) -> Result<Explained, CommandError> {
    let plan = &request.job.plan;
    let folder = std::env::temp_dir().join(format!("assay-plan-{}", request.run_id));
    let workspace = Workspace {
        folder: folder.clone(),
        memory_limit: plan.memory_limit,
        threads: plan.threads,
        now: request.now.as_microsecond(),
        columns: plan.columns(),
        notes: BTreeMap::new(),
    };
    let found = (|| {
        let files = request.files(&folder.join("fetched"))?;
        let increment = Reading::of(request, &files)?;
        let mut ready = Ready::over(request, workspace, files, Staging::Known)?;
        let dataset = ready.dataset.clone();
        let profile = plan.dataset.profile.clone();
        let wanted =
            engine::Request { profile, scan_all: request.scan_all, ..engine::Request::default() };
        let proofs = match request.scan_all {
            true => Vec::new(),
            false => ready.engine.proofs(&dataset)?,
        };
        let mut statements = Vec::new();
        if let Some(raw) = before::plan(&dataset) {
            let wanted =
                engine::Request { profile: raw.profile.clone(), ..engine::Request::default() };
            let own = ready.engine.explain(&raw, &wanted)?;
            statements.extend(own.into_iter().map(|statement| Statement {
                purpose: format!("before cleansing: {}", statement.purpose),
                ..statement
            }));
        }
        statements.extend(ready.engine.explain(&dataset, &wanted)?);
        let why = ready.engine.why().map(str::to_owned);
        Ok(Explained { engine: ready.engine.version(), why, statements, proofs, increment })
    })();
    let _ = std::fs::remove_dir_all(&folder);
    found.map_err(|error: EngineError| error.into())
}

fn human(job: &Job, explained: &Explained) -> String {
    let Explained { engine, why, statements, proofs, increment } = explained;
    let plan = &job.plan;
    let mut text = format!(
        "{} ({} {})\n  bundle      {}\n  fingerprint {}\n  contract    {} {}, dataset {}\n",
        job.name,
        plan.job_definition_id,
        plan.version,
        job.bundle_digest,
        job.fingerprint,
        plan.contract_id,
        plan.contract_version,
        plan.dataset.dataset_contract_id,
    );
    let format = plan.dataset.source.format.name();
    let path = plan.dataset.source.path.as_deref().unwrap_or("named by each run");
    let _ = writeln!(
        text,
        "\nstage: {path} as {format}, {}",
        counted(plan.dataset.read_fields().len(), "column")
    );
    if !engine.is_empty() {
        let _ = writeln!(text, "engine: {engine}");
    }
    if let Some(why) = why {
        let _ = writeln!(text, "  {why}");
    }
    if let Some(increment) = increment {
        increment.human(&mut text);
    }
    stages(plan, &mut text);
    if !proofs.is_empty() {
        let whole = proofs.iter().filter(|proof| proof.scanned.is_empty()).count();
        let _ = writeln!(
            text,
            "\nproven by metadata: {whole} checks whole, {} in part",
            proofs.len() - whole
        );
    }
    for proof in proofs {
        let _ = writeln!(text, "  {}: {}", proof.check_id, proof.why);
        if !proof.scanned.is_empty() {
            let _ = writeln!(text, "    still read: {}", proof.scanned.join(", "));
        }
    }
    for statement in statements {
        let _ = writeln!(text, "\n-- {}\n{}", statement.purpose, statement.text.trim_end());
    }
    text
}

fn stages(plan: &JobPlan, text: &mut String) {
    let _ = writeln!(text, "\ncleanse: {}", counted(plan.dataset.steps.len(), "step"));
    for step in &plan.dataset.steps {
        let filter = if step.filter.is_some() { ", where its condition holds" } else { "" };
        let _ = writeln!(text, "  {}{filter}", step.title);
    }
    match &plan.dataset.profile {
        Some(profile) if profile.columns.is_empty() => text.push_str("\nprofile: every column\n"),
        Some(profile) => {
            let _ = writeln!(text, "\nprofile: {}", counted(profile.columns.len(), "column"));
        }
        None => text.push_str("\nprofile: none\n"),
    }
    let _ = writeln!(text, "\nvalidate: {}", counted(plan.dataset.checks.len(), "check"));
    for check in &plan.dataset.checks {
        let _ = writeln!(text, "  {:8} {}", check.severity.name(), check.title);
    }
    match &plan.severity_threshold {
        Some(threshold) => {
            let _ = writeln!(text, "\njudge: fails unless {threshold}");
        }
        None => text.push_str("\njudge: fails where a check of severity error or critical fails\n"),
    }
    let _ = writeln!(text, "record: into {}", plan.results);
    let triggers = [
        ("success", &plan.actions.on_success),
        ("failure", &plan.actions.on_failure),
        ("an anomaly", &plan.actions.on_anomaly),
    ];
    for (trigger, actions) in triggers {
        for action in actions {
            let _ = writeln!(
                text,
                "act: {} after {trigger} ({})",
                action.action_type, action.action_id
            );
        }
    }
}
