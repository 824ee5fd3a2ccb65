//! `impute`: nulls are filled from other rows.

use schemars::JsonSchema;
use serde::Deserialize;

use super::StepRule;
use super::keep::By;
use super::site::{self, Lowered, Site};
use crate::code::Code;
use crate::datatype::Family;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Fill, StepBody};
use crate::problem::{Pointer, Problem};

pub(super) struct Impute;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns that are filled.
    #[schemars(length(min = 1))]
    columns: Vec<ColumnName>,
    /// With what: `mean`, `median`, `mode`, `previous` or `next`.
    with: Fill,
    /// Only rows that are equal here fill each other; all rows where it is empty.
    #[serde(default)]
    by: Vec<ColumnName>,
    /// The order of the rows for `previous` and `next`; that of the input where there is none.
    #[serde(default)]
    order_by: Option<By>,
}

impl StepRule for Impute {
    type Parameters = Parameters;
    const NAME: &'static str = "impute";
    const DOC: Doc = Doc {
        summary: "Fills nulls from the values of other rows.",
        semantics: "`mean` and `median` are for numbers and are rounded to the column's type; `mode` is the \
                    most frequent value and of several the smallest. `previous` and `next` take the nearest \
                    row that has a value, however far it is. A group without any value stays null, and so do \
                    rows with a null in `by`. A constant is filled in by `default`. With `where`, only rows \
                    that pass it are filled and give values.",
        good: "step_id: usual-fare\nstep_type: impute\nparameters: {columns: [fare], with: median, by: [zone]}\n",
        bad: "step_id: usual-fare\nstep_type: impute\nparameters: {columns: [fare], with: average}\n",
    };
    const ON_TEXT: bool = false;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = site::repeated("columns", &parameters.columns);
        problems.extend(site::repeated("by", &parameters.by));
        for (index, column) in parameters.by.iter().enumerate() {
            if parameters.columns.contains(column) {
                let message = format!("`{column}` is filled, so it cannot tell the groups");
                let place = Pointer::from("by").index(index);
                problems.push(Problem::new(Code::BadValue, place, message));
            }
        }
        if parameters.order_by.is_some() && !matches!(parameters.with, Fill::Previous | Fill::Next)
        {
            let message = "only `previous` and `next` depend on the order of the rows";
            problems.push(Problem::new(Code::BadValue, "order_by".into(), message).at_key());
        }
        problems
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        let order = parameters.order_by.iter().map(|order| &order.by);
        let mut columns = parameters.columns.clone();
        for column in parameters.by.iter().chain(order) {
            if !columns.contains(column) {
                columns.push(column.clone());
            }
        }
        columns
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let mut lowered = Vec::new();
        for (index, name) in parameters.columns.iter().enumerate() {
            let place = Pointer::from("columns").index(index);
            let column = site.find(name, place.clone())?;
            let numbers = matches!(parameters.with, Fill::Mean | Fill::Median);
            if numbers && column.now.family() != Family::Number {
                let message = format!("`{name}` is of type `{}`, which has no mean", column.now);
                let problem = Problem::new(Code::ColumnType, place, message);
                return Err(vec![problem.hint("use `mode`, `previous` or `next`")]);
            }
            let what = match parameters.with {
                Fill::Mean => "the mean",
                Fill::Median => "the median",
                Fill::Mode => "the most frequent value",
                Fill::Previous => "the value before",
                Fill::Next => "the value after",
            };
            lowered.push(Lowered::new(
                format!("fill `{name}` with {what}{}", super::keep::within(&parameters.by)),
                StepBody::Impute {
                    column: name.clone(),
                    with: parameters.with,
                    by: parameters.by.clone(),
                    order: parameters.order_by.as_ref().map(|o| (o.by.clone(), o.order)),
                },
            ));
        }
        Ok(lowered)
    }
}
