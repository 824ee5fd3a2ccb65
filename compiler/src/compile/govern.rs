//! Govern: what the environment's policy demands of the plans.

use assay_schemas::code::Code;
use assay_schemas::problem::{Pointer, Problem};

use super::lower::Planned;
use super::overlay::Resolved;
use crate::diagnostic::Sink;

/// The plans that the environment's policy lets pass.
#[derive(Debug)]
pub(crate) struct Governed {
    /// The plans.
    pub(crate) plans: Vec<Planned>,
}

/// Holds the plans against the environment's policy.
pub(crate) fn govern(resolved: &Resolved<'_>, plans: Vec<Planned>, sink: &mut Sink) -> Governed {
    for planned in &plans {
        let loaded = resolved.linked.loaded(planned.job);
        let unchecked = planned.plan.dataset.checks.is_empty();
        // Where something is broken, its rules may be those that are missing.
        if unchecked && resolved.linked.library.damaged.is_empty() {
            let message =
                format!("job `{}` judges nothing: its dataset has no rule", loaded.object().id());
            let problem = Problem::new(Code::PolicyDenied, Pointer::from("data_contract"), message)
                .hint("bind a rule set or a rule to the dataset in its contract");
            sink.push(loaded.diagnostic(problem));
        }
    }
    Governed { plans }
}
