//! Keys of several columns, as `unique` and `reference` share them.

use crate::code::Code;
use crate::id::ColumnName;
use crate::plan::Field;
use crate::problem::{Pointer, Problem};

/// A problem for each column that stands twice in the parameter `name`.
pub(super) fn check(name: &str, columns: &[ColumnName]) -> Vec<Problem> {
    let repeated =
        columns.iter().enumerate().filter(|(index, column)| columns[..*index].contains(column));
    repeated
        .map(|(index, column)| {
            let message = format!("`{column}` stands here for the second time");
            Problem::new(Code::BadValue, Pointer::from(name).index(index), message)
        })
        .collect()
}

/// The declared columns of a key that stands at `place`.
///
/// # Errors
/// Every column that is not declared.
pub(super) fn fields<'a>(
    columns: &[ColumnName],
    declared: &'a [Field],
    place: &Pointer,
) -> Result<Vec<&'a Field>, Vec<Problem>> {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (index, column) in columns.iter().enumerate() {
        match super::find(declared, column, place.index(index)) {
            Ok(field) => found.push(field),
            Err(unknown) => problems.extend(unknown),
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

/// A key in words.
pub(super) fn words(columns: &[ColumnName]) -> String {
    let names: Vec<_> = columns.iter().map(|column| format!("`{column}`")).collect();
    match names.as_slice() {
        [only] => only.clone(),
        _ => format!("({})", names.join(", ")),
    }
}
