//! `row_count`: the dataset has so many rows.

use super::count::Parameters;
use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::plan::{Measure, Metric};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct RowCount;

impl Rule for RowCount {
    type Parameters = Parameters;
    const NAME: &'static str = "row_count";
    const DOC: Doc = Doc {
        summary: "The number of rows lies within bounds.",
        semantics: "Rows are counted after cleansing; with `where`, those that pass it. Bounds belong to the \
                    range. A dataset without rows has 0 and is judged. No row is marked as bad.",
        good: "rule_id: not-empty\nrule_type: row_count\nparameters: {min: 1}\n",
        bad: "rule_id: not-empty\nrule_type: row_count\n",
    };
    const DIMENSION: Dimension = Dimension::Completeness;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        target.takes_no_nulls(Self::NAME, "rows are counted whatever they hold")?;
        let rows = Measure::Metric { metric: Metric::rows() };
        Ok(parameters.lower("the number of rows", Vec::new(), rows))
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
    }
}
