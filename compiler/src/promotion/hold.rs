//! Holds: a bundle that was gone back from does not come back by itself.

use assay_schemas::day::Day;
use assay_schemas::digest::Digest;

use super::HOLD;
use crate::git::BranchCommit;
use crate::past;

/// How many commits of a branch are looked at for holds.
pub const LOOKED_AT: usize = 500;

/// A bundle that may not be promoted for a time.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Hold {
    /// The bundle's content digest.
    pub content_digest: Digest,
    /// The last day on which it is held.
    pub until: Day,
    /// The commit that says so.
    pub commit: String,
}

impl Hold {
    /// The holds that the commits of a branch tell of, the newest first.
    pub fn of(commits: &[BranchCommit]) -> Vec<Self> {
        let read = |commit: &BranchCommit, value: &str| {
            let (digest, until) = value.split_once(" until ")?;
            Some(Self {
                content_digest: Digest::parse(digest.trim())?,
                until: until.trim().parse().ok()?,
                commit: commit.id.clone(),
            })
        };
        commits
            .iter()
            .flat_map(|commit| {
                past::trailers(&commit.message, HOLD)
                    .into_iter()
                    .filter_map(move |value| read(commit, value))
            })
            .collect()
    }

    /// Whether it keeps a bundle back on a day; without a day, it always does.
    pub fn keeps(&self, content_digest: Digest, day: Option<Day>) -> bool {
        self.content_digest == content_digest && day.is_none_or(|day| day <= self.until)
    }

    /// The trailer that says it.
    pub fn trailer(content_digest: Digest, until: Day) -> String {
        format!("{HOLD}: {content_digest} until {until}")
    }
}
