//! What the tests share: a run on bytes, and a reader of canonical files that is told nothing.
#![allow(dead_code, unreachable_pub)]

use std::path::{Path, PathBuf};

use assay_input::transcode::{Error, Format, Written, pack, transcode};

/// Header and rows; `None` is a null.
pub type Rows = Vec<Vec<Option<String>>>;

/// A file of these bytes, transcoded.
pub fn run(name: &str, bytes: &[u8], format: &Format) -> Result<(Rows, Written), Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    run_file(&path, format, &pack::Options::default())
}

pub fn run_file(
    path: &Path,
    format: &Format,
    packing: &pack::Options,
) -> Result<(Rows, Written), Error> {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("out.csv");
    let written = transcode(path, format, packing, &to);
    assert_eq!(to.exists(), written.is_ok(), "a file that is not whole must not stay");
    let written = written?;
    let rows = read(&std::fs::read_to_string(&to).unwrap());
    assert_eq!(rows.len() as u64, written.rows + 1);
    let header: Vec<String> = rows[0].iter().map(|name| name.clone().unwrap_or_default()).collect();
    assert_eq!(header, written.columns);
    Ok((rows, written))
}

/// The error of a run.
pub fn refused(name: &str, bytes: &[u8], format: &Format) -> String {
    match run(name, bytes, format) {
        Err(Error::Data(text)) => text,
        other => panic!("not refused: {other:?}"),
    }
}

pub fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(path)
}

/// Reads a canonical file character by character and refuses anything else.
pub fn read(text: &str) -> Rows {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut characters = text.chars().peekable();
    while characters.peek().is_some() {
        let mut cell = None;
        if characters.next_if_eq(&'"').is_some() {
            let mut inner = String::new();
            loop {
                match characters.next().expect("a quote is not closed") {
                    '"' if characters.next_if_eq(&'"').is_some() => inner.push('"'),
                    '"' => break,
                    other => inner.push(other),
                }
            }
            cell = Some(inner);
        } else {
            while let Some(other) = characters.next_if(|c| !matches!(c, ',' | '\n')) {
                assert!(!matches!(other, '"' | '\r'), "a quote or CR outside quotes");
                cell.get_or_insert_with(String::new).push(other);
            }
        }
        row.push(cell);
        match characters.next() {
            Some(',') => {}
            Some('\n') => rows.push(std::mem::take(&mut row)),
            other => panic!("{other:?} after a cell"),
        }
    }
    assert!(row.is_empty(), "the last line has no end");
    rows
}

/// A row of texts; `~` stands for a null.
pub fn row(cells: &[&str]) -> Vec<Option<String>> {
    cells.iter().map(|cell| (*cell != "~").then(|| (*cell).to_owned())).collect()
}
