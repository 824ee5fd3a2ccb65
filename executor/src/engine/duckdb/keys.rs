//! Checks of keys: one grouping for each key set, whose bad keys are kept for the violating rows and
//! for the union over hard checks.

use std::collections::HashMap;

use assay_schemas::id::ColumnName;
use assay_schemas::plan::{Body, Check};

use super::across;
use super::connection::{Session, as_count};
use super::fuse::{DATASET, judged};
use super::source::ROW;
use super::sql::{Scope, Unsaid};
use super::types::Column;

/// The keys at fault of one check.
#[derive(Clone, Debug)]
pub(super) struct BadKeys {
    /// The table: the key's columns as `k0`, `k1`, … and `n`, the rows that have it.
    pub(super) table: String,
    /// The key's columns in the dataset.
    pub(super) key: Vec<String>,
    /// The rows that the check judges; `None` means all.
    pub(super) judged: Option<String>,
    /// Rows at fault.
    pub(super) violations: u64,
}

impl BadKeys {
    /// Joins the dataset, under the name `d`, with the keys, under `name`.
    pub(super) fn join(&self, name: &str) -> String {
        let pairs: Vec<String> = self
            .key
            .iter()
            .enumerate()
            .map(|(index, column)| format!("d.{column} IS NOT DISTINCT FROM {name}.k{index}"))
            .collect();
        format!("{} AS {name} ON {}", self.table, pairs.join(" AND "))
    }
}

/// Another dataset that can be read.
#[derive(Clone, Debug)]
pub(super) struct Lookup {
    /// Its view.
    pub(super) view: String,
    /// The columns of the view, without the hidden ones.
    pub(super) columns: Vec<Column>,
}

/// Gives other datasets by name; `None` where one was not staged.
pub(super) type Lookups<'a> = &'a dyn Fn(&str) -> Option<Lookup>;

/// The dataset of that name.
///
/// # Errors
/// It was not staged.
pub(super) fn staged(lookups: Lookups<'_>, dataset: &str) -> Result<Lookup, Unsaid> {
    lookups(dataset)
        .ok_or_else(|| format!("the dataset `{dataset}` that is referred to was not staged"))
}

/// The statement that fills the table of bad keys of a check, or of bad rows by their number.
pub(super) fn fill(
    scope: &Scope<'_>,
    check: &Check,
    table: &str,
    lookups: Lookups<'_>,
) -> Result<Option<(BadKeys, String)>, Unsaid> {
    let (key, judged, query) = match &check.body {
        Body::Unique { columns, .. } => {
            let (judged, grouping) = grouping(scope, check, columns)?;
            (scope.known(columns)?, judged, format!("{grouping}\nHAVING count(*) > 1"))
        }
        Body::Reference { columns, .. } => {
            let (judged, query) = reference(scope, check, lookups)?;
            (scope.known(columns)?, judged, query)
        }
        Body::Dependency { determinants, dependents, .. } => {
            let columns: Vec<_> = determinants.iter().chain(dependents).cloned().collect();
            let judged = judged(scope, check)?;
            (scope.known(&columns)?, judged, across::dependency(scope, check)?)
        }
        _ => match across::rows(scope, check, lookups)? {
            Some(query) => (vec![ROW.to_owned()], None, query),
            None => return Ok(None),
        },
    };
    let text = format!("CREATE OR REPLACE TEMP TABLE {table} AS\n{query}");
    Ok(Some((BadKeys { table: table.to_owned(), key, judged, violations: 0 }, text)))
}

/// The keys that are judged, each with the number of its rows: the rows that are judged, and the query.
fn grouping(
    scope: &Scope<'_>,
    check: &Check,
    columns: &[ColumnName],
) -> Result<(Option<String>, String), Unsaid> {
    if columns.is_empty() {
        return Err("the key has no column".into());
    }
    let key = scope.known(columns)?;
    let judged = judged(scope, check)?;
    let named: Vec<String> =
        key.iter().enumerate().map(|(index, name)| format!("{name} AS k{index}")).collect();
    let restriction =
        judged.as_ref().map_or_else(String::new, |judged| format!("\nWHERE {judged}"));
    let grouping = format!(
        "SELECT {}, count(*) AS n\nFROM {DATASET}{restriction}\nGROUP BY {}",
        named.join(", "),
        key.join(", ")
    );
    Ok((judged, grouping))
}

fn reference(
    scope: &Scope<'_>,
    check: &Check,
    lookups: Lookups<'_>,
) -> Result<(Option<String>, String), Unsaid> {
    let Body::Reference { columns, dataset, other_columns, other_filter, negate } = &check.body
    else {
        return Err("the check refers to no dataset".into());
    };
    let other = staged(lookups, dataset)?;
    if columns.len() != other_columns.len() {
        return Err("the key has more columns on one side than on the other".into());
    }
    let (judged, grouping) = grouping(scope, check, columns)?;
    let there = Scope { columns: &other.columns, now: scope.now };
    let within = |problem: Unsaid| format!("in `{dataset}`: {problem}");
    let names = there.known(other_columns).map_err(within)?;
    let pairs: Vec<String> =
        names.iter().enumerate().map(|(index, name)| format!("g.k{index} = o.{name}")).collect();
    let known = match other_filter {
        Some(filter) => {
            let filter = there.say(filter).map_err(within)?;
            format!("(SELECT * FROM {} WHERE {filter})", other.view)
        }
        None => other.view,
    };
    let join = if *negate { "SEMI" } else { "ANTI" };
    let query = format!(
        "SELECT * FROM (\n{grouping}\n) g\n{join} JOIN {known} o ON {}",
        pairs.join(" AND ")
    );
    Ok((judged, query))
}

/// Tables of bad keys that were filled, by what they hold, so that equal key sets are grouped once.
#[derive(Default)]
pub(super) struct Filled {
    tables: HashMap<String, BadKeys>,
}

impl Filled {
    /// Runs a statement of [`fill`] unless an equal one was run; counts the rows at fault.
    pub(super) fn run(
        &mut self,
        session: &Session,
        purpose: &str,
        (keys, text): (BadKeys, String),
    ) -> duckdb::Result<BadKeys> {
        let (_, meaning) = text.split_once(" AS\n").unwrap_or(("", &text));
        if let Some(known) = self.tables.get(meaning) {
            return Ok(known.clone());
        }
        session.run(purpose, &text)?;
        let count = format!("SELECT CAST(coalesce(sum(n), 0) AS BIGINT) FROM {}", keys.table);
        let rows = session.rows("count rows with bad keys", &count)?;
        let violations = rows.first().and_then(|row| row.first()).map_or(0, as_count);
        let keys = BadKeys { violations, ..keys };
        self.tables.insert(meaning.to_owned(), keys.clone());
        Ok(keys)
    }
}

/// The number of rows that violate a check of single rows or have a bad key.
pub(super) fn union(rows: &[String], keys: &[&BadKeys]) -> String {
    let mut joins = String::new();
    let mut conditions: Vec<String> = rows.to_vec();
    for (index, bad) in keys.iter().enumerate() {
        joins.push_str(&format!("\nLEFT JOIN {}", bad.join(&format!("b{index}"))));
        let met = format!("b{index}.n IS NOT NULL");
        conditions.push(match &bad.judged {
            Some(judged) => format!("({judged} AND {met})"),
            None => met,
        });
    }
    format!("SELECT count(*)\nFROM {DATASET} AS d{joins}\nWHERE {}", conditions.join("\n  OR "))
}
