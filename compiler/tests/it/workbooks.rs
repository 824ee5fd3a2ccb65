//! Workbooks with the diagnostics that they must give, as text. See `tests/workbooks/README.md`.

use std::collections::BTreeSet;
use std::fs;

use assay_compiler::compile::{Compiled, compile};
use assay_compiler::git::SourceFile;
use assay_compiler::report::{Form, Report};
use assay_testkit::{parts, root, snapshot};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};

/// A diagnostic as a case expects it: file, cell, code, and words of its message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Expected {
    path: String,
    cell: String,
    code: String,
    words: String,
}

/// Name, files and expectations of a case.
struct Case {
    name: String,
    files: Vec<SourceFile>,
    expected: Vec<Expected>,
}

fn cases() -> Vec<Case> {
    let base =
        fs::read_to_string(root().join("tests/compile/base.case")).expect("the base is read");
    let base = snapshot(parts(&base)).files;
    let folder = root().join("tests/workbooks");
    let mut names: Vec<_> = fs::read_dir(folder)
        .expect("the cases are listed")
        .map(|entry| entry.expect("the cases are listed").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "case"))
        .collect();
    names.sort();
    let case = |path: std::path::PathBuf| {
        let text = fs::read_to_string(&path).expect("the case is read");
        let mut case = Case {
            name: path.file_stem().expect("a case has a name").to_string_lossy().into_owned(),
            files: base.clone(),
            expected: Vec::new(),
        };
        for (path, text) in parts(&text) {
            let bytes =
                if path.ends_with(".xlsx") { workbook(&text) } else { text.clone().into_bytes() };
            case.files.push(SourceFile::new(&*path, None, bytes));
            case.expected.extend(text.lines().filter_map(|line| expectation(&path, line)));
        }
        case
    };
    names.into_iter().map(case).collect()
}

fn expectation(path: &str, line: &str) -> Option<Expected> {
    let rest = line.strip_prefix("#! ")?;
    // The name of a sheet may have spaces inside its quotes.
    let end = rest.strip_prefix('\'').and_then(|name| name.find('\'')).map_or(0, |at| at + 2);
    let cut = end + rest[end..].find(' ').expect("a cell and a code");
    let (cell, rest) = (&rest[..cut], rest[cut..].trim());
    let (code, words) = rest.split_once(' ').unwrap_or((rest, ""));
    let cell = if cell == "-" { "" } else { cell };
    Some(Expected { path: path.into(), cell: cell.into(), code: code.into(), words: words.into() })
}

/// The workbook that a text describes.
pub(crate) fn workbook(text: &str) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let (mut sheet, mut row) = (None, 0);
    for line in text.lines().filter(|line| !line.starts_with("#!")) {
        if let Some(name) = line.strip_prefix("--- ") {
            workbook.add_worksheet().set_name(name.trim()).expect("a name for a sheet");
            sheet = Some(workbook.worksheets().len() - 1);
            row = 0;
            continue;
        }
        if let Some(sheet) = sheet {
            let sheet = &mut workbook.worksheets_mut()[sheet];
            for (column, cell) in line.split('|').enumerate() {
                write(sheet, row, u16::try_from(column).expect("few columns"), cell);
            }
            row += 1;
        }
    }
    workbook.save_to_buffer().expect("the workbook is written")
}

fn write(sheet: &mut Worksheet, row: u32, column: u16, cell: &str) {
    let text = cell.replace("\\n", "\n");
    let unquoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let written = if let Some(text) = unquoted {
        sheet.write_string(row, column, text)
    } else if text.trim().is_empty() {
        return;
    } else if let Some(day) = text.strip_prefix("date ") {
        let day = ExcelDateTime::parse_from_str(day).expect("a day");
        sheet.write_datetime_with_format(
            row,
            column,
            &day,
            &Format::new().set_num_format("yyyy-mm-dd"),
        )
    } else if let Some(result) = text.strip_prefix("formula") {
        sheet.write_formula(row, column, Formula::new("=1+1").set_result(result.trim()))
    } else if text == "#N/A" {
        sheet.write_formula(row, column, Formula::new("=NA()").set_result("#N/A"))
    } else if let Ok(number) = text.parse::<f64>() {
        sheet.write_number(row, column, number)
    } else if text == "TRUE" || text == "FALSE" {
        sheet.write_boolean(row, column, text == "TRUE")
    } else {
        sheet.write_string(row, column, text)
    };
    written.expect("the cell is written");
}

fn compiled(case: &Case) -> Compiled {
    let mut snapshot = snapshot(Vec::new());
    snapshot.files.clone_from(&case.files);
    snapshot.files.sort_by(|a, b| a.path.cmp(&b.path));
    compile(&snapshot, &|_| true)
}

#[test]
fn every_case_gives_exactly_its_diagnostics() {
    let mut faults = Vec::new();
    for case in cases() {
        let compiled = compiled(&case);
        let found = compiled.diagnostics.iter().map(|found| Expected {
            path: found.primary.path.clone(),
            cell: compiled.files.cell(&found.primary).unwrap_or_default(),
            code: found.code.id().to_owned(),
            words: found.message.clone(),
        });
        let mut found: Vec<_> = found.collect();
        let mut expected = case.expected.clone();
        found.sort();
        expected.sort();
        let same = found.len() == expected.len()
            && found.iter().zip(&expected).all(|(found, expected)| {
                (&found.path, &found.cell, &found.code)
                    == (&expected.path, &expected.cell, &expected.code)
                    && found.words.contains(&expected.words)
            });
        if !same {
            faults.push(format!("{}\n  expected {expected:#?}\n  found {found:#?}", case.name));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The codes that these cases demand, for the test that every code has a case.
pub(crate) fn codes() -> BTreeSet<String> {
    cases().into_iter().flat_map(|case| case.expected).map(|expected| expected.code).collect()
}

#[test]
fn reports_name_cells() {
    let case = cases().into_iter().find(|case| case.name == "reports").expect("the case exists");
    let compiled = compiled(&case);
    for (name, form) in Form::ALL {
        let report = Report {
            diagnostics: &compiled.diagnostics,
            files: &compiled.files,
            root: "",
            colour: false,
            most: None,
            touched: None,
        };
        insta::assert_snapshot!(format!("workbook-{name}"), report.render(*form));
    }
}
