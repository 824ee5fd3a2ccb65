//! Figures within bounds, as the rules about figures share them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::bounds::{self, Ends};
use super::{Lowered, Target, expect_family, formula, parameter};
use crate::code::Code;
use crate::datatype::{DataType, Family};
use crate::id::ColumnName;
use crate::library::taxonomy::Scalar;
use crate::literal::{self, Fit};
use crate::plan::{
    Adapt, Body, Bounds, Expr, Field, Formula, Function, Literal, Measure, Metric, MetricFunction,
};
use crate::problem::{Pointer, Problem};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The smallest figure allowed.
    #[serde(default)]
    min: Option<Limit>,
    /// The greatest figure allowed.
    #[serde(default)]
    max: Option<Limit>,
    /// The smallest figure itself is not allowed.
    #[serde(default)]
    exclusive_min: bool,
    /// The greatest figure itself is not allowed.
    #[serde(default)]
    exclusive_max: bool,
}

impl Parameters {
    pub(super) fn limits(&self) -> Limits<'_> {
        Limits {
            min: self.min.as_ref(),
            max: self.max.as_ref(),
            exclusive_min: self.exclusive_min,
            exclusive_max: self.exclusive_max,
        }
    }

    pub(super) fn check(&self) -> Vec<Problem> {
        self.limits().check()
    }
}

/// One end of what is allowed: a number, a formula such as `mean + 3 * stddev` or `0.5 * last(10)`, or a day
/// or an instant as text where the figure is one.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Limit {
    /// A number.
    Number(f64),
    /// A formula, a day or an instant.
    Text(String),
}

impl Limit {
    fn shown(&self) -> String {
        match self {
            Self::Number(value) => value.to_string(),
            Self::Text(text) => text.clone(),
        }
    }

    /// The number, where it is one.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(*value),
            Self::Text(_) => None,
        }
    }

    /// The number of things, where it is one.
    pub(super) fn whole(&self) -> Option<u64> {
        self.number().map(|number| number as u64)
    }
}

/// Both ends, as the parameters of a rule hold them.
pub(super) struct Limits<'a> {
    pub(super) min: Option<&'a Limit>,
    pub(super) max: Option<&'a Limit>,
    pub(super) exclusive_min: bool,
    pub(super) exclusive_max: bool,
}

impl Limits<'_> {
    fn ends(&self) -> Ends<'_, Limit> {
        Ends {
            min: self.min,
            max: self.max,
            exclusive_min: self.exclusive_min,
            exclusive_max: self.exclusive_max,
        }
    }

    /// What is wrong with them, seen from the parameters.
    pub(super) fn check(&self) -> Vec<Problem> {
        bounds::check(&self.ends(), |min, max| min.number()?.partial_cmp(&max.number()?))
    }

    /// The same for a figure that lies between 0 and 1.
    pub(super) fn check_share(&self) -> Vec<Problem> {
        let mut problems = self.check();
        for (name, end) in [("min", self.min), ("max", self.max)] {
            if let Some(value) = end.and_then(Limit::number).filter(|it| !(0.0..=1.0).contains(it))
            {
                let message = format!("a share lies between 0 and 1, and {value} does not");
                let hint = "write 0.05 for 5 %";
                problems
                    .push(Problem::new(Code::BadValue, Pointer::from(name), message).hint(hint));
            }
        }
        problems
    }

    /// The figure, in `words`, of a measure about these columns, within these limits.
    ///
    /// # Errors
    /// A limit is text that is neither a day or an instant, where the figure is one, nor a formula.
    pub(super) fn lower(
        &self,
        words: &str,
        about: About<'_>,
        target: &Target<'_>,
    ) -> Result<Lowered, Vec<Problem>> {
        let (min, min_formula) = about.end("min", self.min, target)?;
        let (max, max_formula) = about.end("max", self.max, target)?;
        let adapts = min_formula.is_some() || max_formula.is_some();
        let adapt = Adapt::Formulas { min: min_formula, max: max_formula };
        let bounds = Bounds {
            min,
            max,
            exclusive_min: self.exclusive_min,
            exclusive_max: self.exclusive_max,
            adapt: adapts.then(|| Box::new(adapt)),
        };
        Ok(Lowered {
            title: format!("{words} is {}", self.ends().words(Limit::shown)),
            columns: about.columns,
            body: Body::Metric { measure: about.measure, bounds },
        })
    }
}

/// A figure and what it is about.
pub(super) struct About<'a> {
    pub(super) columns: Vec<ColumnName>,
    pub(super) measure: Measure,
    /// The column whose values the figure is one of, if it is.
    pub(super) of: Option<&'a Field>,
}

impl About<'_> {
    /// An end as a number or as a formula.
    fn end(
        &self,
        name: &str,
        limit: Option<&Limit>,
        target: &Target<'_>,
    ) -> Result<(Option<f64>, Option<Formula>), Vec<Problem>> {
        let text = match limit {
            None => return Ok((None, None)),
            Some(Limit::Number(value)) => return Ok((Some(*value), None)),
            Some(Limit::Text(text)) => text,
        };
        let temporal =
            self.of.filter(|field| matches!(field.data_type, DataType::Date | DataType::Timestamp));
        let read = match temporal {
            Some(field) => Self::read(text, field).map(|value| (Some(value), None)),
            None => formula::read(text, target).map(|formula| (None, Some(formula))),
        };
        read.map_err(|message| vec![Problem::new(Code::BadValue, parameter(name), message)])
    }

    /// A limit that is written as text, as the number that the figure is measured in.
    fn read(text: &str, field: &Field) -> Result<f64, String> {
        let value = Scalar::Text(text.to_owned());
        match literal::typed(&value, field.data_type, Fit::Bound)? {
            Literal::Date(text) | Literal::Timestamp(text) => literal::seconds(&text)
                .ok_or_else(|| format!("`{text}` is out of the range of instants")),
            _ => Err(format!("`{text}` is not a day or an instant")),
        }
    }
}

/// The plan of a figure over the rule's column of numbers; `words` is the figure in words.
pub(super) fn lower(
    rule: &str,
    words: &str,
    function: MetricFunction,
    parameters: &Parameters,
    target: &Target<'_>,
) -> Result<Lowered, Vec<Problem>> {
    let families: &[Family] = match function {
        MetricFunction::Min | MetricFunction::Max => &[Family::Number, Family::Temporal],
        MetricFunction::Mean => &[Family::Number, Family::Boolean],
        _ => &[Family::Number],
    };
    let field = column(rule, families, target)?;
    if field.data_type == DataType::Time {
        let message = format!("`{rule}` takes no times of day, as `{}` is", field.name);
        return Err(vec![Problem::new(Code::ColumnType, "column".into(), message)]);
    }
    let metric = Metric::of(function, number(field));
    let measure = Measure::Metric { metric };
    let about = About { columns: vec![field.name.clone()], measure, of: Some(field) };
    parameters.limits().lower(&format!("the {words} of `{}`", field.name), about, target)
}

/// The rule's column, of one of these families, for a figure that leaves nulls out.
///
/// # Errors
/// The column is of another family, or the rule gives nulls a meaning.
pub(super) fn column<'a>(
    rule: &str,
    families: &[Family],
    target: &Target<'a>,
) -> Result<&'a Field, Vec<Problem>> {
    let field = target.the_column()?;
    expect_family(rule, field, families, "column".into())?;
    target.takes_no_nulls(rule, "nulls take no part in the figure; add a `not_null` rule")?;
    Ok(field)
}

/// Families of columns whose values can be told apart.
pub(super) const SINGLE: &[Family] =
    &[Family::Boolean, Family::Number, Family::Text, Family::Temporal];

/// The column as a number: of a boolean, 1 where it is true and 0 where it is false.
fn number(field: &Field) -> Expr {
    let value = Expr::column(&field.name);
    if field.data_type != DataType::Boolean {
        return value;
    }
    let is = |number| Expr::literal(Literal::Integer(number));
    Expr::Case {
        branches: vec![(value.clone(), is(1)), (Expr::call(Function::Not, [value]), is(0))],
        otherwise: Box::new(Expr::literal(Literal::Null)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn every_figure_has_the_same_parameters() {
        let fields = fields(&[("fare", "decimal(10,2)"), ("name", "text")]);
        for (rule, words) in [
            ("kurtosis", "kurtosis"),
            ("max", "maximum"),
            ("mean", "mean"),
            ("min", "minimum"),
            ("skewness", "skewness"),
            ("standard_deviation", "standard deviation"),
            ("sum", "sum"),
            ("variance", "variance"),
        ] {
            let parameters = json!({"min": 1, "max": 2.5, "exclusive_max": true});
            let lowered = lower(rule, parameters, Some("fare"), &fields).unwrap();
            assert_eq!(
                lowered.title,
                format!("the {words} of `fare` is at least 1 and less than 2.5")
            );
            let body = serde_json::to_value(lowered.body).unwrap();
            assert_eq!(body["measure"]["metric"]["function"], rule);
            assert!(lower(rule, json!({"min": 1}), Some("name"), &fields).is_err());
            assert_eq!(problems(rule, json!({})), [""]);
            assert_eq!(problems(rule, json!({"min": 2, "max": 1})), ["/min"]);
        }
    }

    #[test]
    fn ends_of_days_and_instants_are_read_as_seconds() {
        let fields = fields(&[("day", "date"), ("at", "timestamp"), ("x", "integer")]);
        let parameters = json!({"max": "1970-01-03"});
        let body = lower("max", parameters.clone(), Some("day"), &fields).unwrap().body;
        assert_eq!(serde_json::to_value(body).unwrap()["bounds"]["max"], 172_800.0);
        let found = lower("max", parameters, Some("x"), &fields).unwrap_err();
        assert_eq!(found[0].pointer.as_str(), "/parameters/max");
        let exact = json!({"min": "1970-01-01T00:00:00.5Z"});
        let body = lower("min", exact, Some("at"), &fields).unwrap().body;
        assert_eq!(serde_json::to_value(body).unwrap()["bounds"]["min"], 0.5);
        assert!(lower("min", json!({"min": "soon"}), Some("at"), &fields).is_err());
    }

    #[test]
    fn a_share_lies_between_0_and_1() {
        for rule in ["null_ratio", "unique_ratio", "zero_ratio"] {
            assert_eq!(problems(rule, json!({"max": 5})), ["/max"], "{rule}");
            assert_eq!(problems(rule, json!({"max": 0.05})), [""; 0], "{rule}");
        }
    }
}
