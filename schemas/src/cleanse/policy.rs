//! From the steps of a policy to the plan: in order, with the columns and their types at each point.
//!
//! The cells of text formats are text until a step needs their values or looks at all rows, or the last step is
//! done; the conversion to the declared type is then a step of its own in the plan. Only what a later step wants as
//! text stays text for longer: of rows that mean the same, none should stay that is rejected afterwards.

mod columns;

use serde_json::Value;

use super::site::{Lowered, Site, Target};
use super::{StepType, named};
use crate::code::Code;
use crate::expression::{self, Scope};
use crate::id::ColumnName;
use crate::library::cleansing_policy::StepUse;
use crate::plan::{Expr, Field, OnParseError, Step, StepBody};
use crate::problem::{Pointer, Problem};
use crate::rule::Resolve;
use columns::{Columns, Current};

/// The dataset that a policy is planned for.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The declared columns; those of the files where nothing is declared.
    pub fields: &'a [Field],
    /// Nothing is declared, so that steps may leave columns with any type.
    pub open: bool,
    /// The format has no types.
    pub raw_text: bool,
    /// What the schema says of cells that do not fit their declared type.
    pub on_parse_error: OnParseError,
    /// The pattern that the schema declares for a column.
    pub formats: &'a dyn Fn(&ColumnName) -> Option<String>,
    /// Looks up taxonomies and other datasets.
    pub resolve: &'a dyn Resolve,
}

/// What a policy comes to for a dataset.
#[derive(Clone, Debug, Default)]
pub struct Planned {
    /// The steps, with the conversions.
    pub steps: Vec<Step>,
    /// The columns after the last step.
    pub fields: Vec<Field>,
    /// The columns that are read from the files, where they are others.
    pub reads: Option<Vec<Field>>,
}

/// The plan of a policy over a dataset.
///
/// # Errors
/// Everything that does not fit the dataset, seen from the policy.
pub fn plan_steps(steps: &[StepUse], ground: &Ground<'_>) -> Result<Planned, Vec<Problem>> {
    let mut walk = Walk {
        ground,
        columns: Columns::of(ground, &made_unread(steps, ground.fields)),
        planned: Vec::new(),
    };
    let mut problems = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let place = Pointer::from("steps").index(index);
        let later = steps.get(index + 1..).unwrap_or_default();
        if let Err(found) = walk.step(step, later, &place) {
            problems.extend(found.into_iter().map(|problem| problem.within(&place)));
        }
    }
    (0..walk.columns.list.len()).for_each(|index| walk.convert(index));
    if !ground.open {
        problems.extend(walk.columns.not_as_declared());
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let (reads, fields) = walk.columns.fields(ground);
    let reads = (reads != fields).then_some(reads);
    Ok(Planned { steps: walk.planned, fields, reads })
}

/// The declared columns that a step makes before any step reads them; the files need not have them.
fn made_unread(steps: &[StepUse], fields: &[Field]) -> Vec<ColumnName> {
    let is_made = |field: &&Field| {
        for step in steps {
            let Some(step_type) = step.step_type.as_deref().and_then(named) else { continue };
            let parameters = Value::Object(step.parameters.clone());
            let makes = step_type.makes(&parameters);
            let made = makes.contains(&field.name);
            let filter = step.filter.as_deref().and_then(|text| expression::names(text).ok());
            // Where not all rows are set, the others keep what the files have.
            let reads = step_type.columns(&parameters).unwrap_or_default().contains(&field.name)
                || filter.is_some_and(|names| names.contains(field.name.as_str()) || made);
            if reads || made {
                return made && !reads;
            }
        }
        false
    };
    fields.iter().filter(is_made).map(|field| field.name.clone()).collect()
}

struct Walk<'a> {
    ground: &'a Ground<'a>,
    columns: Columns,
    planned: Vec<Step>,
}

impl Walk<'_> {
    /// Plans a step; problems are seen from it.
    fn step(
        &mut self,
        step: &StepUse,
        later: &[StepUse],
        place: &Pointer,
    ) -> Result<(), Vec<Problem>> {
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
            let makes = step_type.makes(&parameters);
            let there: Vec<_> =
                makes.iter().filter_map(|name| self.columns.position(name)).collect();
            touched.iter().chain(&there).for_each(|index| self.convert(*index));
        }
        let filter = match &step.filter {
            Some(text) => Some(self.filter(text)?),
            None => None,
        };
        let targets: Vec<_> =
            touched.iter().filter_map(|index| self.columns.target(*index)).collect();
        let site =
            Site { columns: &targets, fields: self.ground.fields, resolve: self.ground.resolve };
        let lowered = step_type.lower(&parameters, &site)?;
        if lowered.iter().any(|lowered| !lowered.body.looks_at_one_row()) {
            self.convert_before_all_rows(later);
        }
        for lowered in lowered {
            self.take(lowered, (step, name), filter.clone(), place)?;
        }
        Ok(())
    }

    /// Plans the conversion of every column that no later step wants as text.
    fn convert_before_all_rows(&mut self, later: &[StepUse]) {
        let mut wanted = Vec::new();
        for step in later.iter().rev() {
            let Some(step_type) = step.step_type.as_deref().and_then(named) else { continue };
            let parameters = Value::Object(step.parameters.clone());
            let Ok(columns) = step_type.columns(&parameters) else { continue };
            let makes = step_type.makes(&parameters);
            if step_type.on_text() && columns.is_empty() {
                return;
            }
            // A column that becomes another one is wanted as that is.
            if step_type.on_text() || makes.iter().any(|name| wanted.contains(name)) {
                wanted.extend(columns);
            }
        }
        for index in 0..self.columns.list.len() {
            let column = self.columns.list.get(index);
            if column.is_some_and(|column| !wanted.contains(&column.target.name)) {
                self.convert(index);
            }
        }
    }

    /// Takes a part of a step into the plan.
    fn take(
        &mut self,
        lowered: Lowered,
        (step, name): (&StepUse, &str),
        filter: Option<Expr>,
        place: &Pointer,
    ) -> Result<(), Vec<Problem>> {
        let mut body = lowered.body;
        let whole = matches!(body, StepBody::Parse { .. } | StepBody::Project { .. });
        if whole && filter.is_some() {
            let message = format!("`{name}` is done to all rows and takes no `where`");
            return Err(vec![Problem::new(Code::BadValue, "where".into(), message).at_key()]);
        }
        match &mut body {
            StepBody::Parse { column, to, format, .. }
                if self.columns.converts(column, *to, place) && format.is_none() =>
            {
                *format = (self.ground.formats)(column);
            }
            StepBody::Project { columns } => self.columns.project(columns),
            _ => {}
        }
        for made in &lowered.makes {
            self.columns.make(made, filter.is_some(), place);
        }
        self.planned.push(Step {
            step_id: step.step_id.as_str().to_owned(),
            step_type: name.to_owned(),
            title: lowered.title,
            filter,
            body,
        });
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
        let makes = step_type.makes(parameters);
        if names.is_empty() {
            return Ok((0..self.columns.list.len()).collect());
        }
        let (mut touched, mut problems) = (Vec::new(), Vec::new());
        for name in &names {
            match self.columns.position(name) {
                Some(index) => touched.push(index),
                None if makes.contains(name) => {}
                None => {
                    let place = place_of(parameters, name.as_str()).unwrap_or_default();
                    problems.push(self.columns.unknown(name, below.join(&place)));
                }
            }
        }
        if problems.is_empty() { Ok(touched) } else { Err(problems) }
    }

    /// Plans the conversion to the declared type, unless it has been.
    fn convert(&mut self, index: usize) {
        let Some(column) = self.columns.list.get_mut(index) else { return };
        if !std::mem::take(&mut column.raw) {
            return;
        }
        let Current { target: Target { name, now, declared }, .. } = column;
        *now = *declared;
        self.planned.push(Step {
            step_id: format!("declared-type:{name}"),
            step_type: "parse".to_owned(),
            title: format!("convert `{name}` to its declared type, {declared}"),
            filter: None,
            body: StepBody::Parse {
                column: name.clone(),
                to: *declared,
                format: (self.ground.formats)(&column.origin),
                reject_row: self.ground.on_parse_error == OnParseError::RejectRow,
            },
        });
    }

    /// Reads a filter; what it compares are values, so the columns that it reads are converted first.
    fn filter(&mut self, text: &str) -> Result<Expr, Vec<Problem>> {
        let fault = |error: expression::ExpressionError| vec![error.problem(text, "where".into())];
        let names = expression::names(text).map_err(fault)?;
        for index in 0..self.columns.list.len() {
            let column = self.columns.list.get(index);
            if column.is_some_and(|column| names.contains(column.target.name.as_str())) {
                self.convert(index);
            }
        }
        let columns = self.columns.list.iter();
        let scope: Scope =
            columns.map(|column| (column.target.name.clone(), column.target.now)).collect();
        expression::predicate(text, &scope).map_err(fault)
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
