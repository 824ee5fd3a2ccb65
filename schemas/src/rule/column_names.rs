//! `column_names`: names of columns have a form.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, shape};
use crate::doc::Doc;
use crate::plan::ColumnDemand;
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct ColumnNames;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The regular expression that every whole name matches.
    #[schemars(length(min = 1))]
    pattern: String,
}

impl Rule for ColumnNames {
    type Parameters = Parameters;
    const NAME: &'static str = "column_names";
    const DOC: Doc = Doc {
        summary: "The name of every column matches a regular expression.",
        semantics: "The whole name must match, as with the rule `regex`. Columns that the schema does not declare \
                    are judged too. The dataset is judged as its files came, before cleansing. No row is read \
                    or marked.",
        good: "rule_id: snake-case\nrule_type: column_names\nparameters: {pattern: '[a-z][a-z0-9_]*'}\n",
        bad: "rule_id: snake-case\nrule_type: column_names\nparameters: {pattern: '[a-z'}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        shape::portable(&parameters.pattern).err().into_iter().collect()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let pattern = shape::portable(&parameters.pattern)
            .map_err(|problem| vec![problem.within(&Pointer::from("parameters"))])?;
        let title = format!("the name of every column matches `{}`", parameters.pattern);
        shape::lower(Self::NAME, title, ColumnDemand::Names { pattern }, target)
    }
}
