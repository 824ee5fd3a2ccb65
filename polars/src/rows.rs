//! Relations under way: a lazy frame, and what its columns mean.

use assay_engine::EngineError;
use polars::prelude::{
    DataFrame, DataType, Engine, Expr, IntoLazy as _, LazyFrame, PolarsError, Schema,
};

use crate::types::{Column, kept};

/// Hidden column: the row of the dataset, from 1; `Int64`.
pub const ROW: &str = "_assay_row";
/// Hidden column: the file, counted from 0 in the order of the files; `Int64`.
pub const FILE: &str = "_assay_file";

/// Rows that are still to be computed. Beside `columns` the frame has [`ROW`] and [`FILE`], and its rows are
/// in the order of [`ROW`].
#[derive(Clone)]
pub struct Rows {
    /// The rows.
    pub frame: LazyFrame,
    /// The columns that are not hidden, in order; each is kept in what [`crate::types::kept`] says.
    pub columns: Vec<Column>,
}

/// A column by its very name; Polars' own function takes some names for patterns.
pub fn col(name: impl AsRef<str>) -> Expr {
    Expr::Column(name.as_ref().into())
}

/// Rows of these columns, none of them there yet.
pub fn none(columns: Vec<Column>) -> Rows {
    let known = columns.iter().map(|column| {
        let data_type = column.data_type.map_or(DataType::Null, kept);
        (column.name.as_str().into(), data_type)
    });
    let hidden = [ROW, FILE].map(|name| (name.into(), DataType::Int64));
    let schema: Schema = known.chain(hidden).collect();
    Rows { frame: DataFrame::empty_with_schema(&schema).lazy(), columns }
}

/// Computes a frame batch by batch, within bounded memory where its plan allows.
///
/// # Errors
/// The data cannot be read, or the machine lacks something.
pub fn collect(frame: LazyFrame) -> Result<DataFrame, EngineError> {
    frame.collect_with_engine(Engine::Streaming).map(|found| found.unwrap_single()).map_err(fault)
}

/// An error of Polars as one of the engine.
pub fn fault(error: PolarsError) -> EngineError {
    match error {
        PolarsError::IO { .. } | PolarsError::OutOfBounds(_) => {
            EngineError::Resource(error.to_string())
        }
        other => EngineError::Data(other.to_string()),
    }
}
