//! The rules that reach a dataset: those that come, those that go, and how the others changed.

use std::collections::{BTreeMap, BTreeSet};

use assay_schemas::plan::{Check, DatasetPlan};
use assay_schemas::strictness::{self, Comparison, Strictness};

use super::job::{coverage, verdict};
use super::{Note, phrase};
use assay_schemas::impact::{Contract, Coverage, Governance, Impact};

/// What changes where one dataset is judged instead of another.
pub(super) fn compare(before: &DatasetPlan, after: &DatasetPlan, notes: &mut Vec<Note>) {
    let Pairs { kept, moved, gone, new } = pair(&before.checks, &after.checks);
    for (old, new) in kept {
        changed((before, old), (after, new), notes);
    }
    for (old, new) in moved {
        let words = phrase::change(&old.check_id, &new.check_id);
        notes.push(of_check(Impact::Contract(Contract::Metadata), new, words));
    }
    for old in gone {
        let words = format!("no longer asked: {}", old.title);
        notes.push(of_check(Impact::Coverage(Coverage::Less), old, words));
    }
    for new in new {
        let words = format!("asked now: {}", new.title);
        notes.push(of_check(Impact::Coverage(Coverage::More), new, words));
    }
}

/// Which check takes the place of which.
#[derive(Default)]
struct Pairs<'a> {
    /// Of the same name, or the only two of a rule type and its columns.
    kept: Vec<(&'a Check, &'a Check)>,
    /// Meaning the same under another name.
    moved: Vec<(&'a Check, &'a Check)>,
    gone: Vec<&'a Check>,
    new: Vec<&'a Check>,
}

fn pair<'a>(before: &'a [Check], after: &'a [Check]) -> Pairs<'a> {
    let mut pairs = Pairs::default();
    let by_id: BTreeMap<&str, &Check> =
        before.iter().map(|old| (old.check_id.as_str(), old)).collect();
    let mut found = BTreeSet::new();
    let mut new = Vec::new();
    for check in after {
        match by_id.get(check.check_id.as_str()) {
            Some(old) => {
                found.insert(old.check_id.as_str());
                pairs.kept.push((old, check));
            }
            None => new.push(check),
        }
    }
    let mut gone: Vec<_> =
        before.iter().filter(|old| !found.contains(old.check_id.as_str())).collect();
    let alike = |one: &Check, other: &Check| {
        one.rule_type == other.rule_type && one.columns == other.columns
    };
    new.retain(|check| {
        let same = gone.iter().position(|old| old.digest == check.digest && alike(old, check));
        let Some(index) = same else { return true };
        pairs.moved.push((gone.remove(index), check));
        false
    });
    let lonely = |checks: &[&Check], check: &Check| {
        checks.iter().filter(|other| alike(other, check)).count() == 1
    };
    let (all_gone, all_new) = (gone.clone(), new.clone());
    new.retain(|check| {
        let partner = gone.iter().position(|old| alike(old, check));
        let only = lonely(&all_gone, check) && lonely(&all_new, check);
        let Some(index) = partner.filter(|_| only) else { return true };
        pairs.kept.push((gone.remove(index), check));
        false
    });
    pairs.gone = gone;
    pairs.new = new;
    pairs
}

fn changed(
    (dataset, before): (&DatasetPlan, &Check),
    (now, after): (&DatasetPlan, &Check),
    notes: &mut Vec<Note>,
) {
    if before.digest == after.digest {
        let said = |check: &Check| (check.message.clone(), check.dimension, check.title.clone());
        if said(before) != said(after) {
            let words = "says the same in other words".to_owned();
            notes.push(of_check(Impact::Contract(Contract::Metadata), after, words));
        }
        return;
    }
    let found = strictness::compare((before, &dataset.fields), (after, &now.fields));
    let mut words = phrase::checks(before, after);
    if words.is_empty() {
        // What reads the same and finds the same is not worth a word.
        if found == Comparison::NONE {
            return;
        }
        words = format!("{}, computed otherwise", after.title);
    }
    let mut note = |impact| notes.push(of_check(impact, after, words.clone()));
    let guarded = match found.severity {
        Strictness::Equivalent => None,
        Strictness::Stricter => Some(Governance::Strengthened),
        Strictness::Looser => Some(Governance::Weakened),
        Strictness::Incomparable | Strictness::Unknown => Some(Governance::Unknown),
    };
    if let Some(guarded) = guarded {
        note(Impact::Governance(guarded));
    }
    if let Some(covered) = coverage(found.coverage) {
        note(Impact::Coverage(covered));
    }
    let silent = guarded.is_some() || found.coverage != Strictness::Equivalent;
    if found.verdict != Strictness::Equivalent || !silent {
        note(Impact::Verdict(verdict(found.verdict)));
    }
}

/// A note on a rule, which was written wherever its way to the dataset leads past.
fn of_check(impact: Impact, check: &Check, words: String) -> Note {
    let mut note = Note::new(impact, format!("rule {}", check.check_id), words);
    for place in &check.origin.chain {
        note.written.push(place.object.clone());
    }
    note.written.push(format!("{}/{}", check.origin.kind, check.origin.id));
    note
}
