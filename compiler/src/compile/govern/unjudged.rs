//! A job that judges nothing is no job.

use assay_schemas::code::Code;
use assay_schemas::library::Object;
use assay_schemas::problem::{Pointer, Problem};

use super::super::lower::Planned;
use super::super::overlay::Resolved;
use crate::diagnostic::Sink;

/// Reports jobs whose dataset has no rule.
pub(super) fn check(resolved: &Resolved<'_>, plans: &[Planned], sink: &mut Sink) {
    for planned in plans {
        let loaded = resolved.linked.loaded(planned.job);
        // A job that only profiles says so.
        let validates = match resolved.object(planned.job) {
            Object::JobDefinition(job) => job.stages.validate,
            _ => true,
        };
        let unchecked = validates && planned.plan.dataset.checks.is_empty();
        // Where something is broken, its rules may be those that are missing.
        if unchecked && resolved.linked.library.damaged.is_empty() {
            let message =
                format!("job `{}` judges nothing: its dataset has no rule", loaded.object().id());
            let problem = Problem::new(Code::PolicyDenied, Pointer::from("data_contract"), message)
                .hint("bind a rule set or a rule to the dataset in its contract");
            sink.push(loaded.diagnostic(problem));
        }
    }
}
