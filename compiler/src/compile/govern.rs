//! Govern: what the environment's policy demands. One file for each demand.

mod egress;
mod required;
mod unjudged;
pub(super) mod waiver;

use super::lower::{Lowered, Planned};
use super::overlay::Resolved;
use crate::diagnostic::Sink;

/// The plans that the environment's policy lets pass.
#[derive(Debug)]
pub(crate) struct Governed {
    /// The plans.
    pub(crate) plans: Vec<Planned>,
}

/// Holds the environment and its plans against its policy.
pub(crate) fn govern(resolved: &Resolved<'_>, lowered: Lowered, sink: &mut Sink) -> Governed {
    unjudged::check(resolved, &lowered.plans, sink);
    egress::check(resolved.linked.environment, sink);
    required::check(resolved, &lowered.datasets, sink);
    Governed { plans: lowered.plans }
}
