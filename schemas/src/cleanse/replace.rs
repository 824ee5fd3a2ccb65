//! `replace`: parts of text are replaced.

use schemars::JsonSchema;
use serde::Deserialize;

use super::site::{self, Lowered, Site};
use super::{StepRule, say};
use crate::code::Code;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::pattern;
use crate::plan::{Expr, Function};
use crate::problem::{Pointer, Problem};
use crate::words::counted;

pub(super) struct Replace;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns; without any, every column that is text at this point.
    #[serde(default)]
    columns: Vec<ColumnName>,
    /// The text that is replaced, wherever it stands; either this or `pattern`.
    #[serde(default)]
    text: Option<String>,
    /// A regular expression whose every match is replaced; either this or `text`.
    #[serde(default)]
    pattern: Option<String>,
    /// What stands there instead. With `pattern`, `\\1` to `\\9` are what its groups matched.
    #[serde(default)]
    with: String,
    /// Upper and lower case are the same.
    #[serde(default)]
    ignore_case: bool,
}

impl Parameters {
    fn pattern_problems(&self, pattern: &str) -> Vec<Problem> {
        let portable = match pattern::portable(pattern) {
            Ok(portable) => portable,
            Err(error) => {
                let problem = Problem::new(Code::BadValue, "pattern".into(), error.message);
                return vec![match error.hint {
                    Some(hint) => problem.hint(hint),
                    None => problem,
                }];
            }
        };
        let groups = regex::Regex::new(&portable).map_or(0, |regex| regex.captures_len() - 1);
        let mut letters = self.with.chars();
        while let Some(letter) = letters.next() {
            if letter != '\\' {
                continue;
            }
            let fault = match letters.next() {
                Some('\\') => continue,
                Some(digit) => match digit.to_digit(10) {
                    Some(group) if group as usize <= groups => continue,
                    Some(group) => {
                        let groups = counted(groups, "group");
                        format!("the pattern has {groups}, and no number {group}")
                    }
                    None => format!("`\\{digit}` stands for nothing"),
                },
                None => "a single `\\` stands at the end".to_owned(),
            };
            let problem = Problem::new(Code::BadValue, "with".into(), fault);
            return vec![problem.hint("a backslash itself is written `\\\\`")];
        }
        Vec::new()
    }
}

impl StepRule for Replace {
    type Parameters = Parameters;
    const NAME: &'static str = "replace";
    const DOC: Doc = Doc {
        summary: "Replaces parts of text, literally or by a regular expression.",
        semantics: "Every occurrence is replaced, from left to right; what has been put in is not looked at \
                    again. Whole values are replaced by `map_values`. Without `with` the part goes. In text \
                    formats columns of every type are text until they are converted; values of other types \
                    stay.",
        good: "step_id: no-percent\nstep_type: replace\nparameters: {columns: [abv], pattern: \"%$\"}\n",
        bad: "step_id: no-percent\nstep_type: replace\nparameters: {columns: [abv], pattern: \"(%\"}\n",
    };
    const ON_TEXT: bool = true;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let at = |field: &str, message: &str| {
            vec![Problem::new(Code::BadValue, field.into(), message.to_owned())]
        };
        match (&parameters.text, &parameters.pattern) {
            (Some(text), None) if text.is_empty() => at("text", "an empty text stands everywhere"),
            (Some(_), None) => Vec::new(),
            (None, Some(pattern)) => parameters.pattern_problems(pattern),
            (None, None) => vec![
                Problem::new(
                    Code::MissingField,
                    Pointer::root(),
                    "`replace` needs `text` or `pattern`",
                )
                .hint("write `text: \"St.\"` or `pattern: \"[0-9]+$\"`"),
            ],
            (Some(_), Some(_)) => {
                at("pattern", "a step replaces a `text` or a `pattern`, not both")
            }
        }
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        parameters.columns.clone()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let columns = site.text_columns(Self::NAME, &parameters.columns)?;
        let flags = if parameters.ignore_case { "(?i)" } else { "" };
        let (shown, said) = match (&parameters.text, &parameters.pattern) {
            (Some(text), _) if parameters.ignore_case => {
                (text, Some((say::literally(text), say::as_replacement(&parameters.with))))
            }
            (Some(text), _) => (text, None),
            (None, pattern) => {
                let pattern = pattern.as_ref().unwrap_or(&parameters.with);
                let portable = pattern::portable(pattern).unwrap_or_default();
                (pattern, Some((portable, parameters.with.clone())))
            }
        };
        let title = format!("replace `{shown}` in {{}} by `{}`", parameters.with);
        Ok(site::each(columns, &title, |value| match &said {
            Some((pattern, with)) => say::replaced(value, &format!("{flags}{pattern}"), with),
            None => {
                let parts = [value, say::text(shown.as_str()), say::text(parameters.with.as_str())];
                Expr::call(Function::Replace, parts)
            }
        }))
    }
}
