//! Profiles of text. What is expected of kinds and characters is what the DuckDB engine finds.

use assay_polars::profile::infer;
use assay_schemas::datatype::DataType;
use polars::prelude::{NamedFrom as _, Series};

use super::{close, deep, one, pairs, rows};

#[test]
fn text_is_looked_at_for_what_it_is_made_of() {
    let cells = [
        "a@b.co",
        " Padded ",
        "N/A",
        "n/a",
        "Ünïcode ÄÖ",
        "日本 語",
        "12:30",
        "2024-01-02",
        "01.02.2024",
        "42",
        "007",
        "1.5",
        "true",
        "-",
        "Padded",
        "padded",
        "1e5",
        "N/A",
        "https://a.org/x?y",
        "a\tb  c",
        "\u{a0}x",
        "ΣΑΣ",
        "İ",
        r#"{"a": 1}"#,
        "٣",
        "€ + $",
        "2024-01-02 10:11:12",
        "1234567890123456789",
        "x\u{301}",
        "дом",
        "+49 30 123456",
        "5-Jan-2024",
        "05-Jan-2024",
        "1/2/2024",
        "13/02/2024",
        "02/13/2024 10:11",
    ];
    let found = one(DataType::Text, Series::new("v".into(), cells), &deep());
    assert_eq!((found.distinct, found.min.as_deref()), (35, Some(" Padded ")));
    let deep = found.deep.unwrap();
    let text = deep.text.unwrap();
    assert_eq!((text.empty, text.padded, text.folded, text.length_median), (0, 2, 32, 5.5));
    assert_eq!(text.length_histogram.len(), 19);
    close(Some(text.words), 47.0 / 36.0);
    let characters = [
        ("letter", 75),
        ("digit", 111),
        ("space", 15),
        ("punctuation", 42),
        ("latin", 66),
        ("greek", 3),
        ("cyrillic", 3),
        ("han", 3),
        ("arabic", 1),
        ("other", 1),
    ];
    assert_eq!(pairs(&text.characters), characters);
    let types = [
        ("integer", 2),
        ("double", 3),
        ("date", 1),
        ("timestamp", 2),
        ("time", 1),
        ("boolean", 1),
        ("date %d.%m.%Y", 1),
        ("date %d/%m/%Y", 2),
        ("date %m/%d/%Y", 1),
        ("date %d-%b-%Y", 2),
        ("timestamp %m/%d/%Y %H:%M", 1),
    ];
    assert_eq!(pairs(&text.types), types);
    assert_eq!(pairs(&text.formats), [("email", 1), ("url", 1), ("phone", 1), ("json", 1)]);
    assert_eq!(pairs(&text.sentinels), [("N/A", 2), ("-", 1), ("n/a", 1)]);
}

/// Of many different values some are chosen, and the same ones by every engine.
#[test]
fn of_many_values_the_same_are_looked_at_everywhere() {
    let cell = |i: usize| match i {
        i if i % 1000 == 0 => format!("{}", i + 1),
        i if i % 20_000 == 7 => format!("2024-01-0{}", i / 20_000 + 1),
        i if i % 3000 == 5 => format!("a{i}@example.org"),
        i if i % 2500 == 9 => format!("12:{}", i / 2500 + 10),
        i if i % 2000 == 11 => format!("{i}.5"),
        i => format!("w{} é{} x{}", i * 7919 % 100_003, i % 13, "y".repeat(i % 17)),
    };
    let text = |number: usize| {
        let cells: Vec<String> = (0..number).map(cell).collect();
        one(DataType::Text, Series::new("v".into(), cells), &deep()).deep.unwrap().text.unwrap()
    };
    let found = text(3000);
    assert_eq!(found.characters_sampled, 1);
    assert_eq!(
        (pairs(&found.types), pairs(&found.formats)),
        (vec![("time", 2)], vec![("email", 1)])
    );
    let found = text(60_000);
    assert_eq!(found.characters_sampled, 2);
    close(Some(found.words), 2.995_772_805_045_794_6);
    let characters = [
        ("letter", 327_448),
        ("digit", 182_427),
        ("space", 59_488),
        ("punctuation", 46),
        ("latin", 327_448),
    ];
    assert_eq!(pairs(&found.characters), characters);
    assert_eq!(pairs(&found.types), [("integer", 60), ("double", 90), ("time", 24)]);
    assert!(found.formats.is_empty());
}

#[test]
fn text_columns_have_types_that_every_value_reads_as() {
    let text =
        |name: &str, cells: [Option<&str>; 3]| (DataType::Text, Series::new(name.into(), cells));
    let found = infer(&rows(vec![
        text("*", [Some("1"), Some("-2"), None]),
        text("^code$", [Some("01"), Some("2"), None]),
        text("double", [Some("1"), Some("2.5"), Some("1e3")]),
        text("day", [Some("2024-02-29"), None, Some("2023-01-01")]),
        text("no day", [Some("2023-02-29"), None, Some("2023-01-01")]),
        text("german", [Some("29.02.2024"), None, None]),
        text("truth", [Some("true"), Some(" FALSE "), None]),
        text("yes", [Some("yes"), Some("no"), None]),
        text("nothing", [None, None, None]),
        (DataType::Integer, Series::new("whole".into(), [1_i64, 2, 3])),
    ]))
    .unwrap();
    let found: Vec<(&str, String, Option<&str>)> = found
        .iter()
        .map(|of| (of.column.as_str(), of.data_type.to_string(), of.format.as_deref()))
        .collect();
    let expected = [
        ("*", "integer", None),
        ("double", "double", None),
        ("day", "date", None),
        ("german", "date", Some("%d.%m.%Y")),
        ("truth", "boolean", None),
    ];
    assert_eq!(found, expected.map(|(name, of, format)| (name, of.to_owned(), format)));
}
