//! From text to a tree of our own: the only file that knows the parser.
//!
//! The parser descends once for each operator of a chain, so a text is measured before it is handed
//! over; a hostile one must not exhaust the stack.

mod measure;

use std::collections::BTreeSet;

use cel::Env;
use cel::common::ast::{Expr as Cel, IdedExpr, LiteralValue, SourceInfo, operators};
use cel::parser::ParseErrors;

use super::{ExpressionError, MOST_ELEMENTS, MOST_LEVELS, MOST_NODES};
use crate::library::taxonomy::Scalar;
use crate::problem::nearest;
use measure::{measure, too_deep, too_large};

/// A part of an expression.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// The byte where it, or its operator, stands.
    pub(super) offset: usize,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Null,
    Constant(Scalar),
    /// A column.
    Name(String),
    /// An operator by its sign (`==`, `&&`, `?:`, `[]`, `in` …) or a function by its name; the receiver is
    /// the first argument.
    Call(String, Vec<Node>),
    List(Vec<Node>),
}

impl Node {
    /// Adds the columns that the part reads.
    pub(super) fn names(&self, names: &mut BTreeSet<String>) {
        match &self.kind {
            Kind::Name(name) => {
                names.insert(name.clone());
            }
            Kind::Call(_, parts) | Kind::List(parts) => {
                parts.iter().for_each(|part| part.names(names));
            }
            Kind::Null | Kind::Constant(_) => {}
        }
    }
}

/// Reads a text whose names are columns.
pub(super) fn read(text: &str) -> Result<Node, ExpressionError> {
    read_names(text, None)
}

/// Reads a text whose names are paths that begin with one of `roots`, joined by dots.
pub(super) fn read_paths(
    text: &str,
    roots: &'static [&'static str],
) -> Result<Node, ExpressionError> {
    read_names(text, Some(roots))
}

fn read_names(text: &str, roots: Option<&'static [&'static str]>) -> Result<Node, ExpressionError> {
    if text.trim().is_empty() {
        return Err(ExpressionError::new(0, "the expression is empty"));
    }
    measure(text)?;
    let parser = Env::default().with_optional_support(false).parser();
    let parser =
        parser.enable_ident_escape_syntax(true).max_recursion_depth(2 * MOST_LEVELS as u16);
    let (tree, places) =
        parser.parse_with_source_info(text).map_err(|errors| unreadable(text, &errors))?;
    Reader { places, roots, nodes: 0 }.node(tree, 1)
}

/// Turns the parser's complaint into one about the text.
fn unreadable(text: &str, errors: &ParseErrors) -> ExpressionError {
    let first = errors.errors.first();
    let (line, column) = first.map_or((1, 1), |error| error.pos);
    let offset = offset_of(text, line, column);
    let said = first.map(|error| error.msg.as_str()).unwrap_or_default();
    if said.contains("Recursion limit") {
        return too_deep(offset);
    }
    let rest = &text[offset..];
    if rest.trim().is_empty() {
        return ExpressionError::new(offset, "the expression ends too early");
    }
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let shown = if word.is_empty() { rest.chars().take(1).collect() } else { word.clone() };
    let message = match said {
        "invalid int literal" | "invalid double literal" => {
            format!("`{shown}` is not a number here")
        }
        _ if said.starts_with("reserved identifier") => format!("`{shown}` is a reserved word"),
        _ => format!("unexpected `{shown}`"),
    };
    let error = ExpressionError::new(offset, message);
    match way_out(text, offset, &word) {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// What was probably meant by what could not be read.
fn way_out(text: &str, offset: usize, word: &str) -> Option<String> {
    let rest = &text[offset..];
    let before = text[..offset].trim_end();
    if rest.starts_with('=') && !rest.starts_with("==") {
        return Some("to compare, write `==`".to_owned());
    }
    if rest.starts_with('>') && before.ends_with('<') {
        return Some("write `!=`".to_owned());
    }
    match word.to_ascii_lowercase().as_str() {
        "and" => return Some("write `&&`".to_owned()),
        "or" => return Some("write `||`".to_owned()),
        "not" => return Some("write `!`".to_owned()),
        "is" => return Some("write `x == null` or `x != null`".to_owned()),
        "between" => return Some("write `x >= 1 && x <= 9`".to_owned()),
        "like" => return Some("write `x.startsWith(\"a\")`, `x.contains(\"a\")`…".to_owned()),
        _ => {}
    }
    let strange = rest.chars().next().is_some_and(|c| !c.is_ascii() || c == '`');
    let two_words = !word.is_empty() && before.ends_with(|c: char| c.is_alphanumeric());
    (strange || two_words || text[offset..].starts_with(word) && is_reserved(text, offset)).then(
        || "a column whose name is not a plain word is written `row[\"its name\"]`".to_owned(),
    )
}

fn is_reserved(text: &str, offset: usize) -> bool {
    const RESERVED: &[&str] = &[
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "namespace",
        "package",
        "return",
        "var",
        "void",
        "while",
    ];
    let word: String =
        text[offset..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    RESERVED.contains(&word.as_str())
}

/// The byte of a line and column, both from 1, the column in characters.
fn offset_of(text: &str, line: isize, column: isize) -> usize {
    let line = usize::try_from(line - 1).unwrap_or(0);
    let column = usize::try_from(column - 1).unwrap_or(0);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
}

/// Turns the parser's tree into ours, within the limits.
struct Reader {
    places: SourceInfo,
    /// Where paths begin; `None` where names are columns.
    roots: Option<&'static [&'static str]>,
    nodes: usize,
}

impl Reader {
    fn node(&mut self, tree: IdedExpr, level: usize) -> Result<Node, ExpressionError> {
        let place = self.places.offset_for(tree.id).map_or(0, |(start, _)| start as usize);
        // A place inside a character would be the parser's mistake; it must not become ours.
        let offset = if self.places.source.is_char_boundary(place) { place } else { 0 };
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err(too_large(offset));
        }
        if level > MOST_LEVELS {
            return Err(too_deep(offset));
        }
        let kind = match tree.expr {
            Cel::Ident(name) => Kind::Name(name),
            Cel::Literal(value) => constant(value, offset)?,
            Cel::Select(select) if !select.test => match self.roots {
                Some(roots) => {
                    let mut path = path_of(&select.operand, roots, offset)?;
                    path.push(&select.field);
                    Kind::Name(path.join("."))
                }
                None => {
                    row(&select.operand, offset)?;
                    Kind::Name(select.field)
                }
            },
            Cel::Call(call) => {
                let mut parts: Vec<_> = call.target.into_iter().map(|target| *target).collect();
                parts.extend(call.args);
                return self.call(call.func_name, parts, offset, level);
            }
            Cel::List(list) => {
                if list.elements.len() > MOST_ELEMENTS {
                    let message = format!("the list has more than {MOST_ELEMENTS} elements");
                    return Err(ExpressionError::new(offset, message)
                        .hint("put the codes into a taxonomy and use the rule `in_set`"));
                }
                let counted = self.nodes;
                let elements = list.elements.into_iter().map(|element| {
                    self.nodes = counted;
                    self.node(element, level + 1)
                });
                let elements = elements.collect::<Result<_, _>>()?;
                self.nodes = counted;
                Kind::List(elements)
            }
            _ => {
                let message = "objects, maps and macros are not part of the language";
                return Err(ExpressionError::new(offset, message));
            }
        };
        Ok(Node { offset, kind })
    }

    fn call(
        &mut self,
        name: String,
        mut parts: Vec<IdedExpr>,
        offset: usize,
        level: usize,
    ) -> Result<Node, ExpressionError> {
        if name == operators::INDEX
            && let [of, IdedExpr { expr: Cel::Literal(LiteralValue::String(key)), .. }] = &parts[..]
        {
            let name = match self.roots {
                Some(roots) => {
                    let mut path = path_of(of, roots, offset)?;
                    path.push(key.inner());
                    path.join(".")
                }
                None => {
                    row(of, offset)?;
                    key.inner().to_owned()
                }
            };
            return Ok(Node { offset, kind: Kind::Name(name) });
        }
        if name == operators::INDEX && self.roots.is_some() {
            return Err(ExpressionError::new(offset, "names of a path are texts in quotes"));
        }
        // The parser builds a tree of pairs from `a && b && c`; it is one conjunction.
        if name == operators::LOGICAL_AND || name == operators::LOGICAL_OR {
            parts = parts.into_iter().flat_map(|part| joined(part, &name)).collect();
        }
        let parts = parts.into_iter().map(|part| self.node(part, level + 1));
        let parts = parts.collect::<Result<_, _>>()?;
        Ok(Node { offset, kind: Kind::Call(sign(&name).to_owned(), parts) })
    }
}

/// An operator as authors write it; other names stay.
fn sign(name: &str) -> &str {
    match name {
        operators::CONDITIONAL => "?:",
        operators::INDEX => "[]",
        operators::IN => "in",
        operators::LOGICAL_NOT => "!",
        operators::NEGATE => "-",
        _ => name.strip_prefix('_').and_then(|rest| rest.strip_suffix('_')).unwrap_or(name),
    }
}

/// The operands of a chain of one logical operator.
fn joined(part: IdedExpr, operator: &str) -> Vec<IdedExpr> {
    match part.expr {
        Cel::Call(call) if call.func_name == operator => {
            call.args.into_iter().flat_map(|part| joined(part, operator)).collect()
        }
        _ => vec![part],
    }
}

/// Demands that what is selected from is the row.
fn row(of: &IdedExpr, offset: usize) -> Result<(), ExpressionError> {
    if matches!(&of.expr, Cel::Ident(name) if name == "row") {
        return Ok(());
    }
    Err(ExpressionError::new(offset, "columns have no parts")
        .hint("only `row` has: `row.column` or `row[\"any column\"]`"))
}

/// The names of a path, from its root on.
fn path_of<'a>(
    tree: &'a IdedExpr,
    roots: &[&str],
    offset: usize,
) -> Result<Vec<&'a str>, ExpressionError> {
    match &tree.expr {
        Cel::Ident(name) if roots.contains(&name.as_str()) => Ok(vec![name]),
        Cel::Ident(name) => {
            let error = ExpressionError::new(offset, format!("there is no `{name}`"));
            Err(match nearest(name, roots.iter().copied()) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("paths begin with {}", roots.join(", "))),
            })
        }
        Cel::Select(select) if !select.test => {
            let mut path = path_of(&select.operand, roots, offset)?;
            path.push(&select.field);
            Ok(path)
        }
        Cel::Call(call) if call.func_name == operators::INDEX => {
            let parts = call.target.as_deref().into_iter().chain(&call.args).collect::<Vec<_>>();
            let [of, IdedExpr { expr: Cel::Literal(LiteralValue::String(key)), .. }] = parts[..]
            else {
                return Err(ExpressionError::new(offset, "names of a path are texts in quotes"));
            };
            let mut path = path_of(of, roots, offset)?;
            path.push(key.inner());
            Ok(path)
        }
        _ => Err(ExpressionError::new(offset, "only paths have parts")
            .hint(format!("paths begin with {}", roots.join(", ")))),
    }
}

fn constant(value: LiteralValue, offset: usize) -> Result<Kind, ExpressionError> {
    Ok(Kind::Constant(match value {
        LiteralValue::Null => return Ok(Kind::Null),
        LiteralValue::Boolean(value) => Scalar::Boolean(value.into_inner()),
        LiteralValue::Int(value) => Scalar::Integer(value.into_inner()),
        LiteralValue::Double(value) if value.inner().is_finite() => {
            Scalar::Number(value.into_inner())
        }
        LiteralValue::String(value) => Scalar::Text(value.inner().to_owned()),
        LiteralValue::Double(_) => {
            return Err(ExpressionError::new(offset, "the number is beyond what numbers can hold"));
        }
        LiteralValue::UInt(_) => {
            return Err(ExpressionError::new(
                offset,
                "numbers ending in `u` are not part of the language",
            )
            .hint("leave the `u` out"));
        }
        LiteralValue::Bytes(_) => {
            return Err(ExpressionError::new(offset, "bytes are not part of the language"));
        }
    }))
}
