//! Which cells of a sheet are the table.

use std::collections::VecDeque;

use super::super::error::Error;
use super::area::Area;
use super::book::Cells;
use super::{Options, Place};

/// Cells that a table may have: more come of a stray cell far out.
const MAX_CELLS: u64 = 1_000_000_000;

/// Where the table is.
pub(super) struct Layout {
    /// The row of the header, from 0.
    pub(super) header: u32,
    /// The header and all that counts below it.
    pub(super) area: Area,
}

/// A row and its first and last column with a value.
type Extent = (u32, u32, u32);

/// Finds the table: below the header, without the footer, as wide as its values.
pub(super) fn find(
    cells: &mut Cells<'_>,
    place: &Place<'_>,
    bounds: Area,
    options: &Options,
) -> Result<Layout, Error> {
    let (name, sheet) = (place.path.display(), place.sheet);
    let wanted = match options.header_row {
        Some(0) => {
            return Err(Error::Data(format!(
                "{name}: rows count from 1, so no header is in row 0"
            )));
        }
        row => row.map(|row| row - 1),
    };
    let mut found = Found { footer: options.skip_footer, ..Found::default() };
    let mut row: Option<Extent> = None;
    let from = wanted.unwrap_or(0).max(bounds.top);
    cells.visit(&mut |at, column, _| {
        if at < from || !bounds.holds(at, column) {
            return Ok(());
        }
        match &mut row {
            Some((same, first, last)) if *same == at => {
                *first = (*first).min(column);
                *last = (*last).max(column);
            }
            other => {
                if let Some(whole) = other.replace((at, column, column)) {
                    found.add(whole);
                }
            }
        }
        Ok(())
    })?;
    if let Some(whole) = row {
        found.add(whole);
    }
    let Some(area) = found.area else {
        return Err(Error::Data(match options.range.as_deref() {
            Some(range) => format!("{name}: the sheet `{sheet}` holds nothing in `{range}`"),
            None if wanted.is_some() => {
                format!("{name}: the sheet `{sheet}` holds nothing from its header row on")
            }
            None => format!("{name}: the sheet `{sheet}` is empty; `sheet` names another"),
        }));
    };
    if let Some(row) = wanted.filter(|row| *row != area.top) {
        return Err(Error::Data(format!(
            "{name}: row {} of the sheet `{sheet}` is to be the header and is empty; the next row \
             that holds anything is {}",
            row + 1,
            area.top + 1
        )));
    }
    let count = found.rows * u64::from(area.right - area.left + 1);
    if count > MAX_CELLS {
        return Err(Error::Data(format!(
            "{name}: the sheet `{sheet}` has values as far out as {}, which makes {count} cells; name \
             the part that counts with `range`",
            place.cell(area.bottom, area.right)
        )));
    }
    Ok(Layout { header: area.top, area })
}

/// What was found so far.
#[derive(Default)]
struct Found {
    area: Option<Area>,
    rows: u64,
    footer: usize,
    /// The last rows, which may be the footer.
    held: VecDeque<Extent>,
}

impl Found {
    fn add(&mut self, extent: Extent) {
        // The header is no part of the footer, however short the table.
        if self.area.is_none() {
            self.count(extent);
            return;
        }
        self.held.push_back(extent);
        if self.held.len() > self.footer
            && let Some(extent) = self.held.pop_front()
        {
            self.count(extent);
        }
    }

    fn count(&mut self, (row, first, last): Extent) {
        let area =
            self.area.get_or_insert(Area { top: row, left: first, bottom: row, right: last });
        area.bottom = row;
        area.left = area.left.min(first);
        area.right = area.right.max(last);
        self.rows += 1;
    }
}
