//! Values that files of a run may not show, hidden in SQL as [`redact::value`] hides them.

use std::collections::BTreeSet;

use assay_schemas::plan::{DatasetPlan, Redaction};

use super::super::sql;
use crate::engine::redact::{self, MASK};

/// A `value` as people may see it, by the one of the `columns` whose name stands in `column_name`.
pub(super) fn by_column(dataset: &DatasetPlan, columns: &BTreeSet<&String>, value: &str) -> String {
    let of = |wanted: Redaction| {
        let names = columns.iter().filter(|name| redact::of_column(dataset, name) == wanted);
        names.map(|name| sql::text(name)).collect::<Vec<_>>().join(", ")
    };
    let mut branches = Vec::new();
    for redaction in [Redaction::Full, Redaction::Partial] {
        let names = of(redaction);
        if !names.is_empty() {
            let hidden = always(redaction, value);
            branches.push(format!("WHEN column_name IN ({names}) THEN {hidden}"));
        }
    }
    match branches.is_empty() {
        true => value.to_owned(),
        false => format!("CASE {} ELSE {value} END", branches.join(" ")),
    }
}

/// A `value` as people may see it where it is redacted so; null stays null.
pub(super) fn always(redaction: Redaction, value: &str) -> String {
    let mask = sql::text(MASK);
    match redaction {
        Redaction::None => value.to_owned(),
        Redaction::Full => format!("CASE WHEN {value} IS NOT NULL THEN {mask} END"),
        Redaction::Partial => format!(
            "CASE WHEN length({value}) > 1 THEN left({value}, 1) || {mask} WHEN {value} IS NOT NULL THEN {mask} END"
        ),
    }
}
