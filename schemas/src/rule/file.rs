//! Demands on the files of a dataset, as the rules about them share them.

use super::{Lowered, Target};
use crate::plan::{Body, FileDemand};
use crate::problem::Problem;

/// The plan of a demand.
pub(super) fn lower(
    rule: &str,
    title: String,
    demand: FileDemand,
    target: &Target<'_>,
) -> Result<Lowered, Vec<Problem>> {
    target.takes_no_nulls(rule, "no values are judged")?;
    Ok(Lowered { title, columns: Vec::new(), body: Body::Files(demand) })
}
