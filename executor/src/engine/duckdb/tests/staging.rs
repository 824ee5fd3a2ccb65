//! Files of every kind, sound and broken.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::*;

const FIELDS: &[(&str, &str)] = &[("id", "integer"), ("note", "text")];

/// `text` packed by a program of the machine; `None` where it has none.
fn packed(program: &str, text: &str) -> Option<Vec<u8>> {
    let mut child = Command::new(program)
        .arg("-c")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(text.as_bytes()).ok()?;
    Some(child.wait_with_output().ok()?.stdout)
}

fn cells(bench: &Bench, dataset: &DatasetPlan) -> Vec<Vec<Option<String>>> {
    let (engine, cleansed) = bench.cleanse(dataset).unwrap();
    let output = cleansed.output.unwrap();
    rows(&engine, &format!("SELECT id, note FROM '{}'", output.display()))
}

#[test]
fn text_is_read_plain_and_packed() {
    let text = "note,more,id\n\"a, \"\"b\"\"\nc\",x,1\n,y,2\n\"\",z,3\n";
    let wanted = vec![some(&["1", "a, \"b\"\nc"]), vec![Some("2".into()), None], some(&["3", ""])];
    assert_eq!(cells(&Bench::csv(text), &csv(FIELDS)), wanted);
    for (program, ending) in [("gzip", "gz"), ("zstd", "zst")] {
        let Some(bytes) = packed(program, text) else { continue };
        let bench = Bench::new(&[(&format!("a.csv.{ending}"), &bytes)]);
        assert_eq!(cells(&bench, &csv(FIELDS)), wanted, "{program}");
        let cut = Bench::new(&[(&format!("a.csv.{ending}"), &bytes[..bytes.len() - 12])]);
        let refusal = cut.refusal(&csv(FIELDS));
        assert!(refusal.contains(&format!("a.csv.{ending}")), "{refusal}");
    }
}

#[test]
fn text_is_read_in_other_encodings() {
    let with = |encoding: &str| {
        let dialect = CsvDialect { encoding: encoding.into(), ..CsvDialect::default() };
        dataset(FIELDS, Format::Csv(dialect))
    };
    let wanted = vec![some(&["1", "é"])];
    let latin = Bench::new(&[("a.csv", b"id,note\n1,\xe9\n")]);
    assert_eq!(cells(&latin, &with("latin-1")), wanted);
    let wide: Vec<u8> = std::iter::once(0xfeff)
        .chain("id,note\n1,é\n".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(cells(&Bench::new(&[("a.csv", &wide)]), &with("utf-16")), wanted);
    let marked = Bench::new(&[("a.csv", "\u{feff}id,note\n1,é\n".as_bytes())]);
    assert_eq!(cells(&marked, &csv(FIELDS)), wanted);
    let refusal = Bench::new(&[("a.csv", b"id,note\n1,ok\n2,\xe9\n")]).refusal(&csv(FIELDS));
    assert!(refusal.contains("a.csv: line 3: a byte that is not utf-8"), "{refusal}");
}

#[test]
fn a_header_alone_is_no_rows_and_nothing_at_all_is_an_error() {
    assert!(cells(&Bench::csv("id,note\n"), &csv(FIELDS)).is_empty());
    assert!(cells(&Bench::csv("id,note"), &csv(FIELDS)).is_empty());
    assert!(Bench::csv("").refusal(&csv(FIELDS)).contains("empty (0 bytes)"));
    assert!(Bench::csv("\n\n").refusal(&csv(FIELDS)).contains("no header line"));
    assert!(
        Bench::csv("\"id,note\n1,2\n")
            .refusal(&csv(FIELDS))
            .contains("the first line is no record")
    );
}

#[test]
fn blank_lines_before_the_header_are_passed_over() {
    let wanted = vec![some(&["1", "a"])];
    let text = "\n\r\nid,note\n1,a\n".replace("\r\n", "\n");
    assert_eq!(cells(&Bench::csv(&text), &csv(FIELDS)), wanted);
    if let Some(bytes) = packed("gzip", &text) {
        assert_eq!(cells(&Bench::new(&[("a.csv.gz", &bytes)]), &csv(FIELDS)), wanted);
    }
}

#[test]
fn lines_that_end_in_different_ways_are_refused() {
    let refusal = Bench::csv("id,note\r\n1,a\n2,b\r\n").refusal(&csv(FIELDS));
    assert!(refusal.contains("data.csv: its lines end in different ways"), "{refusal}");
}

#[test]
fn missing_columns_are_named_with_what_was_found() {
    let refusal = Bench::csv("ID,Note,x\n1,a,b\n").refusal(&csv(FIELDS));
    assert!(
        refusal.contains("data.csv: the declared columns `id` (did you mean `ID`?)"),
        "{refusal}"
    );
    assert!(refusal.contains("the file has `ID`, `Note`, `x`"), "{refusal}");
    assert!(Bench::csv("id,note,id\n").refusal(&csv(FIELDS)).contains("`id` occurs twice"));
    let mut optional = csv(&[("id", "integer"), ("note", "text"), ("extra", "date")]);
    optional.fields[1].optional = true;
    optional.fields[2].optional = true;
    assert_eq!(cells(&Bench::csv("id\n1\n"), &optional), [vec![Some("1".into()), None]]);
    let bench = Bench::parquet(&["SELECT 1 AS id"]);
    assert!(
        bench.missing(&parquet(FIELDS)).contains("0.parquet: the declared column `note` not found")
    );
}

#[test]
fn files_without_header_take_the_declared_names() {
    let dialect = CsvDialect {
        header: false,
        delimiter: "\t".into(),
        quote: String::new(),
        null_tokens: vec!["NA".into()],
        ..CsvDialect::default()
    };
    let plan = dataset(FIELDS, Format::Csv(dialect));
    let bench = Bench::csv("1\t\"a\n2\tNA\n");
    assert_eq!(cells(&bench, &plan), [some(&["1", "\"a"]), vec![Some("2".into()), None]]);
}

#[test]
fn ragged_lines_are_kept_aside_and_the_rest_goes_on() {
    let bench = Bench::csv("id,note\n1,\"a\nb\"\n2\n\n3,c,d\nx,e\n4,f\n");
    let (engine, cleansed) = bench.cleanse(&csv(FIELDS)).unwrap();
    assert_eq!((cleansed.rows_in, cleansed.rows_out, cleansed.rows_rejected), (5, 2, 3));
    assert_eq!(cleansed.malformed, 2);
    assert_eq!(cleansed.reasons.get("malformed"), Some(&2));
    let rejects = cleansed.rejects.unwrap();
    let query =
        format!("SELECT line, value, reason, step FROM '{}' ORDER BY row", rejects.display());
    let found = rows(&engine, &query);
    assert_eq!(found[0], some(&["4", "2", "malformed line: 2 cells expected, 1 found", "read"]));
    assert_eq!(
        found[1],
        some(&["6", "3,c,d", "malformed line: 2 cells expected, 3 found", "read"])
    );
    assert_eq!(found[2][1].as_deref(), Some("x"));
}

#[test]
fn rows_of_rejects_count_malformed_lines_too() {
    let bench = Bench::csv("id,note\n1,a\n2\nx,b\n3\ny,c\n");
    let (engine, cleansed) = bench.cleanse(&csv(FIELDS)).unwrap();
    let rejects = cleansed.rejects.unwrap();
    let query = format!("SELECT row, value FROM '{}' ORDER BY row", rejects.display());
    let wanted = [["2", "2"], ["3", "x"], ["4", "3"], ["5", "y"]];
    assert_eq!(rows(&engine, &query), wanted.map(|cells| some(&cells)));
}

#[test]
fn several_files_are_one_dataset() {
    let bench = Bench::new(&[
        ("a.csv", b"id,note\n1,a\nx,b\n"),
        ("b.csv", b"note,id\nc,3\nd,y\n"),
        ("c.csv", b"note,id\ne,z\n"),
    ]);
    let mut plan = csv(FIELDS);
    plan.checks = vec![holds("late", &["id"], call(Function::Less, [column("id"), integer(3)]))];
    let (mut engine, cleansed) = bench.cleanse(&plan).unwrap();
    let rejects = cleansed.rejects.unwrap();
    let query = format!(
        "SELECT regexp_extract(file, '[abc].csv'), row, value FROM '{}' ORDER BY file, row",
        rejects.display()
    );
    let wanted = [["a.csv", "2", "x"], ["b.csv", "2", "y"], ["c.csv", "1", "z"]];
    assert_eq!(rows(&engine, &query), wanted.map(|cells| some(&cells)));
    let measured = engine.measure(&plan, &Request::default()).unwrap();
    let found = engine.violations(&plan, &measured, 10).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].row, 2);
    assert!(found[0].file.as_ref().unwrap().ends_with("b.csv"));
}

#[test]
fn typed_files_are_read_by_name_and_counted_through() {
    let bench = Bench::parquet(&[
        "SELECT 1::INTEGER AS id, 'a' AS note",
        "SELECT 'b' AS note, 2::BIGINT AS id UNION ALL SELECT NULL, 3",
    ]);
    let mut plan = parquet(FIELDS);
    plan.checks = vec![holds("noted", &["note"], column("note").is_not_null())];
    let mut engine = bench.engine();
    let staged = engine.stage(&plan, &bench.files).unwrap();
    assert_eq!(staged.rows, Some(3));
    let cleansed = engine.cleanse(&plan).unwrap();
    assert_eq!((cleansed.rows_in, cleansed.output), (3, None));
    let measured = engine.measure(&plan, &Request::default()).unwrap();
    assert_eq!(measured.checks["noted"], judged(3, 1));
    let found = engine.violations(&plan, &measured, 10).unwrap();
    assert_eq!(found[0].row, 3);
    assert!(found[0].file.as_ref().unwrap().ends_with("1.parquet"));
}

#[test]
fn damaged_typed_files_are_named() {
    let bench = Bench::parquet(&["SELECT range AS id, 'a' AS note FROM range(1000)"]);
    let bytes = std::fs::read(&bench.files[0]).unwrap();
    let mut garbled = bytes.clone();
    let at = bytes.len() - 60;
    garbled[at..at + 40].fill(0xff);
    for damaged in [&bytes[..bytes.len() - 5], b"id,note\n", &garbled] {
        let bench = Bench::new(&[("d.parquet", damaged)]);
        let refusal = bench.refusal(&parquet(FIELDS));
        assert!(refusal.contains("d.parquet"), "{refusal}");
    }
}

#[test]
fn names_with_quotes_and_patterns_are_only_names() {
    let odd = "it's [1]*; DROP.csv";
    let bench = Bench::new(&[(odd, b"\"a\"\"b\",\"'; DROP TABLE x; --\"\n1,2\n")]);
    let plan = csv(&[("a\"b", "integer"), ("'; DROP TABLE x; --", "text")]);
    let (_, measured) = bench.measure(&plan, Some(ProfilePlan::default()));
    assert_eq!(measured.rows, 1);
    assert_eq!(measured.profile[0].max.as_deref(), Some("1"));
    assert_eq!(measured.profile[1].top, [("2".to_owned(), 1)]);
}

#[test]
fn nothing_else_is_within_reach() {
    let bench = Bench::csv("id,note\n");
    let engine = bench.engine();
    for query in [
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM read_csv('https://example.com/a.csv')",
        "INSTALL httpfs",
        "SET threads = 1",
        "COPY (SELECT 1) TO '/tmp/assay_should_not_be_there.csv'",
        "ATTACH '/tmp/assay_should_not_be_there.duckdb'",
    ] {
        assert!(engine.session.run("test", query).is_err(), "{query}");
    }
}

#[test]
fn nested_values_are_read_as_their_json() {
    let fields = &[("id", "integer"), ("note", "struct")];
    let dialect =
        CsvDialect { delimiter: ";".into(), quote: String::new(), ..CsvDialect::default() };
    let bench = Bench::csv("id;note\n1;{\"a\": [1]}\n2;{a\n");
    let plan = dataset(fields, Format::Csv(dialect));
    assert_eq!(cells(&bench, &plan), [some(&["1", "{\"a\": [1]}"])]);
    let (engine, _) = bench.cleanse(&plan).unwrap();
    for (value, expected) in [
        ("{'a': 1, 'b': NULL}", r#"{"a":1,"b":null}"#),
        ("['x', NULL]", r#"["x",null]"#),
        ("[[1], []]", "[[1],[]]"),
        ("MAP {'k': 2}", r#"{"k":2}"#),
    ] {
        let kind = rows(&engine, &format!("SELECT typeof({value})"));
        let kind = kind[0][0].clone().unwrap();
        let read = super::super::types::normal(value, &kind);
        assert_eq!(rows(&engine, &format!("SELECT {read}")), [some(&[expected])], "{kind}");
    }
}

/// Rows and rejects of some of a bench's files, read together.
fn read_together(bench: &Bench, files: &[PathBuf]) -> [Vec<Vec<Option<String>>>; 2] {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace { folder: folder.path().to_owned(), ..bench.workspace() };
    let mut engine = DuckDb::open(&workspace, files).unwrap();
    let dataset = csv(FIELDS);
    engine.stage(&dataset, files).unwrap();
    let cleansed = engine.cleanse(&dataset).unwrap();
    let all = |file: Option<&PathBuf>, columns: &str| match file {
        Some(file) => rows(&engine, &format!("SELECT {columns} FROM '{}'", file.display())),
        None => Vec::new(),
    };
    [all(cleansed.output.as_ref(), "id, note"), all(cleansed.rejects.as_ref(), "*")]
}

#[test]
fn many_small_files_are_read_as_each_of_them_is() {
    let texts: &[&str] = &[
        "id,note\n1,a\n2,\"b, \"\"c\"\"\n d\"\n",
        "id,note\r\n3,e\r\n4,\"f\r\n\"\r\n",
        "id,note\n",
        "id,note\n5,without an end",
        "\u{feff}id,note\n6,\n7,\"\"\n",
        "\n\nid,note\n17,a\n",
        "note,id\nin another order,8\n",
        "id,note\nx,no number\n9,\u{e9}\n",
        "id,note\n10,too,many\n11,\n12\n13,good\n",
        "id,note\n14,a\n\n15,after a blank line\n",
        "id,note\n16,5\" pipe\n",
    ];
    // In runs, so that neighbours are brought together and some stand between them.
    let files: Vec<(String, &[u8])> = (0..texts.len() * 40)
        .map(|number| (format!("{number:03}.csv"), texts[number / 40].as_bytes()))
        .chain((0..80).map(|number| {
            (format!("mixed_{number:02}.csv"), texts[[0, 1, 3, 6, 7, 8][number % 6]].as_bytes())
        }))
        .collect();
    let named: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (&**name, *text)).collect();
    let bench = Bench::new(&named);
    let mut wanted = [Vec::new(), Vec::new()];
    for files in bench.files.chunks(8) {
        let [rows, rejects] = read_together(&bench, files);
        wanted[0].extend(rows);
        wanted[1].extend(rejects);
    }
    let mut found = read_together(&bench, &bench.files);
    // Rejects come by their reasons first.
    wanted[1].sort();
    found[1].sort();
    assert_eq!(found[0], wanted[0]);
    assert_eq!(found[1], wanted[1]);
    assert!(found[1].len() > 100 && found[0].len() > 500, "{} {}", found[0].len(), found[1].len());
}
