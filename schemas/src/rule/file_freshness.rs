//! `file_freshness`: the newest file is young enough.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, file, parameter};
use crate::code::Code;
use crate::doc::Doc;
use crate::literal;
use crate::plan::FileDemand;
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct FileFreshness;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The greatest age allowed, such as `24h` or `7d`.
    max_age: String,
}

impl Parameters {
    fn seconds(&self) -> Result<f64, String> {
        let seconds = literal::duration(&self.max_age)?;
        if seconds > 0.0 {
            Ok(seconds)
        } else {
            Err("no file is younger than 0 seconds".to_owned())
        }
    }
}

impl Rule for FileFreshness {
    type Parameters = Parameters;
    const NAME: &'static str = "file_freshness";
    const DOC: Doc = Doc {
        summary: "The newest file was changed not too long ago.",
        semantics: "The age of the file that was changed last, as the file system tells, at the start of the run. It says when \
                    a file came, not how old its rows are: that is `freshness`. No row is read or marked.",
        good: "rule_id: delivered\nrule_type: file_freshness\nparameters: {max_age: 24h}\n",
        bad: "rule_id: delivered\nrule_type: file_freshness\nparameters: {max_age: 1 month}\n",
    };
    const DIMENSION: Dimension = Dimension::Timeliness;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let fault = |message| Problem::new(Code::BadValue, Pointer::from("max_age"), message);
        parameters.seconds().err().map(fault).into_iter().collect()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let max_age = parameters
            .seconds()
            .map_err(|message| vec![Problem::new(Code::BadValue, parameter("max_age"), message)])?;
        let title = format!("the newest file was changed at most {} ago", parameters.max_age);
        file::lower(Self::NAME, title, FileDemand::Fresh { max_age }, target)
    }
}
