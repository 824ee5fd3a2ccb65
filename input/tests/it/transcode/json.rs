//! JSON by lines and as a document.

use super::common::{refused, row, run};
use assay_input::transcode::{Format, json};
use proptest::prelude::*;
use serde_json::{Value, json};

fn lines(columns: &[&str]) -> Format {
    Format::Ndjson(options(columns, None))
}

fn document(columns: &[&str], records: Option<&str>) -> Format {
    Format::Json(options(columns, records))
}

fn options(columns: &[&str], records: Option<&str>) -> json::Options {
    json::Options {
        columns: columns.iter().map(|name| (*name).into()).collect(),
        records: records.map(String::from),
        ..json::Options::default()
    }
}

#[test]
fn keys_become_columns_and_values_cells() {
    let text = "\u{feff}{\"id\": 12345678901234567890123, \"n\": 3.0, \"t\": \"\"}\r\n\n\
                {\"t\": \"a,\\\"b\\\"\\n\\u00e9\", \"id\": 1.10, \"ok\": true, \"x\": null}\n\
                {\"o\": { \"k\" : [1, 2 ], \"s\": \"a b\\\" c\" }, \"n\": -1e3}";
    let (rows, told) = run("a.ndjson", text.as_bytes(), &lines(&[])).unwrap();
    assert_eq!(
        rows,
        [
            row(&["id", "n", "t", "ok", "x", "o"]),
            row(&["12345678901234567890123", "3", "", "~", "~", "~"]),
            row(&["1.10", "~", "a,\"b\"\né", "true", "~", "~"]),
            row(&["~", "-1000", "~", "~", "~", "{\"k\":[1,2],\"s\":\"a b\\\" c\"}"]),
        ]
    );
    let places: Vec<u64> = (1..=3).map(|row| told.places.line(row)).collect();
    assert_eq!((places, told.fault_count), (vec![1, 3, 4], 0));
}

#[test]
fn wanted_names_lead_into_objects() {
    let text = "{\"id\":1,\"address\":{\"city\":\"Bonn\",\"geo\":{\"lat\":50.7}},\"tag\":1}\n\
                {\"id\":2,\"address.city\":\"Köln\",\"address\":{\"city\":\"x\"}}\n\
                {\"id\":3,\"address\":\"none\"}\n{\"id\":4,\"address\":{\"city\":1,\"city\":2}}\n";
    let names = ["address.city", "id", "address.geo.lat", "nowhere"];
    let (rows, told) = run("a.ndjson", text.as_bytes(), &lines(&names)).unwrap();
    assert_eq!(
        rows,
        [
            row(&names),
            row(&["Bonn", "1", "50.7", "~"]),
            row(&["Köln", "2", "~", "~"]),
            row(&["~", "3", "~", "~"]),
        ]
    );
    assert_eq!((told.absent, told.others), (vec!["nowhere".to_owned()], vec!["tag".to_owned()]));
    assert!(told.said[0].contains("the first is `tag`"));
    assert!(told.faults[0].reason.contains("`city` is there twice"));
}

#[test]
fn lines_that_are_no_records_are_left_out() {
    let text = b"{\"a\":1}\n{\"a\":\n[1]\n{\"a\":1,\"a\":2}\n{\"a\":NaN}\n\"x\"\n{\"a\":2} {}\n\
                 {\"a\":\"\xe9\"}\n{\"a\":\"\\ud800\"}\n{\"a\":\"b\\u0000\"}\n{\"a\":01}\n{\"a\":3}";
    let (rows, told) = run("a.ndjson", text, &lines(&[])).unwrap();
    assert_eq!(rows, [row(&["a"]), row(&["1"]), row(&["~"]), row(&["~"]), row(&["3"])]);
    let places: Vec<(Option<u64>, u64)> =
        told.faults.iter().map(|fault| (fault.row, fault.line)).collect();
    let out = |line| (None, line);
    assert_eq!(
        places,
        [
            out(2),
            out(3),
            out(4),
            out(5),
            out(6),
            out(7),
            out(8),
            (Some(2), 9),
            (Some(3), 10),
            out(11)
        ]
    );
    assert!(told.faults[2].reason.contains("the key `a` is there twice (character"));
    assert_eq!(told.faults[7].column.as_deref(), Some("a"));
    assert_eq!(told.places.line(4), 12);
}

#[test]
fn documents_are_read_element_by_element() {
    let text = "{\n\"meta\": {\"items\": \"]}\"},\n\"a/b\": [0, {\"items\": [\n{\"k\": 1},\n\
                {\"k\": 01}, 7,\n{\"k\": {\"x\": [1, 2]}}\n]}], \"more\": [[]]}\n";
    let format = document(&[], Some("/a~1b/1/items"));
    let (rows, told) = run("a.json", text.as_bytes(), &format).unwrap();
    assert_eq!(rows, [row(&["k"]), row(&["1"]), row(&["{\"x\":[1,2]}"])]);
    let numbers: Vec<u64> = told.faults.iter().map(|fault| fault.line).collect();
    assert_eq!((numbers, told.places.line(2)), (vec![2, 3], 4));
    assert_eq!(run("a.json", b" [ ] ", &document(&["x"], None)).unwrap().1.rows, 0);

    for (text, records, said) in [
        ("[{\"k\":1},\n{\"k\":2", None, "line 2, column 7: the file ends in the middle, after 1"),
        ("[{\"k\":1}", None, "the file ends in the middle"),
        ("[{\"k\":1},", None, "the file ends in the middle"),
        ("[", None, "the file ends in the middle"),
        ("{\"a\":[1]", Some("/a"), "the file ends in the middle"),
        ("[{\"k\":1} {\"k\":2}]", None, "column 10: a comma"),
        ("[{\"k\":1},]", None, "a record is missing"),
        ("[]\n[]", None, "line 2, column 1: there is more after the end"),
        ("{\"a\":1}", None, "name its array with `records`"),
        ("{\"a\":1,\"b\":2}", Some("/c"), "no key `c`; the keys are `a`, `b`"),
        ("{\"a\":[1]}", Some("/a/3"), "no element `3`; the array has 1"),
        ("{\"a\":1}", Some("/a"), "no array of records at `/a`"),
        ("[]", Some("a"), "no JSON Pointer"),
        ("", None, "empty"),
        ("[]", None, "name them to read it as an empty table"),
        ("[1, {}]", None, "what is wrong first is at 1: not an object"),
        ("<html>", None, "web page"),
    ] {
        let error = refused("a.json", text.as_bytes(), &document(&[], records));
        assert!(error.contains(said), "{text}: {error}");
    }
    assert!(refused("a.ndjson", b"[{}]", &lines(&[])).contains("`json`"));
    assert!(refused("a.ndjson", b"{\0\"\0", &lines(&[])).contains("UTF-8"));
}

#[test]
fn long_records_are_left_out() {
    let long = "x".repeat(3000);
    let texts = [
        format!("{{\"a\":1}}\n{{\"a\":\"{long}\"}}\n{{\"a\":2}}\n"),
        format!("[{{\"a\":1}},{{\"a\":[\"{long}\"]}},{{\"a\":2}}]"),
    ];
    let small = json::Options { max_record_bytes: 1000, ..json::Options::default() };
    for (text, format) in texts.iter().zip([Format::Ndjson(small.clone()), Format::Json(small)]) {
        let (rows, told) = run("a", text.as_bytes(), &format).unwrap();
        assert_eq!(rows, [row(&["a"]), row(&["1"]), row(&["2"])]);
        assert_eq!((told.faults[0].line, told.places.line(2)), (2, 3));
        assert!(told.faults[0].reason.contains("max_record_bytes"));
    }
}

#[test]
fn keys_that_are_data_do_not_fill_memory() {
    let mut text = String::new();
    for record in 0..30_000 {
        text += &format!("{{\"id\":{record},\"k{record}\":1,\"k{record}x\":2}}\n");
    }
    let (rows, told) = run("a.ndjson", text.as_bytes(), &lines(&["id"])).unwrap();
    assert_eq!((rows.len(), told.others.len()), (30_001, 100));
    assert!(told.said.iter().any(|text| text.contains("look like data")), "{:?}", told.said);
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[^\0]{0,8}".prop_map(Value::from),
        "[\\[\\]{}\",:\\\\ ]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-c\"\\\\]{0,3}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_record_is_the_same_by_line_and_in_a_document(
        records in proptest::collection::vec(
            proptest::collection::btree_map("[a-d\"é]{1,2}", value(), 1..5), 1..6),
        pretty: bool,
    ) {
        let records: Vec<Value> =
            records.into_iter().map(|map| Value::Object(map.into_iter().collect())).collect();
        let text: String = records.iter().map(|record| format!("{record}\n")).collect();
        let (by_line, told) = run("a.ndjson", text.as_bytes(), &lines(&[])).unwrap();
        prop_assert_eq!(told.fault_count, 0);
        let whole = json!({"skip": [{"x": "]"}], "rows": records});
        let text = if pretty { serde_json::to_string_pretty(&whole) } else { serde_json::to_string(&whole) };
        let (by_element, _) = run("a.json", text.unwrap().as_bytes(), &document(&[], Some("/rows"))).unwrap();
        prop_assert_eq!(&by_line, &by_element);
        for (record, cells) in records.iter().zip(&by_line[1..]) {
            for (name, cell) in told.columns.iter().zip(cells) {
                match (&record[name.as_str()], cell) {
                    (Value::Null, cell) => prop_assert!(cell.is_none()),
                    (Value::String(text), cell) => prop_assert_eq!(Some(text), cell.as_ref()),
                    (value, cell) => prop_assert_eq!(Some(value.to_string()), cell.clone()),
                }
            }
        }
    }

    #[test]
    fn no_text_breaks_it(text in "[\\[\\]{}\",:\\\\ a1\n]{0,60}") {
        let _ = run("a.ndjson", text.as_bytes(), &lines(&[]));
        let _ = run("a.json", text.as_bytes(), &document(&[], None));
        let _ = run("a.json", text.as_bytes(), &document(&[], Some("/a")));
    }
}
