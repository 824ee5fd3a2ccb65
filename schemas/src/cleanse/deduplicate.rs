//! `deduplicate`: of rows with the same key, one stays.

use schemars::JsonSchema;
use serde::Deserialize;

use super::StepRule;
use super::keep::{Keep, listed};
use super::site::{self, Lowered, Site};
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::StepBody;
use crate::problem::Problem;

pub(super) struct Deduplicate;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns that make up the key; without any, all columns.
    #[serde(default)]
    columns: Vec<ColumnName>,
    /// Which row stays: `first`, `last`, `most_complete`, or the first by a column.
    #[serde(default)]
    keep: Keep,
}

impl StepRule for Deduplicate {
    type Parameters = Parameters;
    const NAME: &'static str = "deduplicate";
    const DOC: Doc = Doc {
        summary: "Keeps one row of each key.",
        semantics: "Rows are compared by the converted values of the key's columns, or of all columns. A row \
                    whose key holds a null in any column always stays. The first row of the input stays, or \
                    the last, or the one with the fewest nulls, or the first by a column, where nulls come \
                    last; ties are settled by the order of the input. The others are counted as merged. With `where`, only rows that pass \
                    it are compared; the others stay.",
        good: "step_id: newest-only\nstep_type: deduplicate\nparameters:\n  columns: [trip_id]\n  keep: {by: updated_at, order: descending}\n",
        bad: "step_id: newest-only\nstep_type: deduplicate\nparameters:\n  columns: [trip_id]\n  keep: newest\n",
    };
    const ON_TEXT: bool = false;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        site::repeated("columns", &parameters.columns)
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        let mut columns = parameters.columns.clone();
        if let (Some(by), false) = (parameters.keep.column(), columns.is_empty())
            && !columns.contains(by)
        {
            columns.push(by.clone());
        }
        columns
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let keep = parameters.keep.lower(site, &"keep".into())?;
        let key = match parameters.columns.as_slice() {
            [] => "all columns".to_owned(),
            columns => listed(columns),
        };
        let body = StepBody::Deduplicate { columns: parameters.columns.clone(), keep };
        Ok(vec![Lowered::new(format!("keep one row of each {key}"), body)])
    }
}
