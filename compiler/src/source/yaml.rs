//! YAML 1.2 from parser events, typed by its core schema.
//!
//! Narrower than YAML: keys are text, there are no tags, and scalars that readers disagree on are
//! refused. Aliases and merge keys are resolved here, within [`super::MAX_NODES`].

mod hint;
mod scalar;
mod tree;

use granit_parser::{Parser, StrInput};

use super::{Documents, Format, NodeValue, Reader, Span, offset};
use tree::{Builder, Stop};

pub(super) const FORMAT: Format = Format { extensions: &["yaml", "yml"], read: Reader::Text(read) };

fn read(text: &str) -> Documents {
    let options = granit_parser::options! {
        strict_indentation: true,
        emit_unresolved_aliases: true,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut builder = Builder::default();
    // How far the events of this document have come.
    let mut reached = 0;
    while let Some(next) = parser.next_event() {
        let step = match next {
            Ok((event, span)) => {
                reached = place(&span).end.max(reached);
                builder.take(event, &span)
            }
            Err(error) => {
                let open = builder.innermost_flow();
                builder.report(hint::syntax_problem(text, reached, open, &error));
                Err(Stop::Document)
            }
        };
        match step {
            Ok(()) => {}
            Err(Stop::Document) => {
                builder.abandon();
                match next_document(&mut parser, reached) {
                    Some(start) => reached = start,
                    None => break,
                }
            }
            Err(Stop::File) => break,
        }
    }
    builder.finish()
}

/// Leaves the rest of a broken document behind: where the next one starts, if there is one, or how
/// far reading has come for certain.
fn next_document<'a>(parser: &mut Parser<'a, StrInput<'a>>, reached: u32) -> Option<u32> {
    let follows = parser.proceed_next_document().unwrap_or(false);
    follows.then(|| match parser.peek() {
        Some(Ok((_, span))) => place(span).start,
        _ => reached,
    })
}

/// Whether the text, unquoted, is a text wherever it stands.
pub(super) fn is_plain_text(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    begins
        && text.chars().all(plain)
        && matches!(scalar::value(text, &(0..0)), (NodeValue::Text(_), None))
}

fn place(span: &granit_parser::Span) -> Span {
    let range = span.byte_range().unwrap_or_default();
    offset(range.start)..offset(range.end.max(range.start))
}

#[cfg(test)]
mod tests {
    use assay_schemas::code::Code;
    use assay_schemas::problem::{Part, Pointer};
    use serde_json::json;

    use super::*;

    fn value(text: &str) -> serde_json::Value {
        let documents = read(text);
        assert_eq!(documents.problems, [], "{text}");
        documents.roots.first().map_or(json!(null), super::super::Node::to_value)
    }

    fn codes(text: &str) -> Vec<Code> {
        read(text).problems.iter().map(|problem| problem.code).collect()
    }

    fn slice(text: &str, span: &Span) -> String {
        text[span.start as usize..span.end as usize].to_owned()
    }

    #[test]
    fn scalars_have_the_types_of_the_core_schema() {
        let text = "a: [null, ~, Null, true, FALSE, 0, -12, +3, 0x1F, 1.5, .5, 5., 1e3, -1.5E-2]\n\
                    b: [2024-01-31, 12:30, 1_000, 1.2.3, 'no', \"007\", abc, 0b1, e3, ., +]\n\
                    c:\nd: |\n  yes\n";
        let expected = json!({
            "a": [null, null, null, true, false, 0, -12, 3, 31, 1.5, 0.5, 5.0, 1e3, -0.015],
            "b": ["2024-01-31", "12:30", "1_000", "1.2.3", "no", "007", "abc", "0b1", "e3",
                  ".", "+"],
            "c": null,
            "d": "yes\n",
        });
        assert_eq!(value(text), expected);
    }

    #[test]
    fn scalars_that_readers_disagree_on_are_all_reported_at_their_place() {
        for word in ["yes", "No", "ON", "off", "y", "N", "007", "-01", "00.5", "0o17", ".nan"] {
            let text = format!("a: {word}\n");
            let problems = read(&text).problems;
            assert_eq!(problems.len(), 1, "{word}");
            assert_eq!(problems[0].code, Code::AmbiguousScalar, "{word}");
            assert_eq!(problems[0].span.as_ref().map(|s| slice(&text, s)), Some(word.to_owned()));
        }
        assert_eq!(codes("[.inf, -.INF, 9007199254740993, 0xFFFFFFFFFFFFFFFF, 1e999]").len(), 5);
        assert_eq!(value("[9007199254740992, -9007199254740992]")[0], json!(9007199254740992_i64));
    }

    #[test]
    fn keys_are_text() {
        assert_eq!(value("1: a\n'no': b\nx y: c\n"), json!({"1": "a", "no": "b", "x y": "c"}));
        assert_eq!(codes("no: a\non: b\n01: c\n1.5: d\ntrue: e\n"), [Code::AmbiguousScalar; 5]);
        assert_eq!(codes(": a\n"), [Code::Unsupported]);
        assert_eq!(codes("? [a, b]\n: c\nd: e\n"), [Code::Unsupported]);
        assert_eq!(codes("a: !!str 1\nb: !custom {}\n"), [Code::Unsupported; 2]);
        assert_eq!(codes("%YAML 1.1\n---\na: 1\n"), [Code::Unsupported]);
    }

    #[test]
    fn a_duplicate_key_points_at_both() {
        let text = "a: 1\nb: 2\na: 3\n\"b\": 4\n";
        let problems = read(text).problems;
        assert_eq!(problems.iter().map(|p| p.code).collect::<Vec<_>>(), [Code::DuplicateKey; 2]);
        assert_eq!(problems[0].span, Some(10..11));
        assert_eq!(problems[0].related[0].0, 0..1);
    }

    #[test]
    fn aliases_stand_where_they_are_used_and_their_insides_where_they_are_defined() {
        let text = "base: &b {x: 1}\nuse: *b\n";
        let root = &read(text).roots[0];
        let at = |pointer: &str| slice(text, &root.locate(&Pointer::from(pointer), Part::Value));
        assert_eq!(root.to_value(), json!({"base": {"x": 1}, "use": {"x": 1}}));
        assert_eq!(at("/use/x"), "1");
        assert_eq!(root.get("use").map(|e| slice(text, &e.value.span)), Some("*b".to_owned()));
    }

    #[test]
    fn merge_keys_fill_in_what_is_not_written() {
        let text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], z: 3}\nd: {<<: *b}\n";
        let merged = value(text);
        assert_eq!(merged["c"], json!({"x": 1, "y": 1, "z": 3}));
        assert_eq!(merged["d"], json!({"y": 2, "z": 2}));
        assert_eq!(value("\"<<\": 1"), json!({"<<": 1}));
        assert_eq!(codes("<<: 1\na: 2\n"), [Code::WrongType]);
        assert_eq!(codes("a: &a {x: 1}\nb: {<<: *a, <<: *a}\n"), [Code::DuplicateKey]);
    }

    #[test]
    fn broken_aliases_are_reported() {
        assert_eq!(codes("a: *nowhere\nb: *either\n"), [Code::BadSyntax; 2]);
        assert_eq!(codes("a: &a [*a]\n"), [Code::BadSyntax]);
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(codes(&nested(super::super::MAX_DEPTH)), []);
        assert_eq!(codes(&nested(super::super::MAX_DEPTH + 1)), [Code::TooDeep]);
        assert_eq!(codes(&"[".repeat(1_000_000)), [Code::TooDeep]);
        assert_eq!(codes(&"- ".repeat(100_000)), [Code::TooDeep]);
        let half = nested(super::super::MAX_DEPTH / 2);
        assert_eq!(codes(&format!("a: &a {half}\nb: [*a]\n")), []);
        let text = format!("a: &a {half}\nb: {}*a{}\n", "[".repeat(32), "]".repeat(32));
        assert_eq!(codes(&text), [Code::TooDeep]);
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let before = level - 1;
            let uses = vec![format!("*a{before}"); 9].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{uses}]\n"));
        }
        assert_eq!(codes(&bomb), [Code::TooDeep]);
    }

    #[test]
    fn a_broken_document_does_not_hide_the_next_ones() {
        let documents = read("a: [1, 2\n---\nb: 1\n---\nc: \"x\n---\nd: 4\n");
        let values: Vec<_> = documents.roots.iter().map(super::super::Node::to_value).collect();
        assert_eq!(values, [json!({"b": 1}), json!({"d": 4})]);
        assert_eq!(documents.problems.len(), 2);
    }

    #[test]
    fn an_unclosed_quote_or_bracket_names_its_opening() {
        // The text and the opening that must be named, as primary or as related place.
        let cases = [
            ("a: [1, 2\nb: 3\n", "["),
            ("a: {x: 1\nb: 3\n", "{"),
            ("a: \"x\nb: 3\n", "\""),
            ("a: 'x\nb: 3\n", "'"),
            ("a: {x: [1, 2}\n", "["),
            ("a:\n  - {x: {y: [1, 2}}\n", "["),
            ("# don't\nk: \"fine\"\na: \"x\nb: \"y\"\n", "\""),
            ("a: 'it's'\n", "'"),
        ];
        for (text, opening) in cases {
            let problems = read(text).problems;
            assert_eq!(problems[0].code, Code::BadSyntax, "{text}");
            let line = text.find("a:").unwrap_or_default();
            let place = text[line..].find(opening).map(|at| offset(line + at));
            let named = problems[0].related.iter().map(|(span, _)| span.start);
            let named: Vec<_> = named.chain(problems[0].span.iter().map(|s| s.start)).collect();
            assert!(named.contains(&place.unwrap_or(u32::MAX)), "{text}: {:?}", problems[0]);
        }
    }

    #[test]
    fn a_bracket_that_is_left_open_is_the_place_and_a_missing_comma_is_not() {
        // The text, and what the problem begins with.
        let cases = [
            ("a: [1, 2\nb: 3\n", "[1, 2"),
            ("r:\n  a: [1,\n    2\n  b: 3\n", "[1,"),
            ("a:\n  - {x: 1, y: [1\n  - {x: 2}\n", "[1\n"),
            ("a:\n  - {x: 1, y: '[', z: {w: [1]\n  - {x: 2}\n", "{w: [1]"),
            ("a:\n  - {x: 1 # {\n  - {x: 2}\n", "{x: 1"),
            ("a: [1, 2", "[1, 2"),
            ("a: {x: 1,\n  y: 2\n\n# the end\n", "{x: 1"),
            ("a: [\n  {x: 1}\n  {x: 2}\n  ]\n", "{x: 2}"),
            ("a: [\n  {x: 1},\n]\n", "]\n"),
        ];
        for (text, place) in cases {
            let problems = read(text).problems;
            let own = problems.first().map(|problem| problem.span.clone().unwrap_or_default());
            let rest = own.map(|span| text[span.start as usize..].to_owned());
            assert!(rest.is_some_and(|rest| rest.starts_with(place)), "{text}: {problems:?}");
        }
    }

    #[test]
    fn a_tab_is_named_on_its_own_line() {
        for text in [
            "a: 1\nb:\n\tc: 2\n",
            "a: x\n\tb: 2\n",
            "a:\n  - b: x\n\t  c: 2\n",
            "a:\n  b: x\n  \tc: 2\n",
            "a: \"x\n\ty\"\n",
            "\ta: 1\n\tb: 2\n",
            "a: x\n\n\n\tb: 2\n",
        ] {
            let problems = read(text).problems;
            let at = problems.first().and_then(|problem| problem.span.clone());
            assert_eq!(
                at.map(|span| slice(text, &span)).as_deref(),
                Some("\t"),
                "{text:?}: {problems:?}"
            );
            assert_eq!(problems[0].hint.as_deref(), Some("indent with spaces, not with tabs"));
        }
    }

    #[test]
    fn windows_line_ends_and_non_ascii_text_keep_their_places() {
        let text = "name: Käse\r\nlist:\r\n  - é: 'ü'\r\n";
        let root = &read(text).roots[0];
        assert_eq!(root.to_value(), json!({"name": "Käse", "list": [{"é": "ü"}]}));
        let at = |pointer: &str, part| slice(text, &root.locate(&Pointer::from(pointer), part));
        assert_eq!(at("/name", Part::Value), "Käse");
        assert_eq!(at("/list/0/é", Part::Value), "'ü'");
        assert_eq!(at("/list/0/é", Part::Key), "é");
    }

    #[test]
    fn spans_of_blocks_end_with_their_last_value() {
        let text = "a:\n  b: 1\n  c:\n    - 2\n\n\nd: 4\n";
        let root = &read(text).roots[0];
        let a = root.get("a").map(|e| slice(text, &e.value.span));
        assert_eq!(a.as_deref(), Some("b: 1\n  c:\n    - 2"));
    }
}
