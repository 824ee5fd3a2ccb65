//! The stages `stage` to `validate`: the files of a request become measurements.

use std::path::PathBuf;
use std::time::Instant;

use assay_schemas::plan::{Check, DatasetPlan};

use super::draft::Draft;
use super::stage::{Ready, Staging};
use super::{Files, Progress, Request, before, increment};
use crate::engine::{
    self, Chosen, Cleansed, Earlier, Engine as _, EngineError, FileRead, Measured, Workspace,
};
use crate::files;
use crate::increment::Outlook;
use crate::lake::{DataFiles, Lake};
use crate::redact::Redactions;
use crate::result::{RunRecord, ViolationRecord};

/// What the files came to.
pub(super) struct Computed {
    /// The engine, with the rows before it; `None` where not all of them are.
    pub(super) engine: Option<Chosen>,
    /// The dataset, with the format that the engine read.
    pub(super) dataset: DatasetPlan,
    /// What cleansing did.
    pub(super) cleansed: Cleansed,
    /// What was measured; the values that figures name are redacted.
    pub(super) measured: Measured,
    /// What was measured of single files, to be kept once the run is recorded.
    pub(super) outlook: Option<Outlook>,
}

/// What a run computes with.
pub(super) struct Ground<'a> {
    pub(super) request: &'a Request,
    pub(super) lake: &'a Lake,
    pub(super) workspace: &'a Workspace,
    pub(super) progress: &'a dyn Progress,
}

/// What is told of a run beside its measurements.
pub(super) struct Findings {
    pub(super) read: Vec<FileRead>,
    pub(super) files: Vec<PathBuf>,
    pub(super) names: Vec<String>,
    pub(super) earlier: Earlier,
    pub(super) violations: Vec<ViolationRecord>,
}

/// Computes a request: from what is kept of files where the plan asks for it and allows it, otherwise from
/// every file.
pub(super) fn compute(ground: &Ground<'_>, draft: &mut Draft) -> Result<Computed, EngineError> {
    ground.progress.stage("stage");
    let started = Instant::now();
    let Ground { request, workspace, .. } = ground;
    let files = request.files(&workspace.folder.join("fetched"))?;
    if request.job.plan.incremental {
        match increment::compute(ground, &files, draft)? {
            Ok(computed) => return Ok(computed),
            Err(why) => draft.read_all(&why),
        }
    }
    whole(ground, (files, started), draft)
}

/// Reads every file.
fn whole(
    ground: &Ground<'_>,
    (files, started): (Files, Instant),
    draft: &mut Draft,
) -> Result<Computed, EngineError> {
    let Ground { request, workspace, progress, .. } = ground;
    let mut ready = Ready::over(request, (*workspace).clone(), files, Staging::Hashed)?;
    let files = ready.called();
    let named = |error: EngineError| files.told(error);
    draft.record.engine = ready.engine.version();
    draft.staged((&ready.staged, &ready.files.judged), &ready.said, started.elapsed());
    let dataset = ready.dataset.clone();

    let before = before::look(&mut ready, draft, *progress).map_err(named)?;
    progress.stage("cleanse");
    let started = Instant::now();
    let cleansed = ready.cleanse().map_err(named)?;
    draft.cleansed(&dataset, &cleansed, started.elapsed());

    progress.stage(if dataset.profile.is_some() { "profile and validate" } else { "validate" });
    let started = Instant::now();
    let earlier = earlier(request, &draft.record)?;
    let wanted =
        engine::Request { profile: dataset.profile.clone(), scan_all: request.scan_all, earlier };
    let mut measured = ready.measure(&wanted).map_err(named)?;
    let redactions = Redactions::of(&dataset.fields);
    redactions.figures(&dataset.checks, &mut measured);
    let limit = request.job.plan.violation_rows;
    let found = ready.violations(&measured, limit).map_err(named)?;
    let violations =
        found.into_iter().map(|found| redactions.violation(found, String::new())).collect();
    draft.computed(&ready.engine);
    let read = ready.read()?;
    let (files, names) = ready.judged();
    let findings = Findings { read, files, names, earlier: wanted.earlier, violations };
    found_in(request, &dataset, findings, (&mut measured, draft));
    draft.record.before = before.map(|seen| seen.record(measured.rows, &draft.record.profile));
    let profiled = wanted.profile.is_some();
    draft.measured(&measured, profiled, started.elapsed());
    Ok(Computed { engine: Some(ready.engine), dataset, cleansed, measured, outlook: None })
}

/// Puts what was found into the record, with the measurements of files themselves.
pub(super) fn found_in(
    request: &Request,
    dataset: &DatasetPlan,
    findings: Findings,
    (measured, draft): (&mut Measured, &mut Draft),
) {
    let known = files::Known {
        files: &findings.files,
        names: &findings.names,
        read: &findings.read,
        earlier: &findings.earlier,
        now: request.now.as_microsecond(),
    };
    files::measure(dataset, known, measured);
    let redactions = Redactions::of(&dataset.fields);
    let record = &mut draft.record;
    let shown = |file: FileRead| (request.shown(&file.path), file.bytes, file.digest);
    record.inputs = findings.read.into_iter().map(shown).collect();
    let profile = measured.profile.iter().cloned();
    record.profile = profile.map(|column| redactions.profile(column)).collect();
    record.table = measured.table.clone();
    record.violations = findings
        .violations
        .into_iter()
        .map(|found| ViolationRecord {
            message: violation_message(request, &found.check_id),
            file: found.file.as_ref().map(|file| request.shown(file)),
            ..found
        })
        .collect();
}

/// What earlier runs of the job found, where a check compares with it.
pub(super) fn earlier(request: &Request, record: &RunRecord) -> Result<Earlier, EngineError> {
    if !request.job.plan.dataset.checks.iter().any(Check::needs_earlier) {
        return Ok(Earlier::default());
    }
    let lake = Lake::at(&request.results());
    lake.earlier(record).map_err(|error| {
        EngineError::Resource(format!("what earlier runs found cannot be read: {error}"))
    })
}

/// What a violating row is told: the author's words, else what must hold. It names no value.
fn violation_message(request: &Request, check_id: &str) -> String {
    let check = request.job.plan.dataset.checks.iter().find(|check| check.check_id == check_id);
    check
        .map(|check| check.message.clone().unwrap_or_else(|| format!("expected: {}", check.title)))
        .unwrap_or_default()
}

/// The files that cleansing wrote.
pub(super) fn data_files(cleansed: &Cleansed) -> DataFiles {
    DataFiles {
        cleansed: cleansed.output.clone(),
        rejects: cleansed.rejects.clone(),
        changes: cleansed.changes.clone(),
        clusters: cleansed.clusters.clone(),
        ..DataFiles::default()
    }
}
