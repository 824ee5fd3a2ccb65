//! Fields of quality checks.

use assay_schemas::code::Code;
use assay_schemas::problem::nearest;
use serde_json::{Map, Value};

use super::super::operator::NAMES as OPERATORS;
use super::contract::{CUSTOM_PROPERTIES, DEFINITIONS};
use super::{Field, Form, Table, Together, may, must};

const DIMENSIONS: &[&str] = &[
    "accuracy",
    "completeness",
    "conformity",
    "consistency",
    "coverage",
    "timeliness",
    "uniqueness",
];

const METRICS: &[&str] =
    &["nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount"];

/// That the standard does not have a metric, and which one may be meant; `None` where it has. Other tools call
/// `nullValues` a count or a check.
pub(crate) fn unknown_metric(metric: &str) -> Option<String> {
    if METRICS.contains(&metric) {
        return None;
    }
    let stem = metric.strip_suffix("Count").or(metric.strip_suffix("Check"));
    let values = stem.map(|stem| format!("{stem}Values"));
    let meant = METRICS.iter().copied().find(|known| values.as_deref() == Some(known));
    let way_out = match meant.or_else(|| nearest(metric, METRICS.iter().copied())) {
        Some(near) => format!("write `metric: {near}`"),
        None => format!("metrics are {}", METRICS.join(", ")),
    };
    Some(format!("the standard has no metric `{metric}`: {way_out}"))
}

pub(super) static QUALITY: Table = Table {
    name: "a quality check",
    fields: &[
        may("id", Form::StableId),
        may("authoritativeDefinitions", DEFINITIONS),
        may("businessImpact", Form::Text),
        may("customProperties", CUSTOM_PROPERTIES),
        may("description", Form::Text),
        may("dimension", Form::OneOf(DIMENSIONS)),
        may("method", Form::Text),
        may("name", Form::Text),
        may("schedule", Form::Text),
        may("scheduler", Form::Text),
        may("severity", Form::Text),
        may("tags", Form::List(&Form::Text)),
        may("type", Form::OneOf(&["text", "library", "sql", "custom"])),
        may("unit", Form::Text),
    ],
    more: by_type,
    together,
};

macro_rules! with_operators {
    ($($field:expr),*) => {
        const { &[
            $($field,)*
            may("mustBe", Form::Any),
            may("mustNotBe", Form::Any),
            may("mustBeGreaterThan", Form::Number),
            may("mustBeGreaterOrEqualTo", Form::Number),
            may("mustBeLessThan", Form::Number),
            may("mustBeLessOrEqualTo", Form::Number),
            may("mustBeBetween", Form::Pair),
            may("mustNotBeBetween", Form::Pair),
        ] }
    };
}

fn is_library(check: &Map<String, Value>) -> bool {
    check.contains_key("metric") || check.get("type").and_then(Value::as_str) == Some("library")
}

fn by_type(check: &Map<String, Value>) -> &'static [Field] {
    if is_library(check) {
        return with_operators![
            may("metric", Form::OneOf(METRICS)),
            may("rule", Form::Text),
            may("arguments", Form::Free)
        ];
    }
    match check.get("type").and_then(Value::as_str) {
        Some("sql") => with_operators![must("query", Form::Text)],
        Some("custom") => {
            const {
                &[
                    must("engine", Form::Text),
                    must("implementation", Form::Either(&[Form::Text, Form::Free])),
                ]
            }
        }
        _ => &[],
    }
}

fn together(check: &Map<String, Value>) -> Option<Together> {
    let wrong = |field, code, message: &str, hint: &str| {
        Some(Together {
            field,
            code,
            message: message.to_owned(),
            hint: hint.to_owned(),
            since_3_1: true,
        })
    };
    if is_library(check) && !check.contains_key("metric") {
        let message = "a quality check of the library has no `metric`";
        let hint = format!("metrics are {}", METRICS.join(", "));
        return wrong(None, Code::MissingField, message, &hint);
    }
    let compares = is_library(check) || check.get("type").and_then(Value::as_str) == Some("sql");
    let given: Vec<_> = OPERATORS.iter().filter(|name| check.contains_key(**name)).collect();
    match given.as_slice() {
        [] if compares => {
            let message = "a quality check says nothing of what its figure must be";
            let hint = "write one of the comparisons, such as `mustBe: 0`";
            wrong(None, Code::MissingField, message, hint)
        }
        [_, second, ..] => {
            let message = "a quality check has one comparison";
            wrong(Some(**second), Code::BadValue, message, "write two checks, or `mustBeBetween`")
        }
        _ => None,
    }
}
