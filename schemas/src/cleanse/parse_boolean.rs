//! `parse_boolean`: words for true and false become those.

use schemars::JsonSchema;
use serde::Deserialize;

use super::site::{self, Lowered, Site};
use super::{StepRule, say};
use crate::code::Code;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::literal;
use crate::plan::Literal;
use crate::problem::Problem;

pub(super) struct ParseBoolean;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns; without any, every column that is text at this point.
    #[serde(default)]
    columns: Vec<ColumnName>,
    /// Words for true; `true`, `t`, `yes`, `y` and `1` where none is given.
    #[serde(default)]
    #[schemars(length(min = 1))]
    r#true: Option<Vec<String>>,
    /// Words for false; `false`, `f`, `no`, `n` and `0` where none is given.
    #[serde(default)]
    #[schemars(length(min = 1))]
    r#false: Option<Vec<String>>,
}

impl Parameters {
    fn words(&self) -> (Vec<String>, Vec<String>) {
        let or = |given: &Option<Vec<String>>, usual: [&str; 5]| {
            given.clone().unwrap_or_else(|| usual.map(str::to_owned).to_vec())
        };
        (
            or(&self.r#true, ["true", "t", "yes", "y", "1"]),
            or(&self.r#false, ["false", "f", "no", "n", "0"]),
        )
    }
}

impl StepRule for ParseBoolean {
    type Parameters = Parameters;
    const NAME: &'static str = "parse_boolean";
    const DOC: Doc = Doc {
        summary: "Reads words for true and false.",
        semantics: "A value that is one of the words, whatever its case, becomes `true` or `false`; others \
                    stay as they are, so that a column declared as boolean rejects them. White space counts. \
                    In text formats columns of every type are text until they are converted; values of other \
                    types stay.",
        good: "step_id: ja-nein\nstep_type: parse_boolean\nparameters: {columns: [paid], \"true\": [ja], \"false\": [nein]}\n",
        bad: "step_id: ja-nein\nstep_type: parse_boolean\nparameters: {columns: [paid], \"true\": [ja], \"false\": [Ja]}\n",
    };
    const ON_TEXT: bool = true;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let (yes, no) = parameters.words();
        let lower = |word: &String| word.to_lowercase();
        let both = no.iter().position(|word| yes.iter().map(lower).any(|yes| yes == lower(word)));
        let problem = both.map(|index| {
            let message = format!("`{}` means true as well", no[index]);
            Problem::new(Code::BadValue, "false".into(), message)
        });
        problem.into_iter().collect()
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        parameters.columns.clone()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let columns = site.text_columns(Self::NAME, &parameters.columns)?;
        let (yes, no) = parameters.words();
        let literals = |words: &[String]| words.iter().cloned().map(Literal::Text).collect();
        Ok(site::each(columns, "read truth values of {}", |value| {
            let is = |words: &[String]| literal::is_one_of(value.clone(), literals(words), true);
            let branches = vec![(is(&yes), say::text("true")), (is(&no), say::text("false"))];
            crate::plan::Expr::Case { branches, otherwise: Box::new(value.clone()) }
        }))
    }
}
