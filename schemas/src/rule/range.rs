//! `range`: a value lies between two bounds.

use schemars::JsonSchema;
use serde::Deserialize;

use super::bounds::{self, Ends};
use super::{Lowered, Rule, Subject, Target, expect_family, parameter};
use crate::code::Code;
use crate::datatype::{DataType, Family};
use crate::doc::Doc;
use crate::library::taxonomy::Scalar;
use crate::literal::{self, Fit};
use crate::plan::{Body, Expr, Function};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct Range;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The smallest value allowed: a number, or text for days, instants and exact decimals.
    #[serde(default)]
    min: Option<Scalar>,
    /// The greatest value allowed.
    #[serde(default)]
    max: Option<Scalar>,
    /// The smallest value itself is not allowed.
    #[serde(default)]
    exclusive_min: bool,
    /// The greatest value itself is not allowed.
    #[serde(default)]
    exclusive_max: bool,
}

impl Parameters {
    fn ends(&self) -> Ends<'_, Scalar> {
        Ends {
            min: self.min.as_ref(),
            max: self.max.as_ref(),
            exclusive_min: self.exclusive_min,
            exclusive_max: self.exclusive_max,
        }
    }
}

impl Rule for Range {
    type Parameters = Parameters;
    const NAME: &'static str = "range";
    const DOC: Doc = Doc {
        summary: "Every value lies between two bounds.",
        semantics: "For numbers, days, instants and times of day. Bounds belong to the range unless \
                    `exclusive_min` or `exclusive_max` is true. Nulls are skipped unless `nulls: violate`. \
                    NaN violates; infinity is compared like any number. Bounds are read as the column's \
                    type: beside a decimal column `0.1` is exactly one tenth. Days are written as text, \
                    `\"2024-01-31\"`; instants as `\"2024-01-31T12:00:00Z\"`, without an offset as UTC, and \
                    a day alone as its midnight.",
        good: "rule_id: fare-range\nrule_type: range\ncolumn: fare_amount\nparameters: {min: 0, max: 500}\n",
        bad: "rule_id: fare-range\nrule_type: range\ncolumn: fare_amount\nparameters: {min: 500, max: 0}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        bounds::check(&parameters.ends(), |min, max| match (number(min), number(max)) {
            (Some(min), Some(max)) => min.partial_cmp(&max),
            // What texts stand for depends on the column.
            _ => None,
        })
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        let families = [Family::Number, Family::Temporal];
        expect_family(Self::NAME, field, &families, "column".into())?;
        check_order(parameters, field.data_type)?;
        let value = Expr::column(&field.name);
        let mut tests = Vec::new();
        if field.data_type == DataType::Double {
            let nan = Expr::call(Function::IsNan, [value.clone()]);
            tests.push(Expr::call(Function::Not, [nan]));
        }
        let (above, below) =
            bounds::comparisons(parameters.exclusive_min, parameters.exclusive_max);
        let ends = [("min", &parameters.min, above), ("max", &parameters.max, below)];
        for (name, bound, comparison) in ends {
            if let Some(bound) = bound {
                let bound = literal::operand(bound, field.data_type, Fit::Bound)
                    .map_err(|message| vec![wrong(name, message)])?;
                tests.push(Expr::call(comparison, [value.clone(), bound]));
            }
        }
        Ok(Lowered {
            title: format!("`{}` is {}", field.name, parameters.ends().words(Scalar::shown)),
            columns: vec![field.name.clone()],
            body: Body::Rows { evaluated: target.judged([&field.name]), holds: Expr::all(tests) },
        })
    }
}

fn number(value: &Scalar) -> Option<f64> {
    match value {
        Scalar::Integer(value) => Some(*value as f64),
        Scalar::Number(value) => Some(*value),
        Scalar::Boolean(_) | Scalar::Text(_) => None,
    }
}

fn wrong(name: &str, message: String) -> Problem {
    Problem::new(Code::BadValue, parameter(name), message)
}

/// Demands that there is a value between the bounds, now that their type is known.
fn check_order(parameters: &Parameters, data_type: DataType) -> Result<(), Vec<Problem>> {
    let read = |bound: &Option<Scalar>| {
        bound.as_ref().and_then(|bound| literal::typed(bound, data_type, Fit::Bound).ok())
    };
    let (Some(min), Some(max)) = (read(&parameters.min), read(&parameters.max)) else {
        return Ok(());
    };
    let exclusive = parameters.exclusive_min || parameters.exclusive_max;
    match literal::compare(&min, &max).and_then(|order| bounds::emptiness(order, exclusive)) {
        Some(message) => Err(vec![wrong("min", message.to_owned())]),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn bounds_are_read_as_the_type_of_the_column() {
        let fields = fields(&[("fare", "decimal(10,2)"), ("tip", "double"), ("day", "date")]);
        let fare =
            lower("range", json!({"min": 0.1, "exclusive_min": true}), Some("fare"), &fields);
        let fare = serde_json::to_value(fare.unwrap().body).unwrap();
        assert_eq!(fare["holds"]["function"], "greater");
        assert_eq!(
            fare["holds"]["arguments"][1]["value"],
            json!({"type": "decimal", "value": "0.1"})
        );
        let tip = lower("range", json!({"max": 9}), Some("tip"), &fields).unwrap();
        assert_eq!(tip.title, "`tip` is at most 9");
        let tip = serde_json::to_value(tip.body).unwrap();
        assert_eq!(tip["holds"]["arguments"][0]["function"], "not");
        let day = json!({"min": "2024-01-01", "max": "2024-12-31"});
        let day = lower("range", day, Some("day"), &fields).unwrap();
        assert_eq!(day.title, "`day` is from 2024-01-01 to 2024-12-31");
    }

    #[test]
    fn a_range_without_a_value_in_it_is_a_problem() {
        assert_eq!(problems("range", json!({})), [""]);
        assert_eq!(problems("range", json!({"min": 2, "max": 1})), ["/min"]);
        assert_eq!(problems("range", json!({"min": 1, "max": 1, "exclusive_max": true})), ["/min"]);
        assert_eq!(problems("range", json!({"max": 1, "exclusive_min": true})), ["/exclusive_min"]);
        let fields = fields(&[("day", "date"), ("name", "text")]);
        for parameters in [
            json!({"min": "2024-02-01", "max": "2024-01-01"}),
            json!({"min": "2024-02-30"}),
            json!({"min": 5}),
        ] {
            assert!(lower("range", parameters, Some("day"), &fields).is_err());
        }
        assert!(lower("range", json!({"min": 5}), Some("name"), &fields).is_err());
    }
}
