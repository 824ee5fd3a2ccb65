//! A cleansing, ready to run: its passes, and the hidden columns that they carry.

use polars::prelude::Expr;

use super::Opening;
use crate::types::Column;

/// Hidden column: which of the program's rejections met the row; `Int32`.
pub const STEP: &str = "_assay_step";
/// Hidden column: the value that did not fit.
pub const VALUE: &str = "_assay_value";
/// Hidden column: the row's place in the first pass, from 1, once a later pass has begun; `Int64`.
pub const PLACE: &str = "_assay_place";
/// Hidden column of a pass that needs to see all rows: the row's place in what the pass before has written,
/// from 0.
pub const AT: &str = "_assay_at";
/// A dataset's cleansing, ready to run.
#[derive(Clone, Default)]
pub struct Program {
    /// The passes, in order; none where there is nothing to do.
    pub passes: Vec<Pass>,
    /// Every way in which a row or a cell can be rejected; its place is its number.
    pub rejections: Vec<Rejection>,
    /// The columns after the last pass.
    pub columns: Vec<Column>,
    /// There are several files, so that rows remember theirs.
    pub several: bool,
    /// Every changed cell is recorded.
    pub logs: bool,
}

/// One pass over the rows.
#[derive(Clone, Default)]
pub struct Pass {
    /// What is learnt from all rows before; `None` in the first pass, which reads the source.
    pub opening: Option<Opening>,
    /// The chain.
    pub layers: Vec<Layer>,
    /// Step and column of each mark of a changed cell.
    pub marks: Vec<(String, String)>,
    /// The columns after the pass.
    pub columns: Vec<Column>,
    /// Hidden columns with cells that have been emptied by then.
    pub cells: Vec<String>,
}

/// A part of a pass, over the part before.
#[derive(Clone)]
pub enum Layer {
    /// Columns that are added or replaced, each seen from the rows before.
    With(Vec<Expr>),
    /// The columns from here on.
    Select(Vec<Expr>),
}

/// A way in which a row or cell can be rejected.
#[derive(Clone, Debug)]
pub struct Rejection {
    /// The step.
    pub step: String,
    /// The column, where one is to blame.
    pub column: Option<String>,
    /// Why, for people.
    pub reason: String,
    /// The row stays; only the cell is emptied.
    pub cell: bool,
}

/// Name of the hidden column that holds cells emptied by rejection `number`.
pub fn cell_column(number: usize) -> String {
    format!("_assay_cell_{number}")
}

/// Name of the hidden column that says whether a pass changed the cell of mark `number`; `Boolean`.
pub fn mark_column(number: usize) -> String {
    format!("_assay_changed_{number}")
}

/// Names of the hidden columns with what the cell of mark `number` was and became, where that is recorded.
pub fn log_columns(number: usize) -> [String; 2] {
    [format!("_assay_was_{number}"), format!("_assay_became_{number}")]
}
