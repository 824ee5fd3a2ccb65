//! Lists of columns, as rules about several columns of a row share them.

use super::{Target, parameter};
use crate::code::Code;
use crate::id::ColumnName;
use crate::plan::Field;
use crate::problem::{Pointer, Problem};

/// What is wrong with a list of columns, seen from the parameters; `least` are needed.
pub(super) fn check(columns: &[ColumnName], least: usize) -> Vec<Problem> {
    let place = Pointer::from("columns");
    if columns.len() < least {
        let message = format!("at least {least} columns are needed, found {}", columns.len());
        return vec![Problem::new(Code::BadValue, place, message)];
    }
    let repeated = columns
        .iter()
        .enumerate()
        .filter(|(index, name)| columns.iter().take(*index).any(|earlier| earlier == *name));
    repeated
        .map(|(index, name)| {
            let message = format!("`{name}` stands here for the second time");
            Problem::new(Code::BadValue, place.index(index), message)
        })
        .collect()
}

/// The declared columns of these names.
///
/// # Errors
/// One of them is not declared.
pub(super) fn find<'a>(
    columns: &[ColumnName],
    target: &Target<'a>,
) -> Result<Vec<&'a Field>, Vec<Problem>> {
    let place = |index| parameter("columns").index(index);
    let found = columns.iter().enumerate().map(|(index, name)| target.field(name, place(index)));
    let mut fields = Vec::new();
    let mut problems = Vec::new();
    for field in found {
        match field {
            Ok(field) => fields.push(field),
            Err(mut more) => problems.append(&mut more),
        }
    }
    if problems.is_empty() { Ok(fields) } else { Err(problems) }
}

/// The names in words: `` `a`, `b` and `c` ``.
pub(super) fn words(columns: &[ColumnName]) -> String {
    let mut names: Vec<_> = columns.iter().map(|name| format!("`{name}`")).collect();
    match (names.pop(), names.is_empty()) {
        (Some(only), true) => only,
        (Some(last), false) => format!("{} and {last}", names.join(", ")),
        (None, _) => String::new(),
    }
}
