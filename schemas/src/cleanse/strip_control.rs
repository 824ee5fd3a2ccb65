//! `strip_control`: characters that nobody sees go.

use schemars::JsonSchema;
use serde::Deserialize;

use super::site::{self, Lowered, Site};
use super::{StepRule, say};
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::problem::Problem;

pub(super) struct StripControl;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns; without any, every column that is text at this point.
    #[serde(default)]
    columns: Vec<ColumnName>,
    /// Tabs and line breaks go as well.
    #[serde(default)]
    line_breaks: bool,
    /// Characters that only steer how text is shown go as well: zero-width spaces and joiners, soft
    /// hyphens, marks of direction and byte order.
    #[serde(default)]
    invisible: bool,
}

impl StepRule for StripControl {
    type Parameters = Parameters;
    const NAME: &'static str = "strip_control";
    const DOC: Doc = Doc {
        summary: "Removes control characters.",
        semantics: "Control characters are those of Unicode's class Cc: NUL, escape, delete and the like. \
                    Tabs and line breaks stay unless `line_breaks` is set. `invisible` also removes class \
                    Cf, which some scripts and emoji need. In text formats columns of every type are text \
                    until they are converted; values of other types stay.",
        good: "step_id: clean-bytes\nstep_type: strip_control\nparameters: {invisible: true}\n",
        bad: "step_id: clean-bytes\nstep_type: strip_control\nparameters: {invisible: all}\n",
    };
    const ON_TEXT: bool = true;

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        parameters.columns.clone()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let columns = site.text_columns(Self::NAME, &parameters.columns)?;
        let mut class = match parameters.line_breaks {
            true => r"\p{Cc}".to_owned(),
            // All of class Cc but tab, line feed and carriage return.
            false => r"\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x{9F}".to_owned(),
        };
        if parameters.invisible {
            class.push_str(r"\p{Cf}");
        }
        let class = format!("[{class}]+");
        Ok(site::each(columns, "strip control characters of {}", |value| {
            say::replaced(value, &class, "")
        }))
    }
}
