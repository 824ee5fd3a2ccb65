//! Why the lake could not do what it was asked.

use std::io;

/// Why the lake could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// What was asked makes no sense; the text says why.
    #[error("{0}")]
    Invalid(String),
    /// No such run.
    #[error("{0}")]
    NotFound(String),
    /// Somebody else is using what is needed; trying later helps.
    #[error("{0}")]
    Busy(String),
    /// The file system refused: full, missing or not permitted.
    #[error("{what}: {source}")]
    Storage {
        /// What was being done, with the path.
        what: String,
        /// The refusal.
        source: io::Error,
    },
    /// DuckDB refused.
    #[error("{0}")]
    Query(String),
}

impl LakeError {
    pub(crate) fn storage(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Storage { what, source }
    }
}

impl From<duckdb::Error> for LakeError {
    fn from(error: duckdb::Error) -> Self {
        let text = match error {
            duckdb::Error::DuckDBFailure(_, Some(text)) => text,
            other => other.to_string(),
        };
        Self::Query(text)
    }
}
