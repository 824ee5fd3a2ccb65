//! `survive`: rows that share a key become one golden record.

use schemars::JsonSchema;
use serde::Deserialize;

use std::collections::BTreeMap;

use super::StepRule;
use super::keep::{listed, ordered};
use super::site::{self, Lowered, Site};
use crate::code::Code;
use crate::datatype::Family;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Order, StepBody, Survival, Survivor};
use crate::problem::{Pointer, Problem};

pub(super) struct Survive;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The key.
    #[schemars(length(min = 1))]
    by: Vec<ColumnName>,
    /// The strategy of each column: `first`, `last`, `most_frequent`, `longest`, `smallest`, `greatest`, by
    /// another column, or by the priority of sources.
    #[serde(default)]
    columns: BTreeMap<ColumnName, Strategy>,
    /// The strategy of all other columns.
    #[serde(default)]
    otherwise: Strategy,
}

/// Which value survives.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Strategy {
    /// By the value itself or its place.
    Plain(Plain),
    /// By another column, or by the source of the row.
    Preferred(Preferred),
}

impl Default for Strategy {
    fn default() -> Self {
        Self::Plain(Plain::First)
    }
}

/// By the value itself or its place.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Plain {
    /// The first of the input.
    First,
    /// The last of the input.
    Last,
    /// The one that stands most often; of several, the smallest.
    MostFrequent,
    /// The longest text.
    Longest,
    /// The smallest.
    Smallest,
    /// The greatest.
    Greatest,
}

/// By another column, or by the source of the row.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Preferred {
    /// The column compared; nulls come last.
    #[serde(default)]
    by: Option<ColumnName>,
    /// Which end comes first.
    #[serde(default)]
    order: Option<Order>,
    /// The column that names the source.
    #[serde(default)]
    source: Option<ColumnName>,
    /// The sources, best first.
    #[serde(default)]
    #[schemars(length(min = 1))]
    priority: Option<Vec<String>>,
}

impl Strategy {
    fn is_longest(&self) -> bool {
        matches!(self, Self::Plain(Plain::Longest))
    }

    fn lower(
        &self,
        site: &Site<'_>,
        column: &super::Target,
        place: &Pointer,
    ) -> Result<Survival, Vec<Problem>> {
        Ok(match self {
            Self::Plain(plain) => match plain {
                Plain::First => Survival::First,
                Plain::Last => Survival::Last,
                Plain::MostFrequent => Survival::MostFrequent,
                // A default for all columns leaves those without a length to the order of the input.
                Plain::Longest if column.now.family() != Family::Text => Survival::First,
                Plain::Longest => Survival::Longest,
                Plain::Smallest => Survival::Smallest,
                Plain::Greatest => Survival::Greatest,
            },
            Self::Preferred(preferred) => preferred.lower(site, place)?,
        })
    }

    /// What is wrong with it, seen from where it stands.
    fn check(&self) -> Option<Problem> {
        let Self::Preferred(preferred) = self else { return None };
        let Preferred { by, order, source, priority } = preferred;
        let whole = match (by, order, source, priority) {
            (Some(_), Some(_), None, None) | (None, None, Some(_), Some(_)) => return None,
            _ => "a strategy has `by` and `order`, or `source` and `priority`",
        };
        let problem = Problem::new(Code::BadValue, Pointer::root(), whole.to_owned());
        Some(problem.hint("write such as `{by: updated_at, order: descending}`"))
    }
}

impl Preferred {
    fn lower(&self, site: &Site<'_>, place: &Pointer) -> Result<Survival, Vec<Problem>> {
        if let (Some(by), Some(order)) = (&self.by, self.order) {
            ordered(site, by, &place.key("by"))?;
            return Ok(Survival::By { column: by.clone(), order });
        }
        let (Some(source), Some(priority)) = (&self.source, &self.priority) else {
            return Ok(Survival::First);
        };
        let named = site.find(source, place.key("source"))?;
        if named.now.family() != Family::Text {
            let message = format!("`{}` is of type `{}`, not text", named.name, named.now);
            let problem = Problem::new(Code::ColumnType, place.key("source"), message);
            return Err(vec![problem]);
        }
        Ok(Survival::Source { column: source.clone(), priority: priority.clone() })
    }
}

impl StepRule for Survive {
    type Parameters = Parameters;
    const NAME: &'static str = "survive";
    const DOC: Doc = Doc {
        summary: "Makes one golden record of all rows with the same key.",
        semantics: "Each column takes, of the values that are not null, the one that its strategy prefers; \
                    it is null only where all are. The record stands where the first row of its key stood; \
                    the others are counted as merged. `{by: updated_at, order: descending}` prefers the most \
                    recent, `{source: system, priority: [crm, web]}` the first of the sources listed, then \
                    all others. Ties are settled by the order of the input. Rows with a null in the key stay \
                    as they are. With `where`, only rows that pass it are merged.",
        good: "step_id: golden\nstep_type: survive\nparameters:\n  by: [customer_id]\n  columns:\n    email: {by: updated_at, order: descending}\n    name: longest\n    phone: {source: system, priority: [crm, web]}\n",
        bad: "step_id: golden\nstep_type: survive\nparameters: {by: [customer_id], otherwise: newest}\n",
    };
    const ON_TEXT: bool = false;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = site::repeated("by", &parameters.by);
        for column in parameters.columns.keys().filter(|column| parameters.by.contains(column)) {
            let message = format!("`{column}` is part of the key, so all its values are equal");
            let place = Pointer::from("columns").key(column.as_str());
            problems.push(Problem::new(Code::BadValue, place, message).at_key());
        }
        for (column, strategy) in &parameters.columns {
            let place = Pointer::from("columns").key(column.as_str());
            problems.extend(strategy.check().map(|problem| problem.within(&place)));
        }
        let otherwise = Pointer::from("otherwise");
        problems.extend(parameters.otherwise.check().map(|problem| problem.within(&otherwise)));
        problems
    }

    fn columns(_: &Parameters) -> Vec<ColumnName> {
        Vec::new()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        for (index, name) in parameters.by.iter().enumerate() {
            site.find(name, Pointer::from("by").index(index))?;
        }
        for (name, strategy) in &parameters.columns {
            let place = Pointer::from("columns").key(name.as_str());
            let column = site.find(name, place.clone())?;
            if strategy.is_longest() && column.now.family() != Family::Text {
                let message = format!("`{name}` is of type `{}`, which has no length", column.now);
                return Err(vec![Problem::new(Code::ColumnType, place, message)]);
            }
        }
        let mut columns = Vec::new();
        for column in site.columns.iter().filter(|c| !parameters.by.contains(&c.name)) {
            let own = parameters.columns.get(&column.name);
            let (strategy, place) = match own {
                Some(own) => (own, Pointer::from("columns").key(column.name.as_str())),
                None => (&parameters.otherwise, Pointer::from("otherwise")),
            };
            let strategy = strategy.lower(site, column, &place)?;
            columns.push(Survivor { column: column.name.clone(), strategy });
        }
        let title = format!("make one record of each {}", listed(&parameters.by));
        let body = StepBody::Survive { by: parameters.by.clone(), columns };
        Ok(vec![Lowered::new(title, body)])
    }
}
