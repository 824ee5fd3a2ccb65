//! Cleansing steps, lowered.

use serde::{Deserialize, Serialize};

use super::{Columns, Expr};
use crate::datatype::DataType;
use crate::id::ColumnName;

/// One step of the cleansing stage, applied to the output of the step before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The authored step, or `declared-type:` and the column for a conversion that no step asked for. An
    /// authored step that touches several columns becomes several of the same id, one after the other.
    pub step_id: String,
    /// The step type's public name.
    pub step_type: String,
    /// One line for people: what is done.
    pub title: String,
    /// Rows that the step touches; others pass through unchanged.
    pub filter: Option<Expr>,
    /// What is done.
    pub body: StepBody,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum StepBody {
    /// Sets a column of each row; a value that was there and changes counts as a changed cell.
    Set {
        /// The column.
        column: ColumnName,
        /// Its new value, seen from the row before the step.
        value: Expr,
    },
    /// Converts a column to a type. A value that does not fit is a reject.
    Parse {
        /// The column.
        column: ColumnName,
        /// The type from here on.
        to: DataType,
        /// A strftime pattern for text; `None` means ISO 8601.
        format: Option<String>,
        /// The row goes to the rejects; otherwise the cell becomes null and is recorded there.
        reject_row: bool,
    },
    /// Moves rows to the rejects.
    Reject {
        /// Rows where this is true.
        when: Expr,
        /// Why, for people.
        reason: String,
    },
    /// Keeps one row of each key and counts the others as merged; keys that hold a null are kept.
    Deduplicate {
        /// The key; empty means all columns.
        columns: Columns,
        /// Which row stays.
        keep: Keep,
    },
}

/// Which row of a key stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "keep", rename_all = "snake_case")]
pub enum Keep {
    /// The first in the order of the input.
    First,
    /// The last in the order of the input.
    Last,
    /// The first by this order; ties by the order of the input.
    By {
        /// The column compared; nulls come last.
        column: ColumnName,
        /// Smallest or greatest first.
        order: Order,
    },
}

/// A direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Smallest first.
    Ascending,
    /// Greatest first.
    Descending,
}
