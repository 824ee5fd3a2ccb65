//! `split`: a column becomes several.

use schemars::JsonSchema;
use serde::Deserialize;

use super::site::{self, Lowered, Site};
use super::{StepRule, say};
use crate::code::Code;
use crate::datatype::DataType;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::pattern;
use crate::plan::Expr;
use crate::problem::{Pointer, Problem};
use crate::words::counted;

pub(super) struct Split;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The column that is split.
    column: ColumnName,
    /// The columns that the parts go to, in order; the split column may be one of them.
    #[schemars(length(min = 1, max = 9))]
    into: Vec<ColumnName>,
    /// What stands between the parts; either this or `pattern`.
    #[serde(default)]
    separator: Option<String>,
    /// A regular expression that the whole value matches, with a group for each part; either this or
    /// `separator`.
    #[serde(default)]
    pattern: Option<String>,
}

impl Parameters {
    /// The whole value as a pattern with a group for each part.
    fn form(&self) -> String {
        if let Some(pattern) = &self.pattern {
            return format!("^(?:{})$", pattern::portable(pattern).unwrap_or_default());
        }
        let separator = say::literally(self.separator.as_deref().unwrap_or_default());
        let more = self.into.len().saturating_sub(1);
        format!("(?s)^(.*?){}$", format!("(?:{separator}(.*?))?").repeat(more))
    }
}

impl StepRule for Split {
    type Parameters = Parameters;
    const NAME: &'static str = "split";
    const DOC: Doc = Doc {
        summary: "Splits a column into several.",
        semantics: "By a separator, the last part takes the rest with its separators, and parts that are not \
                    there are null. By a pattern, values that do not match are not split: columns that are \
                    there keep their values, and new ones are null. White space at the ends of parts stays. \
                    New columns are text until they are converted to the type that the schema declares for \
                    them; by a separator, they need not be in the files. The column must be text at this point.",
        good: "step_id: city-and-state\nstep_type: split\nparameters:\n  column: city\n  pattern: '(.+?),? ([A-Z]{2})'\n  into: [city, state]\nwhere: state == null\n",
        bad: "step_id: city-and-state\nstep_type: split\nparameters:\n  column: city\n  pattern: '(.+?) [A-Z]{2}'\n  into: [city, state]\n",
    };
    const ON_TEXT: bool = true;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = site::repeated("into", &parameters.into);
        let fault = |field: &str, message: &str| {
            Problem::new(Code::BadValue, field.into(), message.to_owned())
        };
        match (&parameters.separator, &parameters.pattern) {
            (Some(separator), None) if separator.is_empty() => {
                problems.push(fault("separator", "an empty text separates nothing"));
            }
            (Some(_), None) => {}
            (None, Some(pattern)) => match pattern::portable(pattern) {
                Ok(portable) => {
                    let groups = regex::Regex::new(&portable).map_or(0, |r| r.captures_len() - 1);
                    if groups != parameters.into.len() {
                        let wanted = counted(parameters.into.len(), "column");
                        let groups = counted(groups, "group");
                        let text = format!("the pattern has {groups} for {wanted}");
                        problems.push(fault("pattern", &text));
                    }
                }
                Err(error) => {
                    let problem = Problem::new(Code::BadValue, "pattern".into(), error.message);
                    problems.push(match error.hint {
                        Some(hint) => problem.hint(hint),
                        None => problem,
                    });
                }
            },
            (None, None) => problems.push(
                Problem::new(
                    Code::MissingField,
                    Pointer::root(),
                    "`split` needs `separator` or `pattern`",
                )
                .hint("write `separator: \",\"` or `pattern: '(.*) (.*)'`"),
            ),
            (Some(_), Some(_)) => {
                problems
                    .push(fault("pattern", "a column is split by a `separator` or a `pattern`"));
            }
        }
        problems
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        // Where values that do not match are not split, the columns keep what they have.
        let keeps = parameters.pattern.is_some();
        let kept = parameters.into.iter().filter(|name| keeps && **name != parameters.column);
        std::iter::once(&parameters.column).chain(kept).cloned().collect()
    }

    fn makes(parameters: &Parameters) -> Vec<ColumnName> {
        parameters.into.iter().filter(|name| **name != parameters.column).cloned().collect()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let column = site.text_column(Self::NAME, &parameters.column)?;
        let value = || Expr::column(&column.name);
        let form = parameters.form();
        let parts = parameters.into.iter().zip(1_u8..).map(|(into, group)| {
            let part = say::extracted(value(), &form, group);
            let there = *into == column.name || site.columns.iter().any(|c| c.name == *into);
            let part = match (&parameters.pattern, there) {
                (Some(_), true) => {
                    say::when(say::matches(value(), &form), part, Expr::column(into))
                }
                _ => part,
            };
            Lowered::make(
                format!("set `{into}` to part {group} of `{}`", column.name),
                into,
                part,
                DataType::Text,
            )
        });
        // The split column itself is set last, as the other parts are taken from it.
        let (own, mut lowered): (Vec<_>, Vec<_>) =
            parts.partition(|lowered| lowered.makes.iter().any(|made| made.name == column.name));
        lowered.extend(own);
        Ok(lowered)
    }
}
