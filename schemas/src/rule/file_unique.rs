//! `file_unique`: no file comes twice.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, file};
use crate::doc::Doc;
use crate::plan::FileDemand;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct FileUnique;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {}

impl Rule for FileUnique {
    type Parameters = Parameters;
    const NAME: &'static str = "file_unique";
    const DOC: Doc = Doc {
        summary: "No file has the bytes of another, or of one that came before.",
        semantics: "The SHA-256 of each file is compared with those of the run's other files and of all files that earlier \
                    runs of the job read, as the results keep them, whatever they are called. Runs that ended in \
                    `error`, and runs that this one replays, do not count. No row is read or marked.",
        good: "rule_id: delivered-once\nrule_type: file_unique\n",
        bad: "rule_id: delivered-once\nrule_type: file_unique\nparameters: {checksum: sha256}\n",
    };
    const DIMENSION: Dimension = Dimension::Uniqueness;
    const SUBJECT: Subject = Subject::Dataset;

    fn lower(_: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let title = "no file comes a second time".to_owned();
        file::lower(Self::NAME, title, FileDemand::Unique, target)
    }
}
