//! `unique`: no key stands twice.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, keys, parameter};
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::Body;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct Unique;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns that make up the key.
    #[schemars(length(min = 1))]
    columns: Vec<ColumnName>,
    /// Keys that hold a null are judged too, nulls being equal to each other.
    #[serde(default)]
    nulls_equal: bool,
}

impl Rule for Unique {
    type Parameters = Parameters;
    const NAME: &'static str = "unique";
    const DOC: Doc = Doc {
        summary: "No two rows have the same key.",
        semantics: "Every row of a repeated key violates, the first one too. A row whose key holds a null in \
                    any column is not judged, unless `nulls_equal: true`. Text is compared character by \
                    character. The key is judged among the rows that pass `where`.",
        good: "rule_id: trip-once\nrule_type: unique\nparameters: {columns: [vendor_id, pickup_at]}\n",
        bad: "rule_id: trip-once\nrule_type: unique\ncolumn: trip_id\n",
    };
    const DIMENSION: Dimension = Dimension::Uniqueness;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        keys::check("columns", &parameters.columns)
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        target.takes_no_nulls(Self::NAME, "set `nulls_equal: true`, or add a `not_null` rule")?;
        keys::fields(&parameters.columns, target.fields, &parameter("columns"))?;
        Ok(Lowered {
            title: format!("{} is unique", keys::words(&parameters.columns)),
            columns: parameters.columns.clone(),
            body: Body::Unique {
                columns: parameters.columns.clone(),
                nulls_equal: parameters.nulls_equal,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::Body;
    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn the_key_is_made_of_different_known_columns() {
        let fields = fields(&[("id", "integer"), ("day", "date")]);
        let lowered = lower("unique", json!({"columns": ["id", "day"]}), None, &fields).unwrap();
        assert_eq!(lowered.title, "(`id`, `day`) is unique");
        assert!(matches!(lowered.body, Body::Unique { nulls_equal: false, .. }));
        let problem =
            lower("unique", json!({"columns": ["id", "dya"]}), None, &fields).unwrap_err();
        assert_eq!(problem[0].pointer.as_str(), "/parameters/columns/1");
        assert_eq!(problem[0].hint.as_deref(), Some("did you mean `day`?"));
        assert_eq!(problems("unique", json!({"columns": []})), ["/columns"]);
        assert_eq!(problems("unique", json!({"columns": ["id", "id"]})), ["/columns/1"]);
        assert_eq!(problems("unique", json!({})), [""]);
    }
}
