//! The spine of the executor: a job of a bundle becomes a recorded run.
//!
//! ```text
//! load      bundle    → job            the plan, verified            load
//! stage     files     → rows           readable, typed as declared   engine
//! cleanse   rows      → rows           steps, rejects                engine
//! profile   rows      → figures        in the same scan as the       engine
//! validate  rows      → measurements   checks                        engine
//! judge     measured  → verdicts       tolerance and threshold       judge
//! record    all       → the lake       out of sight until whole      lake
//! act       outcome   → receipts       actions, each recorded        act
//! ```
//!
//! A check that cannot run is a verdict, and data that cannot be read is an outcome: both are recorded.
//! Only what keeps the run from being recorded at all is an error here.

mod draft;
mod request;
pub mod stage;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use assay_schemas::exit::Exit;
use assay_schemas::plan::Check;
use assay_schemas::verdict::Outcome;
use serde_json::{Value, json};

use crate::act::{self, Means};
use crate::deliver::Patience;
use crate::engine::{Cleansed, Earlier, Engine as _, EngineError, Measured, Workspace};
use crate::judge;
use crate::lake::{Claim, ClaimRequest, Claimed};
use crate::lake::{DataFiles, Lake, LakeError};
use crate::lineage::{self, Context};
use crate::redact::Redactions;
use crate::result::{RunRecord, ViolationRecord};
use crate::{engine, files, history, overrides, score};
use draft::Draft;
pub use request::{Files, Request};
use stage::Ready;

/// How long a run may take before another may conclude that it died.
const LEASE: std::time::Duration = std::time::Duration::from_secs(6 * 60 * 60);

/// Hears how far a run has come.
pub trait Progress {
    /// A stage begins.
    fn stage(&self, name: &str);
}

/// A run that has been recorded.
#[derive(Debug)]
pub struct Finished {
    /// What was recorded.
    pub record: RunRecord,
    /// Where it lies.
    pub place: PathBuf,
    /// How the program ends.
    pub exit: Exit,
}

/// Why a run could not even be recorded.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The request lacks something that the job wants.
    #[error("{0}")]
    Usage(String),
    /// The lake cannot be read or written.
    #[error("the results cannot be recorded: {0}")]
    Lake(#[from] LakeError),
    /// The claim on the request outlived its lease, and another run has taken it over.
    #[error(
        "the run outlived its claim, and another run answers the request: nothing was recorded"
    )]
    Overtaken,
    /// The machine lacks something before the run has begun.
    #[error("{0}")]
    Resource(String),
}

impl RunError {
    /// How a program ends for this reason.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Overtaken => Exit::Temporary,
            Self::Lake(_) | Self::Resource(_) => Exit::Internal,
        }
    }
}

/// Runs a job and records the run.
///
/// # Errors
/// The request is incomplete, or the run cannot be recorded; then nothing of it is visible.
pub fn run(request: &Request, progress: &dyn Progress) -> Result<Finished, RunError> {
    let lake = Lake::at(&request.results());
    let mut overridden = request.clone();
    let applied = overrides::apply(&lake, &mut overridden.job, request.now.as_second())?;
    let request = &overridden;
    let work = Work::create(&lake, &request.run_id)?;
    let mut draft = Draft::begin(request);
    draft.overridden(&applied);
    if applied.pause.is_some() {
        let reason = format!("{}: {}", request.job.plan.job_definition_id, applied.words());
        return unanswered(&lake, draft, (None, reason, Exit::Temporary));
    }
    let scope_key = request.scope_key()?;
    let claim = match &scope_key {
        None => None,
        Some(key) => {
            draft.record.idempotency_key = Some(key.clone());
            match lake.claim(&claim_request(request, key))? {
                Claimed::Granted(claim) => Some(claim),
                refused => return skip(&lake, draft, refused),
            }
        }
    };
    let files = compute(request, (&lake, &work), &mut draft, progress);
    progress.stage("record");
    let place = Place { lake: &lake, claim: claim.as_ref() };
    let finished = record(request, &place, draft, &files, progress)?;
    if let Some(claim) = claim
        && finished.record.outcome != Outcome::Error
    {
        // A run that ended in error answers nothing: the same request may try again.
        claim.keep();
    }
    Ok(finished)
}

fn claim_request<'a>(request: &'a Request, key: &'a str) -> ClaimRequest<'a> {
    ClaimRequest {
        run_id: &request.run_id,
        job: &request.job.plan.job_definition_id,
        bundle_digest: &request.job.bundle_digest,
        scope_key: key,
        lease: LEASE,
        force: request.force,
    }
}

/// Stages `stage` to `judge`; what goes wrong becomes the outcome.
fn compute(
    request: &Request,
    (lake, work): (&Lake, &Work),
    draft: &mut Draft,
    progress: &dyn Progress,
) -> DataFiles {
    match try_compute(request, (lake, work), draft, progress) {
        Ok(files) => files,
        Err(error) => {
            draft.fail(&error);
            DataFiles::default()
        }
    }
}

fn try_compute(
    request: &Request,
    (lake, work): (&Lake, &Work),
    draft: &mut Draft,
    progress: &dyn Progress,
) -> Result<DataFiles, EngineError> {
    let plan = &request.job.plan;
    progress.stage("stage");
    let started = Instant::now();
    let mut ready = Ready::new(request, work.workspace(request))?;
    let names = ready.names().clone();
    let named = |error: EngineError| stage::renamed(error, &names);
    draft.record.engine = ready.engine.version();
    draft.staged(&ready, started.elapsed());
    let dataset = ready.dataset.clone();
    let dataset = &dataset;

    progress.stage("cleanse");
    let started = Instant::now();
    let cleansed: Cleansed = ready.cleanse().map_err(named)?;
    draft.cleansed(dataset, &cleansed, started.elapsed());

    progress.stage(if dataset.profile.is_some() { "profile and validate" } else { "validate" });
    let started = Instant::now();
    let earlier = earlier(request, &draft.record)?;
    let wanted =
        engine::Request { profile: dataset.profile.clone(), scan_all: request.scan_all, earlier };
    let mut measured: Measured = ready.measure(&wanted).map_err(named)?;
    let redactions = Redactions::of(&dataset.fields);
    redactions.figures(&dataset.checks, &mut measured);
    let violations = ready.violations(&measured, plan.violation_rows).map_err(named)?;
    draft.computed(&ready.engine);
    let read = ready.read()?;
    let (files, called) = ready.judged();
    let known = files::Known {
        files: &files,
        names: &called,
        read: &read,
        earlier: &wanted.earlier,
        now: request.now.as_microsecond(),
    };
    files::measure(dataset, known, &mut measured);
    draft.record.inputs =
        read.into_iter().map(|file| (request.shown(&file.path), file.bytes, file.digest)).collect();
    draft.record.profile =
        measured.profile.iter().cloned().map(|column| redactions.profile(column)).collect();
    draft.record.table = measured.table.clone();
    draft.record.violations = violations
        .into_iter()
        .map(|found| {
            let message = violation_message(request, &found.check_id);
            let mut record: ViolationRecord = redactions.violation(found, message);
            record.file = record.file.map(|file| request.shown(&file));
            record
        })
        .collect();
    draft.measured(&measured, wanted.profile.is_some(), started.elapsed());

    progress.stage("judge");
    let started = Instant::now();
    let wanted = history::wanted(&dataset.checks);
    let past = lake.past(&draft.record, &wanted).map_err(|error| error.to_string());
    history::settle(&dataset.checks, &mut measured, &past);
    draft.record.verdicts = judge::verdicts(&dataset.checks, &measured);
    draft.record.score = score::of_run(&draft.record.verdicts);
    draft.record.scores = score::dimensions(&draft.record.verdicts);
    draft.record.anomaly = dataset
        .checks
        .iter()
        .zip(&draft.record.verdicts)
        .any(|(check, verdict)| verdict.anomalous && check.watches());
    let judgement = judge::judge(plan, &draft.record.verdicts, &cleansed, &measured);
    draft.judged(&judgement, started.elapsed());
    let mut files = DataFiles {
        cleansed: cleansed.output,
        rejects: cleansed.rejects,
        changes: cleansed.changes,
        clusters: cleansed.clusters,
        ..DataFiles::default()
    };
    if plan.quarantine {
        let started = Instant::now();
        let split = ready.engine.quarantine(dataset, &measured)?;
        draft.quarantined(&split, started.elapsed());
        files.valid = Some(split.valid);
        files.quarantined = Some(split.quarantined);
    }
    Ok(files)
}

/// What earlier runs of the job found, where a check compares with it.
fn earlier(request: &Request, record: &RunRecord) -> Result<Earlier, EngineError> {
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

/// Where a run is recorded, and its claim on the request.
struct Place<'a> {
    lake: &'a Lake,
    claim: Option<&'a Claim>,
}

/// Stages `record` and `act`: the actions see the run as it will be, and the run is published with their
/// receipts, whole, at once.
fn record(
    request: &Request,
    place: &Place<'_>,
    mut draft: Draft,
    files: &DataFiles,
    progress: &dyn Progress,
) -> Result<Finished, RunError> {
    let started = Instant::now();
    let reserved = place.lake.reserve(&draft.record, files)?;
    let shown = |path: Option<PathBuf>| path.map(|path| path.display().to_string());
    let (cleansed, rejects) = (shown(reserved.cleansed()), shown(reserved.rejects()));
    draft.stage_done("record", started.elapsed(), Value::Null);
    draft.finish();
    let context = Context {
        dataset: Some(&request.job.plan.dataset),
        cleansed: cleansed.as_deref(),
        rejects: rejects.as_deref(),
    };
    let events = lineage::events(&draft.record, &context);
    progress.stage("act");
    let started = Instant::now();
    let means = Means { reserved: &reserved, patience: Patience::default() };
    draft.record.actions =
        act::carry_out(&request.job.plan.actions, &draft.record, &events, &means);
    let count = draft.record.actions.len();
    draft.stage_done("act", started.elapsed(), json!({ "actions": count }));
    draft.finish();
    if let Some(claim) = place.claim
        && !claim.is_held()?
    {
        return Err(RunError::Overtaken);
    }
    let stored = reserved.publish(&draft.record, &events)?;
    let exit = draft.exit;
    Ok(Finished { record: draft.record, place: stored.place, exit })
}

/// Records that another run answers the same request. The exit code is that of the answer, so that asking
/// again never turns a failure into a success; while the answer is under way it is "try again".
fn skip(lake: &Lake, draft: Draft, refused: Claimed) -> Result<Finished, RunError> {
    let (first, reason, exit) = match refused {
        Claimed::Answered { run_id, outcome } => {
            let exit = lake.load(&run_id).map_or(Exit::Success, |run| exit_of(run.exit_code));
            let reason = format!("run {run_id} has answered this request: {}", outcome.name());
            (run_id, reason, exit)
        }
        Claimed::UnderWay { run_id, since } => {
            let reason = format!("run {run_id} has been answering this request since {since}");
            (run_id, reason, Exit::Temporary)
        }
        Claimed::Granted(_) => unreachable!("a granted claim is no refusal"),
    };
    unanswered(lake, draft, (Some(first), reason, exit))
}

/// Records that nothing was run, and why.
fn unanswered(
    lake: &Lake,
    mut draft: Draft,
    (first, reason, exit): (Option<String>, String, Exit),
) -> Result<Finished, RunError> {
    draft.skipped(first, reason, exit);
    draft.finish();
    let events = lineage::events(&draft.record, &Context::default());
    let stored = lake.store(&draft.record, &events, &DataFiles::default())?;
    Ok(Finished { record: draft.record, place: stored.place, exit })
}

fn exit_of(code: u8) -> Exit {
    Exit::ALL.iter().copied().find(|exit| exit.code() == code).unwrap_or(Exit::Internal)
}

/// The folder that a run works in; it goes when the run ends, however it ends.
struct Work(PathBuf);

impl Work {
    fn create(lake: &Lake, run_id: &str) -> Result<Self, RunError> {
        // Beside the results, so that finished files move there without being copied.
        let folder = lake.files_root().join(".work").join(run_id);
        std::fs::create_dir_all(&folder).map_err(|error| {
            RunError::Resource(format!(
                "cannot create the work folder `{}`: {error}",
                folder.display()
            ))
        })?;
        Ok(Self(folder))
    }

    fn workspace(&self, request: &Request) -> Workspace {
        Workspace {
            folder: self.0.clone(),
            memory_limit: request.job.plan.memory_limit,
            threads: request.job.plan.threads,
            now: request.now.as_microsecond(),
            columns: request.job.plan.columns(),
            notes: BTreeMap::new(),
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
