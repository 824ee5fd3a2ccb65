//! `assay verification`: what the runs of an environment say of a bundle, for whoever promotes it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use assay_schemas::drift::{Earlier, Mode};
use assay_schemas::exit::Exit;
use assay_schemas::verdict::Outcome;
use assay_schemas::verification::{VERIFICATION_VERSION, Verification};
use clap::Args;
use jiff::Timestamp;
use serde_json::Value;

use super::bundle::BundleArgs;
use super::drift::{self, Look};
use super::{CommandError, Output};
use crate::lake::Lake;
use crate::load::Bundle;
use crate::report::counted;

/// Jobs and differences that are named.
const NAMED: usize = 10;

/// How runs end that speak for a bundle.
const GOOD: &[Outcome] = &[Outcome::Success, Outcome::Partial];

/// Say which jobs of a bundle have run and how, as `assayc promote --verification` reads it. Reads only.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay verification --env test                         for people
  assay verification --env test --output test.json      for `assayc promote test prod --verification test.json`

Only runs of this very bundle count, and of each job the latest one.")]
pub(super) struct VerificationOf {
    #[command(flatten)]
    bundle: BundleArgs,
    /// Results location: a folder or a `.duckdb` file, instead of the environment's.
    #[arg(long, value_name = "PATH")]
    results: Option<PathBuf>,
    /// File to write.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl VerificationOf {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let bundle = self.bundle.open()?;
        let location = match &self.results {
            Some(path) => path.clone(),
            None => self.bundle.project().join(bundle.results()?),
        };
        let lake = Lake::at(&location.to_string_lossy());
        let facts = bundle.facts();
        let query = format!(
            "select job, tenant, outcome, floor(epoch(started_at))::bigint from run where bundle_digest = '{}' and outcome <> 'skipped' \
             order by started_at",
            facts.content_digest
        );
        let answer = lake.views()?.query(&query)?;
        let mut latest: BTreeMap<(String, String), String> = BTreeMap::new();
        let mut since = None;
        for row in &answer.rows {
            let [job, tenant, outcome, started] = row.as_slice() else { continue };
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            latest.insert((text(job), text(tenant)), text(outcome));
            since = since.or_else(|| started.as_i64());
        }
        let jobs = bundle.jobs()?;
        let verified = |(tenant, entry): &&(String, assay_schemas::bundle::Entry)| {
            let outcome = latest.get(&(entry.id.clone(), tenant.clone()));
            outcome.is_some_and(|outcome| GOOD.iter().any(|good| good.name() == outcome))
        };
        let open: Vec<_> =
            jobs.iter().filter(|job| !verified(job)).map(|(_, entry)| entry.id.clone()).collect();
        let found = Verification {
            verification_version: VERIFICATION_VERSION,
            environment: facts.environment,
            content_digest: facts.content_digest,
            core_digest: facts.core_digest,
            jobs: jobs.len() as u64,
            verified_jobs: (jobs.len() - open.len()) as u64,
            open_jobs: open.into_iter().take(NAMED).collect(),
            drift: self.drift(&bundle, &lake)?,
            since,
            at: Timestamp::now().as_second(),
        };
        let mut words = format!(
            "verified in `{}`: {} of {} of {}{}\n",
            found.environment,
            found.verified_jobs,
            counted(found.jobs, "job"),
            found.content_digest,
            if found.holds() {
                String::new()
            } else {
                format!("; not run there, or not well: {}", found.open_jobs.join(", "))
            }
        );
        for drift in &found.drift {
            words.push_str(&format!("drift that gates: {drift}\n"));
        }
        match &self.output {
            Some(path) => {
                let text = assay_schemas::canonical::text(&found);
                std::fs::write(path, text + "\n").map_err(|error| {
                    CommandError::Usage(format!("`{}` cannot be written: {error}", path.display()))
                })?;
                output.print(&words);
            }
            None => output.print(&words),
        }
        Ok(Exit::Success)
    }

    /// Drift of the classes that the environment has gate.
    fn drift(&self, bundle: &Bundle, lake: &Lake) -> Result<Vec<String>, CommandError> {
        let policy = drift::policy(bundle)?;
        let mode = |class| match policy.mode(class) {
            Mode::Gate => Mode::Gate,
            Mode::Off | Mode::Warn => Mode::Off,
        };
        let look = Look::new(bundle, self.bundle.project(), lake, policy.stale_seconds());
        let found = look.all(&mode, &Earlier::default())?;
        let gating = found.iter().filter(|finding| finding.gates());
        let words = gating.map(|finding| {
            let first = finding.differences.first().map(String::as_str).unwrap_or_default();
            format!("{} ({first})", finding.words())
        });
        Ok(words.take(NAMED).collect())
    }
}
