//! A realistic record of a run, made from a year of taxi trips, and variations of it.

use assay_executor::redact::MASK;
use assay_executor::result::RunRecord;
use assay_schemas::verdict::{Measurement, Outcome, Verdict};

/// Three hard checks failed, three warned, one had nothing to judge.
pub(crate) fn failed() -> RunRecord {
    serde_json::from_str(include_str!("support/taxi.json")).expect("the sample is a record")
}

/// The same job on data without a fault.
pub(crate) fn success() -> RunRecord {
    let mut record = failed();
    record.run_id = "01939c1e-6b00-7c3a-9d41-5f0a7be2c915".into();
    record.outcome = Outcome::Success;
    record.reason = "every check passed or had nothing to judge".into();
    record.exit_code = 0;
    record.hard_failure_rate = Some(0.0);
    record.violations.clear();
    for check in &mut record.verdicts {
        if matches!(check.verdict, Verdict::Fail | Verdict::Warn) {
            check.verdict = Verdict::Pass;
            check.message = "as it should be".into();
            match &mut check.measurement {
                Measurement::Rows { violations, .. } => *violations = 0,
                Measurement::Figure { within, .. } => *within = true,
                _ => {}
            }
        }
    }
    for action in &mut record.actions {
        action.trigger = "on_success".into();
        action.status = "success".into();
        action.detail = "delivered".into();
    }
    record
}

/// A check could not run, and two columns are classified; their values are redacted as in any record.
pub(crate) fn broken() -> RunRecord {
    let mut record = failed();
    record.run_id = "01939c1e-6b00-7c3a-9d41-5f0a7be2c916".into();
    record.outcome = Outcome::Error;
    record.reason = "1 check could not run".into();
    record.exit_code = 43;
    record.violations.retain(|row| row.check_id != "rate-code-known");
    for check in &mut record.verdicts {
        if check.check_id == "rate-code-known" {
            check.verdict = Verdict::Error;
            let reason = "the lookup rate_codes has no column rate_code_id".to_owned();
            check.message.clone_from(&reason);
            check.measurement = Measurement::Broken { reason };
        }
    }
    for column in &mut record.profile {
        if matches!(column.column.as_str(), "vendor_id" | "total_amount") {
            column.classification = Some("confidential".into());
            let figures = &mut column.figures;
            (figures.min, figures.max, figures.mean) = (None, None, None);
            (figures.sum, figures.standard_deviation) = (None, None);
            figures.quantiles.clear();
            figures.top.clear();
            figures.histogram.clear();
        }
    }
    for row in &mut record.violations {
        for cells in [&mut row.key, &mut row.values] {
            for (column, cell) in cells.iter_mut() {
                if matches!(column.as_str(), "vendor_id" | "total_amount") {
                    *cell = cell.as_ref().map(|_| MASK.to_owned());
                }
            }
        }
        row.message = "the value does not hold".into();
    }
    record
}
