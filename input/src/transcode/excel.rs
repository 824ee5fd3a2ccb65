//! Workbooks: one sheet of an `.xlsx`, `.xlsb`, `.xls` or `.ods` file becomes a table.
//!
//! A sheet is read twice: first to see which area holds anything, then to write its rows. Cells of `.xlsx` and
//! `.xlsb` stream; the two other formats are in memory while they are read.

mod area;
mod book;
mod cell;
mod guard;
mod layout;
mod rows;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::canonical::Table;
use super::error::Error;
use area::Area;
use book::Book;

/// Which sheet is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sheet {
    /// The first worksheet that is visible.
    #[default]
    First,
    /// The one of this name.
    Name(String),
    /// The one at this position, from 1, hidden ones and those with charts counted.
    Index(usize),
}

/// What cells of a merged area hold, beside the first one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Merged {
    /// Nothing.
    #[default]
    First,
    /// The value of the first one. Only below the header, and only as far as the sheet has values.
    Fill,
}

/// How to read a workbook.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which sheet.
    pub sheet: Sheet,
    /// The row with the names, from 1; `None` means the first that holds anything.
    pub header_row: Option<u32>,
    /// The only cells that are looked at: `B3:F20`, `B:F` or `3:20`.
    pub range: Option<String>,
    /// Rows at the end, among those that hold anything, that are no data.
    pub skip_footer: usize,
    /// What merged areas hold.
    pub merged: Merged,
    /// Bytes that the parts of the workbook may unpack to, and that an `.xls` file may have.
    pub max_unpacked: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            sheet: Sheet::First,
            header_row: None,
            range: None,
            skip_footer: 0,
            merged: Merged::First,
            max_unpacked: 2 << 30,
        }
    }
}

/// Reads a sheet into a table.
pub(crate) fn read(path: &Path, options: &Options, table: &mut Table) -> Result<(), Error> {
    let kind = guard::inspect(path, options.max_unpacked)?;
    // The reader indexes into records as if they were sound. A table after a panic is not used any more.
    catch_unwind(AssertUnwindSafe(|| read_sheet(path, kind, options, table)))
        .unwrap_or_else(|_| Err(guard::broken(path, &"a part of it is shorter than it says")))
}

fn read_sheet(
    path: &Path,
    kind: guard::Kind,
    options: &Options,
    table: &mut Table,
) -> Result<(), Error> {
    let bounds = match &options.range {
        Some(text) => Area::parse(text).ok_or_else(|| {
            Error::Data(format!(
                "{}: `{text}` is no range of cells; one is `B3:F20`, `B:F` or `3:20`",
                path.display()
            ))
        })?,
        None => Area::ALL,
    };
    let mut book = Book::open(path, kind)?;
    let sheet = book.choose(&options.sheet, table)?;
    let mut merged = match options.merged {
        Merged::First => Vec::new(),
        Merged::Fill => book.merged(&sheet)?,
    };
    let place = Place { path, sheet: &sheet };
    let mut cells = book.cells(&sheet)?;
    let layout = layout::find(&mut cells, &place, bounds, options)?;
    merged.retain(|area| area.top > layout.header && area.top <= layout.area.bottom);
    rows::write(&mut cells, &place, &layout, merged, table)
}

/// Where cells are, for messages.
struct Place<'a> {
    path: &'a Path,
    sheet: &'a str,
}

impl Place<'_> {
    /// A cell as `file.xlsx:Sheet!C14`; row and column from 0.
    fn cell(&self, row: u32, column: u32) -> String {
        let file = self.path.file_name().unwrap_or_default().to_string_lossy();
        format!("{file}:{}!{}{}", self.sheet, area::letters(column), u64::from(row) + 1)
    }
}
