//! JSON text, read without keeping anything: whether it is a document by RFC 8259, and where its parts are.

use std::borrow::Cow;

/// A place in a text. Values are walked with a stack of its own, so that no depth is too much.
struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// Takes what DuckDB's reader takes beyond the standard: `NaN`, `Infinity` and a comma before a closing
    /// bracket.
    lenient: bool,
}

/// Whether a text is a JSON document, or what DuckDB takes for one.
pub(super) fn valid(text: &str, lenient: bool) -> bool {
    let mut reader = Reader { text, at: 0, lenient };
    let read = reader.value().is_some();
    reader.space();
    read && reader.at == text.len()
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, wanted: u8) -> Option<()> {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found.then_some(())
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    /// Passes over a value and everything in it.
    fn value(&mut self) -> Option<()> {
        // For each value that is open, whether it is an object.
        let mut open = Vec::new();
        loop {
            self.space();
            match self.peek()? {
                b'{' => {
                    self.at += 1;
                    self.space();
                    if self.take(b'}').is_none() {
                        open.push(true);
                        self.name()?;
                        continue;
                    }
                }
                b'[' => {
                    self.at += 1;
                    self.space();
                    if self.take(b']').is_none() {
                        open.push(false);
                        continue;
                    }
                }
                b'"' => self.string()?,
                _ => self.scalar()?,
            }
            loop {
                let Some(object) = open.last().copied() else { return Some(()) };
                let close = if object { b'}' } else { b']' };
                self.space();
                let more = self.take(b',').is_some();
                self.space();
                if (!more || self.lenient) && self.take(close).is_some() {
                    open.pop();
                    continue;
                }
                if !more {
                    return None;
                }
                if object {
                    self.name()?;
                }
                break;
            }
        }
    }

    /// The name of a field and the colon behind it.
    fn name(&mut self) -> Option<&'t str> {
        self.space();
        let start = self.at;
        self.string()?;
        let name = self.text.get(start..self.at);
        self.space();
        self.take(b':')?;
        name
    }

    fn string(&mut self) -> Option<()> {
        self.take(b'"')?;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                b'\\' => {
                    let (_, length) = escape(self.text.get(self.at..)?)?;
                    self.at += length;
                }
                0..=0x1f => return None,
                _ => self.at += 1,
            }
        }
    }

    fn scalar(&mut self) -> Option<()> {
        let rest = self.text.get(self.at..)?;
        if let Some(word) = ["true", "false", "null"].iter().find(|word| rest.starts_with(**word)) {
            self.at += word.len();
            return Some(());
        }
        let _ = self.take(b'-');
        if self.lenient {
            let rest = self.text.as_bytes().get(self.at..)?;
            let starts = |word: &&&str| {
                rest.get(..word.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
            };
            if let Some(word) = ["infinity", "inf", "nan"].iter().find(starts) {
                self.at += word.len();
                return Some(());
            }
        }
        if self.take(b'0').is_none() {
            self.digits()?;
        }
        if self.take(b'.').is_some() {
            self.digits()?;
        }
        if self.take(b'e').or_else(|| self.take(b'E')).is_some() {
            let _ = self.take(b'+').or_else(|| self.take(b'-'));
            self.digits()?;
        }
        Some(())
    }
}

/// The character that an escape at the start of a text stands for, and the bytes that it takes.
fn escape(text: &str) -> Option<(char, usize)> {
    let unit = |from: usize| -> Option<u32> {
        let digits = text.get(from..from + 4)?;
        let hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        u32::from_str_radix(digits, 16).ok().filter(|_| hex)
    };
    let plain = match text.as_bytes().get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let first = unit(2)?;
            if !(0xd800..0xdc00).contains(&first) {
                return char::from_u32(first).map(|found| (found, 6));
            }
            let second = unit(8).filter(|_| text.get(6..8) == Some("\\u"))?;
            let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
            return char::from_u32(0x10000 + ((first - 0xd800) << 10) + low)
                .map(|found| (found, 12));
        }
        _ => return None,
    };
    Some((plain, 2))
}

/// What a string in quotes says.
fn said(quoted: &str) -> Cow<'_, str> {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        text.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        let Some((letter, length)) = escape(rest) else { break };
        text.push(letter);
        rest = rest.get(length..).unwrap_or_default();
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// A JSON Pointer (RFC 6901).
pub(super) struct Pointer(Vec<String>);

impl Pointer {
    /// Reads a pointer; `None` where the text is none.
    pub(super) fn new(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self(Vec::new()));
        }
        let names = text.strip_prefix('/')?.split('/');
        let plain = |name: &str| name.replace("~1", "/").replace("~0", "~");
        let known = text.replace("~0", "").replace("~1", "");
        (!known.contains('~')).then(|| Self(names.map(plain).collect()))
    }

    /// The value that the pointer leads to in a document, as it is written there; `None` where there is none.
    pub(super) fn find<'t>(&self, document: &'t str) -> Option<Value<'t>> {
        let mut reader = Reader { text: document, at: 0, lenient: false };
        for name in &self.0 {
            reader.space();
            match reader.peek()? {
                b'{' => {
                    reader.at += 1;
                    loop {
                        let found = reader.name()?;
                        if said(found) == *name {
                            break;
                        }
                        reader.value()?;
                        reader.space();
                        reader.take(b',')?;
                    }
                }
                b'[' => {
                    reader.at += 1;
                    reader.space();
                    let place: usize = name
                        .parse()
                        .ok()
                        .filter(|_| name == "0" || !name.starts_with(['0', '+']))?;
                    if reader.peek() == Some(b']') {
                        return None;
                    }
                    for _ in 0..place {
                        reader.value()?;
                        reader.space();
                        reader.take(b',')?;
                    }
                }
                _ => return None,
            }
        }
        reader.space();
        let start = reader.at;
        reader.value()?;
        Some(Value(document.get(start..reader.at)?))
    }
}

/// A value as it is written in a document.
pub(super) struct Value<'t>(&'t str);

impl<'t> Value<'t> {
    /// What kind of value it is.
    pub(super) fn kind(&self) -> &'static str {
        match self.0.as_bytes().first() {
            Some(b'{') => "object",
            Some(b'[') => "array",
            Some(b'"') => "string",
            Some(b't' | b'f') => "boolean",
            Some(b'n') => "null",
            _ => "number",
        }
    }

    /// The value as text: a string without its quotes, anything else as JSON; `None` for null.
    pub(super) fn text(&self) -> Option<String> {
        match self.kind() {
            "string" => Some(said(self.0).into_owned()),
            "null" => None,
            _ => Some(self.written()),
        }
    }

    /// Without white space, numbers and strings in the one form that DuckDB gives them.
    fn written(&self) -> String {
        let mut text = String::with_capacity(self.0.len());
        let mut reader = Reader { text: self.0, at: 0, lenient: false };
        while let Some(byte) = reader.peek() {
            let start = reader.at;
            let read = match byte {
                b' ' | b'\t' | b'\n' | b'\r' => {
                    reader.space();
                    continue;
                }
                b'"' => reader.string(),
                b'{' | b'}' | b'[' | b']' | b',' | b':' => {
                    reader.at += 1;
                    text.push(char::from(byte));
                    continue;
                }
                _ => reader.scalar(),
            };
            let part = self.0.get(start..reader.at).unwrap_or_default();
            match byte {
                b'"' => quote(&said(part), &mut text),
                b't' | b'f' | b'n' => text.push_str(part),
                _ => text.push_str(&number(part)),
            }
            if read.is_none() {
                break;
            }
        }
        text
    }

    /// The values of an array, counted; 0 for anything else.
    pub(super) fn length(&self) -> i64 {
        let mut reader = Reader { text: self.0, at: 0, lenient: false };
        if reader.take(b'[').is_none() {
            return 0;
        }
        reader.space();
        if reader.peek() == Some(b']') {
            return 0;
        }
        let mut length = 0;
        while reader.value().is_some() {
            length += 1;
            reader.space();
            if reader.take(b',').is_none() {
                break;
            }
        }
        length
    }

    /// Whether an object has no fields but these; true for anything else.
    pub(super) fn keys_within(&self, names: &[String]) -> bool {
        let mut reader = Reader { text: self.0, at: 0, lenient: false };
        if reader.take(b'{').is_none() {
            return true;
        }
        while let Some(name) = reader.name() {
            let name = said(name);
            if !names.iter().any(|known| **known == *name) {
                return false;
            }
            if reader.value().is_none() {
                break;
            }
            reader.space();
            if reader.take(b',').is_none() {
                break;
            }
        }
        true
    }
}

fn quote(said: &str, text: &mut String) {
    text.push('"');
    for letter in said.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\0'..='\u{1f}' => text.push_str(&format!("\\u{:04X}", u32::from(letter))),
            _ => text.push(letter),
        }
    }
    text.push('"');
}

/// A number: whole ones in their digits, others with the fewest digits that tell doubles apart.
fn number(written: &str) -> String {
    if !written.contains(['.', 'e', 'E']) {
        return if written == "-0" { "0".to_owned() } else { written.to_owned() };
    }
    let value: f64 = written.parse().unwrap_or(f64::NAN);
    if !value.is_finite() {
        return written.to_owned();
    }
    let shortest = format!("{value:e}");
    let exponent: i32 = shortest.split_once('e').map_or(0, |(_, e)| e.parse().unwrap_or(0));
    if value != 0.0 && !(-6..21).contains(&exponent) {
        return shortest;
    }
    let plain = value.to_string();
    if plain.contains('.') { plain } else { plain + ".0" }
}
