//! Another dataset of the contract, as rules that look into one share it.

use super::{Target, parameter};
use crate::code::Code;
use crate::datatype::{DataType, Family};
use crate::expression::{self, Scope};
use crate::id::DatasetContractId;
use crate::plan::{Apart, Expr, Field};
use crate::problem::{Pointer, Problem};

/// The declared columns of the dataset that the parameter `dataset` names.
///
/// # Errors
/// The contract has no such dataset.
pub(super) fn fields(
    dataset: &DatasetContractId,
    target: &Target<'_>,
) -> Result<Vec<Field>, Vec<Problem>> {
    named(dataset.as_str(), target, parameter("dataset"))
}

/// The declared columns of the dataset of that name; `place` is where it is named.
///
/// # Errors
/// The contract has no such dataset.
pub(super) fn named(
    dataset: &str,
    target: &Target<'_>,
    place: Pointer,
) -> Result<Vec<Field>, Vec<Problem>> {
    target.resolve.dataset(dataset).ok_or_else(|| {
        let message = format!("the contract has no other dataset `{dataset}`");
        let problem = Problem::new(Code::DanglingReference, place, message);
        vec![problem.hint("name a `dataset_contract_id` of the same contract")]
    })
}

/// Says of problems that they are about the other dataset.
pub(super) fn within(dataset: &DatasetContractId, problems: Vec<Problem>) -> Vec<Problem> {
    let mut problems = problems;
    for problem in &mut problems {
        problem.message = format!("in `{dataset}`: {}", problem.message);
    }
    problems
}

/// The condition over the other dataset that the parameter `other_where` holds, if any.
///
/// # Errors
/// It is no condition over these columns.
pub(super) fn filter(text: Option<&str>, declared: &[Field]) -> Result<Option<Expr>, Vec<Problem>> {
    let Some(text) = text else { return Ok(None) };
    expression::predicate(text, &Scope::of(declared))
        .map(Some)
        .map_err(|error| vec![error.problem(text, parameter("other_where"))])
}

/// What is wrong with the text of `other_where`, whatever the columns; seen from the parameters.
pub(super) fn check_filter(text: Option<&str>) -> Vec<Problem> {
    let Some(text) = text else { return Vec::new() };
    let error = expression::names(text).err();
    error.map(|error| error.problem(text, Pointer::from("other_where"))).into_iter().collect()
}

/// Demands that values of two columns can be equal at all; `place` is where the first is named.
///
/// # Errors
/// They cannot.
pub(super) fn equatable(
    here: &Field,
    there: &Field,
    dataset: &DatasetContractId,
    place: Pointer,
) -> Result<(), Vec<Problem>> {
    let number = |data_type: DataType| data_type.family() == Family::Number;
    if here.data_type == there.data_type || (number(here.data_type) && number(there.data_type)) {
        return Ok(());
    }
    let message = format!(
        "`{}` is of type `{}`, but `{}` of `{dataset}` is of type `{}`",
        here.name, here.data_type, there.name, there.data_type
    );
    Err(vec![Problem::new(Code::ColumnType, place, message)])
}

/// What is wrong with a tolerance, seen from the parameters.
pub(super) fn check_apart(absolute: Option<f64>, relative: Option<f64>) -> Vec<Problem> {
    let parts = [("tolerance", absolute), ("relative_tolerance", relative)];
    let wrong = parts.into_iter().filter(|(_, value)| value.is_some_and(|value| value < 0.0));
    wrong
        .map(|(name, _)| {
            Problem::new(Code::BadValue, Pointer::from(name), format!("`{name}` is negative"))
        })
        .collect()
}

/// A tolerance, both parts zero where nothing is said.
pub(super) fn apart(absolute: Option<f64>, relative: Option<f64>) -> Apart {
    Apart { absolute: absolute.unwrap_or(0.0), relative: relative.unwrap_or(0.0) }
}

/// A tolerance in words, to follow what is compared; empty where nothing is tolerated.
pub(super) fn apart_words(apart: &Apart) -> String {
    match (apart.absolute > 0.0, apart.relative > 0.0) {
        (false, false) => String::new(),
        (true, false) => format!(", give or take {}", apart.absolute),
        (false, true) => format!(", give or take {} %", apart.relative * 100.0),
        (true, true) => {
            format!(", give or take {} or {} %", apart.absolute, apart.relative * 100.0)
        }
    }
}
