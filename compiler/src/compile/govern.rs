//! Govern: what the environment's policy demands. One file for each demand.

mod approval;
mod codeowners;
mod egress;
mod owners;
mod required;
mod unjudged;
pub(super) mod waiver;

pub use codeowners::FileOwners;
pub(super) use codeowners::of_files;

use super::Basis;
use super::lower::{Lowered, Planned};
use super::overlay::Resolved;
use crate::diagnostic::Sink;

/// The plans that the environment's policy lets pass.
#[derive(Debug)]
pub(crate) struct Governed {
    /// The plans.
    pub(crate) plans: Vec<Planned>,
}

/// Holds the environment, its plans and the changes that led to them against its policy.
pub(crate) fn govern(
    resolved: &Resolved<'_>,
    lowered: Lowered,
    basis: &Basis<'_>,
    sink: &mut Sink,
) -> Governed {
    unjudged::check(resolved, &lowered.plans, sink);
    egress::check(resolved.linked.environment, sink);
    required::check(resolved, &lowered.datasets, sink);
    approval::check(resolved, basis, sink);
    Governed { plans: lowered.plans }
}
