//! Runs that are only looked at: nothing of them is recorded, and no action is carried out.

use std::path::{Path, PathBuf};

use assay_schemas::plan::Actions;
use jiff::Timestamp;

use super::CommandError;
use super::run::Spinner;
use crate::load::Job;
use crate::result::RunRecord;
use crate::run::{self, Request};

/// What a job says of the data, in a lake that is gone afterwards. `input` takes the place of what the contract
/// names, where there is any; relative paths of the contract start from `root`.
///
/// # Errors
/// The run could not be carried out; that a check or the data is broken is no error.
pub(super) fn record(
    mut job: Job,
    root: &Path,
    input: &[String],
) -> Result<RunRecord, CommandError> {
    let lake = Folder::create()?;
    job.plan.actions = Actions::default();
    job.plan.idempotency_scope = "none".to_owned();
    job.plan.quarantine = false;
    job.plan.incremental = false;
    let request = Request {
        job,
        replays: None,
        run_id: uuid::Uuid::now_v7().to_string(),
        root: root.to_owned(),
        input: input.to_vec(),
        results: Some(lake.0.to_string_lossy().into_owned()),
        run_key: None,
        force: false,
        fetch_limit: None,
        // Proofs count what rows there are without naming each.
        scan_all: true,
        now: Timestamp::now(),
    };
    let spinner = Spinner::start(&request.job.name);
    let result = run::run(&request, &spinner);
    spinner.stop();
    Ok(result?.record)
}

/// A folder that is gone when it is no longer needed.
struct Folder(PathBuf);

impl Folder {
    fn create() -> Result<Self, CommandError> {
        let folder = std::env::temp_dir().join(format!("assay-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).map_err(|error| {
            CommandError::Usage(format!("`{}` cannot be made: {error}", folder.display()))
        })?;
        // Where results go is relative to the project, so the folder is named from the root of the disk.
        let whole = std::path::absolute(&folder).unwrap_or(folder);
        Ok(Self(whole))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
