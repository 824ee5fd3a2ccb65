//! One pattern or a list of them, as the rules about forms of text share it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Target, values};
use crate::code::Code;
use crate::plan::{Expr, Field};
use crate::problem::{Pointer, Problem};

/// Of several patterns, how many must match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum MatchOn {
    /// One.
    #[default]
    Any,
    /// Every one.
    All,
}

/// Patterns, and what must become of them.
pub(super) struct List<'a> {
    /// Each with its place, seen from the parameters.
    pub(super) patterns: Vec<(Pointer, &'a str)>,
    pub(super) match_on: MatchOn,
    /// A match violates.
    pub(super) negate: bool,
    /// What a value does with a pattern, in words: "matches".
    pub(super) verb: &'static str,
}

/// The patterns with their places, seen from the parameters.
pub(super) fn all<'a>(one: Option<&'a String>, list: &'a [String]) -> Vec<(Pointer, &'a str)> {
    let one = one.map(|pattern| (Pointer::from("pattern"), pattern.as_str()));
    let place = |index| Pointer::from("patterns").index(index);
    let list = list.iter().enumerate().map(|(index, pattern)| (place(index), pattern.as_str()));
    one.into_iter().chain(list).collect()
}

/// What is wrong with `pattern` and `patterns`, seen from the parameters; `read` says what is wrong with one.
pub(super) fn check(
    one: Option<&String>,
    list: &[String],
    read: impl Fn(&str) -> Result<(), Problem>,
) -> Vec<Problem> {
    if one.is_some() != list.is_empty() {
        return vec![if one.is_some() {
            let message = "`patterns` stands alone, without `pattern`";
            Problem::new(Code::BadValue, Pointer::from("patterns"), message).at_key()
        } else {
            let message = "neither `pattern` nor `patterns` is given, so nothing is demanded";
            Problem::new(Code::MissingField, Pointer::root(), message)
        }];
    }
    let problem = |(place, pattern): (Pointer, &str)| Some(read(pattern).err()?.within(&place));
    all(one, list).into_iter().filter_map(problem).collect()
}

impl List<'_> {
    /// The plan; `test` makes a pattern into a condition.
    ///
    /// # Errors
    /// A pattern that is none, seen from the parameters.
    pub(super) fn lower(
        &self,
        field: &Field,
        target: &Target<'_>,
        test: impl Fn(&str) -> Result<Expr, Problem>,
    ) -> Result<Lowered, Problem> {
        let tests = self
            .patterns
            .iter()
            .map(|(place, pattern)| test(pattern).map_err(|problem| problem.within(place)));
        let tests = tests.collect::<Result<Vec<_>, _>>()?;
        let shown: Vec<_> =
            self.patterns.iter().map(|(_, pattern)| format!("`{pattern}`")).collect();
        let (holds, joint, word) = match self.match_on {
            MatchOn::Any => (values::any(tests), " or ", "any of "),
            MatchOn::All => (Expr::all(tests), " and ", "all of "),
        };
        let several = if shown.len() > 1 && self.negate { word } else { "" };
        let (holds, no) = if self.negate { (values::not(holds), " not") } else { (holds, "") };
        let verb =
            if self.negate { format!("does{no}: {}", self.verb) } else { self.verb.to_owned() };
        let title = format!("`{}` {verb} {several}{}", field.name, shown.join(joint));
        Ok(values::lowered(field, target, title, holds))
    }
}
