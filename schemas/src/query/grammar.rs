//! Where tables stand in a query, what is called, and what has no place there.

use super::token::{Kind, Token};
use super::{Refusal, functions};

/// Deepest nesting of brackets.
const DEEPEST: usize = 50;

/// What is open at a place of the query: the query itself, or a bracket.
#[derive(Clone, Copy, Default)]
struct Frame<'a> {
    /// Between `FROM` and what ends it, where commas part tables.
    from: bool,
    /// A table must come next.
    table: bool,
    /// The function whose arguments these are.
    call: Option<&'a str>,
}

/// A query being read, token by token.
pub(super) struct Reading<'a> {
    tokens: &'a [Token<'a>],
    frames: Vec<Frame<'a>>,
    /// Names given by `WITH`, in lower case.
    named: Vec<String>,
    reads: bool,
}

/// Words that end the list of tables.
const AFTER_FROM: &[&str] = &[
    "where",
    "having",
    "order",
    "limit",
    "offset",
    "union",
    "intersect",
    "except",
    "window",
    "qualify",
    "select",
];

/// Words that a bracket may follow without a call.
const BEFORE_BRACKET: &[&str] = &[
    "all",
    "and",
    "any",
    "as",
    "between",
    "by",
    "case",
    "distinct",
    "else",
    "except",
    "exclude",
    "exists",
    "filter",
    "from",
    "having",
    "ilike",
    "in",
    "intersect",
    "is",
    "join",
    "lateral",
    "like",
    "limit",
    "materialized",
    "not",
    "offset",
    "on",
    "or",
    "over",
    "select",
    "some",
    "then",
    "union",
    "using",
    "values",
    "when",
    "where",
    "window",
    "within",
    "group",
    "qualify",
];

/// Words that begin or are part of what is no reading, or read what is no dataset.
const FORBIDDEN: &[&str] = &[
    "alter",
    "analyze",
    "attach",
    "begin",
    "call",
    "checkpoint",
    "comment",
    "commit",
    "copy",
    "create",
    "deallocate",
    "delete",
    "describe",
    "detach",
    "drop",
    "execute",
    "explain",
    "export",
    "force",
    "import",
    "insert",
    "install",
    "into",
    "load",
    "merge",
    "pivot",
    "pivot_longer",
    "pivot_wider",
    "pragma",
    "prepare",
    "recursive",
    "reset",
    "rollback",
    "set",
    "show",
    "summarize",
    "table",
    "tablesample",
    "truncate",
    "unpivot",
    "update",
    "use",
    "vacuum",
];

/// Functions whose arguments may be parted by `FROM`.
const PARTED_BY_FROM: &[&str] = &["extract", "overlay", "substring", "trim"];

impl<'a> Reading<'a> {
    pub(super) fn new(tokens: &'a [Token<'a>]) -> Self {
        Self { tokens, frames: vec![Frame::default()], named: names(tokens), reads: false }
    }

    /// Reads everything; gives whether a dataset is read.
    pub(super) fn finish(mut self) -> Result<bool, Refusal> {
        match self.tokens.first() {
            Some(first) if first.is("select") || first.is("with") => {}
            first => {
                let offset = first.map_or(0, |token| token.offset);
                let message = "a query is one `SELECT`, or `WITH` and one `SELECT`";
                return Err(Refusal::at(offset, message));
            }
        }
        for index in 0..self.tokens.len() {
            self.take(index)?;
        }
        let end = self.tokens.last().map_or(0, |token| token.offset);
        match self.frames.as_slice() {
            [frame] if !frame.table => Ok(self.reads),
            [_] => Err(Refusal::at(end, "a table is missing at the end")),
            _ => Err(Refusal::at(end, "a bracket is not closed")),
        }
    }

    fn frame(&mut self) -> &mut Frame<'a> {
        // There is always one: closing the last is refused.
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    fn before(&self, index: usize, back: usize) -> Option<&'a Token<'a>> {
        index.checked_sub(back).and_then(|index| self.tokens.get(index))
    }

    fn take(&mut self, index: usize) -> Result<(), Refusal> {
        let token = &self.tokens[index];
        let table = self.frame().table;
        match token.kind {
            Kind::Dataset => self.dataset(index),
            Kind::Word => self.word(index),
            Kind::Quoted if table => self.relation(index),
            Kind::Text if table => Err(Refusal::at(token.offset, "a query reads no files")
                .hint("read datasets of the contract, each in braces")),
            Kind::Symbol => self.symbol(index),
            Kind::Quoted | Kind::Text | Kind::Number if table => {
                Err(Refusal::at(token.offset, "a table is missing here"))
            }
            Kind::Quoted | Kind::Text | Kind::Number => Ok(()),
        }
    }

    fn dataset(&mut self, index: usize) -> Result<(), Refusal> {
        let token = &self.tokens[index];
        if !self.frame().table {
            let message = format!("`{{{}}}` is a table, and none is read here", token.text);
            return Err(Refusal::at(token.offset, message)
                .hint("write it after `FROM` or `JOIN`, and refer to it by an alias"));
        }
        self.frame().table = false;
        self.reads = true;
        Ok(())
    }

    fn symbol(&mut self, index: usize) -> Result<(), Refusal> {
        let token = &self.tokens[index];
        match token.text {
            "(" => self.open(index),
            ")" => {
                let closed = self.frames.pop().unwrap_or_default();
                if self.frames.is_empty() {
                    return Err(Refusal::at(token.offset, "this bracket closes nothing"));
                }
                match closed.table {
                    true => Err(Refusal::at(token.offset, "a table is missing here")),
                    false => Ok(()),
                }
            }
            "," => {
                let frame = self.frame();
                if frame.table {
                    return Err(Refusal::at(token.offset, "a table is missing here"));
                }
                frame.table = frame.from;
                Ok(())
            }
            ";" => Err(Refusal::at(token.offset, "a query is one statement, without `;`")),
            _ if self.frame().table => Err(Refusal::at(token.offset, "a table is missing here")),
            _ => Ok(()),
        }
    }

    fn open(&mut self, index: usize) -> Result<(), Refusal> {
        let token = &self.tokens[index];
        if self.frames.len() > DEEPEST {
            let message = format!("brackets are nested more than {DEEPEST} deep");
            return Err(Refusal::at(token.offset, message));
        }
        let query = self
            .tokens
            .get(index + 1)
            .is_some_and(|next| ["select", "with", "values"].iter().any(|word| next.is(word)));
        if self.frame().table {
            self.frame().table = false;
            self.frames.push(Frame { from: !query, table: !query, call: None });
            return Ok(());
        }
        let call = self.call(index)?;
        self.frames.push(Frame { from: false, table: false, call });
        Ok(())
    }

    /// The function that the bracket at `index` calls, if it does; it is one of the list.
    fn call(&self, index: usize) -> Result<Option<&'a str>, Refusal> {
        let Some(name) = self.before(index, 1) else { return Ok(None) };
        if !matches!(name.kind, Kind::Word | Kind::Quoted) {
            return Ok(None);
        }
        if name.kind == Kind::Word && BEFORE_BRACKET.iter().any(|word| name.is(word)) {
            return Ok(None);
        }
        let ahead = self.before(index, 2);
        let from = self.frames.last().is_some_and(|frame| frame.from);
        let follows = |text: &str| ahead.is_some_and(|token| token.is(text));
        // The columns of an alias or of a name given by `WITH`, and the digits of a type.
        let alias =
            from && ahead.is_some_and(|token| token.kind == Kind::Dataset || token.symbol(")"));
        let type_or_alias = follows("as") || ahead.is_some_and(|token| token.symbol("::"));
        let given = self.named.contains(&name.text.to_lowercase())
            && (follows("with") || ahead.is_some_and(|token| token.symbol(",")));
        if alias || type_or_alias || given {
            return Ok(None);
        }
        if functions::known(name.text) {
            return Ok(Some(name.text));
        }
        let message = format!("a query may not call `{}`", name.text);
        let refusal = Refusal::at(name.offset, message);
        Err(match functions::nearest(name.text) {
            Some(near) => refusal.hint(format!("did you mean `{near}`?")),
            None => refusal.hint("queries call only functions that compute from their arguments"),
        })
    }

    fn word(&mut self, index: usize) -> Result<(), Refusal> {
        let token = &self.tokens[index];
        let lower = token.text.to_lowercase();
        // A column may be called like anything.
        if self.before(index, 1).is_some_and(|before| before.symbol(".")) {
            return Ok(());
        }
        if FORBIDDEN.contains(&lower.as_str()) {
            let message = format!("`{}` has no place in a query that only reads", token.text);
            return Err(Refusal::at(token.offset, message)
                .hint("a column of that name is written in double quotes"));
        }
        match lower.as_str() {
            "from" => {
                self.from(index);
                Ok(())
            }
            "join" => {
                let frame = self.frame();
                (frame.from, frame.table) = (true, true);
                Ok(())
            }
            "lateral" => Ok(()),
            _ if self.frame().table => self.relation(index),
            "group" => {
                let within = self.before(index, 1).is_some_and(|before| before.is("within"));
                if !within {
                    self.frame().from = false;
                }
                Ok(())
            }
            word if AFTER_FROM.contains(&word) => {
                self.frame().from = false;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn from(&mut self, index: usize) {
        let distinct = self.before(index, 1).is_some_and(|before| before.is("distinct"))
            && self.before(index, 2).is_some_and(|before| before.is("is") || before.is("not"));
        let parted = self.frame().call.is_some_and(|call| {
            PARTED_BY_FROM.iter().any(|function| call.eq_ignore_ascii_case(function))
        });
        if !distinct && !parted {
            let frame = self.frame();
            (frame.from, frame.table) = (true, true);
        }
    }

    /// A table that is no placeholder: a name given by `WITH`, or a function that makes rows.
    fn relation(&mut self, index: usize) -> Result<(), Refusal> {
        let token = &self.tokens[index];
        let name = token.text.to_lowercase();
        let next = self.tokens.get(index + 1);
        let called = next.is_some_and(|next| next.symbol("("));
        let qualified = next.is_some_and(|next| next.symbol("."));
        let given = token.kind == Kind::Word && self.named.contains(&name) && !called;
        let makes_rows = called && functions::MAKE_ROWS.contains(&name.as_str());
        if (given || makes_rows) && !qualified {
            self.frame().table = false;
            return Ok(());
        }
        if called {
            let message = format!("a query may not read from `{}`", token.text);
            return Err(Refusal::at(token.offset, message)
                .hint("read datasets of the contract, each in braces"));
        }
        let message = format!("`{}` is no table of this query", token.text);
        let hint = format!("a dataset stands in braces: `{{{}}}`", token.text);
        Err(Refusal::at(token.offset, message).hint(hint))
    }
}

/// The names that `WITH` gives: a plain word before `AS (`, perhaps with its columns between. A word in
/// that place anywhere else is no SQL, so nothing is let through by looking no closer.
fn names(tokens: &[Token<'_>]) -> Vec<String> {
    let mut names = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let introduced = index.checked_sub(1).and_then(|before| tokens.get(before));
        let introduced = introduced.is_some_and(|before| before.is("with") || before.symbol(","));
        if token.kind != Kind::Word || !introduced {
            continue;
        }
        let mut next = index + 1;
        if tokens.get(next).is_some_and(|token| token.symbol("(")) {
            let length = tokens[next..].iter().position(|token| token.symbol(")"));
            next += length.map_or(0, |length| length + 1);
        }
        if !tokens.get(next).is_some_and(|token| token.is("as")) {
            continue;
        }
        next += 1;
        for word in ["not", "materialized"] {
            next += usize::from(tokens.get(next).is_some_and(|token| token.is(word)));
        }
        if tokens.get(next).is_some_and(|token| token.symbol("(")) {
            names.push(token.text.to_lowercase());
        }
    }
    names
}
