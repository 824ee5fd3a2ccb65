//! Flips: what two versions of a job say of the same data, check by check and row by row.

pub mod recorded;

use std::collections::{BTreeMap, BTreeSet};

use assay_schemas::verdict::{Outcome, Verdict};
use serde::Serialize;

use crate::result::{RunRecord, VerdictRecord, ViolationRecord};

/// What is different about a job.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Flips {
    /// The job.
    pub job: String,
    /// How the run ends before and after; the same where that does not change.
    pub outcomes: (Outcome, Outcome),
    /// The checks of which something is different.
    pub checks: Vec<Flip>,
    /// Checks that say the same.
    pub unchanged: usize,
}

/// What is different about a check. `None` on the side that does not have it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Flip {
    /// The check.
    pub check_id: String,
    /// What it asks for now, or did.
    pub title: String,
    /// The verdicts.
    pub verdicts: (Option<Verdict>, Option<Verdict>),
    /// Violating rows; `None` also where no rows are judged.
    pub violations: (Option<u64>, Option<u64>),
    /// What was measured against what is expected, in words, before and after.
    pub messages: (Option<String>, Option<String>),
    /// Rows that violate now and did not, as far as violating rows are kept.
    pub new_rows: Vec<Row>,
    /// Rows that violated and do so no longer, as far as violating rows are kept.
    pub gone_rows: Vec<Row>,
}

/// A row that violates on one side alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Row {
    /// Its number after cleansing, from 1.
    pub row: u64,
    /// Its key, redacted.
    pub key: BTreeMap<String, Option<String>>,
    /// The values that the check is about, redacted.
    pub values: BTreeMap<String, Option<String>>,
}

impl Flips {
    /// What is different between two runs of a job over the same data.
    pub fn between(before: &RunRecord, after: &RunRecord) -> Self {
        let ids: BTreeSet<&str> = before
            .verdicts
            .iter()
            .chain(&after.verdicts)
            .map(|verdict| verdict.check_id.as_str())
            .collect();
        let all = ids.len();
        let checks: Vec<_> = ids.into_iter().filter_map(|id| flip(before, after, id)).collect();
        Self {
            job: after.job_definition_id.clone(),
            outcomes: (before.outcome, after.outcome),
            unchanged: all - checks.len(),
            checks,
        }
    }

    /// Whether both say the same of everything.
    pub fn is_empty(&self) -> bool {
        self.checks.is_empty() && self.outcomes.0 == self.outcomes.1
    }

    /// The checks whose verdict is another.
    pub fn flipped(&self) -> impl Iterator<Item = &Flip> {
        self.checks.iter().filter(|flip| flip.verdicts.0 != flip.verdicts.1)
    }
}

fn flip(before: &RunRecord, after: &RunRecord, id: &str) -> Option<Flip> {
    let find = |run: &RunRecord| run.verdicts.iter().find(|own| own.check_id == id).cloned();
    let (old, new) = (find(before), find(after));
    let rows = |run: &RunRecord| {
        let own = run.violations.iter().filter(|row| row.check_id == id);
        own.map(|row| ((row.file.clone(), row.row), shown(row))).collect::<BTreeMap<_, _>>()
    };
    let (old_rows, new_rows) = (rows(before), rows(after));
    let only = |own: &BTreeMap<_, Row>, other: &BTreeMap<_, Row>| {
        own.iter().filter(|(at, _)| !other.contains_key(*at)).map(|(_, row)| row.clone()).collect()
    };
    let verdict = |own: &Option<VerdictRecord>| own.as_ref().map(|own| own.verdict);
    let violations = |own: &Option<VerdictRecord>| own.as_ref().and_then(VerdictRecord::violations);
    let message = |own: &Option<VerdictRecord>| own.as_ref().map(|own| own.message.clone());
    let flip = Flip {
        check_id: id.to_owned(),
        title: new.as_ref().or(old.as_ref()).map(|own| own.title.clone()).unwrap_or_default(),
        verdicts: (verdict(&old), verdict(&new)),
        violations: (violations(&old), violations(&new)),
        messages: (message(&old), message(&new)),
        new_rows: only(&new_rows, &old_rows),
        gone_rows: only(&old_rows, &new_rows),
    };
    let same = flip.verdicts.0 == flip.verdicts.1
        && flip.violations.0 == flip.violations.1
        && flip.new_rows.is_empty()
        && flip.gone_rows.is_empty();
    (!same).then_some(flip)
}

fn shown(row: &ViolationRecord) -> Row {
    Row { row: row.row, key: row.key.clone(), values: row.values.clone() }
}
