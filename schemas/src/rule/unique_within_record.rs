//! `unique_within_record`: the values of one row differ.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, columns, parameter, values};
use crate::code::Code;
use crate::datatype::{DataType, Family};
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Body, Expr, Field, Function, Literal};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct UniqueWithinRecord;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns, 2 to 32; they are compared pair by pair.
    #[schemars(length(max = 32))]
    columns: Vec<ColumnName>,
}

impl Rule for UniqueWithinRecord {
    type Parameters = Parameters;
    const NAME: &'static str = "unique_within_record";
    const DOC: Doc = Doc {
        summary: "No value stands twice in one row.",
        semantics: "A row violates where two of the columns hold the same value. Null is no value and equal to \
                    nothing; a row of nothing but nulls is not judged. Numbers compare with numbers, text with \
                    text, days with instants. NaN equals itself.",
        good: "rule_id: three-people\nrule_type: unique_within_record\nparameters: {columns: [author, reviewer, approver]}\n",
        bad: "rule_id: three-people\nrule_type: unique_within_record\nparameters: {columns: [author]}\n",
    };
    const DIMENSION: Dimension = Dimension::Uniqueness;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        columns::check(&parameters.columns, 2)
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let fields = columns::find(&parameters.columns, target)?;
        target.takes_no_nulls(Self::NAME, "add a `complete` rule")?;
        let mut same = Vec::new();
        for (index, left) in fields.iter().enumerate() {
            for (further, right) in fields.iter().enumerate().skip(index + 1) {
                if !comparable(left, right) {
                    let message = format!(
                        "`{}` is `{}` and `{}` is `{}`: they do not compare",
                        left.name, left.data_type, right.name, right.data_type
                    );
                    let place = parameter("columns").index(further);
                    return Err(vec![Problem::new(Code::ColumnType, place, message)]);
                }
                let sides = [Expr::column(&left.name), Expr::column(&right.name)];
                let no = Expr::literal(Literal::Boolean(false));
                same.push(Expr::call(Function::Coalesce, [Expr::call(Function::Equal, sides), no]));
            }
        }
        let some = values::any(fields.iter().map(|field| Expr::column(&field.name).is_not_null()));
        Ok(Lowered {
            title: format!("{} differ", columns::words(&parameters.columns)),
            columns: parameters.columns.clone(),
            body: Body::Rows { evaluated: Some(some), holds: values::not(values::any(same)) },
        })
    }
}

/// Whether two columns have equality in common.
pub(super) fn comparable(left: &Field, right: &Field) -> bool {
    let (one, other) = (left.data_type, right.data_type);
    let time = |kind| kind == DataType::Time;
    one.family() == other.family() && time(one) == time(other) && one.family() != Family::Nested
}
