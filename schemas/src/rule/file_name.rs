//! `file_name`: names of files have a form.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, file, shape};
use crate::doc::Doc;
use crate::plan::FileDemand;
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct FileName;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The regular expression that every whole name matches.
    #[schemars(length(min = 1))]
    pattern: String,
}

impl Rule for FileName {
    type Parameters = Parameters;
    const NAME: &'static str = "file_name";
    const DOC: Doc = Doc {
        summary: "The name of every file matches a regular expression.",
        semantics: "The whole name must match, its ending included and its folder not, as with the rule `regex`. No row is \
                    read or marked.",
        good: "rule_id: named-by-month\nrule_type: file_name\nparameters: {pattern: 'trips_\\d{4}-\\d{2}\\.csv'}\n",
        bad: "rule_id: named-by-month\nrule_type: file_name\nparameters: {pattern: 'trips_('}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        shape::portable(&parameters.pattern).err().into_iter().collect()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let pattern = shape::portable(&parameters.pattern)
            .map_err(|problem| vec![problem.within(&Pointer::from("parameters"))])?;
        let title = format!("the name of every file matches `{}`", parameters.pattern);
        file::lower(Self::NAME, title, FileDemand::Names { pattern }, target)
    }
}
