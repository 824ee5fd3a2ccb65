//! One cell becomes one value, of a type that its field takes.

use assay_schemas::code::Code;

use super::book::{Book, Cell, Raw};
use super::plan::CellType;
use crate::field::Types;
use crate::source::{LocatedProblem, Node, NodeValue, Span, json, offset};

/// Excel keeps fifteen digits of a number; what has more was damaged before it was saved.
const MAX_EXACT: f64 = 999_999_999_999_999.0;

/// The value of a cell.
///
/// # Errors
/// The cell does not fit: what is wrong with it. Warnings go to `notes`.
pub(super) fn read(
    book: &Book,
    cell: &Cell,
    wanted: CellType,
    notes: &mut Vec<LocatedProblem>,
) -> Result<Node, LocatedProblem> {
    let CellType { types, items } = wanted;
    let node = |value| Ok(Node::new(value, cell.span.clone()));
    let one = |value: NodeValue, types: Types| match types {
        // A single value is a list of one where the field is a list.
        types if types.has(Types::LIST) && !types.has(Types::ANY) => {
            NodeValue::List(vec![Node::new(value, cell.span.clone())])
        }
        _ => value,
    };
    let takes = |what: Types| types.has(what) || (types.has(Types::LIST) && items.has(what));
    match &cell.raw {
        Raw::Text | Raw::Lines(_) => text(book, cell, wanted, notes),
        Raw::Number(number) if takes(Types::NUMBER) => {
            let value = whole(*number).unwrap_or(NodeValue::Float(*number));
            if !number.is_finite() || number.abs() > MAX_EXACT {
                let message = format!("the number {number} has more digits than Excel keeps");
                return Err(
                    bad(cell, message).hint("format the cell as text and type the number again")
                );
            }
            node(if types.has(Types::NUMBER) { value } else { one(value, types) })
        }
        Raw::Boolean(flag) if takes(Types::BOOLEAN) => {
            let value = NodeValue::Bool(*flag);
            node(if types.has(Types::BOOLEAN) { value } else { one(value, types) })
        }
        Raw::Instant if takes(Types::TEXT) => {
            let value = NodeValue::Text(book.shown(&cell.span).to_owned());
            node(if types.has(Types::TEXT) { value } else { one(value, types) })
        }
        Raw::Error => {
            let message = format!("the cell holds the error `{}`", book.shown(&cell.span));
            Err(bad(cell, message).hint("correct the formula, or type the value"))
        }
        Raw::Formula => Err(bad(cell, "the formula of the cell was never computed")
            .hint("open the workbook in Excel or LibreOffice and save it, or type the value")),
        other => Err(unfit(book, cell, other, types)),
    }
}

fn unfit(book: &Book, cell: &Cell, raw: &Raw, types: Types) -> LocatedProblem {
    let found = match raw {
        Raw::Number(_) => "the number",
        Raw::Boolean(_) => "the boolean",
        Raw::Instant => "the date",
        _ => "the duration",
    };
    let message =
        format!("expected {}, found {found} `{}`", name_of(types), book.shown(&cell.span));
    let problem = bad(cell, message);
    if types.has(Types::TEXT) {
        problem.hint("format the cell as text and type it again, or put an apostrophe before it")
    } else {
        problem
    }
}

/// What a message calls the types of a field.
fn name_of(types: Types) -> String {
    let words = [
        (Types::TEXT, "text"),
        (Types::NUMBER, "a number"),
        (Types::BOOLEAN, "true or false"),
        (Types::LIST, "a list"),
        (Types::OBJECT, "an object as JSON"),
    ];
    words
        .iter()
        .filter(|(of, _)| types.has(*of))
        .map(|(_, word)| *word)
        .collect::<Vec<_>>()
        .join(" or ")
}

fn bad(cell: &Cell, message: impl Into<String>) -> LocatedProblem {
    LocatedProblem::new(Code::BadCell, cell.span.clone(), message)
}

/// A number without a fraction as a whole one.
fn whole(number: f64) -> Option<NodeValue> {
    #[expect(clippy::cast_possible_truncation, reason = "looked at: within fifteen digits")]
    let value = (number.fract() == 0.0 && number.abs() <= MAX_EXACT).then_some(number as i64);
    value.map(NodeValue::Integer)
}

fn text(
    book: &Book,
    cell: &Cell,
    CellType { types, items }: CellType,
    notes: &mut Vec<LocatedProblem>,
) -> Result<Node, LocatedProblem> {
    let text = book.text_of(cell);
    let node = |value| Ok(Node::new(value, cell.span.clone()));
    let trimmed = text.trim();
    if let Some(unquoted) = unquoted(trimmed)
        && types.has(Types::TEXT)
    {
        return node(NodeValue::Text(unquoted));
    }
    let as_json = (types.has(Types::LIST) && trimmed.starts_with('['))
        || (types.has(Types::OBJECT) && trimmed.starts_with('{'));
    if as_json {
        return parsed(book, cell);
    }
    if types.has(Types::TEXT) {
        return node(NodeValue::Text(text.to_owned()));
    }
    if let Some(value) = scalar(trimmed, types) {
        return node(value);
    }
    if types.has(Types::LIST) {
        return node(NodeValue::List(elements(text, cell, items, notes)));
    }
    if types.only(Types::OBJECT) {
        let message = "expected an object as JSON, found a text";
        return Err(bad(cell, message)
            .hint("write `{\"name\": \"value\"}`, or give each field a column of its own"));
    }
    let message = format!("expected {}, found the text `{trimmed}`", name_of(types));
    Err(bad(cell, message))
}

/// The text inside double quotes, which stand for a text that would be taken for something else.
fn unquoted(text: &str) -> Option<String> {
    if !text.starts_with('"') || !text.ends_with('"') || text.len() < 2 {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// A number or a boolean written as text.
fn scalar(text: &str, types: Types) -> Option<NodeValue> {
    if types.has(Types::BOOLEAN)
        && (text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false"))
    {
        return Some(NodeValue::Bool(text.eq_ignore_ascii_case("true")));
    }
    if !types.has(Types::NUMBER) {
        return None;
    }
    match serde_json::from_str(text).ok()? {
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(whole) if whole.unsigned_abs() <= crate::source::MAX_INTEGER => {
                Some(NodeValue::Integer(whole))
            }
            Some(_) => None,
            None if number.is_f64() => number.as_f64().map(NodeValue::Float),
            None => None,
        },
        _ => None,
    }
}

/// A cell that holds JSON; its parts have places inside the cell.
fn parsed(book: &Book, cell: &Cell) -> Result<Node, LocatedProblem> {
    let text = book.text_of(cell);
    let mut documents = json::read(text);
    let base = cell.span.start;
    let shift =
        |span: &Span| (span.start + base).min(cell.span.end)..(span.end + base).min(cell.span.end);
    if let Some(problem) = documents.problems.into_iter().next() {
        let span = problem.span.as_ref().map_or_else(|| cell.span.clone(), shift);
        let message = format!("the cell holds broken JSON: {}", problem.message);
        return Err(LocatedProblem::new(Code::BadCell, span, message)
            .hint("a text that begins with a bracket stands in double quotes"));
    }
    match documents.roots.pop() {
        Some(mut root) => {
            moved(&mut root, &shift);
            Ok(root)
        }
        None => Err(bad(cell, "the cell holds no JSON")),
    }
}

fn moved(node: &mut Node, shift: &impl Fn(&Span) -> Span) {
    node.span = shift(&node.span);
    match &mut node.value {
        NodeValue::List(items) => items.iter_mut().for_each(|item| moved(item, shift)),
        NodeValue::Object(entries) => {
            for entry in entries {
                entry.key_span = shift(&entry.key_span);
                moved(&mut entry.value, shift);
            }
        }
        _ => {}
    }
}

/// The elements of a list that are separated by `;` or line breaks.
fn elements(text: &str, cell: &Cell, items: Types, notes: &mut Vec<LocatedProblem>) -> Vec<Node> {
    let mut found = Vec::new();
    for (start, end) in pieces(text) {
        let piece = &text[start..end];
        let inner = piece.trim();
        if inner.is_empty() {
            continue;
        }
        let from = cell.span.start + offset(start + piece.len() - piece.trim_start().len());
        let span = from..from + offset(inner.len());
        let value = match unquoted(inner) {
            Some(text) => NodeValue::Text(text),
            None => scalar(inner, items).unwrap_or_else(|| NodeValue::Text(inner.to_owned())),
        };
        found.push((inner, Node::new(value, span)));
    }
    if let [(only, _)] = found.as_slice()
        && only.contains(',')
        && !only.starts_with('"')
    {
        let message = format!("the list is one element, `{only}`, with commas in it");
        notes.push(
            LocatedProblem::new(Code::SuspiciousList, cell.span.clone(), message)
                .hint("separate elements by `;`, or put one with commas in double quotes"),
        );
    }
    found.into_iter().map(|(_, node)| node).collect()
}

/// Where each piece between separators begins and ends; those inside double quotes separate nothing.
fn pieces(text: &str) -> Vec<(usize, usize)> {
    let mut pieces = Vec::new();
    let (mut start, mut quoted, mut escaped, mut blank) = (0, false, false, true);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            // A quote opens at the beginning of an element alone.
            '"' if quoted || blank => (quoted, blank) = (!quoted, false),
            ';' | '\n' | '\r' if !quoted => {
                pieces.push((start, at));
                (start, blank) = (at + 1, true);
            }
            c => blank &= c.is_whitespace(),
        }
    }
    pieces.push((start, text.len()));
    pieces
}
