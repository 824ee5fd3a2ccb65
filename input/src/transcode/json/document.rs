//! A document with an array in it, element by element.
//!
//! Elements are told apart by their brackets and quotes alone and parsed afterwards. So one that is malformed or too
//! long is left out like a line, and nothing but the current one is in memory.

use std::io::Read;

use super::super::error::Error;
use super::super::feed::Feed;
use super::{Found, Source};

/// Keys that a message lists.
const KEYS_SHOWN: usize = 10;
/// Bytes of an element that is too long that are kept for people.
const BEGINNING: usize = 1024;

/// A document, read up to some byte of it.
pub(super) struct Document<'a, R> {
    feed: Feed<R>,
    name: &'a str,
    most: usize,
    /// The line that begins the window, from 1, and its bytes before the window.
    line: u64,
    column: u64,
    /// Objects and arrays around the array that is read.
    around: usize,
    /// Elements so far.
    number: u64,
    /// Bytes of the window that were given out.
    length: usize,
    /// The beginning of an element that is too long.
    bad: Vec<u8>,
    done: bool,
}

/// Looks for the end of a value, piece by piece.
#[derive(Default)]
struct Skim {
    depth: usize,
    string: bool,
    escape: bool,
    begun: bool,
}

/// Bytes that matter within brackets and outside of quotes.
const MARKS: [bool; 256] = {
    let mut marks = [false; 256];
    marks[b'"' as usize] = true;
    marks[b'{' as usize] = true;
    marks[b'}' as usize] = true;
    marks[b'[' as usize] = true;
    marks[b']' as usize] = true;
    marks
};

impl Skim {
    /// Bytes up to the end of the value; `None` where it goes on.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            if self.string {
                at = self.string_end(bytes, at)?;
                if self.depth == 0 {
                    return Some(at);
                }
                continue;
            }
            if self.depth > 0 {
                at += bytes[at..].iter().position(|byte| MARKS[usize::from(*byte)])?;
            }
            match bytes[at] {
                b'"' => self.string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth == 0 => return Some(at),
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' if self.depth == 0 && self.begun => {
                    return Some(at);
                }
                _ => {}
            }
            self.begun = true;
            at += 1;
        }
        None
    }

    /// Where the string that `from` is in ends, behind its quote; `None` where it goes on.
    fn string_end(&mut self, bytes: &[u8], from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            if std::mem::take(&mut self.escape) {
                at += 1;
            }
            // Most strings are shorter than what it takes to set up a search.
            let near = bytes.len().min(at + 24);
            let stop = |byte: &u8| matches!(byte, b'"' | b'\\');
            at = match bytes.get(at..near)?.iter().position(stop) {
                Some(found) => at + found,
                None => near + memchr::memchr2(b'"', b'\\', &bytes[near..])?,
            };
            self.escape = bytes[at] == b'\\';
            at += 1;
            if !self.escape {
                self.string = false;
                return Some(at);
            }
            if at == bytes.len() {
                return None;
            }
        }
    }
}

impl<'a, R: Read> Document<'a, R> {
    pub(super) fn new(feed: Feed<R>, name: &'a str, most: usize) -> Self {
        Self {
            feed,
            name,
            most,
            line: 1,
            column: 0,
            around: 0,
            number: 0,
            length: 0,
            bad: Vec::new(),
            done: false,
        }
    }

    /// Goes to the array that a JSON Pointer leads to, and into it.
    pub(super) fn enter(&mut self, pointer: Option<&str>) -> Result<(), Error> {
        let pointer = pointer.unwrap_or_default();
        if !pointer.is_empty() && !pointer.starts_with('/') {
            return Err(Error::Data(format!(
                "{}: `{pointer}` is no JSON Pointer; one begins with `/`, for example `/data/items`",
                self.name
            )));
        }
        for token in pointer.split('/').skip(1) {
            self.step(&token.replace("~1", "/").replace("~0", "~"))?;
            self.around += 1;
        }
        let at = if pointer.is_empty() { String::new() } else { format!(" at `{pointer}`") };
        match self.peek()? {
            Some(b'[') => {
                self.take(1);
                Ok(())
            }
            Some(b'{') => Err(self.refuse(&format!(
                "there is an object{at}, not an array of records; name its array with `records`, for \
                 example `{pointer}/items`, or read the file as `ndjson` if each line is an object"
            ))),
            Some(_) => Err(self.refuse(&format!("there is no array of records{at}"))),
            None => Err(self.cut_off()),
        }
    }

    /// Goes to the value of a key of an object, or to an element of an array.
    fn step(&mut self, token: &str) -> Result<(), Error> {
        let object = match self.peek()? {
            Some(b'{') => true,
            Some(b'[') => false,
            Some(_) => return Err(self.refuse(&format!("there is nothing with `{token}` in it"))),
            None => return Err(self.cut_off()),
        };
        self.take(1);
        let mut index = 0_usize;
        let mut known = Vec::new();
        loop {
            match self.peek()? {
                Some(b'}' | b']') => break,
                Some(b',') if index > 0 => self.take(1),
                Some(_) if index == 0 => {}
                Some(_) => return Err(self.refuse("a comma is missing")),
                None => return Err(self.cut_off()),
            }
            let key = if object { self.key()? } else { index.to_string() };
            if key == token {
                return match self.peek()? {
                    Some(_) => Ok(()),
                    None => Err(self.cut_off()),
                };
            }
            if known.len() < KEYS_SHOWN {
                known.push(format!("`{key}`"));
            }
            self.peek()?;
            self.skip(Skim::default())?;
            index += 1;
        }
        Err(self.refuse(&match object {
            true => format!("there is no key `{token}`; the keys are {}", known.join(", ")),
            false => format!("there is no element `{token}`; the array has {index}"),
        }))
    }

    /// Takes a key and its colon.
    fn key(&mut self) -> Result<String, Error> {
        if self.peek()? != Some(b'"') {
            return Err(self.refuse("a key in quotes is missing"));
        }
        let Some(length) = self.measure()? else {
            return Err(self.refuse("the key is too long"));
        };
        let key = serde_json::from_slice(&self.feed.window()[..length])
            .map_err(|error| self.refuse(&format!("the key is malformed: {error}")))?;
        self.take(length);
        if self.peek()? != Some(b':') {
            return Err(self.refuse("a colon is missing after a key"));
        }
        self.take(1);
        Ok(key)
    }

    /// Bytes of the value that begins the window, all of them in it; `None` where it is too long, which was then
    /// skipped.
    fn measure(&mut self) -> Result<Option<usize>, Error> {
        let mut skim = Skim::default();
        let mut looked = 0;
        loop {
            if let Some(end) = skim.end(&self.feed.window()[looked..]) {
                let length = looked + end;
                if length > self.most {
                    self.bad = self.feed.window()[..BEGINNING.min(length)].to_vec();
                    self.take(length);
                    return Ok(None);
                }
                return Ok(Some(length));
            }
            looked = self.feed.window().len();
            if looked > self.most {
                self.bad = self.feed.window()[..BEGINNING.min(looked)].to_vec();
                self.take(looked);
                self.skip(skim)?;
                return Ok(None);
            }
            self.more()?;
        }
    }

    /// Takes the rest of a value.
    fn skip(&mut self, mut skim: Skim) -> Result<(), Error> {
        loop {
            if let Some(end) = skim.end(self.feed.window()) {
                self.take(end);
                return Ok(());
            }
            self.take(self.feed.window().len());
            self.more()?;
        }
    }

    /// Reads on within a value, where the file must not end.
    fn more(&mut self) -> Result<(), Error> {
        match self.feed.fill().map_err(|error| Error::reading(self.name, &error))? {
            true => Ok(()),
            false => Err(self.cut_off()),
        }
    }

    /// The next byte that is no space, which begins the window then.
    fn peek(&mut self) -> Result<Option<u8>, Error> {
        loop {
            let window = self.feed.window();
            let space = |byte: &u8| !matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
            if let Some(at) = window.iter().position(space) {
                let byte = window[at];
                self.take(at);
                return Ok(Some(byte));
            }
            self.take(window.len());
            if !self.feed.fill().map_err(|error| Error::reading(self.name, &error))? {
                return Ok(None);
            }
        }
    }

    fn take(&mut self, bytes: usize) {
        let taken = &self.feed.window()[..bytes];
        match memchr::memrchr(b'\n', taken) {
            Some(last) => {
                self.line += memchr::memchr_iter(b'\n', taken).count() as u64;
                self.column = (bytes - last - 1) as u64;
            }
            None => self.column += bytes as u64,
        }
        self.feed.take(bytes);
    }

    /// What is wrong where the window begins.
    fn refuse(&self, what: &str) -> Error {
        Error::Data(format!(
            "{}: line {}, column {}: {what}",
            self.name,
            self.line,
            self.column + 1
        ))
    }

    fn cut_off(&mut self) -> Error {
        self.take(self.feed.window().len());
        let count = self.number;
        self.refuse(&format!(
            "the file ends in the middle, after {count} whole records; it was cut off, so copy it again"
        ))
    }

    /// Looks at what follows the array.
    fn leave(&mut self) -> Result<(), Error> {
        self.done = true;
        if self.around > 0 {
            self.skip(Skim { depth: self.around, begun: true, ..Skim::default() })?;
        }
        match self.peek()? {
            None => Ok(()),
            Some(_) => Err(self.refuse(
                "there is more after the end of the document; read the file as `ndjson` if each line \
                 is a document",
            )),
        }
    }
}

impl<R: Read> Source for Document<'_, R> {
    fn next(&mut self) -> Result<Option<(u64, Found<'_>)>, Error> {
        if self.done {
            return Ok(None);
        }
        self.take(self.length);
        self.length = 0;
        let mut next = self.peek()?;
        if next == Some(b']') {
            self.take(1);
            self.leave()?;
            return Ok(None);
        }
        if self.number > 0 {
            match next {
                Some(b',') => self.take(1),
                Some(_) => return Err(self.refuse("a comma or the end of the array is missing")),
                None => return Err(self.cut_off()),
            }
            next = self.peek()?;
        }
        match next {
            None => return Err(self.cut_off()),
            Some(b',' | b']' | b'}' | b':') => return Err(self.refuse("a record is missing")),
            Some(_) => {}
        }
        let Some(length) = self.measure()? else {
            self.number += 1;
            let reason =
                format!("the record is longer than {} bytes (`max_record_bytes`)", self.most);
            return Ok(Some((self.number, Found::Bad { beginning: &self.bad, reason })));
        };
        self.number += 1;
        self.length = length;
        Ok(Some((self.number, Found::Record(&self.feed.window()[..length]))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_at_the_same_byte_however_it_comes() {
        for (text, end) in [
            (r#"{"a":"}\\\"]","b":[1,{"c":2}]} ,"#, 30),
            (r#""x\"y\\",1"#, 8),
            ("12.5,", 4),
            ("true}", 4),
            (r#"[["]"],[]],"#, 10),
        ] {
            for first in 0..=text.len() {
                for second in first..=text.len() {
                    let mut skim = Skim::default();
                    let cuts = [0, first, second, text.len()];
                    let found = cuts.windows(2).find_map(|cut| {
                        skim.end(&text.as_bytes()[cut[0]..cut[1]]).map(|length| cut[0] + length)
                    });
                    assert_eq!(found, Some(end), "{text} {first} {second}");
                }
            }
        }
    }
}
