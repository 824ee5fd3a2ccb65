//! The rows of a table as they are written.

use std::collections::HashMap;

use super::super::canonical::Table;
use super::super::error::Error;
use super::Place;
use super::area::Area;
use super::book::Cells;
use super::cell::{Content, Written};
use super::layout::Layout;

/// Writes header and rows. `merged` are the areas whose cells all take the value of the first.
pub(super) fn write(
    cells: &mut Cells<'_>,
    place: &Place<'_>,
    layout: &Layout,
    merged: Vec<Area>,
    table: &mut Table,
) -> Result<(), Error> {
    let width = (layout.area.right - layout.area.left + 1) as usize;
    let mut rows = Rows {
        place,
        layout,
        from_1904: cells.from_1904,
        merged: merged.into_iter().peekable(),
        active: Vec::new(),
        slots: vec![(Written::Null, Vec::new()); width],
        row: layout.header,
        table,
    };
    cells.visit(&mut |row, column, content| {
        if !layout.area.holds(row, column) {
            return Ok(());
        }
        rows.go_to(row)?;
        rows.put(column, content);
        Ok(())
    })?;
    rows.go_to(layout.area.bottom)?;
    rows.end()
}

/// A value and its canonical text.
type Slot = (Written, Vec<u8>);

struct Rows<'a> {
    place: &'a Place<'a>,
    layout: &'a Layout,
    from_1904: bool,
    /// Areas below the current row.
    merged: std::iter::Peekable<std::vec::IntoIter<Area>>,
    /// Areas that hold cells of the current row, with their values.
    active: Vec<(Area, Slot)>,
    slots: Vec<Slot>,
    row: u32,
    table: &'a mut Table,
}

impl Rows<'_> {
    /// Ends the rows before `row`.
    fn go_to(&mut self, row: u32) -> Result<(), Error> {
        while self.row < row {
            self.end()?;
            // Rows without cells of their own matter only where a merged area fills them.
            let filled = self.active.iter().any(|(area, _)| area.bottom > self.row);
            let next = self.merged.peek().map_or(u32::MAX, |area| area.top);
            self.row = if filled { self.row + 1 } else { row.min(next.max(self.row + 1)) };
        }
        Ok(())
    }

    fn put(&mut self, column: u32, content: &Content<'_>) {
        let slot = &mut self.slots[(column - self.layout.area.left) as usize];
        slot.0 = content.write(self.from_1904, &mut slot.1);
    }

    /// Ends the current row.
    fn end(&mut self) -> Result<(), Error> {
        if self.row == self.layout.header {
            let names = self.names()?;
            self.table.header(names)?;
        } else {
            self.fill();
            self.row()?;
        }
        for slot in &mut self.slots {
            slot.0 = Written::Null;
        }
        Ok(())
    }

    /// Gives cells of merged areas the value of the first.
    fn fill(&mut self) {
        let (row, Area { left, right, .. }) = (self.row, self.layout.area);
        self.active.retain(|(area, _)| area.bottom >= row);
        while let Some(area) = self.merged.next_if(|area| area.top <= row) {
            if area.top == row && (left..=right).contains(&area.left) {
                let slot = self.slots[(area.left - left) as usize].clone();
                if slot.0 != Written::Null {
                    self.active.push((area, slot));
                }
            }
        }
        for (area, value) in &self.active {
            for column in area.left..=area.right.min(right) {
                let slot = &mut self.slots[(column - left) as usize];
                if slot.0 == Written::Null {
                    slot.clone_from(value);
                }
            }
        }
    }

    fn row(&mut self) -> Result<(), Error> {
        if self.slots.iter().all(|(written, _)| *written == Written::Null) {
            return Ok(());
        }
        let line = u64::from(self.row) + 1;
        for (index, (written, text)) in self.slots.iter().enumerate() {
            match written {
                Written::Null => self.table.null(),
                Written::Text => self.table.text(text),
                Written::Plain => self.table.plain(text),
                Written::Bad(reason) => {
                    let cell = self.place.cell(self.row, self.layout.area.left + index as u32);
                    self.table.faulty(line, text, format!("{reason}, at {cell}"));
                }
            }
        }
        self.table.end_row(line)
    }

    /// The names in the header.
    fn names(&self) -> Result<Vec<String>, Error> {
        let left = self.layout.area.left;
        let mut names = Vec::new();
        let mut taken: HashMap<String, u32> = HashMap::new();
        for (index, (written, text)) in self.slots.iter().enumerate() {
            let column = left + index as u32;
            let here = self.place.cell(self.row, column);
            let name = match written {
                Written::Bad(reason) => {
                    return Err(Error::Data(format!(
                        "{here}: {reason}, but the cell is to name a column; correct it, or set \
                         `header_row`"
                    )));
                }
                Written::Null => format!("column_{}", index + 1),
                _ => String::from_utf8_lossy(text).into_owned(),
            };
            if let Some(first) = taken.insert(name.clone(), column) {
                return Err(Error::Data(format!(
                    "{here}: the column is named `{name}` like that at {}; rename one of them, or set \
                     `header_row`",
                    self.place.cell(self.row, first)
                )));
            }
            names.push(name);
        }
        Ok(names)
    }
}
