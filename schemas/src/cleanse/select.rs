//! `select`: only some columns stay.

use schemars::JsonSchema;
use serde::Deserialize;

use super::StepRule;
use super::keep::listed;
use super::site::{self, Lowered, Site};
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Projected, StepBody};
use crate::problem::{Pointer, Problem};

pub(super) struct Select;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns.
    #[schemars(length(min = 1))]
    columns: Vec<ColumnName>,
}

impl StepRule for Select {
    type Parameters = Parameters;
    const NAME: &'static str = "select";
    const DOC: Doc = Doc {
        summary: "Keeps some columns, in this order.",
        semantics: "All others are left out, as by `drop`. All rows keep the same columns, so there is no \
                    `where`.",
        good: "step_id: only-these\nstep_type: select\nparameters: {columns: [trip_id, fare]}\n",
        bad: "step_id: only-these\nstep_type: select\nparameters: {columns: [trip_id, trip_id]}\n",
    };
    const ON_TEXT: bool = true;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        site::repeated("columns", &parameters.columns)
    }

    fn columns(_: &Parameters) -> Vec<ColumnName> {
        Vec::new()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        for (index, name) in parameters.columns.iter().enumerate() {
            site.find(name, Pointer::from("columns").index(index))?;
        }
        let kept = parameters.columns.iter();
        let columns = kept.map(|name| Projected { from: name.clone(), to: name.clone() });
        let body = StepBody::Project { columns: columns.collect() };
        let title = format!("keep only {}", listed(&parameters.columns));
        Ok(vec![Lowered::new(title, body)])
    }
}
