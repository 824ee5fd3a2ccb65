//! `rename`: columns get other names.

use schemars::JsonSchema;
use serde::Deserialize;

use std::collections::BTreeMap;

use super::StepRule;
use super::site::{Lowered, Site};
use crate::code::Code;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Projected, StepBody};
use crate::problem::{Pointer, Problem};

pub(super) struct Rename;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// Old name and new name.
    columns: BTreeMap<ColumnName, ColumnName>,
}

impl StepRule for Rename {
    type Parameters = Parameters;
    const NAME: &'static str = "rename";
    const DOC: Doc = Doc {
        summary: "Gives columns other names.",
        semantics: "The old name is the one that the schema declares and the files have; rules, later steps \
                    and the cleansed rows use the new one. Names may be exchanged. All rows are renamed, so \
                    there is no `where`.",
        good: "step_id: plain-names\nstep_type: rename\nparameters: {columns: {Fare Amount: fare}}\n",
        bad: "step_id: plain-names\nstep_type: rename\nparameters: {columns: {fare: total, tip: total}}\n",
    };
    const ON_TEXT: bool = true;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut seen = BTreeMap::new();
        let mut problems = Vec::new();
        for (old, new) in &parameters.columns {
            if let Some(first) = seen.insert(new, old) {
                let message = format!("`{first}` and `{old}` would both be called `{new}`");
                let place = Pointer::from("columns").key(old.as_str());
                problems.push(Problem::new(Code::BadValue, place, message));
            }
        }
        problems
    }

    fn columns(_: &Parameters) -> Vec<ColumnName> {
        Vec::new()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let place = |name: &ColumnName| Pointer::from("columns").key(name.as_str());
        for (old, new) in &parameters.columns {
            site.find(old, place(old))?;
            let taken = site.columns.iter().any(|column| column.name == *new);
            if taken && !parameters.columns.contains_key(new) {
                let message = format!("there is a column `{new}` already");
                return Err(vec![Problem::new(Code::BadValue, place(old), message)]);
            }
        }
        let renamed = |column: &super::Target| Projected {
            from: column.name.clone(),
            to: parameters.columns.get(&column.name).unwrap_or(&column.name).clone(),
        };
        let body = StepBody::Project { columns: site.columns.iter().map(renamed).collect() };
        let words = parameters.columns.iter().map(|(old, new)| format!("`{old}` to `{new}`"));
        let title = format!("rename {}", words.collect::<Vec<_>>().join(", "));
        Ok(vec![Lowered::new(title, body)])
    }
}
