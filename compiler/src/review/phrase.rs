//! What changes, in a few words.

use assay_schemas::plan::{Check, Level, Tolerance};
use assay_schemas::words::counted;
use serde_json::Value;

/// How much of a value is shown.
const LONGEST: usize = 72;

/// One value in place of another.
pub(super) fn values(before: Option<&Value>, after: Option<&Value>) -> String {
    let shown = |value: Option<&Value>| value.filter(|value| !value.is_null()).map(shown);
    match (shown(before), shown(after)) {
        (None, Some(after)) => format!("added: {after}"),
        (Some(before), None) => format!("removed: {before}"),
        (Some(before), Some(after)) if before == after => "rewritten".to_owned(),
        (before, after) => change(&before.unwrap_or_default(), &after.unwrap_or_default()),
    }
}

/// One text in place of another.
pub(super) fn change(before: &str, after: &str) -> String {
    format!("{before} → {after}")
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::Array(items) if items.iter().any(Value::is_object) => match items.len() {
            1 => "1 entry".to_owned(),
            many => format!("{many} entries"),
        },
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    cut(&text.replace('\n', " "))
}

/// A text that is not too long to be read in passing.
pub(super) fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// What is asked, as far as it is different, in place of what was; empty where it reads the same.
pub(super) fn checks(before: &Check, after: &Check) -> String {
    let mut parts = Vec::new();
    if before.title != after.title {
        parts.push(change(&before.title, &after.title));
    }
    let (old, new) = (tolerance(&before.tolerance), tolerance(&after.tolerance));
    if old != new {
        parts.push(format!("tolerates {}", change(&old, &new)));
    }
    let (old, new) = (level(before.warn.as_ref()), level(after.warn.as_ref()));
    if old != new {
        parts.push(format!("warns {}", change(&old, &new)));
    }
    if before.severity != after.severity {
        parts.push(change(before.severity.name(), after.severity.name()));
    }
    if before.filter != after.filter {
        parts.push(match (&before.filter, &after.filter) {
            (None, Some(_)) => "only where a condition holds".to_owned(),
            (Some(_), None) => "no longer only where a condition holds".to_owned(),
            _ => "`where` is another".to_owned(),
        });
    }
    if before.segments != after.segments {
        parts.push("judged by other segments".to_owned());
    }
    if before.empty != after.empty {
        parts.push("another verdict where nothing is evaluated".to_owned());
    }
    parts.join("; ")
}

fn tolerance(tolerance: &Tolerance) -> String {
    let rows = tolerance.max_violations.map(|rows| counted(rows, "row"));
    let share = tolerance.max_violation_ratio.map(|share| format!("{} %", percent(share)));
    let parts: Vec<_> = rows.into_iter().chain(share).collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(" and ") }
}

/// A share as a percentage, without the dust of binary fractions.
fn percent(share: f64) -> f64 {
    (share * 1e8).round() / 1e6
}

fn level(level: Option<&Level>) -> String {
    match level {
        None => "never".to_owned(),
        Some(Level::Rows { tolerance: borne }) => format!("beyond {}", tolerance(borne)),
        Some(Level::Figure { bounds }) => {
            let end = |end: Option<f64>| end.map_or_else(|| "…".to_owned(), |end| end.to_string());
            format!("outside {} to {}", end(bounds.min), end(bounds.max))
        }
    }
}
