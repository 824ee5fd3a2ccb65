//! Analyse: what can be told of the rules of a dataset without looking at any data.
//!
//! Rules reach a dataset from its schema, its catalog entity, its rule sets and its bindings; each may be
//! sound alone and senseless beside the others. Everything here reads the lowered checks through
//! [`assay_schemas::domain`], knows no rule type by name, and reports only what is certain. Work grows with
//! the number of rules: they are sorted by what they are about, and where very many are about one thing,
//! not every pair is looked at.

mod circle;
mod condition;
mod contradiction;
mod coverage;
mod duplicate;
mod group;
mod key;
mod rules;
mod shadow;
mod text;
mod unused;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use assay_schemas::digest::Digest;
use assay_schemas::plan::DatasetPlan;
use assay_schemas::problem::Pointer;

use super::overlay::Resolved;
use crate::diagnostic::{Diagnostic, Sink};
use rules::Rules;

pub(super) use coverage::Fields;
pub(super) use duplicate::left_out;
pub(super) use unused::{templates, threshold};

/// Where a check was written.
#[derive(Clone, Debug)]
pub(super) struct Written {
    /// The object, by its place among all.
    pub(super) index: usize,
    /// The rule, column or binding in it.
    pub(super) place: Pointer,
}

/// What was found of datasets, so that environments which see the same rules share the work.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<BTreeMap<Digest, Arc<OnceLock<Vec<Diagnostic>>>>>);

impl Memory {
    /// Analyses the checks of a dataset; `sources` says where each was written.
    pub(super) fn analyse(
        &self,
        resolved: &Resolved<'_>,
        plan: &DatasetPlan,
        sources: &[Written],
        sink: &mut Sink,
    ) {
        if plan.checks.len() != sources.len() {
            return;
        }
        let slot = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.entry(identity(plan, sources)).or_default().clone()
        };
        let found = slot.get_or_init(|| analyse(resolved, plan, sources));
        sink.extend(found.iter().cloned());
    }
}

/// Equal where the findings are: the same rules, written at the same places, over the same columns.
fn identity(plan: &DatasetPlan, sources: &[Written]) -> Digest {
    let mut text = String::new();
    for field in &plan.fields {
        text.extend([field.name.as_str(), "\n", &field.data_type.to_string(), "\n"]);
    }
    for (check, source) in plan.checks.iter().zip(sources) {
        let index = source.index.to_string();
        let parts = [&check.check_id, &check.title, &check.digest.hex(), &index];
        for part in parts.into_iter().map(String::as_str).chain([source.place.as_str()]) {
            text.extend([part, "\n"]);
        }
    }
    Digest::of_bytes(text.as_bytes())
}

fn analyse(resolved: &Resolved<'_>, plan: &DatasetPlan, sources: &[Written]) -> Vec<Diagnostic> {
    let mut rules = Rules::new(resolved, plan, sources);
    duplicate::find(&mut rules);
    condition::find(&mut rules);
    let groups = group::of(&rules);
    for group in &groups {
        contradiction::find(&mut rules, group);
        shadow::find(&mut rules, group);
    }
    text::find(&mut rules, &groups);
    circle::find(&mut rules, &groups);
    key::find(&mut rules);
    rules.found
}
