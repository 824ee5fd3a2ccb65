//! `file_count`: there are so many files.

use schemars::JsonSchema;
use serde::Deserialize;

use super::bounds::Whole;
use super::{Lowered, Rule, Subject, Target, file};
use crate::doc::Doc;
use crate::plan::FileDemand;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct FileCount;

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

impl Rule for FileCount {
    type Parameters = Parameters;
    const NAME: &'static str = "file_count";
    const DOC: Doc = Doc {
        summary: "The number of files lies within bounds.",
        semantics: "The files that the contract's path or the request names. Bounds belong to the range. No row is read or \
                    marked.",
        good: "rule_id: two-months\nrule_type: file_count\nparameters: {exactly: 2}\n",
        bad: "rule_id: two-months\nrule_type: file_count\nparameters: {min: 3, max: 2}\n",
    };
    const DIMENSION: Dimension = Dimension::Completeness;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.whole().check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let whole = parameters.whole();
        let title = format!("the number of files is {}", whole.words());
        file::lower(Self::NAME, title, FileDemand::Count { bounds: whole.bounds() }, target)
    }
}
