//! `pair_compare`: two columns of a row stand in a relation.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, parameter};
use crate::code::Code;
use crate::datatype::{DataType, Family};
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::library::taxonomy::Scalar;
use crate::literal::{self, Fit};
use crate::plan::{Body, Expr, Field, Function, Literal};
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct PairCompare;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The column on the left.
    left: ColumnName,
    /// The column on the right.
    right: ColumnName,
    /// The relation; quote it.
    operator: Operator,
    /// For numbers: how far apart values may lie and still count as equal.
    #[serde(default)]
    tolerance: Option<Scalar>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub(super) enum Operator {
    #[serde(rename = "==")]
    Equal,
    #[serde(rename = "!=")]
    NotEqual,
    #[serde(rename = "<")]
    Less,
    #[serde(rename = "<=")]
    LessOrEqual,
    #[serde(rename = ">")]
    Greater,
    #[serde(rename = ">=")]
    GreaterOrEqual,
}

impl Operator {
    fn function(self) -> Function {
        match self {
            Self::Equal => Function::Equal,
            Self::NotEqual => Function::NotEqual,
            Self::Less => Function::Less,
            Self::LessOrEqual => Function::LessOrEqual,
            Self::Greater => Function::Greater,
            Self::GreaterOrEqual => Function::GreaterOrEqual,
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }
}

impl Rule for PairCompare {
    type Parameters = Parameters;
    const NAME: &'static str = "pair_compare";
    const DOC: Doc = Doc {
        summary: "Two columns of each row stand in a relation.",
        semantics: "Numbers compare with numbers, text with text, days with instants (as their midnight), \
                    times of day with each other; truth values and bytes only by `==` and `!=`. A row with a \
                    null on either side is skipped unless `nulls: violate`. NaN on either side violates, \
                    whatever the operator. With `tolerance: t`, `==` means at most t apart, `!=` more than t \
                    apart, `<=` and `>=` allow t beyond; `<` and `>` take none. Infinity equals itself.",
        good: "rule_id: ends-after-start\nrule_type: pair_compare\nparameters: {left: pickup_at, operator: \"<=\", right: dropoff_at}\n",
        bad: "rule_id: ends-after-start\nrule_type: pair_compare\nparameters: {left: pickup_at, operator: before, right: dropoff_at}\n",
    };
    const DIMENSION: Dimension = Dimension::Consistency;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = Vec::new();
        if parameters.left == parameters.right {
            let message = format!("`{}` is compared with itself", parameters.left);
            problems.push(Problem::new(Code::BadValue, Pointer::from("right"), message));
        }
        let place = Pointer::from("tolerance");
        let strict = matches!(parameters.operator, Operator::Less | Operator::Greater);
        if let Some(tolerance) = &parameters.tolerance {
            if strict {
                let message = format!("`{}` takes no tolerance", parameters.operator.sign());
                problems.push(
                    Problem::new(Code::BadValue, place, message)
                        .hint("`==`, `!=`, `<=` and `>=` do"),
                );
            } else if !is_positive(tolerance) {
                let message = format!("`{}` is not a number above zero", tolerance.shown());
                problems.push(Problem::new(Code::BadValue, place, message));
            }
        }
        problems
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let left = target.field(&parameters.left, parameter("left"))?;
        let right = target.field(&parameters.right, parameter("right"))?;
        check_types(parameters, left, right)?;
        let operator = parameters.operator;
        let sides = || [Expr::column(&left.name), Expr::column(&right.name)];
        let mut tests: Vec<_> = [left, right]
            .into_iter()
            .filter(|field| field.data_type == DataType::Double)
            .map(|field| not(Function::IsNan, [Expr::column(&field.name)]))
            .collect();
        tests.push(match &parameters.tolerance {
            None => Expr::call(operator.function(), sides()),
            Some(tolerance) => {
                let literal = typed_tolerance(tolerance, left, right)?;
                near(operator, left, right, Expr::literal(literal))
            }
        });
        let within = match &parameters.tolerance {
            Some(tolerance) => format!(" within {}", tolerance.shown()),
            None => String::new(),
        };
        Ok(Lowered {
            title: format!("`{}` {} `{}`{within}", left.name, operator.sign(), right.name),
            columns: vec![left.name.clone(), right.name.clone()],
            body: Body::Rows {
                evaluated: target.judged([&left.name, &right.name]),
                holds: Expr::all(tests),
            },
        })
    }
}

fn not(function: Function, arguments: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::call(Function::Not, [Expr::call(function, arguments)])
}

fn is_positive(tolerance: &Scalar) -> bool {
    let value = literal::typed(tolerance, DataType::Double, Fit::Bound);
    matches!(value, Ok(Literal::Double(value)) if value > 0.0)
}

fn check_types(parameters: &Parameters, left: &Field, right: &Field) -> Result<(), Vec<Problem>> {
    let (one, other) = (left.data_type, right.data_type);
    let fault = |name: &str, message: String| {
        Err(vec![Problem::new(Code::ColumnType, parameter(name), message)])
    };
    let times = (one == DataType::Time) == (other == DataType::Time);
    if one.family() != other.family() || !times {
        return fault(
            "right",
            format!(
                "`{}` is `{one}` and `{}` is `{other}`: they do not compare",
                left.name, right.name
            ),
        );
    }
    let ordered = !matches!(one.family(), Family::Boolean | Family::Binary | Family::Nested);
    if !ordered && !parameters.operator.is_equality() {
        let sign = parameters.operator.sign();
        return fault("operator", format!("columns of type `{one}` have no order for `{sign}`"));
    }
    if parameters.tolerance.is_some() && one.family() != Family::Number {
        return fault(
            "tolerance",
            format!("a tolerance is for numbers, but `{}` is `{one}`", left.name),
        );
    }
    Ok(())
}

fn typed_tolerance(
    tolerance: &Scalar,
    left: &Field,
    right: &Field,
) -> Result<Literal, Vec<Problem>> {
    let double = [left, right].iter().any(|field| field.data_type == DataType::Double);
    let own = if double { DataType::Double } else { left.data_type };
    literal::typed(tolerance, own, Fit::Bound)
        .map_err(|message| vec![Problem::new(Code::BadValue, parameter("tolerance"), message)])
}

/// The relation with a tolerance.
fn near(operator: Operator, left: &Field, right: &Field, tolerance: Expr) -> Expr {
    let side = |field: &Field| {
        let column = Expr::column(&field.name);
        // The difference of two whole numbers of 64 bits needs one bit more.
        if field.data_type == DataType::Integer {
            let to = DataType::Decimal(20, 0);
            return Expr::Cast { value: Box::new(column), to, format: None };
        }
        column
    };
    let (from, taken) = match operator {
        Operator::GreaterOrEqual | Operator::Greater => (right, left),
        _ => (left, right),
    };
    let difference = Expr::call(Function::Subtract, [side(from), side(taken)]);
    let equal = Expr::call(Function::Equal, [Expr::column(&left.name), Expr::column(&right.name)]);
    let close = |value| Expr::call(Function::LessOrEqual, [value, tolerance]);
    // Equal infinities have no difference, so equality is asked first.
    match operator {
        Operator::Equal | Operator::NotEqual => {
            let apart = Expr::call(Function::Absolute, [difference]);
            let near = Expr::call(Function::Or, [equal, close(apart)]);
            if operator == Operator::Equal { near } else { Expr::call(Function::Not, [near]) }
        }
        _ => Expr::call(Function::Or, [equal, close(difference)]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn only_comparable_columns_are_compared() {
        let fields = fields(&[
            ("day", "date"),
            ("at", "timestamp"),
            ("opens", "time"),
            ("net", "decimal(10,2)"),
            ("gross", "double"),
            ("paid", "boolean"),
            ("due", "boolean"),
        ]);
        let compare = |left: &str, operator: &str, right: &str| {
            let parameters = json!({"left": left, "operator": operator, "right": right});
            lower("pair_compare", parameters, None, &fields)
        };
        assert_eq!(compare("day", "<=", "at").unwrap().title, "`day` <= `at`");
        assert!(compare("net", "==", "gross").is_ok());
        assert!(compare("paid", "!=", "due").is_ok());
        assert!(compare("paid", "<", "due").is_err());
        assert!(compare("opens", "<", "at").is_err());
        assert!(compare("net", "<", "at").is_err());
        assert_eq!(
            compare("nett", "<", "gross").unwrap_err()[0].pointer.as_str(),
            "/parameters/left"
        );
    }

    #[test]
    fn a_tolerance_is_a_positive_number_where_it_makes_sense() {
        let with = |operator: &str, tolerance| json!({"left": "a", "operator": operator, "right": "b", "tolerance": tolerance});
        assert_eq!(problems("pair_compare", with("==", json!(0))), ["/tolerance"]);
        assert_eq!(problems("pair_compare", with("<", json!(1))), ["/tolerance"]);
        assert_eq!(problems("pair_compare", with("<=", json!("x"))), ["/tolerance"]);
        assert!(problems("pair_compare", with(">=", json!(0.01))).is_empty());
        assert!(problems("pair_compare", with("==", json!("0.01"))).is_empty());
        let fields = fields(&[("a", "integer"), ("b", "integer")]);
        assert!(lower("pair_compare", with("!=", json!(2)), None, &fields).is_ok());
    }
}
