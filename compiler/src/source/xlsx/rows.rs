//! The rows of a sheet become objects: a row is an object, or an element of one of its lists.

use assay_schemas::code::Code;
use assay_schemas::code::Level as Severity;

use super::book::{Book, Cell};
use super::cell;
use super::plan::{Column, Level, Plan};
use crate::source::{Entry, LocatedProblem, Node, NodeValue, Span};

/// Reads the rows below the headings.
pub(super) struct Rows<'a> {
    pub(super) book: &'a Book,
    pub(super) plan: &'a Plan,
    pub(super) problems: &'a mut Vec<LocatedProblem>,
    /// The cells of the current row, by column.
    row: Vec<Option<&'a Cell>>,
    objects: Vec<Node>,
    /// The cells that tell the last object from the next one.
    identity: Vec<Option<&'a Cell>>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(
        book: &'a Book,
        plan: &'a Plan,
        problems: &'a mut Vec<LocatedProblem>,
    ) -> Self {
        Self { book, plan, problems, row: Vec::new(), objects: Vec::new(), identity: Vec::new() }
    }

    /// The objects of these cells, in order.
    pub(super) fn read(mut self, cells: &'a [Cell]) -> Vec<Node> {
        for row in cells.chunk_by(|a, b| a.row == b.row) {
            self.row.fill(None);
            for cell in row {
                if self.plan.knows(cell.column) {
                    let column = cell.column as usize;
                    self.row.resize(self.row.len().max(column + 1), None);
                    self.row[column] = Some(cell);
                } else {
                    let message = format!(
                        "`{}` stands in a column without a heading",
                        self.book.shown(&cell.span)
                    );
                    self.problems
                        .push(LocatedProblem::new(Code::StrayCell, cell.span.clone(), message).hint(
                        "give the column a heading; one that begins with `#` is for people alone",
                    ));
                }
            }
            if let (Some(first), true) = (row.first(), self.row.iter().any(Option::is_some)) {
                self.one(first);
            }
        }
        self.objects
    }

    fn one(&mut self, first: &'a Cell) {
        let id = self.cell(self.plan.id_column);
        let differs = self.plan.identity.iter().zip(&self.identity).any(|(column, known)| {
            match (self.cell(*column), known) {
                (Some(here), Some(known)) => self.book.text_of(here) != self.book.text_of(known),
                (Some(_), None) => true,
                (None, _) => false,
            }
        });
        let begins = id.is_some() && (differs || self.objects.is_empty());
        if begins {
            self.identity = self.plan.identity.iter().map(|column| self.cell(*column)).collect();
            let key = first.key();
            self.objects.push(Node::new(NodeValue::Object(Vec::new()), key.start..first.span.end));
        }
        let Some(mut object) = self.objects.pop() else {
            let message =
                format!("the row has no `{}`, and no object stands above it", self.plan.id_field);
            self.problems.push(
                LocatedProblem::new(Code::StrayCell, first.span.clone(), message)
                    .hint("write the id; rows below it may leave it empty"),
            );
            return;
        };
        let adds = self
            .plan
            .root
            .lists
            .iter()
            .any(|(_, list)| list.any(&|column| self.cell(column).is_some()));
        if !begins && !adds && id.is_some() {
            let message =
                format!("the row repeats `{}` and adds nothing to it", self.book.text_of(first));
            self.problems.push(
                LocatedProblem::new(Code::CellConflict, first.span.clone(), message)
                    .hint("remove the row, or give it an id or version of its own"),
            );
        }
        let plan = self.plan;
        self.fill(&plan.root, &mut object);
        self.objects.push(object);
    }

    fn cell(&self, column: u32) -> Option<&'a Cell> {
        self.row.get(column as usize).copied().flatten()
    }

    fn value(
        &self,
        column: &Column,
        cell: &Cell,
        notes: &mut Vec<LocatedProblem>,
    ) -> Result<Node, LocatedProblem> {
        let wanted = column.cell_type(|column| Some(self.book.text_of(self.cell(column)?)));
        cell::read(self.book, cell, wanted, notes)
    }

    /// Takes what the row says of an object into it.
    fn fill(&mut self, level: &Level, object: &mut Node) {
        for column in &level.own {
            let Some(cell) = self.cell(column.column) else { continue };
            let mut notes = Vec::new();
            let value = self.value(column, cell, &mut notes).unwrap_or_else(|problem| {
                notes.push(problem);
                Node::new(NodeValue::Null, cell.span.clone())
            });
            let broken = notes.iter().any(|problem| problem.code.level() == Severity::Error);
            self.problems.append(&mut notes);
            if let Err(other) = put(object, &column.path, &cell.key(), value)
                && !broken
            {
                let name = column.path.join(".");
                let message = format!("`{name}` is given twice for one object, with two values");
                self.problems.push(
                    LocatedProblem::new(Code::CellConflict, cell.span.clone(), message)
                        .related(other, "it is given here first")
                        .hint("give it once, in the object's first row"),
                );
            }
        }
        for (path, inner) in &level.lists {
            if inner.any(&|column| self.cell(column).is_some()) {
                self.element(path, inner, object);
            }
        }
    }

    /// Takes what the row says of an element of a list: of the last one, where it repeats it, else of a
    /// new one.
    fn element(&mut self, path: &[String], level: &Level, object: &mut Node) {
        let Some(first) = self.first_of(level) else { return };
        let list = list_at(object, path, &first.key());
        let repeats = match list.last() {
            Some(last) if !level.lists.is_empty() => self.repeats(level, last),
            _ => false,
        };
        if !repeats {
            let span = first.key().start..first.span.end;
            list.push(Node::new(NodeValue::Object(Vec::new()), span));
        }
        // Taken out and put back, so that the object is not borrowed while problems are reported.
        let Some(mut element) = list.pop() else { return };
        self.fill(level, &mut element);
        let end = element.span.end;
        list_at(object, path, &first.key()).push(element);
        object.span.end = object.span.end.max(end);
    }

    /// Whether the row's own cells say nothing that the element does not have already.
    fn repeats(&self, level: &Level, element: &Node) -> bool {
        level.own.iter().all(|column| {
            let Some(cell) = self.cell(column.column) else { return true };
            let value = self.value(column, cell, &mut Vec::new()).map(|node| node.to_value());
            let mut known = Some(element);
            for key in &column.path {
                known = known.and_then(|node| node.get(key)).map(|entry| &entry.value);
            }
            matches!((value, known), (Ok(value), Some(known)) if known.to_value() == value)
        })
    }

    /// The first filled cell of a level in this row.
    fn first_of(&self, level: &Level) -> Option<&'a Cell> {
        let own = level.own.iter().filter_map(|column| self.cell(column.column));
        let inner = level.lists.iter().filter_map(|(_, inner)| self.first_of(inner));
        own.chain(inner).min_by_key(|cell| cell.column)
    }
}

/// Puts a value at a path of an object.
///
/// # Errors
/// Another value stands there: its place.
fn put(object: &mut Node, path: &[String], key: &Span, value: Node) -> Result<(), Span> {
    object.span = object.span.start.min(key.start)..object.span.end.max(value.span.end);
    let whole = object.span.clone();
    let NodeValue::Object(entries) = &mut object.value else { return Err(whole) };
    let Some((first, rest)) = path.split_first() else { return Ok(()) };
    let known = entries.iter().position(|entry| entry.key == *first);
    match known {
        Some(known) if rest.is_empty() => {
            let known = &entries[known].value;
            if known.to_value() == value.to_value() { Ok(()) } else { Err(known.span.clone()) }
        }
        Some(known) => put(&mut entries[known].value, rest, key, value),
        None => {
            let mut node = value;
            if !rest.is_empty() {
                let mut inner = Node::new(NodeValue::Object(Vec::new()), key.start..node.span.end);
                put(&mut inner, rest, key, node)?;
                node = inner;
            }
            entries.push(Entry { key: first.clone(), key_span: key.clone(), value: node });
            Ok(())
        }
    }
}

/// The list at a path of an object; made where there is none. Something else that stands there is left to
/// the check of the field's type: an empty list takes its place here.
fn list_at<'n>(object: &'n mut Node, path: &[String], key: &Span) -> &'n mut Vec<Node> {
    let mut node = object;
    for (depth, name) in path.iter().enumerate() {
        let last = depth + 1 == path.len();
        if !matches!(node.value, NodeValue::Object(_)) {
            node.value = NodeValue::Object(Vec::new());
        }
        let NodeValue::Object(entries) = &mut node.value else {
            unreachable!("made an object above")
        };
        let known = entries.iter().position(|entry| entry.key == *name);
        let index = known.unwrap_or_else(|| {
            let value =
                if last { NodeValue::List(Vec::new()) } else { NodeValue::Object(Vec::new()) };
            let value = Node::new(value, key.clone());
            entries.push(Entry { key: name.clone(), key_span: key.clone(), value });
            entries.len() - 1
        });
        node = &mut entries[index].value;
    }
    if !matches!(node.value, NodeValue::List(_)) {
        node.value = NodeValue::List(Vec::new());
    }
    match &mut node.value {
        NodeValue::List(items) => items,
        _ => unreachable!("made a list above"),
    }
}
