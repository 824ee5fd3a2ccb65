//! What a caller asks of a run.

use std::path::{Path, PathBuf};

use assay_schemas::digest::Digest;
use jiff::Timestamp;

use super::RunError;
use crate::engine::EngineError;
use crate::input::acquire::{self, InputFile, Place};
use crate::load::Job;
use assay_input::remote::Budget;

/// A request to run a job.
#[derive(Clone, Debug)]
pub struct Request {
    /// The job.
    pub job: Job,
    /// The new run's id, a UUID of version 7.
    pub run_id: String,
    /// The folder that relative paths of the plan start from.
    pub root: PathBuf,
    /// Input instead of the plan's: paths or globs.
    pub input: Vec<String>,
    /// Results location instead of the plan's.
    pub results: Option<String>,
    /// What makes two requests the same, for jobs of scope `per_run_key`.
    pub run_key: Option<String>,
    /// Run although another run has answered the same request.
    pub force: bool,
    /// Bytes that may be fetched from remote locations; [`acquire::FETCH_LIMIT`] where nothing is said.
    pub fetch_limit: Option<u64>,
    /// Scan for everything, also for what metadata proves.
    pub scan_all: bool,
    /// The run whose quarantined rows are run again, where this is such a request.
    pub replays: Option<String>,
    /// The start of the run.
    pub now: Timestamp,
}

/// The files of a run.
#[derive(Clone, Debug)]
pub struct Files {
    /// Those of the dataset that is judged.
    pub judged: Vec<InputFile>,
    /// Those of each lookup, in the order of the plan.
    pub lookups: Vec<Vec<InputFile>>,
}

impl Request {
    /// The files of the dataset and of its lookups; remote ones are fetched into `folder`.
    ///
    /// # Errors
    /// Nothing matches, neither plan nor request names an input, or a location cannot be read.
    pub fn files(&self, folder: &Path) -> Result<Files, EngineError> {
        let budget = Budget::new(self.fetch_limit.unwrap_or(acquire::FETCH_LIMIT));
        let place = Place { root: &self.root, folder, budget: &budget };
        let lookups = self.job.plan.lookups.iter().map(|lookup| {
            let pattern = lookup.source.path.clone().ok_or_else(|| {
                let id = &lookup.dataset_contract_id;
                EngineError::Data(format!("the contract names no `path` for dataset `{id}`"))
            })?;
            // Which columns the checks of the other dataset look at, its own plan does not say.
            acquire::acquire(lookup, &[pattern], true, place)
        });
        let lookups = lookups.collect::<Result<_, _>>()?;
        let (patterns, root) = self.patterns()?;
        let place = Place { root, ..place };
        let plan = &self.job.plan;
        // What is kept of a file holds for all of it.
        let whole = plan.quarantine || plan.incremental;
        let judged = acquire::acquire(&plan.dataset, &patterns, whole, place)?;
        Ok(Files { judged, lookups })
    }

    /// Where results go: a folder or a `.duckdb` file.
    pub fn results(&self) -> String {
        let location = self.results.as_ref().unwrap_or(&self.job.plan.results);
        self.root.join(location).to_string_lossy().into_owned()
    }

    /// The patterns of what is judged, and where relative ones start.
    fn patterns(&self) -> Result<(Vec<String>, &Path), EngineError> {
        if !self.input.is_empty() {
            return Ok((self.input.clone(), Path::new("")));
        }
        match &self.job.plan.dataset.source.path {
            Some(path) => Ok((vec![path.clone()], &self.root)),
            None => Err(EngineError::Data(
                "the contract names no `path` for this dataset: name the input with `--input`"
                    .to_owned(),
            )),
        }
    }

    /// What the request is the same by; `None` where every request runs.
    pub(super) fn scope_key(&self) -> Result<Option<String>, RunError> {
        let scope = self.job.plan.idempotency_scope.as_str();
        match scope {
            "none" => Ok(None),
            "per_day" => Ok(Some(format!("per_day:{}", self.now.strftime("%Y-%m-%d")))),
            "per_run_key" => match &self.run_key {
                Some(key) => Ok(Some(format!("per_run_key:{key}"))),
                None => Err(RunError::Usage(
                    "the job runs once for each key: name it with `--run-key KEY`".to_owned(),
                )),
            },
            "per_blob_uri" => Ok(self.blob_key()),
            other => {
                Err(RunError::Usage(format!("this executor knows no idempotency scope `{other}`")))
            }
        }
    }

    /// The input's locations and the bytes found there. Input that cannot be read has no key; the run will
    /// say why.
    fn blob_key(&self) -> Option<String> {
        let (patterns, root) = self.patterns().ok()?;
        let storage = self.job.plan.dataset.source.storage.as_ref();
        let found = acquire::identities(storage, &patterns, root).ok()?;
        let blobs: Vec<_> =
            found.into_iter().map(|(path, digest)| (self.shown(&path), digest)).collect();
        Some(format!("per_blob_uri:{}", Digest::of(&blobs)))
    }

    /// A path as results show it: from the project's folder where it lies inside.
    pub(super) fn shown(&self, path: &str) -> String {
        if acquire::is_uri(path) {
            return path.to_owned();
        }
        let absolute = |path: &Path| {
            let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
            std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
        };
        let full = absolute(Path::new(path));
        full.strip_prefix(absolute(&self.root)).unwrap_or(&full).to_string_lossy().into_owned()
    }
}
