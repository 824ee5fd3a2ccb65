//! What a pass learns from all rows before it looks at them one by one.

use assay_schemas::plan::{Agreement, Keep, Order, Similarity};

use super::*;

/// The beginning of a pass that needs to see all rows.
#[derive(Clone)]
pub struct Opening {
    /// What it is for, in a few words.
    pub purpose: &'static str,
    /// The rows that are looked at, among those that the pass before has written.
    pub looked: Expr,
    /// What is learnt of them.
    pub task: Task,
    /// Names of the hidden columns that come of it; what they hold is the task's.
    pub brought: Vec<String>,
}

/// What is learnt of rows. Names are those of columns.
#[derive(Clone)]
pub enum Task {
    /// Which rows of a key end.
    Deduplicate {
        /// The key.
        key: Vec<String>,
        /// Which row stays.
        keep: Preference,
    },
    /// What fills nulls of a column; brings the value.
    Impute {
        /// The column.
        column: String,
        /// Its type.
        data_type: DataType,
        /// With what.
        with: Filling,
        /// The key.
        by: Vec<String>,
    },
    /// The value that wins in each key; brings one for each column.
    Agree {
        /// The key.
        key: Vec<String>,
        /// The columns.
        columns: Vec<String>,
        /// What makes a value win.
        rule: Agreement,
    },
    /// The one record of each key, in the place of the first row, where the other rows end; brings whether a
    /// row is that place, and a value for each column.
    Survive {
        /// The key.
        key: Vec<String>,
        /// The columns.
        columns: Vec<(String, Surviving)>,
    },
    /// Values of the first row of another dataset with the same key; brings whether there is one, and its
    /// values.
    Lookup {
        /// The dataset, by its `dataset_contract_id`.
        dataset: String,
        /// Columns of the key: own, other, and what both are compared as.
        on: Vec<(String, String, DataType)>,
        /// Columns of the other dataset.
        take: Vec<String>,
    },
    /// Which rows that mean the same end.
    Cluster {
        /// Keys; two rows are compared where one of them is equal and whole.
        blocks: Vec<Vec<Expr>>,
        /// What is compared.
        compare: Vec<Compared>,
        /// The least weighted mean at which rows mean the same.
        threshold: f64,
        /// The most rows of one value of a key.
        max_block: u64,
        /// Which row stays.
        keep: Preference,
    },
}

/// A value that is compared.
#[derive(Clone)]
pub struct Compared {
    /// The value, as text.
    pub value: Expr,
    /// How alike two values are.
    pub method: Similarity,
    /// How much it counts.
    pub weight: f64,
    /// Rows less alike than this are never the same.
    pub at_least: Option<f64>,
}

/// The order in which rows of a key are preferred; ties by the order of the input.
#[derive(Clone, Debug)]
pub enum Preference {
    /// The order of the input.
    First,
    /// Its reverse.
    Last,
    /// By a column, nulls last.
    By {
        /// The column.
        column: String,
        /// Greatest first.
        descending: bool,
    },
    /// By the number of nulls in these columns.
    MostComplete(Vec<String>),
}

/// What fills a null.
#[derive(Clone, Debug)]
pub enum Filling {
    /// The mean of the values.
    Mean,
    /// The value in the middle.
    Median,
    /// The most frequent value; of several, the smallest.
    Mode,
    /// The nearest value before, in this order.
    Previous(Preference),
    /// The nearest value after, in this order.
    Next(Preference),
}

/// Which of the values of a key survives.
#[derive(Clone, Debug)]
pub enum Surviving {
    /// The first in an order of the rows.
    First(Preference),
    /// The most frequent; of several, the smallest.
    MostFrequent,
    /// The longest text; of several, the first in the order of the input.
    Longest,
    /// That of the row whose source comes first in a list; sources that are not listed come last.
    Source {
        /// The column that names the source.
        column: String,
        /// The sources, best first.
        priority: Vec<String>,
    },
}

impl Builder<'_> {
    /// Begins a pass that needs to see all rows.
    pub(super) fn open(&mut self, opening: Opening) {
        self.worked = true;
        self.end_pass(Pass { opening: Some(opening), ..Pass::default() });
    }

    /// The condition on rows that a step over a key looks at: not rejected, in the filter, the key whole.
    pub(super) fn looked_at(&self, key: &[String], filter: Option<Expr>) -> Expr {
        let there = key.iter().map(|name| Some(column(name).is_not_null()));
        all([Some(self.live()), filter].into_iter().chain(there))
    }

    /// The order in which rows of a key are preferred.
    pub(super) fn preference(&self, keep: &Keep) -> Result<Preference, Unsaid> {
        Ok(match keep {
            Keep::First => Preference::First,
            Keep::Last => Preference::Last,
            Keep::By { column, order } => self.ordered(column, *order)?,
            Keep::MostComplete => Preference::MostComplete(
                self.columns.iter().map(|column| column.name.clone()).collect(),
            ),
        })
    }

    /// A column as an order; nulls come last.
    pub(super) fn ordered(&self, name: &ColumnName, order: Order) -> Result<Preference, Unsaid> {
        let column = self.scope().column(name)?.name.clone();
        Ok(Preference::By { column, descending: order == Order::Descending })
    }
}

/// Names of so many hidden columns that the beginning of a pass brings along.
pub(super) fn brought(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("_assay_g{number}")).collect()
}
