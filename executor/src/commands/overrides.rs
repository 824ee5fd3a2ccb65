//! `assay override`: pause a job, skip a rule or loosen a threshold, for a time and for one bundle.

use std::path::PathBuf;

use assay_schemas::day::Day;
use assay_schemas::exit::Exit;
use assay_schemas::run_override::{Change, OVERRIDE_TYPE, OVERRIDE_VERSION, RunOverride};
use assay_schemas::threshold::Threshold;
use assay_schemas::trust::{Envelope, PrivateKey};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::json;

use super::bundle::BundleArgs;
use super::{CommandError, Output};
use crate::lake::Lake;
use crate::overrides::{self, Standing};

/// Make a job do something else for a time, by a signed record that every run shows; list what there is.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay override create --env prod --job taxi-trips-monthly --skip-rule trip-rules/surcharge-filled \\
      --until 2026-12-01 --reason 'The vendor repairs the export.' --requester Ada --approver Grace --key key.pem
  assay override create --env prod --job taxi-trips-monthly --pause --until 2026-12-01 …
  assay override list --env prod              which hold, and which have expired
  assay override list --env prod --gate       exit 8 where one has expired or is refused

An override is for the bundle that it was made for: the next bundle drops it. Under `--trust`, only those that
are signed by enough keys that count are taken.")]
pub(super) struct Override {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Create an override
    Create(Box<Create>),
    /// List the overrides of an environment
    List(List),
}

#[derive(Debug, Args)]
struct Create {
    #[command(flatten)]
    place: Place,
    /// The job.
    #[arg(long, value_name = "ID")]
    job: String,
    /// The job does not run.
    #[arg(long, required_unless_present_any = ["skip_rule", "threshold"])]
    pause: bool,
    /// Rule that is not asked, as its check id in a run: `trip-rules/fare-range`.
    #[arg(long, value_name = "RULE", conflicts_with_all = ["pause", "threshold"])]
    skip_rule: Option<String>,
    /// Threshold by which the run fails instead: `hard_failure_rate<0.05`.
    #[arg(long, value_name = "THRESHOLD", conflicts_with = "pause")]
    threshold: Option<String>,
    /// The day on which it ends, or an instant such as `2026-12-01T12:00:00Z`.
    #[arg(long, value_name = "WHEN")]
    until: String,
    /// Why.
    #[arg(long)]
    reason: String,
    /// Who asks for it.
    #[arg(long, value_name = "NAME")]
    requester: String,
    /// Who agrees; somebody else.
    #[arg(long, value_name = "NAME")]
    approver: String,
    /// File with the private key that signs it: Ed25519 or ECDSA P-256, PKCS #8, PEM; several may sign.
    #[arg(long, value_name = "FILE", required = true)]
    key: Vec<PathBuf>,
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    place: Place,
    /// End with code 8 where one has expired or is refused.
    #[arg(long)]
    gate: bool,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "json"])]
    format: String,
}

/// The bundle, and where results are.
#[derive(Debug, Args)]
struct Place {
    #[command(flatten)]
    bundle: BundleArgs,
    /// Results location instead of the environment's: a folder or a `.duckdb` file.
    #[arg(long, value_name = "PATH")]
    results: Option<String>,
}

impl Place {
    fn lake(&self) -> Result<Lake, CommandError> {
        let results = match &self.results {
            Some(location) => location.clone(),
            None => self.bundle.open()?.results()?,
        };
        Ok(Lake::at(&self.bundle.project().join(results).to_string_lossy()))
    }
}

impl Override {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        match self.verb {
            Verb::Create(command) => command.run(output),
            Verb::List(command) => command.run(output),
        }
    }
}

impl Create {
    fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let bundle = self.place.bundle.open()?;
        let mut job = bundle.job(&self.job, None)?;
        let facts = bundle.facts();
        let change = match (&self.skip_rule, &self.threshold) {
            (Some(rule), _) => Change::SkipRule { rule: rule.clone() },
            (_, Some(text)) => Change::Threshold {
                severity_threshold: Threshold::parse(text).map_err(CommandError::Usage)?,
            },
            _ => Change::Pause,
        };
        change.apply(&mut job.plan).map_err(CommandError::Usage)?;
        let now = Timestamp::now();
        let record = RunOverride {
            override_version: OVERRIDE_VERSION,
            override_id: uuid::Uuid::now_v7().to_string(),
            content_digest: facts.content_digest,
            environment: facts.environment,
            job: self.job.clone(),
            change,
            reason: self.reason.clone(),
            requester: self.requester.clone(),
            approver: self.approver.clone(),
            from: now.as_second(),
            until: until(&self.until)?,
        };
        if let Some(fault) = record.fault() {
            return Err(CommandError::Usage(fault));
        }
        let payload = assay_schemas::canonical::text(&record).into_bytes();
        let mut envelope: Option<Envelope> = None;
        for path in &self.key {
            let wrong = |why: String| {
                CommandError::Usage(format!("`{}` is no key to sign with: {why}", path.display()))
            };
            let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
            let key = PrivateKey::from_pem(&text).map_err(wrong)?;
            let own = Envelope::seal(OVERRIDE_TYPE, &payload, &key);
            match &mut envelope {
                Some(envelope) => envelope.signatures.extend(own.signatures),
                None => envelope = Some(own),
            }
        }
        let Some(envelope) = envelope else { return Ok(Exit::Usage) };
        let place = overrides::write(&self.place.lake()?, &record.override_id, &envelope)?;
        output.print(&format!(
            "{}: {} until {}\n  bundle {}\n  in     {}\n",
            record.job,
            record.change.words(),
            Timestamp::from_second(record.until).unwrap_or(now),
            record.content_digest,
            place.display()
        ));
        Ok(Exit::Success)
    }
}

impl List {
    fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let bundle = self.place.bundle.open()?;
        let (digest, now) = (bundle.content_digest(), Timestamp::now().as_second());
        let mut lines = Vec::new();
        let mut drifts = false;
        for found in overrides::all(&self.place.lake()?)? {
            let standing = found.standing((&digest, bundle.environment()), now, bundle.trust());
            drifts |= matches!(standing, Standing::Expired | Standing::Refused(_));
            lines.push(if self.format == "json" {
                json!({ "path": found.path, "standing": standing, "override": found.says.as_ref().ok() }).to_string()
            } else {
                match &found.says {
                    Ok(own) => format!(
                        "{}  {}: {} until {}; asked by {}, approved by {}: {}",
                        standing.word(), own.job, own.change.words(),
                        Day::of_seconds(own.until).map(|day| day.to_string()).unwrap_or_default(),
                        own.requester, own.approver, own.reason
                    ),
                    Err(why) => format!("refused  {}: {why}", found.path.display()),
                }
            });
        }
        if lines.is_empty() && self.format == "human" {
            lines.push("no override has been made".to_owned());
        }
        output.print(&match self.format.as_str() {
            "json" => format!("[{}]\n", lines.join(",")),
            _ => lines.join("\n") + "\n",
        });
        Ok(if drifts && self.gate { Exit::Drift } else { Exit::Success })
    }
}

/// The beginning of a day in UTC, or an instant.
fn until(text: &str) -> Result<i64, CommandError> {
    if let Ok(day) = text.parse::<Day>() {
        return Ok(day.seconds());
    }
    text.parse::<Timestamp>().map(Timestamp::as_second).map_err(|_| {
        CommandError::Usage(format!(
            "`{text}` is neither a day such as `2026-12-01` nor an instant"
        ))
    })
}
