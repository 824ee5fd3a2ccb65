//! Judge: measurements become verdicts, and verdicts an outcome.

use assay_schemas::exit::Exit;
use assay_schemas::plan::{Body, Bounds, Check, JobPlan, Level, Measure, Tolerance};
use assay_schemas::threshold::RunFigure;
use assay_schemas::verdict::{Adapted, Measurement, Outcome, Segment, Severity, Verdict};

use crate::engine::{Cleansed, Measured, duration};
use crate::history;
use crate::report::{percent, rows};
use crate::result::VerdictRecord;

/// The judgement of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// How it ended.
    pub outcome: Outcome,
    /// Why, in one sentence.
    pub reason: String,
    /// The exit code that says the same.
    pub exit: Exit,
    /// Share of the evaluated rows that break at least one hard rule; `None` where none was evaluated.
    pub hard_failure_rate: Option<f64>,
}

/// A verdict for each check, in order.
pub fn verdicts(checks: &[Check], measured: &Measured) -> Vec<VerdictRecord> {
    checks
        .iter()
        .map(|check| {
            let measurement = measured.checks.get(&check.check_id).cloned().unwrap_or_else(|| {
                Measurement::Broken { reason: "the engine gave no measurement".to_owned() }
            });
            let verdict = measurement.judge(check);
            let measurement = measurement.worst_segments(check);
            VerdictRecord {
                figures: history::recorded(check, &measurement),
                anomalous: history::is_anomalous(&measurement),
                check_id: check.check_id.clone(),
                rule_type: check.rule_type.clone(),
                title: check.title.clone(),
                columns: check.columns.iter().map(ToString::to_string).collect(),
                severity: check.severity,
                dimension: check.dimension,
                origin: check.origin.clone(),
                rule_digest: check.digest.to_string(),
                verdict,
                message: message(check, &measurement, verdict),
                measurement,
            }
        })
        .collect()
}

/// How many segments hold, and what is wrong with some of the others.
fn of_segments(check: &Check, (segments, failing): (u64, u64), parts: &[Segment]) -> String {
    let each = parts.iter().filter(|part| is_bad(part.measurement.judge(check)));
    let each = each.map(|part| {
        let found = message(check, &part.measurement, Verdict::Pass);
        format!("{}: {found}", key(&part.key))
    });
    let mut each: Vec<String> = each.take(SEGMENTS).collect();
    if failing > each.len() as u64 {
        each.push("…".to_owned());
    }
    let all = match failing {
        0 => format!("all {segments} segments hold"),
        _ => format!("{failing} of {segments} segments do not hold"),
    };
    [vec![all], each].concat().join("; ")
}

/// Actual against expected, in one sentence.
fn message(check: &Check, measurement: &Measurement, verdict: Verdict) -> String {
    let found = match measurement {
        Measurement::Broken { reason } => return format!("could not be evaluated: {reason}"),
        Measurement::Rows { evaluated: 0, .. } | Measurement::Difference { evaluated: 0, .. } => {
            return "no row to judge".to_owned();
        }
        Measurement::Figure { value: None, adapted, .. } => {
            return match adapted.as_ref().and_then(|adapted| adapted.missing.as_ref()) {
                Some(missing) => format!("not judged: {missing}"),
                None => "nothing to compute it from".to_owned(),
            };
        }
        Measurement::Rows { evaluated, violations } => {
            let share = 100.0 * *violations as f64 / *evaluated as f64;
            let mut expected = tolerated(&check.tolerance);
            if let Some(Level::Rows { tolerance }) = &check.warn {
                expected = format!("{expected}, {} without a warning", tolerated(tolerance));
            }
            format!("{violations} of {evaluated} rows violate ({share:.2} %); {expected}")
        }
        Measurement::Difference { only_here, only_there, changed, columns, .. } => {
            let by_column: Vec<String> =
                columns.iter().map(|(column, count)| format!("`{column}` in {count}")).collect();
            let by_column = match by_column.is_empty() {
                true => String::new(),
                false => format!(" ({})", by_column.join(", ")),
            };
            let expected = tolerated(&check.tolerance);
            format!(
                "{only_here} rows only here, {only_there} only there, {changed} changed{by_column}; {expected}"
            )
        }
        Measurement::Figure { value: Some(value), shown, names, adapted, .. } => {
            let mut shown = shown.clone().unwrap_or_else(|| number(*value));
            if !names.is_empty() {
                shown = format!("{shown} ({})", named(names));
            }
            match &check.body {
                Body::Metric { measure, bounds } => {
                    let said = match measure {
                        Measure::Age { .. } => duration,
                        _ => number,
                    };
                    let made = match adapted.as_deref() {
                        Some(Adapted { missing: Some(missing), .. }) => {
                            return format!("{shown}, not judged: {missing}");
                        }
                        Some(Adapted { min, max, .. }) => {
                            Some(Bounds { min: *min, max: *max, ..bounds.clone() })
                        }
                        None => None,
                    };
                    let bounds = made.as_ref().unwrap_or(bounds);
                    let warn = match &check.warn {
                        Some(Level::Figure { bounds }) => {
                            format!(", {} without a warning", expected(bounds, said))
                        }
                        _ => String::new(),
                    };
                    format!("{shown}; expected {}{warn}", expected(bounds, said))
                }
                _ => shown,
            }
        }
        Measurement::Segments { segments: 0, .. } => return "no segment to judge".to_owned(),
        Measurement::Segments { segments, failing, parts, .. } => {
            of_segments(check, (*segments, *failing), parts)
        }
        Measurement::Faults { faults } if faults.is_empty() => "as declared".to_owned(),
        Measurement::Faults { faults } => faults.join("; "),
    };
    match (&check.message, verdict) {
        (Some(own), Verdict::Fail | Verdict::Warn) => format!("{own} ({found})"),
        _ => found,
    }
}

/// Segments that a message names.
const SEGMENTS: usize = 3;

fn is_bad(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Warn | Verdict::Fail | Verdict::Error)
}

/// What a segment has in common.
fn key(key: &[(String, Option<String>)]) -> String {
    let one = |(column, value): &(String, Option<String>)| {
        format!("{column} = {}", value.as_deref().unwrap_or("null"))
    };
    key.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Values of the data, a few of them.
fn named(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

fn tolerated(tolerance: &Tolerance) -> String {
    match (tolerance.max_violations, tolerance.max_violation_ratio) {
        (None, None) => "none tolerated".to_owned(),
        (Some(rows), None) => format!("{rows} tolerated"),
        (None, Some(ratio)) => format!("{} % tolerated", number(ratio * 100.0)),
        (Some(rows), Some(ratio)) => format!("{rows} and {} % tolerated", number(ratio * 100.0)),
    }
}

fn expected(bounds: &Bounds, said: impl Fn(f64) -> String) -> String {
    let above = if bounds.exclusive_min { "more than" } else { "at least" };
    let below = if bounds.exclusive_max { "less than" } else { "at most" };
    match (bounds.min, bounds.max) {
        (Some(min), Some(max)) if min == max => said(min),
        (Some(min), Some(max)) => format!("{above} {} and {below} {}", said(min), said(max)),
        (Some(min), None) => format!("{above} {}", said(min)),
        (None, Some(max)) => format!("{below} {}", said(max)),
        (None, None) => "anything".to_owned(),
    }
}

/// A number without digits that say nothing.
fn number(value: f64) -> String {
    let rounded = format!("{value:.4}");
    let short = rounded.trim_end_matches('0').trim_end_matches('.');
    if short.is_empty() || short == "-0" { "0".to_owned() } else { short.to_owned() }
}

/// How the run ended.
///
/// A check that could not run makes the run an error. Otherwise the threshold decides, where the job has
/// one: within it, hard failures leave the run partial. Without one, any hard failure fails the run. A
/// failed check of severity critical fails the run in any case.
pub fn judge(
    plan: &JobPlan,
    verdicts: &[VerdictRecord],
    cleansed: &Cleansed,
    measured: &Measured,
) -> Judgement {
    let count =
        |verdict: Verdict| verdicts.iter().filter(|record| record.verdict == verdict).count();
    let (failed, warned, broken) =
        (count(Verdict::Fail), count(Verdict::Warn), count(Verdict::Error));
    let hard_failure_rate = (measured.hard_evaluated > 0)
        .then(|| measured.hard_violating as f64 / measured.hard_evaluated as f64);
    let figure = |figure| match figure {
        RunFigure::HardFailureRate => hard_failure_rate.unwrap_or(0.0),
        RunFigure::HardFailures => failed as f64,
        RunFigure::Warnings => warned as f64,
        RunFigure::RejectRate if cleansed.rows_in == 0 => 0.0,
        RunFigure::RejectRate => cleansed.rows_rejected as f64 / cleansed.rows_in as f64,
    };
    let critical = verdicts
        .iter()
        .find(|record| record.verdict == Verdict::Fail && record.severity == Severity::Critical);
    let threshold = plan.severity_threshold.as_ref();
    let within = threshold.map(|threshold| threshold.holds(figure));
    let nothing = !verdicts.is_empty() && count(Verdict::NotEvaluated) == verdicts.len();
    let (outcome, exit, reason) = if let Some(missing) = &cleansed.missing {
        (Outcome::Error, Exit::Broken, missing.clone())
    } else if broken > 0 {
        (Outcome::Error, Exit::Broken, format!("{} could not run", checks(broken)))
    } else if let Some(record) = critical {
        let reason = format!("critical check `{}` failed: {}", record.check_id, record.message);
        (Outcome::Failed, Exit::Critical, reason)
    } else if let (Some(threshold), Some(false)) = (threshold, within) {
        (Outcome::Failed, Exit::Failed, format!("the threshold `{threshold}` does not hold"))
    } else if failed > 0 && within.is_none() {
        (Outcome::Failed, Exit::Failed, format!("{} failed", checks(failed)))
    } else if nothing {
        let reason = "there was nothing to judge".to_owned();
        (Outcome::Partial, Exit::NothingEvaluated, reason)
    } else if let (true, Some(threshold)) = (failed > 0, threshold) {
        let reason = format!("{} failed, within the threshold `{threshold}`", checks(failed));
        (Outcome::Partial, Exit::Warned, reason)
    } else if warned > 0 {
        (Outcome::Partial, Exit::Warned, format!("{} warned", checks(warned)))
    } else {
        (Outcome::Success, Exit::Success, "every check passed".to_owned())
    };
    let reason = match outcome {
        Outcome::Success | Outcome::Partial if cleansed.rows_rejected > 0 => {
            let share = percent(figure(RunFigure::RejectRate));
            let word = if cleansed.rows_rejected == 1 { "was" } else { "were" };
            let rejected = rows(cleansed.rows_rejected);
            format!("{reason}; {rejected} ({share}) {word} rejected before they were judged")
        }
        _ => reason,
    };
    Judgement { outcome, reason, exit, hard_failure_rate }
}

fn checks(count: usize) -> String {
    if count == 1 { "1 check".to_owned() } else { format!("{count} checks") }
}
