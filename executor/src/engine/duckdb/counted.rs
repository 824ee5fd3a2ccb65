//! Metrics over how often each different value stands: one grouping for each expression and filter, shared
//! by all metrics over it.

use assay_schemas::plan::{Metric, MetricFunction};
use duckdb::types::Value;

use super::connection::{Session, as_number, as_text, fault, message};
use super::fuse::DATASET;
use super::sql::{self, Scope, Unsaid};
use super::types;
use crate::engine::EngineError;

/// Values of the data that a figure names to people.
const NAMED: usize = 20;

/// The groupings that a number of checks need.
#[derive(Default)]
pub(super) struct Groupings {
    groupings: Vec<Grouping>,
}

/// Where a figure is: the grouping, and the places of its value and of the values it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    grouping: usize,
    value: usize,
    names: Option<Names>,
}

/// The columns of a grouping's result that name values of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Names {
    /// Those that the column lists.
    Listed(usize),
    /// Those that the first column lists and the second does not.
    Without(usize, usize),
}

struct Grouping {
    /// Columns that each group has for itself.
    keys: Vec<String>,
    value: String,
    filter: Option<String>,
    aggregates: Vec<String>,
}

/// What the groupings came to.
#[derive(Default)]
pub(super) struct Counts {
    /// By grouping: its rows, each beginning with the keys, or why there are none.
    results: Vec<Result<Vec<Vec<Value>>, String>>,
}

impl Groupings {
    /// Adds a metric; `value` and `filter` are its expressions as SQL, `keys` the columns it is computed
    /// apart for.
    pub(super) fn add(
        &mut self,
        scope: &Scope<'_>,
        metric: &Metric,
        keys: &[String],
        (value, filter): (String, Option<String>),
    ) -> Result<Place, Unsaid> {
        let data_type = metric.value.as_ref().and_then(|value| scope.infer(value));
        let known = self.groupings.iter().position(|grouping| {
            grouping.value == value && grouping.filter == filter && grouping.keys == keys
        });
        let grouping = known.unwrap_or(self.groupings.len());
        if known.is_none() {
            let (keys, aggregates) = (keys.to_vec(), Vec::new());
            self.groupings.push(Grouping { keys, value, filter, aggregates });
        }
        let Some(held) = self.groupings.get_mut(grouping) else {
            return Err("the grouping is gone".into());
        };
        let mut place = |aggregate: String| held.place(aggregate);
        let set = |set: &[assay_schemas::plan::Literal]| -> Result<String, Unsaid> {
            let said: Result<Vec<_>, _> = set.iter().map(sql::literal).collect();
            Ok(said?.join(", "))
        };
        let text = |condition: &str| {
            format!("to_json(min(CAST(v AS VARCHAR), {NAMED}) FILTER (WHERE {condition}))")
        };
        let (value, names) = match &metric.function {
            MetricFunction::Entropy => (
                // A hair below nothing comes of rounding.
                "CASE WHEN count(*) > 0 THEN greatest(ln(sum(n)) - fsum(n * ln(n)) / sum(n), 0) END"
                    .to_owned(),
                None,
            ),
            MetricFunction::CountUnique => ("count_if(n = 1)".to_owned(), None),
            MetricFunction::DistinctOutside { set: of } => {
                let outside = format!("v NOT IN ({})", set(of)?);
                let value = format!("CASE WHEN count(*) > 0 THEN count_if({outside}) END");
                (value, Some(Names::Listed(place(text(&outside)))))
            }
            MetricFunction::DistinctMissing { set: of } => {
                let inside = format!("v IN ({})", set(of)?);
                let value =
                    format!("CASE WHEN count(*) > 0 THEN {} - count_if({inside}) END", of.len());
                let all: Result<Vec<String>, Unsaid> = of
                    .iter()
                    .map(|literal| {
                        let literal = sql::literal(literal)?;
                        let typed = data_type.map_or(literal.clone(), |data_type| {
                            format!("CAST({literal} AS {})", types::name(data_type))
                        });
                        Ok(format!("CAST({typed} AS VARCHAR)"))
                    })
                    .collect();
                let all = place(format!("to_json([{}])", all?.join(", ")));
                let found = format!(
                    "to_json(list(CAST(v AS VARCHAR)) FILTER (WHERE {inside}))"
                );
                (value, Some(Names::Without(all, place(found))))
            }
            MetricFunction::MostCommonIn { set: of, ties } => {
                let inside = format!("count_if(n = m AND v IN ({}))", set(of)?);
                let holds = match ties {
                    true => format!("{inside} > 0"),
                    false => format!("{inside} = 1 AND count_if(n = m) = 1"),
                };
                let value = format!("CASE WHEN count(*) > 0 THEN CAST({holds} AS INTEGER) END");
                (value, Some(Names::Listed(place(text("n = m")))))
            }
            other => return Err(format!("{other:?} is not computed from counts of values")),
        };
        let value = place(format!("CAST({value} AS DOUBLE)"));
        Ok(Place { grouping, value, names })
    }

    /// The statements, with what each is for.
    pub(super) fn queries(&self) -> Vec<(String, String)> {
        let one = |grouping: &Grouping| (format!("counts of {}", grouping.value), grouping.query());
        self.groupings.iter().map(one).collect()
    }

    /// Runs every grouping.
    ///
    /// # Errors
    /// The machine lacks something; a grouping that breaks otherwise takes only its own figures along.
    pub(super) fn run(&self, session: &Session) -> Result<Counts, EngineError> {
        let mut results = Vec::new();
        for (purpose, query) in self.queries() {
            results.push(match session.rows(&purpose, &query) {
                Ok(rows) => Ok(rows),
                Err(error) => match fault(&error) {
                    EngineError::Resource(text) => return Err(EngineError::Resource(text)),
                    _ => Err(message(&error)),
                },
            });
        }
        Ok(Counts { results })
    }
}

impl Grouping {
    fn place(&mut self, aggregate: String) -> usize {
        let known = self.aggregates.iter().position(|known| *known == aggregate);
        let index = known.unwrap_or_else(|| {
            self.aggregates.push(aggregate);
            self.aggregates.len() - 1
        });
        self.keys.len() + index
    }

    fn query(&self) -> String {
        let keys = &self.keys;
        let named = |letter: &str| -> Vec<String> {
            (0..keys.len()).map(|index| format!("{letter}{index}")).collect()
        };
        let own: Vec<String> =
            keys.iter().zip(named("s")).map(|(key, name)| format!("{key} AS {name}")).collect();
        let own = own.iter().map(|key| format!("{key}, ")).collect::<String>();
        let listed = named("s").iter().map(|key| format!("{key}, ")).collect::<String>();
        let apart = match keys.is_empty() {
            true => String::new(),
            false => format!("PARTITION BY {}", named("s").join(", ")),
        };
        let filter = self.filter.as_ref().map_or_else(String::new, |it| format!("{it} AND "));
        let outer = match keys.is_empty() {
            true => String::new(),
            false => format!("\nGROUP BY {}", named("s").join(", ")),
        };
        let shown: String =
            named("s").iter().map(|key| format!("CAST({key} AS VARCHAR), ")).collect();
        // The greatest count is asked for only where something wants the most frequent values.
        let most = match self.aggregates.iter().any(|aggregate| aggregate.contains("n = m")) {
            true => format!(", max(n) OVER ({apart}) AS m"),
            false => String::new(),
        };
        format!(
            "WITH g AS (\n  SELECT {own}{value} AS v, count(*) AS n FROM {DATASET} WHERE {filter}{value} IS NOT NULL \
             GROUP BY ALL\n),\nh AS (SELECT {listed}v, n{most} FROM g)\nSELECT {shown}{aggregates}\nFROM h{outer}",
            value = self.value,
            aggregates = self.aggregates.join(", "),
        )
    }
}

impl Counts {
    /// The row of a group; `None` where none of its rows were counted.
    ///
    /// # Errors
    /// Why the grouping could not be computed.
    fn row(&self, place: Place, group: &[Option<String>]) -> Result<Option<&Vec<Value>>, String> {
        let rows = match self.results.get(place.grouping) {
            Some(Ok(rows)) => rows,
            Some(Err(reason)) => return Err(reason.clone()),
            None => return Err("the grouping was not computed".into()),
        };
        let is_it = |row: &&Vec<Value>| {
            let key = row.iter().take(group.len()).map(|cell| as_text(cell.clone()));
            key.eq(group.iter().cloned())
        };
        Ok(rows.iter().find(is_it))
    }

    /// The figure at a place, for the rows of one group; the key is empty where there are no groups.
    ///
    /// # Errors
    /// Why the grouping could not be computed.
    pub(super) fn value(
        &self,
        place: Place,
        group: &[Option<String>],
    ) -> Result<Option<f64>, String> {
        let row = self.row(place, group)?;
        Ok(row.and_then(|row| row.get(place.value)).and_then(as_number))
    }

    /// The values that the figure names.
    pub(super) fn names(&self, place: Place, group: &[Option<String>]) -> Vec<String> {
        let Some(names) = place.names else { return Vec::new() };
        let Ok(Some(row)) = self.row(place, group) else { return Vec::new() };
        let listed = |column: usize| -> Vec<String> {
            let text = row.get(column).cloned().and_then(as_text).unwrap_or_default();
            serde_json::from_str(&text).unwrap_or_default()
        };
        let mut found = match names {
            Names::Listed(column) => listed(column),
            Names::Without(all, known) => {
                let known = listed(known);
                listed(all).into_iter().filter(|value| !known.contains(value)).collect()
            }
        };
        found.truncate(NAMED);
        found
    }
}
