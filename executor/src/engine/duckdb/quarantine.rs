//! The rows of a dataset, set apart by whether they break a hard rule of single rows.

use std::collections::BTreeMap;
use std::path::Path;

use assay_schemas::plan::{Body, DatasetPlan};
use assay_schemas::verdict::Measurement;

use super::connection::{Session, absolute, fault};
use super::fuse::{DATASET, violates};
use super::keys::BadKeys;
use super::source::ROW;
use super::sql::{self, Scope, Unsaid};
use super::types::Column;
use crate::engine::{EngineError, Measured, Quarantine};

/// Column of the quarantined rows: the checks that a row breaks.
const BROKEN: &str = "_assay_broken";

/// What rows break, as conditions over the dataset `d` joined with the tables of bad keys.
#[derive(Default)]
pub(super) struct Marks {
    joins: String,
    /// Check, condition, and whether the check is hard.
    broken: Vec<(String, String, bool)>,
}

/// Conditions for all checks that found rows at fault.
pub(super) fn marks(
    scope: &Scope<'_>,
    dataset: &DatasetPlan,
    measured: &Measured,
    bad: &BTreeMap<String, BadKeys>,
) -> Result<Marks, Unsaid> {
    let mut marks = Marks::default();
    for (index, check) in dataset.checks.iter().enumerate() {
        let violations = measured.checks.get(&check.check_id).and_then(Measurement::violations);
        if violations.unwrap_or(0) == 0 {
            continue;
        }
        let condition = match (&check.body, bad.get(&check.check_id)) {
            (Body::Rows { holds, .. }, _) => violates(scope, check, holds)?,
            (_, Some(keys)) => {
                let name = format!("b{index}");
                marks.joins.push_str(&format!("\nLEFT JOIN {}", keys.join(&name)));
                match &keys.judged {
                    Some(judged) => format!("({judged} AND {name}.n IS NOT NULL)"),
                    None => format!("({name}.n IS NOT NULL)"),
                }
            }
            _ => continue,
        };
        marks.broken.push((check.check_id.clone(), condition, check.severity.is_hard()));
    }
    Ok(marks)
}

/// Writes the two files.
pub(super) fn split(
    session: &Session,
    columns: &[Column],
    marks: &Marks,
    folder: &Path,
) -> Result<Quarantine, EngineError> {
    let hard: Vec<&str> = marks
        .broken
        .iter()
        .filter(|(_, _, hard)| *hard)
        .map(|(_, condition, _)| condition.as_str())
        .collect();
    let any = if hard.is_empty() { "false".to_owned() } else { hard.join("\n  OR ") };
    let items: Vec<String> =
        columns.iter().map(|column| format!("d.{}", sql::identifier(&column.name))).collect();
    let items = items.join(", ");
    let ids: Vec<String> = marks
        .broken
        .iter()
        .map(|(id, condition, _)| format!("CASE WHEN {condition} THEN {} END", sql::text(id)))
        .collect();
    // The files keep the order of the input, which a join does not.
    let from = format!("FROM {DATASET} AS d{}", marks.joins);
    let (valid, quarantined) = (folder.join("valid.parquet"), folder.join("quarantined.parquet"));
    let rows_valid = write(
        session,
        ("valid rows", &valid),
        &format!("SELECT {items}\n{from}\nWHERE ({any}) IS NOT TRUE\nORDER BY d.{ROW}"),
    )?;
    let rows_quarantined = write(
        session,
        ("quarantined rows", &quarantined),
        &format!(
            "SELECT {items}, d.{ROW}, list_filter(CAST([{}] AS VARCHAR[]), lambda id: id IS NOT NULL) AS {BROKEN}\n\
             {from}\nWHERE {any}\nORDER BY d.{ROW}",
            ids.join(", ")
        ),
    )?;
    Ok(Quarantine { valid, rows_valid, quarantined, rows_quarantined })
}

fn write(
    session: &Session,
    (purpose, file): (&str, &Path),
    query: &str,
) -> Result<u64, EngineError> {
    let text = format!(
        "COPY (\n{query}\n) TO {} (FORMAT parquet, COMPRESSION zstd)",
        sql::text(&absolute(file)?)
    );
    session.run(purpose, &text).map_err(|error| fault(&error))
}
