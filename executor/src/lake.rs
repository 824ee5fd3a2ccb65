//! The lake: where results live and stay.
//!
//! A results location is a folder, or a file whose name ends in `.duckdb`. Both hold the same nine
//! tables ([`tables`]). In a folder each run is a folder of its own,
//! `runs/tenant=…/environment=…/date=…/<run_id>/`, put together out of sight under `.staging/`, moved into
//! place as a whole, and valid only from the moment its marker `_SUCCESS.json` exists. In a `.duckdb`
//! file each run is one transaction; its Parquet files and all claims lie in `<file>.files/`.
//!
//! Recording has two halves, so that a full disk shows before anybody is notified: [`Lake::reserve`]
//! takes in the data files and says where they will lie; [`Reserved::publish`] makes the run visible.

mod claim;
mod data_files;
mod duckdb_file;
mod earlier;
mod error;
mod folder;
mod history;
pub mod once;
mod parts;
mod rows;
pub mod tables;
mod views;

use std::path::{Path, PathBuf};
use std::time::Duration;

use assay_schemas::verdict::Outcome;
use duckdb::{Config, Connection};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use claim::{Claim, ClaimRequest, Claimed};
pub use data_files::DataFiles;
pub use error::LakeError;
pub(crate) use parts::concatenate;
pub use views::{Answer, Views};

use crate::result::RunRecord;

/// Name of the marker that makes a run of a folder valid.
pub const MARKER: &str = "_SUCCESS.json";

/// Name of the file of a run with what was put aside.
const REJECTS: &str = "rejects.parquet";

/// A results location.
#[derive(Clone, Debug)]
pub struct Lake {
    place: Place,
    patience: Duration,
}

#[derive(Clone, Debug)]
enum Place {
    Folder(PathBuf),
    File(PathBuf),
}

/// A run that has been recorded.
#[derive(Clone, Debug, Serialize)]
pub struct Stored {
    /// The run's folder, or the `.duckdb` file.
    pub place: PathBuf,
    /// The cleansed rows, if there are any.
    pub cleansed: Option<PathBuf>,
    /// The rejects, if there are any.
    pub rejects: Option<PathBuf>,
}

/// What the marker of a run says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// The run.
    pub run_id: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Content digest of the bundle.
    pub bundle_digest: String,
    /// The run's files.
    pub files: Vec<MarkedFile>,
}

/// A file named by a marker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkedFile {
    /// Its name within the run's folder.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its bytes, as `sha256:…`.
    pub digest: String,
}

/// What a run that never ended left behind; nobody reads it.
#[derive(Clone, Debug, Serialize)]
pub struct Leftover {
    /// The folder.
    pub path: PathBuf,
    /// Time since it was last written.
    pub idle: Duration,
}

/// A run's place in the lake, taken but not yet visible. Dropping it gives the place back.
#[derive(Debug)]
pub struct Reserved {
    lake: Lake,
    run_id: String,
    staging: PathBuf,
    target: PathBuf,
    files: DataFiles,
    published: bool,
}

impl Lake {
    /// The lake at a location; touches nothing.
    pub fn at(location: &str) -> Self {
        let path = PathBuf::from(location);
        let is_file = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("duckdb"));
        let place = if is_file { Place::File(path) } else { Place::Folder(path) };
        Self { place, patience: Duration::from_secs(60) }
    }

    /// How long a `.duckdb` file in use by another process is waited for; a minute unless said.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Takes a place for a run and moves its data files there, out of sight.
    ///
    /// # Errors
    /// The run is already recorded or being recorded, a name in it cannot be part of a path, or the file
    /// system refuses.
    pub fn reserve(&self, record: &RunRecord, files: &DataFiles) -> Result<Reserved, LakeError> {
        let target = self.target(record)?;
        if self.outcome_of(&record.run_id)?.is_some() || target.exists() {
            return Err(LakeError::Invalid(format!("run {} is already recorded", record.run_id)));
        }
        let staging = self.files_root().join(".staging").join(&record.run_id);
        make_folder(&self.files_root().join(".staging"))?;
        std::fs::create_dir(&staging)
            .map_err(LakeError::storage(format!("cannot create {}", staging.display())))?;
        let mut reserved = Reserved {
            lake: self.clone(),
            run_id: record.run_id.clone(),
            staging,
            target,
            files: DataFiles::default(),
            published: false,
        };
        let take = |file: &Option<PathBuf>, name| reserved.take_in(file.as_deref(), name);
        let taken = DataFiles {
            cleansed: take(&files.cleansed, "cleansed.parquet")?,
            rejects: take(&files.rejects, REJECTS)?,
            changes: take(&files.changes, "changes.parquet")?,
            clusters: take(&files.clusters, "clusters.parquet")?,
            valid: take(&files.valid, "valid.parquet")?,
            quarantined: take(&files.quarantined, "quarantined.parquet")?,
        };
        reserved.files = taken;
        Ok(reserved)
    }

    /// Records a run: [`Lake::reserve`] and [`Reserved::publish`] at once.
    ///
    /// # Errors
    /// Those of the two.
    pub fn store(
        &self,
        record: &RunRecord,
        lineage: &[Value],
        files: &DataFiles,
    ) -> Result<Stored, LakeError> {
        self.reserve(record, files)?.publish(record, lineage)
    }

    /// How a recorded run ended; `None` where no such run is recorded.
    ///
    /// # Errors
    /// The lake cannot be read.
    pub fn outcome_of(&self, run_id: &str) -> Result<Option<Outcome>, LakeError> {
        match &self.place {
            Place::Folder(root) => {
                Ok(folder::find(root, run_id)?.map(|(_, marker)| marker.outcome))
            }
            Place::File(file) => duckdb_file::outcome_of(file, run_id, self.patience),
        }
    }

    /// The record of a run, named by its id, by the beginning of its id, or as `latest`.
    ///
    /// # Errors
    /// No run or more than one has that name, or the lake cannot be read.
    pub fn load(&self, run: &str) -> Result<RunRecord, LakeError> {
        self.views()?.load(run)
    }

    /// A file of rows that a recorded run kept, by its name such as `quarantined.parquet`; `None` where it kept none.
    ///
    /// # Errors
    /// The lake cannot be read.
    pub fn kept(&self, run_id: &str, name: &str) -> Result<Option<PathBuf>, LakeError> {
        let folder = match &self.place {
            Place::Folder(root) => folder::find(root, run_id)?.map(|(folder, _)| folder),
            Place::File(_) => Some(self.files_root().join(segment("run id", run_id)?)),
        };
        let file = folder.map(|folder| folder.join(name));
        Ok(file.filter(|file| file.is_file()))
    }

    /// Opens the views over all recorded runs, for reading.
    ///
    /// # Errors
    /// The lake cannot be read.
    pub fn views(&self) -> Result<Views, LakeError> {
        match &self.place {
            Place::Folder(root) => Views::of_folder(root),
            Place::File(file) => Views::of_file(file, &self.files_root(), self.patience),
        }
    }

    /// The markers of all recorded runs of a folder, by run id; empty for a `.duckdb` file, which checks
    /// itself.
    ///
    /// # Errors
    /// The lake cannot be read.
    pub fn markers(&self) -> Result<Vec<(PathBuf, Marker)>, LakeError> {
        match &self.place {
            Place::Folder(root) => folder::markers(root),
            Place::File(_) => Ok(Vec::new()),
        }
    }

    /// Folders that runs left behind without ever being recorded.
    ///
    /// # Errors
    /// The lake cannot be read.
    pub fn leftovers(&self) -> Result<Vec<Leftover>, LakeError> {
        folder::leftovers(&self.files_root(), matches!(self.place, Place::Folder(_)))
    }

    /// Asks to be the one run that answers a request.
    ///
    /// # Errors
    /// The lake cannot be read or written.
    pub fn claim(&self, request: &ClaimRequest<'_>) -> Result<Claimed, LakeError> {
        claim::take(self, request)
    }

    /// The folder of everything that is not a table: the lake itself, or the one beside the file.
    pub fn files_root(&self) -> PathBuf {
        match &self.place {
            Place::Folder(root) => root.clone(),
            Place::File(file) => {
                let mut name = file.file_name().unwrap_or_default().to_os_string();
                name.push(".files");
                file.with_file_name(name)
            }
        }
    }

    fn target(&self, record: &RunRecord) -> Result<PathBuf, LakeError> {
        let run = segment("run id", &record.run_id)?;
        let Place::Folder(root) = &self.place else {
            return Ok(self.files_root().join(run));
        };
        let started: jiff::Timestamp = record.started_at.parse().map_err(|_| {
            LakeError::Invalid(format!("`{}` is not a time in RFC 3339", record.started_at))
        })?;
        Ok(root
            .join("runs")
            .join(format!("tenant={}", segment("tenant", &record.tenant)?))
            .join(format!("environment={}", segment("environment", &record.environment)?))
            .join(format!("date={}", started.to_zoned(jiff::tz::TimeZone::UTC).date()))
            .join(run))
    }
}

impl Reserved {
    /// Where the cleansed rows will lie once the run is published.
    pub fn cleansed(&self) -> Option<PathBuf> {
        self.files.cleansed.as_ref().map(|_| self.target.join("cleansed.parquet"))
    }

    /// Where the rejects will lie once the run is published.
    pub fn rejects(&self) -> Option<PathBuf> {
        self.files.rejects.as_ref().map(|_| self.target.join(REJECTS))
    }

    /// Where the run will be: its folder, or the `.duckdb` file.
    pub fn place(&self) -> PathBuf {
        match &self.lake.place {
            Place::Folder(_) => self.target.clone(),
            Place::File(file) => file.clone(),
        }
    }

    /// Adds a JSON file to the run, in its folder `actions`; gives back where it will lie.
    ///
    /// # Errors
    /// The name is no plain file name or is taken, or the file system refuses.
    pub fn add(&self, name: &str, content: &Value) -> Result<PathBuf, LakeError> {
        let name = segment("file name", name)?;
        let folder = self.staging.join("actions");
        make_folder(&folder)?;
        let path = folder.join(name);
        let text = serde_json::to_vec_pretty(content)
            .map_err(|error| LakeError::Invalid(error.to_string()))?;
        let created = once::create(&path, &text)
            .map_err(LakeError::storage(format!("cannot write {}", path.display())))?;
        if created {
            return Ok(self.target.join("actions").join(name));
        }
        Err(LakeError::Invalid(format!("another action has written {name} already")))
    }

    /// Writes the record and makes the run visible, whole, at once. `record` is the final one; its run id
    /// is that of the reservation.
    ///
    /// # Errors
    /// The file system or DuckDB refuses, or somebody else recorded the run meanwhile. Then nothing is
    /// visible.
    pub fn publish(mut self, record: &RunRecord, lineage: &[Value]) -> Result<Stored, LakeError> {
        if record.run_id != self.run_id {
            let text = format!("run {} cannot take the place of {}", record.run_id, self.run_id);
            return Err(LakeError::Invalid(text));
        }
        let stored =
            Stored { place: self.place(), cleansed: self.cleansed(), rejects: self.rejects() };
        match &self.lake.place {
            Place::Folder(_) => folder::publish(&self.staging, &self.target, record, lineage)?,
            Place::File(file) => {
                duckdb_file::publish(
                    &duckdb_file::Target { file, staging: &self.staging, folder: &self.target },
                    self.lake.patience,
                    record,
                    lineage,
                )?;
            }
        }
        self.published = true;
        Ok(stored)
    }

    fn take_in(&self, from: Option<&Path>, name: &str) -> Result<Option<PathBuf>, LakeError> {
        let Some(from) = from else { return Ok(None) };
        let to = self.staging.join(name);
        once::move_file(from, &to)
            .map_err(LakeError::storage(format!("cannot store {}", to.display())))?;
        Ok(Some(to))
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if !self.published {
            // What cannot be removed now is found by `Lake::leftovers`.
            let _ = std::fs::remove_dir_all(&self.staging);
        }
    }
}

/// A name that is safe as one segment of a path.
fn segment<'a>(what: &str, name: &'a str) -> Result<&'a str, LakeError> {
    assay_schemas::id::JobDefinitionId::new(name)
        .map(|_| name)
        .map_err(|error| LakeError::Invalid(format!("{what}: {error}")))
}

fn make_folder(path: &Path) -> Result<(), LakeError> {
    std::fs::create_dir_all(path)
        .map_err(LakeError::storage(format!("cannot create {}", path.display())))
}

/// An in-memory DuckDB that fetches nothing from anywhere.
fn memory() -> Result<Connection, LakeError> {
    Ok(Connection::open_in_memory_with_flags(quiet()?)?)
}

/// The settings of every connection: no extension is looked for or fetched.
fn quiet() -> Result<Config, LakeError> {
    Ok(Config::default()
        .enable_autoload_extension(false)?
        .with("autoinstall_known_extensions", "false")?)
}

/// A path as a text literal of SQL.
fn sql_path(path: &Path) -> Result<String, LakeError> {
    let text = path
        .to_str()
        .ok_or_else(|| LakeError::Invalid(format!("{} is not UTF-8", path.display())))?;
    Ok(format!("'{}'", text.replace('\'', "''")))
}
