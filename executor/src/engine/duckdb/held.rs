//! Staging of rows that come with a plan: a temporary table instead of files.

use std::path::PathBuf;

use assay_schemas::datatype::DataType;
use assay_schemas::plan::{DatasetPlan, Table};

use super::connection::{Session, fault};
use super::source::{FILE, ROW, Source};
use super::types::{self, Column};
use super::{source, sql};
use crate::engine::EngineError;
use crate::engine::layout::{self, Layout};

/// Makes the table and the query that reads it.
pub(super) fn stage(
    session: &Session,
    dataset: &DatasetPlan,
    table: &Table,
    number: usize,
) -> Result<Source, EngineError> {
    let layout = Layout {
        file: PathBuf::from(&dataset.dataset_contract_id),
        columns: table
            .columns
            .iter()
            .map(|column| (column.name.to_string(), types::name(column.data_type)))
            .collect(),
    };
    let missing = layout::check_columns(dataset, &layout)?;
    if let Some(words) = missing.words() {
        return Err(EngineError::Data(words));
    }
    let name = format!("_assay_held_{number}");
    session.run("rows of the plan", &create(&name, table)).map_err(|error| fault(&error))?;
    let mut columns = Vec::new();
    let mut selected = Vec::new();
    for (wanted, field) in layout::wanted(dataset, &layout, &missing) {
        let position = layout.columns.iter().position(|(found, _)| *found == wanted);
        let found = position.and_then(|index| Some((index, &layout.columns.get(index)?.1)));
        let (value, data_type) = match found {
            Some((index, found)) => source::widened(&format!("c{index}"), found, field.as_ref()),
            None => {
                let absent = field.as_ref().map_or(DataType::Text, |field| field.data_type);
                (format!("CAST(NULL AS {})", types::name(absent)), Some(absent))
            }
        };
        selected.push(source::aliased(&value, &wanted));
        columns.push(Column { name: wanted, data_type });
    }
    selected.push(ROW.to_owned());
    selected.push(format!("0 AS {FILE}"));
    Ok(Source {
        query: format!("SELECT {}\nFROM {name}", selected.join(", ")),
        columns,
        // There is none whose metadata or text could be looked at.
        files: Vec::new(),
        notes: Vec::new(),
        layouts: vec![layout],
        rows: Some(table.rows.len() as u64),
        apart: None,
        text: None,
        partitions: Vec::new(),
        missing,
    })
}

/// The statement that makes the table: columns `c0`, `c1`, … of their types, and the number of the row.
fn create(name: &str, table: &Table) -> String {
    let mut items: Vec<String> = table
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let typed = match column.data_type {
                DataType::Binary => format!("unhex(CAST(v{index} AS VARCHAR))"),
                other => format!("CAST(v{index} AS {})", types::name(other)),
            };
            format!("{typed} AS c{index}")
        })
        .collect();
    items.push(format!("CAST({ROW} AS BIGINT) AS {ROW}"));
    let width = table.columns.len();
    let names: Vec<String> = (0..width).map(|index| format!("v{index}")).collect();
    let mut rows: Vec<String> = table
        .rows
        .iter()
        .enumerate()
        .map(|(number, cells)| {
            let cells = cells.iter().map(|cell| match cell {
                Some(text) => sql::text(text),
                None => "NULL".to_owned(),
            });
            let place = (number + 1).to_string();
            format!("({})", cells.chain([place]).collect::<Vec<_>>().join(", "))
        })
        .collect();
    let none = if rows.is_empty() { "\nWHERE false" } else { "" };
    if rows.is_empty() {
        rows.push(format!("({})", vec!["NULL"; width + 1].join(", ")));
    }
    let names = names.into_iter().chain([ROW.to_owned()]).collect::<Vec<_>>().join(", ");
    format!(
        "CREATE OR REPLACE TEMP TABLE {name} AS\nSELECT {}\nFROM (VALUES {}) AS v({names}){none}",
        items.join(", "),
        rows.join(", "),
    )
}
