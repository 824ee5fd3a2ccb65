//! One record: where its cells are.

use super::Options;

/// The byte ends a cell without quotes, or may.
const STOP: u8 = 1;
/// The byte needs quotes in a canonical file.
const SPECIAL: u8 = 2;

/// A dialect as bytes.
pub(super) struct Dialect {
    /// For each byte [`STOP`] and [`SPECIAL`].
    classes: [u8; 256],
    delimiter: Vec<u8>,
    quote: Option<u8>,
    /// `None` where a quote is doubled.
    escape: Option<u8>,
    comment: Vec<u8>,
    nulls: Vec<Vec<u8>>,
    pub(super) max_record_bytes: usize,
}

/// A cell within the window, without its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) start: usize,
    pub(super) end: usize,
    /// It was in quotes: text, even where it is empty.
    pub(super) quoted: bool,
    /// It holds escapes.
    escaped: bool,
    /// It is not empty and known to need no quotes in a canonical file.
    pub(super) bare: bool,
}

/// What begins the window.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Scanned {
    /// A record of so many bytes and lines, with its line end.
    Record { bytes: usize, lines: u64 },
    /// An empty line or a comment.
    Skip { bytes: usize, lines: u64 },
    /// No record. So much is to be left out, with its end; 0 bytes stand for a line whose end is not in the window.
    Bad { bytes: usize, lines: u64, reason: String },
    /// The window ends first.
    More,
    /// There is nothing more.
    End,
}

impl Dialect {
    /// # Errors
    /// Characters that contradict each other or are not ASCII.
    pub(super) fn new(options: &Options) -> Result<Self, String> {
        let ascii = |what: &str, character: Option<char>| match character {
            Some(character) if !character.is_ascii() || matches!(character, '\n' | '\r') => Err(
                format!("`{what}` must be an ASCII character, not `{}`", character.escape_debug()),
            ),
            found => Ok(found.map(|character| character as u8)),
        };
        let quote = ascii("quote", options.quote)?;
        let escape = ascii("escape", options.escape)?.filter(|escape| Some(*escape) != quote);
        let delimiter = options.delimiter.clone().into_bytes();
        if delimiter.is_empty() || delimiter.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            return Err("`delimiter` must be one character or more, none of them a line end".into());
        }
        if quote.is_some_and(|quote| delimiter.contains(&quote)) {
            return Err("`delimiter` and `quote` are the same character".into());
        }
        let mut classes = [0; 256];
        for byte in [b',', b'"'] {
            classes[usize::from(byte)] = SPECIAL;
        }
        // A text that begins with a byte order mark needs quotes.
        classes[0xef] |= SPECIAL;
        for byte in [b'\n', b'\r', delimiter[0]] {
            classes[usize::from(byte)] |= STOP;
        }
        Ok(Self {
            classes,
            delimiter,
            quote,
            escape,
            comment: options.comment.map(String::from).unwrap_or_default().into_bytes(),
            nulls: options.null_tokens.iter().map(|token| token.clone().into_bytes()).collect(),
            max_record_bytes: options.max_record_bytes,
        })
    }

    /// What begins a comment; a byte that begins nothing where there are none.
    pub(super) fn comment(&self) -> &[u8] {
        if self.comment.is_empty() { b"\xff" } else { &self.comment }
    }

    pub(super) fn is_null(&self, text: &[u8]) -> bool {
        self.nulls.iter().any(|token| token == text)
    }

    /// The text of a cell; `scratch` is used where escapes are taken out.
    pub(super) fn text<'a>(
        &self,
        cell: &Cell,
        window: &'a [u8],
        scratch: &'a mut Vec<u8>,
    ) -> &'a [u8] {
        let mut rest = &window[cell.start..cell.end];
        let (true, Some(quote)) = (cell.escaped, self.quote) else { return rest };
        let escape = self.escape.unwrap_or(quote);
        scratch.clear();
        while let Some(at) = memchr::memchr(escape, rest) {
            scratch.extend_from_slice(&rest[..at]);
            match rest.get(at + 1) {
                Some(next) if *next == quote || *next == escape => {
                    scratch.push(*next);
                    rest = &rest[at + 2..];
                }
                // An escape before anything else is a character.
                _ => {
                    scratch.push(escape);
                    rest = &rest[at + 1..];
                }
            }
        }
        scratch.extend_from_slice(rest);
        scratch
    }

    /// Finds the record that begins the window. `ended` says that the window is all there is.
    pub(super) fn scan(&self, window: &[u8], ended: bool, cells: &mut Vec<Cell>) -> Scanned {
        cells.clear();
        match window {
            [] => return if ended { Scanned::End } else { Scanned::More },
            [b'\n', ..] => return Scanned::Skip { bytes: 1, lines: 1 },
            [b'\r', b'\n', ..] => return Scanned::Skip { bytes: 2, lines: 1 },
            [b'\r'] if !ended => return Scanned::More,
            [b'\r', ..] => return Scanned::Skip { bytes: 1, lines: 1 },
            [first, ..] if *first == self.comment()[0] && window.starts_with(self.comment()) => {
                return comment(window, ended);
            }
            _ => {}
        }
        let mut at = 0;
        let mut lines = 1;
        loop {
            let quoted = self.quote.is_some_and(|quote| window.get(at) == Some(&quote));
            if quoted {
                match self.quoted(window, at + 1) {
                    Some(cell) => {
                        lines += line_ends(&window[cell.start..cell.end]);
                        at = cell.end + 1;
                        cells.push(cell);
                    }
                    None if ended => return self.give_up(window, true),
                    None => return Scanned::More,
                }
            } else {
                let cell = self.plain(window, at, ended);
                at = cell.end;
                cells.push(cell);
            }
            let rest = &window[at..];
            match rest {
                [] if ended => return Scanned::Record { bytes: at, lines },
                [] => return Scanned::More,
                [b'\n', ..] => return Scanned::Record { bytes: at + 1, lines },
                [b'\r', b'\n', ..] => return Scanned::Record { bytes: at + 2, lines },
                [b'\r'] if !ended => return Scanned::More,
                [b'\r', ..] => return Scanned::Record { bytes: at + 1, lines },
                [first, ..]
                    if *first == self.delimiter[0]
                        && (self.delimiter.len() == 1 || rest.starts_with(&self.delimiter)) =>
                {
                    at += self.delimiter.len();
                }
                // Part of a long delimiter, or of a doubled quote, may come with the next bytes.
                _ if !ended && rest.len() < self.delimiter.len() => return Scanned::More,
                _ => {
                    let reason = format!(
                        "text after the closing quote of cell {}; a quote within a cell must be \
                         escaped",
                        cells.len()
                    );
                    return match first_line(window, ended) {
                        Some(bytes) => Scanned::Bad { bytes, lines: 1, reason },
                        None => Scanned::More,
                    };
                }
            }
        }
    }

    /// The cell without quotes that begins at `start`; it goes on to the end of the window if nothing ends it.
    fn plain(&self, window: &[u8], start: usize, ended: bool) -> Cell {
        let mut seen = 0;
        let mut at = start;
        while let Some(byte) = window.get(at) {
            let class = self.classes[usize::from(*byte)];
            if class & STOP != 0 && self.stops(&window[at..], ended) {
                break;
            }
            seen |= class;
            at += 1;
        }
        let bare = seen & SPECIAL == 0 && at > start;
        Cell { start, end: at, quoted: false, escaped: false, bare }
    }

    /// Whether a byte that may end a cell does.
    fn stops(&self, rest: &[u8], ended: bool) -> bool {
        let delimiter = &self.delimiter;
        // The rest of a long delimiter may be beyond the window; the caller then asks for more.
        delimiter.len() == 1
            || rest[0] != delimiter[0]
            || rest.starts_with(delimiter)
            || (!ended && rest.len() < delimiter.len() && delimiter.starts_with(rest))
    }

    /// The cell whose text begins at `start`, behind its quote; `None` where it does not close in the window, or
    /// where only the next byte tells whether it does.
    fn quoted(&self, window: &[u8], start: usize) -> Option<Cell> {
        let quote = self.quote?;
        let mut at = start;
        let mut escaped = false;
        loop {
            let found = match self.escape {
                None => memchr::memchr(quote, &window[at..])?,
                Some(escape) => memchr::memchr2(quote, escape, &window[at..])?,
            };
            let end = at + found;
            let next = window.get(end + 1);
            if self.escape == Some(window[end]) {
                // An escape at the end of the window leaves the search without a closing quote.
                let taken = next.is_some_and(|next| *next == quote || self.escape == Some(*next));
                escaped |= taken;
                at = end + 1 + usize::from(taken);
            } else if self.escape.is_none() && next == Some(&quote) {
                escaped = true;
                at = end + 2;
            } else {
                return Some(Cell { start, end, quoted: true, escaped, bare: false });
            }
        }
    }

    /// What to do with a record that does not end.
    pub(super) fn give_up(&self, window: &[u8], ended: bool) -> Scanned {
        let most = self.max_record_bytes;
        match (first_line(window, ended), ended) {
            (Some(bytes), true) => Scanned::Bad {
                bytes,
                lines: 1,
                reason:
                    "a quote is opened in this record and not closed before the end of the file"
                        .into(),
            },
            (Some(bytes), false) => Scanned::Bad {
                bytes,
                lines: 1,
                reason: format!(
                    "a quote is opened in this record and not closed within {most} bytes \
                     (`max_record_bytes`)"
                ),
            },
            (None, _) => Scanned::Bad {
                bytes: 0,
                lines: 1,
                reason: format!("the line is longer than {most} bytes (`max_record_bytes`)"),
            },
        }
    }
}

fn comment(window: &[u8], ended: bool) -> Scanned {
    match first_line(window, ended) {
        Some(bytes) => Scanned::Skip { bytes, lines: 1 },
        None => Scanned::More,
    }
}

/// Bytes of the first line with its end; `None` where the window ends first.
fn first_line(window: &[u8], ended: bool) -> Option<usize> {
    match memchr::memchr2(b'\n', b'\r', window) {
        Some(at) if window[at..].starts_with(b"\r\n") => Some(at + 2),
        Some(at) if window[at] == b'\r' && at + 1 == window.len() && !ended => None,
        Some(at) => Some(at + 1),
        None => ended.then_some(window.len()),
    }
}

/// Line ends of any kind.
fn line_ends(text: &[u8]) -> u64 {
    memchr::memchr2_iter(b'\n', b'\r', text)
        .filter(|at| text[*at] == b'\n' || text.get(at + 1) != Some(&b'\n'))
        .count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str, options: &Options) -> Option<Vec<String>> {
        let dialect = Dialect::new(options).unwrap();
        let mut cells = Vec::new();
        let mut scratch = Vec::new();
        match dialect.scan(text.as_bytes(), true, &mut cells) {
            Scanned::Record { .. } => Some(
                cells
                    .iter()
                    .map(|cell| dialect.text(cell, text.as_bytes(), &mut scratch).to_vec())
                    .map(|text| String::from_utf8(text).unwrap())
                    .collect(),
            ),
            _ => None,
        }
    }

    #[test]
    fn cells_are_found_as_the_dialect_says() {
        let plain = Options::default();
        assert_eq!(
            cells("a,,\"b \"\"x\"\"\",c\"d\n", &plain).unwrap(),
            ["a", "", "b \"x\"", "c\"d"]
        );
        assert_eq!(cells("\"a\"b,c", &plain), None);
        assert_eq!(cells("\"a", &plain), None);
        let escape = Options { escape: Some('\\'), ..Options::default() };
        assert_eq!(cells(r#""a\"b","c\\","d\e""#, &escape).unwrap(), ["a\"b", "c\\", "d\\e"]);
        let long = Options { delimiter: "||".into(), quote: None, ..Options::default() };
        assert_eq!(cells("a|b||\"c||", &long).unwrap(), ["a|b", "\"c", ""]);
        let wide = Options { delimiter: "¦".into(), ..Options::default() };
        assert_eq!(cells("ä¦\"ö¦\"¦ü", &wide).unwrap(), ["ä", "ö¦", "ü"]);
    }

    #[test]
    fn a_window_that_ends_asks_for_more() {
        let options = Options { delimiter: "||".into(), ..Options::default() };
        let dialect = Dialect::new(&options).unwrap();
        let text = "\"a\r\n\"\"b\"||c\r\nnext";
        let mut found = Vec::new();
        for end in 0..text.len() {
            let scanned = dialect.scan(&text.as_bytes()[..end], false, &mut found);
            let whole = Scanned::Record { bytes: 13, lines: 2 };
            assert_eq!(scanned, if end < 13 { Scanned::More } else { whole }, "{end}");
        }
    }

    #[test]
    fn contradictions_are_refused() {
        let refused = |options: Options| Dialect::new(&options).err().unwrap();
        let same = Options { delimiter: "\"".into(), ..Options::default() };
        assert!(refused(same).contains("the same"));
        assert!(
            refused(Options { delimiter: String::new(), ..Options::default() }).contains("one")
        );
        assert!(refused(Options { quote: Some('»'), ..Options::default() }).contains("ASCII"));
    }
}
