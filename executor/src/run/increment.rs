//! A run that reads only the files that no run has measured, and what has to be computed over all of them.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use assay_schemas::plan::{DatasetPlan, JobPlan};
use assay_schemas::verdict::Measurement;
use serde_json::json;

use super::compute::{Computed, Findings, Ground, earlier, found_in};
use super::draft::Draft;
use super::stage::{Ready, Staging};
use super::{Files, Request};
use crate::engine::{
    self, Cleansed, Earlier, Engine as _, EngineError, Measured, Staged, Workspace,
};
use crate::increment::{self, Answer, Outlook, State};
use crate::lake::concatenate;
use crate::redact::Redactions;
use crate::result::ViolationRecord;

/// What the files read in this run came to, beside what is kept of them.
#[derive(Default)]
struct Read {
    cleansed: Vec<PathBuf>,
    rejects: Vec<PathBuf>,
    measured: Measured,
    said: Vec<String>,
    engine: String,
}

/// Computes a request from what is kept of its files; the reason why every file has to be read, where that
/// is so.
///
/// # Errors
/// A file that has to be read cannot be, or the lake cannot.
pub(super) fn compute(
    ground: &Ground<'_>,
    files: &Files,
    draft: &mut Draft,
) -> Result<Result<Computed, String>, EngineError> {
    let started = Instant::now();
    let Ground { request, lake, .. } = ground;
    let mut outlook = match increment::outlook(request, lake, files)? {
        Ok(outlook) => outlook,
        Err(why) => return Ok(Err(why)),
    };
    let detail = told(&outlook, request);
    let staged_in = started.elapsed();
    ground.progress.stage("cleanse and validate");
    let started = Instant::now();
    let mut read = Read::default();
    if let Err(why) = read_new(ground, files, (&mut outlook, &mut read))? {
        return Ok(Err(why));
    }
    let earlier = earlier(request, &draft.record)?;
    let dataset = request.job.plan.dataset.clone();
    let wanted = engine::Request { profile: None, scan_all: request.scan_all, earlier };
    let now = request.now.as_microsecond();
    let merged = outlook.merge(&dataset, &wanted, (now, request.job.plan.violation_rows));
    let mut merged = match merged {
        Ok(merged) => merged,
        Err(why) => return Ok(Err(why)),
    };
    if let Err(why) = over_all(ground, files, (&outlook, &mut read, &mut merged))? {
        return Ok(Err(why));
    }
    outlook.unchanged(files)?;
    let cleansed = match gathered(ground.workspace, merged.cleansed, &read) {
        Ok(cleansed) => cleansed,
        Err(why) => return Ok(Err(why)),
    };

    let state = |place: usize| outlook.files.get(place).and_then(|known| known.state.as_ref());
    let first = state(0).map(|state| (state.columns.clone(), state.engine.clone()));
    let (columns, engine) = first.unwrap_or_default();
    draft.record.engine = if read.engine.is_empty() { engine } else { read.engine.clone() };
    draft.staged((&Staged { rows: None, columns }, &files.judged), &read.said, staged_in);
    draft.cleansed(&dataset, &cleansed, Duration::ZERO);
    let mut measured = merged.measured;
    measured.proofs = read.measured.proofs;
    measured.statements = read.measured.statements;
    let findings = Findings {
        read: outlook.files.iter().map(|known| known.read.clone()).collect(),
        files: files.judged.iter().map(|file| file.path.clone()).collect(),
        names: files.judged.iter().map(|file| file.name.clone()).collect(),
        earlier: wanted.earlier,
        violations: in_order(&dataset, merged.violations),
    };
    found_in(request, &dataset, findings, (&mut measured, draft));
    draft.incremental(detail);
    draft.measured(&measured, false, started.elapsed());
    Ok(Ok(Computed { engine: None, dataset, cleansed, measured, outlook: Some(outlook) }))
}

/// Which files are read, which are not, and what is computed over all of them.
fn told(outlook: &Outlook, request: &Request) -> serde_json::Value {
    let shown = |path: &str| request.shown(path);
    let (mut read, mut kept) = (Vec::new(), Vec::new());
    for known in &outlook.files {
        match &known.state {
            None => read.push(json!(shown(&known.read.path))),
            Some(state) => {
                kept.push(json!({ "file": shown(&known.read.path), "run_id": state.run_id }));
            }
        }
    }
    json!({ "read": read, "kept": kept, "over_all": outlook.split.rest })
}

/// Asks each file that no run has measured, alone.
fn read_new(
    ground: &Ground<'_>,
    files: &Files,
    (outlook, read): (&mut Outlook, &mut Read),
) -> Result<Result<(), String>, EngineError> {
    let Ground { request, workspace, .. } = ground;
    let new: Vec<usize> = (0..files.judged.len())
        .filter(|place| outlook.files.get(*place).is_some_and(|known| known.state.is_none()))
        .collect();
    let part = asking(request, &outlook.split.part);
    for place in new {
        let Some(file) = files.judged.get(place) else { continue };
        let folder = workspace.folder.join(format!("part_{place}"));
        let workspace = Workspace { folder, ..(*workspace).clone() };
        let one = Files { judged: vec![file.clone()], lookups: files.lookups.clone() };
        let (answer, mut ready) = ask(&part, workspace, one, &Earlier::default())?;
        let version = ready.engine.version();
        let of_run = (request.run_id.as_str(), version.as_str());
        match State::of(&answer, &outlook.split.part, of_run) {
            Ok(state) => outlook.answered(place, state),
            Err(why) => return Ok(Err(format!("`{}`: {why}", request.shown(&file.name)))),
        }
        read.take(answer, &mut ready);
    }
    Ok(Ok(()))
}

/// Computes over all files what files cannot be asked alone.
fn over_all(
    ground: &Ground<'_>,
    files: &Files,
    (outlook, read, merged): (&Outlook, &mut Read, &mut increment::Merged),
) -> Result<Result<(), String>, EngineError> {
    if outlook.split.rest.is_empty() {
        return Ok(Ok(()));
    }
    let Ground { request, workspace, .. } = ground;
    let dataset = outlook.split.over_all(&request.job.plan.dataset);
    let whole = asking(request, &dataset);
    let folder = workspace.folder.join("over_all");
    let workspace = Workspace { folder, ..(*workspace).clone() };
    let (mut answer, mut ready) = ask(&whole, workspace, files.clone(), &Earlier::default())?;
    for check in dataset.checks.iter().filter(|check| check.severity.is_hard()) {
        let found = answer.measured.checks.get(&check.check_id);
        let violations = found.and_then(Measurement::violations).unwrap_or(0);
        let id = &check.check_id;
        match found {
            _ if !check.marks_rows() => {}
            // Which of its rows break another rule, too, is known row by row only.
            Some(_) if violations > 0 => {
                return Ok(Err(format!("{violations} rows break `{id}`, which needs all rows")));
            }
            // The rows that it judges count no more.
            Some(Measurement::Broken { reason }) => {
                return Ok(Err(format!("`{id}`, which needs all rows, cannot run: {reason}")));
            }
            _ => {}
        }
    }
    let redactions = Redactions::of(&dataset.fields);
    redactions.figures(&dataset.checks, &mut answer.measured);
    let violations = std::mem::take(&mut answer.violations);
    merged
        .violations
        .extend(violations.into_iter().map(|found| redactions.violation(found, String::new())));
    merged.measured.checks.extend(std::mem::take(&mut answer.measured.checks));
    // What cleansing did to all rows stands already; it wrote nothing that a run keeps.
    answer.cleansed = Cleansed::default();
    read.take(answer, &mut ready);
    Ok(Ok(()))
}

/// The request, for another dataset plan.
fn asking(request: &Request, dataset: &DatasetPlan) -> Request {
    let mut asking = request.clone();
    asking.job.plan = JobPlan { dataset: dataset.clone(), ..asking.job.plan };
    asking
}

/// Lets an engine compute a request over files.
fn ask(
    request: &Request,
    workspace: Workspace,
    files: Files,
    earlier: &Earlier,
) -> Result<(Answer, Ready), EngineError> {
    let mut ready = Ready::over(request, workspace, files, Staging::Known)?;
    let files = ready.called();
    let named = |error: EngineError| files.told(error);
    let dataset = ready.dataset.clone();
    let cleansed = ready.engine.cleanse(&dataset).map_err(named)?;
    let wanted =
        engine::Request { profile: None, scan_all: request.scan_all, earlier: earlier.clone() };
    let measured = ready.engine.measure(&dataset, &wanted).map_err(named)?;
    let limit = request.job.plan.violation_rows;
    let violations = ready.engine.violations(&dataset, &measured, limit).map_err(named)?;
    let staged = ready.staged.clone();
    Ok((Answer { staged, cleansed, measured, violations }, ready))
}

impl Read {
    fn take(&mut self, answer: Answer, ready: &mut Ready) {
        self.cleansed.extend(answer.cleansed.output);
        self.rejects.extend(answer.cleansed.rejects);
        self.measured.proofs.extend(answer.measured.proofs);
        self.measured.statements.extend(answer.measured.statements);
        self.said.append(&mut ready.said);
        self.engine = ready.engine.version();
    }
}

/// What cleansing did to all rows, with the files that it wrote in this run as one.
fn gathered(workspace: &Workspace, all: Cleansed, read: &Read) -> Result<Cleansed, String> {
    let as_one = |files: &[PathBuf], name: &str| {
        concatenate(files, &workspace.folder.join(name)).map_err(|error| error.to_string())
    };
    Ok(Cleansed {
        output: as_one(&read.cleansed, "cleansed.parquet")?,
        rejects: as_one(&read.rejects, "rejects.parquet")?,
        ..all
    })
}

/// Violating rows in the order of the checks.
fn in_order(dataset: &DatasetPlan, mut violations: Vec<ViolationRecord>) -> Vec<ViolationRecord> {
    let place = |found: &ViolationRecord| {
        dataset.checks.iter().position(|check| check.check_id == found.check_id)
    };
    violations.sort_by_key(place);
    violations
}
