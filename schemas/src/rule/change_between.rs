//! `change_between`: how far a value may be from that of the row before.

use schemars::JsonSchema;
use serde::Deserialize;

use super::order::{self, none_or};
use super::{Lowered, Rule, Subject, Target, expect_family, keys};
use crate::code::Code;
use crate::datatype::Family;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Beside, Body, Columns, Expr, Function, Literal, Window, WindowFunction};
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct ChangeBetween;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The least change allowed; a negative one is a fall.
    #[serde(default)]
    min: Option<f64>,
    /// The greatest change allowed.
    #[serde(default)]
    max: Option<f64>,
    /// The column that gives the order of the rows; without one they stand as in the input.
    #[serde(default)]
    order_by: Option<ColumnName>,
    /// The columns that make up a group: each is judged alone, nulls being equal.
    #[serde(default)]
    group_by: Vec<ColumnName>,
}

impl Rule for ChangeBetween {
    type Parameters = Parameters;
    const NAME: &'static str = "change_between";
    const DOC: Doc = Doc {
        summary: "From row to row, a number changes by no less and no more than so much.",
        semantics: "The change is the value less that of the row before it. A row violates where it is less than \
                    `min` or greater than `max`; both bounds are inclusive. Rows stand as in the input, or by \
                    `order_by`, ties as in the input. With `group_by` each group is judged alone. Rows without a \
                    value, in the column or in `order_by`, are not judged and are nobody's neighbours; so are \
                    rows that `where` leaves out. The first row holds. One pass more over the judged rows, which \
                    sorts them.",
        good: "rule_id: meter-moves\nrule_type: change_between\ncolumn: reading\nparameters: {min: 0, max: 50, order_by: read_at, group_by: [meter]}\n",
        bad: "rule_id: meter-moves\nrule_type: change_between\ncolumn: reading\nparameters: {min: 50, max: 0}\n",
    };
    const DIMENSION: Dimension = Dimension::Consistency;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = keys::check("group_by", &parameters.group_by);
        match (parameters.min, parameters.max) {
            (None, None) => problems.push(
                Problem::new(
                    Code::MissingField,
                    Pointer::root(),
                    "neither `min` nor `max` is given",
                )
                .hint("write how far a value may be from the one before, as `max: 50`"),
            ),
            (Some(min), Some(max)) if min > max => {
                let message = format!("no change is at least {min} and at most {max}");
                problems.push(Problem::new(Code::BadValue, Pointer::from("min"), message));
            }
            _ => {}
        }
        problems
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        expect_family(Self::NAME, field, &[Family::Number], "column".into())?;
        target
            .takes_no_nulls(Self::NAME, "nulls have no place in an order; add a `not_null` rule")?;
        let (group, within) = order::group(&parameters.group_by, target.fields)?;
        let (order, by) = order::by(Self::NAME, parameters.order_by.as_ref(), target)?;
        let columns: Columns =
            [&field.name].into_iter().chain(&parameters.order_by).cloned().collect();
        let previous = order::name("previous")?;
        let change =
            Expr::call(Function::Subtract, [Expr::column(&field.name), Expr::column(&previous)]);
        let bound = |function, value| {
            Expr::call(function, [change.clone(), Expr::literal(Literal::Double(value))])
        };
        let least = parameters.min.map(|min| bound(Function::GreaterOrEqual, min));
        let most = parameters.max.map(|max| bound(Function::LessOrEqual, max));
        let words = match (parameters.min, parameters.max) {
            (Some(min), Some(max)) => format!("between {min} and {max}"),
            (Some(min), None) => format!("at least {min}"),
            (None, Some(max)) => format!("at most {max}"),
            (None, None) => String::new(),
        };
        Ok(Lowered {
            title: format!("`{}` changes by {words}{by}{within}", field.name),
            body: Body::Beside(Beside {
                evaluated: order::valued(&columns),
                group,
                order,
                windows: vec![Window {
                    name: previous.clone(),
                    function: WindowFunction::Previous,
                    value: Expr::column(&field.name),
                }],
                holds: none_or(&previous, Expr::all(least.into_iter().chain(most))),
            }),
            columns,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn at_least_one_bound_and_a_number() {
        let fields = fields(&[("n", "integer"), ("at", "timestamp"), ("t", "text")]);
        let parameters = json!({"min": 0, "max": 2.5, "order_by": "at"});
        let lowered = lower("change_between", parameters, Some("n"), &fields).unwrap();
        assert_eq!(lowered.title, "`n` changes by between 0 and 2.5 by `at`");
        assert!(lower("change_between", json!({"max": 1}), Some("t"), &fields).is_err());
        assert_eq!(problems("change_between", json!({})), [""]);
        assert_eq!(problems("change_between", json!({"min": 2, "max": 1})), ["/min"]);
    }
}
