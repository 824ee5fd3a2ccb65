//! A workbook of any of the formats: its sheets, merged areas and cells.

use std::fs::File;
use std::io::{BufReader, Cursor};
use std::path::{Path, PathBuf};

use calamine::{
    Data, Dimensions, Ods, Range, Reader as _, SheetType, SheetVisible, Xls, Xlsb, Xlsx,
};

use super::super::canonical::Table;
use super::super::error::Error;
use super::Sheet;
use super::area::Area;
use super::cell::Content;
use super::guard::{Kind, broken};

/// A workbook that is open.
pub(super) struct Book {
    path: PathBuf,
    inner: Inner,
}

enum Inner {
    Xlsx(Box<Xlsx<BufReader<File>>>),
    Xlsb(Box<Xlsb<BufReader<File>>>),
    Xls(Box<Xls<Cursor<Vec<u8>>>>),
    Ods(Box<Ods<BufReader<File>>>),
}

/// The cells of one sheet, which can be gone through more than once.
pub(super) struct Cells<'a> {
    path: &'a Path,
    source: Source<'a>,
    /// Days are counted from 1904.
    pub(super) from_1904: bool,
}

enum Source<'a> {
    Xlsx(&'a mut Xlsx<BufReader<File>>, &'a str),
    Xlsb(&'a mut Xlsb<BufReader<File>>, &'a str),
    Range(Range<Data>),
}

impl Book {
    pub(super) fn open(path: &Path, kind: Kind) -> Result<Self, Error> {
        let told = |error: std::io::Error| Error::reading(&path.display().to_string(), &error);
        let file = || File::open(path).map(BufReader::new).map_err(told);
        let inner = match kind {
            Kind::Xlsx => {
                Inner::Xlsx(Box::new(Xlsx::new(file()?).map_err(|error| broken(path, &error))?))
            }
            Kind::Xlsb => {
                Inner::Xlsb(Box::new(Xlsb::new(file()?).map_err(|error| broken(path, &error))?))
            }
            Kind::Ods => {
                Inner::Ods(Box::new(Ods::new(file()?).map_err(|error| broken(path, &error))?))
            }
            Kind::Xls => {
                let bytes = Cursor::new(std::fs::read(path).map_err(told)?);
                Inner::Xls(Box::new(Xls::new(bytes).map_err(|error| broken(path, &error))?))
            }
        };
        Ok(Self { path: path.to_owned(), inner })
    }

    fn sheets(&self) -> &[calamine::Sheet] {
        match &self.inner {
            Inner::Xlsx(book) => book.sheets_metadata(),
            Inner::Xlsb(book) => book.sheets_metadata(),
            Inner::Xls(book) => book.sheets_metadata(),
            Inner::Ods(book) => book.sheets_metadata(),
        }
    }

    /// The name of the sheet that is meant; says so where it was chosen among several.
    pub(super) fn choose(&self, wanted: &Sheet, table: &mut Table) -> Result<String, Error> {
        let sheets = self.sheets();
        let found = match wanted {
            Sheet::Name(name) => sheets.iter().find(|sheet| sheet.name == *name),
            Sheet::Index(index) => index.checked_sub(1).and_then(|index| sheets.get(index)),
            Sheet::First => sheets.iter().find(|sheet| {
                sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible
            }),
        };
        let names: Vec<String> =
            sheets.iter().map(|sheet| format!("`{}`", sheet.name)).take(20).collect();
        let Some(sheet) = found else {
            let what = match wanted {
                Sheet::Name(name) => format!("no sheet `{name}`"),
                Sheet::Index(index) => format!("no sheet number {index}"),
                Sheet::First => "no visible worksheet".into(),
            };
            return Err(Error::Data(format!(
                "{}: there is {what}; the workbook has {}",
                self.path.display(),
                names.join(", ")
            )));
        };
        if *wanted == Sheet::First && sheets.len() > 1 {
            table.written.said.push(format!(
                "read the sheet `{}`, the first of {}; `sheet` names another",
                sheet.name,
                sheets.len()
            ));
        }
        Ok(sheet.name.clone())
    }

    /// The merged areas of a sheet, from top to bottom.
    pub(super) fn merged(&mut self, sheet: &str) -> Result<Vec<Area>, Error> {
        let path = &self.path;
        let found = match &mut self.inner {
            Inner::Xlsx(book) => {
                book.merge_cells_by_sheet_name(sheet).map_err(|error| broken(path, &error))?
            }
            Inner::Xls(book) => {
                book.merge_cells_by_sheet_name(sheet).map_err(|error| broken(path, &error))?
            }
            Inner::Xlsb(_) | Inner::Ods(_) => {
                return Err(Error::Data(format!(
                    "{}: merged areas are not read from this format; save the workbook as `.xlsx`",
                    path.display()
                )));
            }
        };
        let mut areas: Vec<Area> = found
            .into_iter()
            .map(|Dimensions { start, end }| Area {
                top: start.0,
                left: start.1,
                bottom: end.0,
                right: end.1,
            })
            .collect();
        areas.sort_by_key(|area| (area.top, area.left));
        Ok(areas)
    }

    pub(super) fn cells<'a>(&'a mut self, sheet: &'a str) -> Result<Cells<'a>, Error> {
        let path = &self.path;
        let (source, from_1904) = match &mut self.inner {
            Inner::Xlsx(book) => {
                let from_1904 = book.has_1904_epoch();
                (Source::Xlsx(book, sheet), from_1904)
            }
            Inner::Xlsb(book) => {
                let from_1904 = book.has_1904_epoch();
                (Source::Xlsb(book, sheet), from_1904)
            }
            Inner::Xls(book) => {
                let range = book.worksheet_range(sheet).map_err(|error| broken(path, &error))?;
                (Source::Range(range), book.has_1904_epoch())
            }
            Inner::Ods(book) => {
                let range = book.worksheet_range(sheet).map_err(|error| broken(path, &error))?;
                (Source::Range(range), false)
            }
        };
        Ok(Cells { path, source, from_1904 })
    }
}

impl Cells<'_> {
    /// Calls `each` with the row, column and value of every cell that holds anything, row by row.
    pub(super) fn visit(
        &mut self,
        each: &mut dyn FnMut(u32, u32, &Content<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let path = self.path;
        let mut last = 0;
        let mut ordered = |row: u32, column: u32, content: Option<Content<'_>>| {
            let Some(content) = content else { return Ok(()) };
            if row < last {
                return Err(broken(path, &"its rows are not in order"));
            }
            last = row;
            each(row, column, &content)
        };
        match &mut self.source {
            Source::Xlsx(book, sheet) => {
                let mut cells =
                    book.worksheet_cells_reader(sheet).map_err(|error| broken(path, &error))?;
                while let Some(cell) = cells.next_cell().map_err(|error| broken(path, &error))? {
                    let (row, column) = cell.get_position();
                    ordered(row, column, Content::of_ref(cell.get_value()))?;
                }
            }
            Source::Xlsb(book, sheet) => {
                let mut cells =
                    book.worksheet_cells_reader(sheet).map_err(|error| broken(path, &error))?;
                while let Some(cell) = cells.next_cell().map_err(|error| broken(path, &error))? {
                    let (row, column) = cell.get_position();
                    ordered(row, column, Content::of_ref(cell.get_value()))?;
                }
            }
            Source::Range(range) => {
                let (top, left) = range.start().unwrap_or_default();
                for (row, column, data) in range.used_cells() {
                    ordered(top + row as u32, left + column as u32, Content::of(data))?;
                }
            }
        }
        Ok(())
    }
}
