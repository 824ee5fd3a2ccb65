//! What is kept of a file: its answers to the checks of a part, redacted like all that is recorded.

use std::collections::BTreeMap;

use assay_schemas::plan::{Body, DatasetPlan};
use assay_schemas::verdict::Measurement;
use serde::{Deserialize, Serialize};

use super::Split;
use crate::engine::{Cleansed, Measured, Staged, Violation};
use crate::redact::Redactions;
use crate::result::ViolationRecord;

/// The form of what is kept; another one is asked for anew.
pub(super) const FORM: u32 = 1;

/// What a run measured of one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The run.
    pub run_id: String,
    /// What computed, with its version.
    pub engine: String,
    /// The file's columns, as [`Staged::columns`].
    pub columns: Vec<(String, String)>,
    /// What cleansing did.
    pub cleansed: Counts,
    /// Rows after cleansing.
    pub rows: u64,
    /// Rows that a hard check judged.
    pub hard_evaluated: u64,
    /// Of these, rows that violate one.
    pub hard_violating: u64,
    /// By check: rows judged and rows violating.
    pub(super) counted: BTreeMap<String, (u64, u64)>,
    /// By check: the bits of a figure, which a decimal text might lose.
    pub(super) figures: BTreeMap<String, Option<u64>>,
    /// Some violating rows of each check, counted from 1 within the file.
    pub(super) violations: Vec<Kept>,
}

/// What cleansing did to the rows of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    rows_in: u64,
    rows_out: u64,
    rows_rejected: u64,
    rows_merged: u64,
    malformed: u64,
    changed: BTreeMap<String, BTreeMap<String, u64>>,
    reasons: BTreeMap<String, u64>,
    said: Vec<String>,
}

/// A violating row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) check_id: String,
    pub(super) row: u64,
    pub(super) key: BTreeMap<String, Option<String>>,
    pub(super) values: BTreeMap<String, Option<String>>,
}

/// What an engine said of one file.
#[derive(Debug)]
pub struct Answer {
    /// Its columns.
    pub staged: Staged,
    /// What cleansing did.
    pub cleansed: Cleansed,
    /// The checks of the part.
    pub measured: Measured,
    /// Violating rows.
    pub violations: Vec<Violation>,
}

impl State {
    /// What is kept of an answer; the reason why it cannot be put together with others, if so.
    ///
    /// # Errors
    /// The reason, in words.
    pub fn of(
        answer: &Answer,
        part: &DatasetPlan,
        (run_id, engine): (&str, &str),
    ) -> Result<Self, String> {
        if let Some(missing) = &answer.cleansed.missing {
            return Err(missing.clone());
        }
        let (mut counted, mut figures) = (BTreeMap::new(), BTreeMap::new());
        for check in &part.checks {
            let id = check.check_id.clone();
            match answer.measured.checks.get(&id) {
                Some(Measurement::Rows { evaluated, violations }) => {
                    counted.insert(id, (*evaluated, *violations));
                }
                Some(Measurement::Figure { value, .. }) => {
                    figures.insert(id, value.map(f64::to_bits));
                }
                Some(Measurement::Broken { reason }) => return Err(reason.clone()),
                _ => return Err(format!("`{id}` came to nothing that could be kept")),
            }
        }
        let redactions = Redactions::of(&part.fields);
        let kept = |found: &Violation| {
            let record: ViolationRecord = redactions.violation(found.clone(), String::new());
            let ViolationRecord { check_id, row, key, values, .. } = record;
            Kept { check_id, row, key, values }
        };
        let measured = &answer.measured;
        Ok(Self {
            run_id: run_id.to_owned(),
            engine: engine.to_owned(),
            columns: answer.staged.columns.clone(),
            cleansed: Counts::of(&answer.cleansed),
            rows: measured.rows,
            hard_evaluated: measured.hard_evaluated,
            hard_violating: measured.hard_violating,
            counted,
            figures,
            violations: answer.violations.iter().map(kept).collect(),
        })
    }

    /// Whether every question of a part is answered.
    pub fn answers(&self, split: &Split) -> bool {
        split.part.checks.iter().all(|check| match check.body {
            Body::Metric { .. } => self.figures.contains_key(&check.check_id),
            _ => self.counted.contains_key(&check.check_id),
        })
    }
}

impl Counts {
    fn of(cleansed: &Cleansed) -> Self {
        Self {
            rows_in: cleansed.rows_in,
            rows_out: cleansed.rows_out,
            rows_rejected: cleansed.rows_rejected,
            rows_merged: cleansed.rows_merged,
            malformed: cleansed.malformed,
            changed: cleansed.changed.clone(),
            reasons: cleansed.reasons.clone(),
            said: cleansed.said.clone(),
        }
    }

    /// Adds what was done to the rows of a file to what was done to those before it.
    pub(super) fn add_to(&self, all: &mut Cleansed) {
        all.rows_in += self.rows_in;
        all.rows_out += self.rows_out;
        all.rows_rejected += self.rows_rejected;
        all.rows_merged += self.rows_merged;
        all.malformed += self.malformed;
        for (step, columns) in &self.changed {
            let known = all.changed.entry(step.clone()).or_default();
            for (column, cells) in columns {
                *known.entry(column.clone()).or_default() += cells;
            }
        }
        for (reason, rows) in &self.reasons {
            *all.reasons.entry(reason.clone()).or_default() += rows;
        }
        for words in &self.said {
            if !all.said.contains(words) {
                all.said.push(words.clone());
            }
        }
    }
}
