//! Demands on the columns of a dataset, as the rules about them share them.

use super::{Lowered, Target, keys};
use crate::code::Code;
use crate::id::ColumnName;
use crate::pattern;
use crate::plan::{Body, ColumnDemand};
use crate::problem::{Pointer, Problem};

/// The plan of a demand.
pub(super) fn lower(
    rule: &str,
    title: String,
    demand: ColumnDemand,
    target: &Target<'_>,
) -> Result<Lowered, Vec<Problem>> {
    target.takes_no_nulls(rule, "no values are judged")?;
    Ok(Lowered { title, columns: Vec::new(), body: Body::Columns(demand) })
}

/// What is wrong with a list of names that may be of columns that nobody declared; seen from the
/// parameters.
pub(super) fn check_names(columns: &[ColumnName]) -> Vec<Problem> {
    keys::check("columns", columns)
}

/// The pattern of the parameter `pattern` as the plan holds it.
///
/// # Errors
/// It is none; seen from the parameters.
pub(super) fn portable(text: &str) -> Result<String, Problem> {
    pattern::portable(text).map_err(|error| {
        let problem = Problem::new(Code::BadValue, Pointer::from("pattern"), error.message);
        match error.hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    })
}
