//! Equality with a constant, as `equals` and `not_equals` share it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::expect_family;
use super::values::{not, wrong};
use crate::code::Code;
use crate::datatype::{DataType, Family};
use crate::library::taxonomy::Scalar;
use crate::literal::{self, Fit};
use crate::plan::{Expr, Field, Function, Literal};
use crate::problem::{Pointer, Problem};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The value.
    value: Scalar,
    /// For numbers: how far from the value still counts as equal.
    #[serde(default)]
    tolerance: Option<Scalar>,
    /// For numbers: the same as a share of the value, so that 0.01 is one percent.
    #[serde(default)]
    relative_tolerance: Option<f64>,
}

impl Parameters {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(tolerance) = &self.tolerance {
            let number = literal::typed(tolerance, DataType::Double, Fit::Bound);
            if !matches!(number, Ok(Literal::Double(number)) if number >= 0.0) {
                let message = format!("`{}` is not a number from zero upwards", tolerance.shown());
                problems.push(Problem::new(Code::BadValue, Pointer::from("tolerance"), message));
            }
        }
        if self.relative_tolerance.is_some_and(|share| !(share >= 0.0 && share.is_finite())) {
            let place = Pointer::from("relative_tolerance");
            problems.push(Problem::new(
                Code::BadValue,
                place,
                "a share is a number from zero upwards",
            ));
        }
        problems
    }

    /// The value in words, after "equals".
    pub(super) fn words(&self) -> String {
        let mut words = self.value.shown();
        if let Some(tolerance) = &self.tolerance {
            words += &format!(" within {}", tolerance.shown());
        }
        if let Some(share) = self.relative_tolerance {
            words += &format!(" within {share} of it");
        }
        words
    }
}

/// Whether the column equals the value; false for NaN.
///
/// # Errors
/// The column has no equality, or the value or tolerance does not go with it.
pub(super) fn test(
    rule: &str,
    parameters: &Parameters,
    field: &Field,
) -> Result<Expr, Vec<Problem>> {
    let families = [Family::Boolean, Family::Number, Family::Text, Family::Temporal];
    expect_family(rule, field, &families, "column".into())?;
    let number = field.data_type.family() == Family::Number;
    let tolerant = parameters.tolerance.is_some() || parameters.relative_tolerance.is_some();
    if tolerant && !number {
        let name = if parameters.tolerance.is_some() { "tolerance" } else { "relative_tolerance" };
        return Err(wrong(
            name,
            format!("a tolerance is for numbers, but `{}` is `{}`", field.name, field.data_type),
        ));
    }
    let column = Expr::column(&field.name);
    let fit = if tolerant { Fit::Bound } else { Fit::Value };
    let value = literal::operand(&parameters.value, field.data_type, fit)
        .map_err(|message| wrong("value", message))?;
    let mut tests = Vec::new();
    if field.data_type == DataType::Double {
        tests.push(not(Expr::call(Function::IsNan, [column.clone()])));
    }
    let equal = Expr::call(Function::Equal, [column.clone(), value.clone()]);
    if !tolerant {
        tests.push(equal);
        return Ok(Expr::all(tests));
    }
    // The distance of two integers can be beyond them.
    let column = match field.data_type {
        DataType::Integer => cast(column, DataType::Decimal(20, 0)),
        _ => column,
    };
    let difference = Expr::call(Function::Subtract, [column, value.clone()]);
    let apart = Expr::call(Function::Absolute, [difference]);
    // Infinity less itself is no number, so equality stands beside the distance.
    let mut near = vec![equal];
    if let Some(tolerance) = &parameters.tolerance {
        let tolerance = literal::typed(tolerance, field.data_type, Fit::Bound)
            .map_err(|message| wrong("tolerance", message))?;
        near.push(within(apart.clone(), Expr::literal(tolerance)));
    }
    if let Some(share) = parameters.relative_tolerance {
        let size = Expr::call(Function::Absolute, [cast(value, DataType::Double)]);
        let share = Expr::literal(Literal::Double(share));
        near.push(within(
            cast(apart, DataType::Double),
            Expr::call(Function::Multiply, [size, share]),
        ));
    }
    tests.push(super::values::any(near));
    Ok(Expr::all(tests))
}

/// Whether a distance is a number and at most a limit.
fn within(distance: Expr, limit: Expr) -> Expr {
    Expr::call(Function::LessOrEqual, [distance, limit])
}

fn cast(value: Expr, to: DataType) -> Expr {
    Expr::Cast { value: Box::new(value), to, format: None }
}
