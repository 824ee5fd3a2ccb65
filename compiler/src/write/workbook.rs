//! Workbooks that people fill in: headings with explanations, drop-down lists, frozen panes.

mod rows;
mod sheet;

use std::collections::BTreeMap;

use assay_schemas::library::Kind;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

use super::{Order, WriteError};
use crate::field::Field;
use crate::source::Node;
use rows::Rows;
use sheet::{Lists, Sheet};

/// A workbook with these objects, a sheet for each kind.
pub(super) fn write(objects: &[(Kind, Node)], order: &Order) -> Result<Vec<u8>, WriteError> {
    let mut by_kind: BTreeMap<Kind, Vec<&Node>> = BTreeMap::new();
    for (kind, node) in objects {
        by_kind.entry(*kind).or_default().push(node);
    }
    let mut sheets = Vec::new();
    for (kind, nodes) in by_kind {
        let mut rows = Rows::new(kind);
        for node in nodes {
            rows.push(node).map_err(|reason| WriteError::Unfit {
                object: format!("{} `{}`", kind.name(), id_of(kind, node)),
                reason,
            })?;
        }
        sheets.push(Sheet::new(kind, rows.finish(), order));
    }
    save(&sheets).map_err(|error| WriteError::Workbook(error.to_string()))
}

/// A workbook with one object and these headings, for people to fill in.
pub(super) fn template(
    kind: Kind,
    node: &Node,
    headings: &[String],
    order: &Order,
) -> Result<Vec<u8>, WriteError> {
    let mut rows = Rows::new(kind);
    let unfit = |reason| WriteError::Unfit { object: kind.name().to_owned(), reason };
    rows.push(node).map_err(unfit)?;
    let sheet = Sheet::new(kind, rows.finish(), order).with(headings, order);
    save(&[sheet]).map_err(|error| WriteError::Workbook(error.to_string()))
}

/// The bytes of a workbook with these sheets, the same for the same sheets.
fn save(sheets: &[Sheet]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_ymd(2026, 1, 1)?;
    workbook
        .set_properties(&DocProperties::new().set_author("assayc").set_creation_datetime(&created));
    let mut lists = Lists::default();
    for sheet in sheets {
        sheet.write(workbook.add_worksheet(), &mut lists)?;
    }
    read_me(workbook.add_worksheet(), sheets)?;
    lists.write(workbook.add_worksheet())?;
    workbook.save_to_buffer()
}

fn read_me(sheet: &mut rust_xlsxwriter::Worksheet, sheets: &[Sheet]) -> Result<(), XlsxError> {
    sheet.set_name("_README")?;
    sheet.set_column_width(0, 100)?;
    let wrapped = Format::new().set_text_wrap();
    let bold = Format::new().set_bold().set_font_size(14);
    sheet.write_string_with_format(0, 0, "How to fill in this workbook", &bold)?;
    let names: Vec<_> = sheets.iter().map(|sheet| format!("`{}`", sheet.name())).collect();
    let lines = [
        format!("Sheets: {}. Each holds the objects of one kind.", names.join(", ")),
        "The first row has the headings: paths of fields. Remove columns that you do not need; add any other field of the kind.".to_owned(),
        "A row is an object. Rows below it with the same id, or with none, add elements to its lists: a row for each rule of a rule set.".to_owned(),
        "Several plain values in one cell are separated by ; or line breaks. A value in double quotes is a text, whatever it looks like. [1, 2] and {\"a\": 1} are JSON.".to_owned(),
        "Columns are formatted as text, so that 1.10 stays 1.10 and 007 stays 007.".to_owned(),
        "Rows that begin with # and columns and sheets whose name begins with # or _ are for people; so is this sheet.".to_owned(),
        "Save the workbook as .xlsx, without a password, in the folder of its kind below libraries/. `assayc check --worktree` names the cells that need another look.".to_owned(),
    ];
    for (row, line) in (2_u32..).zip(lines) {
        sheet.write_string_with_format(row, 0, line, &wrapped)?;
    }
    Ok(())
}

fn id_of(kind: Kind, node: &Node) -> String {
    node.get(kind.id_field()).and_then(|entry| entry.value.as_text()).unwrap_or("?").to_owned()
}

/// The field of a kind as a whole.
fn field_of(kind: Kind) -> Field {
    Field::of(kind.shape())
}
