//! `STORE_RESULTS`: the summary of the run as a file of its own.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Action, Effect};
use crate::code::Code;
use crate::doc::Doc;
use crate::problem::{Pointer, Problem};

pub(super) struct StoreResults;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// Name of the file, without folders.
    #[serde(default = "summary")]
    file: String,
}

fn summary() -> String {
    "summary.json".to_owned()
}

impl Action for StoreResults {
    type Parameters = Parameters;
    const NAME: &'static str = "STORE_RESULTS";
    const DOC: Doc = Doc {
        summary: "Writes the summary of the run as a JSON file beside the run.",
        semantics: "The full record is always in the lake; this adds one small file for programs that read \
                    nothing else. It holds no values of rows.",
        good: "action_type: STORE_RESULTS\nparameters: {file: summary.json}\n",
        bad: "action_type: STORE_RESULTS\nparameters: {file: ../elsewhere.json}\n",
    };

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let plain = !parameters.file.is_empty()
            && !parameters.file.starts_with('.')
            && parameters.file.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        if plain {
            return Vec::new();
        }
        let message = format!("`{}` is not a plain file name", parameters.file);
        vec![
            Problem::new(Code::BadValue, Pointer::from("file"), message)
                .hint("use letters, digits, `.`, `_` and `-`, such as `summary.json`"),
        ]
    }

    fn effect(parameters: &Parameters, summary: &Value) -> Effect {
        Effect::Store { file: parameters.file.clone(), content: summary.clone() }
    }
}
