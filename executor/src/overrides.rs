//! Overrides of a lake: small signed files, written once, that make a job do something else for a time.

use std::path::{Path, PathBuf};

use assay_schemas::day::Day;
use assay_schemas::run_override::{Change, OVERRIDE_TYPE, RunOverride};
use assay_schemas::trust::{Envelope, Policy};

use crate::lake::{Lake, LakeError, once};
use crate::load::Job;

/// The folder of a lake that holds them.
const FOLDER: &str = "overrides";

/// An override, and how it stands to a job at a time.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its file.
    pub path: PathBuf,
    /// What it says; or why it says nothing, in words.
    pub says: Result<RunOverride, String>,
    envelope: Option<Envelope>,
}

/// How an override stands to a bundle at a time.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "state", content = "why", rename_all = "snake_case")]
pub enum Standing {
    /// It holds.
    Active,
    /// It will.
    Waiting,
    /// It did.
    Expired,
    /// It is for another bundle.
    OtherBundle,
    /// Those who count have not signed it, or it is no override at all.
    Refused(String),
}

impl Standing {
    /// In a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Waiting => "waiting",
            Self::Expired => "expired",
            Self::OtherBundle => "of another bundle",
            Self::Refused(_) => "refused",
        }
    }
}

/// Writes an override into a lake, for good: its file is never changed.
///
/// # Errors
/// The lake cannot be written.
pub fn write(lake: &Lake, id: &str, envelope: &Envelope) -> Result<PathBuf, LakeError> {
    let folder = lake.files_root().join(FOLDER);
    let storage =
        |what: &str, path: &Path| LakeError::storage(format!("{what} `{}`", path.display()));
    std::fs::create_dir_all(&folder).map_err(storage("cannot create", &folder))?;
    let path = folder.join(format!("{id}.json"));
    let text = assay_schemas::canonical::text(envelope);
    once::create(&path, text.as_bytes()).map_err(storage("cannot write", &path))?;
    Ok(path)
}

/// All overrides of a lake, the oldest first.
///
/// # Errors
/// The lake cannot be read. A file that is no override is found as one that says nothing.
pub fn all(lake: &Lake) -> Result<Vec<Found>, LakeError> {
    let folder = lake.files_root().join(FOLDER);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            let what = format!("cannot read `{}`", folder.display());
            return Err(LakeError::storage(what)(error));
        }
    };
    let mut paths: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    paths.sort();
    Ok(paths.into_iter().map(|path| read(&path)).collect())
}

fn read(path: &Path) -> Found {
    let envelope = std::fs::read(path)
        .map_err(|error| error.to_string())
        .and_then(|bytes| Envelope::read(&bytes, OVERRIDE_TYPE));
    let says = envelope.clone().and_then(|envelope| {
        let payload = envelope.payload()?;
        let found: RunOverride =
            serde_json::from_slice(&payload).map_err(|error| error.to_string())?;
        match found.fault() {
            Some(fault) => Err(fault),
            None => Ok(found),
        }
    });
    Found { path: path.to_owned(), says, envelope: envelope.ok() }
}

impl Found {
    /// How it stands to a bundle, by its content and environment, at a time in seconds since 1970. Under a trust
    /// policy, those who count for that environment must have signed it, whatever it says of itself.
    pub fn standing(
        &self,
        (content_digest, environment): (&str, &str),
        now: i64,
        trust: Option<&Policy>,
    ) -> Standing {
        let found = match &self.says {
            Ok(found) => found,
            Err(why) => return Standing::Refused(why.clone()),
        };
        if found.content_digest.to_string() != content_digest || found.environment != environment {
            return Standing::OtherBundle;
        }
        let trusted = match (trust, &self.envelope, Day::of_seconds(now)) {
            (None, ..) => true,
            (Some(policy), Some(envelope), Some(day)) => {
                policy.is_met_by(envelope, environment, day)
            }
            (Some(_), ..) => false,
        };
        match now {
            _ if !trusted => Standing::Refused("those who count have not signed it".to_owned()),
            now if now < found.from => Standing::Waiting,
            now if now >= found.until => Standing::Expired,
            _ => Standing::Active,
        }
    }
}

/// What the overrides of a lake do to one run.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// Those that changed the job.
    pub active: Vec<RunOverride>,
    /// Those for the job and its bundle that did not, and why: for the record.
    pub ignored: Vec<(String, String)>,
    /// The job does not run.
    pub pause: Option<RunOverride>,
}

impl Applied {
    /// What is to be read of it wherever the run is shown; empty where nothing was overridden.
    pub fn words(&self) -> String {
        let words = self.active.iter().map(|own| {
            let until = Day::of_seconds(own.until).map(|day| day.to_string()).unwrap_or_default();
            format!(
                "{} until {until} by override {} (asked by {}, approved by {}: {})",
                own.change.words(),
                own.override_id,
                own.requester,
                own.approver,
                own.reason
            )
        });
        words.collect::<Vec<_>>().join("; ")
    }
}

/// Applies the overrides of a lake that hold for a job at a time.
///
/// # Errors
/// The lake cannot be read.
pub fn apply(lake: &Lake, job: &mut Job, now: i64) -> Result<Applied, LakeError> {
    let mut applied = Applied::default();
    let environment = job.plan.environment.clone();
    for found in all(lake)? {
        let own = match &found.says {
            Ok(own) if own.job == job.plan.job_definition_id => own.clone(),
            _ => continue,
        };
        match found.standing((&job.bundle_digest, &environment), now, job.trust.as_deref()) {
            Standing::OtherBundle => {}
            Standing::Active => match own.change.apply(&mut job.plan) {
                Ok(()) => {
                    if own.change == Change::Pause {
                        applied.pause = Some(own.clone());
                    }
                    applied.active.push(own);
                }
                Err(why) => applied.ignored.push((own.override_id, why)),
            },
            Standing::Refused(why) => applied.ignored.push((own.override_id, why)),
            other => applied.ignored.push((own.override_id, other.word().to_owned())),
        }
    }
    Ok(applied)
}
