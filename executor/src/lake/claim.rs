//! Idempotency: of several requests that mean the same, one runs.
//!
//! A claim is a small file, created if absent and never changed: `claims/<key>/000001.json`. Whoever
//! creates it runs. It stands
//!
//! - while its run is under way: until its lease ends, or until its process is seen to be gone;
//! - for good once its run is recorded with any outcome but `error`: success and failure are answers, and
//!   asking again would give the same one.
//!
//! A claim that does not stand is taken over by creating the next number, which again has one winner. So
//! an idempotent request that ended in `error`, or that never ended, may be repeated; `force` takes over
//! in any case except from a run still under way.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assay_schemas::digest::Digest;
use assay_schemas::verdict::Outcome;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Lake, LakeError, once};

mod holder;

use holder::Holder;

/// A wish to be the one run that answers a request.
#[derive(Clone, Copy, Debug)]
pub struct ClaimRequest<'a> {
    /// The run that asks.
    pub run_id: &'a str,
    /// The job.
    pub job: &'a str,
    /// Content digest of the bundle.
    pub bundle_digest: &'a str,
    /// What makes two requests the same one: the file, the day, or a key of the caller's.
    pub scope_key: &'a str,
    /// How long the run may take before others may conclude that it died.
    pub lease: Duration,
    /// Run although the request has been answered.
    pub force: bool,
}

/// The answer to a [`ClaimRequest`].
#[derive(Debug)]
pub enum Claimed {
    /// The request is the caller's to answer.
    Granted(Claim),
    /// Another run is answering it right now.
    UnderWay {
        /// That run.
        run_id: String,
        /// When it began.
        since: String,
    },
    /// Another run has answered it.
    Answered {
        /// That run.
        run_id: String,
        /// How it ended.
        outcome: Outcome,
    },
}

/// A claim that is held. Dropping it without [`Claim::keep`] gives it back.
#[derive(Debug)]
pub struct Claim {
    folder: PathBuf,
    number: u32,
    kept: bool,
}

/// What a claim file says.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    run_id: String,
    job: String,
    bundle_digest: String,
    scope_key: String,
    claimed_at: Timestamp,
    lease_until: Timestamp,
    holder: Holder,
}

/// The newest claim of a key.
struct Newest {
    number: u32,
    entry: Entry,
    released: bool,
}

impl Claim {
    /// Whether nobody has taken the claim over. To be asked before a run is published: a run that
    /// outlived its lease may have been replaced.
    ///
    /// # Errors
    /// The claims cannot be read.
    pub fn is_held(&self) -> Result<bool, LakeError> {
        let next = self.folder.join(file_name(self.number + 1));
        next.try_exists()
            .map(|taken| !taken)
            .map_err(LakeError::storage(format!("cannot read {}", self.folder.display())))
    }

    /// Leaves the claim standing; to be called once the run is recorded.
    pub fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.kept {
            // Where this fails the lease ends the claim.
            let _ = once::create(&self.folder.join(released_name(self.number)), b"{}\n");
        }
    }
}

/// The key of a request.
fn key(request: &ClaimRequest<'_>) -> String {
    Digest::of(&[request.job, request.bundle_digest, request.scope_key]).hex()
}

fn file_name(number: u32) -> String {
    format!("{number:06}.json")
}

fn released_name(number: u32) -> String {
    format!("{number:06}.released.json")
}

pub(super) fn take(lake: &Lake, request: &ClaimRequest<'_>) -> Result<Claimed, LakeError> {
    let folder = lake.files_root().join("claims").join(key(request));
    super::make_folder(&folder)?;
    loop {
        let newest = newest(&folder)?;
        if let Some(newest) = &newest
            && let Some(refusal) = standing(lake, newest, request.force)?
        {
            return Ok(refusal);
        }
        let number = newest.map_or(1, |newest| newest.number + 1);
        let path = folder.join(file_name(number));
        let created = once::create(&path, &entry(request)?)
            .map_err(LakeError::storage(format!("cannot write {}", path.display())))?;
        if created {
            return Ok(Claimed::Granted(Claim { folder, number, kept: false }));
        }
        // Somebody else was faster; theirs is the newest now.
    }
}

fn entry(request: &ClaimRequest<'_>) -> Result<Vec<u8>, LakeError> {
    let now = Timestamp::now();
    let lease = SignedDuration::try_from(request.lease).unwrap_or(SignedDuration::MAX);
    let entry = Entry {
        run_id: request.run_id.to_owned(),
        job: request.job.to_owned(),
        bundle_digest: request.bundle_digest.to_owned(),
        scope_key: request.scope_key.to_owned(),
        claimed_at: now,
        lease_until: now.checked_add(lease).unwrap_or(Timestamp::MAX),
        holder: Holder::current(),
    };
    serde_json::to_vec_pretty(&entry).map_err(|error| LakeError::Invalid(error.to_string()))
}

/// Why the newest claim stands; `None` where it may be taken over.
fn standing(lake: &Lake, newest: &Newest, force: bool) -> Result<Option<Claimed>, LakeError> {
    let entry = &newest.entry;
    if let Some(outcome) = lake.outcome_of(&entry.run_id)? {
        let repeatable = force || outcome == Outcome::Error;
        let answer = Claimed::Answered { run_id: entry.run_id.clone(), outcome };
        return Ok((!repeatable).then_some(answer));
    }
    let over = newest.released || Timestamp::now() >= entry.lease_until || entry.holder.is_gone();
    let run_id = entry.run_id.clone();
    Ok((!over).then(|| Claimed::UnderWay { run_id, since: entry.claimed_at.to_string() }))
}

fn newest(folder: &Path) -> Result<Option<Newest>, LakeError> {
    let failed = || LakeError::storage(format!("cannot read {}", folder.display()));
    let names = fs::read_dir(folder)
        .and_then(|entries| {
            entries
                .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
                .collect::<io::Result<Vec<_>>>()
        })
        .map_err(failed())?;
    let number =
        names.iter().filter_map(|name| name.strip_suffix(".json")?.parse::<u32>().ok()).max();
    let Some(number) = number else { return Ok(None) };
    let path = folder.join(file_name(number));
    let text = fs::read(&path).map_err(failed())?;
    let entry = serde_json::from_slice(&text)
        .map_err(|error| LakeError::Invalid(format!("{}: {error}", path.display())))?;
    let released = names.contains(&released_name(number));
    Ok(Some(Newest { number, entry, released }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: ClaimRequest<'static> = ClaimRequest {
        run_id: "r1",
        job: "taxi",
        bundle_digest: "sha256:00",
        scope_key: "2026-11-20",
        lease: Duration::from_secs(3600),
        force: false,
    };

    fn lake() -> (tempfile::TempDir, Lake) {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::at(folder.path().to_str().unwrap());
        (folder, lake)
    }

    #[test]
    fn of_many_requests_at_once_one_is_granted_and_the_others_name_it() {
        let (_folder, lake) = lake();
        let ids: Vec<String> = (0..8).map(|n| format!("run-{n}")).collect();
        let answers: Vec<Claimed> = std::thread::scope(|scope| {
            let threads: Vec<_> = ids
                .iter()
                .map(|id| {
                    let request = ClaimRequest { run_id: id, ..REQUEST };
                    let lake = &lake;
                    scope.spawn(move || lake.claim(&request).unwrap())
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let winner =
            answers.iter().position(|answer| matches!(answer, Claimed::Granted(_))).unwrap();
        for (index, answer) in answers.iter().enumerate() {
            match answer {
                Claimed::Granted(_) => assert_eq!(index, winner),
                Claimed::UnderWay { run_id, .. } => assert_eq!(*run_id, ids[winner]),
                Claimed::Answered { .. } => panic!("nothing is answered yet"),
            }
        }
    }

    #[test]
    fn a_claim_given_back_or_expired_is_taken_over_once() {
        let (_folder, lake) = lake();
        drop(lake.claim(&REQUEST).unwrap());
        let second = ClaimRequest { run_id: "r2", lease: Duration::ZERO, ..REQUEST };
        let Claimed::Granted(expired) = lake.claim(&second).unwrap() else { panic!("given back") };
        assert!(expired.is_held().unwrap());
        let third = ClaimRequest { run_id: "r3", ..REQUEST };
        let Claimed::Granted(third) = lake.claim(&third).unwrap() else { panic!("expired") };
        assert!(!expired.is_held().unwrap());
        let fourth = lake.claim(&ClaimRequest { run_id: "r4", ..REQUEST }).unwrap();
        assert!(matches!(fourth, Claimed::UnderWay { run_id, .. } if run_id == "r3"));
        third.keep();
    }

    #[test]
    fn another_file_or_bundle_is_another_request() {
        let (_folder, lake) = lake();
        let first = lake.claim(&REQUEST).unwrap();
        for other in [
            ClaimRequest { run_id: "r2", scope_key: "2026-11-21", ..REQUEST },
            ClaimRequest { run_id: "r3", bundle_digest: "sha256:01", ..REQUEST },
        ] {
            assert!(matches!(lake.claim(&other).unwrap(), Claimed::Granted(_)));
        }
        drop(first);
    }
}
