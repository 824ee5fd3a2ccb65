//! Comma-separated values as RFC 4180 has them, with the place of every cell.

use super::{Span, offset};

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    /// Where it stands, with its quotes.
    pub(crate) span: Span,
    /// What it holds.
    pub(crate) text: String,
}

/// The rows of a text, without empty lines.
///
/// # Errors
/// The place of a quote that is never closed, or that is followed by more text.
pub(crate) fn rows(text: &str) -> Result<Vec<Vec<Cell>>, (Span, &'static str)> {
    let bytes = text.as_bytes();
    let (mut rows, mut row) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let mut cell = String::new();
        if bytes.get(at) == Some(&b'"') {
            at += 1;
            loop {
                let Some(length) = text[at..].find('"') else {
                    return Err((offset(start)..offset(start + 1), "this quote is never closed"));
                };
                cell.push_str(&text[at..at + length]);
                at += length + 1;
                if bytes.get(at) != Some(&b'"') {
                    break;
                }
                cell.push('"');
                at += 1;
            }
            if !matches!(bytes.get(at), None | Some(b',' | b'\n' | b'\r')) {
                let place = offset(at)..offset(at);
                return Err((
                    place,
                    "a quoted cell ends with its quote; write `\"\"` for a quote inside",
                ));
            }
        } else {
            let length = text[at..].find([',', '\n', '\r']).unwrap_or(text.len() - at);
            cell.push_str(&text[at..at + length]);
            at += length;
        }
        row.push(Cell { span: offset(start)..offset(at), text: cell });
        let ends = match bytes.get(at) {
            Some(b',') => {
                at += 1;
                // A comma at the very end has one more cell behind it.
                if at == bytes.len() {
                    row.push(Cell { span: offset(at)..offset(at), text: String::new() });
                }
                at == bytes.len()
            }
            Some(b'\r') if bytes.get(at + 1) == Some(&b'\n') => {
                at += 2;
                true
            }
            _ => {
                at += 1;
                true
            }
        };
        if ends {
            if row.len() > 1 || row.iter().any(|cell: &Cell| !cell.text.is_empty()) {
                rows.push(std::mem::take(&mut row));
            }
            row.clear();
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<Vec<String>> {
        let rows = rows(text).unwrap_or_default().into_iter();
        rows.map(|row| row.into_iter().map(|cell| cell.text).collect()).collect()
    }

    #[test]
    fn cells_are_split_as_the_standard_says() {
        assert_eq!(
            texts("a,b\r\n1,\"x, \"\"y\"\"\"\n\n2,\n"),
            [["a", "b"], ["1", "x, \"y\""], ["2", ""]]
        );
        assert_eq!(texts("a,\"b\nc\""), [["a", "b\nc"]]);
        assert_eq!(texts("a,"), [["a", ""]]);
        assert_eq!(texts(""), Vec::<Vec<String>>::new());
    }

    #[test]
    fn faults_have_a_place() {
        assert_eq!(rows("a\n\"b").map_err(|(span, _)| span), Err(2..3));
        assert_eq!(rows("\"a\"b").map_err(|(span, _)| span), Err(3..3));
    }
}
