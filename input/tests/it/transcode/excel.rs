//! Workbooks of others, cell by cell, and workbooks that are none.

use super::common;
use std::io::Write as _;

use super::common::{data, row, run_file};
use assay_input::transcode::{Error, Format, Written, excel, pack};
use serde_json::Value;

fn read(file: &str, options: excel::Options) -> Result<(common::Rows, Written), Error> {
    run_file(&data(file), &Format::Excel(options), &pack::Options::default())
}

fn named(sheet: &str) -> excel::Options {
    excel::Options { sheet: excel::Sheet::Name(sheet.into()), ..excel::Options::default() }
}

/// Whether a cell says what was expected. Without the place of a date there is no telling a date from a midnight.
fn agrees(cell: Option<&str>, expected: &Value, header: bool) -> bool {
    match (cell, expected) {
        (None, Value::Null) => true,
        // Names that a header lacks are made up.
        (Some(text), Value::Null) => header && text.starts_with("column_"),
        (Some(text), Value::Bool(truth)) => text == truth.to_string(),
        (Some(text), Value::Number(number)) => {
            text.parse().ok() == number.as_f64() && !text.ends_with(".0")
        }
        (Some(text), Value::String(wanted)) => text == wanted,
        (cell, Value::Object(map)) => {
            let (kind, value) = map.iter().next().expect("one entry");
            let value = value.as_str().map_or_else(|| value.to_string(), String::from);
            match kind.as_str() {
                "error" => cell.is_none(),
                "datetime" => {
                    let spaced = value.replace('T', " ");
                    cell == Some(spaced.as_str()) || cell == spaced.strip_suffix(" 00:00:00")
                }
                "date" | "time" => cell == Some(value.as_str()),
                "duration_seconds" => {
                    let wanted: f64 = value.parse().expect("a number");
                    cell.is_some_and(|text| {
                        text.split(':').fold(0.0, |sum, part| {
                            sum * 60.0 + part.parse::<f64>().expect("a number")
                        }) == wanted
                    })
                }
                other => panic!("{other}"),
            }
        }
        _ => false,
    }
}

#[test]
fn every_listed_sheet_agrees_in_every_cell() {
    let lines = std::fs::read_to_string(data("excel/expected.jsonl")).unwrap();
    let (mut sheets, mut compared) = (0, 0);
    for line in lines.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let also = case["also"].as_array().unwrap().iter().map(|file| file.as_str().unwrap());
        for file in std::iter::once(case["file"].as_str().unwrap()).chain(also) {
            let sheet = case["sheet"].as_str().unwrap();
            let path = format!("excel/{file}");
            sheets += 1;
            let expected: Vec<&Vec<Value>> = case["rows"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row.as_array().unwrap())
                .collect();
            if expected.is_empty() {
                let refused = read(&path, named(sheet)).unwrap_err().to_string();
                assert!(refused.contains("is empty"), "{refused}");
                continue;
            }
            compared += compare(&path, sheet, &case, &expected);
        }
    }
    assert_eq!((sheets, compared), (40, 11_784));
}

/// Compares the rows below each possible header, so that every row is data once: with a header row above the table
/// there is none, so the first row is compared as a header.
fn compare(path: &str, sheet: &str, case: &Value, expected: &[&Vec<Value>]) -> usize {
    let top: u32 = case["used_range"]
        .as_str()
        .unwrap()
        .chars()
        .skip_while(char::is_ascii_uppercase)
        .take_while(char::is_ascii_digit)
        .collect::<String>()
        .parse()
        .unwrap();
    // Errors and equal cells cannot be names, so such a sheet is read from the first row that can.
    let names = |cells: &[Value]| {
        let texts: Vec<String> =
            cells.iter().filter(|cell| !cell.is_null()).map(Value::to_string).collect();
        let distinct: std::collections::BTreeSet<&String> = texts.iter().collect();
        !texts.is_empty()
            && distinct.len() == texts.len()
            && !cells.iter().any(|cell| cell.get("error").is_some())
    };
    let Some(header) = expected.iter().position(|cells| names(cells)) else {
        return errors_only(path, sheet, expected);
    };
    let options = excel::Options { header_row: Some(top + header as u32), ..named(sheet) };
    let (rows, written) = read(path, options).unwrap();
    let wanted: Vec<&&Vec<Value>> = expected[header..]
        .iter()
        .filter(|cells| cells.iter().any(|cell| !cell.is_null()))
        .collect();
    assert_eq!(rows.len(), wanted.len(), "{path} {sheet}");
    let mut compared = 0;
    // A chatter above the header may be wider than the table.
    let used = |index: &usize| wanted.iter().any(|cells| !cells[*index].is_null());
    let first = (0..wanted[0].len()).find(used).unwrap();
    let last = (0..wanted[0].len()).rev().find(used).unwrap();
    for (number, (cells, wanted)) in rows.iter().zip(&wanted).enumerate() {
        assert_eq!(cells.len(), last + 1 - first, "{path} {sheet}");
        for (cell, wanted) in cells.iter().zip(&wanted[first..]) {
            compared += 1;
            assert!(
                agrees(cell.as_deref(), wanted, number == 0),
                "{path} {sheet} row {number}: {cell:?} is not {wanted}"
            );
        }
    }
    let errors = wanted.iter().flat_map(|cells| cells.iter());
    let errors = errors.filter(|cell| cell.get("error").is_some()).count();
    assert_eq!(written.fault_count, errors as u64);
    compared
}

/// A sheet without anything that could be a header: each cell is refused by its place.
fn errors_only(path: &str, sheet: &str, expected: &[&Vec<Value>]) -> usize {
    for row in 0..expected.len() {
        let options = excel::Options { header_row: Some(row as u32 + 1), ..named(sheet) };
        let refused = read(path, options).unwrap_err().to_string();
        assert!(refused.starts_with(&format!("errors.xlsx:{sheet}!A{}: ", row + 1)), "{refused}");
    }
    expected.len()
}

#[test]
fn errors_become_nulls_with_a_place() {
    // A range that begins above the errors gives them no header, so the numbers beside them are used elsewhere;
    // here a workbook is made with a header.
    let bytes = workbook(
        "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>ratio</t></is></c></row>\
         <row r=\"2\"><c r=\"A2\" t=\"e\"><v>#DIV/0!</v></c></row>\
         <row r=\"4\"><c r=\"A4\"><v>1.5</v></c></row>",
        "",
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.xlsx");
    std::fs::write(&path, bytes).unwrap();
    let format = Format::Excel(excel::Options::default());
    let (rows, told) = run_file(&path, &format, &pack::Options::default()).unwrap();
    assert_eq!(rows, [row(&["ratio"]), row(&["~"]), row(&["1.5"])]);
    let fault = &told.faults[0];
    assert_eq!((fault.row, fault.line), (Some(1), 2));
    assert_eq!(fault.column.as_deref(), Some("ratio"));
    assert_eq!(fault.value.as_deref(), Some("#DIV/0!"));
    assert!(fault.reason.ends_with("at r.xlsx:Sheet1!A2"), "{}", fault.reason);
    assert_eq!((told.places.line(1), told.places.line(2)), (2, 4));
}

#[test]
fn tables_within_sheets_are_found() {
    let options =
        excel::Options { header_row: Some(5), skip_footer: 4, ..excel::Options::default() };
    let (rows, told) = read("excel/readxl/deaths.xlsx", options).unwrap();
    assert_eq!(rows.len(), 11);
    assert_eq!(rows[0][0].as_deref(), Some("Name"));
    assert_eq!(rows[1][0].as_deref(), Some("David Bowie"));
    assert_eq!(told.places.line(1), 6);
    assert!(told.said[0].contains("`arts`"));

    let options = excel::Options { range: Some("A5:C8".into()), ..excel::Options::default() };
    let (rows, _) = read("excel/readxl/deaths.xls", options).unwrap();
    assert_eq!((rows.len(), rows[0].len()), (4, 3));

    let (rows, _) = read("excel/readxl/geometry.xls", excel::Options::default()).unwrap();
    assert_eq!(rows[0], row(&["B3", "C3", "D3"]));

    let second = excel::Options { sheet: excel::Sheet::Index(2), ..excel::Options::default() };
    assert_eq!(read("excel/readxl/datasets.xlsx", second).unwrap().1.rows, 71);
}

#[test]
fn merged_areas_are_filled_below_the_header() {
    let sheet = "<row r=\"1\"><c r=\"A1\"><v>1</v></c><c r=\"B1\"><v>2</v></c></row>\
         <row r=\"2\"><c r=\"A2\"><v>7</v></c><c r=\"B2\"><v>1</v></c></row>\
         <row r=\"3\"><c r=\"B3\"><v>2</v></c></row>\
         <row r=\"5\"><c r=\"B5\"><v>3</v></c></row>";
    let merges = "<mergeCells count=\"2\"><mergeCell ref=\"A2:A4\"/><mergeCell ref=\"A1:B1\"/>\
                  </mergeCells>";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.xlsx");
    std::fs::write(&path, workbook(sheet, merges)).unwrap();
    let run = |merged| {
        let format = Format::Excel(excel::Options { merged, ..excel::Options::default() });
        run_file(&path, &format, &pack::Options::default()).unwrap().0
    };
    let header = row(&["1", "2"]);
    assert_eq!(
        run(excel::Merged::First),
        [header.clone(), row(&["7", "1"]), row(&["~", "2"]), row(&["~", "3"])]
    );
    assert_eq!(
        run(excel::Merged::Fill),
        [header, row(&["7", "1"]), row(&["7", "2"]), row(&["7", "~"]), row(&["~", "3"])]
    );
}

#[test]
fn names_must_differ() {
    let sheet = "<row r=\"2\"><c r=\"B2\"><v>1</v></c><c r=\"D2\"><v>1</v></c></row>\
                 <row r=\"3\"><c r=\"C3\"><v>5</v></c></row>";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("n.xlsx");
    std::fs::write(&path, workbook(sheet, "")).unwrap();
    let format = |range: &str| {
        Format::Excel(excel::Options { range: Some(range.into()), ..excel::Options::default() })
    };
    let packing = pack::Options::default();
    let refused = run_file(&path, &format("A:D"), &packing).unwrap_err().to_string();
    assert!(
        refused.starts_with("n.xlsx:Sheet1!D2: ") && refused.contains("Sheet1!B2"),
        "{refused}"
    );
    let (rows, _) = run_file(&path, &format("B:C"), &packing).unwrap();
    assert_eq!(rows, [row(&["1", "column_2"]), row(&["~", "5"])]);
}

#[test]
fn what_is_no_workbook_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let said = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let format = Format::Excel(excel::Options::default());
        match run_file(&path, &format, &pack::Options::default()) {
            Err(Error::Data(text)) => text,
            other => panic!("{other:?}"),
        }
    };
    assert!(said("a.xlsx", b"").contains("it is empty"));
    assert!(said("a.xlsx", b"a,b\n1,2\n").contains("something else"));
    assert!(said("a.xlsx", b"<html>").contains("web page"));
    let good = std::fs::read(data("excel/calamine/date.xlsx")).unwrap();
    assert!(said("a.xlsx", &good[..good.len() / 2]).contains("damaged"));
    let mut encrypted = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    encrypted.resize(70_000, 0);
    encrypted.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert!(said("a.xlsx", &encrypted).contains("password"));
    let old = std::fs::read(data("excel/calamine/date.xls")).unwrap();
    for cut in [600, 3000, old.len() / 2, old.len() - 600] {
        // Some cuts leave enough to be read; none may end the process.
        let path = folder.path().join("cut.xls");
        std::fs::write(&path, &old[..cut]).unwrap();
        let format = Format::Excel(excel::Options::default());
        let _ = run_file(&path, &format, &pack::Options::default());
    }
    let missing = read("excel/calamine/date.xlsx", named("Nope")).unwrap_err().to_string();
    assert!(missing.contains("no sheet `Nope`; the workbook has `Sheet1`"), "{missing}");
}

#[test]
fn bombs_are_not_unpacked() {
    let rows = "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>".to_owned() + &" ".repeat(20 << 20);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.xlsx");
    std::fs::write(&path, workbook(&rows, "")).unwrap();
    let format =
        Format::Excel(excel::Options { max_unpacked: 10 << 20, ..excel::Options::default() });
    let refused = run_file(&path, &format, &pack::Options::default()).unwrap_err().to_string();
    assert!(refused.contains("max_unpacked"), "{refused}");
    let far = "<row r=\"1\"><c r=\"A1\"><v>1</v></c><c r=\"XFD1\"><v>1</v></c></row>".to_owned()
        + &(2..70_000).map(|r| format!("<row r=\"{r}\"><c><v>1</v></c></row>")).collect::<String>();
    std::fs::write(&path, workbook(&far, "")).unwrap();
    let format = Format::Excel(excel::Options::default());
    let refused = run_file(&path, &format, &pack::Options::default()).unwrap_err().to_string();
    assert!(refused.contains("range"), "{refused}");
}

/// A workbook of one sheet.
fn workbook(rows: &str, after: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let rels = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    for (name, text) in [
        ("[Content_Types].xml", format!("<Types xmlns=\"{package}/content-types\"/>")),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r1\" \
                 Type=\"{rels}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{rels}\"><sheets><sheet name=\"Sheet1\" \
                 sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r1\" \
                 Type=\"{rels}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData>{after}</worksheet>"),
        ),
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
