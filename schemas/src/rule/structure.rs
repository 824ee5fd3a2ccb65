//! `structure`: the dataset has the declared columns.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::plan::Body;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct Structure;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// Columns that are not declared are a violation.
    #[serde(default)]
    closed: bool,
    /// Declared columns out of their order are a violation.
    #[serde(default)]
    ordered: bool,
    /// Columns of another type than declared are a violation.
    #[serde(default = "yes")]
    types: bool,
}

fn yes() -> bool {
    true
}

impl Rule for Structure {
    type Parameters = Parameters;
    const NAME: &'static str = "structure";
    const DOC: Doc = Doc {
        summary: "The dataset has the columns that its schema declares.",
        semantics: "A declared column that is missing is a violation unless it is `optional`. Further columns \
                    are allowed unless `closed: true`; their order is free unless `ordered: true`, which \
                    compares the declared columns with each other and lets others stand between. `types` \
                    matters for formats that have types, such as Parquet; the cells of text files are \
                    judged when they are converted. The dataset is judged as it came, before cleansing. No \
                    row is marked.",
        good: "rule_id: as-declared\nrule_type: structure\nparameters: {closed: true}\n",
        bad: "rule_id: as-declared\nrule_type: structure\nparameters: {close: true}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Dataset;

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        target.takes_no_nulls(Self::NAME, "no values are judged")?;
        let more = if parameters.closed { " and no others" } else { "" };
        let order = if parameters.ordered { ", in order" } else { "" };
        Ok(Lowered {
            title: format!("the dataset has the declared columns{more}{order}"),
            columns: Vec::new(),
            body: Body::Structure {
                fields: target.fields.to_vec(),
                closed: parameters.closed,
                ordered: parameters.ordered,
                types: parameters.types,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::Body;
    use crate::rule::testing::{fields, lower};

    #[test]
    fn the_declared_columns_go_into_the_plan() {
        let declared = fields(&[("id", "integer"), ("day", "date")]);
        let lowered = lower("structure", json!({"closed": true}), None, &declared).unwrap();
        assert_eq!(lowered.title, "the dataset has the declared columns and no others");
        assert!(
            matches!(lowered.body, Body::Structure { fields, closed: true, ordered: false, types: true } if fields == declared)
        );
    }
}
