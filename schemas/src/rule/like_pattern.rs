//! `like_pattern`: text has a form in the notation of SQL.

use schemars::JsonSchema;
use serde::Deserialize;

use super::patterns::{self, List, MatchOn};
use super::{Lowered, Rule, Subject, Target, expect_family};
use crate::code::Code;
use crate::datatype::Family;
use crate::doc::Doc;
use crate::pattern;
use crate::plan::Expr;
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct LikePattern;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The pattern: `%` is any text, `_` any one character.
    #[serde(default)]
    pattern: Option<String>,
    /// Several of them, instead of `pattern`.
    #[serde(default)]
    #[schemars(length(min = 1))]
    patterns: Vec<String>,
    /// Of several patterns, whether one must match or all of them.
    #[serde(default)]
    match_on: MatchOn,
    /// A character before which `%`, `_` and itself are plain; there is none unless one is given.
    #[serde(default)]
    escape: Option<char>,
    /// Upper and lower case are the same.
    #[serde(default)]
    ignore_case: bool,
    /// A match violates: no pattern may match, or with `match_on: all` not all of them.
    #[serde(default)]
    negate: bool,
}

impl Rule for LikePattern {
    type Parameters = Parameters;
    const NAME: &'static str = "like_pattern";
    const DOC: Doc = Doc {
        summary: "Every text has a form in the notation of SQL's LIKE.",
        semantics: "The whole text must match: `%` stands for any text, also none, `_` for exactly one \
                    character, line breaks included; every other character, brackets too, for itself. Of \
                    several `patterns` one must match, or all with `match_on: all`; `negate: true` turns the \
                    answer around. Case counts unless `ignore_case`. Nulls are skipped unless \
                    `nulls: violate`; empty text is judged.",
        good: "rule_id: our-mail\nrule_type: like_pattern\ncolumn: email\nparameters: {pattern: '%@example.org'}\n",
        bad: "rule_id: our-mail\nrule_type: like_pattern\ncolumn: email\nparameters: {patterns: []}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let read = |pattern: &str| translated(pattern, parameters).map(drop);
        patterns::check(parameters.pattern.as_ref(), &parameters.patterns, read)
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        expect_family(Self::NAME, field, &[Family::Text], "column".into())?;
        let list = List {
            patterns: patterns::all(parameters.pattern.as_ref(), &parameters.patterns),
            match_on: parameters.match_on,
            negate: parameters.negate,
            verb: "is like",
        };
        let lowered = list.lower(field, target, |pattern| {
            let pattern = translated(pattern, parameters)?;
            Ok(Expr::Matches { value: Box::new(Expr::column(&field.name)), pattern, whole: true })
        });
        lowered.map_err(|problem| vec![problem.within(&Pointer::from("parameters"))])
    }
}

/// The same pattern as a regular expression.
fn translated(like: &str, parameters: &Parameters) -> Result<String, Problem> {
    let fault = |message: String| Problem::new(Code::BadValue, Pointer::root(), message);
    let mut written = String::from(if parameters.ignore_case { "(?is)" } else { "(?s)" });
    let mut letters = like.chars();
    while let Some(letter) = letters.next() {
        let plain = match letter {
            _ if parameters.escape == Some(letter) => match letters.next() {
                Some(next) if next == '%' || next == '_' || next == letter => next,
                _ => {
                    let message = format!("`{letter}` in `{like}` stands before nothing special");
                    return Err(fault(message));
                }
            },
            '%' => {
                // One after the other they mean no more than one.
                if !written.ends_with(".*") {
                    written.push_str(".*");
                }
                continue;
            }
            '_' => {
                written.push('.');
                continue;
            }
            other => other,
        };
        written.push_str(&regex_syntax::escape(&plain.to_string()));
    }
    pattern::portable(&written).map_err(|error| fault(error.message))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn only_two_characters_are_special() {
        let fields = fields(&[("t", "text")]);
        let pattern = |parameters| {
            let lowered = lower("like_pattern", parameters, Some("t"), &fields).unwrap();
            serde_json::to_value(lowered.body).unwrap()["holds"]["pattern"].clone()
        };
        assert_eq!(pattern(json!({"pattern": "a%%_.[1]*%"})), r"(?s)a.*.\.\[1\]\*.*");
        assert_eq!(pattern(json!({"pattern": r"5\%_", "escape": "\\"})), "(?s)5%.");
        let dangling = json!({"pattern": r"5\x", "escape": "\\"});
        assert_eq!(problems("like_pattern", dangling), ["/pattern"]);
        assert_eq!(problems("like_pattern", json!({})), [""]);
    }
}
