//! Rows in an order, as `decreasing` and `increasing` share them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Target, expect_family, keys, parameter};
use crate::code::Code;
use crate::datatype::Family;
use crate::id::ColumnName;
use crate::plan::{
    Beside, Body, Columns, Expr, Field, Function, Order, OrderKey, Window, WindowFunction,
};
use crate::problem::Problem;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// Equal values one after the other violate too.
    #[serde(default)]
    strictly: bool,
    /// Capital letters count as small ones; for text.
    #[serde(default)]
    ignore_case: bool,
    /// The column that gives the order of the rows; without one they stand as in the input.
    #[serde(default)]
    order_by: Option<ColumnName>,
    /// The columns that make up a group: each is judged alone, nulls being equal.
    #[serde(default)]
    group_by: Vec<ColumnName>,
}

impl Parameters {
    pub(super) fn check(&self) -> Vec<Problem> {
        keys::check("group_by", &self.group_by)
    }
}

/// What can be put in an order.
pub(super) const ORDERED: &[Family] = &[Family::Number, Family::Temporal, Family::Text];

/// The name under which a plan knows a value from a neighbour.
pub(super) fn name(of: &str) -> Result<ColumnName, Vec<Problem>> {
    ColumnName::new(format!("_assay_{of}")).map_err(|error| {
        let message = error.to_string();
        vec![Problem::new(Code::BadValue, crate::problem::Pointer::root(), message)]
    })
}

/// The rows that have a value in each of these columns.
pub(super) fn valued<'n>(columns: impl IntoIterator<Item = &'n ColumnName>) -> Option<Expr> {
    Some(Expr::all(columns.into_iter().map(|column| Expr::column(column).is_not_null())))
}

/// Whether there is no such neighbour, or `holds` is true of it.
pub(super) fn none_or(neighbour: &ColumnName, holds: Expr) -> Expr {
    let none = Expr::call(Function::IsNull, [Expr::column(neighbour)]);
    Expr::call(Function::Or, [none, holds])
}

/// The columns of a group, all declared, and the words for them.
pub(super) fn group(
    group_by: &[ColumnName],
    declared: &[Field],
) -> Result<(Columns, String), Vec<Problem>> {
    keys::fields(group_by, declared, &parameter("group_by"))?;
    let words = match group_by {
        [] => String::new(),
        columns => format!(" within each {}", keys::words(columns)),
    };
    Ok((group_by.to_vec(), words))
}

/// The order by a column, which has one, and the words for it.
pub(super) fn by(
    rule: &str,
    order_by: Option<&ColumnName>,
    target: &Target<'_>,
) -> Result<(Vec<OrderKey>, String), Vec<Problem>> {
    let Some(column) = order_by else { return Ok((Vec::new(), String::new())) };
    let place = parameter("order_by");
    let found = target.field(column, place.clone())?;
    expect_family(rule, found, ORDERED, place)?;
    let key = OrderKey { column: column.clone(), order: Order::Ascending };
    Ok((vec![key], format!(" by `{column}`")))
}

/// The plan; `word` says the direction and `holds` compares a value with the one before it.
pub(super) fn lower(
    rule: &str,
    holds: [Function; 2],
    parameters: &Parameters,
    target: &Target<'_>,
) -> Result<Lowered, Vec<Problem>> {
    let field = target.the_column()?;
    expect_family(rule, field, ORDERED, "column".into())?;
    if parameters.ignore_case && field.data_type.family() != Family::Text {
        let message = format!("`{}` is no text, so it has no capital letters", field.name);
        return Err(vec![Problem::new(Code::ColumnType, parameter("ignore_case"), message)]);
    }
    target.takes_no_nulls(rule, "nulls have no place in an order; add a `not_null` rule")?;
    let (group, within) = group(&parameters.group_by, target.fields)?;
    let (order, by) = by(rule, parameters.order_by.as_ref(), target)?;
    let columns: Columns = [&field.name].into_iter().chain(&parameters.order_by).cloned().collect();
    let previous = name("previous")?;
    let [loose, strict] = holds;
    let compare = if parameters.strictly { strict } else { loose };
    let folded = |value| match parameters.ignore_case {
        true => Expr::call(Function::Lower, [value]),
        false => value,
    };
    let values = [&field.name, &previous].map(|name| folded(Expr::column(name)));
    let kept = Expr::call(compare, values);
    let strictly = if parameters.strictly { "strictly " } else { "" };
    Ok(Lowered {
        title: format!("`{}` is {strictly}{rule}{by}{within}", field.name),
        body: Body::Beside(Beside {
            evaluated: valued(&columns),
            group,
            order,
            windows: vec![Window {
                name: previous.clone(),
                function: WindowFunction::Previous,
                value: Expr::column(&field.name),
            }],
            holds: none_or(&previous, kept),
        }),
        columns,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn both_directions_have_the_same_parameters() {
        let fields =
            fields(&[("n", "integer"), ("at", "timestamp"), ("g", "text"), ("b", "boolean")]);
        for rule in ["increasing", "decreasing"] {
            let parameters = json!({"strictly": true, "order_by": "at", "group_by": ["g"]});
            let lowered = lower(rule, parameters, Some("n"), &fields).unwrap();
            assert_eq!(lowered.title, format!("`n` is strictly {rule} by `at` within each `g`"));
            assert!(lower(rule, json!({}), Some("b"), &fields).is_err());
            assert!(lower(rule, json!({"ignore_case": true}), Some("g"), &fields).is_ok());
            assert!(lower(rule, json!({"ignore_case": true}), Some("n"), &fields).is_err());
            assert!(lower(rule, json!({"order_by": "to"}), Some("n"), &fields).is_err());
            assert_eq!(problems(rule, json!({"group_by": ["g", "g"]})), ["/group_by/1"]);
        }
    }
}
