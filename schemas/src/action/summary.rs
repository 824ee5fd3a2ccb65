//! Reading the summary of a run, and putting it into a few words for people.

use serde_json::Value;

/// The fields of a summary, sorted.
pub(super) const FIELDS: &[&str] = &[
    "anomaly",
    "bundle_digest",
    "contract",
    "dataset",
    "environment",
    "finished_at",
    "hard_failure_rate",
    "job_definition_id",
    "job_fingerprint",
    "job_version",
    "lineage",
    "outcome",
    "reason",
    "rows",
    "run_id",
    "started_at",
    "tenant",
    "verdicts",
];

/// Verdicts that a message lists; the rest is counted.
const LISTED: usize = 10;

/// A field as text; empty where it is not there.
pub(super) fn text<'a>(summary: &'a Value, field: &str) -> &'a str {
    summary.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// The checks that did not pass, worst first.
pub(super) fn findings(summary: &Value) -> Vec<&Value> {
    let all = summary.get("verdicts").and_then(Value::as_array).into_iter().flatten();
    let mut findings: Vec<_> = all
        .filter(|verdict| matches!(text(verdict, "verdict"), "fail" | "error" | "warn"))
        .collect();
    findings.sort_by_key(|verdict| {
        let severity = match text(verdict, "severity") {
            "critical" => 0,
            "error" => 1,
            "warning" => 2,
            _ => 3,
        };
        (severity, text(verdict, "check_id"))
    });
    findings
}

/// The severity of the worst finding; empty where there is none.
pub(super) fn worst(summary: &Value) -> &str {
    findings(summary).first().map_or("", |verdict| text(verdict, "severity"))
}

/// Job, environment and tenant in words.
pub(super) fn subject(summary: &Value) -> String {
    let job = text(summary, "job_definition_id");
    let environment = text(summary, "environment");
    match text(summary, "tenant") {
        "" => format!("{job} in {environment}"),
        tenant => format!("{job} in {environment} for {tenant}"),
    }
}

/// The findings, a line each.
pub(super) fn finding_lines(summary: &Value) -> Vec<String> {
    let findings = findings(summary);
    let mut lines: Vec<_> = findings.iter().take(LISTED).map(|verdict| line(verdict)).collect();
    if findings.len() > LISTED {
        lines.push(format!("and {} more", findings.len() - LISTED));
    }
    lines
}

fn line(verdict: &Value) -> String {
    let message = text(verdict, "message");
    let what = if message.is_empty() { text(verdict, "title") } else { message };
    let severity = text(verdict, "severity");
    let id = text(verdict, "check_id");
    let count = |field| verdict.get(field).and_then(Value::as_u64);
    match (count("violations"), count("evaluated")) {
        (Some(violations), Some(evaluated)) if evaluated > 0 => {
            format!("[{severity}] {id}: {violations} of {evaluated} rows violate: {what}")
        }
        _ => format!("[{severity}] {id}: {what}"),
    }
}

/// Rows, failure rate and run, in one line.
pub(super) fn figures(summary: &Value) -> String {
    let mut parts = Vec::new();
    if let Some(rows) = summary.get("rows").and_then(Value::as_u64) {
        parts.push(format!("{rows} rows"));
    }
    if let Some(rate) = summary.get("hard_failure_rate").and_then(Value::as_f64) {
        parts.push(format!("hard failure rate {}", percent(rate)));
    }
    parts.push(format!("run {}", text(summary, "run_id")));
    parts.join(", ")
}

/// A share as a percentage of at most four significant decimals.
fn percent(share: f64) -> String {
    let text = format!("{:.4}", share * 100.0);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} %")
}

/// A run as a test of an action sees it.
#[cfg(test)]
pub(super) fn example() -> Value {
    serde_json::json!({
        "run_id": "0190-run", "job_definition_id": "billing-daily-checks", "job_version": "1.0.0",
        "tenant": "TNT-001", "environment": "prod", "bundle_digest": "sha256:b", "job_fingerprint": "sha256:f",
        "outcome": "failed", "reason": "1 hard check failed", "anomaly": false,
        "started_at": "2024-01-01T00:00:00Z", "finished_at": "2024-01-01T00:01:00Z",
        "rows": 1000, "hard_failure_rate": 0.0125, "dataset": "billing",
        "contract": {"id": "billing-contract", "version": "2.1.0"},
        "verdicts": [
            {"check_id": "late", "title": "`at` is fresh", "severity": "warning", "verdict": "warn",
             "evaluated": null, "violations": null, "message": null},
            {"check_id": "fare", "title": "`fare` is at least 0", "severity": "critical", "verdict": "fail",
             "evaluated": 800, "violations": 10, "message": "a fare < 0 is a refund & must be booked as one"},
            {"check_id": "id", "title": "`id` is unique", "severity": "error", "verdict": "pass",
             "evaluated": 1000, "violations": 0, "message": null}
        ],
        "lineage": {
            "eventType": "FAIL", "eventTime": "2024-01-01T00:01:00Z", "producer": "p", "schemaURL": "s",
            "run": {"runId": "0190-run", "facets": {"parent": {}}},
            "job": {"namespace": "n", "name": "billing-daily-checks", "facets": {}},
            "inputs": [{"namespace": "n", "name": "billing", "facets": {"schema": {}}, "inputFacets": {"q": {}}}],
            "outputs": [{"namespace": "n", "name": "cleansed", "facets": {}, "outputFacets": {}}]
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_listed_worst_first() {
        let summary = example();
        assert_eq!(worst(&summary), "critical");
        assert_eq!(
            finding_lines(&summary),
            [
                "[critical] fare: 10 of 800 rows violate: a fare < 0 is a refund & must be booked as one",
                "[warning] late: `at` is fresh",
            ]
        );
        assert_eq!(figures(&summary), "1000 rows, hard failure rate 1.25 %, run 0190-run");
        assert_eq!(subject(&summary), "billing-daily-checks in prod for TNT-001");
    }
}
