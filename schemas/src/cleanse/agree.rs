//! `agree`: rows that share a key come to agree.

use schemars::JsonSchema;
use serde::Deserialize;

use super::StepRule;
use super::keep::listed;
use super::site::{self, Lowered, Site};
use crate::code::Code;
use crate::datatype::Family;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Agreement, StepBody};
use crate::problem::{Pointer, Problem};

pub(super) struct Agree;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The key.
    #[schemars(length(min = 1))]
    by: Vec<ColumnName>,
    /// The columns that have one value for each key.
    #[schemars(length(min = 1))]
    columns: Vec<ColumnName>,
    /// Votes are the different values of this column that stand beside a value, instead of rows.
    #[serde(default)]
    support: Option<ColumnName>,
    /// The fewest votes that the winning value needs.
    #[serde(default = "two")]
    #[schemars(range(min = 1))]
    min_votes: u32,
    /// The least share of the votes that it needs.
    #[serde(default)]
    min_share: Option<f64>,
    /// A value is only replaced by one that is at least so alike, by edit distance over the longer length.
    #[serde(default)]
    similarity: Option<f64>,
    /// Nulls take the winning value, too.
    #[serde(default)]
    fill: bool,
}

fn two() -> u32 {
    2
}

impl StepRule for Agree {
    type Parameters = Parameters;
    const NAME: &'static str = "agree";
    const DOC: Doc = Doc {
        summary: "Sets columns to the value that most rows of a key have.",
        semantics: "For each key, the value of a column with the most votes wins, and the other values of \
                    that key become it; rows stay. Where two values share the first place, nothing changes, \
                    and the same where the winner lacks votes, share or likeness. Nulls do not vote. Rows \
                    with a null in the key stay as they are. Each column is settled by itself, from the \
                    values before the step. With `where`, only rows that pass it vote and change.",
        good: "step_id: one-city\nstep_type: agree\nparameters: {by: [zip], columns: [city, state], min_share: 0.6}\n",
        bad: "step_id: one-city\nstep_type: agree\nparameters: {by: [zip], columns: [zip]}\n",
    };
    const ON_TEXT: bool = false;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = site::repeated("by", &parameters.by);
        problems.extend(site::repeated("columns", &parameters.columns));
        for (index, column) in parameters.columns.iter().enumerate() {
            if parameters.by.contains(column) || parameters.support.as_ref() == Some(column) {
                let message = format!("`{column}` cannot be what is settled and what settles it");
                let place = Pointer::from("columns").index(index);
                problems.push(Problem::new(Code::BadValue, place, message));
            }
        }
        problems.extend(site::share("min_share", parameters.min_share));
        problems.extend(site::share("similarity", parameters.similarity));
        problems
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        let all = parameters.by.iter().chain(&parameters.columns).chain(&parameters.support);
        all.cloned().collect()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        for (index, name) in parameters.columns.iter().enumerate() {
            let place = Pointer::from("columns").index(index);
            let column = site.find(name, place.clone())?;
            if parameters.similarity.is_some() && column.now.family() != Family::Text {
                let message =
                    format!("`{name}` is of type `{}`, which has no likeness", column.now);
                return Err(vec![Problem::new(Code::ColumnType, place, message)]);
            }
        }
        let rule = Agreement {
            support: parameters.support.clone(),
            min_votes: parameters.min_votes.into(),
            min_share: parameters.min_share.unwrap_or(0.0),
            similarity: parameters.similarity,
            fill: parameters.fill,
        };
        let (by, columns) = (parameters.by.clone(), parameters.columns.clone());
        let title = format!("let {} agree within each {}", listed(&columns), listed(&by));
        Ok(vec![Lowered::new(title, StepBody::Agree { by, columns, rule })])
    }
}
