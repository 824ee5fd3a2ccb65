//! The commits that lead to one commit and not to another.

use std::collections::HashSet;

use gix::ObjectId;
use gix::revision::walk::Sorting;
use gix::traverse::commit::simple::CommitTimeOrder;

use super::{Error, Repository};

/// How far the clocks of those who commit may be apart, in seconds: a day.
const SKEW: i64 = 86_400;

/// A commit, and the commits that it follows.
pub(super) struct Beyond {
    pub(super) id: ObjectId,
    pub(super) parents: Vec<ObjectId>,
}

impl Repository {
    /// The commits that lead to `tip`, which `name` stands for, and not to `other`.
    ///
    /// # Errors
    /// [`Error::Missing`] and [`Error::Broken`].
    pub(super) fn beyond(
        &self,
        tip: ObjectId,
        other: ObjectId,
        name: &str,
    ) -> Result<Vec<Beyond>, Error> {
        let broken = |error: &dyn std::fmt::Display| self.broken(tip, name, error);
        let walk = self.repository.rev_walk([tip]).with_hidden([other]).all();
        let mut found = Vec::new();
        let mut oldest = i64::MAX;
        for info in walk.map_err(|error| broken(&error))? {
            let info = info.map_err(|error| broken(&error))?;
            let time = self.commit(info.id)?.time().map_err(|error| broken(&error))?;
            oldest = oldest.min(time.seconds);
            found.push(Beyond { id: info.id, parents: info.parent_ids.to_vec() });
        }
        if found.is_empty() {
            return Ok(found);
        }
        // The walk trusts the clocks: among commits of one second, such as a program makes, some that lead to both
        // pass for those of one alone.
        let order = CommitTimeOrder::NewestFirst;
        let since = Sorting::ByCommitTimeCutoff { order, seconds: oldest.saturating_sub(SKEW) };
        let both = self.repository.rev_walk([other]).sorting(since).all();
        let mut shared = HashSet::new();
        for info in both.map_err(|error| broken(&error))? {
            shared.insert(info.map_err(|error| broken(&error))?.id);
        }
        found.retain(|commit| !shared.contains(&commit.id));
        Ok(found)
    }
}
