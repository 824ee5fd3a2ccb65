//! Partition columns in SQL: values that a file has as a whole, beside those of its rows.

use std::path::PathBuf;

use assay_schemas::datatype::DataType;
use assay_schemas::plan::DatasetPlan;

use super::source::{FILE, Place, ROW, Source, aliased};
use super::types::{self, Column};
use super::{source, sql};
use crate::engine::EngineError;
use crate::engine::partition::{self, Partition};

/// Stages a dataset whose files are called `names`, partition columns with the others.
pub(super) fn stage(
    place: Place<'_>,
    dataset: &DatasetPlan,
    (files, names): (&[PathBuf], &[String]),
) -> Result<Source, EngineError> {
    if dataset.source.partitions.is_empty() {
        return source::stage(place, dataset, files);
    }
    let partitions = partition::read(dataset, names)?;
    let mut staged = source::stage(place, &partition::held(dataset), files)?;
    let text = staged.text.is_some();
    partition::told(&mut staged.layouts, &partitions, text);
    let (mut columns, mut selected) = (Vec::new(), Vec::new());
    for field in dataset.read_fields() {
        let name = field.name.as_str();
        if let Some(partition) =
            partitions.iter().find(|partition| partition.field.name == field.name)
        {
            // Text is converted by the steps that convert all other cells.
            let data_type = if text { DataType::Text } else { field.data_type };
            selected.push(aliased(&value(partition, data_type), name));
            columns.push(Column { name: name.to_owned(), data_type: Some(data_type) });
        } else if let Some(column) = staged.columns.iter().find(|column| column.name == name) {
            selected.push(sql::identifier(name));
            columns.push(column.clone());
        }
    }
    if !text {
        selected.push(ROW.to_owned());
    }
    selected.push(FILE.to_owned());
    staged.query = format!("SELECT {}\nFROM (\n{}\n)", selected.join(", "), staged.query);
    staged.columns = columns;
    // Files that are read apart from each other would lack these columns.
    staged.apart = None;
    staged.partitions = partitions.into_iter().map(|partition| partition.field.name).collect();
    Ok(staged)
}

/// The value of a row, by its file; a constant where all files have the same.
fn value(partition: &Partition, data_type: DataType) -> String {
    let word = types::name(data_type);
    let said = |value: &Option<String>| match value {
        Some(text) => sql::text(text),
        None => "NULL".to_owned(),
    };
    match partition.values.split_first() {
        Some((first, rest)) if rest.iter().any(|other| other != first) => {
            let list: Vec<String> = partition.values.iter().map(said).collect();
            format!(
                "list_extract(CAST([{}] AS {word}[]), CAST({FILE} AS BIGINT) + 1)",
                list.join(", ")
            )
        }
        Some((first, _)) => format!("CAST({} AS {word})", said(first)),
        None => format!("CAST(NULL AS {word})"),
    }
}
