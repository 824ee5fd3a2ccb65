//! Gathering what is found in one environment after the other, so that the same change is told once.

use std::collections::{BTreeMap, BTreeSet};

use assay_schemas::bundle::{Blobs, Integrity, Reader, SHARED};
use assay_schemas::digest::Digest;
use assay_schemas::id::EnvironmentName;
use assay_schemas::impact::{Contract, Coverage, Impact};
use assay_schemas::plan::JobPlan;
use assay_schemas::words::counted;
use rayon::prelude::*;
use serde_json::Value;

use super::cause::{Causes, Closure};
use super::side::Side;
use super::{Environment, Finding, Named, Note, Only, Reached, Review, job, object};
use crate::diff::{Change, ChangeKind, Diff};

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
        let jobs = counted(diff.jobs.len(), "job");
        let words = format!("the environment {word}, and with it {jobs}");
        let object = Named {
            kind: "environment".to_owned(),
            id: name.to_string(),
            version: "1.0.0".to_owned(),
            tenant: SHARED.to_owned(),
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
