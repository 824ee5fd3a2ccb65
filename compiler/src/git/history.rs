//! What led to a revision: when it was committed, by whom it was changed, and what they said.

use super::{Error, Repository};

impl Repository {
    /// When a revision was committed, in seconds since 1970.
    ///
    /// # Errors
    /// Those of [`Repository::commit_info`].
    pub fn committed(&self, revision: &str) -> Result<i64, Error> {
        let (id, _) = self.resolve(revision)?;
        let commit = self.object(id, revision)?.try_into_commit();
        let commit = commit.map_err(|error| self.broken(id, revision, &error))?;
        let time = commit.time().map_err(|error| self.broken(id, revision, &error))?;
        Ok(time.seconds)
    }
}
