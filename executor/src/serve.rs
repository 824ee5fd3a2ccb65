//! Serve: the bundle that jobs are run from, while the place that it comes from moves on.
//!
//! The place is looked at again and again. What lies there is copied, verified and judged like any bundle, and
//! takes over only if it holds, is of the same environment, and is not older by its signed number. What does not
//! is refused, and the last good bundle stays; it is judged again for each run, so that one that is revoked since,
//! or whose signers do not count any more, runs nothing either.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use assay_schemas::bundle::Folder;
use assay_schemas::digest::Digest;
use assay_schemas::exit::Exit;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::load::{Bundle, LoadError};

/// Remembers which bundle is in use, over restarts.
const IN_USE: &str = "in-use.json";

/// A bundle that has been taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InUse {
    /// Where its copy lies, below the folder of the copies.
    copy: String,
    /// Its environment.
    pub environment: String,
    /// Digest of its manifest.
    pub artifact_digest: Digest,
    /// Digest of what it holds.
    pub content_digest: Digest,
    /// Its number, as those who count have signed it; `None` without a trust policy.
    pub sequence: Option<u64>,
}

/// A bundle that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// How a program would have ended.
    pub exit: u8,
    /// Why.
    pub reason: String,
}

/// What is known at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The bundle that jobs are run from.
    pub in_use: Option<InUse>,
    /// What lies in the place now, where that was not taken.
    pub refused: Option<Refused>,
    /// When the place was looked at.
    pub looked_at: String,
}

/// What a look at the place came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked {
    /// It is as it was.
    Same,
    /// Another bundle is in use.
    Taken(InUse),
    /// What lies there is refused.
    Refused(Refused),
}

/// The bundle in use, for all who ask.
pub struct Kept {
    /// Copies of bundles, and which of them is in use.
    folder: PathBuf,
    policy: Option<PathBuf>,
    state: Mutex<State>,
    /// Held for as long as this process serves.
    _lock: fs::File,
}

struct State {
    in_use: Option<InUse>,
    /// What the place held when it was looked at; `None` where nothing was there.
    seen: Option<Digest>,
    refused: Option<Refused>,
    looked_at: Timestamp,
}

/// Why a bundle is not taken.
enum Fault {
    Load(LoadError),
    Other(Refused),
}

impl From<LoadError> for Fault {
    fn from(error: LoadError) -> Self {
        Self::Load(error)
    }
}

impl Fault {
    fn refused(self) -> Refused {
        match self {
            Self::Load(error) => Refused { exit: error.exit().code(), reason: error.to_string() },
            Self::Other(refused) => refused,
        }
    }
}

impl Kept {
    /// What was kept in a folder before, under a trust policy.
    ///
    /// # Errors
    /// Another process keeps bundles there, or the folder is not writable.
    pub fn in_folder(folder: PathBuf, policy: Option<PathBuf>) -> std::io::Result<Self> {
        fs::create_dir_all(&folder)?;
        let lock = fs::File::create(folder.join("lock"))?;
        lock.try_lock()?;
        let in_use = fs::read(folder.join(IN_USE)).ok();
        let in_use = in_use.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let state = State { in_use, seen: None, refused: None, looked_at: Timestamp::now() };
        Ok(Self { folder, policy, state: Mutex::new(state), _lock: lock })
    }

    /// What is known now.
    pub fn status(&self) -> Status {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        Status {
            in_use: state.in_use.clone(),
            refused: state.refused.clone(),
            looked_at: state.looked_at.to_string(),
        }
    }

    /// The bundle in use, judged now.
    ///
    /// # Errors
    /// There is none, or it does not meet the policy any more.
    pub fn open(&self) -> Result<Bundle, LoadError> {
        match self.status().in_use {
            Some(in_use) => self.judged(&self.folder.join(in_use.copy)),
            None => Err(LoadError::Missing(self.folder.clone())),
        }
    }

    /// Looks at the place where a bundle lies, or hears that there is none to look at.
    pub fn look(&self, place: Result<PathBuf, Refused>) -> Looked {
        let seen = place.as_ref().ok().and_then(|place| stamp(place));
        let (in_use, before, last) = {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            (state.in_use.clone(), state.refused.clone(), state.seen)
        };
        let found = place.map_err(Fault::Other).and_then(|place| {
            // What was taken is not copied again.
            let known =
                in_use.as_ref().filter(|_| seen.is_some() && seen == last && before.is_none());
            match known {
                Some(in_use) => Ok(in_use.clone()),
                None => self.taken(&place, in_use.as_ref()),
            }
        });
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.looked_at = Timestamp::now();
        state.seen = seen;
        match found {
            Ok(found) => {
                state.refused = None;
                if in_use.as_ref() == Some(&found) {
                    return Looked::Same;
                }
                state.in_use = Some(found.clone());
                Looked::Taken(found)
            }
            Err(fault) => {
                let refused = fault.refused();
                state.refused = Some(refused.clone());
                if before.as_ref() == Some(&refused) {
                    Looked::Same
                } else {
                    Looked::Refused(refused)
                }
            }
        }
    }

    /// Copies a bundle, judges the copy, and writes down that it is in use.
    fn taken(&self, place: &Path, in_use: Option<&InUse>) -> Result<InUse, Fault> {
        // Judged where it lies, before anything is copied.
        self.judged(place)?;
        let disk = |error: std::io::Error| {
            let reason = format!("`{}` cannot be written: {error}", self.folder.display());
            Fault::Other(Refused { exit: Exit::Internal.code(), reason })
        };
        let new = Folder(self.folder.join("new"));
        let _ = fs::remove_dir_all(&new.0);
        copy(place, &new.0).map_err(disk)?;
        let found = self.judge_copy(&new, in_use);
        let found = found.inspect_err(|_| {
            let _ = fs::remove_dir_all(&new.0);
        })?;
        let copy = self.folder.join(&found.copy);
        if copy.exists() {
            fs::remove_dir_all(&new.0).map_err(disk)?;
        } else {
            fs::rename(&new.0, &copy).map_err(disk)?;
        }
        self.write_down(&found).map_err(disk)?;
        self.tidy(&found, in_use);
        Ok(found)
    }

    fn judge_copy(&self, new: &Folder, in_use: Option<&InUse>) -> Result<InUse, Fault> {
        let bundle = self.judged(&new.0)?;
        bundle.verify()?;
        let facts = bundle.facts();
        let sequence = bundle.sequence();
        let refuse =
            |exit: Exit, reason: String| Err(Fault::Other(Refused { exit: exit.code(), reason }));
        if let Some(in_use) = in_use {
            if in_use.environment != facts.environment {
                let (found, wanted) = (&facts.environment, &in_use.environment);
                let reason =
                    format!("scope: it is of `{found}`, and bundles of `{wanted}` are served");
                return refuse(Exit::Integrity, reason);
            }
            if let Some((found, last)) =
                sequence.zip(in_use.sequence).filter(|(found, last)| found < last)
            {
                let environment = &facts.environment;
                let reason = format!(
                    "freshness: it is number {found} of `{environment}`, and number {last} was in use"
                );
                return refuse(Exit::Integrity, reason);
            }
        }
        let index = stamp(&new.0).unwrap_or(facts.artifact_digest);
        Ok(InUse {
            copy: format!("{}-{}", facts.artifact_digest.short(), index.short()),
            environment: facts.environment,
            artifact_digest: facts.artifact_digest,
            content_digest: facts.content_digest,
            sequence,
        })
    }

    fn judged(&self, folder: &Path) -> Result<Bundle, LoadError> {
        match &self.policy {
            Some(policy) => Bundle::open_trusted(folder, policy, Timestamp::now().as_second()),
            None => Bundle::open(folder),
        }
    }

    fn write_down(&self, in_use: &InUse) -> std::io::Result<()> {
        let beside = self.folder.join(format!("{IN_USE}.new"));
        fs::write(&beside, assay_schemas::canonical::text(in_use))?;
        fs::rename(beside, self.folder.join(IN_USE))
    }

    /// Removes copies but for the new one and the one before, which a run may still read.
    fn tidy(&self, new: &InUse, before: Option<&InUse>) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let kept = [Some(new), before].into_iter().flatten().any(|own| *own.copy == *name);
            if !kept && entry.path().is_dir() {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

/// Tells whether a place is as it was: its index names everything else by digest.
fn stamp(place: &Path) -> Option<Digest> {
    fs::read(place.join("index.json")).ok().map(|bytes| Digest::of_bytes(&bytes))
}

/// Copies a layout; links are not followed.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &target)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
