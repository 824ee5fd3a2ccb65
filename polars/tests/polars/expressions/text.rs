//! Functions of text, patterns, check digits and JSON.

use assay_schemas::plan::{Expr, Function};

use super::{call, column, decimal, integer, shown, text, value};

#[test]
fn text_goes_by_code_points_and_unicode_white_space() {
    let padded = "\u{a0} \u{2003}Ä\u{3000}\n";
    let of = |function| value(padded, &call(function, [column("t")])).unwrap();
    assert_eq!(of(Function::Trim).as_deref(), Some("Ä"));
    assert_eq!(of(Function::Length).as_deref(), Some("6"));
    assert_eq!(shown(call(Function::Less, [text("Z"), text("a")])).as_deref(), Some("true"));
    assert_eq!(shown(call(Function::Less, [text("z"), text("é")])).as_deref(), Some("true"));
    for (function, one, other, wanted) in [
        (Function::StartsWith, "a%b", "a%", "true"),
        (Function::EndsWith, "a_b", "_b", "true"),
        (Function::Contains, "ab", "%", "false"),
        (Function::Contains, "ab", "", "true"),
    ] {
        assert_eq!(shown(call(function, [text(one), text(other)])).as_deref(), Some(wanted));
    }
    for (function, one, from, to, wanted) in [
        (Function::Replace, "a.b.c", ".", "", "abc"),
        (Function::Replace, "abc", "", "x", "abc"),
        (Function::Translate, "añb", "ñb", "n", "an"),
    ] {
        let asked = call(function, [text(one), text(from), text(to)]);
        assert_eq!(shown(asked).as_deref(), Some(wanted));
    }
    for (function, written, wanted) in [
        (Function::Lower, "ÀΣİ", "àσi"),
        (Function::Upper, "straße ᾳ", "STRAẞE ᾼ"),
        (Function::TitleCase, "o'NEIL the-second", "O'neil The-Second"),
    ] {
        assert_eq!(shown(call(function, [text(written)])).as_deref(), Some(wanted));
    }
    let alike = [text("ab"), text("ba"), text("damerau_levenshtein")];
    assert_eq!(shown(call(Function::Similarity, alike)).as_deref(), Some("0.5"));
    let normal = [text("e\u{301}"), text("nfc")];
    assert_eq!(shown(call(Function::Normalize, normal)).as_deref(), Some("é"));
}

#[test]
fn parts_of_text_are_counted_as_duckdb_counts() {
    for (from, length, wanted) in [
        (1, 2, "hé"),
        (2, 10, "éllo"),
        (0, 2, "h"),
        (6, 1, ""),
        (2, 0, ""),
        (-2, 1, "l"),
        (-2, 5, "lo"),
        (-9, 5, "h"),
        (3, -2, "hé"),
        (-1, -2, "ll"),
    ] {
        let asked = [text("héllo"), integer(from), integer(length)];
        let found = shown(call(Function::Substring, asked));
        assert_eq!(found.as_deref(), Some(wanted), "{from} {length}");
    }
}

#[test]
fn a_pattern_matches_the_whole_or_a_part() {
    let matches = |value: &str, pattern: &str, whole| {
        shown(Expr::Matches { value: Box::new(text(value)), pattern: pattern.into(), whole })
    };
    for (value, pattern, whole, wanted) in [
        ("abc", "b", true, "false"),
        ("abc", "b", false, "true"),
        ("abc", "a|abc", true, "true"),
        ("abc\n", "abc", true, "false"),
        ("abc\n", "abc$", false, "false"),
        ("a\nc", "a.c", true, "false"),
        ("é", ".", true, "true"),
        ("éa", r"\ba", false, "true"),
        ("b]", r"[^]a]", false, "true"),
        ("]", r"[]b]\b|]", false, "true"),
    ] {
        let found = matches(value, pattern, whole);
        assert_eq!(found.as_deref(), Some(wanted), "{value:?} {pattern}");
    }
    let replaced = |value: &str, pattern: &str, replacement: &str| {
        let (pattern, replacement) = (pattern.to_owned(), replacement.to_owned());
        shown(Expr::ReplaceMatches { value: Box::new(text(value)), pattern, replacement })
    };
    assert_eq!(replaced("a1b22", "([0-9]+)", r"<\1>\\$1").as_deref(), Some(r"a<1>\$1b<22>\$1"));
    assert_eq!(replaced("abc", "x*", "-").as_deref(), Some("-a-b-c-"));
    assert_eq!(replaced("baaac", "a*", "-").as_deref(), Some("-b-c-"));
    let extract = |value: &str, group| {
        let value = Box::new(text(value));
        shown(Expr::Extract { value, pattern: "a(b*)(c)?".into(), group })
    };
    assert_eq!(extract("xabbc", 0).as_deref(), Some("abbc"));
    assert_eq!(extract("xabbc", 1).as_deref(), Some("bb"));
    assert_eq!(extract("xa", 1), None);
    assert_eq!(extract("xa", 2), None);
    assert_eq!(extract("y", 0), None);
}

#[test]
fn what_has_no_equal_is_unsaid() {
    for (pattern, replacement) in [("a", r"\1"), ("a", r"\x"), ("(", ""), (r"a\Bb", "")] {
        let (pattern, replacement) = (pattern.to_owned(), replacement.to_owned());
        let asked = Expr::ReplaceMatches { value: Box::new(text("a")), pattern, replacement };
        assert!(value("x", &asked).is_err());
    }
    assert!(value("x", &column("nowhere")).is_err());
    assert!(value("x", &call(Function::Not, [])).is_err());
    assert!(value("x", &call(Function::Lower, [column("i")])).is_err());
    for digits in ["1; DROP TABLE r", "1.2.3", "", "-", "1e5", "'", "--1", "+-1"] {
        assert!(value("x", &decimal(digits)).is_err(), "{digits}");
    }
}

#[test]
fn check_digits_are_counted() {
    for (function, written, wanted) in [
        (Function::Luhn, "79927398713", Some("true")),
        (Function::Luhn, "79927398714", Some("false")),
        (Function::Luhn, "", Some("false")),
        (Function::Luhn, "7992a", Some("false")),
        (Function::Mod97, "3214282912345698765432161182", Some("1")),
        (Function::Mod97, "A1", Some("4")),
        (Function::Mod97, "a1", None),
        (Function::Mod97, "", None),
    ] {
        let found = shown(call(function, [text(written)]));
        assert_eq!(found.as_deref(), wanted, "{function:?} {written}");
    }
    let weighted = |value: &str| {
        let asked = [text(value), text("0123456789X"), integer(3), integer(1), integer(0)];
        shown(call(Function::WeightedSum, asked))
    };
    assert_eq!(weighted("X25").as_deref(), Some("32"));
    assert_eq!(weighted("X2"), None);
    assert_eq!(weighted("X2y"), None);
}

#[test]
fn documents_are_read_by_pointers() {
    let document = r#" {"a" : [ 1 , {"b\/" : "\u00e9\n" } , 1.50, 1e3], "a": 2, "n":null, "t":true,"":{"x":1}} "#;
    let at = |function, pointer: &str, names: &[&str]| {
        let names = names.iter().map(|name| text(name));
        shown(call(function, [text(document), text(pointer)].into_iter().chain(names)))
    };
    for (pointer, kind, found, length) in [
        ("/a/0", Some("number"), Some("1"), Some("0")),
        ("/a/1/b~1", Some("string"), Some("é\n"), Some("0")),
        ("/a/1", Some("object"), Some(r#"{"b/":"é\n"}"#), Some("0")),
        ("/a", Some("array"), Some(r#"[1,{"b/":"é\n"},1.5,1000.0]"#), Some("4")),
        ("/n", Some("null"), None, Some("0")),
        ("/t", Some("boolean"), Some("true"), Some("0")),
        ("//x", Some("number"), Some("1"), Some("0")),
        ("/a/00", None, None, None),
        ("/a/9", None, None, None),
        ("/q", None, None, None),
        ("/t/0", None, None, None),
    ] {
        assert_eq!(at(Function::JsonType, pointer, &[]).as_deref(), kind, "{pointer}");
        assert_eq!(at(Function::JsonText, pointer, &[]).as_deref(), found, "{pointer}");
        assert_eq!(at(Function::JsonLength, pointer, &[]).as_deref(), length, "{pointer}");
    }
    assert_eq!(at(Function::JsonKeysWithin, "", &["a", "n", "t", ""]).as_deref(), Some("true"));
    assert_eq!(at(Function::JsonKeysWithin, "", &["a", "n", "t"]).as_deref(), Some("false"));
    assert_eq!(at(Function::JsonKeysWithin, "/a", &[]).as_deref(), Some("true"));
    assert_eq!(at(Function::JsonKeysWithin, "/q", &[]), None);
    for (text, valid) in [
        ("1", "true"),
        (" [1, {}] ", "true"),
        ("NaN", "false"),
        ("[1,]", "false"),
        (r#""\ud800""#, "false"),
        (r#""\ud83d\ude00""#, "true"),
        ("01", "false"),
        ("1.", "false"),
        ("\"\t\"", "false"),
        ("", "false"),
        ("1 2", "false"),
        (r#"{"a" 1}"#, "false"),
    ] {
        let found = shown(call(Function::JsonValid, [self::text(text)]));
        assert_eq!(found.as_deref(), Some(valid), "{text}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(shown(call(Function::JsonValid, [text(&deep)])).as_deref(), Some("true"));
}

#[test]
fn texts_and_names_are_only_texts() {
    for nasty in ["'; DROP TABLE r; --", "a\\'b", "\"", "''", "a\0b", "$$x$$", "/* */"] {
        assert_eq!(shown(text(nasty)).as_deref(), Some(nasty));
    }
}
