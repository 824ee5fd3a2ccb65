//! `non_overlapping`: ranges that do not overlap.

use schemars::JsonSchema;
use serde::Deserialize;

use super::order::{self, ORDERED, none_or};
use super::{Lowered, Rule, Subject, Target, expect_family, keys, parameter};
use crate::code::Code;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Beside, Body, Expr, Function, Literal, Order, OrderKey, Window, WindowFunction};
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct NonOverlapping;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The column that holds where a range begins.
    from: ColumnName,
    /// The column that holds where it ends.
    to: ColumnName,
    /// The columns that make up a group: each is judged alone, nulls being equal.
    #[serde(default)]
    group_by: Vec<ColumnName>,
    /// The end belongs to its range, so that the next begins after it.
    #[serde(default)]
    closed: bool,
    /// A range whose end is null goes on without end.
    #[serde(default)]
    open_end: bool,
}

impl Rule for NonOverlapping {
    type Parameters = Parameters;
    const NAME: &'static str = "non_overlapping";
    const DOC: Doc = Doc {
        summary: "Ranges, one in each row, do not overlap.",
        semantics: "A row violates where its range overlaps that of another row of its group, so both do; and \
                    where it ends before it begins. The end does not belong to the range unless `closed: \
                    true`: without it, a range may begin where another ends. A range that begins where it \
                    ends overlaps one that goes on around it. Rows with a null in `from` or `to` are not \
                    judged; with `open_end: true`, a null in `to` is a range without end. One pass more over \
                    the judged rows, which sorts them.",
        good: "rule_id: one-price-a-day\nrule_type: non_overlapping\nparameters: {from: valid_from, to: valid_to, group_by: [sku]}\n",
        bad: "rule_id: one-price-a-day\nrule_type: non_overlapping\nparameters: {from: valid_from, to: valid_from}\n",
    };
    const DIMENSION: Dimension = Dimension::Consistency;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = keys::check("group_by", &parameters.group_by);
        if parameters.from == parameters.to {
            let message = "a range begins and ends in two columns";
            problems.push(Problem::new(Code::BadValue, Pointer::from("to"), message));
        }
        problems
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        target.takes_no_nulls(Self::NAME, "set `open_end: true`, or add a `not_null` rule")?;
        let (from, to) = (&parameters.from, &parameters.to);
        let (begins, ends) =
            (target.field(from, parameter("from"))?, target.field(to, parameter("to"))?);
        expect_family(Self::NAME, begins, ORDERED, parameter("from"))?;
        if begins.data_type.family() != ends.data_type.family() {
            let message = format!(
                "`{from}` is of type `{}`, but `{to}` of type `{}`",
                begins.data_type, ends.data_type
            );
            return Err(vec![Problem::new(Code::ColumnType, parameter("to"), message)]);
        }
        let (group, within) = order::group(&parameters.group_by, target.fields)?;
        let judged: &[&ColumnName] = if parameters.open_end { &[from] } else { &[from, to] };
        Ok(Lowered {
            title: format!("the ranges from `{from}` to `{to}` do not overlap{within}"),
            columns: vec![from.clone(), to.clone()],
            body: Body::Beside(Beside {
                evaluated: order::valued(judged.iter().copied()),
                group,
                order: [from, to]
                    .map(|column| OrderKey { column: column.clone(), order: Order::Ascending })
                    .into(),
                windows: windows(parameters)?,
                holds: holds(parameters)?,
            }),
        })
    }
}

fn windows(parameters: &Parameters) -> Result<Vec<Window>, Vec<Problem>> {
    let window =
        |name, function, value| order::name(name).map(|name| Window { name, function, value });
    let mut windows = vec![
        window("ended", WindowFunction::GreatestBefore, Expr::column(&parameters.to))?,
        window("next", WindowFunction::Next, Expr::column(&parameters.from))?,
    ];
    if parameters.open_end {
        let open = Expr::Case {
            branches: vec![(is_null(&parameters.to), Expr::literal(Literal::Integer(1)))],
            otherwise: Box::new(Expr::literal(Literal::Integer(0))),
        };
        windows.push(window("open", WindowFunction::GreatestBefore, open)?);
    }
    Ok(windows)
}

fn is_null(column: &ColumnName) -> Expr {
    Expr::call(Function::IsNull, [Expr::column(column)])
}

fn holds(parameters: &Parameters) -> Result<Expr, Vec<Problem>> {
    let (from, to) = (Expr::column(&parameters.from), Expr::column(&parameters.to));
    let (ended, next) = (order::name("ended")?, order::name("next")?);
    let after = if parameters.closed { Function::Greater } else { Function::GreaterOrEqual };
    let right = Expr::call(Function::LessOrEqual, [from.clone(), to.clone()]);
    let before_ended = none_or(&ended, Expr::call(after, [from, Expr::column(&ended)]));
    let next_after = none_or(&next, Expr::call(after, [Expr::column(&next), to]));
    if !parameters.open_end {
        return Ok(Expr::all([right, before_ended, next_after]));
    }
    let open = order::name("open")?;
    let zero = Expr::literal(Literal::Integer(0));
    let none_open = none_or(&open, Expr::call(Function::Equal, [Expr::column(&open), zero]));
    // A range without end is right, and nothing may come after it.
    let right = Expr::call(Function::Or, [is_null(&parameters.to), right]);
    Ok(Expr::all([right, before_ended, none_open, next_after]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn a_range_has_two_ends_of_a_kind() {
        let fields = fields(&[("a", "date"), ("b", "timestamp"), ("n", "integer")]);
        let lowered =
            lower("non_overlapping", json!({"from": "a", "to": "b"}), None, &fields).unwrap();
        assert_eq!(lowered.title, "the ranges from `a` to `b` do not overlap");
        let mixed = lower("non_overlapping", json!({"from": "a", "to": "n"}), None, &fields);
        assert_eq!(mixed.unwrap_err()[0].pointer.as_str(), "/parameters/to");
        assert_eq!(problems("non_overlapping", json!({"from": "a", "to": "a"})), ["/to"]);
    }
}
