//! `change_case`: letters become upper or lower case.

use schemars::JsonSchema;
use serde::Deserialize;

use super::StepRule;
use super::site::{self, Lowered, Site};
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Expr, Function};
use crate::problem::Problem;

pub(super) struct ChangeCase;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns; without any, every column that is text at this point.
    #[serde(default)]
    columns: Vec<ColumnName>,
    /// Which case.
    to: Case,
}

/// Upper, lower or title case.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Case {
    /// Every letter large.
    Upper,
    /// Every letter small.
    Lower,
    /// The first letter of each word large.
    Title,
}

impl StepRule for ChangeCase {
    type Parameters = Parameters;
    const NAME: &'static str = "change_case";
    const DOC: Doc = Doc {
        summary: "Brings text to upper, lower or title case.",
        semantics: "Title case writes the first letter of each word large and the others small; a word ends \
                    at anything but letters, digits and apostrophes. In title case a letter whose large \
                    form is several letters stays. In text formats columns of every type are text until they \
                    are converted; values of other types stay.",
        good: "step_id: codes-large\nstep_type: change_case\nparameters: {columns: [country], to: upper}\n",
        bad: "step_id: codes-large\nstep_type: change_case\nparameters: {columns: [country], to: UPPER}\n",
    };
    const ON_TEXT: bool = true;

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        parameters.columns.clone()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let columns = site.text_columns(Self::NAME, &parameters.columns)?;
        let (function, title) = match parameters.to {
            Case::Upper => (Function::Upper, "bring {} to upper case"),
            Case::Lower => (Function::Lower, "bring {} to lower case"),
            Case::Title => (Function::TitleCase, "bring {} to title case"),
        };
        Ok(site::each(columns, title, |value| Expr::call(function, [value])))
    }
}
