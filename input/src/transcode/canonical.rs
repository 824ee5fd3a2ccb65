//! The canonical file as it is written: cells, rows, and what was wrong with them.

use std::collections::VecDeque;
use std::io::Write;

use super::{Error, FAULTS_KEPT, Fault, Written, excerpt};

/// Bytes gathered before they are written.
const CHUNK: usize = 256 << 10;

/// The canonical file and what is told of it.
pub(crate) struct Table {
    out: Box<dyn Write>,
    /// Where it goes, for errors.
    to: String,
    bytes: Vec<u8>,
    /// Where the row that is being written begins in `bytes`.
    row_start: usize,
    /// Cells of that row.
    cells: usize,
    /// Faults of that row's cells.
    row_faults: Vec<Fault>,
    /// Rows and faulty lines at the end that are no data.
    footer: usize,
    held: VecDeque<Held>,
    /// What is known so far.
    pub(crate) written: Written,
}

/// A row or a line that was left out, while it may still turn out to belong to the footer.
enum Held {
    Row { bytes: Vec<u8>, line: u64, faults: Vec<Fault> },
    LeftOut(Fault),
}

impl Table {
    pub(crate) fn new(out: Box<dyn Write>, to: String) -> Self {
        Self {
            out,
            to,
            bytes: Vec::with_capacity(CHUNK + (CHUNK >> 2)),
            row_start: 0,
            cells: 0,
            row_faults: Vec::new(),
            footer: 0,
            held: VecDeque::new(),
            written: Written::default(),
        }
    }

    /// The last `lines` rows or faulty lines are dropped without a word.
    pub(crate) fn drop_footer(&mut self, lines: usize) {
        self.footer = lines;
    }

    /// Writes the header. Comes before all rows.
    pub(crate) fn header(&mut self, columns: Vec<String>) -> Result<(), Error> {
        for name in &columns {
            self.text(name.as_bytes());
        }
        self.bytes.push(b'\n');
        self.row_start = self.bytes.len();
        self.cells = 0;
        self.written.columns = columns;
        self.flush_full()
    }

    fn separate(&mut self) {
        if self.cells > 0 {
            self.bytes.push(b',');
        }
        self.cells += 1;
    }

    /// A null.
    pub(crate) fn null(&mut self) {
        self.separate();
    }

    /// A text of any characters.
    pub(crate) fn text(&mut self, text: &[u8]) {
        self.separate();
        if !needs_quotes(text) {
            self.bytes.extend_from_slice(text);
            return;
        }
        self.bytes.push(b'"');
        let mut rest = text;
        while let Some(at) = memchr::memchr(b'"', rest) {
            self.bytes.extend_from_slice(&rest[..=at]);
            self.bytes.push(b'"');
            rest = &rest[at + 1..];
        }
        self.bytes.extend_from_slice(rest);
        self.bytes.push(b'"');
    }

    /// A value whose text has nothing to quote, such as a number.
    pub(crate) fn plain(&mut self, text: impl AsRef<[u8]>) {
        self.separate();
        self.bytes.extend_from_slice(text.as_ref());
    }

    /// A null instead of `value`, which cannot be taken.
    pub(crate) fn faulty(&mut self, line: u64, value: &[u8], reason: impl Into<String>) {
        let column = self.written.columns.get(self.cells).cloned();
        self.null();
        self.row_faults.push(Fault {
            row: None,
            line,
            column,
            value: excerpt(value),
            reason: reason.into(),
        });
    }

    /// Ends a row that came from `line`.
    pub(crate) fn end_row(&mut self, line: u64) -> Result<(), Error> {
        self.bytes.push(b'\n');
        self.cells = 0;
        if self.footer > 0 {
            let bytes = self.bytes.split_off(self.row_start);
            let faults = std::mem::take(&mut self.row_faults);
            return self.hold(Held::Row { bytes, line, faults });
        }
        self.row_start = self.bytes.len();
        self.written.rows += 1;
        self.written.places.add(self.written.rows, line);
        if !self.row_faults.is_empty() {
            let faults = std::mem::take(&mut self.row_faults);
            self.keep(faults);
        }
        self.flush_full()
    }

    /// Takes the cells of a row back that has not ended.
    pub(crate) fn drop_row(&mut self) {
        self.bytes.truncate(self.row_start);
        self.cells = 0;
        self.row_faults.clear();
    }

    /// A line is left out.
    pub(crate) fn leave_out(&mut self, fault: Fault) -> Result<(), Error> {
        if self.footer > 0 {
            return self.hold(Held::LeftOut(fault));
        }
        self.count(fault);
        Ok(())
    }

    fn hold(&mut self, held: Held) -> Result<(), Error> {
        self.held.push_back(held);
        if self.held.len() <= self.footer {
            return Ok(());
        }
        match self.held.pop_front() {
            Some(Held::Row { bytes, line, faults }) => {
                self.bytes.extend_from_slice(&bytes);
                self.row_start = self.bytes.len();
                self.written.rows += 1;
                self.written.places.add(self.written.rows, line);
                self.keep(faults);
            }
            Some(Held::LeftOut(fault)) => self.count(fault),
            None => {}
        }
        self.flush_full()
    }

    /// Counts the faults of the last row.
    fn keep(&mut self, faults: Vec<Fault>) {
        for mut fault in faults {
            fault.row = Some(self.written.rows);
            self.count(fault);
        }
    }

    fn count(&mut self, fault: Fault) {
        self.written.fault_count += 1;
        if self.written.faults.len() < FAULTS_KEPT {
            self.written.faults.push(fault);
        }
    }

    fn flush_full(&mut self) -> Result<(), Error> {
        if self.bytes.len() < CHUNK { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.out
            .write_all(&self.bytes)
            .and_then(|()| self.out.flush())
            .map_err(|error| Error::Resource(format!("{}: cannot be written: {error}", self.to)))?;
        self.bytes.clear();
        self.row_start = 0;
        Ok(())
    }

    /// Writes what is left.
    pub(crate) fn finish(mut self) -> Result<Written, Error> {
        self.drop_row();
        self.flush()?;
        Ok(self.written)
    }
}

/// Whether a text would be taken for something else without quotes.
fn needs_quotes(text: &[u8]) -> bool {
    if text.is_empty() {
        return true;
    }
    // A mark at the beginning of a file is no part of it.
    if text[0] == 0xef && text.starts_with(b"\xef\xbb\xbf") {
        return true;
    }
    // Most cells are shorter than what it takes to set up a search.
    if text.len() <= 24 {
        return text.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r'));
    }
    memchr::memchr3(b',', b'"', b'\n', text).is_some() || memchr::memchr(b'\r', text).is_some()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    /// A writer into memory that outlives its table.
    #[derive(Clone, Default)]
    pub(crate) struct Memory(pub(crate) Rc<RefCell<Vec<u8>>>);

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What `fill` writes, and what is told of it.
    pub(crate) fn written(
        fill: impl FnOnce(&mut Table) -> Result<(), Error>,
    ) -> Result<(String, Written), Error> {
        let memory = Memory::default();
        let mut table = Table::new(Box::new(memory.clone()), "out.csv".into());
        fill(&mut table)?;
        let written = table.finish()?;
        let bytes = memory.0.borrow().clone();
        Ok((String::from_utf8(bytes).unwrap(), written))
    }

    #[test]
    fn cells_are_told_apart() {
        let (text, told) = written(|table| {
            table.header(vec!["a".into(), "b, c".into(), String::new()])?;
            table.null();
            table.text(b"");
            table.text(b"say \"x\"");
            table.end_row(2)?;
            table.text(b"gone");
            table.drop_row();
            table.leave_out(Fault::line(3, b"gone", "why"))?;
            table.plain("1");
            table.faulty(4, b"\0", "a reason");
            table.text(b"l1\nl2");
            table.end_row(4)
        })
        .unwrap();
        assert_eq!(text, "a,\"b, c\",\"\"\n,\"\",\"say \"\"x\"\"\"\n1,,\"l1\nl2\"\n");
        assert_eq!((told.rows, told.fault_count), (2, 2));
        assert_eq!((told.places.line(1), told.places.line(2)), (2, 4));
        assert_eq!(told.faults[0].row, None);
        assert_eq!((told.faults[1].row, told.faults[1].column.as_deref()), (Some(2), Some("b, c")));
    }

    #[test]
    fn a_footer_is_dropped_with_its_faults() {
        let (text, told) = written(|table| {
            table.header(vec!["a".into()])?;
            table.drop_footer(2);
            for line in 2..5 {
                table.plain(line.to_string());
                table.end_row(line)?;
            }
            table.leave_out(Fault::line(5, b"total", "too few cells"))
        })
        .unwrap();
        assert_eq!(text, "a\n2\n3\n");
        assert_eq!((told.rows, told.fault_count), (2, 0));
    }
}
