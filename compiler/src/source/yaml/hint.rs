//! Turns the parser's refusals into problems that say where the cause is.

use assay_schemas::code::Code;
use granit_parser::{ErrorKind, ScanError};

use super::super::{LocatedProblem, MAX_DEPTH, Span, offset};

/// The problem behind a parser error. `reached` is the end of the last event before it, `open` the
/// innermost `[` or `{` that is not closed yet.
pub(super) fn syntax_problem(
    text: &str,
    reached: u32,
    open: Option<u32>,
    error: &ScanError,
) -> LocatedProblem {
    let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    let span = character(text, at);
    let code = match error.kind() {
        ErrorKind::RecursionLimitExceeded => Code::TooDeep,
        _ => Code::BadSyntax,
    };
    let mut problem = LocatedProblem::new(code, span, message(error));
    if let Some(way_out) = way_out(error.kind()) {
        problem = problem.hint(way_out);
    }
    let cause = match error.kind() {
        kind if concerns_quote(kind) => opening_quote(text, reached as usize, at)
            .map(|quote| (quote, "the quoted text begins here")),
        kind if concerns_bracket(kind) => {
            open.map(|bracket| (bracket as usize, "this bracket is not closed yet"))
        }
        _ => None,
    };
    match cause {
        Some((cause, label)) if cause != at => problem.related(character(text, cause), label),
        _ => problem,
    }
}

fn message(error: &ScanError) -> String {
    match error.kind() {
        ErrorKind::UnclosedQuotedScalar => "this quote is never closed".to_owned(),
        ErrorKind::UnclosedFlowCollection { open } => format!("this `{open}` is never closed"),
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            format!("`{close}` closes what `{open}` has opened")
        }
        ErrorKind::ExpectedFlowSequenceSeparator => "expected `,` or `]`".to_owned(),
        ErrorKind::ExpectedFlowMappingSeparator => "expected `,` or `}`".to_owned(),
        ErrorKind::ExpectedBlockMappingKey => "expected a key here".to_owned(),
        ErrorKind::ExpectedBlockSequenceEntry => "expected `- ` here".to_owned(),
        ErrorKind::ExpectedNodeContent => "expected a value here".to_owned(),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            "expected `:` behind this key".to_owned()
        }
        ErrorKind::MappingValueNotAllowed => "a `:` is not allowed here".to_owned(),
        ErrorKind::RecursionLimitExceeded => {
            format!("more than {MAX_DEPTH} lists and objects inside each other")
        }
        ErrorKind::InvalidQuotedScalarIndent => {
            "a line of a quoted text must be indented further than its key".to_owned()
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar
        | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            "something follows the closing quote".to_owned()
        }
        _ => error.info(),
    }
}

fn way_out(kind: &ErrorKind) -> Option<&'static str> {
    let hint = match kind {
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            "add the closing quote"
        }
        ErrorKind::InvalidQuotedScalarIndent => {
            "is the closing quote missing? If not, indent this line further"
        }
        ErrorKind::UnclosedFlowCollection { open: '[' } => "add the missing `]`",
        ErrorKind::UnclosedFlowCollection { .. } => "add the missing `}`",
        ErrorKind::ExpectedFlowSequenceSeparator | ErrorKind::UnexpectedEofFlowSequence => {
            "is a `]` missing before this place?"
        }
        ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::UnexpectedEofFlowMapping => {
            "is a `}` missing before this place?"
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar => {
            "is a closing quote missing before? An apostrophe inside single quotes is written `''`"
        }
        ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            "is a closing quote missing before? A quote inside double quotes is written `\\\"`"
        }
        ErrorKind::UnknownQuotedScalarEscape => {
            "write `\\\\` for a backslash, or use single quotes, where it has no meaning"
        }
        ErrorKind::TabInIndentation
        | ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabAtBlockScalarStart => "indent with spaces, not with tabs",
        ErrorKind::MappingValueNotAllowed => "quote the value if the `:` belongs to it",
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::InvalidIndentation
        | ErrorKind::BlockSequenceEntryNotAllowed => {
            "compare the indentation of this line with that of the lines above"
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            "write `key: value`, with a space behind the colon"
        }
        ErrorKind::UnexpectedCharacter { .. } => "quote the value",
        _ => return None,
    };
    Some(hint)
}

fn concerns_quote(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnclosedQuotedScalar
            | ErrorKind::DocumentIndicatorInQuotedScalar
            | ErrorKind::InvalidQuotedScalarIndent
            | ErrorKind::InvalidTrailingSingleQuotedScalar
            | ErrorKind::InvalidTrailingDoubleQuotedScalar
            | ErrorKind::TabInIndentation
            | ErrorKind::UnknownQuotedScalarEscape
    )
}

fn concerns_bracket(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ExpectedFlowSequenceSeparator
            | ErrorKind::ExpectedFlowMappingSeparator
            | ErrorKind::UnexpectedEofFlowSequence
            | ErrorKind::UnexpectedEofFlowMapping
            | ErrorKind::UnexpectedEofImplicitFlowMapping
            | ErrorKind::UnclosedFlowCollection { .. }
            | ErrorKind::MismatchedFlowCollectionEnd { .. }
            | ErrorKind::InvalidFlowScalarIndent
            | ErrorKind::InvalidIndentation
            | ErrorKind::SimpleKeyExpected
            | ErrorKind::BlockEntryInFlowCollection
    )
}

/// The character at `at`; nothing at the end of a line or of the file.
fn character(text: &str, at: usize) -> Span {
    let next = text.get(at..).and_then(|rest| rest.chars().next());
    let length = next.filter(|c| !matches!(c, '\n' | '\r')).map_or(0, char::len_utf8);
    offset(at)..offset(at + length)
}

/// The quote that opens the last quoted scalar before `mark`, looking from `from` on.
fn opening_quote(text: &str, from: usize, mark: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut found = None;
    let mut at = from.min(mark);
    while at <= mark {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let starts =
            before.is_none_or(|byte| byte.is_ascii_whitespace() || b"[{,:-".contains(byte));
        match bytes.get(at)? {
            b'#' if before.is_none_or(u8::is_ascii_whitespace) => {
                at += bytes[at..].iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
            }
            quote @ (b'"' | b'\'') if starts => {
                found = Some(at);
                at = closing_quote(bytes, at, *quote);
            }
            _ => at += 1,
        }
        if at >= bytes.len() {
            break;
        }
    }
    found
}

/// The offset behind the quote that closes the one at `open`; the end of the file if none does.
fn closing_quote(bytes: &[u8], open: usize, quote: u8) -> usize {
    let mut at = open + 1;
    while let Some(byte) = bytes.get(at) {
        let next = bytes.get(at + 1);
        match byte {
            b'\\' if quote == b'"' => at += 2,
            b'\'' if quote == b'\'' && next == Some(&b'\'') => at += 2,
            byte if *byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_opening_quote_is_the_last_one_before_the_mark() {
        let text = "a: \"x\" # it's\nb: 'y''z' c\n";
        let mark = text.find(" c").map_or(0, |at| at + 1);
        assert_eq!(opening_quote(text, 0, mark), text.find("'y"));
        assert_eq!(opening_quote(text, 0, 2), None);
        assert_eq!(opening_quote("don't", 0, 4), None, "an apostrophe opens nothing");
        assert_eq!(opening_quote("", 0, 0), None);
    }
}
