//! Regular expressions: the part that RE2 and Rust's `regex` share, written so that both mean the same.
//!
//! Engines differ in what they accept and, worse, in what they take the same text for: `\d` is a digit of
//! any script to one and `[0-9]` to the other. A pattern is therefore read once, here; what only one
//! side has is refused, and what the two read differently is spelled out. `\d`, `\w` and `\s` are ASCII;
//! `\b` is the edge of an ASCII word.

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{
    self, Ast, ClassPerlKind, ClassSetItem, ErrorKind, Flag, FlagsItemKind, GroupKind,
    HexLiteralKind, LiteralKind, RepetitionKind, RepetitionRange, Span,
};

/// Characters that a pattern may have.
const MOST_CHARACTERS: usize = 4096;

/// How often something may be repeated by count, nested counts multiplied.
const MOST_REPEATS: u32 = 1000;

/// Categories and scripts that all engines know by the same name.
const PROPERTIES: &[&str] = &[
    "L",
    "Lu",
    "Ll",
    "Lt",
    "Lm",
    "Lo",
    "M",
    "Mn",
    "Mc",
    "Me",
    "N",
    "Nd",
    "Nl",
    "No",
    "P",
    "Pc",
    "Pd",
    "Ps",
    "Pe",
    "Pi",
    "Pf",
    "Po",
    "S",
    "Sm",
    "Sc",
    "Sk",
    "So",
    "Z",
    "Zs",
    "Zl",
    "Zp",
    "Cc",
    "Cf",
    "Arabic",
    "Armenian",
    "Bengali",
    "Cyrillic",
    "Devanagari",
    "Georgian",
    "Greek",
    "Han",
    "Hangul",
    "Hebrew",
    "Hiragana",
    "Katakana",
    "Latin",
    "Tamil",
    "Thai",
];

/// What is wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// In words.
    pub message: String,
    /// The way out, where one is known.
    pub hint: Option<String>,
}

/// The pattern as the plan holds it.
///
/// # Errors
/// It is no regular expression, or one that not every engine can run.
pub fn portable(pattern: &str) -> Result<String, PatternError> {
    if pattern.chars().count() > MOST_CHARACTERS {
        return Err(fault(format!("the pattern has more than {MOST_CHARACTERS} characters")));
    }
    let tree = Parser::new().parse(pattern).map_err(|error| syntax_error(&error))?;
    let portable =
        ast::visit(&tree, Translation { pattern, changes: Vec::new(), repeats: vec![1] })?;
    match regex::Regex::new(&portable) {
        Ok(_) => Ok(portable),
        Err(regex::Error::CompiledTooBig(_)) => Err(fault("the pattern is too large".to_owned())),
        Err(_) => Err(fault(format!("`{pattern}` is not a regular expression"))),
    }
}

fn fault(message: String) -> PatternError {
    PatternError { message, hint: None }
}

fn syntax_error(error: &ast::Error) -> PatternError {
    let place = error.span().start.offset;
    let shown = error.pattern();
    let hint = match error.kind() {
        ErrorKind::UnsupportedLookAround => {
            Some("no engine here looks around; write a second rule with a `where` instead")
        }
        ErrorKind::UnsupportedBackreference => Some("no engine here has references to groups"),
        ErrorKind::RepetitionMissing => Some("to mean the character itself, escape it with `\\`"),
        _ => None,
    };
    PatternError {
        message: format!(
            "in `{shown}`, at character {}: {}",
            characters(shown, place),
            error.kind()
        ),
        hint: hint.map(str::to_owned),
    }
}

/// The number, from 1, of the character at a byte offset.
fn characters(text: &str, offset: usize) -> usize {
    text.char_indices().take_while(|(at, _)| *at < offset).count() + 1
}

/// Walks a pattern, refuses what is not shared and notes what must be spelled out.
struct Translation<'p> {
    pattern: &'p str,
    changes: Vec<(Span, String)>,
    /// Products of the counts that enclose the place, innermost last.
    repeats: Vec<u32>,
}

impl Translation<'_> {
    fn refuse(&self, span: &Span, what: &str, hint: &str) -> PatternError {
        let part = self.pattern.get(span.start.offset..span.end.offset).unwrap_or_default();
        PatternError {
            message: format!("`{part}` is {what}, which not every engine has"),
            hint: Some(hint.to_owned()),
        }
    }

    fn change(&mut self, span: Span, text: impl Into<String>) {
        self.changes.push((span, text.into()));
    }

    fn literal(&mut self, literal: &ast::Literal) {
        match &literal.kind {
            LiteralKind::Superfluous => self.change(literal.span, literal.c),
            LiteralKind::HexFixed(HexLiteralKind::UnicodeShort | HexLiteralKind::UnicodeLong)
            | LiteralKind::HexBrace(_) => {
                self.change(literal.span, format!(r"\x{{{:X}}}", u32::from(literal.c)));
            }
            _ => {}
        }
    }

    fn flags(&self, flags: &ast::Flags) -> Result<(), PatternError> {
        for item in &flags.items {
            if let FlagsItemKind::Flag(Flag::Unicode | Flag::CRLF | Flag::IgnoreWhitespace) =
                item.kind
            {
                let hint = "the flags are `i`, `m`, `s` and `U`";
                return Err(self.refuse(&flags.span, "a set of flags", hint));
            }
        }
        Ok(())
    }

    fn property(&self, class: &ast::ClassUnicode) -> Result<(), PatternError> {
        let known = match &class.kind {
            ast::ClassUnicodeKind::OneLetter(letter) => {
                PROPERTIES.contains(&letter.to_string().as_str())
            }
            ast::ClassUnicodeKind::Named(name) => PROPERTIES.contains(&name.as_str()),
            ast::ClassUnicodeKind::NamedValue { .. } => false,
        };
        if known {
            return Ok(());
        }
        let hint = "use a general category such as `\\p{Lu}` or a script such as `\\p{Greek}`";
        Err(self.refuse(&class.span, "a property of characters", hint))
    }

    fn repetition(&mut self, repetition: &ast::Repetition) -> Result<(), PatternError> {
        if matches!(*repetition.ast, Ast::Repetition(_)) {
            let hint = "put the inner repetition into a group: `(?:…)`";
            return Err(self.refuse(&repetition.span, "a repetition of a repetition", hint));
        }
        let count = match &repetition.op.kind {
            RepetitionKind::Range(
                RepetitionRange::Exactly(most)
                | RepetitionRange::AtLeast(most)
                | RepetitionRange::Bounded(_, most),
            ) => (*most).max(1),
            _ => 1,
        };
        let product = self.repeats.last().copied().unwrap_or(1).saturating_mul(count);
        if product > MOST_REPEATS {
            let hint = format!("counts multiply where they are nested; at most {MOST_REPEATS}");
            return Err(self.refuse(&repetition.span, "too high a count", &hint));
        }
        self.repeats.push(product);
        Ok(())
    }
}

impl ast::Visitor for Translation<'_> {
    type Output = String;
    type Err = PatternError;

    fn finish(mut self) -> Result<String, PatternError> {
        let mut text = String::with_capacity(self.pattern.len());
        let mut done = 0;
        self.changes.sort_by_key(|(span, _)| span.start.offset);
        for (span, change) in &self.changes {
            text.push_str(self.pattern.get(done..span.start.offset).unwrap_or_default());
            text.push_str(change);
            done = span.end.offset;
        }
        text.push_str(self.pattern.get(done..).unwrap_or_default());
        Ok(text)
    }

    fn visit_pre(&mut self, tree: &Ast) -> Result<(), PatternError> {
        match tree {
            Ast::Literal(literal) => self.literal(literal),
            Ast::Flags(set) => self.flags(&set.flags)?,
            Ast::Group(group) => match &group.kind {
                GroupKind::NonCapturing(flags) => self.flags(flags)?,
                GroupKind::CaptureName { starts_with_p: false, name } => {
                    let hint = format!("write `(?P<{}>…)`, or `(?:…)`", name.name);
                    return Err(self.refuse(&group.span, "a named group in the newer form", &hint));
                }
                _ => {}
            },
            Ast::Assertion(assertion) => {
                use ast::AssertionKind as Kind;
                let shared = matches!(
                    assertion.kind,
                    Kind::StartLine
                        | Kind::EndLine
                        | Kind::StartText
                        | Kind::EndText
                        | Kind::WordBoundary
                        | Kind::NotWordBoundary
                );
                if !shared {
                    return Err(self.refuse(&assertion.span, "an assertion", "use `\\b`"));
                }
            }
            Ast::ClassUnicode(class) => self.property(class)?,
            Ast::ClassPerl(class) => {
                let items = inside(&class.kind, false);
                let negation = if class.negated { "^" } else { "" };
                self.change(class.span, format!("[{negation}{items}]"));
            }
            Ast::Repetition(repetition) => self.repetition(repetition)?,
            _ => {}
        }
        Ok(())
    }

    fn visit_post(&mut self, tree: &Ast) -> Result<(), PatternError> {
        if matches!(tree, Ast::Repetition(_)) {
            self.repeats.pop();
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), PatternError> {
        match item {
            ClassSetItem::Literal(literal) => self.literal(literal),
            ClassSetItem::Range(range) => {
                self.literal(&range.start);
                self.literal(&range.end);
            }
            ClassSetItem::Unicode(class) => self.property(class)?,
            ClassSetItem::Perl(class) => {
                self.change(class.span, inside(&class.kind, class.negated));
            }
            ClassSetItem::Bracketed(class) => {
                let hint = "to mean the bracket itself, write `\\[`";
                return Err(self.refuse(&class.span, "a set inside a set", hint));
            }
            ClassSetItem::Empty(_) | ClassSetItem::Ascii(_) | ClassSetItem::Union(_) => {}
        }
        Ok(())
    }

    fn visit_class_set_binary_op_pre(
        &mut self,
        operation: &ast::ClassSetBinaryOp,
    ) -> Result<(), PatternError> {
        Err(self.refuse(&operation.span, "an operation on sets", "list the characters instead"))
    }
}

/// A Perl class as it is written inside brackets.
fn inside(kind: &ClassPerlKind, negated: bool) -> &'static str {
    match (kind, negated) {
        (ClassPerlKind::Digit, false) => "0-9",
        (ClassPerlKind::Word, false) => "0-9A-Za-z_",
        (ClassPerlKind::Space, false) => r"\t\n\f\r ",
        (ClassPerlKind::Digit, true) => r"\x00-\x2F\x3A-\x{10FFFF}",
        // U+017F and U+212A are left out: they are `s` and `k` where case is ignored.
        (ClassPerlKind::Word, true) => {
            r"\x00-\x2F\x3A-\x40\x5B-\x5E\x60\x7B-\x{17E}\x{180}-\x{2129}\x{212B}-\x{10FFFF}"
        }
        (ClassPerlKind::Space, true) => r"\x00-\x08\x0B\x0E-\x1F\x21-\x{10FFFF}",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_engines_read_differently_is_spelled_out() {
        for (written, kept) in [
            (r"^\d{3}$", r"^[0-9]{3}$"),
            (r"[\w.-]+@\S+", r"[0-9A-Za-z_.-]+@[^\t\n\f\r ]+"),
            (r"[\D]", r"[\x00-\x2F\x3A-\x{10FFFF}]"),
            (r"\u00E9\/\.", r"\x{E9}/\."),
            (r"(?i)stra(ß|ss)e", r"(?i)stra(ß|ss)e"),
            (r"\p{Lu}[[:alpha:]]\bx\z", r"\p{Lu}[[:alpha:]]\bx\z"),
        ] {
            assert_eq!(portable(written).as_deref(), Ok(kept));
        }
        let any = regex::Regex::new(&portable(r"^[\s\S]\W$").unwrap()).unwrap();
        assert!(any.is_match("\n!") && !any.is_match("\nK"));
    }

    #[test]
    fn what_only_one_engine_has_is_refused() {
        for pattern in [
            r"(?=a)b",
            r"(a)\1",
            r"a**",
            r"(?x) a",
            r"(?-u)a",
            r"(?<n>a)",
            r"[a[bc]]",
            r"[a&&b]",
            r"[a-z--m]",
            r"\<a",
            r"\b{start}a",
            r"\p{Alphabetic}",
            r"\p{scx=Grek}",
            r"a{1001}",
            r"(a{100}){11}",
            r"(",
            r"[z-a]",
            r"a{2,1}",
            r"\Qa\E",
            r"\C",
        ] {
            assert!(portable(pattern).is_err(), "{pattern}");
        }
        assert!(portable(&"a".repeat(5000)).is_err());
    }
}
