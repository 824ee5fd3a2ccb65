//! What a term comes to where its column has one given value.

use regex::Regex;

use super::truth::{Known, truth};
use super::{Domain, Point, Term};
use crate::plan::{Expr, Function, Literal};

/// Whether a term lies in a domain for given values of the one column that it reads.
pub struct Trial<'a> {
    term: &'a Term,
    domain: &'a Domain,
    regex: Option<(Regex, &'a str)>,
}

impl<'a> Trial<'a> {
    /// Tries `term` against `domain`.
    pub fn new(term: &'a Term, domain: &'a Domain) -> Self {
        let regex = match term {
            Term::Value(Expr::Matches { pattern, whole, .. }) => {
                let text = if *whole { format!(r"\A(?:{pattern})\z") } else { pattern.clone() };
                Regex::new(&text).ok().map(|regex| (regex, pattern.as_str()))
            }
            _ => None,
        };
        Self { term, domain, regex }
    }

    /// Whether the term lies in the domain where its column is `value`; `None` where that is not known.
    pub fn admits(&self, value: &Point) -> Option<bool> {
        let Term::Value(expr) = self.term else { return None };
        let found = match (expr, &self.regex) {
            (Expr::Matches { value: text, .. }, Some((regex, pattern))) => {
                let Point::Text(text) = of(text, value)? else { return None };
                Point::Boolean(matched(regex, pattern, &text)?)
            }
            _ => of(expr, value)?,
        };
        Some(self.domain.values.contain(&found))
    }
}

/// Whether the text matches, where that is the same in every engine.
fn matched(regex: &Regex, pattern: &str, text: &str) -> Option<bool> {
    if pattern.contains("\\b") || pattern.contains("\\B") {
        return None;
    }
    // Which letters there are, and which are the same but for case, changes from one Unicode to the next.
    let tables = pattern.contains("\\p")
        || pattern.contains("\\P")
        || pattern
            .match_indices("(?")
            .any(|(at, _)| !matches!(pattern.as_bytes().get(at + 2), Some(b':' | b'P')));
    (text.is_ascii() || !tables).then(|| regex.is_match(text))
}

/// The value of an expression where its column is `value`; `None` where that is not known or is null.
fn of(expr: &Expr, value: &Point) -> Option<Point> {
    match expr {
        Expr::Column { .. } => Some(value.clone()),
        Expr::Literal { value } => Point::of(value),
        Expr::Call { function, arguments } => of_call(expr, *function, arguments, value),
        Expr::In { .. } => of_condition(expr, value),
        _ => None,
    }
}

fn of_call(expr: &Expr, function: Function, arguments: &[Expr], value: &Point) -> Option<Point> {
    let text = |index: usize| match of(arguments.get(index)?, value)? {
        Point::Text(text) => Some(text),
        _ => None,
    };
    let is = |held| Some(Point::Boolean(held));
    match function {
        Function::Length => Some(Point::whole(i128::try_from(text(0)?.chars().count()).ok()?)),
        // The engine's tables decide about letters beyond ASCII.
        Function::Lower => {
            text(0).filter(|t| t.is_ascii()).map(|t| Point::Text(t.to_ascii_lowercase()))
        }
        Function::Upper => {
            text(0).filter(|t| t.is_ascii()).map(|t| Point::Text(t.to_ascii_uppercase()))
        }
        Function::Trim => {
            let plain = |c: Option<char>| c.is_none_or(|c| c.is_ascii_graphic());
            let found = text(0)?;
            (plain(found.chars().next()) && plain(found.chars().next_back()))
                .then_some(Point::Text(found))
        }
        Function::StartsWith => is(text(0)?.starts_with(&text(1)?)),
        Function::EndsWith => is(text(0)?.ends_with(&text(1)?)),
        Function::Contains => is(text(0)?.contains(&text(1)?)),
        _ => of_condition(expr, value),
    }
}

fn of_condition(expr: &Expr, value: &Point) -> Option<Point> {
    let Known::Depends(found) = truth(expr)? else { return None };
    // What is not looked into is its own term: there is nothing simpler to ask.
    let Term::Value(inner) = &found.term else { return None };
    if inner == expr || matches!(inner, Expr::Literal { value: Literal::Null }) {
        return None;
    }
    let inner = of(inner, value)?;
    match (found.yes.values.contain(&inner), found.no.values.contain(&inner)) {
        (true, false) => Some(Point::Boolean(true)),
        (false, true) => Some(Point::Boolean(false)),
        _ => None,
    }
}
