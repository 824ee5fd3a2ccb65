//! Delimited text: what others say it holds, what comes back of it, and what is wrong with it.

use super::common;
use std::io::Write as _;

use super::common::{data, refused, row, run};
use assay_input::transcode::{Format, text};
use proptest::prelude::*;

fn plain() -> Format {
    Format::Text(text::Options::default())
}

fn with(change: impl FnOnce(&mut text::Options)) -> Format {
    let mut options = text::Options::default();
    change(&mut options);
    Format::Text(options)
}

#[test]
fn csv_spectrum_agrees() {
    let mut files = 0;
    for entry in std::fs::read_dir(data("csv-spectrum/csvs")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        let (rows, told) = run("a.csv", &bytes, &plain()).unwrap();
        assert_eq!(told.fault_count, 0, "{name}");
        let json =
            std::fs::read_to_string(data(&format!("csv-spectrum/json/{name}.json"))).unwrap();
        let wanted: Vec<serde_json::Map<String, serde_json::Value>> =
            serde_json::from_str(&json).unwrap();
        assert_eq!(rows.len(), wanted.len() + 1, "{name}");
        for (cells, wanted) in rows[1..].iter().zip(wanted) {
            assert_eq!(cells.len(), wanted.len());
            for (column, cell) in told.columns.iter().zip(cells) {
                assert_eq!(cell.as_deref(), wanted[column].as_str(), "{name} {column}");
            }
        }
        files += 1;
    }
    assert_eq!(files, 11);
}

#[test]
fn layouts_are_read_as_they_are_described() {
    let text = "made by hand\r\n\r\n# note\r\nid;name;\r\n1;NULL;\r\n# more\r\n2;\"NULL\";\r\n\
                3;'x'\r\n4;\"a\r\nb\";\r\ntotal;4;\r\nend\r\n";
    let format = with(|options| {
        options.delimiter = ";".into();
        options.skip_rows = 2;
        options.comment = Some('#');
        options.trailing_delimiter = true;
        options.null_tokens = vec!["NULL".into()];
        options.skip_footer = 2;
    });
    let (rows, told) = run("a.csv", text.as_bytes(), &format).unwrap();
    let wanted = [&["id", "name"], &["1", "~"], &["2", "NULL"], &["3", "'x'"], &["4", "a\r\nb"]];
    assert_eq!(rows, wanted.map(|cells| row(cells)));
    let lines: Vec<u64> = (1..=4).map(|row| told.places.line(row)).collect();
    assert_eq!((lines, told.fault_count), (vec![5, 7, 8, 9], 0));

    let format = with(|options| {
        options.header = false;
        options.columns = vec!["a".into()];
        options.quote = None;
    });
    let (rows, _) = run("a.csv", b"1,\"\n2,x\n", &format).unwrap();
    assert_eq!(rows, [row(&["a", "column_2"]), row(&["1", "\""]), row(&["2", "x"])]);

    // An empty line is the null of a single column.
    let (rows, told) = run("a.csv", b"a\n1\n\n\"\"\n", &plain()).unwrap();
    assert_eq!(rows, [row(&["a"]), row(&["1"]), row(&["~"]), row(&[""])]);
    assert_eq!((told.places.line(2), told.places.line(3)), (3, 4));
}

#[test]
fn records_that_are_none_are_left_out_alone() {
    let text = "a,b\n1,2\n3\n4,5,6\n\"x\"y,7\n8,\"\n9,10\n11,\"12\"\n13,a\0b\n14,\"open\n15,16\n";
    let (rows, told) = run("a.csv", text.as_bytes(), &plain()).unwrap();
    let wanted: [&[&str]; 6] =
        [&["a", "b"], &["1", "2"], &["9", "10"], &["11", "12"], &["13", "~"], &["15", "16"]];
    assert_eq!(rows, wanted.map(row));
    let said: Vec<(Option<u64>, u64, &str)> = told
        .faults
        .iter()
        .map(|fault| (fault.row, fault.line, fault.value.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(
        said,
        [
            (None, 3, "3"),
            (None, 4, "4,5,6"),
            (None, 5, "\"x\"y,7"),
            (None, 6, "8,\""),
            (Some(4), 9, "a\0b"),
            (None, 10, "14,\"open"),
        ]
    );
    assert!(told.faults[0].reason.contains("1 cell, but there are 2 columns"));
    assert!(told.faults[2].reason.contains("after the closing quote of cell 1"));
    assert!(told.faults[5].reason.contains("not closed before the end"));
    assert_eq!(told.places.line(5), 11);
}

#[test]
fn encodings_are_decoded_or_refused_by_line() {
    let encoded = |label: &str, text: &str| {
        encoding_rs::Encoding::for_label(label.as_bytes()).unwrap().encode(text).0.into_owned()
    };
    let text = "name,city\n北京,東京\n";
    for label in ["gb18030", "big5", "utf-8"] {
        let format = with(|options| options.encoding = label.into());
        let (rows, _) = run("a.csv", &encoded(label, text), &format).unwrap();
        assert_eq!(rows[1], row(&["北京", "東京"]), "{label}");
    }
    let format = with(|options| options.encoding = "shift_jis".into());
    let (rows, _) = run("a.csv", &encoded("shift_jis", "a\n東京\n"), &format).unwrap();
    assert_eq!(rows[1], row(&["東京"]));
    let format = with(|options| options.encoding = "latin-1".into());
    let (rows, _) = run("a.csv", b"a\nCaf\xe9\n", &format).unwrap();
    assert_eq!(rows[1], row(&["Café"]));

    let wide = |mark: &[u16], big: bool| -> Vec<u8> {
        let units = mark.iter().copied().chain("a,b\nä,𝄞\n".encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    for (mark, big, label) in [
        (&[0xfeff][..], true, "utf-16"),
        (&[0xfeff], false, "utf-16"),
        (&[], true, "utf-16be"),
        (&[], false, "utf-16le"),
        (&[0xfeff], false, "utf-8"),
    ] {
        let format = with(|options| options.encoding = label.into());
        let (rows, told) = run("a.csv", &wide(mark, big), &format).unwrap();
        assert_eq!(rows, [row(&["a", "b"]), row(&["ä", "𝄞"])], "{label} {big}");
        assert_eq!(told.said.is_empty(), label != "utf-8");
    }
    let (rows, _) = run("a.csv", b"\xef\xbb\xbfa\n1\n", &plain()).unwrap();
    assert_eq!(rows[0], row(&["a"]));

    let said = refused("a.csv", b"name\nAda\nCaf\xe9 M\xfcller\nx\n", &plain());
    assert!(said.contains("line 3: 0xE9"), "{said}");
    assert!(said.contains("as windows-1252 the line would be `Café Müller`"), "{said}");
    let said = refused(
        "a.csv",
        "name\nZoë\n".as_bytes().iter().chain(b"Zo\xeb\n").copied().collect::<Vec<u8>>().as_slice(),
        &plain(),
    );
    assert!(said.contains("line 3") && said.contains("mixes encodings"), "{said}");
    let said = refused("a.csv", "a\nZoë".as_bytes()[..5].as_ref(), &plain());
    assert!(said.contains("line 2"), "{said}");
    let format = with(|options| options.encoding = "shift_jis".into());
    assert!(refused("a.csv", b"a\n\x81\n", &format).contains("line 2"));
    let format = with(|options| options.encoding = "utf-16le".into());
    assert!(refused("a.csv", b"a\0\n\0\x00\xd8x\0", &format).contains("line 2"));
    let format = with(|options| options.encoding = "klingon".into());
    assert!(refused("a.csv", b"a\n", &format).contains("no encoding that is known"));
    assert!(refused("a.csv", &wide(&[], false), &plain()).contains("encoding: utf-16le"));
    assert!(refused("a.csv", b"\xff\xfe\0\0a\0\0\0", &plain()).contains("UTF-32"));
}

#[test]
fn what_is_no_text_is_named() {
    for (bytes, what) in [
        (&b""[..], "0 bytes"),
        (b"\xef\xbb\xbf", "0 bytes"),
        (b"\n\n", "no header line"),
        (b"  <!DOCTYPE html><html><body>502 Bad Gateway", "a web page (HTML)"),
        (b"<HTML><HEAD><TITLE>Sign in", "a web page (HTML)"),
        (b"<?xml version='1.0'?><Error/>", "XML"),
        (b"%PDF-1.7", "PDF"),
        (b"\0\x01\0\x02binary\0\0\0\0", "binary data"),
        (b"\"a,b\n1,2\n", "line 1: the first record cannot be read"),
    ] {
        let said = refused("a.csv", bytes, &plain());
        assert!(said.contains(what), "{said}");
    }
    let (rows, told) = run("a.csv", b"a,b", &plain()).unwrap();
    assert_eq!((rows.len(), told.rows), (1, 0));
    let format = with(|options| options.skip_rows = 3);
    assert!(refused("a.csv", b"a\nb\n", &format).contains("`skip_rows`"));
}

#[test]
fn long_lines_are_left_out_within_bounds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.csv");
    // In pieces, so that making the file takes no memory either.
    let mut file = std::fs::File::create(&path).unwrap();
    for part in ["a,b\n1,2\n", ",y\n3,\"", "\"\n5,6\n"] {
        if !part.starts_with('a') {
            for _ in 0..64 {
                file.write_all(&[b'x'; 1 << 20]).unwrap();
            }
        }
        file.write_all(part.as_bytes()).unwrap();
    }
    let before = peak();
    let (rows, told) = common::run_file(&path, &plain(), &Default::default()).unwrap();
    assert_eq!(rows, [row(&["a", "b"]), row(&["1", "2"]), row(&["5", "6"])]);
    let lines: Vec<u64> = told.faults.iter().map(|fault| fault.line).collect();
    assert_eq!((lines, told.places.line(2)), (vec![3, 4], 5));
    assert!(told.faults[0].reason.contains("max_record_bytes"));
    assert_eq!(told.faults[0].value.as_ref().map(String::len), Some(200));
    // Two lines of 64 MiB, of which 16 are ever looked at, in a buffer that doubles.
    let more = peak() - before;
    assert!(more < 60 << 20, "{} MiB", more >> 20);
}

/// The most memory that the process ever had, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    let digits: String = line.chars().filter(char::is_ascii_digit).collect();
    digits.parse::<u64>().unwrap_or(0) << 10
}

/// A cell: null, or any text without a zero.
fn cell() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        1 => Just(None),
        3 => "[a-z0-9 ]{0,6}".prop_map(Some),
        3 => "[,;\"'\\\\\r\n|#x]{0,5}".prop_map(Some),
        1 => "[^\0]{0,40}".prop_map(Some),
    ]
}

fn rows() -> impl Strategy<Value = Vec<Vec<Option<String>>>> {
    (1_usize..5).prop_flat_map(|width| {
        proptest::collection::vec(proptest::collection::vec(cell(), width), 1..8)
    })
}

/// The rows in a dialect of a delimiter, a quote and perhaps an escape.
fn written(rows: &[Vec<Option<String>>], delimiter: &str, quote: char, escape: char) -> String {
    let mut text = String::new();
    for row in rows {
        for (index, cell) in row.iter().enumerate() {
            if index > 0 {
                text.push_str(delimiter);
            }
            let Some(cell) = cell else { continue };
            text.push(quote);
            for character in cell.chars() {
                if character == quote || character == escape {
                    text.push(escape);
                }
                text.push(character);
            }
            text.push(quote);
        }
        text.push('\n');
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_table_comes_back(
        rows in rows(),
        (delimiter, quote, escape) in prop_oneof![
            Just((",", '"', '"')),
            Just((";", '\'', '\'')),
            Just(("||", '"', '\\')),
            Just(("\t", '"', '\\')),
        ],
    ) {
        let mut rows = rows;
        let names = (0..rows[0].len()).map(|index| Some(format!("c{index}"))).collect();
        rows.insert(0, names);
        let format = with(|options| {
            options.delimiter = delimiter.into();
            options.quote = Some(quote);
            options.escape = Some(escape);
        });
        let text = written(&rows, delimiter, quote, escape);
        let (back, told) = run("a.csv", text.as_bytes(), &format).unwrap();
        // A record of nulls alone is, in one column, an empty line.
        prop_assert_eq!(told.fault_count, 0);
        prop_assert_eq!(&back, &rows);
        // The canonical form comes back as itself.
        let again = written(&back, ",", '"', '"');
        let (twice, _) = run("a.csv", again.as_bytes(), &plain()).unwrap();
        prop_assert_eq!(back, twice);
    }

    #[test]
    fn sound_files_are_read_as_the_csv_crate_reads_them(rows in rows(), crlf: bool) {
        let ending = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new().terminator(ending).from_writer(Vec::new());
        let names: Vec<String> = (0..rows[0].len()).map(|index| format!("c{index}")).collect();
        writer.write_record(&names).unwrap();
        for row in &rows {
            writer.write_record(row.iter().map(|cell| cell.as_deref().unwrap_or("x"))).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let (ours, told) = run("a.csv", &bytes, &plain()).unwrap();
        prop_assert_eq!(told.fault_count, 0);
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let mut count = 1;
        for (record, cells) in reader.records().zip(&ours[1..]) {
            let record = record.unwrap();
            count += 1;
            for (one, other) in record.iter().zip(cells) {
                prop_assert_eq!(one, other.as_deref().unwrap_or(""));
            }
        }
        prop_assert_eq!(count, ours.len());
    }

    #[test]
    fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..300), header: bool) {
        let format = with(|options| options.header = header);
        let _ = run("a.csv", &bytes, &format);
        let _ = text::sniff(&bytes);
    }

    #[test]
    fn no_text_breaks_it(text in "[a,;\"\r\n\\\\é|#]{0,80}", footer in 0_usize..4) {
        let format = with(|options| {
            options.skip_footer = footer;
            options.comment = Some('#');
            options.escape = Some('\\');
            options.trailing_delimiter = true;
        });
        let _ = run("a.csv", text.as_bytes(), &format);
        let guess = text::sniff(text.as_bytes());
        let _ = run("a.csv", text.as_bytes(), &Format::Text(guess.options()));
    }
}
