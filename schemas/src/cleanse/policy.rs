//! From the steps of a policy to the plan: in order, with the type of each column at each point.
//!
//! The cells of text formats are text until a step needs their values, or the last step is done; the
//! conversion to the declared type is then a step of its own in the plan.

use serde_json::Value;

use super::{StepType, Target, find, named};
use crate::code::Code;
use crate::datatype::DataType;
use crate::expression::{self, Scope};
use crate::id::ColumnName;
use crate::library::cleansing_policy::StepUse;
use crate::plan::{Expr, Field, OnParseError, Step, StepBody};
use crate::problem::{Pointer, Problem};

/// The plan of a policy over a dataset.
///
/// `raw_text` says that the format has no types, `formats` gives the pattern that the schema declares for
/// a column, and `on_parse_error` what it says of cells that do not fit their declared type.
///
/// # Errors
/// Everything that does not fit the dataset, seen from the policy.
pub fn plan_steps(
    steps: &[StepUse],
    fields: &[Field],
    raw_text: bool,
    on_parse_error: OnParseError,
    formats: &dyn Fn(&ColumnName) -> Option<String>,
) -> Result<Vec<Step>, Vec<Problem>> {
    let columns = fields.iter().map(|field| Target {
        name: field.name.clone(),
        now: if raw_text { DataType::Text } else { field.data_type },
        declared: field.data_type,
    });
    let mut walk = Walk {
        columns: columns.collect(),
        raw: fields.iter().map(|field| raw_text && field.data_type != DataType::Text).collect(),
        converted_at: vec![None; fields.len()],
        on_parse_error,
        formats,
        planned: Vec::new(),
    };
    let mut problems = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let place = Pointer::from("steps").index(index);
        if let Err(found) = walk.step(step, &place) {
            problems.extend(found.into_iter().map(|problem| problem.within(&place)));
        }
    }
    (0..walk.columns.len()).for_each(|index| walk.convert(index));
    problems.extend(walk.not_as_declared());
    if problems.is_empty() { Ok(walk.planned) } else { Err(problems) }
}

struct Walk<'a> {
    columns: Vec<Target>,
    /// Whether the column still holds the text of the file.
    raw: Vec<bool>,
    /// The step that last converted the column.
    converted_at: Vec<Option<Pointer>>,
    on_parse_error: OnParseError,
    formats: &'a dyn Fn(&ColumnName) -> Option<String>,
    planned: Vec<Step>,
}

impl Walk<'_> {
    /// Plans a step; problems are seen from it.
    fn step(&mut self, step: &StepUse, place: &Pointer) -> Result<(), Vec<Problem>> {
        let name = step.step_type.as_deref().unwrap_or_default();
        let Some(step_type) = named(name) else {
            let message = format!("no cleansing step `{name}`");
            return Err(vec![Problem::new(Code::UnknownStepType, "step_type".into(), message)]);
        };
        let parameters = Value::Object(step.parameters.clone());
        let below = Pointer::from("parameters");
        let problems = step_type.check(&parameters);
        if !problems.is_empty() {
            return Err(problems.into_iter().map(|problem| problem.within(&below)).collect());
        }
        let touched = self.touched(step_type, &parameters, &below)?;
        if !step_type.on_text() {
            touched.iter().for_each(|index| self.convert(*index));
        }
        let filter = match &step.filter {
            Some(text) => Some(self.filter(text)?),
            None => None,
        };
        let targets: Vec<_> =
            touched.iter().filter_map(|index| self.columns.get(*index).cloned()).collect();
        for lowered in step_type.lower(&parameters, &targets)? {
            let mut body = lowered.body;
            if let StepBody::Parse { column, to, format, .. } = &mut body {
                if filter.is_some() {
                    let message = format!("`{name}` converts all rows and takes no `where`");
                    return Err(vec![
                        Problem::new(Code::BadValue, "where".into(), message).at_key(),
                    ]);
                }
                self.converts(column, *to, format, place);
            }
            self.planned.push(Step {
                step_id: step.step_id.as_str().to_owned(),
                step_type: name.to_owned(),
                title: lowered.title,
                filter: filter.clone(),
                body,
            });
        }
        Ok(())
    }

    /// The columns, by number, that a step reads or changes.
    fn touched(
        &self,
        step_type: &dyn StepType,
        parameters: &Value,
        below: &Pointer,
    ) -> Result<Vec<usize>, Vec<Problem>> {
        let names = step_type.columns(parameters)?;
        if names.is_empty() {
            return Ok((0..self.columns.len()).collect());
        }
        let (mut touched, mut problems) = (Vec::new(), Vec::new());
        for name in &names {
            let place = place_of(parameters, name.as_str()).unwrap_or_default();
            match find(&self.columns, name, below.join(&place)) {
                Ok(_) => touched.extend(self.position(name)),
                Err(unknown) => problems.extend(unknown),
            }
        }
        if problems.is_empty() { Ok(touched) } else { Err(problems) }
    }

    fn position(&self, name: &ColumnName) -> Option<usize> {
        self.columns.iter().position(|column| column.name == *name)
    }

    /// Plans the conversion to the declared type, unless it has been.
    fn convert(&mut self, index: usize) {
        let (Some(raw), Some(column)) = (self.raw.get_mut(index), self.columns.get_mut(index))
        else {
            return;
        };
        if !std::mem::take(raw) {
            return;
        }
        column.now = column.declared;
        self.planned.push(Step {
            step_id: format!("declared-type:{}", column.name),
            step_type: "parse".to_owned(),
            title: format!("convert `{}` to its declared type, {}", column.name, column.declared),
            filter: None,
            body: StepBody::Parse {
                column: column.name.clone(),
                to: column.declared,
                format: (self.formats)(&column.name),
                reject_row: self.on_parse_error == OnParseError::RejectRow,
            },
        });
    }

    /// Notes a conversion that a step asks for, which takes the place of the one to the declared type.
    fn converts(
        &mut self,
        name: &ColumnName,
        to: DataType,
        format: &mut Option<String>,
        place: &Pointer,
    ) {
        let Some(index) = self.position(name) else { return };
        if let Some(column) = self.columns.get_mut(index) {
            if format.is_none() && column.now == DataType::Text && to == column.declared {
                *format = (self.formats)(name);
            }
            column.now = to;
        }
        if let Some(raw) = self.raw.get_mut(index) {
            *raw = false;
        }
        if let Some(converted_at) = self.converted_at.get_mut(index) {
            *converted_at = Some(place.clone());
        }
    }

    /// Reads a filter; what it compares are values, so the columns that it reads are converted first.
    fn filter(&mut self, text: &str) -> Result<Expr, Vec<Problem>> {
        let fault = |error: expression::ExpressionError| vec![error.problem(text, "where".into())];
        let names = expression::names(text).map_err(fault)?;
        for index in 0..self.columns.len() {
            let read = self.columns.get(index).is_some_and(|c| names.contains(c.name.as_str()));
            if read {
                self.convert(index);
            }
        }
        let scope: Scope =
            self.columns.iter().map(|column| (column.name.clone(), column.now)).collect();
        expression::predicate(text, &scope).map_err(fault)
    }

    /// Columns that the steps leave with another type than the schema declares, on which the checks rely.
    fn not_as_declared(&self) -> Vec<Problem> {
        let columns = self.columns.iter().zip(&self.converted_at);
        let changed = columns.filter(|(column, _)| column.now != column.declared);
        changed
            .filter_map(|(column, place)| {
                let place = place.as_ref()?.key("parameters").key("to");
                let message = format!(
                    "`{}` is declared as `{}`, but the steps leave it as `{}`",
                    column.name, column.declared, column.now
                );
                Some(
                    Problem::new(Code::ColumnType, place, message)
                        .hint("declare that type in the schema, or convert the column back"),
                )
            })
            .collect()
    }
}

/// Where a text stands in a value.
fn place_of(value: &Value, text: &str) -> Option<Pointer> {
    match value {
        Value::String(found) => (found == text).then(Pointer::root),
        Value::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
            place_of(item, text).map(|place| Pointer::root().index(index).join(&place))
        }),
        Value::Object(fields) => fields.iter().find_map(|(key, field)| {
            place_of(field, text).map(|place| Pointer::root().key(key).join(&place))
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
