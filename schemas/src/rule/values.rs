//! What rules about the values of one column share.

use super::{Lowered, Target, parameter};
use crate::code::Code;
use crate::plan::{Body, Expr, Field, Function};
use crate::problem::Problem;

/// The plan of a rule whose violations are single values: `holds` is judged where the column is not null,
/// unless nulls violate.
pub(super) fn lowered(field: &Field, target: &Target<'_>, title: String, holds: Expr) -> Lowered {
    Lowered {
        title,
        columns: vec![field.name.clone()],
        body: Body::Rows { evaluated: target.judged([&field.name]), holds },
    }
}

/// `not` of an expression.
pub(super) fn not(expr: Expr) -> Expr {
    Expr::call(Function::Not, [expr])
}

/// A value of a parameter that does not go with the column, seen from the rule.
pub(super) fn wrong(name: &str, message: impl Into<String>) -> Vec<Problem> {
    vec![Problem::new(Code::BadValue, parameter(name), message)]
}

/// Whether any of these holds; a single one stays as it is.
pub(super) fn any(tests: impl IntoIterator<Item = Expr>) -> Expr {
    let mut tests: Vec<_> = tests.into_iter().collect();
    match (tests.pop(), tests.is_empty()) {
        (Some(only), true) => only,
        (last, _) => Expr::call(Function::Or, tests.into_iter().chain(last)),
    }
}
