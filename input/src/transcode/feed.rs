//! Bytes as they come in: a window onto a reader, as wide as the longest record.

use std::io::{self, ErrorKind, Read};

/// Bytes asked for at once.
const CHUNK: usize = 256 << 10;

/// What of a reader was read and not yet taken.
pub(crate) struct Feed<R> {
    reader: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
}

/// The next line of a [`Feed`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Bytes of the window up to the line's end, and with it.
    Text(usize, usize),
    /// It is longer than allowed: it begins the window, and its end is not there.
    TooLong,
    /// There is no more.
    End,
}

impl<R: Read> Feed<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, buffer: vec![0; CHUNK], start: 0, end: 0, ended: false }
    }

    /// What is there and not yet taken.
    pub(crate) fn window(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// The window is all that is left.
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// The reader, to ask it what it has seen.
    pub(crate) fn reader(&self) -> &R {
        &self.reader
    }

    /// Takes bytes off the window.
    pub(crate) fn take(&mut self, bytes: usize) {
        self.start = (self.start + bytes).min(self.end);
    }

    /// Widens the window by what one read gives; false at the end of the reader.
    pub(crate) fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() - self.end < CHUNK / 2 {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.ended = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(!self.ended);
        }
    }

    /// Widens the window to `bytes` or to the end of the reader.
    pub(crate) fn fill_to(&mut self, bytes: usize) -> io::Result<()> {
        while self.window().len() < bytes && self.fill()? {}
        Ok(())
    }

    /// Looks for the end of the line that begins the window. The last line may have none.
    pub(crate) fn line(&mut self, most: usize) -> io::Result<Line> {
        let mut searched = 0;
        loop {
            let window = self.window();
            if let Some(at) = memchr::memchr(b'\n', &window[searched..]) {
                let end = searched + at;
                return Ok(if end > most { Line::TooLong } else { Line::Text(end, end + 1) });
            }
            searched = window.len();
            if searched > most {
                return Ok(Line::TooLong);
            }
            if !self.fill()? {
                return Ok(match searched {
                    0 => Line::End,
                    length => Line::Text(length, length),
                });
            }
        }
    }

    /// Takes all up to and with the next line end.
    pub(crate) fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let window = self.window();
            if let Some(at) = memchr::memchr(b'\n', window) {
                self.take(at + 1);
                return Ok(());
            }
            self.take(window.len());
            if !self.fill()? {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_and_long_ones_are_not_kept() {
        let long = "x".repeat(3 * CHUNK);
        let text = format!("a\n\n{long}\nb");
        let mut feed = Feed::new(text.as_bytes());
        assert_eq!(feed.line(10).unwrap(), Line::Text(1, 2));
        feed.take(2);
        assert_eq!(feed.line(10).unwrap(), Line::Text(0, 1));
        feed.take(1);
        assert_eq!(feed.line(10).unwrap(), Line::TooLong);
        feed.skip_line().unwrap();
        assert!(feed.buffer.len() <= 2 * CHUNK);
        assert_eq!(feed.line(10).unwrap(), Line::Text(1, 1));
        feed.take(1);
        assert_eq!(feed.line(10).unwrap(), Line::End);
    }
}
