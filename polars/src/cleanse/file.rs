//! Parquet files of our own, written and read batch by batch.

use std::path::Path;
use std::sync::Arc;

use assay_engine::EngineError;
use polars::polars_utils::compression::ZstdLevel;
use polars::prelude::{
    DataFrame, Engine, FileWriteFormat, LazyFrame, ParquetCompression, ParquetWriteOptions,
    ParquetWriter, PlRefPath, ScanArgsParquet, SinkDestination, SinkTarget, UnifiedSinkArgs,
};

use super::stopped;
use crate::chain::AT;

/// Rows of one row group: what is held of each column while it is written.
const GROUP: usize = 122_880;

/// Computes a frame batch by batch.
pub(super) fn collect(frame: LazyFrame) -> Result<DataFrame, EngineError> {
    let found = frame.collect_with_engine(Engine::Streaming).map_err(stopped)?;
    Ok(found.unwrap_single())
}

fn options() -> ParquetWriteOptions {
    ParquetWriteOptions {
        compression: compression(),
        row_group_size: Some(GROUP),
        ..ParquetWriteOptions::default()
    }
}

/// Writes the rows of a frame in their order.
pub(super) fn sink(frame: LazyFrame, file: &Path) -> Result<(), EngineError> {
    let target = SinkDestination::File { target: SinkTarget::Path(path(file)?) };
    let format = FileWriteFormat::Parquet(Arc::new(options()));
    let sink = frame.sink(target, format, UnifiedSinkArgs::default()).map_err(stopped)?;
    collect(sink).map(|_| ())
}

/// Writes rows that are at hand.
pub(super) fn write(mut rows: DataFrame, file: &Path) -> Result<(), EngineError> {
    let told =
        |error: std::io::Error| EngineError::Resource(format!("{}: {error}", file.display()));
    let target = std::fs::File::create(file).map_err(told)?;
    let writer =
        ParquetWriter::new(target).with_compression(compression()).with_row_group_size(Some(GROUP));
    writer.finish(&mut rows).map_err(stopped)?;
    Ok(())
}

/// The rows of a file.
pub(super) fn scan(file: &Path) -> Result<LazyFrame, EngineError> {
    let args = ScanArgsParquet { glob: false, ..ScanArgsParquet::default() };
    LazyFrame::scan_parquet(path(file)?, args).map_err(stopped)
}

/// The rows of a file, each with its place as [`AT`].
pub(super) fn scan_numbered(file: &Path) -> Result<LazyFrame, EngineError> {
    // A filter that looks at places must see all rows.
    Ok(scan(file)?.with_row_index(AT, None).with_predicate_pushdown(false))
}

fn path(file: &Path) -> Result<PlRefPath, EngineError> {
    let absolute = std::path::absolute(file).map_err(|error| {
        EngineError::Resource(format!("{}: cannot be made absolute: {error}", file.display()))
    })?;
    PlRefPath::try_from_path(&absolute)
        .map_err(|_| EngineError::Data(format!("{}: the path is not Unicode", file.display())))
}

fn compression() -> ParquetCompression {
    ParquetCompression::Zstd(ZstdLevel::try_new(1).ok())
}
