//! Turns the parser's refusals into problems that say where the cause is.

use assay_schemas::code::Code;
use granit_parser::{ErrorKind, ScanError};

use super::super::{LocatedProblem, MAX_DEPTH, Span, offset};

const QUOTED: &str = "the quoted text begins here";

/// The problem behind a parser error. `reached` is the end of the last event before it, `open` the
/// innermost `[` or `{` that is not closed yet.
pub(super) fn syntax_problem(
    text: &str,
    reached: u32,
    open: Option<u32>,
    error: &ScanError,
) -> LocatedProblem {
    let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    // The parser reads ahead of its events, so the bracket may be one that none has told of.
    let bracket = open_bracket(text, reached as usize, at).or(open.map(|open| open as usize));
    let bracket = bracket.filter(|_| concerns_bracket(error.kind()));
    if let Some(problem) = bracket.and_then(|bracket| left_open(text, bracket, at)) {
        return problem;
    }
    if let Some(problem) = bracket.and_then(|bracket| outdented_end(text, bracket, at)) {
        return problem;
    }
    if let Some(tab) = concerns_tab(error.kind()).then(|| tab(text, at)).flatten() {
        let message = "a tab stands in the indentation of this line";
        let problem = LocatedProblem::new(Code::BadSyntax, character(text, tab), message)
            .hint("indent with spaces, not with tabs");
        let quoted = concerns_quote(error.kind());
        return match quoted.then(|| opening_quote(text, reached as usize, at)).flatten() {
            Some(quote) => problem.related(character(text, quote), QUOTED),
            None => problem,
        };
    }
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
        kind if concerns_quote(kind) => {
            opening_quote(text, reached as usize, at).map(|quote| (quote, QUOTED))
        }
        _ => bracket.map(|bracket| (bracket, "this bracket is not closed yet")),
    };
    match cause {
        Some((cause, label)) if cause != at => problem.related(character(text, cause), label),
        _ => problem,
    }
}

/// A bracket is what is wrong where reading came to the end of the file, or to a line that is indented no further
/// than the bracket's own; elsewhere it is what stands between, such as a comma that is missing.
fn left_open(text: &str, bracket: usize, at: usize) -> Option<LocatedProblem> {
    let (own, found) = (line_start(text, bracket), line_start(text, at));
    let at_end = text.get(at..).is_none_or(|rest| rest.trim().is_empty());
    let outside = found > own && indentation(text, found) <= indentation(text, own);
    // What closes a bracket may well stand below its beginning.
    let closes = text.get(found..).is_some_and(|line| line.trim_start().starts_with([']', '}']));
    if !at_end && (!outside || closes) {
        return None;
    }
    let (open, close) = match text.as_bytes().get(bracket) {
        Some(b'{') => ('{', '}'),
        _ => ('[', ']'),
    };
    let message = format!("this `{open}` is never closed");
    let problem = LocatedProblem::new(Code::BadSyntax, character(text, bracket), message)
        .hint(format!("add the missing `{close}`"));
    Some(match at_end {
        true => problem,
        false => problem.related(character(text, at), "this would stand inside of it"),
    })
}

/// What closes a bracket is part of the value, so it is indented further than the key of that.
fn outdented_end(text: &str, bracket: usize, at: usize) -> Option<LocatedProblem> {
    let (own, found) = (line_start(text, bracket), line_start(text, at));
    let close = text.get(at..)?.chars().next().filter(|next| matches!(next, ']' | '}'))?;
    let first = indentation(text, found) == at - found;
    if !first || found == own || indentation(text, found) > indentation(text, own) {
        return None;
    }
    let message =
        format!("this `{close}` must be indented further than the line of what it closes");
    let problem = LocatedProblem::new(Code::BadSyntax, character(text, at), message);
    let problem =
        problem.hint("indent it by two spaces more, or put it at the end of the line before");
    Some(problem.related(character(text, bracket), "this is what it closes"))
}

/// The tab that a line is indented by: the one that `at` lies in, else the next that has any.
fn tab(text: &str, at: usize) -> Option<usize> {
    let mut start = line_start(text, at);
    loop {
        let line = text.get(start..)?.lines().next().unwrap_or_default();
        let found = line[..indentation(text, start)].find('\t');
        if let Some(found) = found.filter(|_| !line.trim().is_empty()) {
            return Some(start + found);
        }
        start += text.get(start..)?.find('\n')? + 1;
    }
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
}

/// How many blanks a line begins with.
fn indentation(text: &str, start: usize) -> usize {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    text.as_bytes().iter().skip(start).take_while(|byte| blank(byte)).count()
}

fn concerns_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabInIndentation
            | ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInPlainScalar
    )
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
        ErrorKind::MismatchedFlowCollectionEnd { open: '[', .. } => {
            "is a `]` missing before this place?"
        }
        ErrorKind::MismatchedFlowCollectionEnd { .. } => "is a `}` missing before this place?",
        ErrorKind::ExpectedFlowSequenceSeparator => "is a `,` or a `]` missing before this place?",
        ErrorKind::ExpectedFlowMappingSeparator => "is a `,` or a `}` missing before this place?",
        ErrorKind::UnexpectedEofFlowSequence => "is a `]` missing before this place?",
        ErrorKind::UnexpectedEofFlowMapping => "is a `}` missing before this place?",
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
        | ErrorKind::TabInPlainScalar
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

/// The last bracket between `from` and `mark` that is not closed there.
fn open_bracket(text: &str, from: usize, mark: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut open = Vec::new();
    let mut at = from.min(mark);
    while at < mark {
        let before = bytes[..at].iter().rev().find(|byte| !matches!(byte, b' ' | b'\t'));
        let starts = before.is_none_or(|byte| b"[{,:-?\r\n".contains(byte));
        match bytes.get(at)? {
            b'#' if at == 0 || bytes[at - 1].is_ascii_whitespace() => {
                at += bytes[at..].iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
                continue;
            }
            quote @ (b'"' | b'\'') if starts => {
                at = closing_quote(bytes, at, *quote);
                continue;
            }
            b'[' | b'{' if starts => open.push(at),
            b']' | b'}' => drop(open.pop()),
            _ => {}
        }
        at += 1;
    }
    open.pop()
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
