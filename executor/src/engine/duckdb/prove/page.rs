//! The pages of one column chunk of a Parquet file, as far as a proof needs them: their headers, and the
//! values of the dictionary. Nothing that a file says is trusted: what does not fit proves nothing.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use assay_schemas::plan::Literal;

/// Bytes looked at for the header of a page; statistics in it may be long.
const HEADER: u64 = 1 << 16;
/// Bytes of a dictionary that are worth the while.
const DICTIONARY: usize = 1 << 21;

/// How values are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Physical {
    /// 32 bits with sign.
    Int32,
    /// 32 bits with sign: days since 1970-01-01.
    Days,
    /// 64 bits with sign.
    Int64,
    /// A floating-point number of 64 bits.
    Double,
    /// Length and bytes, UTF-8.
    Text,
}

/// Where a chunk lies, as the footer says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    /// Its first byte.
    pub(super) start: u64,
    /// Its bytes.
    pub(super) length: u64,
    /// Its values, nulls among them.
    pub(super) values: u64,
    /// Pages are compressed with Snappy; otherwise they are not.
    pub(super) snappy: bool,
}

/// The header of a page.
#[derive(Default)]
struct Header {
    kind: i64,
    plain_size: i64,
    size: i64,
    values: i64,
    encoding: i64,
}

/// The values of a chunk's dictionary, where every page of the chunk is encoded by it.
pub(super) fn dictionary(
    file: &mut File,
    chunk: Chunk,
    physical: Physical,
) -> Option<Vec<Literal>> {
    let end = chunk.start.checked_add(chunk.length)?;
    let mut at = chunk.start;
    let mut dictionary = None;
    let mut seen = 0;
    while at < end {
        let bytes = read(file, at, HEADER.min(end - at))?;
        let mut thrift = Thrift { bytes: &bytes, at: 0 };
        let header = thrift.header()?;
        let body = at.checked_add(thrift.at as u64)?;
        let size = u64::try_from(header.size).ok()?;
        match (header.kind, &dictionary) {
            // Plain values, under either of their names.
            (2, None) if at == chunk.start && matches!(header.encoding, 0 | 2) => {
                let plain_size =
                    usize::try_from(header.plain_size).ok().filter(|s| *s <= DICTIONARY)?;
                let packed = read(file, body, size.min(end.checked_sub(body)?))?;
                let plain = if chunk.snappy { unpack(&packed, plain_size)? } else { packed };
                dictionary = Some(values(&plain, header.values, physical)?);
            }
            // Indices into the dictionary, under either of their names.
            (0 | 3, Some(_)) if matches!(header.encoding, 2 | 8) => {
                seen += u64::try_from(header.values).ok()?;
            }
            _ => return None,
        }
        at = body.checked_add(size)?;
    }
    dictionary.filter(|_| at == end && seen == chunk.values)
}

fn read(file: &mut File, at: u64, length: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(at)).ok()?;
    file.take(length).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 == length).then_some(bytes)
}

/// Plain values, one after the other.
fn values(bytes: &[u8], number: i64, physical: Physical) -> Option<Vec<Literal>> {
    let mut rest = bytes;
    let mut values = Vec::new();
    for _ in 0..number {
        values.push(match physical {
            Physical::Int32 => Literal::Integer(i64::from(i32::from_le_bytes(*take(&mut rest)?))),
            Physical::Days => Literal::Date(day(i32::from_le_bytes(*take(&mut rest)?))?),
            Physical::Int64 => {
                let value = i64::from_le_bytes(*take(&mut rest)?);
                // A literal of the plan is exact within 2^53.
                (value.unsigned_abs() <= 1 << 53).then_some(Literal::Integer(value))?
            }
            Physical::Double => Literal::Double(f64::from_le_bytes(*take(&mut rest)?)),
            Physical::Text => {
                let length = usize::try_from(u32::from_le_bytes(*take(&mut rest)?)).ok()?;
                let (text, tail) = rest.split_at_checked(length)?;
                rest = tail;
                Literal::Text(std::str::from_utf8(text).ok()?.to_owned())
            }
        });
    }
    rest.is_empty().then_some(values)
}

fn take<'b, const N: usize>(rest: &mut &'b [u8]) -> Option<&'b [u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(head)
}

/// A day as the plan writes it; none for years of other than four digits.
fn day(days: i32) -> Option<String> {
    let epoch = jiff::civil::date(1970, 1, 1);
    let day = epoch.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
    (0..=9999).contains(&day.year()).then(|| day.to_string())
}

/// Bytes compressed by Snappy, in its raw format.
fn unpack(packed: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut thrift = Thrift { bytes: packed, at: 0 };
    if usize::try_from(thrift.varint()?).ok()? != size {
        return None;
    }
    let mut rest = &packed[thrift.at..];
    let mut out: Vec<u8> = Vec::with_capacity(size);
    let number = |rest: &mut &[u8], bytes: usize| -> Option<usize> {
        let (head, tail) = rest.split_at_checked(bytes)?;
        *rest = tail;
        Some(head.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
    };
    while let [tag, tail @ ..] = rest {
        rest = tail;
        let high = usize::from(tag >> 2);
        let (length, offset) = match tag & 3 {
            0 => {
                let length = if high < 60 { high } else { number(&mut rest, high - 59)? } + 1;
                let (text, tail) = rest.split_at_checked(length)?;
                out.extend_from_slice(text);
                rest = tail;
                continue;
            }
            1 => (4 + (high & 7), (high >> 3) << 8 | number(&mut rest, 1)?),
            2 => (high + 1, number(&mut rest, 2)?),
            _ => (high + 1, number(&mut rest, 4)?),
        };
        let from = out.len().checked_sub(offset).filter(|_| offset > 0)?;
        if out.len() + length > size {
            return None;
        }
        // A copy may overlap what it writes.
        for index in from..from + length {
            out.push(out[index]);
        }
    }
    (out.len() == size).then_some(out)
}

/// Thrift's compact protocol.
struct Thrift<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Thrift<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn header(&mut self) -> Option<Header> {
        let mut header = Header::default();
        self.fields(|thrift, id, kind| {
            match id {
                1 => header.kind = thrift.zigzag()?,
                2 => header.plain_size = thrift.zigzag()?,
                3 => header.size = thrift.zigzag()?,
                // Headers of data pages of both versions, and of dictionaries.
                5 | 7 | 8 => {
                    let encoding = if id == 8 { 4 } else { 2 };
                    thrift.fields(|thrift, part, kind| {
                        match part {
                            1 => header.values = thrift.zigzag()?,
                            _ if part == encoding => header.encoding = thrift.zigzag()?,
                            _ => thrift.skip(kind, 0)?,
                        }
                        Some(())
                    })?;
                }
                _ => thrift.skip(kind, 0)?,
            }
            Some(())
        })?;
        Some(header)
    }

    /// Calls `visit` with number and kind of each field of a struct; it must read the field.
    fn fields(&mut self, mut visit: impl FnMut(&mut Self, i64, u8) -> Option<()>) -> Option<()> {
        let mut id = 0;
        loop {
            let byte = self.byte()?;
            if byte == 0 {
                return Some(());
            }
            id = match byte >> 4 {
                0 => self.zigzag()?,
                step => id + i64::from(step),
            };
            visit(self, id, byte & 15)?;
        }
    }

    fn skip(&mut self, kind: u8, depth: u8) -> Option<()> {
        if depth > 8 {
            return None;
        }
        match kind {
            1 | 2 => {}
            3 => self.at += 1,
            4..=6 => {
                self.varint()?;
            }
            7 => self.at += 8,
            8 => {
                let length = usize::try_from(self.varint()?).ok()?;
                self.at = self.at.checked_add(length)?;
            }
            9 | 10 => {
                let byte = self.byte()?;
                let length = match byte >> 4 {
                    15 => self.varint()?,
                    short => u64::from(short),
                };
                for _ in 0..length.min(1 << 16) {
                    // An item that is true or false takes a byte of its own.
                    self.skip(if matches!(byte & 15, 1 | 2) { 3 } else { byte & 15 }, depth + 1)?;
                }
            }
            12 => self.fields(|thrift, _, kind| thrift.skip(kind, depth + 1))?,
            _ => return None,
        }
        (self.at <= self.bytes.len()).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snappy_is_unpacked_and_what_is_broken_gives_nothing() {
        // "abcabcabcabcx": a literal of three, a copy of nine that overlaps itself, a literal of one.
        let packed = [13, 2 << 2, b'a', b'b', b'c', 5 << 2 | 1, 3, 0, b'x'];
        assert_eq!(unpack(&packed, 13).unwrap(), b"abcabcabcabcx");
        assert_eq!(unpack(&packed, 12), None);
        assert_eq!(unpack(&packed[..6], 13), None);
        assert_eq!(unpack(&[4, 1, 9], 4), None);
    }

    #[test]
    fn values_end_where_their_bytes_end() {
        let text = [2, 0, 0, 0, b'h', b'i', 0, 0, 0, 0];
        let found = values(&text, 2, Physical::Text).unwrap();
        assert_eq!(found, [Literal::Text("hi".into()), Literal::Text(String::new())]);
        assert_eq!(values(&text, 1, Physical::Text), None);
        assert_eq!(values(&[1, 0, 0], 1, Physical::Int32), None);
        assert_eq!(
            values(&[9, 0, 0, 0], 1, Physical::Days).unwrap(),
            [Literal::Date("1970-01-10".into())]
        );
    }
}
