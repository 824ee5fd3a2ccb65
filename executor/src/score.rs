//! Scores: the share of checks that passed among those that were judged. Every check counts the same.

use std::collections::BTreeMap;

use assay_schemas::verdict::{Dimension, Verdict};
use serde::{Deserialize, Serialize};

use crate::result::VerdictRecord;

/// How one dimension of quality came out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The dimension.
    pub dimension: Dimension,
    /// Checks that passed.
    pub passed: u64,
    /// Checks that passed, warned or failed.
    pub judged: u64,
}

impl Score {
    /// Between 0 and 1; `None` where nothing was judged.
    pub fn share(&self) -> Option<f64> {
        (self.judged > 0).then(|| self.passed as f64 / self.judged as f64)
    }
}

/// The dimensions that any check speaks of, in their order.
pub fn dimensions(verdicts: &[VerdictRecord]) -> Vec<Score> {
    let mut scores: BTreeMap<Dimension, Score> = BTreeMap::new();
    for check in verdicts {
        let none = Score { dimension: check.dimension, passed: 0, judged: 0 };
        let score = scores.entry(check.dimension).or_insert(none);
        let judged = matches!(check.verdict, Verdict::Pass | Verdict::Warn | Verdict::Fail);
        score.judged += u64::from(judged);
        score.passed += u64::from(check.verdict == Verdict::Pass);
    }
    scores.into_values().collect()
}

/// The score of a run, between 0 and 1; `None` where nothing was judged.
pub fn of_run(verdicts: &[VerdictRecord]) -> Option<f64> {
    let scores = dimensions(verdicts);
    let judged: u64 = scores.iter().map(|score| score.judged).sum();
    let passed: u64 = scores.iter().map(|score| score.passed).sum();
    (judged > 0).then(|| passed as f64 / judged as f64)
}
