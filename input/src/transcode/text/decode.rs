//! Bytes of an encoding become UTF-8, strictly: a byte that is not of the encoding ends the reading.

use std::io::{self, ErrorKind, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::super::error::Complaint;

/// Bytes looked at before anything is decoded.
const HEAD: u64 = 4096;
/// Bytes decoded at once where they are not UTF-8.
const CHUNK: usize = 128 << 10;
/// The least room to read into: any character, and some more that a decoder may hold back.
const ROOM: usize = 16;

/// A reader of UTF-8 over a reader of another encoding.
pub(super) struct Decoded<R> {
    reader: R,
    encoding: &'static Encoding,
    /// `None` for UTF-8, which is only looked at.
    decoder: Option<Decoder>,
    /// Bytes read and not decoded.
    raw: Vec<u8>,
    at: usize,
    ended: bool,
    /// Line ends so far: LF and CR.
    lines: (u64, u64),
    /// There were characters beyond ASCII.
    wide: bool,
    /// There were zero bytes in the text.
    pub(super) zeros: bool,
    /// What the beginning of the file said.
    pub(super) said: Vec<String>,
}

impl<R: Read> Decoded<R> {
    /// # Errors
    /// Nobody knows the label, or the first bytes are not those of a text.
    pub(super) fn new(mut reader: R, label: &str) -> io::Result<Self> {
        let mut raw = Vec::new();
        reader.by_ref().take(HEAD).read_to_end(&mut raw)?;
        let asked = encoding_of(label, &raw)?;
        let (encoding, at) = marked(&raw)?.unwrap_or((asked, 0));
        let mut said = Vec::new();
        // Plain `utf-16` leaves the order to the mark.
        let left = label.eq_ignore_ascii_case("utf-16") && encoding != UTF_8;
        if encoding != asked && !left {
            said.push(format!(
                "read as {}, as the byte order mark at its beginning says, not as {label}",
                encoding.name().to_lowercase()
            ));
        }
        check_text(&raw[at..], encoding)?;
        let decoder = (encoding != UTF_8).then(|| encoding.new_decoder_without_bom_handling());
        Ok(Self {
            reader,
            encoding,
            decoder,
            raw,
            at,
            ended: false,
            lines: (0, 0),
            wide: false,
            zeros: false,
            said,
        })
    }

    /// Notes what a piece of the text holds.
    fn note(&mut self, text: &[u8]) {
        self.lines.0 += memchr::memchr_iter(b'\n', text).count() as u64;
        if self.lines.0 == 0 {
            self.lines.1 += memchr::memchr_iter(b'\r', text).count() as u64;
        }
        self.zeros |= memchr::memchr(0, text).is_some();
        self.wide |= !text.is_ascii();
    }

    fn read_utf8(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        loop {
            let held = &self.raw[self.at..];
            let count = held.len().min(buffer.len() - filled);
            buffer[filled..filled + count].copy_from_slice(&held[..count]);
            self.at += count;
            filled += count;
            if filled < buffer.len() && !self.ended {
                let read = read(&mut self.reader, &mut buffer[filled..])?;
                self.ended = read == 0;
                filled += read;
            }
            let (good, bad) = match std::str::from_utf8(&buffer[..filled]) {
                Ok(_) => (filled, None),
                Err(fault) => (fault.valid_up_to(), fault.error_len()),
            };
            let cut = filled > good && self.ended && self.at == self.raw.len();
            if bad.is_some() || cut {
                let (before, from) = buffer[..filled].split_at(good);
                self.note(before);
                return Err(self.refuse(before, from, bad.unwrap_or(from.len())));
            }
            if filled > good {
                // The beginning of a character waits for its rest.
                let rest = buffer[good..filled].to_vec();
                self.raw.drain(..self.at);
                self.raw.splice(0..0, rest);
                self.at = 0;
            }
            if good > 0 || self.ended {
                self.note(&buffer[..good]);
                return Ok(good);
            }
            filled = 0;
        }
    }

    fn read_other(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.at == self.raw.len() && !self.ended {
                self.raw.resize(CHUNK, 0);
                self.at = 0;
                let count = read(&mut self.reader, &mut self.raw)?;
                self.raw.truncate(count);
                self.ended = count == 0;
            }
            let Some(decoder) = &mut self.decoder else { return Ok(0) };
            let (result, read, written) = decoder.decode_to_utf8_without_replacement(
                &self.raw[self.at..],
                buffer,
                self.ended,
            );
            let start = self.at;
            self.at += read;
            self.note(&buffer[..written]);
            match result {
                DecoderResult::Malformed(length, after) => {
                    let end = self.at.saturating_sub(usize::from(after));
                    let bad = end.saturating_sub(usize::from(length)).max(start);
                    let from = self.raw[bad..].to_vec();
                    return Err(self.refuse(&[], &from, end - bad));
                }
                _ if written > 0 => return Ok(written),
                DecoderResult::InputEmpty if self.ended => {
                    // The decoder must not be asked again.
                    self.decoder = None;
                    return Ok(0);
                }
                _ => {}
            }
        }
    }

    /// Says which bytes are wrong, where, and what they may be instead.
    fn refuse(&self, before: &[u8], from: &[u8], length: usize) -> io::Error {
        let line = 1 + if self.lines.0 == 0 { self.lines.1 } else { self.lines.0 };
        let bad: Vec<String> =
            from.iter().take(length.clamp(1, 4)).map(|byte| format!("0x{byte:02X}")).collect();
        let name = self.encoding.name().to_lowercase();
        let what = match from {
            [] => format!("line {line}: the file ends in the middle of a character of {name}"),
            _ => format!("line {line}: {} is no text in {name}", bad.join(" ")),
        };
        if self.encoding != UTF_8 {
            return Complaint::error(format!("{what}; set another `encoding`, or repair the file"));
        }
        let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let end = memchr::memchr(b'\n', from).unwrap_or(from.len());
        let text: Vec<u8> = before[start..].iter().chain(&from[..end]).copied().collect();
        let whole: Vec<u8> = before.iter().chain(from).copied().collect();
        let likely = likely(&whole);
        let shown: String = likely.decode_without_bom_handling(&text).0.chars().take(80).collect();
        let likely = likely.name().to_lowercase();
        let hint = match self.wide {
            true => format!(
                "the text before it is {name}, so the file mixes encodings: repair it where it is \
                 written, or set `encoding: {likely}` and correct what then looks wrong"
            ),
            false => format!("set `encoding: {likely}`, or have the file written as utf-8"),
        };
        Complaint::error(format!(
            "{what}; as {likely} the line would be `{}`; {hint}",
            shown.trim()
        ))
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.len() < ROOM {
            return Err(ErrorKind::InvalidInput.into());
        }
        if self.encoding == UTF_8 { self.read_utf8(buffer) } else { self.read_other(buffer) }
    }
}

fn read(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// The encoding and length of a byte order mark.
fn marked(bytes: &[u8]) -> io::Result<Option<(&'static Encoding, usize)>> {
    if bytes.starts_with(&[0xff, 0xfe, 0, 0]) || bytes.starts_with(&[0, 0, 0xfe, 0xff]) {
        return Err(Complaint::error("the file is UTF-32, which is not read; save it as UTF-8"));
    }
    Ok(Encoding::for_bom(bytes))
}

/// The encoding that a label means for these first bytes.
pub(super) fn encoding_of(label: &str, bytes: &[u8]) -> io::Result<&'static Encoding> {
    let lower = label.trim().to_lowercase();
    let known = match lower.as_str() {
        "latin-1" => Some(WINDOWS_1252),
        // Without a mark, the side of the zeros tells the order.
        "utf-16" if zeros(bytes) == (true, false) => Some(UTF_16BE),
        "utf-16" => Some(UTF_16LE),
        "shift_jis" | "shift-jis" => Encoding::for_label(b"shift_jis"),
        _ => Encoding::for_label(lower.replace('_', "-").as_bytes())
            .or_else(|| Encoding::for_label(lower.as_bytes())),
    };
    known.ok_or_else(|| {
        Complaint::error(format!(
            "`{label}` is no encoding that is known; for example `utf-8`, `latin-1`, `utf-16le`, \
             `shift_jis`, `gb18030`"
        ))
    })
}

/// Whether most of the bytes at even and at odd places are zero while the others are not, as in UTF-16.
pub(super) fn zeros(bytes: &[u8]) -> (bool, bool) {
    let count = |from: usize| bytes.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, half) = (count(0), count(1), bytes.len() / 2);
    let most = |count: usize, other: usize| half > 1 && count * 10 > half * 6 && other * 20 < half;
    (most(even, odd), most(odd, even))
}

/// The encoding, other than UTF-8, that the bytes most look like.
pub(super) fn likely(bytes: &[u8]) -> &'static Encoding {
    match zeros(bytes) {
        (true, _) => return UTF_16BE,
        (_, true) => return UTF_16LE,
        _ => {}
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Deny)
}

/// Refuses what is no delimited text, going by its first bytes.
fn check_text(bytes: &[u8], encoding: &'static Encoding) -> io::Result<()> {
    if let Some(kind) = foreign(bytes) {
        return Err(Complaint::error(format!(
            "not delimited text; it looks like {kind}; look at what was sent instead of the data"
        )));
    }
    if encoding == UTF_16LE || encoding == UTF_16BE {
        return Ok(());
    }
    let order = match zeros(bytes) {
        (true, _) => Some("utf-16be"),
        (_, true) => Some("utf-16le"),
        _ => None,
    };
    if let Some(order) = order {
        return Err(Complaint::error(format!(
            "the file looks like UTF-16, but is read as {}; set `encoding: {order}`",
            encoding.name().to_lowercase()
        )));
    }
    let zeros = memchr::memchr_iter(0, bytes).count();
    if zeros * 20 > bytes.len() {
        return Err(Complaint::error("not delimited text; it looks like binary data"));
    }
    Ok(())
}

/// What begins with bytes that no delimited text begins with.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    let start: Vec<u8> = bytes
        .iter()
        .skip_while(|byte| byte.is_ascii_whitespace())
        .take(16)
        .map(u8::to_ascii_lowercase)
        .collect();
    let kinds: [(&[u8], &str); 15] = [
        (b"<!doctype html", "a web page (HTML)"),
        (b"<html", "a web page (HTML)"),
        (b"<head", "a web page (HTML)"),
        (b"<body", "a web page (HTML)"),
        (b"<?xml", "XML"),
        (b"<error>", "XML"),
        (b"par1", "a Parquet file"),
        (b"pk\x03\x04", "a ZIP archive or an Excel workbook"),
        (b"%pdf", "a PDF document"),
        (b"sqlite format 3", "an SQLite database"),
        (b"\xd0\xcf\x11\xe0", "an Excel workbook of the old format"),
        (b"\x1f\x8b", "a gzip file"),
        (b"\x28\xb5\x2f\xfd", "a zstd file"),
        (b"obj\x01", "an Avro file"),
        (b"arrow1", "an Arrow file"),
    ];
    kinds.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, kind)| *kind)
}
