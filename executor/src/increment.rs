//! Increments: what a run measures of each file is kept in the lake, so that a run over the same files and new
//! ones reads the new ones only and comes to the same verdicts.
//!
//! ```text
//! split  plan   → part     what each file can be asked alone, and what only all files together can tell
//! state  part   → state    what one file answered, in a form that can be kept
//! merge  states → figures  as one scan over all files would have found them, to the last digit
//! ```
//!
//! Nothing here knows an engine: a part is a plan like any other. What cannot be put together exactly is not put
//! together; then the plan says why, and every file is read.

mod merge;
mod split;
mod state;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use assay_schemas::digest::Digest;
use serde_json::json;

use crate::engine::{EngineError, FileRead};
use crate::input::Digests;
use crate::input::acquire::InputFile;
use crate::lake::{Lake, LakeError};
use crate::run::{Files, Request};
pub use merge::Merged;
pub use split::{Rest, Split};
pub use state::{Answer, Counts, State};

/// A file with its bytes known, and what an earlier run measured of it.
#[derive(Debug)]
pub struct Known {
    /// Its path as named, its length and its digest.
    pub read: FileRead,
    /// What was measured of it; `None` where it must be read.
    pub state: Option<State>,
    /// What tells without reading whether a file here is the one that was hashed.
    stamp: Option<Stamp>,
    /// Its bytes were hashed just now, and long enough after its last change to trust the stamp from here on.
    fresh: bool,
}

/// What the file system says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    name: String,
    changed: Option<SystemTime>,
}

/// Times of file systems may be as coarse as this: a file changed within it before it was hashed may have been
/// changed after, too, and bear the same time.
const COARSE: Duration = Duration::from_secs(2);

/// What is known of the files of a run.
#[derive(Debug)]
pub struct Outlook {
    /// How the plan was taken apart.
    pub split: Split,
    /// The files of the judged dataset, in order.
    pub files: Vec<Known>,
    /// Names the question that each file is asked: the same name, the same answer for the same bytes.
    key: String,
}

/// Takes the plan of a request apart and finds what earlier runs have measured of its files; the reason why
/// every file is read where that cannot be done.
///
/// # Errors
/// A file cannot be read, or the lake cannot.
pub fn outlook(
    request: &Request,
    lake: &Lake,
    files: &Files,
) -> Result<Result<Outlook, String>, EngineError> {
    if request.replays.is_some() {
        return Ok(Err("the rows of a replay are no files of the dataset".to_owned()));
    }
    let split = match Split::of(&request.job.plan) {
        Ok(split) => split,
        Err(why) => return Ok(Err(why)),
    };
    let mut lookups = Vec::new();
    for files in &files.lookups {
        lookups.push(identify(lake, files)?.into_iter().map(|known| known.read.digest).collect());
    }
    let key = key(request, &split, &lookups);
    let mut known = identify(lake, &files.judged)?;
    for file in &mut known {
        file.state = lake
            .part(&key, &file.read.digest)
            .map_err(|error| told(&error))?
            .filter(|state| state.answers(&split));
    }
    Ok(Ok(Outlook { split, files: known, key }))
}

/// All that what is measured of a file depends on beside its bytes.
fn key(request: &Request, split: &Split, lookups: &Vec<Vec<String>>) -> String {
    let plan = &request.job.plan;
    let question = json!({
        "state": state::FORM,
        "executor": env!("CARGO_PKG_VERSION"),
        "engine": plan.engine,
        "tenant": plan.tenant_id,
        "contract": plan.contract_id,
        "part": split.part,
        "lookups": plan.lookups,
        "lookup_files": lookups,
        "violation_rows": plan.violation_rows,
    });
    Digest::of(&question).to_string()
}

/// The bytes of files: those of a file that looks as it did when it was hashed are not read for it.
fn identify(lake: &Lake, files: &[InputFile]) -> Result<Vec<Known>, EngineError> {
    let mut found: BTreeMap<usize, Known> = BTreeMap::new();
    let mut unknown = Vec::new();
    for (place, file) in files.iter().enumerate() {
        if let Some(origin) = &file.origin {
            let (path, bytes, digest) = (origin.uri.clone(), origin.size, origin.digest.clone());
            let read = FileRead { path, bytes, digest };
            found.insert(place, Known { read, state: None, stamp: None, fresh: false });
            continue;
        }
        let stamp = Stamp::of(&file.path)?;
        match lake.stamped(&stamp.key()).map_err(|error| told(&error))? {
            Some(digest) => {
                let read = FileRead { path: file.name.clone(), bytes: stamp.bytes, digest };
                found.insert(place, Known { read, state: None, stamp: Some(stamp), fresh: false });
            }
            None => unknown.push((place, stamp)),
        }
    }
    let now = SystemTime::now();
    let paths = unknown.iter().filter_map(|(place, _)| files.get(*place));
    let paths: Vec<_> = paths.map(|file| file.path.clone()).collect();
    for ((place, stamp), read) in unknown.into_iter().zip(Digests::start(&paths)?.finish()?) {
        let settled = |at| now.duration_since(at).is_ok_and(|since| since > COARSE);
        let fresh = stamp.changed.is_some_and(settled);
        found.insert(place, Known { read, state: None, stamp: Some(stamp), fresh });
    }
    Ok(found.into_values().collect())
}

impl Stamp {
    fn of(path: &Path) -> Result<Self, EngineError> {
        let named = |error| EngineError::Data(format!("{}: {error}", path.display()));
        let data = std::fs::metadata(path).map_err(named)?;
        let full = std::fs::canonicalize(path).map_err(named)?;
        Ok(Self {
            bytes: data.len(),
            name: full.to_string_lossy().into_owned(),
            changed: last_change(&data),
        })
    }

    /// The name of the stamp in the lake.
    fn key(&self) -> String {
        let since = self.changed.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let nanoseconds = since.map(|since| since.as_nanos().to_string());
        Digest::of(&(self.bytes, &self.name, nanoseconds)).to_string()
    }
}

/// When a file was last changed: the later of the two times that Unix keeps, of which nobody can set the second.
fn last_change(data: &std::fs::Metadata) -> Option<SystemTime> {
    let modified = data.modified().ok()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let seconds = u64::try_from(data.ctime()).ok()?;
        let nanoseconds = u32::try_from(data.ctime_nsec()).ok()?;
        Some(modified.max(UNIX_EPOCH + Duration::new(seconds, nanoseconds)))
    }
    #[cfg(not(unix))]
    Some(modified)
}

impl Outlook {
    /// What a run has measured of the file at a place.
    pub fn answered(&mut self, place: usize, state: State) {
        if let Some(known) = self.files.get_mut(place) {
            known.state = Some(state);
        }
    }

    /// Whether files are still as they were when they were identified.
    ///
    /// # Errors
    /// One is not.
    pub fn unchanged(&self, files: &Files) -> Result<(), EngineError> {
        for (known, file) in self.files.iter().zip(&files.judged) {
            if let Some(stamp) = &known.stamp
                && Stamp::of(&file.path)? != *stamp
            {
                return Err(EngineError::Data(format!(
                    "{}: the file was changed while it was read; run again",
                    file.path.display()
                )));
            }
        }
        Ok(())
    }

    /// Keeps what this run has measured, for later ones.
    ///
    /// # Errors
    /// The lake cannot be written.
    pub fn keep(&self, lake: &Lake, run_id: &str) -> Result<(), LakeError> {
        for known in &self.files {
            if let Some(state) = known.state.as_ref().filter(|state| state.run_id == run_id) {
                lake.keep_part(&self.key, &known.read.digest, state)?;
            }
            if let Some(stamp) = known.stamp.as_ref().filter(|_| known.fresh) {
                lake.keep_stamp(&stamp.key(), &known.read.digest)?;
            }
        }
        Ok(())
    }
}

fn told(error: &LakeError) -> EngineError {
    EngineError::Resource(format!("what earlier runs measured cannot be read: {error}"))
}
