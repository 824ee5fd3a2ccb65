//! The data files of a run.

use std::path::PathBuf;

/// The data files of a run, as the engine left them in the workspace.
#[derive(Clone, Debug, Default)]
pub struct DataFiles {
    /// The cleansed rows.
    pub cleansed: Option<PathBuf>,
    /// The rejects.
    pub rejects: Option<PathBuf>,
    /// The log of changed cells.
    pub changes: Option<PathBuf>,
    /// The clusters of a fuzzy deduplication.
    pub clusters: Option<PathBuf>,
    /// The rows that break no hard rule, where the job sets the others apart.
    pub valid: Option<PathBuf>,
    /// The rows that break one.
    pub quarantined: Option<PathBuf>,
}
