//! `row_count`: the dataset has so many rows.

use schemars::JsonSchema;
use serde::Deserialize;

use super::bounds::Whole;
use super::count;
use super::figure::{About, Limit, Limits};
use super::{Lowered, Rule, Subject, Target};
use crate::code::Code;
use crate::doc::Doc;
use crate::plan::{Body, Measure, Metric};
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct RowCount;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The smallest number allowed: a whole number, or a formula such as `0.5 * last(10)`.
    #[serde(default)]
    min: Option<Limit>,
    /// The greatest number allowed, likewise.
    #[serde(default)]
    max: Option<Limit>,
    /// The one number allowed; stands alone.
    #[serde(default)]
    exactly: Option<u64>,
}

impl Parameters {
    /// Both ends as numbers; `None` where one is a formula.
    fn whole(&self) -> Option<Whole> {
        let end = |limit: &Option<Limit>| match limit {
            None => Some(None),
            Some(limit) => limit.whole().map(Some),
        };
        Some(Whole { min: end(&self.min)?, max: end(&self.max)?, exactly: self.exactly })
    }

    fn limits(&self) -> Limits<'_> {
        let (min, max) = (self.min.as_ref(), self.max.as_ref());
        Limits { min, max, exclusive_min: false, exclusive_max: false }
    }
}

impl Rule for RowCount {
    type Parameters = Parameters;
    const NAME: &'static str = "row_count";
    const DOC: Doc = Doc {
        summary: "The number of rows lies within bounds.",
        semantics: "Rows are counted after cleansing; with `where`, those that pass it. Bounds belong to the \
                    range, and may be formulas over earlier runs. A dataset without rows has 0 and is judged. \
                    No row is marked as bad.",
        good: "rule_id: not-empty\nrule_type: row_count\nparameters: {min: 1}\n",
        bad: "rule_id: not-empty\nrule_type: row_count\n",
    };
    const DIMENSION: Dimension = Dimension::Completeness;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let ends = [("min", &parameters.min), ("max", &parameters.max)];
        for (name, limit) in ends {
            if let Some(number) = limit.as_ref().and_then(Limit::number)
                && (number < 0.0 || number.fract() != 0.0)
            {
                let message = format!("there are no {number} rows: expected a whole number");
                return vec![Problem::new(Code::WrongType, Pointer::from(name), message)];
            }
        }
        match parameters.whole() {
            Some(whole) => whole.check(),
            None if parameters.exactly.is_some() => {
                let message = "`exactly` stands alone";
                vec![Problem::new(Code::BadValue, Pointer::from("exactly"), message)]
            }
            None => parameters.limits().check(),
        }
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        target.takes_no_nulls(Self::NAME, "rows are counted whatever they hold")?;
        let measure = Measure::Metric { metric: Metric::rows() };
        let Some(whole) = parameters.whole() else {
            let about = About { columns: Vec::new(), measure, of: None };
            return parameters.limits().lower("the number of rows", about, target);
        };
        Ok(Lowered {
            title: format!("the number of rows is {}", whole.words()),
            columns: Vec::new(),
            body: Body::Metric { measure, bounds: count::bounds(&whole) },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rule::testing::{lower, problems};

    #[test]
    fn an_exact_number_is_both_bounds() {
        let lowered = lower("row_count", json!({"exactly": 7}), None, &[]).unwrap();
        assert_eq!(lowered.title, "the number of rows is exactly 7");
        let body = serde_json::to_value(lowered.body).unwrap();
        assert_eq!((&body["bounds"]["min"], &body["bounds"]["max"]), (&json!(7.0), &json!(7.0)));
        assert_eq!(problems("row_count", json!({})), [""]);
        assert_eq!(problems("row_count", json!({"min": 1.5})), ["/min"]);
        assert_eq!(problems("row_count", json!({"max": -1})), ["/max"]);
        assert_eq!(problems("row_count", json!({"min": 5, "max": 1})), ["/min"]);
    }

    #[test]
    fn a_bound_may_look_back() {
        let lowered = lower("row_count", json!({"min": "0.5 * last(10)"}), None, &[]).unwrap();
        assert_eq!(lowered.title, "the number of rows is at least 0.5 * last(10)");
        assert!(lower("row_count", json!({"max": "many"}), None, &[]).is_err());
        assert_eq!(problems("row_count", json!({"max": "last(3)", "exactly": 1})), ["/exactly"]);
    }
}
