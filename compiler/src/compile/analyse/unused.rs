//! What is written and never comes into play: templates without a use, thresholds that say nothing.

use std::collections::BTreeSet;

use assay_schemas::code::Code;
use assay_schemas::library::job_definition::JobDefinition;
use assay_schemas::library::{Kind, Object};
use assay_schemas::problem::{Pointer, Problem};

use crate::compile::validate::{Library, Loaded};
use crate::diagnostic::Sink;

/// Reports the templates that nothing refers to, whatever the environment. A library without contracts is
/// there for others to use.
pub(in super::super) fn templates(library: &Library, sink: &mut Sink) {
    let of = |kind| library.objects.iter().filter(move |loaded| loaded.object().kind() == kind);
    let mut templates = of(Kind::RuleTemplate).peekable();
    let whole = !library.incomplete && library.damaged.is_empty();
    if templates.peek().is_none() || of(Kind::DataContract).next().is_none() || !whole {
        return;
    }
    let mut used = BTreeSet::new();
    for loaded in of(Kind::RuleSet).chain(of(Kind::DataContract)) {
        let references = loaded.object().references();
        used.extend(
            references
                .into_iter()
                .filter(|reference| reference.kind == Kind::RuleTemplate)
                .map(|reference| reference.id),
        );
    }
    // Those of a shared library are there for all who share it.
    let own = templates.filter(|loaded| loaded.library().is_none());
    for loaded in own.filter(|loaded| !used.contains(loaded.object().id())) {
        let message = format!("no rule and no binding uses template `{}`", loaded.object().id());
        let place = Pointer::from(Kind::RuleTemplate.id_field());
        let problem = Problem::new(Code::UnusedTemplate, place, message)
            .hint("bind it under `bindings:` of a dataset contract, or remove it");
        sink.push(loaded.diagnostic(problem));
    }
}

/// Reports a job's threshold that no run can meet, or that every run does.
pub(in super::super) fn threshold(
    job: &Loaded<Object>,
    definition: &JobDefinition,
    sink: &mut Sink,
) {
    let Some(threshold) = &definition.severity_threshold else { return };
    for (words, met) in threshold.certain() {
        let (message, hint) = if met {
            (
                format!("every run meets `{words}`"),
                "rates lie between 0 and 1: lower the bound, or remove it",
            )
        } else {
            (
                format!("no run meets `{words}`, so every run fails"),
                "no figure is below zero: raise the bound",
            )
        };
        let place = Pointer::from("severity_threshold");
        sink.push(job.diagnostic(Problem::new(Code::IdleThreshold, place, message).hint(hint)));
    }
}
