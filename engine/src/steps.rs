//! Steps of a plan that engines take together.

use assay_schemas::id::ColumnName;
use assay_schemas::plan::{Step, StepBody};

/// How many of the first steps convert different columns in the same way, so that one layer does all.
pub fn parse_group(steps: &[Step]) -> usize {
    let mut seen: Vec<&ColumnName> = Vec::new();
    let mut rejects = None;
    for step in steps {
        match (&step.body, &step.filter) {
            (StepBody::Parse { column, reject_row, .. }, None)
                if !seen.contains(&column) && rejects.is_none_or(|first| first == *reject_row) =>
            {
                seen.push(column);
                rejects = Some(*reject_row);
            }
            _ => break,
        }
    }
    seen.len()
}

/// Whether two steps of the plan come from one step of the policy and look at the same rows.
pub fn is_part_of_one(step: &Step, next: &Step) -> bool {
    step.step_id == next.step_id && step.step_type == next.step_type && step.filter == next.filter
}
