//! `sum_equals`: columns of a row add up.

use schemars::JsonSchema;
use serde::Deserialize;

use super::values::wrong;
use super::{Lowered, Rule, Subject, Target, columns, expect_family, parameter, values};
use crate::code::Code;
use crate::datatype::{DataType, Family};
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::library::taxonomy::Scalar;
use crate::literal::{self, Fit};
use crate::plan::{Body, Expr, Field, Function, Literal};
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct SumEquals;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns that are added.
    columns: Vec<ColumnName>,
    /// What they add up to; either this or `total_column`.
    #[serde(default)]
    total: Option<Scalar>,
    /// The column that holds what they add up to.
    #[serde(default)]
    total_column: Option<ColumnName>,
    /// How far from the total the sum may lie.
    #[serde(default)]
    tolerance: Option<Scalar>,
}

impl Rule for SumEquals {
    type Parameters = Parameters;
    const NAME: &'static str = "sum_equals";
    const DOC: Doc = Doc {
        summary: "Columns of each row add up to a total.",
        semantics: "Integers and decimals are added exactly. Doubles are added from left to right and carry the \
                    error of binary fractions, 0.1 and 0.2 giving 0.30000000000000004: state a `tolerance`, \
                    which belongs to what is allowed. A row with a null in any of the columns is skipped unless \
                    `nulls: violate`; a sum that is NaN violates.",
        good: "rule_id: adds-up\nrule_type: sum_equals\nparameters: {columns: [fare, tip], total_column: total, tolerance: 0.005}\n",
        bad: "rule_id: adds-up\nrule_type: sum_equals\nparameters: {columns: [fare, tip]}\n",
    };
    const DIMENSION: Dimension = Dimension::Consistency;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = columns::check(&parameters.columns, 1);
        match (&parameters.total, &parameters.total_column) {
            (None, None) => problems.push(
                Problem::new(
                    Code::MissingField,
                    Pointer::root(),
                    "neither `total` nor `total_column` is given",
                )
                .hint("write `total: 100`, or `total_column: …`"),
            ),
            (Some(_), Some(_)) => {
                let message = "`total_column` stands alone, without `total`";
                let place = Pointer::from("total_column");
                problems.push(Problem::new(Code::BadValue, place, message).at_key());
            }
            _ => {}
        }
        if let Some(tolerance) = &parameters.tolerance {
            let number = literal::typed(tolerance, DataType::Double, Fit::Bound);
            if !matches!(number, Ok(Literal::Double(number)) if number >= 0.0) {
                let message = format!("`{}` is not a number from zero upwards", tolerance.shown());
                problems.push(Problem::new(Code::BadValue, Pointer::from("tolerance"), message));
            }
        }
        problems
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let fields = columns::find(&parameters.columns, target)?;
        for (index, field) in fields.iter().enumerate() {
            expect_family(Self::NAME, field, &[Family::Number], parameter("columns").index(index))?;
        }
        let mut named = parameters.columns.clone();
        let total = match &parameters.total_column {
            Some(name) => {
                let field = target.field(name, parameter("total_column"))?;
                expect_family(Self::NAME, field, &[Family::Number], parameter("total_column"))?;
                named.push(field.name.clone());
                number(field)
            }
            None => match &parameters.total {
                Some(total) => Expr::literal(constant("total", total, &fields)?),
                None => return Err(wrong("total", "there is none")),
            },
        };
        let mut terms = fields.iter().map(|field| number(field));
        let first = terms.next().ok_or_else(|| wrong("columns", "there is none"))?;
        let sum = terms.fold(first, |sum, term| Expr::call(Function::Add, [sum, term]));
        let equal = Expr::call(Function::Equal, [sum.clone(), total.clone()]);
        let double = fields.iter().any(|field| field.data_type == DataType::Double);
        let mut tests = vec![];
        if double {
            tests.push(values::not(Expr::call(Function::IsNan, [sum.clone()])));
        }
        tests.push(match &parameters.tolerance {
            None => equal,
            Some(tolerance) => {
                let limit = Expr::literal(constant("tolerance", tolerance, &fields)?);
                let apart = Expr::call(Function::Subtract, [sum, total]);
                let apart = Expr::call(Function::Absolute, [apart]);
                // Infinity less itself is no number, so equality stands beside the distance.
                values::any([equal, Expr::call(Function::LessOrEqual, [apart, limit])])
            }
        });
        let shown = match (&parameters.total_column, &parameters.total) {
            (Some(name), _) => format!("`{name}`"),
            (None, total) => total.as_ref().map(Scalar::shown).unwrap_or_default(),
        };
        let tolerance = parameters.tolerance.as_ref().map(Scalar::shown);
        let within = tolerance.map(|shown| format!(" within {shown}")).unwrap_or_default();
        let sum = columns::words(&parameters.columns);
        Ok(Lowered {
            title: format!("{sum} add up to {shown}{within}"),
            body: Body::Rows { evaluated: target.judged(&named), holds: Expr::all(tests) },
            columns: named,
        })
    }
}

/// A column as something that can be added without leaving its type: integers as decimals.
fn number(field: &Field) -> Expr {
    let column = Expr::column(&field.name);
    match field.data_type {
        DataType::Integer => {
            Expr::Cast { value: Box::new(column), to: DataType::Decimal(20, 0), format: None }
        }
        _ => column,
    }
}

/// A constant beside the sum: a double where one of the columns is, exact otherwise.
fn constant(name: &str, value: &Scalar, fields: &[&Field]) -> Result<Literal, Vec<Problem>> {
    let double = fields.iter().any(|field| field.data_type == DataType::Double);
    let data_type = if double { DataType::Double } else { DataType::Decimal(38, 10) };
    literal::typed(value, data_type, Fit::Bound).map_err(|message| wrong(name, message))
}
