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

/// What a step does. The first four look at one row at a time; the others need to see all rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum StepBody {
    /// Sets a column of each row; a value that was there and changes counts as a changed cell. A column
    /// that is not there yet is added after the others.
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
        /// The column to blame, whose value is kept with the reject.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        column: Option<ColumnName>,
    },
    /// Names the columns from here on, in order; those that are not named go.
    Project {
        /// Each column: what it was called, and what it is called now.
        columns: Vec<Projected>,
    },
    /// Keeps one row of each key and counts the others as merged; keys that hold a null are kept.
    Deduplicate {
        /// The key; empty means all columns.
        columns: Columns,
        /// Which row stays.
        keep: Keep,
    },
    /// Fills nulls of a column from its other values.
    Impute {
        /// The column.
        column: ColumnName,
        /// With what.
        with: Fill,
        /// Rows with equal values here fill each other; rows with a null here are left alone.
        by: Columns,
        /// For [`Fill::Previous`] and [`Fill::Next`]: the order of the rows; `None` is that of the input.
        order: Option<(ColumnName, Order)>,
    },
    /// Brings each column to one value for each key. Rows whose key holds a null are left alone, and so
    /// are nulls of the columns unless `fill` is set.
    Agree {
        /// The key.
        by: Columns,
        /// The columns.
        columns: Columns,
        /// What makes a value the one that all take.
        rule: Agreement,
    },
    /// Makes one row of each key, each column by its own strategy; the other rows count as merged. Rows
    /// whose key holds a null stay as they are.
    Survive {
        /// The key.
        by: Columns,
        /// What becomes of each column that is not part of the key.
        columns: Vec<Survivor>,
    },
    /// Finds rows that mean the same thing although they differ, and keeps one of each cluster.
    Cluster(Box<Cluster>),
    /// Takes values from another dataset.
    Lookup(Box<Lookup>),
}

/// A column under a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Projected {
    /// What it was called.
    pub from: ColumnName,
    /// What it is called from here on.
    pub to: ColumnName,
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
    /// The one with the fewest nulls; ties by the order of the input.
    MostComplete,
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

/// What fills a null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fill {
    /// The arithmetic mean of the values that are there.
    Mean,
    /// The value in the middle, or the mean of the two in the middle.
    Median,
    /// The most frequent value; of several, the smallest.
    Mode,
    /// The value of the nearest row before that has one.
    Previous,
    /// The value of the nearest row after that has one.
    Next,
}

/// What makes a value the one that all rows of a key take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Votes are different values of this column instead of rows.
    pub support: Option<ColumnName>,
    /// The fewest votes that the value needs.
    pub min_votes: u64,
    /// The least share of the votes that it needs, between 0 and 1. A value that shares the first place is
    /// never taken.
    pub min_share: f64,
    /// A value is only replaced by one at least so alike, between 0 and 1, by normalised edit distance.
    pub similarity: Option<f64>,
    /// Nulls take the value, too.
    pub fill: bool,
}

/// What becomes of a column in the row that survives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Survivor {
    /// The column.
    pub column: ColumnName,
    /// Which of its values survives; nulls survive only where there is nothing else.
    pub strategy: Survival,
}

/// Which of the values of a key survives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "strategy", rename_all = "snake_case")]
pub enum Survival {
    /// The first in the order of the input.
    First,
    /// The last in the order of the input.
    Last,
    /// The most frequent; of several, the smallest.
    MostFrequent,
    /// The longest text; of several, the first in the order of the input.
    Longest,
    /// The smallest.
    Smallest,
    /// The greatest.
    Greatest,
    /// That of the row which comes first by another column; nulls come last, ties by the order of the input.
    By {
        /// The column compared.
        column: ColumnName,
        /// Smallest or greatest first.
        order: Order,
    },
    /// That of the row whose source comes first in a list; sources that are not listed come last.
    Source {
        /// The column that names the source.
        column: ColumnName,
        /// The sources, best first.
        priority: Vec<String>,
    },
}

/// Rows that may mean the same thing are compared pair by pair and gathered into clusters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// Two rows are compared where all values of at least one of these keys are equal and none is null.
    pub blocks: Vec<Vec<Expr>>,
    /// What is compared. A value that is null on either side is left out of the mean.
    pub compare: Vec<Comparison>,
    /// The least weighted mean of the similarities at which two rows mean the same.
    pub threshold: f64,
    /// The most rows of one blocking key; where there are more, they are not compared by it, and that is
    /// said.
    pub max_block: u64,
    /// Which row of a cluster stays.
    pub keep: Keep,
}

/// How one value of two rows is compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// What the value is called in explanations.
    pub title: String,
    /// The value, as text.
    pub value: Expr,
    /// How alike two values are, between 0 and 1.
    pub method: Similarity,
    /// How much it counts.
    pub weight: f64,
    /// Rows less alike than this in the value are never the same.
    pub at_least: Option<f64>,
}

/// How alike two texts are, between 0 and 1; all count in Unicode code points.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Similarity {
    /// 1 where they are equal, else 0.
    Exact,
    /// 1 less the edit distance over the length of the longer one.
    Levenshtein,
    /// As `levenshtein`, where two neighbours that changed places count once.
    DamerauLevenshtein,
    /// Jaro's, raised by up to four equal characters at the beginning.
    #[default]
    JaroWinkler,
    /// Shared words over all words; words end at anything but letters and digits, and case counts.
    Jaccard,
}

/// Values taken from another dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lookup {
    /// The other dataset, by its `dataset_contract_id`.
    pub dataset: String,
    /// Columns that must be equal: own, other.
    pub on: Vec<(ColumnName, ColumnName)>,
    /// Columns that are set: own, other. Of several rows that match, the first gives the values.
    pub take: Vec<(ColumnName, ColumnName)>,
    /// Only nulls are set.
    pub only_nulls: bool,
    /// What becomes of rows without a match; a key with a null has none.
    pub otherwise: Otherwise,
}

/// What becomes of a row or value that does not fit.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Otherwise {
    /// The values stay as they are.
    #[default]
    Keep,
    /// They become null.
    SetNull,
    /// The row goes to the rejects.
    RejectRow,
}

impl StepBody {
    /// Whether the step looks at one row at a time.
    pub fn looks_at_one_row(&self) -> bool {
        matches!(
            self,
            Self::Set { .. } | Self::Parse { .. } | Self::Reject { .. } | Self::Project { .. }
        )
    }

    /// The other dataset that the step reads, by its `dataset_contract_id`.
    pub fn dataset(&self) -> Option<&str> {
        match self {
            Self::Lookup(lookup) => Some(&lookup.dataset),
            _ => None,
        }
    }

    /// The `secret://…` references of the keys that the step needs.
    pub fn secrets(&self) -> Vec<&str> {
        let mut found = Vec::new();
        match self {
            Self::Set { value, .. } | Self::Reject { when: value, .. } => value.secrets(&mut found),
            _ => {}
        }
        found
    }

    /// The columns that a step over many rows settles, each with the columns that it looks at beside it.
    pub fn settled(&self) -> Vec<(&ColumnName, Vec<&ColumnName>)> {
        match self {
            Self::Impute { column, by, .. } => vec![(column, by.iter().collect())],
            Self::Agree { by, columns, .. } => {
                columns.iter().map(|column| (column, by.iter().collect())).collect()
            }
            Self::Survive { by, columns } => {
                let own = columns.iter().map(|survivor| &survivor.column);
                own.map(|column| (column, by.iter().collect())).collect()
            }
            Self::Lookup(lookup) => {
                let on = || lookup.on.iter().map(|(own, _)| own).collect();
                lookup.take.iter().map(|(own, _)| (own, on())).collect()
            }
            _ => Vec::new(),
        }
    }
}
