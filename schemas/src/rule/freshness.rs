//! `freshness`: the newest instant is recent enough.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, parameter};
use crate::code::Code;
use crate::datatype::DataType;
use crate::doc::Doc;
use crate::literal;
use crate::plan::{Body, Bounds, Expr, Measure, Metric, MetricFunction};
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct Freshness;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The greatest age allowed: `24h`, `7d`, or ISO 8601 such as `P1DT12H`.
    max_age: String,
    /// How far ahead of the run the newest instant may lie, for clocks that disagree.
    #[serde(default = "nothing")]
    max_ahead: String,
}

fn nothing() -> String {
    "0s".to_owned()
}

impl Rule for Freshness {
    type Parameters = Parameters;
    const NAME: &'static str = "freshness";
    const DOC: Doc = Doc {
        summary: "The newest day or instant of the column is recent.",
        semantics: "Age runs from the greatest value, among the rows that pass `where`, to the start of the \
                    run, both in UTC; a day is its midnight. It may be at most `max_age`, that included, and \
                    not negative: one row from the far future would hide that nothing new arrives. \
                    `max_ahead` allows for clocks that disagree. A day counts as 24 hours; months and years \
                    are refused. Nulls take no part; without any value nothing is evaluated. No row is \
                    marked.",
        good: "rule_id: fresh\nrule_type: freshness\ncolumn: pickup_at\nparameters: {max_age: 24h}\n",
        bad: "rule_id: fresh\nrule_type: freshness\ncolumn: pickup_at\nparameters: {max_age: one day}\n",
    };
    const DIMENSION: Dimension = Dimension::Timeliness;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let fault = |name: &str, message: String| {
            Problem::new(Code::BadValue, Pointer::from(name), message)
        };
        let mut problems = Vec::new();
        match literal::duration(&parameters.max_age) {
            Ok(seconds) if seconds <= 0.0 => {
                problems.push(fault("max_age", "nothing is younger than 0 seconds".to_owned()));
            }
            Ok(_) => {}
            Err(message) => problems.push(fault("max_age", message)),
        }
        if let Err(message) = literal::duration(&parameters.max_ahead) {
            problems.push(fault("max_ahead", message));
        }
        problems
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        if !matches!(field.data_type, DataType::Date | DataType::Timestamp) {
            let message = format!(
                "`freshness` takes columns of days or instants, but `{}` is of type `{}`",
                field.name, field.data_type
            );
            return Err(vec![Problem::new(Code::ColumnType, "column".into(), message)]);
        }
        target.takes_no_nulls(Self::NAME, "nulls have no age; add a `not_null` rule")?;
        let seconds = |name: &str, text: &str| {
            literal::duration(text)
                .map_err(|message| vec![Problem::new(Code::BadValue, parameter(name), message)])
        };
        let max_age = seconds("max_age", &parameters.max_age)?;
        let max_ahead = seconds("max_ahead", &parameters.max_ahead)?;
        let newest = Metric::of(MetricFunction::Max, Expr::column(&field.name));
        Ok(Lowered {
            title: format!("the newest `{}` is at most {} old", field.name, parameters.max_age),
            columns: vec![field.name.clone()],
            body: Body::Metric {
                measure: Measure::Age { metric: newest },
                bounds: Bounds {
                    // Zero minus, so that no negative zero gets into the plan.
                    min: Some(0.0 - max_ahead),
                    max: Some(max_age),
                    ..Bounds::default()
                },
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn age_is_bounded_on_both_sides() {
        let fields = fields(&[("at", "timestamp"), ("opens", "time")]);
        let parameters = json!({"max_age": "1d 12h", "max_ahead": "PT5M"});
        let body = lower("freshness", parameters, Some("at"), &fields).unwrap().body;
        let body = serde_json::to_value(body).unwrap();
        assert_eq!(body["measure"]["measure"], "age");
        assert_eq!(body["bounds"]["min"], -300.0);
        assert_eq!(body["bounds"]["max"], 129_600.0);
        assert!(lower("freshness", json!({"max_age": "1d"}), Some("opens"), &fields).is_err());
    }

    #[test]
    fn ages_that_mean_nothing_are_problems() {
        for bad in ["", "0s", "-1h", "1 month", "tomorrow"] {
            assert_eq!(problems("freshness", json!({"max_age": bad})), ["/max_age"], "{bad}");
        }
        let parameters = json!({"max_age": "1h", "max_ahead": "soon"});
        assert_eq!(problems("freshness", parameters), ["/max_ahead"]);
    }
}
