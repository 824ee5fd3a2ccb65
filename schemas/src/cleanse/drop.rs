//! `drop`: columns go.

use schemars::JsonSchema;
use serde::Deserialize;

use super::StepRule;
use super::keep::listed;
use super::site::{self, Lowered, Site};
use crate::code::Code;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Projected, StepBody};
use crate::problem::{Pointer, Problem};

pub(super) struct Drop;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns.
    #[schemars(length(min = 1))]
    columns: Vec<ColumnName>,
}

impl StepRule for Drop {
    type Parameters = Parameters;
    const NAME: &'static str = "drop";
    const DOC: Doc = Doc {
        summary: "Leaves columns out.",
        semantics: "The files still have them, and steps before this one can use them; rules, later steps \
                    and the cleansed rows cannot. All rows lose them, so there is no `where`.",
        good: "step_id: no-notes\nstep_type: drop\nparameters: {columns: [notes]}\n",
        bad: "step_id: no-notes\nstep_type: drop\nparameters: {columns: []}\n",
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
        let kept = || {
            let names = site.columns.iter().map(|column| &column.name);
            names.filter(|name| !parameters.columns.contains(name))
        };
        if kept().next().is_none() {
            let message = "no column would be left".to_owned();
            return Err(vec![Problem::new(Code::BadValue, "columns".into(), message)]);
        }
        let kept = kept();
        let columns = kept.map(|name| Projected { from: name.clone(), to: name.clone() });
        let body = StepBody::Project { columns: columns.collect() };
        let title = format!("leave out {}", listed(&parameters.columns));
        Ok(vec![Lowered::new(title, body)])
    }
}
