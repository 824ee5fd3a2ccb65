//! Review: what a change of the configuration means, on five axes, read from two bundles of each environment.
//!
//! Verdict, coverage and impact are judged by what jobs do ([`job`], [`check`]), so that a change is told
//! wherever it comes from; contract and governance by what is written ([`object`], [`fields`]). Each finding
//! names the object that it is written in and the jobs that it reaches, with the way to each. Whatever is not
//! understood is `unknown`, which gates as a breaking change does.

mod cause;
mod check;
mod fields;
mod job;
mod object;
mod phrase;
mod place;
mod render;
mod side;
mod waive;
mod weigh;

use std::collections::{BTreeMap, BTreeSet};

use assay_schemas::bundle::{Blobs, Integrity, Reader};
use assay_schemas::digest::Digest;
use assay_schemas::id::EnvironmentName;
use assay_schemas::impact::{Contract, Coverage, Impact};
use assay_schemas::plan::JobPlan;
use rayon::prelude::*;
use serde::Serialize;
use serde_json::Value;

use crate::diff::{Change, ChangeKind, Diff};
use cause::{Causes, Closure};
pub use place::locate;
pub use render::{Summary, diagnostics};
use side::Side;
pub use waive::{Misfit, Waiver, apply, waivers};

/// What a change means, over all environments that were compared.
#[derive(Debug, Default, Serialize)]
pub struct Review {
    /// The environments, in order.
    pub environments: Vec<Environment>,
    /// What the change means, what gates first.
    pub findings: Vec<Finding>,
}

/// What changed in one environment, by digest.
#[derive(Debug, Serialize)]
pub struct Environment {
    /// Its name.
    pub environment: String,
    /// Whether either side lacks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_in: Option<Only>,
    /// Objects and jobs.
    #[serde(flatten)]
    pub diff: Diff,
}

/// The side that has what the other lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Only {
    /// It is gone.
    Base,
    /// It is new.
    Head,
}

/// One thing that a change means.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Names the finding: the same change has the same name, whatever else changes with it.
    pub id: String,
    /// What it comes to.
    pub impact: Impact,
    /// Whether somebody has to agree: it gates, and no waiver holds.
    pub gates: bool,
    /// The object that it is written in.
    pub object: Named,
    /// The rule, field or action of the object.
    pub part: String,
    /// What changes, in a few words.
    pub message: String,
    /// The environments that it was found in.
    pub environments: Vec<String>,
    /// The jobs that it reaches.
    pub jobs: Vec<Reached>,
    /// Where it is written, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<place::Spot>,
    /// The waiver that lets it pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived: Option<waive::Waived>,
}

/// An object of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Named {
    /// Its kind.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its tenant, or `shared`.
    pub tenant: String,
}

/// A job that a change reaches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Reached {
    /// The job's id.
    pub job: String,
    /// Its version.
    pub version: String,
    /// Its tenant, or `shared`.
    pub tenant: String,
    /// From the job to the object that changed, as `kind/id`; the job alone where it is that object.
    pub path: Vec<String>,
}

/// A change, before it is known where it comes from.
#[derive(Debug)]
struct Note {
    impact: Impact,
    part: String,
    message: String,
    /// Where it may be written, as `kind/id` or a kind, the likeliest first.
    written: Vec<String>,
    /// It follows from what is written in the object and is told there, if it is.
    echo: bool,
}

impl Note {
    fn new(impact: Impact, part: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            impact,
            part: part.into(),
            message: message.into(),
            written: Vec::new(),
            echo: false,
        }
    }

    /// The same note, which is not told where its object tells the same.
    fn echo(mut self) -> Self {
        self.echo = true;
        self
    }

    /// The same note, written in an object of this kind unless in one that was named before.
    fn of(mut self, kind: &str) -> Self {
        self.written.push(kind.to_owned());
        self
    }
}

impl Named {
    /// The object that a change is of.
    pub fn of(change: &Change) -> Self {
        let Change { kind, tenant, id, version, .. } = change.clone();
        Self { kind, id, version, tenant }
    }

    /// `kind/id`.
    pub fn short(&self) -> String {
        format!("{}/{}", self.kind, self.id)
    }

    /// Whether it is what `kind/id`, or a kind, names.
    fn is(&self, place: &str) -> bool {
        match place.split_once('/') {
            Some((kind, id)) => self.kind == kind && self.id == id,
            None => self.kind == place,
        }
    }
}

impl Reached {
    fn of(job: &Named, path: Vec<String>) -> Self {
        let Named { id, version, tenant, .. } = job.clone();
        Self { job: id, version, tenant, path }
    }
}

/// What makes two findings one.
type Key = (Impact, Named, String, String);

/// Gathers what is found in one environment after the other.
#[derive(Debug, Default)]
pub struct Gatherer {
    review: Review,
    found: BTreeMap<Key, (BTreeSet<String>, BTreeSet<Reached>)>,
}

impl Gatherer {
    /// Compares the bundles of an environment.
    ///
    /// # Errors
    /// A bundle does not hold what its digests say.
    pub fn compare<A: Blobs + Sync, B: Blobs + Sync>(
        &mut self,
        name: &EnvironmentName,
        base: &Reader<A>,
        head: &Reader<B>,
    ) -> Result<(), Integrity> {
        let diff = Diff::between(base, head)?;
        let (base, head) = (Side::new(base), Side::new(head));
        let causes = Causes::of(&diff);
        let jobs: Vec<_> = diff
            .jobs
            .par_iter()
            .map(|change| of_job(change, &base, &head))
            .collect::<Result<_, _>>()?;
        let mut objects: BTreeMap<Named, Vec<Note>> = diff
            .objects
            .par_iter()
            .filter(|change| change.change != ChangeKind::Indirect)
            .filter_map(|change| {
                let notes = of_object(change, &base, &head).transpose()?;
                Some(notes.map(|notes| (Named::of(change), notes)))
            })
            .collect::<Result<_, Integrity>>()?;
        let mut explained = BTreeSet::new();
        for (job, closure, notes) in jobs {
            for note in notes {
                let cause = causes.of_note(&note, &job, &closure);
                let reached = Reached::of(&job, closure.path(&cause));
                explained.insert(cause.clone());
                let told = objects.get(&cause).into_iter().flatten();
                let told: Vec<_> =
                    told.filter(|own| note.echo && own.impact == note.impact).collect();
                for own in &told {
                    self.add(name, own, &cause, Some(reached.clone()));
                }
                if told.is_empty() {
                    self.add(name, &note, &cause, Some(reached));
                }
            }
        }
        for (object, notes) in &mut objects {
            let silent = notes.is_empty() && !explained.contains(object);
            if silent && object.kind != "job_definition" {
                let metadata = Impact::Contract(Contract::Metadata);
                notes.push(Note::new(metadata, "", "changes nothing that a job does"));
            }
            for note in notes {
                self.add(name, note, object, None);
            }
        }
        let environment = name.to_string();
        self.review.environments.push(Environment { environment, only_in: None, diff });
        Ok(())
    }

    /// An environment that one side alone has.
    ///
    /// # Errors
    /// The bundle does not hold what its digests say.
    pub fn alone<B: Blobs + Sync>(
        &mut self,
        name: &EnvironmentName,
        bundle: &Reader<B>,
        only: Only,
    ) -> Result<(), Integrity> {
        let diff = Diff::all_new(bundle)?;
        let (coverage, word) = match only {
            Only::Head => (Coverage::More, "is new"),
            Only::Base => (Coverage::Less, "is gone"),
        };
        let words = format!("the environment {word}, and with it {} jobs", diff.jobs.len());
        let object = Named {
            kind: "environment".to_owned(),
            id: name.to_string(),
            version: "1.0.0".to_owned(),
            tenant: assay_schemas::bundle::SHARED.to_owned(),
        };
        self.add(name, &Note::new(Impact::Coverage(coverage), "", words), &object, None);
        let environment = name.to_string();
        self.review.environments.push(Environment { environment, only_in: Some(only), diff });
        Ok(())
    }

    fn add(&mut self, name: &EnvironmentName, note: &Note, object: &Named, job: Option<Reached>) {
        let key = (note.impact, object.clone(), note.part.clone(), note.message.clone());
        let (environments, jobs) = self.found.entry(key).or_default();
        environments.insert(name.to_string());
        jobs.extend(job);
    }

    /// What the change means: what gates first, then by axis and object.
    pub fn finish(self) -> Review {
        let mut review = self.review;
        let mut findings: Vec<_> = self.found.into_iter().map(finding).collect();
        findings.sort_by(|one, other| {
            other.gates.cmp(&one.gates).then_with(|| key_of(one).cmp(&key_of(other)))
        });
        review.findings = findings;
        review
    }
}

fn key_of(finding: &Finding) -> (Impact, &Named, &str, &str) {
    (finding.impact, &finding.object, &finding.part, &finding.message)
}

fn finding(found: (Key, (BTreeSet<String>, BTreeSet<Reached>))) -> Finding {
    let ((impact, object, part, message), (environments, jobs)) = found;
    let name = [&*impact.to_string(), &object.short(), &object.tenant, &part, &message].join("\n");
    let id = Digest::of_bytes(name.as_bytes()).hex()[..12].to_owned();
    Finding {
        id,
        impact,
        gates: impact.gates(),
        object,
        part,
        message,
        environments: environments.into_iter().collect(),
        jobs: jobs.into_iter().collect(),
        place: None,
        waived: None,
    }
}

/// The jobs of that id, and all that they depend on; empty where there is none.
///
/// # Errors
/// The bundle does not hold what its digests say.
pub fn closure<B: Blobs>(bundle: &Reader<B>, job: &str) -> Result<Vec<Named>, Integrity> {
    let side = Side::new(bundle);
    let mut names = Vec::new();
    for (section, entry) in bundle.find_anywhere("job_definition", job, None)? {
        let (kind, tenant) = (entry.kind, section.key.tenant.clone());
        let own = Named { kind, id: entry.id, version: entry.version, tenant };
        names.extend(Closure::of(&side, &own)?.names().iter().cloned());
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// Those of some objects that another bundle does not have as this one has them.
///
/// # Errors
/// A bundle does not hold what its digests say.
pub fn unlike<A: Blobs, B: Blobs>(
    bundle: &Reader<A>,
    other: &Reader<B>,
    names: &[Named],
) -> Result<Vec<Named>, Integrity> {
    let (bundle, other) = (Side::new(bundle), Side::new(other));
    let mut unlike = Vec::new();
    for name in names {
        if bundle.digest(name)? != other.digest(name)? {
            unlike.push(name.clone());
        }
    }
    Ok(unlike)
}

/// What changes in what a job does.
fn of_job<A: Blobs, B: Blobs>(
    change: &Change,
    base: &Side<'_, A>,
    head: &Side<'_, B>,
) -> Result<(Named, Closure, Vec<Note>), Integrity> {
    let job = Named::of(change);
    let before = match (base.plan::<JobPlan>(&job)?, change.change) {
        (None, ChangeKind::Added) => predecessor(base, &job)?,
        (plan, _) => plan,
    };
    let after: Option<JobPlan> = head.plan(&job)?;
    let closure = match &after {
        Some(_) => Closure::of(head, &job)?,
        None => Closure::of(base, &job)?,
    };
    let notes = match (&before, &after) {
        (Some(before), Some(after)) => job::compare(before, after),
        (None, Some(after)) => job::whole(after, true),
        // Another version of it goes on.
        (Some(_), None) if !head.versions(&job)?.is_empty() => Vec::new(),
        (Some(before), None) => job::whole(before, false),
        (None, None) => Vec::new(),
    };
    Ok((job, closure, notes))
}

/// The plan of the newest version of a job that there was.
fn predecessor<A: Blobs>(base: &Side<'_, A>, job: &Named) -> Result<Option<JobPlan>, Integrity> {
    match base.versions(job)?.pop() {
        Some(before) => base.plan(&before),
        None => Ok(None),
    }
}

/// What changes in what an object says; `None` where it says the same, and only the versions that its
/// references are pinned to are others, or where another version of it goes on.
fn of_object<A: Blobs, B: Blobs>(
    change: &Change,
    base: &Side<'_, A>,
    head: &Side<'_, B>,
) -> Result<Option<Vec<Note>>, Integrity> {
    let name = Named::of(change);
    let before = match change.change {
        // A new version is held against the newest that there was.
        ChangeKind::Added => match base.versions(&name)?.pop() {
            Some(before) => base.object(&before)?,
            None => None,
        },
        _ => base.object(&name)?,
    };
    let after = head.object(&name)?;
    let goes_on = after.is_none() && !head.versions(&name)?.is_empty();
    let unpinned = |value: &Option<Value>| value.clone().map(object::without_pins);
    if goes_on || (before.is_some() && unpinned(&before) == unpinned(&after)) {
        return Ok(None);
    }
    Ok(Some(object::compare(&name.kind, before.as_ref(), after.as_ref())))
}
