//! What a pass learns from all rows before it looks at them one by one.

use assay_schemas::id::ColumnName;
use assay_schemas::plan::{Keep, Order};

use super::cluster::Clusters;
use super::*;

/// The table of the places of rows that end before a pass.
pub(in crate::engine::duckdb) const MERGED: &str = "_assay_merged";

/// The beginning of a pass that needs to see all rows. Its relations are written over `before`, the rows
/// that the pass before has written, each with its [`PLACE`].
#[derive(Clone, Debug, Default)]
pub(in crate::engine::duckdb) struct Opening {
    /// What it is for, in a few words.
    pub(in crate::engine::duckdb) purpose: &'static str,
    /// Relations: name and query, each over those before it.
    tables: Vec<(String, String)>,
    /// What is joined to `before`.
    joins: Vec<String>,
    /// Columns that the joins bring along.
    columns: Vec<String>,
    /// Rows whose place stands in the relation `merged` end here.
    merges: bool,
    /// The query of their places, where it is asked before the pass and kept in [`MERGED`].
    pub(in crate::engine::duckdb) merged: Option<String>,
    /// What is worked out before the pass, beyond what a query can say.
    pub(in crate::engine::duckdb) clusters: Option<Clusters>,
}

impl Opening {
    pub(super) fn new(purpose: &'static str) -> Self {
        Self { purpose, ..Self::default() }
    }

    pub(super) fn table(&mut self, name: impl Into<String>, query: String) {
        self.tables.push((name.into(), query));
    }

    pub(super) fn join(&mut self, join: String) {
        self.joins.push(join);
    }

    /// A value that comes along as the hidden column of that number; gives its name.
    pub(super) fn bring(&mut self, value: &str) -> String {
        let name = format!("_assay_g{}", self.columns.len());
        self.columns.push(format!("{value} AS {name}"));
        name
    }

    /// Names of the hidden columns that came along.
    pub(super) fn brought(&self) -> Vec<String> {
        (0..self.columns.len()).map(|number| format!("_assay_g{number}")).collect()
    }

    /// Rows end whose place this query gives as `place`.
    pub(super) fn merge(&mut self, query: String) {
        self.table("merged", query);
        self.merges = true;
    }

    /// As [`Self::merge`], where it is worth to know whether there is any such row before all of them are written
    /// once more.
    pub(super) fn merge_known(&mut self, query: String) {
        self.merge(format!("SELECT place FROM {MERGED}"));
        self.merged = Some(query);
    }

    /// Whether rows may come out of the first layer in another order: a join may be turned around.
    pub(super) fn loses_order(&self) -> bool {
        !self.joins.is_empty()
    }

    /// The relations and the first layer of the pass, over the rows of `input`.
    pub(super) fn layers(
        &self,
        number: usize,
        input: &str,
        stale: &[String],
        fresh: &[String],
    ) -> Vec<String> {
        let mut layers = vec![before(number, input)];
        let tables = self.tables.iter();
        layers.extend(
            tables.map(|(name, query)| format!("{name} AS NOT MATERIALIZED (\n  {query}\n)")),
        );
        let exclude = match stale.is_empty() {
            true => String::new(),
            false => format!(" EXCLUDE ({})", stale.join(", ")),
        };
        let added = self.columns.iter().chain(fresh);
        let added: String = added.map(|column| format!(", {column}")).collect();
        let mut joins: String = self.joins.iter().map(|join| format!(" {join}")).collect();
        if self.merges {
            joins.push_str(&format!(" ANTI JOIN merged ON before.{PLACE} = merged.place"));
        }
        layers.push(text::layer(0, &format!("SELECT before.*{exclude}{added} FROM before{joins}")));
        layers
    }
}

/// The relation `before`: what the pass before has written, each row with its place.
pub(in crate::engine::duckdb) fn before(number: usize, input: &str) -> String {
    let place = match number {
        1 => format!(", file_row_number + 1 AS {PLACE}"),
        _ => String::new(),
    };
    format!("before AS NOT MATERIALIZED (SELECT *{place} FROM {input})")
}

impl Builder<'_> {
    /// Begins a pass that needs to see all rows; the columns that it brings are there until [`Self::forget`].
    pub(super) fn open(&mut self, opening: Opening) {
        let next = Pass { opening: Some(opening), ..Pass::default() };
        self.passes.push(std::mem::replace(&mut self.pass, next));
        self.worked = true;
    }

    /// Leaves out the columns that the beginning of the pass brought along.
    pub(super) fn forget(&mut self) {
        let brought = self.pass.opening.as_ref().map(Opening::brought).unwrap_or_default();
        if !brought.is_empty() {
            self.layer(&format!("SELECT * EXCLUDE ({})", brought.join(", ")));
        }
    }

    /// The condition on rows that a step over a key looks at: not rejected, in the filter, the key whole.
    pub(super) fn looked_at(&self, key: &[String], filter: Option<&str>) -> String {
        let mut conditions = vec![format!("{STEP} IS NULL")];
        conditions.extend(filter.map(str::to_owned));
        conditions.extend(key.iter().map(|name| format!("{name} IS NOT NULL")));
        conditions.join(" AND ")
    }

    /// The order in which rows of a key are preferred.
    pub(super) fn preference(&self, keep: &Keep) -> Result<String, Unsaid> {
        Ok(match keep {
            Keep::First => PLACE.into(),
            Keep::Last => format!("{PLACE} DESC"),
            Keep::By { column, order } => format!("{}, {PLACE}", self.ordered(column, *order)?),
            Keep::MostComplete => {
                let nulls = self.columns.iter().map(|column| {
                    format!("CASE WHEN {} IS NULL THEN 1 ELSE 0 END", sql::identifier(&column.name))
                });
                format!("{}, {PLACE}", nulls.collect::<Vec<_>>().join(" + "))
            }
        })
    }

    /// A column as an order; nulls come last.
    pub(super) fn ordered(&self, column: &ColumnName, order: Order) -> Result<String, Unsaid> {
        let name = sql::identifier(&self.scope().column(column)?.name);
        let direction = if order == Order::Ascending { "ASC" } else { "DESC" };
        Ok(format!("{name} {direction} NULLS LAST"))
    }
}
