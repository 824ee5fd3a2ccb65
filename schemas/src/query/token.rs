//! The words and signs of a query.

use super::Refusal;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or a word of the language.
    Word,
    /// A name in double quotes.
    Quoted,
    /// Text in single quotes.
    Text,
    /// A number.
    Number,
    /// A dataset in braces; its text is the name.
    Dataset,
    /// Everything else.
    Symbol,
}

/// A token and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    /// The text; of quoted names and datasets without what is around it.
    pub(super) text: &'a str,
    /// Where it begins, in bytes.
    pub(super) offset: usize,
    /// Where it has ended.
    pub(super) end: usize,
}

impl Token<'_> {
    /// Whether it is this word, in any case.
    pub(super) fn is(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether it is this sign.
    pub(super) fn symbol(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }
}

/// Cuts a query into tokens; white space and comments are left out.
///
/// # Errors
/// Something is not closed, or is a sign that queries do not use.
pub(super) fn read(text: &str) -> Result<Vec<Token<'_>>, Refusal> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        if next.is_whitespace() {
            at += next.len_utf8();
            continue;
        }
        if rest.starts_with("--") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        if rest.starts_with("/*") {
            // Comments within comments are read in two ways by different engines.
            let length = rest.find("*/").filter(|end| !rest[2..*end].contains("/*"));
            at += 2 + length.ok_or_else(|| {
                Refusal::at(at, "the comment is not closed, or holds another one")
            })?;
            continue;
        }
        let token = one(text, at, next)?;
        let prefixed = tokens.last().is_some_and(|before| {
            before.kind == Kind::Word && before.end == token.offset && token.kind == Kind::Text
        });
        if prefixed {
            let message = "text with a letter before its quotes is not used in queries";
            return Err(Refusal::at(token.offset, message).hint("put a space between them"));
        }
        at = token.end;
        tokens.push(token);
    }
    Ok(tokens)
}

fn one(text: &str, at: usize, next: char) -> Result<Token<'_>, Refusal> {
    let rest = &text[at..];
    let made = |kind, text, length| Ok(Token { kind, text, offset: at, end: at + length });
    let run = |fits: fn(char) -> bool| rest.find(|c| !fits(c)).unwrap_or(rest.len());
    match next {
        '\'' => {
            let length = closed(rest, '\'').ok_or_else(|| open(at, "text"))?;
            made(Kind::Text, &rest[1..length - 1], length)
        }
        '"' => {
            let length = closed(rest, '"').ok_or_else(|| open(at, "name"))?;
            made(Kind::Quoted, &rest[1..length - 1], length)
        }
        '{' => {
            let inside = rest.find('}').map(|end| &rest[1..end]);
            let name = inside.filter(|name| {
                !name.is_empty()
                    && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
            });
            let name = name.ok_or_else(|| {
                Refusal::at(at, "braces hold the name of a dataset")
                    .hint("a structure is made by `struct_pack(a := 1)`")
            })?;
            made(Kind::Dataset, name, name.len() + 2)
        }
        _ if next.is_alphabetic() || next == '_' => {
            let length = run(|c| c.is_alphanumeric() || c == '_');
            made(Kind::Word, &rest[..length], length)
        }
        _ if next.is_ascii_digit() => {
            let length = run(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
            made(Kind::Number, &rest[..length], length)
        }
        _ if rest.starts_with("::") => made(Kind::Symbol, "::", 2),
        _ if "()[],.;+-*/%<>=!|&^~:".contains(next) => {
            made(Kind::Symbol, &rest[..next.len_utf8()], next.len_utf8())
        }
        _ => Err(Refusal::at(at, format!("`{next}` is no sign of a query"))),
    }
}

/// The length of what begins and ends with `quote`, which is doubled inside.
fn closed(rest: &str, quote: char) -> Option<usize> {
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((index, character)) = characters.next() {
        if character != quote {
            continue;
        }
        match characters.peek() {
            Some((_, next)) if *next == quote => {
                characters.next();
            }
            _ => return Some(index + 1),
        }
    }
    None
}

fn open(at: usize, what: &str) -> Refusal {
    Refusal::at(at, format!("the {what} in quotes is not closed"))
}
