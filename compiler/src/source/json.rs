//! JSON, strictly as RFC 8259 has it.

use assay_schemas::code::Code;
use jsonc_parser::ast::{ObjectPropName, Value};
use jsonc_parser::errors::{ParseError, ParseErrorKind};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::{
    Documents, Entry, Format, LocatedProblem, MAX_DEPTH, MAX_INTEGER, MAX_NODES, Node, NodeValue,
    Reader, Span, offset, unique,
};

pub(super) const FORMAT: Format = Format { extensions: &["json"], read: Reader::Text(read) };

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Reads one JSON text.
pub(super) fn read(text: &str) -> Documents {
    let mut problems = Vec::new();
    let parsed = survey(text).and_then(|()| {
        parse_to_ast(text, &CollectOptions::default(), &STRICT)
            .map_err(|error| syntax_problem(text, &error))
    });
    let roots = match parsed {
        Ok(result) => match result.value {
            Some(value) => vec![convert(value, &mut problems)],
            None => {
                problems.push(LocatedProblem::new(Code::BadSyntax, None, "the file is empty"));
                Vec::new()
            }
        },
        Err(problem) => {
            problems.push(problem);
            Vec::new()
        }
    };
    Documents { roots, problems, ..Documents::default() }
}

/// Looks at brackets, quotes and spaces alone: bounds what the recursive parser will meet, and
/// refuses the control characters and exotic spaces that it would let pass.
fn survey(text: &str) -> Result<(), LocatedProblem> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut nodes = 1_usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = end_of_string(text, at)?;
                continue;
            }
            b'[' | b'{' => {
                depth += 1;
                nodes += 1;
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => nodes += 1,
            0x00..=0x1F if !matches!(byte, b'\t' | b'\n' | b'\r') => {
                return Err(stray(text, at));
            }
            0x80.. => return Err(stray(text, at)),
            _ => {}
        }
        if depth > MAX_DEPTH {
            let message = format!("more than {MAX_DEPTH} lists and objects inside each other");
            return Err(LocatedProblem::new(Code::TooDeep, character(text, at), message));
        }
        if nodes > MAX_NODES {
            let message = format!("the file holds more than {MAX_NODES} values");
            return Err(LocatedProblem::new(Code::TooDeep, character(text, at), message)
                .hint("split it into several files of the same folder"));
        }
        at += 1;
    }
    Ok(())
}

/// The offset behind the string whose opening quote stands at `open`.
fn end_of_string(text: &str, open: usize) -> Result<usize, LocatedProblem> {
    let bytes = text.as_bytes();
    let mut at = open + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return Ok(at + 1),
            b'\\' => at += 2,
            b'\n' | b'\r' => {
                let message = "a line ends inside a string";
                return Err(LocatedProblem::new(Code::BadSyntax, character(text, at), message)
                    .related(character(text, open), "the string begins here")
                    .hint("close the string with `\"`, or write the line break as `\\n`"));
            }
            0x00..=0x1F => {
                let message = format!("control character U+{byte:04X} inside a string");
                return Err(LocatedProblem::new(Code::BadSyntax, character(text, at), message)
                    .hint(format!("write it as `\\u{byte:04x}`")));
            }
            _ => at += 1,
        }
    }
    Err(LocatedProblem::new(Code::BadSyntax, end(text), "the file ends inside a string")
        .related(character(text, open), "the string begins here")
        .hint("close the string with `\"`"))
}

fn stray(text: &str, at: usize) -> LocatedProblem {
    let found = text.get(at..).and_then(|rest| rest.chars().next()).unwrap_or_default();
    let message = format!("unexpected character U+{:04X} outside a string", u32::from(found));
    LocatedProblem::new(Code::BadSyntax, character(text, at), message)
}

/// The whole character that begins at `at`.
fn character(text: &str, at: usize) -> Span {
    let length = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    offset(at)..offset(at + length)
}

/// The last character that is not a space.
fn end(text: &str) -> Span {
    let text = text.trim_end();
    let last = text.chars().next_back().map_or(0, char::len_utf8);
    offset(text.len() - last)..offset(text.len())
}

fn syntax_problem(text: &str, error: &ParseError) -> LocatedProblem {
    let range = error.range();
    let unclosed = |close: &str| {
        let message = format!("the file ends before `{close}`");
        LocatedProblem::new(Code::BadSyntax, end(text), message)
            .related(character(text, range.start), format!("this is never closed by `{close}`"))
            .hint(format!("add the missing `{close}`"))
    };
    let hint = match error.kind() {
        ParseErrorKind::UnterminatedArray => return unclosed("]"),
        ParseErrorKind::UnterminatedObject => return unclosed("}"),
        ParseErrorKind::CommentsNotAllowed => "JSON has no comments; YAML has",
        ParseErrorKind::TrailingCommasNotAllowed => "remove the comma behind the last value",
        ParseErrorKind::SingleQuotedStringsNotAllowed => "write `\"` around texts",
        ParseErrorKind::ExpectedStringObjectProperty => "write `\"` around keys",
        ParseErrorKind::UnexpectedWord => "write `\"` around texts",
        ParseErrorKind::MultipleRootJsonValues => "put several objects into one list",
        _ => "",
    };
    let said = error.kind().to_string();
    let mut letters = said.chars();
    let message: String =
        letters.next().iter().flat_map(|c| c.to_lowercase()).chain(letters).collect();
    let span = offset(range.start)..offset(range.end.max(range.start));
    let problem = LocatedProblem::new(Code::BadSyntax, span, message);
    if hint.is_empty() { problem } else { problem.hint(hint) }
}

/// Recursion is bounded: [`survey`] has let at most [`MAX_DEPTH`] levels pass.
fn convert(value: Value<'_>, problems: &mut Vec<LocatedProblem>) -> Node {
    let at = |range: jsonc_parser::common::Range| offset(range.start)..offset(range.end);
    match value {
        Value::NullKeyword(null) => Node::new(NodeValue::Null, at(null.range)),
        Value::BooleanLit(flag) => Node::new(NodeValue::Bool(flag.value), at(flag.range)),
        Value::StringLit(text) => {
            Node::new(NodeValue::Text(text.value.into_owned()), at(text.range))
        }
        Value::NumberLit(number) => {
            let span = at(number.range);
            let value = self::number(number.value).unwrap_or_else(|message| {
                let problem = LocatedProblem::new(Code::AmbiguousScalar, span.clone(), message)
                    .hint(format!("write it as a text: \"{}\"", number.value));
                problems.push(problem);
                NodeValue::Text(number.value.to_owned())
            });
            Node::new(value, span)
        }
        Value::Array(array) => {
            let items = array.elements.into_iter().map(|item| convert(item, problems)).collect();
            Node::new(NodeValue::List(items), at(array.range))
        }
        Value::Object(object) => {
            let mut entries = Vec::with_capacity(object.properties.len());
            for property in object.properties {
                let (key, range) = match property.name {
                    ObjectPropName::String(name) => (name.value.into_owned(), name.range),
                    ObjectPropName::Word(name) => (name.value.to_owned(), name.range),
                };
                let value = convert(property.value, problems);
                entries.push(Entry { key, key_span: at(range), value });
            }
            Node::new(NodeValue::Object(unique(entries, problems)), at(object.range))
        }
    }
}

/// The value of a JSON number, or why readers disagree on it.
fn number(written: &str) -> Result<NodeValue, String> {
    if written.contains(['.', 'e', 'E']) {
        return match written.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(NodeValue::Float(value)),
            _ => Err(format!("`{written}` is larger than a number can be")),
        };
    }
    match written.parse::<i64>() {
        Ok(value) if value.unsigned_abs() <= MAX_INTEGER => Ok(NodeValue::Integer(value)),
        _ => Err(format!("`{written}` is beyond 2^53, so readers round it differently")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<Code> {
        read(text).problems.iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn good_json_reads_as_serde_reads_it() {
        let texts = [
            "null",
            " [1, -2, 0, 1.5, 1e3, -0.25E-2, true, false] ",
            r#"{"a": {"b": [{}, [], ""]}, "é\u00e9\ud83d\ude00": "\"\\\/\b\f\n\r\t"}"#,
            "\r\n\t{ \"x\" : 9007199254740992 }\r\n",
        ];
        for text in texts {
            let documents = read(text);
            assert_eq!(documents.problems, [], "{text}");
            let expected: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
            assert_eq!(documents.roots[0].to_value(), expected, "{text}");
        }
    }

    #[test]
    fn whatever_serde_refuses_is_refused() {
        let texts = [
            "",
            "[1,]",
            "{\"a\":1,}",
            "[1 2]",
            "{a:1}",
            "{'a':1}",
            "['a']",
            "// c\n1",
            "/* c */1",
            "+1",
            ".5",
            "5.",
            "0x1F",
            "01",
            "-",
            "1e",
            "NaN",
            "Infinity",
            "-Infinity",
            "tru",
            "trueX",
            "[1}",
            "{\"a\":1]",
            "{\"a\" 1}",
            "{\"a\":}",
            "{:1}",
            "{1:1}",
            "]",
            "[",
            "{",
            "{\"a\":[1",
            "\"a",
            "\"a\nb\"",
            "\"\t\"",
            "\"\\x41\"",
            "\"\\ud800\"",
            "\"\\u12\"",
            "\u{b}1",
            "\u{c}1",
            "\u{a0}1",
            "1 2",
            "{} {}",
            "\"\\",
            ",",
            "[,1]",
            "[1,,2]",
            "{,}",
            "\u{feff}1",
            "{null:1}",
            "{\"a\":1 \"b\":2}",
            "é",
        ];
        for text in texts {
            assert!(serde_json::from_str::<serde_json::Value>(text).is_err(), "{text:?}");
            let documents = read(text);
            assert!(!documents.problems.is_empty(), "{text:?} was read as {documents:?}");
        }
    }

    #[test]
    fn duplicate_keys_and_inexact_numbers_are_all_reported() {
        let text = r#"{"a": 1, "a": 2, "b": 9007199254740993, "c": 1e999}"#;
        let problems = read(text).problems;
        let found: Vec<_> = problems.iter().map(|p| (p.code, p.span.clone())).collect();
        let expected = [
            (Code::AmbiguousScalar, Some(22..38)),
            (Code::AmbiguousScalar, Some(45..50)),
            (Code::DuplicateKey, Some(9..12)),
        ];
        assert_eq!(found, expected);
        assert_eq!(problems[2].related[0].0, 1..4);
    }

    #[test]
    fn an_unclosed_bracket_or_quote_names_its_opening() {
        let problem = |text| read(text).problems.remove(0);
        assert_eq!(problem("{\"a\": [1, 2\n").related[0].0, 6..7);
        assert_eq!(problem("{\"a\": \"x,\n\"b\": 1}").related[0].0, 6..7);
        assert_eq!(problem("{\"a\": \"x").related[0].0, 6..7);
    }

    #[test]
    fn depth_and_size_are_bounded() {
        assert_eq!(codes(&"[".repeat(1_000_000)), [Code::TooDeep]);
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(codes(&nested(MAX_DEPTH)), []);
        assert_eq!(codes(&nested(MAX_DEPTH + 1)), [Code::TooDeep]);
        assert_eq!(codes(&format!("[{}1]", "1,".repeat(MAX_NODES))), [Code::TooDeep]);
    }
}
