//! Thresholds over the figures of a run: `hard_failure_rate<0.01`.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::strictness::Strictness;

/// A figure of a run that a threshold may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunFigure {
    /// Share of the evaluated rows that break at least one hard rule.
    HardFailureRate,
    /// Number of hard checks that failed.
    HardFailures,
    /// Number of checks that warned.
    Warnings,
    /// Share of the input rows that were rejected.
    RejectRate,
}

impl RunFigure {
    /// Every figure.
    pub const ALL: &'static [Self] =
        &[Self::HardFailureRate, Self::HardFailures, Self::Warnings, Self::RejectRate];

    /// The name as authors write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::HardFailureRate => "hard_failure_rate",
            Self::HardFailures => "hard_failures",
            Self::Warnings => "warnings",
            Self::RejectRate => "reject_rate",
        }
    }
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Less,
    LessOrEqual,
}

/// What must hold for a run not to fail: comparisons joined by `&&`.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold(Vec<(RunFigure, Comparison, f64)>);

impl Threshold {
    /// Reads a threshold.
    ///
    /// # Errors
    /// Says in words what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.split("&&").map(parse_comparison).collect::<Result<_, _>>().map(Self)
    }

    /// Its comparisons that every run meets (true) or none does, in words. Rates lie between 0 and 1.
    pub fn certain(&self) -> Vec<(String, bool)> {
        let one = |(figure, comparison, bound): &(RunFigure, Comparison, f64)| {
            let rate = matches!(figure, RunFigure::HardFailureRate | RunFigure::RejectRate);
            let (never, always) = match comparison {
                Comparison::Less => (*bound <= 0.0, *bound > 1.0),
                Comparison::LessOrEqual => (*bound < 0.0, *bound >= 1.0),
            };
            let words = Self(vec![(*figure, *comparison, *bound)]).to_string();
            (never || (always && rate)).then_some((words, !never))
        };
        self.0.iter().filter_map(one).collect()
    }

    /// Holds a threshold against the one before; none at all lets every run pass.
    pub fn compare(before: Option<&Self>, after: Option<&Self>) -> Strictness {
        RunFigure::ALL.iter().fold(Strictness::Equivalent, |found, figure| {
            let bound = |threshold: Option<&Self>| threshold.and_then(|own| own.bound(*figure));
            found.and(match (bound(before), bound(after)) {
                (None, None) => Strictness::Equivalent,
                (None, Some(_)) => Strictness::Stricter,
                (Some(_), None) => Strictness::Looser,
                (Some(old), Some(new)) => Strictness::falling(&old, &new),
            })
        })
    }

    /// The narrowest bound of a figure, and whether the bound itself is within it.
    fn bound(&self, wanted: RunFigure) -> Option<(f64, bool)> {
        let bounds = self.0.iter().filter(|(figure, _, _)| *figure == wanted);
        bounds
            .map(|(_, comparison, bound)| (*bound, *comparison == Comparison::LessOrEqual))
            .reduce(|one, other| if other < one { other } else { one })
    }

    /// Whether it holds for the figures that `figure` gives.
    pub fn holds(&self, figure: impl Fn(RunFigure) -> f64) -> bool {
        self.0.iter().all(|(name, comparison, bound)| {
            let value = figure(*name);
            match comparison {
                Comparison::Less => value < *bound,
                Comparison::LessOrEqual => value <= *bound,
            }
        })
    }
}

/// A threshold, for messages.
const EXAMPLE: &str = "`hard_failure_rate<0.01`";

/// Reads one `figure < number`.
fn parse_comparison(text: &str) -> Result<(RunFigure, Comparison, f64), String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(format!("a comparison is missing: write one such as {EXAMPLE}"));
    }
    let (name, rest) = text.split_once('<').ok_or_else(|| match text.contains(['>', '=']) {
        true => format!(
            "`{text}` compares by neither `<` nor `<=`: say what must hold, such as {EXAMPLE}"
        ),
        false => format!("`{text}` is no comparison such as {EXAMPLE}"),
    })?;
    let (comparison, number) = match rest.strip_prefix('=') {
        Some(number) => (Comparison::LessOrEqual, number),
        None => (Comparison::Less, rest),
    };
    let name = name.trim();
    let figure =
        RunFigure::ALL.iter().copied().find(|figure| figure.name() == name).ok_or_else(|| {
            let known: Vec<_> = RunFigure::ALL.iter().map(|figure| figure.name()).collect();
            format!("`{name}` is not a figure of a run; known are {}", known.join(", "))
        })?;
    let number = number.trim();
    let bound = number.parse::<f64>().ok().filter(|bound| bound.is_finite());
    let bound = bound.ok_or_else(|| match number {
        "" => format!("a number is missing behind `{name}`: write one, as in {EXAMPLE}"),
        share if share.ends_with('%') => {
            format!("`{share}` is not a number: rates lie between 0 and 1, as in {EXAMPLE}")
        }
        other => format!("`{other}` is not a number, as in {EXAMPLE}"),
    })?;
    Ok((figure, comparison, bound))
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (figure, comparison, bound)) in self.0.iter().enumerate() {
            let joint = if index == 0 { "" } else { " && " };
            let sign = match comparison {
                Comparison::Less => "<",
                Comparison::LessOrEqual => "<=",
            };
            write!(f, "{joint}{}{sign}{bound}", figure.name())?;
        }
        Ok(())
    }
}

impl Serialize for Threshold {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Threshold {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Threshold {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Threshold".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "threshold",
            "pattern": r"^\s*(hard_failure_rate|hard_failures|warnings|reject_rate)\s*<=?\s*[0-9.eE+-]+\s*(&&\s*(hard_failure_rate|hard_failures|warnings|reject_rate)\s*<=?\s*[0-9.eE+-]+\s*)*$",
            "description": "Comparisons of figures of the run, joined by `&&`: `hard_failure_rate<0.01`."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_threshold_is_read_and_printed_again() {
        let threshold = Threshold::parse("hard_failure_rate<0.01").unwrap();
        assert_eq!(threshold.to_string(), "hard_failure_rate<0.01");
        assert!(threshold.holds(|_| 0.009));
        assert!(!threshold.holds(|_| 0.01));
    }

    #[test]
    fn bounds_that_decide_nothing_are_found() {
        for (text, met) in [
            ("hard_failure_rate<0", Some(false)),
            ("hard_failures<=-1", Some(false)),
            ("reject_rate<=1", Some(true)),
            ("hard_failure_rate<2", Some(true)),
            ("hard_failure_rate<=0", None),
            ("warnings<5", None),
            ("hard_failures<1", None),
        ] {
            let certain = Threshold::parse(text).unwrap().certain();
            assert_eq!(certain.first().map(|(_, met)| *met), met, "{text}");
        }
    }

    #[test]
    fn an_unknown_figure_names_the_known_ones() {
        let message = Threshold::parse("failure_rate < 1").unwrap_err();
        assert!(message.contains("hard_failure_rate"), "{message}");
        assert!(Threshold::parse("warnings < NaN").is_err());
        for (text, words) in [
            ("hard_failure_rate>0.05", "compares by neither `<` nor `<=`"),
            ("hard_failure_rate = 0", "say what must hold"),
            ("hard_failure_rate", "is no comparison such as `hard_failure_rate<0.01`"),
            ("warnings<5 && ", "a comparison is missing"),
            ("", "a comparison is missing"),
            ("reject_rate < 5%", "`5%` is not a number: rates lie between 0 and 1"),
            ("reject_rate<", "a number is missing behind `reject_rate`"),
        ] {
            let message = Threshold::parse(text).unwrap_err();
            assert!(message.contains(words), "{text}: {message}");
        }
    }
}
