//! Violating rows, a few for each check.

use assay_schemas::plan::{Body, Check, DatasetPlan};
use duckdb::types::Value;

use super::connection::{as_count, as_text};
use super::fuse::{DATASET, violates};
use super::keys::BadKeys;
use super::source::{FILE, ROW};
use super::sql::{self, Scope, Unsaid};
use crate::engine::{FileNote, Violation};

/// The columns that a violation of a check shows: key and values, each by its name.
fn shown<'a>(dataset: &'a DatasetPlan, check: &'a Check) -> (Vec<&'a str>, Vec<&'a str>) {
    let key = dataset.primary_key.iter().map(|name| name.as_str()).collect();
    let values = check.columns.iter().map(|name| name.as_str()).collect();
    (key, values)
}

/// A cell as it is shown: of a text of more than 4,000 bytes, its first 1,000 characters.
fn cell(text: &str) -> String {
    format!("CASE WHEN strlen({text}) > 4000 THEN left({text}, 1000) || '…' ELSE {text} END")
}

/// The query for rows that violate a check: row, file, key, values. `None` where a check marks no rows.
pub(super) fn query(
    scope: &Scope<'_>,
    dataset: &DatasetPlan,
    check: &Check,
    bad: Option<&BadKeys>,
    limit: u32,
) -> Result<Option<String>, Unsaid> {
    let (key, values) = shown(dataset, check);
    let mut items = vec![format!("CAST(d.{ROW} AS BIGINT)"), format!("CAST(d.{FILE} AS BIGINT)")];
    for name in key.iter().chain(&values) {
        // A column that a violation shows may be gone; the violation is still one.
        let known = scope.columns.iter().any(|column| column.name == **name);
        items.push(match known {
            true => cell(&format!("CAST(d.{} AS VARCHAR)", sql::identifier(name))),
            false => "NULL::VARCHAR".into(),
        });
    }
    let items = items.join(", ");
    Ok(match (&check.body, bad) {
        (Body::Rows { holds, .. }, _) => {
            let violates = violates(scope, check, holds)?;
            Some(format!(
                "SELECT {items}\nFROM (SELECT * FROM {DATASET} WHERE {violates} LIMIT {limit}) AS d\n\
                 ORDER BY d.{ROW}"
            ))
        }
        (_, Some(bad)) => {
            let order: Vec<String> = (0..bad.key.len()).map(|index| format!("k{index}")).collect();
            let order = order.join(", ");
            let few = BadKeys {
                table: format!("(SELECT * FROM {} ORDER BY {order} LIMIT {limit})", bad.table),
                ..bad.clone()
            };
            let restriction =
                bad.judged.as_ref().map_or_else(String::new, |judged| format!("\nWHERE {judged}"));
            let order: Vec<String> =
                (0..bad.key.len()).map(|index| format!("b.k{index}")).collect();
            Some(format!(
                "SELECT {items}\nFROM {DATASET} AS d JOIN {}{restriction}\nORDER BY {}, d.{ROW}\nLIMIT {limit}",
                few.join("b"),
                order.join(", ")
            ))
        }
        _ => None,
    })
}

/// A row of the query as a violation.
pub(super) fn read(
    dataset: &DatasetPlan,
    check: &Check,
    files: &[FileNote],
    row: Vec<Value>,
) -> Violation {
    let (key, values) = shown(dataset, check);
    let mut cells = row.into_iter();
    let number = cells.next().map_or(0, |cell| as_count(&cell));
    let file = cells.next().map_or(0, |cell| as_count(&cell));
    let mut texts = cells.map(as_text);
    let mut named = |names: Vec<&str>| -> Vec<(String, Option<String>)> {
        names.into_iter().map(|name| (name.to_owned(), texts.next().flatten())).collect()
    };
    let (key, values) = (named(key), named(values));
    let file = usize::try_from(file).ok().and_then(|index| files.get(index));
    Violation {
        check_id: check.check_id.clone(),
        row: number,
        file: file.filter(|_| files.len() > 1).map(|note| note.name.clone()),
        key,
        values,
    }
}
