//! `deduplicate`: of rows with the same key, one stays.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, StepRule, Target};
use crate::code::Code;
use crate::datatype::Family;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{self, Order, StepBody};
use crate::problem::{Pointer, Problem};

pub(super) struct Deduplicate;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns that make up the key; without any, all columns.
    #[serde(default)]
    columns: Vec<ColumnName>,
    /// Which row stays: `first`, `last`, or the first by a column.
    #[serde(default)]
    keep: Keep,
}

/// Which row of a key stays.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Keep {
    /// By the order of the input.
    Position(Position),
    /// By a column.
    By(By),
}

impl Default for Keep {
    fn default() -> Self {
        Self::Position(Position::First)
    }
}

/// By the order of the input.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Position {
    /// The first row.
    First,
    /// The last row.
    Last,
}

/// By a column.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct By {
    /// The column compared; nulls come last.
    by: ColumnName,
    /// Which end comes first.
    order: Order,
}

impl StepRule for Deduplicate {
    type Parameters = Parameters;
    const NAME: &'static str = "deduplicate";
    const DOC: Doc = Doc {
        summary: "Keeps one row of each key.",
        semantics: "Rows are compared by the converted values of the key's columns, or of all columns. A row \
                    whose key holds a null in any column always stays. The first row of the input stays, or \
                    the last, or the first by a column, where nulls come last and ties are settled by the \
                    order of the input. The others are counted as merged. With `where`, only rows that pass \
                    it are compared; the others stay.",
        good: "step_id: newest-only\nstep_type: deduplicate\nparameters:\n  columns: [trip_id]\n  keep: {by: updated_at, order: descending}\n",
        bad: "step_id: newest-only\nstep_type: deduplicate\nparameters:\n  columns: [trip_id]\n  keep: newest\n",
    };
    const ON_TEXT: bool = false;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let columns = parameters.columns.iter().enumerate();
        let repeated =
            columns.filter(|(index, column)| parameters.columns[..*index].contains(column));
        repeated
            .map(|(index, column)| {
                let message = format!("`{column}` stands here for the second time");
                Problem::new(Code::BadValue, Pointer::from("columns").index(index), message)
            })
            .collect()
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        let mut columns = parameters.columns.clone();
        if let (Keep::By(keep), false) = (&parameters.keep, columns.is_empty())
            && !columns.contains(&keep.by)
        {
            columns.push(keep.by.clone());
        }
        columns
    }

    fn lower(parameters: &Parameters, columns: &[Target]) -> Result<Vec<Lowered>, Vec<Problem>> {
        let keep = match &parameters.keep {
            Keep::Position(Position::First) => plan::Keep::First,
            Keep::Position(Position::Last) => plan::Keep::Last,
            Keep::By(keep) => {
                let place = Pointer::from("keep").key("by");
                let by = super::find(columns, &keep.by, place.clone())?;
                if matches!(by.now.family(), Family::Binary | Family::Nested) {
                    let message = format!("`{}` holds bytes, which have no order", by.name);
                    return Err(vec![Problem::new(Code::ColumnType, place, message)]);
                }
                plan::Keep::By { column: keep.by.clone(), order: keep.order }
            }
        };
        let names: Vec<_> = parameters.columns.iter().map(|column| format!("`{column}`")).collect();
        let key = if names.is_empty() { "all columns".to_owned() } else { names.join(", ") };
        Ok(vec![Lowered {
            title: format!("keep one row of each {key}"),
            body: StepBody::Deduplicate { columns: parameters.columns.clone(), keep },
        }])
    }
}
