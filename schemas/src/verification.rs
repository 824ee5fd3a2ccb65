//! Verifications: what the runs of an environment say of a bundle, written by the executor from its lake and
//! read by the compiler when the bundle is to be promoted.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// Version of this form.
pub const VERIFICATION_VERSION: u32 = 1;

/// What the runs of one bundle came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// [`VERIFICATION_VERSION`] of the writer.
    pub verification_version: u32,
    /// The environment that the runs were in.
    pub environment: String,
    /// Digest of the bundle's content.
    pub content_digest: Digest,
    /// Digest of its core, which other environments may share.
    pub core_digest: Digest,
    /// Jobs of the bundle.
    pub jobs: u64,
    /// Jobs whose latest run of this bundle neither failed nor broke.
    pub verified_jobs: u64,
    /// The jobs that did, or that have not run, by name; at most the first few.
    pub open_jobs: Vec<String>,
    /// Drift of classes that the environment has gate, in words; at most the first few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<String>,
    /// When the first of those runs began, in seconds since 1970.
    pub since: Option<i64>,
    /// When the lake was looked at, in seconds since 1970.
    pub at: i64,
}

impl Verification {
    /// Whether every job of the bundle has run and none of them failed.
    pub fn holds(&self) -> bool {
        self.jobs > 0 && self.verified_jobs == self.jobs
    }

    /// Whether these jobs have run and none of them failed; not where only some of the others are named.
    pub fn holds_for(&self, jobs: &[String]) -> bool {
        let open = self.jobs.saturating_sub(self.verified_jobs);
        open as usize <= self.open_jobs.len()
            && jobs.iter().all(|job| !self.open_jobs.contains(job))
    }
}
