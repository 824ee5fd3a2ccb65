//! How long and how deep a text may be before the parser sees it.

use super::super::{ExpressionError, MOST_LEVELS, MOST_NODES};

/// Bytes that an expression may have: enough for a list of as many texts as it may have.
const MOST_BYTES: usize = 64 * 1024;

/// Operators, dots and brackets outside quotes; what one node can need at most, and some.
const MOST_MARKS: usize = 2 * MOST_NODES;

/// Refuses what the parser should not be given.
pub(super) fn measure(text: &str) -> Result<(), ExpressionError> {
    if text.len() > MOST_BYTES {
        let message = format!("the expression has more than {MOST_BYTES} bytes");
        return Err(ExpressionError { message, hint: None, offset: None });
    }
    let bytes = text.as_bytes();
    let (mut at, mut marks, mut levels) = (0, 0, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\'' | b'"' => {
                at = after_text(text, at)?;
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += text[at..].find('\n').unwrap_or(text.len() - at);
                continue;
            }
            b'(' | b'[' | b'{' => levels += 1,
            b')' | b']' | b'}' => levels = levels.saturating_sub(1),
            _ => {}
        }
        if b"+-*/%.<>=!&|?:([{".contains(&byte) {
            marks += 1;
        }
        if levels > MOST_LEVELS {
            return Err(too_deep(at));
        }
        if marks > MOST_MARKS {
            return Err(too_large(at));
        }
        at += 1;
    }
    Ok(())
}

/// The byte after the quoted text that begins at `start`.
fn after_text(text: &str, start: usize) -> Result<usize, ExpressionError> {
    let bytes = text.as_bytes();
    let quote = bytes.get(start).copied().unwrap_or(b'"');
    let raw = start > 0 && matches!(bytes.get(start - 1), Some(b'r' | b'R'));
    if bytes.get(start + 1) == Some(&quote) && bytes.get(start + 2) == Some(&quote) {
        return Err(ExpressionError::new(
            start,
            "text in three quotes is not part of the language",
        ));
    }
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\n' | b'\r' => break,
            b'\\' if !raw => at += 1,
            _ if byte == quote => return Ok(at + 1),
            _ => {}
        }
        at += 1;
    }
    Err(ExpressionError::new(start, "the text that begins here is not closed")
        .hint(format!("end it with `{}` on the same line", char::from(quote))))
}

pub(super) fn too_deep(offset: usize) -> ExpressionError {
    ExpressionError::new(offset, format!("the expression nests deeper than {MOST_LEVELS} levels"))
        .hint("split it into several rules, or use `in [...]`")
}

pub(super) fn too_large(offset: usize) -> ExpressionError {
    ExpressionError::new(offset, format!("the expression has more than {MOST_NODES} parts"))
        .hint("split it into several rules, or use `in [...]`")
}
