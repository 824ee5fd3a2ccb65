//! `map_values`: values are replaced by others.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, StepRule, Target};
use crate::code::Code;
use crate::datatype::DataType;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::library::taxonomy::Scalar;
use crate::literal::{self, Fit};
use crate::plan::{Expr, Function, Literal, StepBody};
use crate::problem::{Pointer, Problem};

pub(super) struct MapValues;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The column.
    column: ColumnName,
    /// What is replaced by what.
    map: BTreeMap<String, Scalar>,
    /// For text: upper and lower case are the same.
    #[serde(default)]
    ignore_case: bool,
    /// What happens to values that the map does not have.
    #[serde(default)]
    otherwise: Otherwise,
}

/// What happens to values that a map does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Otherwise {
    /// They stay.
    #[default]
    Keep,
    /// They become null.
    SetNull,
    /// Their row goes to the rejects.
    RejectRow,
}

impl StepRule for MapValues {
    type Parameters = Parameters;
    const NAME: &'static str = "map_values";
    const DOC: Doc = Doc {
        summary: "Replaces values by others.",
        semantics: "Each value that the map has becomes what stands there; replacements are not replaced \
                    again. Others stay, or with `otherwise` become null or send their row to the rejects. \
                    Nulls stay null. In text formats the map works on the text of the cell, before it is \
                    converted to the declared type; elsewhere both sides are read as the column's type. \
                    White space counts. Numbers and words such as `yes` are quoted as keys.",
        good: "step_id: payment-words\nstep_type: map_values\nparameters:\n  column: payment\n  map: {CRD: card, CSH: cash}\n  otherwise: reject_row\n",
        bad: "step_id: payment-words\nstep_type: map_values\nparameters:\n  column: payment\n  map: {}\n",
    };
    const ON_TEXT: bool = true;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let place = Pointer::from("map");
        if parameters.map.is_empty() {
            return vec![Problem::new(Code::BadValue, place, "the map is empty")];
        }
        let mut problems = Vec::new();
        let mut seen = BTreeMap::new();
        for key in parameters.map.keys().filter(|_| parameters.ignore_case) {
            if let Some(first) = seen.insert(key.to_lowercase(), key) {
                let message =
                    format!("`{key}` and `{first}` differ only in case, which is ignored");
                problems.push(Problem::new(Code::BadValue, place.key(key), message).at_key());
            }
        }
        problems
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        vec![parameters.column.clone()]
    }

    fn lower(parameters: &Parameters, columns: &[Target]) -> Result<Vec<Lowered>, Vec<Problem>> {
        let Some(column) = columns.first() else { return Ok(Vec::new()) };
        if parameters.ignore_case && column.now != DataType::Text {
            let message =
                format!("`{}` is of type `{}` here, which has no case", column.name, column.now);
            return Err(vec![Problem::new(Code::ColumnType, "ignore_case".into(), message)]);
        }
        let pairs = pairs(parameters, column.now)?;
        let value = Expr::column(&column.name);
        let known = || {
            let keys = pairs.iter().map(|(key, _)| key.clone()).collect();
            literal::is_one_of(value.clone(), keys, parameters.ignore_case)
        };
        let mut lowered = Vec::new();
        if parameters.otherwise == Otherwise::RejectRow {
            lowered.push(Lowered {
                title: format!("reject rows whose `{}` is not mapped", column.name),
                body: StepBody::Reject {
                    when: Expr::call(Function::Not, [known()]),
                    reason: format!("`{}` is not one of the mapped values", column.name),
                },
            });
        }
        let otherwise = match parameters.otherwise {
            Otherwise::SetNull => Expr::literal(Literal::Null),
            Otherwise::Keep | Otherwise::RejectRow => value.clone(),
        };
        let branches = pairs.iter().map(|(key, to)| {
            let is_key =
                literal::is_one_of(value.clone(), vec![key.clone()], parameters.ignore_case);
            (is_key, Expr::literal(to.clone()))
        });
        lowered.push(Lowered {
            title: format!("map values of `{}`", column.name),
            body: StepBody::Set {
                column: column.name.clone(),
                value: Expr::Case { branches: branches.collect(), otherwise: Box::new(otherwise) },
            },
        });
        Ok(lowered)
    }
}

/// The map, read as the type of the column.
fn pairs(parameters: &Parameters, now: DataType) -> Result<Vec<(Literal, Literal)>, Vec<Problem>> {
    let (mut pairs, mut problems) = (Vec::new(), Vec::new());
    for (key, to) in &parameters.map {
        let place = Pointer::from("map").key(key);
        let from = match (now, key.as_str()) {
            (DataType::Boolean, "true") => Scalar::Boolean(true),
            (DataType::Boolean, "false") => Scalar::Boolean(false),
            _ => Scalar::Text(key.clone()),
        };
        // On text a replacement may be written as the number or truth value that it will become.
        let to = if now == DataType::Text { Scalar::Text(to.shown()) } else { to.clone() };
        match (literal::typed(&from, now, Fit::Value), literal::typed(&to, now, Fit::Value)) {
            (Ok(from), Ok(to)) => pairs.push((from, to)),
            (from, to) => {
                let faults = [(from.err(), true), (to.err(), false)];
                for (message, is_key) in faults {
                    let Some(message) = message else { continue };
                    let problem = Problem::new(Code::BadValue, place.clone(), message);
                    problems.push(if is_key { problem.at_key() } else { problem });
                }
            }
        }
    }
    if problems.is_empty() { Ok(pairs) } else { Err(problems) }
}
