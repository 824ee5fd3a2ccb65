//! Cleansing steps: what each does, how its parameters are checked, and how it lowers to the plan.
//!
//! One file for each type of step, named after its public id, and one line in [`ALL`].

mod trim;

use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::datatype::DataType;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::StepBody;
use crate::problem::{Pointer, Problem};
use crate::shape::Shape;

/// Every type of step, in order of name.
pub static ALL: &[&dyn StepType] = &[&Type::<trim::Trim>(PhantomData)];

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
