//! Values of a block, written as JSON.

use std::io::Write as _;

use super::super::time::{clock, date, timestamp};
use super::super::value::{decimal, double, single};
use super::schema::{Schema, Type};

/// How deep values may be nested.
const MAX_DEPTH: usize = 100;
/// Bytes of an integer that is written with all of its digits.
const MAX_DECIMAL: usize = 1024;

type Result<T> = std::result::Result<T, String>;

/// The values of a block.
pub(super) struct Values<'a> {
    schema: &'a Schema,
    rest: &'a [u8],
    most: usize,
}

impl<'a> Values<'a> {
    pub(super) fn new(schema: &'a Schema, block: &'a [u8], most: usize) -> Self {
        Self { schema, rest: block, most }
    }

    /// Nothing is left.
    pub(super) fn ended(&self) -> bool {
        self.rest.is_empty()
    }

    /// Writes the next record as an object.
    pub(super) fn record(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let schema = self.schema;
        self.write(schema.root(), 0, out)
    }

    fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(count).ok_or("its block ends within it")?;
        self.rest = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or("its block ends within it")?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn long(&mut self) -> Result<i64> {
        long(&mut self.rest).ok_or_else(|| "a number in it does not end".into())
    }

    /// Bytes behind their number.
    fn counted(&mut self) -> Result<&'a [u8]> {
        let count = self.long()?;
        self.bytes(usize::try_from(count).map_err(|_| "a length in it is negative")?)
    }

    fn write(&mut self, of: &Type, depth: usize, out: &mut Vec<u8>) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(format!("it is nested more than {MAX_DEPTH} deep"));
        }
        if out.len() > self.most {
            return Err(format!("it has more than {} bytes (`max_record_bytes`)", self.most));
        }
        match of {
            Type::Null => out.extend_from_slice(b"null"),
            Type::Boolean => match self.array()? {
                [0] => out.extend_from_slice(b"false"),
                [1] => out.extend_from_slice(b"true"),
                [other] => return Err(format!("{other} is no boolean")),
            },
            Type::Int | Type::Long => out.extend_from_slice(self.long()?.to_string().as_bytes()),
            Type::Float => {
                let number = f32::from_le_bytes(self.array()?);
                let write = |out: &mut Vec<u8>| single(number, out);
                if number.is_finite() { write(out) } else { quoted(out, write) }
            }
            Type::Double => {
                let number = f64::from_le_bytes(self.array()?);
                let write = |out: &mut Vec<u8>| double(number, out);
                if number.is_finite() { write(out) } else { quoted(out, write) }
            }
            Type::Bytes => hex(self.counted()?, out),
            Type::Fixed(size) => hex(self.bytes(*size)?, out),
            Type::Text => {
                let text = std::str::from_utf8(self.counted()?);
                string(text.map_err(|_| "a text in it is not UTF-8")?, out)?;
            }
            Type::Enum(symbols) => {
                let number = self.long()?;
                let symbol = usize::try_from(number).ok().and_then(|number| symbols.get(number));
                string(symbol.ok_or("an enum in it has no such symbol")?, out)?;
            }
            Type::Union(branches) => {
                let number = self.long()?;
                let branch = usize::try_from(number).ok().and_then(|number| branches.get(number));
                let branch = self.schema.get(*branch.ok_or("a union in it has no such branch")?);
                self.write(branch, depth + 1, out)?;
            }
            Type::Record(fields) => {
                for (index, (name, of)) in fields.iter().enumerate() {
                    out.push(if index == 0 { b'{' } else { b',' });
                    string(name, out)?;
                    out.push(b':');
                    self.write(self.schema.get(*of), depth + 1, out)?;
                }
                out.extend_from_slice(if fields.is_empty() { b"{}" } else { b"}" });
            }
            Type::Array(of) => self.blocks(false, *of, depth, out)?,
            Type::Map(of) => self.blocks(true, *of, depth, out)?,
            other => self.logical(other, out)?,
        }
        Ok(())
    }

    /// An array or a map, which comes in parts.
    fn blocks(&mut self, keys: bool, of: usize, depth: usize, out: &mut Vec<u8>) -> Result<()> {
        let of = self.schema.get(of);
        out.push(if keys { b'{' } else { b'[' });
        let mut first = true;
        loop {
            let count = self.long()?;
            if count == 0 {
                break;
            }
            // A negative count comes with the size of its part.
            if count < 0 {
                self.long()?;
            }
            for _ in 0..count.unsigned_abs() {
                if !std::mem::take(&mut first) {
                    out.push(b',');
                }
                if keys {
                    let key = std::str::from_utf8(self.counted()?);
                    string(key.map_err(|_| "a key in it is not UTF-8")?, out)?;
                    out.push(b':');
                }
                self.write(of, depth + 1, out)?;
            }
        }
        out.push(if keys { b'}' } else { b']' });
        Ok(())
    }

    fn logical(&mut self, of: &Type, out: &mut Vec<u8>) -> Result<()> {
        match of {
            Type::Date => {
                let days = self.long()?;
                if days.abs() > i64::from(i32::MAX) + 1 {
                    return Err("a date in it has more days than an int".into());
                }
                quoted(out, |out| date(days, out));
            }
            Type::Time { int, unit } => {
                let time = self.long()?;
                let most = if *int { 86_400_000 } else { 86_400_000_000 };
                if !(0..=most).contains(&time) {
                    return Err("a time of day in it is longer than a day".into());
                }
                quoted(out, |out| clock(time * (unit / 1000), out));
            }
            Type::Timestamp { unit } => {
                let micros = i128::from(self.long()?) * i128::from(*unit);
                let micros = i64::try_from(micros.div_euclid(1000))
                    .map_err(|_| "a timestamp in it is out of all bounds")?;
                quoted(out, |out| timestamp(micros, out));
            }
            Type::Decimal { scale, fixed } => {
                let bytes = match fixed {
                    Some(size) => self.bytes(*size)?,
                    None => self.counted()?,
                };
                out.extend_from_slice(decimal(&integer(bytes)?, *scale).as_bytes());
            }
            Type::Uuid => {
                let bytes: [u8; 16] = self.array()?;
                quoted(out, |out| {
                    for (index, byte) in bytes.iter().enumerate() {
                        if matches!(index, 4 | 6 | 8 | 10) {
                            out.push(b'-');
                        }
                        let _ = write!(out, "{byte:02x}");
                    }
                });
            }
            _ => {
                let mut part = || self.array().map(u32::from_le_bytes);
                let (months, days, millis) = (part()?, part()?, part()?);
                let _ = write!(
                    out,
                    "{{\"months\":{months},\"days\":{days},\"milliseconds\":{millis}}}"
                );
            }
        }
        Ok(())
    }
}

/// A number in Avro's form: seven bits a byte, the lowest first, the sign in the last bit.
pub(super) fn long(bytes: &mut &[u8]) -> Option<i64> {
    let mut number = 0_u64;
    for shift in (0..70).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((number >> 1) as i64 ^ -((number & 1) as i64));
        }
    }
    None
}

fn quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'"');
    write(out);
    out.push(b'"');
}

fn string(text: &str, out: &mut Vec<u8>) -> Result<()> {
    serde_json::to_writer(out, text).map_err(|error| error.to_string())
}

fn hex(bytes: &[u8], out: &mut Vec<u8>) {
    quoted(out, |out| {
        for byte in bytes {
            let _ = write!(out, "{byte:02x}");
        }
    });
}

/// The digits of a whole number in two's complement, the highest byte first.
fn integer(bytes: &[u8]) -> Result<String> {
    if bytes.len() > MAX_DECIMAL {
        return Err(format!("a decimal in it has more than {MAX_DECIMAL} bytes"));
    }
    let negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    if let Ok(few) = <[u8; 16]>::try_from(
        [
            vec![if negative { 0xff } else { 0 }; 16_usize.saturating_sub(bytes.len())],
            bytes.to_vec(),
        ]
        .concat()
        .as_slice(),
    ) {
        return Ok(i128::from_be_bytes(few).to_string());
    }
    let mut size: Vec<u8> = bytes.to_vec();
    if negative {
        // The size of a negative number is its complement and one more.
        let mut carry = true;
        for byte in size.iter_mut().rev() {
            let (sum, over) = (!*byte).overflowing_add(u8::from(carry));
            (*byte, carry) = (sum, over);
        }
    }
    // Long division by a power of ten, over and over.
    let mut parts = Vec::new();
    while size.iter().any(|byte| *byte != 0) {
        let mut left = 0_u64;
        for byte in &mut size {
            let value = left << 8 | u64::from(*byte);
            *byte = (value / 1_000_000_000) as u8;
            left = value % 1_000_000_000;
        }
        parts.push(left);
    }
    let digits: String = parts.iter().rev().map(|part| format!("{part:09}")).collect();
    let digits = digits.trim_start_matches('0');
    Ok(match digits {
        "" => "0".into(),
        digits => format!("{}{digits}", if negative { "-" } else { "" }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whole_numbers_of_any_width_have_their_digits(number: i128, more in 0_usize..20) {
            let fill = if number < 0 { 0xff } else { 0 };
            let bytes = [vec![fill; more], number.to_be_bytes().to_vec()].concat();
            prop_assert_eq!(integer(&bytes).unwrap(), number.to_string());
        }

        #[test]
        fn longs_end_or_are_none(bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
            let mut rest = bytes.as_slice();
            let _ = long(&mut rest);
        }
    }
}
