//! An object becomes rows: its own fields in the first, an element of its lists in each.

use std::cell::RefCell;
use std::collections::BTreeMap;

use assay_schemas::library::Kind;
use serde_json::Value;

use super::field_of;
use crate::field::{Field, Types};
use crate::source::{CellType, Node, NodeValue, heading};

/// The longest text that a cell may hold, in UTF-16 units.
const MAX_TEXT: usize = 32_767;
/// The longest row of digits that a number of Excel keeps.
const MAX_EXACT: f64 = 999_999_999_999_999.0;

/// What a cell is given.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Text(String),
    Number(f64),
    Boolean(bool),
}

/// The cells of a row, by heading.
pub(super) type Row = BTreeMap<String, Cell>;

/// Why something has no cell of its own; whatever holds it may still be written as JSON.
type Unfit = String;

/// The types of cells, by heading and by type of rule, step or action.
type Known = BTreeMap<(String, Option<String>), Option<CellType>>;

/// Rows of objects of one kind.
pub(super) struct Rows {
    kind: Kind,
    rows: Vec<Row>,
    /// What headings mean, by heading and type of rule, step or action; each is looked up once.
    known: RefCell<Known>,
}

/// An object, or an element of a list: its own cells, and the rows of the lists inside it.
#[derive(Default)]
struct Block {
    own: Row,
    below: Vec<Row>,
}

impl Block {
    fn rows(self) -> Vec<Row> {
        let mut rows = self.below;
        if rows.is_empty() {
            rows.push(Row::new());
        }
        rows[0].extend(self.own);
        rows
    }
}

impl Rows {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, rows: Vec::new(), known: RefCell::default() }
    }

    /// Adds an object.
    pub(super) fn push(&mut self, object: &Node) -> Result<(), Unfit> {
        let mut block = Block::default();
        self.fields(object, field_of(self.kind), ("", None), &mut block)?;
        let id_field = self.kind.id_field();
        // What tells versions of one object apart is never implied.
        block.own.entry("version".to_owned()).or_insert_with(|| Cell::Text("1.0.0".to_owned()));
        let id = block.own.get(id_field).cloned();
        let mut rows = block.rows();
        for row in &mut rows {
            if let Some(id) = &id {
                row.insert(id_field.to_owned(), id.clone());
            }
        }
        self.rows.extend(rows);
        Ok(())
    }

    pub(super) fn finish(self) -> Vec<Row> {
        self.rows
    }

    /// Writes the fields of an object whose headings begin with `prefix`.
    fn fields(
        &self,
        object: &Node,
        field: Field,
        (prefix, unit): (&str, Option<&str>),
        block: &mut Block,
    ) -> Result<(), Unfit> {
        let NodeValue::Object(entries) = &object.value else {
            return Err("an object was expected".to_owned());
        };
        let named = field.units().and_then(|(name, _)| object.get(name));
        let unit = named.and_then(|entry| entry.value.as_text()).or(unit);
        for entry in entries {
            let key = entry.key.as_str();
            if key.is_empty()
                || key.contains('.')
                || key.trim() != key
                || key.starts_with(['#', '_'])
            {
                return Err(format!("`{key}` cannot be part of a heading"));
            }
            let heading = format!("{prefix}{key}");
            let inner =
                field.property(key).ok_or_else(|| format!("there is no field `{heading}`"))?;
            let mut attempt = Block::default();
            let place = (heading.as_str(), unit);
            if let Err(reason) = self.value(&entry.value, inner, place, &mut attempt) {
                attempt = Block::default();
                let cell = self.as_json(&entry.value, place).ok_or(reason)?;
                attempt.own.insert(heading, cell);
            }
            block.own.extend(attempt.own);
            // Lists beside each other share rows.
            for (index, row) in attempt.below.into_iter().enumerate() {
                if index == block.below.len() {
                    block.below.push(Row::new());
                }
                block.below[index].extend(row);
            }
        }
        Ok(())
    }

    fn value(
        &self,
        node: &Node,
        field: Field,
        (heading, unit): (&str, Option<&str>),
        block: &mut Block,
    ) -> Result<(), Unfit> {
        let is_object = |item: &Node| matches!(item.value, NodeValue::Object(_));
        match &node.value {
            NodeValue::Object(entries) if !entries.is_empty() => {
                let parameters = heading.ends_with("parameters");
                if !parameters && field.properties().is_empty() {
                    return Err("a map has no headings of its own".to_owned());
                }
                self.fields(node, field, (&format!("{heading}."), unit), block)
            }
            NodeValue::List(items) if items.iter().any(is_object) => {
                let inner = field.items().filter(|inner| !inner.properties().is_empty());
                let inner =
                    inner.ok_or_else(|| "the list has no headings of its own".to_owned())?;
                self.elements(items, inner, heading, block)
            }
            _ => {
                let cell_type = self.cell_type(heading, unit)?;
                let cell =
                    cell(node, cell_type).ok_or_else(|| format!("no cell can hold `{heading}`"))?;
                block.own.insert(heading.to_owned(), cell);
                Ok(())
            }
        }
    }

    fn elements(
        &self,
        items: &[Node],
        field: Field,
        heading: &str,
        block: &mut Block,
    ) -> Result<(), Unfit> {
        let prefix = format!("{heading}.");
        let mut last: Option<Row> = None;
        for item in items {
            let mut element = Block::default();
            self.fields(item, field, (&prefix, None), &mut element)?;
            // Such a row would be read as going on with the element above it.
            let joins = last.as_ref().is_some_and(|last| {
                element.own.iter().all(|(name, cell)| last.get(name) == Some(cell))
            });
            if element.own.is_empty() || joins {
                return Err("an element could not be told from the one before it".to_owned());
            }
            last = Some(element.own.clone());
            block.below.extend(element.rows());
        }
        Ok(())
    }

    fn cell_type(&self, name: &str, unit: Option<&str>) -> Result<CellType, Unfit> {
        let key = (name.to_owned(), unit.map(str::to_owned));
        let mut known = self.known.borrow_mut();
        let look_up = || heading(field_of(self.kind), name, unit).map(|found| found.cell);
        let found = *known.entry(key).or_insert_with(look_up);
        found.ok_or_else(|| format!("`{name}` is no heading"))
    }

    /// A list or an object as JSON in one cell.
    fn as_json(&self, node: &Node, (heading, unit): (&str, Option<&str>)) -> Option<Cell> {
        let wanted = match &node.value {
            NodeValue::List(_) => Types::LIST,
            NodeValue::Object(_) => Types::OBJECT,
            _ => return None,
        };
        let fits = self.cell_type(heading, unit).is_ok_and(|cell| cell.types.has(wanted));
        fits.then(|| bounded(node.to_value().to_string())).flatten()
    }
}

/// A text, if a cell can hold it.
fn bounded(text: String) -> Option<Cell> {
    (text.encode_utf16().count() <= MAX_TEXT).then_some(Cell::Text(text))
}

/// The cell that is read as this value; `None` where there is none.
fn cell(node: &Node, CellType { types, items }: CellType) -> Option<Cell> {
    match &node.value {
        NodeValue::Bool(flag) if types.has(Types::BOOLEAN) => Some(Cell::Boolean(*flag)),
        NodeValue::Integer(_) | NodeValue::Float(_) if types.has(Types::NUMBER) => {
            let value = node.to_value();
            let number = value.as_f64()?;
            if number.abs() <= MAX_EXACT {
                Some(Cell::Number(number))
            } else {
                // A text is read as a number where nothing but one is taken.
                (!types.has(Types::TEXT)).then(|| Cell::Text(value.to_string()))
            }
        }
        NodeValue::Text(text) if types.has(Types::TEXT) => bounded(if is_verbatim(text, types) {
            text.clone()
        } else {
            Value::from(text.as_str()).to_string()
        }),
        NodeValue::List(list) if types.has(Types::LIST) => {
            let joined = if types.has(Types::TEXT) { None } else { joined(list, items) };
            bounded(joined.unwrap_or_else(|| node.to_value().to_string()))
        }
        NodeValue::Object(_) if types.has(Types::OBJECT) => bounded(node.to_value().to_string()),
        _ => None,
    }
}

/// Whether a text is read as itself.
fn is_verbatim(text: &str, types: Types) -> bool {
    let trimmed = text.trim();
    let in_quotes = trimmed.starts_with('"') && trimmed.ends_with('"');
    let as_json = (types.has(Types::LIST) && trimmed.starts_with('['))
        || (types.has(Types::OBJECT) && trimmed.starts_with('{'));
    !trimmed.is_empty()
        && !as_json
        && !in_quotes
        && !text.contains(|c: char| c != '\n' && c != '\t' && is_odd(c))
        // Excel's way of writing characters that XML cannot hold.
        && !text.contains("_x")
}

/// Characters that do not survive in the XML of a workbook.
fn is_odd(c: char) -> bool {
    c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}')
}

/// A list as a cell has it, its elements separated by `; `; `None` where JSON is needed.
fn joined(items: &[Node], types: Types) -> Option<String> {
    let text = |text: &str| {
        let scalar = serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_number())
            || text.eq_ignore_ascii_case("true")
            || text.eq_ignore_ascii_case("false");
        let bare = !text.is_empty()
            && text.trim() == text
            && !text.contains(|c: char| is_odd(c) || matches!(c, ';' | '"' | ','))
            && !text.contains("_x")
            && !text.starts_with(['[', '{'])
            && (types.only(Types::TEXT) || !scalar);
        if bare { text.to_owned() } else { Value::from(text).to_string() }
    };
    let one = |item: &Node| match &item.value {
        NodeValue::Text(content) => Some(text(content)),
        NodeValue::Integer(_) | NodeValue::Float(_) if types.has(Types::NUMBER) => {
            Some(item.to_value().to_string())
        }
        NodeValue::Bool(flag) if types.has(Types::BOOLEAN) => Some(flag.to_string()),
        _ => None,
    };
    let parts = items.iter().map(one).collect::<Option<Vec<_>>>()?;
    // JSON escapes are all that the text of a cell may need, but not for what Excel escapes itself.
    let joined = parts.join("; ");
    (!parts.is_empty() && !joined.starts_with(['[', '{']) && !joined.contains("_x"))
        .then_some(joined)
}

/// What the sheet says of a heading.
pub(super) fn about(kind: Kind, name: &str) -> Option<crate::source::Heading> {
    heading(field_of(kind), name, None)
}
