//! One sheet: its headings in order, what explains them, and its rows.

use std::collections::BTreeSet;

use assay_schemas::library::Kind;
use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, Format, FormatAlign, Formula, Note, Worksheet,
    XlsxError,
};

use super::super::Order;
use super::field_of;
use super::rows::{Cell, Row, about};
use crate::field::{Field, Types};

/// The last row, counted from 0, that drop-down lists are made for.
const LAST_ROW: u32 = 2_000;

/// The choices of columns. They stand on a sheet of their own, since Excel bounds their length elsewhere.
#[derive(Debug, Default)]
pub(super) struct Lists(Vec<Vec<&'static str>>);

impl Lists {
    /// The range with these choices.
    fn range(&mut self, choices: &[&'static str]) -> String {
        let known = self.0.iter().position(|list| list == choices);
        let index = known.unwrap_or_else(|| {
            self.0.push(choices.to_vec());
            self.0.len() - 1
        });
        let column = crate::source::column_letters(u32::try_from(index).unwrap_or_default());
        format!("=_lists!${column}$1:${column}${}", choices.len())
    }

    pub(super) fn write(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        sheet.set_name("_lists")?.set_hidden(true);
        for (column, list) in (0_u16..).zip(&self.0) {
            for (row, choice) in (0_u32..).zip(list) {
                sheet.write_string(row, column, *choice)?;
            }
        }
        Ok(())
    }
}

/// A sheet of one kind.
#[derive(Debug)]
pub(super) struct Sheet {
    kind: Kind,
    headings: Vec<String>,
    rows: Vec<Row>,
}

/// How cells look.
struct Looks {
    head: Format,
    explained: Format,
    text: Format,
    plain: Format,
}

impl Looks {
    fn new() -> Self {
        let top = Format::new().set_align(FormatAlign::Top);
        let head = top.clone().set_bold().set_background_color(Color::RGB(0x1F_4E78));
        let explained = top.clone().set_italic().set_text_wrap();
        Self {
            head: head.set_font_color(Color::White),
            explained: explained
                .set_font_color(Color::RGB(0x59_5959))
                .set_background_color(Color::RGB(0xF2_F2F2)),
            text: top.clone().set_num_format("@"),
            plain: top,
        }
    }
}

impl Sheet {
    pub(super) fn new(kind: Kind, rows: Vec<Row>, order: &Order) -> Self {
        let headings: BTreeSet<&String> = rows.iter().flat_map(Row::keys).collect();
        let mut headings: Vec<_> = headings.into_iter().cloned().collect();
        headings.sort_by_cached_key(|heading| position(field_of(kind), heading, order));
        Self { kind, headings, rows }
    }

    /// The name of the sheet.
    pub(super) fn name(&self) -> &'static str {
        self.kind.name()
    }

    /// The same sheet with columns that no row has filled yet.
    #[must_use]
    pub(super) fn with(mut self, headings: &[String], order: &Order) -> Self {
        for heading in headings {
            if self.headings.iter().all(|known| known != heading) {
                self.headings.push(heading.clone());
            }
        }
        let kind = self.kind;
        self.headings.sort_by_cached_key(|heading| position(field_of(kind), heading, order));
        self
    }

    pub(super) fn write(&self, sheet: &mut Worksheet, lists: &mut Lists) -> Result<(), XlsxError> {
        let looks = Looks::new();
        sheet.set_name(self.name())?;
        let mut formats = Vec::new();
        for (column, heading) in (0_u16..).zip(&self.headings) {
            formats.push(self.head(sheet, lists, column, (heading, &looks))?);
        }
        for (row, cells) in (2_u32..).zip(&self.rows) {
            for ((column, heading), format) in (0_u16..).zip(&self.headings).zip(&formats) {
                match cells.get(heading) {
                    Some(Cell::Text(text)) => {
                        sheet.write_string_with_format(row, column, text, format)?
                    }
                    Some(Cell::Number(number)) => {
                        sheet.write_number_with_format(row, column, *number, &looks.plain)?
                    }
                    Some(Cell::Boolean(flag)) => {
                        sheet.write_boolean_with_format(row, column, *flag, &looks.plain)?
                    }
                    None => continue,
                };
            }
        }
        sheet.set_row_height(1, 48)?;
        // The id stays in sight, and so do headings and explanations.
        sheet.set_freeze_panes(2, 1)?;
        Ok(())
    }

    /// Writes a heading with what explains it; gives the format of the cells below.
    fn head<'l>(
        &self,
        sheet: &mut Worksheet,
        lists: &mut Lists,
        column: u16,
        (heading, looks): (&str, &'l Looks),
    ) -> Result<&'l Format, XlsxError> {
        sheet.write_string_with_format(0, column, heading, &looks.head)?;
        sheet.set_column_width(column, width(heading, &self.rows))?;
        let Some(about) = about(self.kind, heading) else { return Ok(&looks.text) };
        let types = about.cell.types;
        let is_text = !types.has(Types::NUMBER) && !types.has(Types::BOOLEAN);
        let format = if is_text { &looks.text } else { &looks.plain };
        sheet.set_column_format(column, format)?;
        let meaning = about.description.unwrap_or_default();
        // The reader passes over rows that begin with `#`.
        let shown = if column == 0 { format!("# {meaning}") } else { meaning.clone() };
        sheet.write_string_with_format(1, column, shown, &looks.explained)?;
        if !meaning.is_empty() {
            let note = Note::new(format!("{heading}\n{meaning}")).add_author_prefix(false);
            sheet.insert_note(0, column, &note)?;
        }
        if !about.choices.is_empty() {
            let rule = DataValidation::new()
                .allow_list_formula(Formula::new(lists.range(&about.choices)))
                .set_error_title("Not one of the list")?
                .set_error_message("Choose one of the values of the list.")?
                .set_error_style(DataValidationErrorStyle::Stop);
            sheet.add_data_validation(2, column, LAST_ROW, column, &rule)?;
        }
        Ok(format)
    }
}

/// Where a heading stands among the others: as its fields stand among theirs.
fn position(kind: Field, heading: &str, order: &Order) -> Vec<(usize, String)> {
    let mut field = Some(kind);
    let mut key = Vec::new();
    for name in heading.split('.') {
        let parent = field.map(|field| {
            let items = field.items().filter(|_| !field.types().has(Types::OBJECT));
            items.unwrap_or(field)
        });
        let names = parent.map(|parent| order.of(parent)).unwrap_or_default();
        let place = names.iter().position(|known| *known == name).unwrap_or(names.len());
        field = parent.and_then(|parent| parent.property(name));
        key.push((place, name.to_owned()));
    }
    key
}

/// How wide a column is for its heading and what stands in it, within bounds.
fn width(heading: &str, rows: &[Row]) -> f64 {
    let of_cell = |row: &Row| match row.get(heading) {
        Some(Cell::Text(text)) => text.chars().count(),
        Some(_) => 8,
        None => 0,
    };
    let longest = rows.iter().take(200).map(of_cell).max().unwrap_or(0);
    let longest = u32::try_from(longest.max(heading.chars().count())).unwrap_or(u32::MAX);
    f64::from(longest.clamp(12, 48)) + 2.0
}
