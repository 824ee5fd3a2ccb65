//! Paths into the event of an upstream job: `artifacts.output_path`, and `${artifacts.output_path}` in
//! the arguments of what it sets off.
//!
//! The event is another system's and may hold more than is known here, so an unknown name is refused
//! only where it looks like a slip of a known one.

use serde_json::Value;

use crate::code::Code;
use crate::problem::{Pointer, Problem, nearest};

/// What an event is known to hold at its top.
pub const FIELDS: &[&str] = &[
    "approved_by",
    "artifacts",
    "created_by",
    "decision",
    "end_date",
    "error_message",
    "event_type",
    "job_name",
    "job_run_id",
    "metrics",
    "start_date",
    "status",
    "timestamp",
];

/// Whether a name in `${…}` is one of the event rather than a variable of the environment.
pub fn is_path(name: &str) -> bool {
    name.contains('.') || FIELDS.contains(&name)
}

/// What is wrong with a dotted path.
pub(crate) fn check_path(path: &str, place: Pointer) -> Option<Problem> {
    let fault = |message: String| Problem::new(Code::BadEventPath, place.clone(), message);
    let form = "write names joined by dots, such as `artifacts.output_path`";
    if path.contains("${") {
        return Some(
            fault(format!("`{path}` is a path already, so it takes no `${{…}}`")).hint(form),
        );
    }
    let word = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
    };
    if !path.split('.').all(word) {
        return Some(fault(format!("`{path}` is not a path into the event")).hint(form));
    }
    let first = path.split('.').next().unwrap_or_default();
    if FIELDS.contains(&first) {
        return None;
    }
    let near = nearest(first, FIELDS.iter().copied())?;
    let message = format!("the event of a job has no `{first}`");
    Some(fault(message).hint(format!("did you mean `{near}`?")))
}

/// What is wrong with the paths in a text. Names without a dot may be variables of the environment.
pub(crate) fn check_text(text: &str, place: &Pointer) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let after = &rest[start + 2..];
        if rest[..start].ends_with('$') {
            rest = after;
            continue;
        }
        let Some(end) = after.find('}') else {
            let message = "`${` without its `}`";
            problems.push(Problem::new(Code::BadEventPath, place.clone(), message));
            break;
        };
        let name = &after[..end];
        if name.contains('.') {
            problems.extend(check_path(name, place.clone()));
        }
        rest = &after[end + 1..];
    }
    problems
}

/// What is wrong with the paths in the texts of a value.
pub(crate) fn check_value(value: &Value, place: &Pointer, problems: &mut Vec<Problem>) {
    match value {
        Value::String(text) => problems.extend(check_text(text, place)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                check_value(item, &place.index(index), problems);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                check_value(field, &place.key(key), problems);
            }
        }
        _ => {}
    }
}
