//! `sequential`: no gaps and no repetitions.

use schemars::JsonSchema;
use serde::Deserialize;

use super::order::{self, none_or};
use super::{Lowered, Rule, Subject, Target, expect_family, keys, parameter};
use crate::code::Code;
use crate::datatype::{DataType, Family};
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::literal;
use crate::plan::{
    Beside, Body, Expr, Field, Function, Literal, Order, OrderKey, Window, WindowFunction,
};
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct Sequential;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// How far a number is from the next; 1 unless said.
    #[serde(default)]
    step: Option<u32>,
    /// How far a day or an instant is from the next, such as `1d` or `15m`.
    #[serde(default)]
    every: Option<String>,
    /// The columns that make up a group: each is judged alone, nulls being equal.
    #[serde(default)]
    group_by: Vec<ColumnName>,
}

impl Rule for Sequential {
    type Parameters = Parameters;
    const NAME: &'static str = "sequential";
    const DOC: Doc = Doc {
        summary: "Values follow each other without a gap.",
        semantics: "The values are put in order, each group by itself. A row violates where its value does not \
                    follow the one before it by exactly `step` (numbers) or `every` (days and instants): \
                    after a gap, and where it repeats. The smallest value holds, wherever it lies. Nulls are \
                    not judged. One pass more over the judged rows, which sorts them.",
        good: "rule_id: invoice-numbers\nrule_type: sequential\ncolumn: invoice_no\nparameters: {group_by: [year]}\n",
        bad: "rule_id: invoice-numbers\nrule_type: sequential\ncolumn: invoice_no\nparameters: {step: 0}\n",
    };
    const DIMENSION: Dimension = Dimension::Consistency;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = keys::check("group_by", &parameters.group_by);
        let mut fault = |name: &str, message: String| {
            problems.push(Problem::new(Code::BadValue, Pointer::from(name), message));
        };
        if parameters.step == Some(0) {
            fault("step", "nothing follows itself: `step` is at least 1".to_owned());
        }
        if parameters.step.is_some() && parameters.every.is_some() {
            fault("every", "`step` is for numbers and `every` for times: give one".to_owned());
        }
        match parameters.every.as_deref().map(literal::duration) {
            Some(Ok(seconds)) if seconds <= 0.0 => {
                fault("every", "nothing follows itself: `every` is longer than 0".to_owned());
            }
            Some(Err(message)) => fault("every", message),
            _ => {}
        }
        problems
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        expect_family(Self::NAME, field, &[Family::Number, Family::Temporal], "column".into())?;
        target.takes_no_nulls(Self::NAME, "nulls follow nothing; add a `not_null` rule")?;
        let (group, within) = order::group(&parameters.group_by, target.fields)?;
        let previous = order::name("previous")?;
        let (follows, step) = follows(parameters, field, &previous)?;
        Ok(Lowered {
            title: format!("`{}` goes on by {step} without a gap{within}", field.name),
            columns: vec![field.name.clone()],
            body: Body::Beside(Beside {
                evaluated: order::valued([&field.name]),
                group,
                order: vec![OrderKey { column: field.name.clone(), order: Order::Ascending }],
                windows: vec![Window {
                    name: previous.clone(),
                    function: WindowFunction::Previous,
                    value: Expr::column(&field.name),
                }],
                holds: none_or(&previous, follows),
            }),
        })
    }
}

/// Whether a value follows the one before it, and the distance in words.
fn follows(
    parameters: &Parameters,
    field: &Field,
    previous: &ColumnName,
) -> Result<(Expr, String), Vec<Problem>> {
    let (value, before) = (Expr::column(&field.name), Expr::column(previous));
    let wrong = |code, name, message: &str| vec![Problem::new(code, parameter(name), message)];
    if field.data_type.family() == Family::Number {
        if parameters.every.is_some() {
            let message = format!("`{}` is a number: its distance is `step`", field.name);
            return Err(wrong(Code::ColumnType, "every", &message));
        }
        let step = parameters.step.unwrap_or(1);
        // The distance, not the next number: the greatest number has none.
        let distance = Expr::call(Function::Subtract, [value, before]);
        let step_literal = Expr::literal(Literal::Integer(step.into()));
        return Ok((Expr::call(Function::Equal, [distance, step_literal]), step.to_string()));
    }
    if parameters.step.is_some() {
        let message = format!("`{}` is a time: its distance is `every`", field.name);
        return Err(wrong(Code::ColumnType, "step", &message));
    }
    if field.data_type == DataType::Time {
        let message = format!("`{}` is a time of day, which begins anew every day", field.name);
        return Err(vec![Problem::new(Code::ColumnType, "column".into(), message)]);
    }
    let Some(every) = &parameters.every else {
        let problem = Problem::new(Code::MissingField, "parameters".into(), "`every` is not given");
        return Err(vec![problem.hint("write `every: 1d`")]);
    };
    let seconds =
        literal::duration(every).map_err(|message| wrong(Code::BadValue, "every", &message))?;
    let distance = Expr::call(Function::SecondsBetween, [value, before]);
    let length = Expr::literal(Literal::Double(seconds));
    Ok((Expr::call(Function::Equal, [distance, length]), every.clone()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn numbers_have_a_step_and_times_a_length() {
        let fields = fields(&[("n", "integer"), ("day", "date"), ("opens", "time")]);
        let title = |parameters, column| lower("sequential", parameters, Some(column), &fields);
        assert_eq!(title(json!({}), "n").unwrap().title, "`n` goes on by 1 without a gap");
        assert_eq!(
            title(json!({"every": "7d"}), "day").unwrap().title,
            "`day` goes on by 7d without a gap"
        );
        for (parameters, column) in [
            (json!({"every": "1d"}), "n"),
            (json!({"step": 1}), "day"),
            (json!({}), "day"),
            (json!({"every": "1h"}), "opens"),
        ] {
            assert!(title(parameters, column).is_err(), "{column}");
        }
        assert_eq!(problems("sequential", json!({"step": 0})), ["/step"]);
        assert_eq!(problems("sequential", json!({"every": "soon"})), ["/every"]);
    }
}
