//! Partition columns: values that a file has as a whole, beside those of its rows.

use std::path::PathBuf;

use assay_engine::EngineError;
use assay_engine::partition::{self, Partition};
use assay_schemas::datatype::DataType;
use assay_schemas::plan::DatasetPlan;
use polars::prelude::{Expr, IdxCa, IdxSize, NewChunkedArray as _};

use super::{Source, convert, held, staged};
use crate::rows::{FILE, ROW, Rows, col};
use crate::types::{Column, kept};

/// Stages a dataset whose files are called `names`, partition columns with the others.
pub(super) fn stage(
    dataset: &DatasetPlan,
    files: &[PathBuf],
    names: &[String],
) -> Result<Source, EngineError> {
    if dataset.source.partitions.is_empty() {
        return staged(dataset, files);
    }
    let partitions = partition::read(dataset, names)?;
    let mut source = staged(&partition::held(dataset), files)?;
    partition::told(&mut source.layouts, &partitions, source.text);
    let (mut columns, mut selected) = (Vec::new(), Vec::new());
    for field in dataset.read_fields() {
        let name = field.name.as_str();
        if let Some(partition) =
            partitions.iter().find(|partition| partition.field.name == field.name)
        {
            // Text is converted by the steps that convert all other cells.
            let data_type = if source.text { DataType::Text } else { field.data_type };
            selected.push(value(partition, data_type)?.alias(name));
            columns.push(Column { name: name.to_owned(), data_type: Some(data_type) });
        } else if let Some(column) = source.rows.columns.iter().find(|column| column.name == name) {
            selected.push(col(name));
            columns.push(column.clone());
        }
    }
    selected.extend([col(ROW), col(FILE)]);
    source.rows = Rows { frame: source.rows.frame.select(selected), columns };
    Ok(source)
}

/// The value of a row, by its file.
fn value(partition: &Partition, data_type: DataType) -> Result<Expr, EngineError> {
    let name = partition.field.name.as_str();
    let cells: Vec<Option<&str>> = partition.values.iter().map(Option::as_deref).collect();
    let values = held::values(name, data_type, &cells).map_err(|place| {
        let cell = cells.get(place).copied().flatten().unwrap_or_default();
        EngineError::Internal(format!("`{cell}` of the partition `{name}` is no {data_type}"))
    })?;
    Ok(convert::mapped(col(FILE), kept(data_type), move |files| {
        let place = |file: i64| IdxSize::try_from(file).unwrap_or(IdxSize::MAX);
        let places = files.i64()?.iter().map(|file| file.map(place));
        values.take(&IdxCa::from_iter_options(files.name().clone(), places))
    }))
}
