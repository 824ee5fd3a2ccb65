//! One record: its keys become columns, its values cells.

use std::collections::{HashMap, HashSet};

use super::super::Fault;
use super::super::canonical::Table;
use super::super::error::Error;
use super::super::value::json_number;
use super::pick::{pick, within};

/// Names that are told apart; a file with more has data for keys.
const MOST_NAMES: usize = 10_000;
/// Names of keys without a column that are told.
const OTHERS_TOLD: usize = 100;
/// The number of all names beyond [`MOST_NAMES`].
const SPARE: usize = usize::MAX;

/// What is known of a name.
struct Known {
    name: Box<str>,
    column: Option<usize>,
    /// Columns lead into its values.
    root: bool,
    /// The last record that had it.
    last: u64,
    /// Records that had it, and the line of the first.
    count: u64,
    line: u64,
}

/// A column within nested objects.
struct Nested {
    column: usize,
    root: usize,
    path: Vec<String>,
}

/// The columns, and what the records so far had.
pub(crate) struct Records {
    columns: Vec<String>,
    nested: Vec<Nested>,
    known: Vec<Known>,
    numbers: HashMap<Box<str>, usize>,
    /// The names of the last record in order: most records repeat it.
    order: Vec<usize>,
    record: u64,
    /// Names beyond [`MOST_NAMES`]: those of the record at hand, and how often there were any.
    spare: HashSet<String>,
    spared: u64,
    /// Columns that some record had.
    met: Vec<bool>,
    scratch: Vec<u8>,
}

impl Records {
    /// `columns` may be empty, and is then filled by [`Records::learn`].
    pub(crate) fn new(columns: &[String]) -> Self {
        Self {
            columns: columns.to_vec(),
            nested: Vec::new(),
            known: Vec::new(),
            numbers: HashMap::new(),
            order: Vec::new(),
            record: 0,
            spare: HashSet::new(),
            spared: 0,
            met: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// Adds the keys of a record to the columns, or says why it is none.
    pub(crate) fn learn(&mut self, text: &[u8]) -> Result<(), String> {
        let found = self.parse(text)?;
        for (number, _) in found {
            if number != SPARE && self.known[number].column.is_none() {
                self.known[number].column = Some(self.columns.len());
                self.columns.push(self.known[number].name.to_string());
            }
        }
        Ok(())
    }

    /// Settles the columns.
    pub(crate) fn begin(&mut self) -> Vec<String> {
        for column in 0..self.columns.len() {
            let name = self.columns[column].clone();
            let number = self.number(&name);
            if number == SPARE {
                continue;
            }
            self.known[number].column = Some(column);
            let mut path: Vec<String> = name.split('.').map(String::from).collect();
            if path.len() > 1 {
                let root = self.number(&path.remove(0));
                if root != SPARE {
                    self.known[root].root = true;
                    self.nested.push(Nested { column, root, path });
                }
            }
        }
        self.met = vec![false; self.columns.len()];
        self.columns.clone()
    }

    /// The number of a name.
    fn number(&mut self, name: &str) -> usize {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        if self.known.len() == MOST_NAMES.max(self.columns.len() * 2) {
            return SPARE;
        }
        let number = self.known.len();
        self.numbers.insert(name.into(), number);
        self.known.push(Known {
            name: name.into(),
            column: None,
            root: false,
            last: 0,
            count: 0,
            line: 0,
        });
        number
    }

    /// The number of the name that comes `position`th in the record at hand; `None` if it came before.
    pub(super) fn meet(&mut self, name: &str, position: usize) -> Option<usize> {
        let number = match self.order.get(position) {
            Some(number) if *number != SPARE && *self.known[*number].name == *name => *number,
            expected => {
                let fresh = expected.is_none();
                let number = self.number(name);
                if fresh {
                    self.order.push(number);
                } else {
                    self.order[position] = number;
                }
                number
            }
        };
        if number == SPARE {
            return self.spare.insert(name.to_owned()).then_some(SPARE);
        }
        let known = &mut self.known[number];
        if known.last == self.record {
            return None;
        }
        known.last = self.record;
        Some(number)
    }

    /// The values of a record with the numbers of their names.
    fn parse<'t>(&mut self, text: &'t [u8]) -> Result<Vec<(usize, &'t str)>, String> {
        let text = std::str::from_utf8(text).map_err(|_| "bytes that are not UTF-8")?;
        self.record += 1;
        self.spare.clear();
        match text.trim_start().as_bytes().first() {
            Some(b'{') => {}
            Some(b'[') => return Err("an array, not an object".into()),
            Some(b'"') => return Err("a text, not an object".into()),
            _ => return Err("not an object".into()),
        }
        let mut found = Vec::with_capacity(self.order.len());
        pick(text, self, &mut found)?;
        Ok(found)
    }

    /// Writes a record as a row, or leaves it out.
    pub(crate) fn write(
        &mut self,
        line: u64,
        bytes: &[u8],
        table: &mut Table,
    ) -> Result<(), Error> {
        let leave_out =
            |table: &mut Table, reason| table.leave_out(Fault::line(line, bytes, reason));
        let found = match self.parse(bytes) {
            Ok(found) => found,
            Err(reason) => return leave_out(table, reason),
        };
        let mut values = vec![None; self.columns.len()];
        for (number, value) in &found {
            let Some(known) = self.known.get_mut(*number) else {
                self.spared += 1;
                continue;
            };
            if let Some(column) = known.column {
                values[column] = Some(*value);
            } else if !known.root {
                known.count += 1;
                if known.count == 1 {
                    known.line = line;
                }
            }
        }
        for nested in &self.nested {
            if values[nested.column].is_some() {
                continue;
            }
            let root = found.iter().find(|(number, _)| *number == nested.root);
            match within(root.map(|(_, value)| *value), &nested.path) {
                Ok(value) => values[nested.column] = value,
                Err(reason) => return leave_out(table, reason),
            }
        }
        for (column, value) in values.into_iter().enumerate() {
            match value {
                None => table.null(),
                Some(value) => {
                    self.met[column] = true;
                    cell(value, line, &mut self.scratch, table);
                }
            }
        }
        table.end_row(line)
    }

    /// Tells what the records had and had not.
    pub(crate) fn finish(&self, table: &mut Table) {
        let absent = self.columns.iter().zip(&self.met).filter(|(_, met)| !**met);
        table.written.absent = absent.map(|(name, _)| name.clone()).collect();
        let others: Vec<&Known> = self.known.iter().filter(|known| known.count > 0).collect();
        table.written.others =
            others.iter().take(OTHERS_TOLD).map(|known| known.name.to_string()).collect();
        if let Some(first) = others.first() {
            table.written.said.push(format!(
                "{} keys have no column; the first is `{}`, in {} records since line {}",
                others.len(),
                first.name,
                first.count,
                first.line
            ));
        }
        if self.spared > 0 {
            table.written.said.push(format!(
                "beyond {MOST_NAMES} different keys, which look like data, {} more were not read",
                self.spared
            ));
        }
    }
}

/// Writes a value as a cell.
fn cell(value: &str, line: u64, scratch: &mut Vec<u8>, table: &mut Table) {
    match value.as_bytes() {
        [b'"', inner @ .., b'"'] if memchr::memchr(b'\\', inner).is_none() => table.text(inner),
        [b'"', ..] => match serde_json::from_str::<String>(value) {
            Ok(text) if text.contains('\0') => {
                table.faulty(line, value.as_bytes(), "a zero byte, which no text has");
            }
            Ok(text) => table.text(text.as_bytes()),
            Err(_) => {
                table.faulty(line, value.as_bytes(), "an escape that stands for no character");
            }
        },
        [b'{' | b'[', ..] => {
            compact(value.as_bytes(), scratch);
            table.text(scratch);
        }
        [b'n', ..] => table.null(),
        [b't' | b'f', ..] => table.plain(value),
        _ => table.plain(json_number(value).as_ref()),
    }
}

/// Leaves out the spaces between values.
fn compact(value: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let (mut string, mut escape) = (false, false);
    out.extend(value.iter().copied().filter(|byte| {
        if string {
            (string, escape) = (escape || *byte != b'"', !escape && *byte == b'\\');
            return true;
        }
        string = *byte == b'"';
        !matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
    }));
}
