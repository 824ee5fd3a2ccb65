//! `regex`: text has a form.

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

pub(super) struct Regex;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The regular expression, in the syntax that RE2 and Rust's `regex` share.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pattern: Option<String>,
    /// Several of them, instead of `pattern`.
    #[serde(default)]
    #[schemars(length(min = 1))]
    patterns: Vec<String>,
    /// Of several patterns, whether one must match or all of them.
    #[serde(default)]
    match_on: MatchOn,
    /// Whether the whole value must match, or a part of it.
    #[serde(default)]
    mode: Mode,
    /// A match violates: no pattern may match, or with `match_on: all` not all of them.
    #[serde(default)]
    negate: bool,
}

/// How much of a value must match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mode {
    /// All of it.
    #[default]
    Full,
    /// Any part of it.
    Search,
}

impl Rule for Regex {
    type Parameters = Parameters;
    const NAME: &'static str = "regex";
    const DOC: Doc = Doc {
        summary: "Every text matches a regular expression.",
        semantics: "The whole text must match, line breaks included; with `mode: search`, a part of it. Of \
                    several `patterns` one must match, or all with `match_on: all`; `negate: true` turns \
                    the answer around, so that a match violates. \
                    Nulls are skipped unless `nulls: violate`; empty text is judged. `\\d`, `\\w`, `\\s` and \
                    `\\b` are ASCII; letters of any script are `\\p{L}`. `.` matches no line break unless \
                    `(?s)`; `(?i)` ignores case. Looking around and references to groups do not exist, \
                    so a match takes time in proportion to the text. Quote the pattern with single quotes, \
                    within which YAML leaves backslashes alone.",
        good: "rule_id: plate-form\nrule_type: regex\ncolumn: plate\nparameters: {pattern: '[A-Z]{2}\\d{4}'}\n",
        bad: "rule_id: plate-form\nrule_type: regex\ncolumn: plate\nparameters: {pattern: '(?=[A-Z])\\w+'}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let given = &parameters.pattern;
        patterns::check(given.as_ref(), &parameters.patterns, |pattern| portable(pattern).map(drop))
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        expect_family(Self::NAME, field, &[Family::Text], "column".into())?;
        let whole = parameters.mode == Mode::Full;
        let list = List {
            patterns: patterns::all(parameters.pattern.as_ref(), &parameters.patterns),
            match_on: parameters.match_on,
            negate: parameters.negate,
            verb: if whole { "matches" } else { "contains a match of" },
        };
        let lowered = list.lower(field, target, |pattern| {
            let pattern = portable(pattern)?;
            Ok(Expr::Matches { value: Box::new(Expr::column(&field.name)), pattern, whole })
        });
        lowered.map_err(|problem| vec![problem.within(&Pointer::from("parameters"))])
    }
}

fn portable(pattern: &str) -> Result<String, Problem> {
    pattern::portable(pattern).map_err(|error| {
        let problem = Problem::new(Code::BadValue, Pointer::root(), error.message);
        match error.hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn the_plan_holds_the_portable_pattern_and_the_title_the_authors() {
        let fields = fields(&[("plate", "text"), ("id", "integer")]);
        let lowered = lower("regex", json!({"pattern": r"\d+"}), Some("plate"), &fields).unwrap();
        assert_eq!(lowered.title, r"`plate` matches `\d+`");
        let body = serde_json::to_value(lowered.body).unwrap();
        assert_eq!(body["holds"]["pattern"], "[0-9]+");
        assert_eq!(body["holds"]["whole"], true);
        assert!(lower("regex", json!({"pattern": "a"}), Some("id"), &fields).is_err());
    }

    #[test]
    fn a_pattern_that_cannot_run_everywhere_is_a_problem() {
        assert_eq!(problems("regex", json!({})), [""]);
        assert_eq!(problems("regex", json!({"pattern": "a", "patterns": ["b"]})), ["/patterns"]);
        assert_eq!(problems("regex", json!({"patterns": ["b", "("]})), ["/patterns/1"]);
        for pattern in ["(", "(?=a)", "", "[a&&b]"] {
            assert_eq!(problems("regex", json!({"pattern": pattern})), ["/pattern"], "{pattern}");
        }
        assert_eq!(problems("regex", json!({"pattern": "a", "mode": "whole"})), ["/mode"]);
    }
}
