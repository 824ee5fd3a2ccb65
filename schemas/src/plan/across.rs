//! What checks compute that no row tells alone: rows beside each other, datasets beside each other, the
//! columns and files of a dataset, and a query of the author's own.

use serde::{Deserialize, Serialize};

use super::{Bounds, Columns, Expr, Metric, Order};
use crate::datatype::DataType;
use crate::id::ColumnName;

/// Rows judged beside others of their group. An engine needs one pass more than for rows alone, which
/// sorts the judged rows by group and order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Beside {
    /// Rows that are judged, beyond the check's filter. Rows that are not judged are nobody's neighbours.
    pub evaluated: Option<Expr>,
    /// Rows that agree in these columns are a group, nulls being equal; all rows where it is empty.
    pub group: Columns,
    /// The order within a group, nulls last; rows that tie, and all where it is empty, stand in the order
    /// of the input.
    pub order: Vec<OrderKey>,
    /// Values from the neighbours, by names that no column has.
    pub windows: Vec<Window>,
    /// A judged row violates where this, over its columns and windows, is not true (false or null).
    pub holds: Expr,
}

/// A part of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderKey {
    /// What is compared.
    pub column: ColumnName,
    /// Smallest or greatest first.
    pub order: Order,
}

/// A value from the neighbours of a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// The name under which `holds` knows it.
    pub name: ColumnName,
    /// Which neighbours, and what of them.
    pub function: WindowFunction,
    /// The value, seen from the neighbour.
    pub value: Expr,
}

/// Which neighbours of a row give a value. Null where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowFunction {
    /// The judged row before it.
    Previous,
    /// The judged row after it.
    Next,
    /// The greatest value of all judged rows before it, nulls left out.
    GreatestBefore,
}

/// A figure here against one of another dataset, which takes one scan of that dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compare {
    /// The figure of this dataset, over the rows that pass the check's filter.
    pub metric: Metric,
    /// `dataset_contract_id` of the other dataset, one of the plan's `lookups`.
    pub dataset: String,
    /// The figure there.
    pub other: Metric,
    /// What the figure there is multiplied with before it is compared.
    pub factor: f64,
    /// What must lie between the two.
    pub relation: Relation,
    /// How far the two may lie apart.
    pub tolerance: Apart,
}

/// How a figure must stand to another.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The two are equal.
    #[default]
    Equal,
    /// This one is at most the other.
    AtMost,
    /// This one is at least the other.
    AtLeast,
}

/// How far two numbers may lie apart: by either measure, each belonging to what is allowed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Apart {
    /// In the numbers' own unit.
    pub absolute: f64,
    /// As a share of the other number's absolute value.
    pub relative: f64,
}

impl Apart {
    /// The greatest distance from `other` that is allowed.
    pub fn allowed(&self, other: f64) -> f64 {
        self.absolute.max(self.relative * other.abs())
    }
}

impl Relation {
    /// Whether `here` stands so to `there`, within the distance allowed. NaN stands to nothing.
    pub fn holds(self, here: f64, there: f64, tolerance: &Apart) -> bool {
        let allowed = tolerance.allowed(there);
        match self {
            _ if here.is_nan() || there.is_nan() => false,
            _ if here == there => true,
            // Nothing is near to infinity.
            _ if !here.is_finite() || !there.is_finite() => {
                self != Self::Equal && (here < there) == (self == Self::AtMost)
            }
            Self::Equal => (here - there).abs() <= allowed,
            Self::AtMost => here - there <= allowed,
            Self::AtLeast => there - here <= allowed,
        }
    }
}

/// Rows of two datasets, matched by a key and compared column by column. An engine joins the two on the
/// columns that are named, in one pass over each.
///
/// A row here violates where no row there has its key, or where a compared column differs; these rows are
/// marked. A row there whose key no row here has is counted as a violation, and marks nothing. Rows whose
/// key holds a null are not judged. A key that stands more than once on a side is matched with every row
/// that has it on the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The key here.
    pub key: Columns,
    /// `dataset_contract_id` of the other dataset, one of the plan's `lookups`.
    pub dataset: String,
    /// The key there, in the same order.
    pub other_key: Columns,
    /// Rows there that are compared; `None` means all.
    pub other_filter: Option<Expr>,
    /// The columns that are compared; nulls are equal to each other.
    pub columns: Vec<Compared>,
    /// Rows there without a row here are violations.
    pub both_ways: bool,
}

/// A column that is compared with one of another dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// The column here.
    pub column: ColumnName,
    /// The column there.
    pub other: ColumnName,
    /// How far numbers may lie apart; `None` where the two must be equal.
    pub tolerance: Option<Apart>,
}

/// Rows counted by windows of time of equal length, from the first that holds a row to the last. The
/// figure is the number of windows with too few rows. An engine groups the rows by window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arrivals {
    /// When a row arrived: a day or an instant. Nulls are left out.
    pub column: ColumnName,
    /// The length of a window. Windows begin at whole multiples of it since 1970-01-01 UTC.
    pub seconds: u64,
    /// Fewer rows are too few.
    pub min_rows: u64,
    /// Windows after the last row, up to the last that had ended when the run started, count too.
    pub until_now: bool,
    /// Windows with too few rows that are tolerated.
    pub max_windows: u64,
}

/// What is demanded of the columns of a dataset, as its files came, beside what its schema declares. It
/// reads no row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "demand", rename_all = "snake_case")]
pub enum ColumnDemand {
    /// These columns exist.
    Exist {
        /// Their names.
        columns: Columns,
        /// Where the only one stands, from 1.
        position: Option<u32>,
    },
    /// None of these columns exists.
    Absent {
        /// Their names.
        columns: Columns,
    },
    /// The number of columns.
    Count {
        /// Where it must lie.
        bounds: Bounds,
    },
    /// The columns are these.
    Set {
        /// Their names.
        columns: Columns,
        /// No others are there.
        exact: bool,
        /// They stand in this order.
        ordered: bool,
    },
    /// Columns have types, where the format knows types.
    Types {
        /// Name and allowed types.
        columns: Vec<(ColumnName, Vec<DataType>)>,
    },
    /// Every name has a form.
    Names {
        /// The form, as [`crate::pattern::portable`] writes it; the whole name must match.
        pattern: String,
    },
    /// The columns are those of another dataset of the contract, as its schema declares them.
    Same {
        /// Its `dataset_contract_id`.
        dataset: String,
        /// Its declared columns: name and type.
        columns: Vec<(ColumnName, DataType)>,
        /// Columns beyond those are allowed here.
        more: bool,
        /// The types must agree too, where the format knows types.
        types: bool,
    },
    /// The columns are those of the job's last run that read its data.
    Unchanged {
        /// Columns may have come.
        added: bool,
        /// Columns may have gone.
        removed: bool,
        /// Types may have changed.
        retyped: bool,
        /// The order may have changed.
        reordered: bool,
    },
}

/// What is demanded of the files of a dataset. It reads no row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "demand", rename_all = "snake_case")]
pub enum FileDemand {
    /// The newest file was changed not longer ago than this when the run started.
    Fresh {
        /// Seconds.
        max_age: f64,
    },
    /// Each file is of a size.
    Size {
        /// In bytes.
        bounds: Bounds,
    },
    /// The number of files.
    Count {
        /// Where it must lie.
        bounds: Bounds,
    },
    /// Each file's name, without its folder, has a form.
    Names {
        /// The form, as [`crate::pattern::portable`] writes it; the whole name must match.
        pattern: String,
    },
    /// No file has the bytes of another, or of one that an earlier run of the job read.
    Unique,
}

/// A read-only query of the author's own, in the dialect of the engine, checked by [`crate::query`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Query {
    /// The dialect, such as `duckdb`; an engine of another does not run it.
    pub dialect: String,
    /// The text, cut where a dataset stands.
    pub pieces: Vec<Piece>,
    /// What it gives.
    pub gives: Gives,
}

/// A piece of a query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "piece", rename_all = "snake_case")]
pub enum Piece {
    /// Text as it stands.
    Text {
        /// The text.
        text: String,
    },
    /// The rows that pass the check's filter, with their number from 1 as the column `_row`.
    Judged,
    /// The rows of another dataset.
    Dataset {
        /// Its `dataset_contract_id`, one of the plan's `lookups`.
        dataset: String,
    },
}

/// What a query gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "gives", rename_all = "snake_case")]
pub enum Gives {
    /// Violations, one a row. Where the result has a column `_row`, it names the rows that are marked, each
    /// counted once; otherwise violations are only counted.
    Rows,
    /// One number.
    Value {
        /// Where it must lie.
        bounds: Bounds,
    },
}
