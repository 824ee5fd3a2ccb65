//! What a recorded run left: the rows that it kept, the files that it read, or what it measured of them.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::{CommandError, replay};
use super::{Found, VerdictDiff};
use crate::flips::{Flips, recorded};
use crate::input::Digests;
use crate::lake::Lake;
use crate::load::{Bundle, Job};
use crate::result::RunRecord;

/// The files that together hold all rows of a run as they were judged, in the order in which they are looked for.
const KEPT: [&[&str]; 2] = [&["cleansed.parquet"], &["valid.parquet", "quarantined.parquet"]];

impl VerdictDiff {
    /// The lake, where recorded runs are looked at.
    pub(super) fn lake(&self, base: &Bundle) -> Result<Option<Lake>, CommandError> {
        if !self.recorded && self.run.is_none() {
            return Ok(None);
        }
        if self.run.is_some() && self.job.len() != 1 {
            let words = "a run is of one job: name it with `--job`";
            return Err(CommandError::Usage(words.to_owned()));
        }
        let location = match &self.results {
            Some(path) => path.clone(),
            None => self.project().join(base.results()?),
        };
        // Paths of what lies in it are named from the root of the disk, wherever the project is.
        let location = std::path::absolute(&location).unwrap_or(location);
        Ok(Some(Lake::at(&location.to_string_lossy())))
    }

    /// What both versions say of what a run left.
    pub(super) fn recorded(
        &self,
        lake: &Lake,
        mut before: Job,
        mut after: Job,
    ) -> Result<Found, CommandError> {
        let Some(run) = self.latest(lake, &before)? else {
            let words = "no run of it is recorded, so there is nothing to look at";
            return Ok(Found::none(before.plan.job_definition_id, words));
        };
        let id = run.run_id.clone();
        let cleansed_otherwise = before.plan.dataset.steps != after.plan.dataset.steps;
        if let Some(rows) = kept(lake, &id)? {
            for job in [&mut before, &mut after] {
                rows.iter().for_each(|file| replay::prepare(&mut job.plan, file));
            }
            let paths: Vec<_> =
                rows.iter().map(|path| path.to_string_lossy().into_owned()).collect();
            let flips = self.over((before, after), &paths)?;
            return Ok(from(flips, format!("the rows that run {id} kept"), cleansed_otherwise));
        }
        if let Some(files) = self.unchanged(&run) {
            let flips = self.over((before, after), &files)?;
            return Ok(from(flips, format!("the files that run {id} read"), false));
        }
        let told = recorded::told(&run, &before.plan.dataset, &after.plan.dataset);
        let flips = Flips::between(&told.before, &told.after);
        let words = format!("what run {id} measured of rows that are not kept");
        Ok(Found { untold: told.untold, ..from(flips, words, cleansed_otherwise) })
    }

    /// The run that is looked at.
    fn latest(&self, lake: &Lake, job: &Job) -> Result<Option<RunRecord>, CommandError> {
        let id = &job.plan.job_definition_id;
        if let Some(named) = &self.run {
            let run = lake.load(named)?;
            if run.job_definition_id != *id {
                let words = format!("run {} is of job `{}`", run.run_id, run.job_definition_id);
                return Err(CommandError::Usage(words));
            }
            return Ok(Some(run));
        }
        let text = |text: &str| text.replace('\'', "''");
        let query = format!(
            "select run_id from run where job = '{}' and tenant = '{}' and replays is null and outcome not in \
             ('skipped', 'error') order by started_at desc, run_id desc limit 1",
            text(id),
            text(&job.tenant)
        );
        let views = lake.views()?;
        let found = views.query(&query)?;
        let run = found.rows.first().and_then(|row| row.first()?.as_str().map(str::to_owned));
        Ok(run.map(|run| views.load(&run)).transpose()?)
    }

    /// The files that a run read, where all of them are there and as they were.
    fn unchanged(&self, run: &RunRecord) -> Option<Vec<String>> {
        let mut files = Vec::new();
        for (path, _, digest) in &run.inputs {
            let place = whole(self.project(), path)?;
            let read = Digests::start(std::slice::from_ref(&place)).ok()?.finish().ok()?;
            if read.first()?.digest != *digest {
                return None;
            }
            files.push(place.to_string_lossy().into_owned());
        }
        (!files.is_empty()).then_some(files)
    }
}

impl Found {
    pub(super) fn json(&self) -> Value {
        let Some(flips) = &self.flips else {
            return json!({ "job": self.job, "only": self.word });
        };
        let mut value = json!(flips);
        if let Some(from) = &self.from {
            value["from"] = json!(from);
            value["untold"] = json!(self.untold);
        }
        value
    }
}

/// The files with all rows of a run, where it kept them.
fn kept(lake: &Lake, run_id: &str) -> Result<Option<Vec<PathBuf>>, CommandError> {
    for names in KEPT {
        let files = names.iter().map(|name| lake.kept(run_id, name));
        let files: Vec<_> = files.collect::<Result<_, _>>()?;
        let there: Option<Vec<_>> = files.into_iter().collect();
        if there.is_some() {
            return Ok(there);
        }
    }
    Ok(None)
}

fn from(flips: Flips, words: String, cleansed_otherwise: bool) -> Found {
    let note = if cleansed_otherwise { "; what cleansing does otherwise is not seen" } else { "" };
    Found { from: Some(format!("{words}{note}")), ..Found::of(flips) }
}

/// A file of a record, from the root of the disk: its path starts from where the run was, or from the project.
fn whole(project: &Path, path: &str) -> Option<PathBuf> {
    let path = Path::new(path);
    let found = [project.join(path), path.to_owned()].into_iter().find(|place| place.is_file())?;
    std::path::absolute(found).ok()
}
