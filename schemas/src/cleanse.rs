//! Cleansing steps: what each does, how its parameters are checked, and how it lowers to the plan.
//!
//! One file for each type of step, named after its public id, and one line in [`ALL`].

mod cast;
mod deduplicate;
pub mod format;
mod map_values;
mod null_tokens;
mod policy;
mod trim;

use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::code::Code;
use crate::datatype::DataType;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::StepBody;
use crate::problem::{Pointer, Problem};
use crate::shape::Shape;
pub use policy::plan_steps;

/// Every type of step, in order of name.
pub static ALL: &[&dyn StepType] = &[
    &Type::<cast::Cast>(PhantomData),
    &Type::<deduplicate::Deduplicate>(PhantomData),
    &Type::<map_values::MapValues>(PhantomData),
    &Type::<null_tokens::NullTokens>(PhantomData),
    &Type::<trim::Trim>(PhantomData),
];

/// The type of step of that name.
pub fn named(name: &str) -> Option<&'static dyn StepType> {
    ALL.iter().copied().find(|step_type| step_type.name() == name)
}

/// A type of step as its own file states it.
pub trait StepRule: Sync + 'static {
    /// The parameters.
    type Parameters: DeserializeOwned + JsonSchema + 'static;
    /// The public name.
    const NAME: &'static str;
    /// What users read.
    const DOC: Doc;
    /// Whether the step works on the text of a column before it is converted to its declared type.
    const ON_TEXT: bool;

    /// What is wrong with parameters that fit their shape, seen from the parameters.
    fn check(_parameters: &Self::Parameters) -> Vec<Problem> {
        Vec::new()
    }

    /// Columns that the step reads or changes; empty means all.
    fn columns(parameters: &Self::Parameters) -> Vec<ColumnName>;

    /// The plan of a use of the step; `columns` are those it reads or changes, with their type now.
    ///
    /// # Errors
    /// What does not fit the dataset, seen from the parameters.
    fn lower(
        parameters: &Self::Parameters,
        columns: &[Target],
    ) -> Result<Vec<Lowered>, Vec<Problem>>;
}

/// A column that a step reads or changes.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name.
    pub name: ColumnName,
    /// Its type at this point; text before its conversion.
    pub now: DataType,
    /// Its declared type.
    pub declared: DataType,
}

/// What a step came to, for one column or for the row.
#[derive(Debug)]
pub struct Lowered {
    /// What is done, in one line for people.
    pub title: String,
    /// What is done.
    pub body: StepBody,
}

/// A type of step as the rest of the crate sees it.
pub trait StepType: Sync {
    /// The public name.
    fn name(&self) -> &'static str;
    /// What users read.
    fn doc(&self) -> &'static Doc;
    /// Whether the step works on text before it is converted.
    fn on_text(&self) -> bool;
    /// The shape of its parameters.
    fn shape(&self) -> &'static Shape;
    /// Everything that is wrong with the parameters, seen from them.
    fn check(&self, parameters: &Value) -> Vec<Problem>;
    /// Columns that the step reads or changes; empty means all.
    ///
    /// # Errors
    /// The parameters do not fit their shape.
    fn columns(&self, parameters: &Value) -> Result<Vec<ColumnName>, Vec<Problem>>;
    /// The plan of a use of the step.
    ///
    /// # Errors
    /// What does not fit the dataset, seen from the step.
    fn lower(&self, parameters: &Value, columns: &[Target]) -> Result<Vec<Lowered>, Vec<Problem>>;
}

struct Type<S>(PhantomData<fn() -> S>);

impl<S: StepRule> StepType for Type<S> {
    fn name(&self) -> &'static str {
        S::NAME
    }

    fn doc(&self) -> &'static Doc {
        &S::DOC
    }

    fn on_text(&self) -> bool {
        S::ON_TEXT
    }

    fn shape(&self) -> &'static Shape {
        crate::shape::cached::<S::Parameters>()
    }

    fn check(&self, parameters: &Value) -> Vec<Problem> {
        let problems = self.shape().check(parameters);
        if !problems.is_empty() {
            return problems;
        }
        match crate::shape::take(parameters) {
            Ok(parameters) => S::check(&parameters),
            Err(problems) => problems,
        }
    }

    fn columns(&self, parameters: &Value) -> Result<Vec<ColumnName>, Vec<Problem>> {
        crate::shape::take(parameters).map(|parameters| S::columns(&parameters))
    }

    fn lower(&self, parameters: &Value, columns: &[Target]) -> Result<Vec<Lowered>, Vec<Problem>> {
        let parameters = crate::shape::take(parameters)?;
        let place = Pointer::from("parameters");
        S::lower(&parameters, columns).map_err(|problems| {
            problems.into_iter().map(|problem| problem.within(&place)).collect()
        })
    }
}

/// The column of that name; `pointer` is where it is named.
///
/// # Errors
/// There is no such column; the nearest one that is becomes the hint.
fn find<'a>(
    columns: &'a [Target],
    name: &ColumnName,
    pointer: Pointer,
) -> Result<&'a Target, Vec<Problem>> {
    columns.iter().find(|column| column.name == *name).ok_or_else(|| {
        let message = format!("the dataset has no column `{name}`");
        let known = columns.iter().map(|column| column.name.as_str());
        let problem = Problem::new(Code::UnknownColumn, pointer, message);
        vec![problem.did_you_mean(name.as_str(), known)]
    })
}

/// The columns that a step on text changes: those named, or every column that is text at this point.
///
/// # Errors
/// A named column is not text at this point.
fn text_columns<'a>(
    step: &str,
    named: &[ColumnName],
    columns: &'a [Target],
) -> Result<Vec<&'a Target>, Vec<Problem>> {
    let other = columns.iter().find(|column| column.now != DataType::Text);
    match other.filter(|_| !named.is_empty()) {
        None => Ok(columns.iter().filter(|column| column.now == DataType::Text).collect()),
        Some(other) => {
            let index = named.iter().position(|name| *name == other.name).unwrap_or(0);
            let place = Pointer::from("columns").index(index);
            let message = format!(
                "`{step}` works on text, but `{}` is of type `{}` at this point",
                other.name, other.now
            );
            Err(vec![
                Problem::new(Code::ColumnType, place, message)
                    .hint("move the step before the one that needs the converted values"),
            ])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_documented() {
        let names: Vec<_> = ALL.iter().map(|step_type| step_type.name()).collect();
        assert!(names.is_sorted_by(|one, next| one < next), "{names:?}");
        for step_type in ALL {
            let doc = step_type.doc();
            let name = step_type.name();
            for text in [doc.summary, doc.semantics, doc.good, doc.bad] {
                assert!(!text.trim().is_empty(), "{name}");
            }
            assert!(doc.good.contains(&format!("step_type: {name}\n")), "{name}");
            assert_ne!(doc.good, doc.bad, "{name}");
            let fields = step_type.shape().schema()["properties"].as_object();
            for (field, shape) in fields.into_iter().flatten() {
                assert!(
                    shape.get("description").is_some(),
                    "{name}.{field} says nothing of itself"
                );
            }
        }
    }
}
