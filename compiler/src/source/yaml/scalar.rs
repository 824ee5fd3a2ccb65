//! What a plain scalar means: the core schema of YAML 1.2, less what readers disagree on.

use assay_schemas::code::Code;
use assay_schemas::problem::Fix;

use crate::edit::Change;

use super::super::{LocatedProblem, MAX_INTEGER, NodeValue, Span};

/// What a plain scalar is, as far as its text tells.
enum Kind {
    Sure(NodeValue),
    /// Readers disagree: a harmless value, what is wrong, and the way out.
    Doubtful(NodeValue, String, String),
}

/// The value of a plain scalar, and what is wrong with it.
pub(super) fn value(text: &str, span: &Span) -> (NodeValue, Option<LocatedProblem>) {
    match classify(text) {
        Kind::Sure(value) => (value, None),
        Kind::Doubtful(value, message, hint) => {
            let problem = LocatedProblem::new(Code::AmbiguousScalar, span.clone(), message);
            (value, Some(problem.hint(hint)))
        }
    }
}

/// What is wrong with a plain scalar as a key. Texts are good keys, and so are whole numbers in
/// their usual spelling, which everybody turns into the same text. The single letters `y` and `n`
/// are common names of columns, and no reader in use takes them for booleans in a key.
pub(super) fn doubt_about_key(text: &str, span: &Span) -> Option<LocatedProblem> {
    match classify(text) {
        _ if matches!(text, "y" | "Y" | "n" | "N") => None,
        Kind::Sure(NodeValue::Text(_)) => None,
        Kind::Sure(NodeValue::Integer(number)) if number.to_string() == text => None,
        _ => {
            let message = format!("the unquoted key `{text}` is not a text to every reader");
            let problem = LocatedProblem::new(Code::AmbiguousScalar, span.clone(), message);
            let quote = Change::Fix(Fix::Quote);
            Some(problem.hint(format!("quote it: \"{text}\"")).fix(span.clone(), quote))
        }
    }
}

fn classify(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Sure(NodeValue::Null),
        "true" | "True" | "TRUE" => Kind::Sure(NodeValue::Bool(true)),
        "false" | "False" | "FALSE" => Kind::Sure(NodeValue::Bool(false)),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => boolean_word(text, true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => boolean_word(text, false),
        _ if text
            .starts_with(['+', '-', '.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) =>
        {
            number(text)
        }
        _ => sure_text(text),
    }
}

fn sure_text(text: &str) -> Kind {
    Kind::Sure(NodeValue::Text(text.to_owned()))
}

fn doubtful(value: NodeValue, message: String, text: &str) -> Kind {
    Kind::Doubtful(value, message, format!("quote it if a text is meant: \"{text}\""))
}

fn boolean_word(text: &str, meaning: bool) -> Kind {
    let message = format!("unquoted `{text}` is a text to some readers, a boolean to others");
    let hint = format!("write `{meaning}`, or quote it: \"{text}\"");
    Kind::Doubtful(NodeValue::Bool(meaning), message, hint)
}

fn number(text: &str) -> Kind {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let signed = unsigned.len() < text.len();
    if matches!(unsigned, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        let message = format!("`{text}` is not a number that JSON can hold");
        return doubtful(NodeValue::Text(text.to_owned()), message, text);
    }
    if let Some(digits) = unsigned.strip_prefix("0x").filter(|digits| all(digits, 16)) {
        return match i64::from_str_radix(digits, 16) {
            Ok(_) if signed => unlike(text, "a signed hexadecimal number"),
            Ok(value) => whole(value, text),
            Err(_) => inexact(text),
        };
    }
    if unsigned.strip_prefix("0o").is_some_and(|digits| all(digits, 8)) {
        return unlike(text, "an octal number");
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (before, after) = match mantissa.split_once('.') {
        Some((before, after)) => (before, Some(after)),
        None => (mantissa, None),
    };
    let digits = |part: &str| part.is_empty() || all(part, 10);
    let exponent_fits =
        exponent.is_none_or(|part| all(part.strip_prefix(['+', '-']).unwrap_or(part), 10));
    let has_digits = !before.is_empty() || after.is_some_and(|part| !part.is_empty());
    if !(has_digits && digits(before) && digits(after.unwrap_or_default()) && exponent_fits) {
        return sure_text(text);
    }
    if before.len() > 1 && before.starts_with('0') {
        return unlike(text, "a number with a leading zero");
    }
    if after.is_none() && exponent.is_none() {
        return text.parse().map_or_else(|_| inexact(text), |value| whole(value, text));
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Kind::Sure(NodeValue::Float(value)),
        _ => {
            let message = format!("`{text}` is larger than a number can be");
            doubtful(NodeValue::Text(text.to_owned()), message, text)
        }
    }
}

/// At least one digit, and nothing else.
fn all(text: &str, radix: u32) -> bool {
    !text.is_empty() && text.chars().all(|digit| digit.is_digit(radix))
}

fn whole(value: i64, text: &str) -> Kind {
    if value.unsigned_abs() <= MAX_INTEGER {
        Kind::Sure(NodeValue::Integer(value))
    } else {
        inexact(text)
    }
}

fn inexact(text: &str) -> Kind {
    let message = format!("`{text}` is beyond 2^53, so readers round it differently");
    doubtful(NodeValue::Text(text.to_owned()), message, text)
}

fn unlike(text: &str, what: &str) -> Kind {
    let message = format!("`{text}` is {what}, which readers understand differently");
    doubtful(NodeValue::Text(text.to_owned()), message, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_name_the_two_ways_out() {
        let (value, problem) = value("on", &(0..2));
        assert_eq!(value, NodeValue::Bool(true));
        let hint = problem.and_then(|problem| problem.hint);
        assert_eq!(hint.as_deref(), Some("write `true`, or quote it: \"on\""));
    }

    #[test]
    fn only_usual_whole_numbers_are_keys() {
        for good in ["0", "7", "-7", "12", "name", "2024-01-31", "a b", "y", "N"] {
            assert_eq!(doubt_about_key(good, &(0..1)), None, "{good}");
        }
        for bad in ["+7", "0x1F", "1.0", "1e3", "null", "~", "yes", "08", "99999999999999999999"] {
            assert!(doubt_about_key(bad, &(0..1)).is_some(), "{bad}");
        }
    }

    #[test]
    fn almost_numbers_are_texts() {
        for text in
            ["1.2.3", "1e", "1e+", "e1", "--1", "+-1", "0x", "0xG", "0o8", "1_0", ".e1", "-"]
        {
            assert_eq!(value(text, &(0..1)), (NodeValue::Text(text.to_owned()), None), "{text}");
        }
    }
}
