//! `column_count`: the files have so many columns.

use schemars::JsonSchema;
use serde::Deserialize;

use super::bounds::Whole;
use super::{Lowered, Rule, Subject, Target, shape};
use crate::doc::Doc;
use crate::plan::ColumnDemand;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct ColumnCount;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The smallest number allowed.
    #[serde(default)]
    min: Option<u64>,
    /// The greatest number allowed.
    #[serde(default)]
    max: Option<u64>,
    /// The one number allowed; stands alone.
    #[serde(default)]
    exactly: Option<u64>,
}

impl Parameters {
    fn whole(&self) -> Whole {
        Whole { min: self.min, max: self.max, exactly: self.exactly }
    }
}

impl Rule for ColumnCount {
    type Parameters = Parameters;
    const NAME: &'static str = "column_count";
    const DOC: Doc = Doc {
        summary: "The number of columns lies within bounds.",
        semantics: "Columns that the schema does not declare count too. Bounds belong to the range. The dataset \
                    is judged as its files came, before cleansing; every file must pass. No row is read or \
                    marked.",
        good: "rule_id: nineteen\nrule_type: column_count\nparameters: {exactly: 19}\n",
        bad: "rule_id: nineteen\nrule_type: column_count\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.whole().check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let whole = parameters.whole();
        let title = format!("the number of columns is {}", whole.words());
        let demand = ColumnDemand::Count { bounds: whole.bounds() };
        shape::lower(Self::NAME, title, demand, target)
    }
}
