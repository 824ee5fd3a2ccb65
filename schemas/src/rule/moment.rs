//! Days and instants beside the start of the run.

use super::Target;
use super::values::wrong;
use crate::code::Code;
use crate::datatype::DataType;
use crate::literal;
use crate::plan::{Expr, Field, Function, Literal};
use crate::problem::{Pointer, Problem};

/// What is wrong with a length of time, seen from the parameters.
pub(super) fn check(name: &str, length: &str) -> Vec<Problem> {
    let wrong = |message| Problem::new(Code::BadValue, Pointer::from(name), message);
    literal::duration(length).err().map(wrong).into_iter().collect()
}

/// The column, which holds days or instants, and the seconds of a length of time.
///
/// # Errors
/// The column holds something else, or the length is none.
pub(super) fn read<'a>(
    rule: &str,
    target: &Target<'a>,
    (name, length): (&str, &str),
) -> Result<(&'a Field, Expr), Vec<Problem>> {
    let field = target.the_column()?;
    if !matches!(field.data_type, DataType::Date | DataType::Timestamp) {
        let message = format!(
            "`{rule}` takes columns of days or instants, but `{}` is of type `{}`",
            field.name, field.data_type
        );
        return Err(vec![Problem::new(Code::ColumnType, "column".into(), message)]);
    }
    let seconds = literal::duration(length).map_err(|message| wrong(name, message))?;
    Ok((field, Expr::literal(Literal::Double(seconds))))
}

/// Seconds from the start of the run to the column's value; negative in the past.
pub(super) fn ahead(field: &Field) -> Expr {
    Expr::call(Function::SecondsBetween, [Expr::column(&field.name), Expr::Now])
}

/// Seconds from the column's value to the start of the run.
pub(super) fn age(field: &Field) -> Expr {
    Expr::call(Function::SecondsBetween, [Expr::Now, Expr::column(&field.name)])
}
