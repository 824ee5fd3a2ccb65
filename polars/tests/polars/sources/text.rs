//! Delimited text: what is read, and what is left to other engines.

use std::path::PathBuf;

use assay_engine::EngineError;
use assay_polars::source::{Source, stage};
use assay_schemas::datatype::DataType;
use assay_schemas::plan::{CsvDialect, Field, Format};

use super::{beyond, dataset, field, shown, workspace, wrong};

fn texts(fields: &[&str]) -> Vec<Field> {
    fields.iter().map(|name| field(name, DataType::Text)).collect()
}

/// Stages files of these bytes.
fn staged(
    dialect: &CsvDialect,
    fields: &[Field],
    files: &[&[u8]],
) -> (tempfile::TempDir, Result<Source, EngineError>) {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = files
        .iter()
        .enumerate()
        .map(|(index, bytes)| {
            let path = folder.path().join(format!("{index}.csv"));
            std::fs::write(&path, bytes).unwrap();
            path
        })
        .collect();
    let plan = dataset(Format::Csv(dialect.clone()), fields);
    let source = stage(&plan, &paths, &workspace(folder.path()));
    (folder, source)
}

fn rows_of(dialect: &CsvDialect, fields: &[&str], files: &[&[u8]]) -> Vec<String> {
    let (_folder, source) = staged(dialect, &texts(fields), files);
    let source = source.unwrap();
    let rows = shown(&source);
    assert_eq!(source.count, Some(rows.len() as u64));
    rows
}

#[test]
fn cells_of_text_are_as_they_are_written() {
    let plain = CsvDialect::default();
    let cases: &[(&[u8], &[&str])] = &[
        (b"a,b\n1,x\n2, y \n", &["1|x|1|0", "2| y |2|0"]),
        (b"\xef\xbb\xbfa,b\r\n1,x\r\n,\"\"", &["1|x|1|0", "-||2|0"]),
        (b"\n\r\na,b\n1,\n", &["1|-|1|0"]),
        (b"a,b\n\"l1\nl2, \"\"q\"\"\",\"\r\n\"\n", &["l1\nl2, \"q\"|\r\n|1|0"]),
        (b"\"a\",\"b\"\r\n\"1\",\"x\"\r\n", &["1|x|1|0"]),
        (b"a,b", &[]),
        (b"a,b\n", &[]),
        ("a,b\né,日本\n".as_bytes(), &["é|日本|1|0"]),
        (b"b,a\n1,x\n", &["x|1|1|0"]),
    ];
    for (bytes, rows) in cases {
        assert_eq!(rows_of(&plain, &["a", "b"], &[bytes]), *rows, "{}", bytes.escape_ascii());
    }
    let tokens = CsvDialect { null_tokens: vec!["NA".into(), "-".into()], ..plain.clone() };
    assert_eq!(
        rows_of(&tokens, &["a", "b"], &[b"a,b\nNA,NAN\n-, NA\n"]),
        ["-|NAN|1|0", "-| NA|2|0"]
    );
    let bare = CsvDialect { quote: String::new(), delimiter: "\t".into(), ..plain.clone() };
    assert_eq!(
        rows_of(&bare, &["a", "b"], &[b"a\tb\n\"x\ty\"z\n\"\"\t\n"]),
        ["\"x|y\"z|1|0", "\"\"|-|2|0"]
    );
    let headless = CsvDialect { header: false, delimiter: ";".into(), ..plain.clone() };
    assert_eq!(rows_of(&headless, &["a", "b"], &[b"\xef\xbb\xbf1;2\n3;4"]), ["1|2|1|0", "3|4|2|0"]);
    let single = rows_of(&plain, &["a"], &[b"a\n\"\"\nx\n"]);
    assert_eq!(single, ["|1|0", "x|2|0"]);
}

#[test]
fn files_of_text_are_read_in_order_and_by_name() {
    let plain = CsvDialect::default();
    let files: &[&[u8]] = &[b"a,b\n1,x\n2,y\n", b"a,b\n", b"a,b\n3,z\n", b"b,c,a\nu,,4\n"];
    let mut fields = texts(&["a", "b", "c"]);
    fields[2].optional = true;
    let (_folder, source) = staged(&plain, &fields, files);
    let source = source.unwrap();
    assert_eq!(shown(&source), ["1|x|-|1|0", "2|y|-|2|0", "3|z|-|3|2", "4|u|-|4|3"]);
    assert!(source.text);
    assert_eq!(source.layouts.len(), 2);
    let (_folder, undeclared) = staged(&plain, &[], &[b"a,,a\n1,2,3\n"]);
    let undeclared = undeclared.unwrap();
    let names: Vec<_> = undeclared.rows.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["a", "column_2", "a_2"]);
    assert_eq!(shown(&undeclared), ["1|2|3|1|0"]);
    let (_folder, lacking) = staged(&plain, &texts(&["a", "d"]), files);
    let lacking = lacking.unwrap();
    assert!(lacking.missing.has("d"));
    assert!(lacking.missing.words().unwrap().contains("`d`"));
    assert_eq!(shown(&lacking)[0], "1|1|0");
    let (_folder, twice) = staged(&plain, &texts(&["a"]), &[b"a,a\n1,2\n"]);
    assert!(wrong(twice).contains("occurs twice"));
    let (_folder, none) = staged(&plain, &texts(&["a"]), &[b"\n\n"]);
    assert!(wrong(none).contains("the file has no header line"));
}

#[test]
fn text_that_polars_would_read_in_another_way_is_left_to_others() {
    let plain = CsvDialect { null_tokens: vec!["NA".into()], ..CsvDialect::default() };
    let cases: &[(&[u8], &str)] = &[
        (b"a,b\n1,x\n2\n", "line 3 has 1 cell instead of 2"),
        (b"a,b\n1,x,y\n", "line 2 has 3 cells instead of 2"),
        (b"a,b\n\"l1\nl2\",x\n\"1\",2,3\n", "line 4 has 3 cells instead of 2"),
        (b"a,b\n1,x\n\n2,y\n", "line 3 is blank"),
        (b"a,b\n1,x\n\n", "line 3 is blank"),
        (b"a,b\n1,\"NA\"\n", "a word for null in quotes"),
        (b"a,b\n1,x\"y\n", "a quote within a cell"),
        (b"a,b\n1,\"x\" \n", "text after a closing quote"),
        (b"a,b\n1,\"x\n", "opens a quote that is not closed"),
        (b"a,b\r\n1,x\n", "ends in another way"),
        (b"a,b\n1,x\ry\n", "a carriage return within"),
        (b"a,b\n1,\xff\n", "not utf-8"),
        (b"a,b\r1,x\r", "carriage return"),
    ];
    for (bytes, what) in cases {
        let (_folder, source) = staged(&plain, &texts(&["a", "b"]), &[bytes]);
        let said = beyond(source);
        assert!(said.contains(what), "{} {said}", bytes.escape_ascii());
    }
    let slash = CsvDialect { escape: "\\".into(), ..CsvDialect::default() };
    let (_folder, source) = staged(&slash, &texts(&["a", "b"]), &[b"a,b\n1,\"x\\\"y\"\n"]);
    beyond(source);
    assert_eq!(rows_of(&slash, &["a", "b"], &[b"a,b\n1\\,\"x\"\n"]), ["1\\|x|1|0"]);
    let latin = CsvDialect { encoding: "latin-1".into(), ..CsvDialect::default() };
    let (_folder, source) = staged(&latin, &texts(&["a", "b"]), &[b"a,b\n1,x\n"]);
    assert!(beyond(source).contains("latin-1"));
}

#[test]
fn many_records_with_line_breaks_are_counted_and_read() {
    let mut text = String::from("id,said\n");
    for row in 1..=60_000 {
        match row % 3 {
            0 => text.push_str(&format!("{row},\"first, \"\"{row}\"\"\nsecond\"\n")),
            1 => text.push_str(&format!("{row},{}\n", "long ".repeat(row % 50))),
            _ => text.push_str(&format!("{row},\n")),
        }
    }
    let (_folder, source) =
        staged(&CsvDialect::default(), &texts(&["id", "said"]), &[text.as_bytes()]);
    let source = source.unwrap();
    assert_eq!(source.count, Some(60_000));
    let rows = shown(&source);
    for row in 1..=60_000_usize {
        let said = match row % 3 {
            0 => format!("first, \"{row}\"\nsecond"),
            1 if row % 50 > 0 => "long ".repeat(row % 50),
            _ => "-".into(),
        };
        assert_eq!(rows[row - 1], format!("{row}|{said}|{row}|0"));
    }
}
