//! Read-only queries of authors: what one may say, decided from its text before any engine sees it.
//!
//! A query is a single `SELECT`. Tables are datasets in braces, sub-queries and names that the query itself
//! gives with `WITH`; functions are those of a closed list. Everything else is refused: what is not known to
//! be harmless is not let through. Engines run queries over connections that can do no more than that, so
//! this is the first of two locks, and the one whose refusal an author reads.

mod functions;
mod grammar;
#[cfg(test)]
mod tests;
mod token;

use crate::code::Code;
use crate::plan::Piece;
use crate::problem::{Pointer, Problem};
use grammar::Reading;
use token::{Kind, Token};

/// The dialect that queries are written in.
pub const DIALECT: &str = "duckdb";

/// The name by which a query reads the dataset that is judged.
const JUDGED: &str = "dataset";

/// Longest text of a query, in bytes.
const LONGEST: usize = 20_000;

/// A part of a query, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text as it stands.
    Text(String),
    /// The dataset that is judged.
    Judged,
    /// Another dataset, by name.
    Dataset(String),
}

impl Part {
    /// The part as the plan holds it.
    pub fn piece(self) -> Piece {
        match self {
            Self::Text(text) => Piece::Text { text },
            Self::Judged => Piece::Judged,
            Self::Dataset(dataset) => Piece::Dataset { dataset },
        }
    }
}

/// Why a query is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Where, in bytes.
    pub offset: usize,
    /// What is wrong, for people.
    pub message: String,
    /// The way out, if there is one.
    pub hint: Option<String>,
}

impl Refusal {
    fn at(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into(), hint: None }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The refusal as a problem of the field that holds the text.
    pub fn problem(&self, text: &str, pointer: Pointer) -> Problem {
        let character = text.char_indices().take_while(|(at, _)| *at < self.offset).count() + 1;
        let message = format!("{} (at character {character} of the query)", self.message);
        let problem = Problem::new(Code::BadExpression, pointer, message);
        match &self.hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }
}

/// Reads a query.
///
/// # Errors
/// It is no single `SELECT`, or could do anything but read the datasets that it names.
pub fn read(text: &str) -> Result<Vec<Part>, Refusal> {
    if text.len() > LONGEST {
        let message = format!("a query has at most {LONGEST} bytes, this one {}", text.len());
        return Err(Refusal::at(0, message));
    }
    let tokens = token::read(text)?;
    let reads = Reading::new(&tokens).finish()?;
    if !reads {
        return Err(Refusal::at(0, "the query reads no dataset")
            .hint("write `FROM {dataset}`, with the braces"));
    }
    Ok(parts(text, &tokens))
}

/// The text cut at its placeholders.
fn parts(text: &str, tokens: &[Token<'_>]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut done = 0;
    for token in tokens.iter().filter(|token| token.kind == Kind::Dataset) {
        parts.push(Part::Text(text[done..token.offset].to_owned()));
        parts.push(match token.text {
            JUDGED => Part::Judged,
            other => Part::Dataset(other.to_owned()),
        });
        done = token.end;
    }
    parts.push(Part::Text(text[done..].to_owned()));
    parts
}
