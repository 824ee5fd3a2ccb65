//! The verdicts of a run as JUnit XML, which every CI system shows.
//!
//! A check is a test case: `fail` is a failure, `error` an error, `not_evaluated` skipped. A warning is a
//! pass that says so in its output, because JUnit has no third colour.

use std::time::Duration;

use assay_schemas::verdict::Verdict;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{ReportError, elapsed};
use crate::result::{RunRecord, VerdictRecord};

/// One suite for the dataset, one case for each check.
///
/// # Errors
/// The XML cannot be written.
pub fn render(record: &RunRecord) -> Result<String, ReportError> {
    let time = Duration::from_secs_f64(elapsed(record).max(0.0) / 1000.0);
    let mut suite = TestSuite::new(format!("{}/{}", record.job_definition_id, record.dataset));
    suite.set_time(time);
    for (name, value) in [
        ("run_id", &record.run_id),
        ("outcome", &record.outcome.name().to_owned()),
        ("tenant", &record.tenant),
        ("environment", &record.environment),
        ("bundle_digest", &record.bundle_digest),
        ("job_fingerprint", &record.job_fingerprint),
    ] {
        suite.add_property((name, value.as_str()));
    }
    suite.add_test_cases(record.verdicts.iter().map(|check| case(record, check)));
    let mut report = Report::new(format!("assay {}", record.job_definition_id));
    report.set_time(time);
    report.add_test_suite(suite);
    report.to_string().map_err(|error| ReportError(error.to_string()))
}

fn case(record: &RunRecord, check: &VerdictRecord) -> TestCase {
    let status = match check.verdict {
        Verdict::Pass | Verdict::Warn => TestCaseStatus::success(),
        Verdict::Fail => not_passed(record, check, NonSuccessKind::Failure),
        Verdict::Error => not_passed(record, check, NonSuccessKind::Error),
        Verdict::NotEvaluated => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(check.message.clone());
            status
        }
    };
    let mut case = TestCase::new(format!("{}: {}", check.check_id, check.title), status);
    case.set_classname(format!("{}.{}", record.job_definition_id, check.dimension.name()));
    if check.verdict == Verdict::Warn {
        case.set_system_out(format!("warning: {}", check.message));
    }
    case
}

fn not_passed(record: &RunRecord, check: &VerdictRecord, kind: NonSuccessKind) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(check.message.clone());
    status.set_type(format!("{} ({})", check.rule_type, check.severity.name()));
    let rows: Vec<String> = record
        .violations
        .iter()
        .filter(|row| row.check_id == check.check_id)
        .take(10)
        .map(|row| format!("row {}: {}", row.row, row.message))
        .collect();
    if !rows.is_empty() {
        status.set_description(rows.join("\n"));
    }
    status
}
