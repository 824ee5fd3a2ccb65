//! Demands on the files of a run, judged from what the file system says and from what earlier runs read.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use assay_schemas::plan::{Body, DatasetPlan, FileDemand};
use assay_schemas::verdict::Measurement;

use crate::engine::structure::matches_whole;
use crate::engine::{Earlier, FileRead, Measured};

/// What is known of the files of a run.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The files, in order, where they lie on this machine.
    pub files: &'a [PathBuf],
    /// What they are called.
    pub names: &'a [String],
    /// The same with their bytes and digests.
    pub read: &'a [FileRead],
    /// What earlier runs found.
    pub earlier: &'a Earlier,
    /// The start of the run in microseconds since 1970-01-01 UTC.
    pub now: i64,
}

/// Adds the measurements of all checks of files.
pub fn measure(dataset: &DatasetPlan, known: Known<'_>, measured: &mut Measured) {
    for check in &dataset.checks {
        if let Body::Files(demand) = &check.body {
            let measurement =
                one(demand, known).unwrap_or_else(|reason| Measurement::Broken { reason });
            measured.checks.insert(check.check_id.clone(), measurement);
        }
    }
}

fn one(demand: &FileDemand, known: Known<'_>) -> Result<Measurement, String> {
    let faults = match demand {
        FileDemand::Fresh { max_age } => return fresh(*max_age, known),
        FileDemand::Count { bounds } => {
            let count = known.files.len() as f64;
            let within = bounds.contain(count);
            return Ok(Measurement::figure(Some(count), None, within));
        }
        FileDemand::Size { bounds } => {
            let wrong = known.read.iter().filter(|file| !bounds.contain(file.bytes as f64));
            wrong.map(|file| format!("`{}` has {} bytes", name(&file.path), file.bytes)).collect()
        }
        FileDemand::Names { pattern } => {
            let names: Vec<String> = known.names.iter().map(|path| name(path).to_owned()).collect();
            let matched = matches_whole(&names, pattern).map_err(|error| error.to_string())?;
            let wrong = names.iter().zip(matched).filter(|(_, matches)| !matches);
            wrong.map(|(name, _)| format!("the name `{name}` does not match")).collect()
        }
        FileDemand::Unique => repeated(known),
    };
    Ok(Measurement::Faults { faults })
}

fn name(path: &str) -> &str {
    Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or(path)
}

fn fresh(max_age: f64, known: Known<'_>) -> Result<Measurement, String> {
    let mut newest: Option<f64> = None;
    for file in known.files {
        let changed = std::fs::metadata(file).and_then(|found| found.modified());
        let changed = changed.map_err(|error| {
            format!("when `{}` was changed cannot be told: {error}", file.display())
        })?;
        let seconds = match changed.duration_since(UNIX_EPOCH) {
            Ok(after) => after.as_secs_f64(),
            Err(before) => -before.duration().as_secs_f64(),
        };
        newest = Some(newest.map_or(seconds, |newest| newest.max(seconds)));
    }
    // A file that came while the run began has no age yet.
    let age = newest.map(|newest| (known.now as f64 / 1e6 - newest).max(0.0));
    Ok(Measurement::figure(
        age,
        age.map(crate::engine::duration),
        age.is_some_and(|age| age <= max_age),
    ))
}

fn repeated(known: Known<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    for (index, file) in known.read.iter().enumerate() {
        let before = known.read.iter().take(index).find(|other| other.digest == file.digest);
        if let Some(other) = before {
            let (one, other) = (name(&file.path), name(&other.path));
            faults.push(format!("`{one}` has the bytes of `{other}`"));
        } else if let Some(run) = known.earlier.digests.get(&file.digest) {
            faults.push(format!("`{}` has bytes that run {run} has read", name(&file.path)));
        }
    }
    faults
}
