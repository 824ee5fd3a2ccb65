//! Review: what a change of the configuration means, on five axes, read from two bundles of each environment.
//!
//! Verdict, coverage and effect are judged by what jobs do ([`job`], [`check`]), so that a change is told
//! wherever it comes from; contract and governance by what is written ([`object`], [`fields`]). Each finding
//! names the object that it is written in and the jobs that it reaches, with the way to each. Whatever is not
//! understood is `unknown`, which gates as a breaking change does.

mod cause;
mod check;
mod fields;
mod gather;
mod job;
mod object;
mod phrase;
mod place;
mod render;
mod side;
mod waive;
mod weigh;

use assay_schemas::bundle::{Blobs, Integrity, Reader};
use assay_schemas::impact::Impact;
use serde::Serialize;

use crate::diff::{Change, Diff};
use cause::Closure;
pub use gather::Gatherer;
pub use place::locate;
pub use render::{Summary, diagnostics, needing};
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
