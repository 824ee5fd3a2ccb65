//! The rows of a dataset, set apart by whether they break a hard rule of single rows.

use std::path::Path;
use std::sync::Arc;

use crate::rows::col;
use assay_engine::{EngineError, Measured, Quarantine};
use assay_schemas::plan::{Body, DatasetPlan};
use assay_schemas::verdict::Measurement;
use polars::prelude::{
    BooleanChunked, ChunkExpandAtIndex as _, Column, DataType as Kept, Engine, Expr, Field,
    FileWriteFormat, IntoColumn as _, IntoSeries as _, LazyFrame, ListBuilderTrait as _,
    ListStringChunkedBuilder, ParquetCompression, ParquetWriteOptions, PlRefPath, PolarsResult,
    SinkDestination, SinkTarget, UnifiedSinkArgs, len, lit, map_multiple,
};

use crate::measure::say::violates;
use crate::measure::{Bad, Ground, Work, internal};
use crate::rows::{ROW, collect, fault};

/// Column of the quarantined rows: the checks that a row breaks.
const BROKEN: &str = "_assay_broken";

/// What rows break: the rows with a mark for each bad key, and a condition for each check.
struct Marks {
    frame: LazyFrame,
    /// Check, condition that is never null, and whether the check is hard.
    broken: Vec<(String, Expr, bool)>,
}

fn marks(
    work: &Work<'_>,
    dataset: &DatasetPlan,
    (measured, bad): (&Measured, &Bad),
) -> Result<Marks, EngineError> {
    let mut marks = Marks { frame: work.rows.frame.clone(), broken: Vec::new() };
    for (index, check) in dataset.checks.iter().enumerate() {
        let found = measured.checks.get(&check.check_id).and_then(Measurement::violations);
        if found.unwrap_or(0) == 0 {
            continue;
        }
        let condition = match (&check.body, bad.keys.get(&check.check_id)) {
            (Body::Rows { holds, .. }, _) => {
                violates(&work.scope(), check, holds).map_err(|cannot| internal(&cannot))?
            }
            (_, Some(keys)) => {
                let name = format!("_assay_b{index}");
                marks.frame = keys.mark(marks.frame, &name);
                keys.met(&name)
            }
            _ => continue,
        };
        marks.broken.push((check.check_id.clone(), condition, check.severity.is_hard()));
    }
    Ok(marks)
}

/// Splits the rows that were measured into two Parquet files of a folder.
///
/// # Errors
/// The rows cannot be read, or the folder is full.
pub fn quarantine(
    ground: Ground<'_>,
    dataset: &DatasetPlan,
    (measured, bad): (&Measured, &Bad),
    folder: &Path,
) -> Result<Quarantine, EngineError> {
    let work = Work::new(ground, dataset, bad.figures.clone());
    let Marks { frame, broken } = marks(&work, dataset, (measured, bad))?;
    let hard = broken.iter().filter(|(_, _, hard)| *hard).map(|(_, condition, _)| condition);
    let any = hard.cloned().reduce(Expr::or).unwrap_or_else(|| lit(false));
    let mut items: Vec<Expr> = work.rows.columns.iter().map(|column| col(&column.name)).collect();
    let (valid, quarantined) = (folder.join("valid.parquet"), folder.join("quarantined.parquet"));
    let rows = work.rows.frame.clone().select([len().cast(Kept::Int64)]);
    write(frame.clone().filter(any.clone().not()).select(items.clone()), &valid)?;
    items.extend([col(ROW), ids(&broken).alias(BROKEN)]);
    write(frame.clone().filter(any.clone()).select(items), &quarantined)?;
    let rows_quarantined = count(frame.filter(any).select([len().cast(Kept::Int64)]))?;
    let rows_valid = count(rows)?.saturating_sub(rows_quarantined);
    Ok(Quarantine { valid, rows_valid, quarantined, rows_quarantined })
}

fn count(frame: LazyFrame) -> Result<u64, EngineError> {
    let found = collect(frame)?;
    let first = found.columns().first().map(Column::as_materialized_series);
    let number = first.and_then(|column| column.i64().ok()).and_then(|column| column.get(0));
    Ok(number.and_then(|number| u64::try_from(number).ok()).unwrap_or(0))
}

/// The ids of the checks that a row breaks.
fn ids(broken: &[(String, Expr, bool)]) -> Expr {
    let names: Vec<String> = broken.iter().map(|(id, _, _)| id.clone()).collect();
    // The number of the row says how many rows there are, also where no check is broken.
    let mut conditions = vec![col(ROW)];
    conditions.extend(broken.iter().map(|(_, condition, _)| condition.clone()));
    let list = Kept::List(Box::new(Kept::String));
    map_multiple(
        move |columns| listed(&names, columns),
        conditions,
        move |_, _| Ok(Field::new(BROKEN.into(), list.clone())),
    )
}

fn listed(names: &[String], columns: &[Column]) -> PolarsResult<Column> {
    let rows = columns.first().map_or(0, Column::len);
    let mut marks: Vec<BooleanChunked> = Vec::new();
    for column in columns.iter().skip(1) {
        let mark = column.as_materialized_series().bool()?;
        // A constant stands for all rows.
        marks.push(if mark.len() == rows { mark.clone() } else { mark.new_from_index(0, rows) });
    }
    let mut lists = ListStringChunkedBuilder::new(BROKEN.into(), rows, rows);
    for row in 0..rows {
        let met = names.iter().zip(&marks).filter(|(_, mark)| mark.get(row) == Some(true));
        lists.append_values_iter(met.map(|(name, _)| name.as_str()));
    }
    Ok(lists.finish().into_series().into_column())
}

fn write(frame: LazyFrame, file: &Path) -> Result<(), EngineError> {
    let path = file
        .to_str()
        .ok_or_else(|| EngineError::Data(format!("{}: the path is not Unicode", file.display())))?;
    let options = ParquetWriteOptions {
        compression: ParquetCompression::Zstd(None),
        ..ParquetWriteOptions::default()
    };
    let target = SinkDestination::File { target: SinkTarget::Path(PlRefPath::new(path)) };
    let format = FileWriteFormat::Parquet(Arc::new(options));
    frame
        .sink(target, format, UnifiedSinkArgs::default())
        .and_then(|frame| frame.collect_with_engine(Engine::Streaming))
        .map(drop)
        .map_err(fault)
}
