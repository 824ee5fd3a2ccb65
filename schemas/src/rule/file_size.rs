//! `file_size`: files are of a size.

use schemars::JsonSchema;
use serde::Deserialize;

use super::bounds::Whole;
use super::{Lowered, Rule, Subject, Target, file};
use crate::doc::Doc;
use crate::plan::FileDemand;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct FileSize;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The smallest size in bytes allowed.
    #[serde(default)]
    min: Option<u64>,
    /// The greatest size in bytes allowed.
    #[serde(default)]
    max: Option<u64>,
    /// The one size in bytes allowed; stands alone.
    #[serde(default)]
    exactly: Option<u64>,
}

impl Parameters {
    fn whole(&self) -> Whole {
        Whole { min: self.min, max: self.max, exactly: self.exactly }
    }
}

impl Rule for FileSize {
    type Parameters = Parameters;
    const NAME: &'static str = "file_size";
    const DOC: Doc = Doc {
        summary: "The size of every file lies within bounds.",
        semantics: "Bytes as they lie on the disk, compressed or not. Bounds belong to the range. No row is read or marked.",
        good: "rule_id: not-empty\nrule_type: file_size\nparameters: {min: 1}\n",
        bad: "rule_id: not-empty\nrule_type: file_size\nparameters: {}\n",
    };
    const DIMENSION: Dimension = Dimension::Completeness;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.whole().check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let whole = parameters.whole();
        let title = format!("the bytes of every file are {}", whole.words());
        file::lower(Self::NAME, title, FileDemand::Size { bounds: whole.bounds() }, target)
    }
}
