//! Avro object container files.
//!
//! Each record becomes a JSON object, which is then written like one of NDJSON. Dates, times and timestamps of the
//! logical types become canonical text, decimals numbers with all of their digits, bytes text of hexadecimal digits,
//! and a union the value that it holds.

mod schema;
mod value;

use std::io::{self, Read};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use super::MAX_RECORD_BYTES;
use super::canonical::Table;
use super::error::Error;
use super::feed::Feed;
use super::json::Records;
use schema::{Schema, Type};
use value::Values;

/// The first bytes of every such file.
const MAGIC: &[u8] = b"Obj\x01";
/// Bytes between blocks.
const SYNC: usize = 16;
/// Bytes of the metadata, the schema among them.
const MAX_HEADER: u64 = 16 << 20;

/// How to read Avro.
#[derive(Clone, Debug)]
pub struct Options {
    /// Names of the columns; none means the fields of the schema. A name with dots leads into nested records.
    pub columns: Vec<String>,
    /// Bytes that a block may have, packed and unpacked. Writers make blocks of 16 KiB to some MiB.
    pub max_block_bytes: u64,
    /// Bytes that a record may have as JSON.
    pub max_record_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { columns: Vec::new(), max_block_bytes: 256 << 20, max_record_bytes: MAX_RECORD_BYTES }
    }
}

/// How blocks are packed.
#[derive(Clone, Copy)]
enum Codec {
    Null,
    Deflate,
    Snappy,
    Zstandard,
}

/// What the beginning of a file says.
struct Header {
    schema: Schema,
    codec: Codec,
    sync: Vec<u8>,
}

/// Reads an Avro file into a table.
pub(crate) fn read(
    reader: impl Read,
    name: &str,
    options: &Options,
    table: &mut Table,
) -> Result<(), Error> {
    let mut file = File { feed: Feed::new(reader), name };
    let header = file.header()?;
    let Type::Record(fields) = header.schema.root() else {
        return Err(file.refuse("the values of the file are no records, so there are no columns"));
    };
    let columns = match options.columns.as_slice() {
        [] => fields.iter().map(|(field, _)| field.clone()).collect(),
        given => given.to_vec(),
    };
    let mut records = Records::new(&columns);
    table.header(records.begin())?;
    let mut number = 0_u64;
    let mut text = Vec::new();
    while !file.feed.window().is_empty() || file.more()? {
        let (count, block) = file.block(&header, options.max_block_bytes)?;
        // Records of nulls alone take no bytes, but nobody needs many of them.
        if count > block.len() as u64 + 1_000_000 {
            return Err(file.refuse("a block announces more records than it holds"));
        }
        let mut values = Values::new(&header.schema, &block, options.max_record_bytes);
        for _ in 0..count {
            number += 1;
            text.clear();
            values.record(&mut text).map_err(|reason| {
                file.refuse(&format!(
                    "record {number} cannot be read: {reason}; write the file again"
                ))
            })?;
            records.write(number, &text, table)?;
        }
        if !values.ended() {
            return Err(file.refuse(&format!(
                "the block that ends with record {number} holds more than its records; the file is \
                 damaged, so copy or write it again"
            )));
        }
    }
    records.finish(table);
    Ok(())
}

/// A file as it is read.
struct File<'a, R> {
    feed: Feed<R>,
    name: &'a str,
}

impl<R: Read> File<'_, R> {
    fn refuse(&self, what: &str) -> Error {
        Error::Data(format!("{}: {what}", self.name))
    }

    fn more(&mut self) -> Result<bool, Error> {
        self.feed.fill().map_err(|error| Error::reading(self.name, &error))
    }

    /// Takes exactly so many bytes.
    fn bytes(&mut self, count: u64, most: u64) -> Result<Vec<u8>, Error> {
        let Some(count) = usize::try_from(count).ok().filter(|count| *count as u64 <= most) else {
            return Err(self.refuse(&format!(
                "a part of the file says to have {count} bytes, more than {most}; raise \
                 `max_block_bytes` if that is so, or write the file again"
            )));
        };
        self.feed.fill_to(count).map_err(|error| Error::reading(self.name, &error))?;
        let Some(bytes) = self.feed.window().get(..count) else { return Err(self.cut_off()) };
        let bytes = bytes.to_vec();
        self.feed.take(count);
        Ok(bytes)
    }

    fn cut_off(&self) -> Error {
        self.refuse("the file ends in the middle of a block; it was cut off, so copy it again")
    }

    /// Takes a number.
    fn long(&mut self) -> Result<i64, Error> {
        self.feed.fill_to(10).map_err(|error| Error::reading(self.name, &error))?;
        let mut rest = self.feed.window();
        let before = rest.len();
        let number = value::long(&mut rest);
        let taken = before - rest.len();
        self.feed.take(taken);
        number.ok_or_else(|| self.cut_off())
    }

    /// Takes a number that says how many.
    fn count(&mut self) -> Result<u64, Error> {
        let number = self.long()?;
        u64::try_from(number)
            .map_err(|_| self.refuse("the file is damaged: it announces less than nothing"))
    }

    fn header(&mut self) -> Result<Header, Error> {
        self.feed.fill_to(MAGIC.len()).map_err(|error| Error::reading(self.name, &error))?;
        if !self.feed.window().starts_with(MAGIC) {
            return Err(self.refuse(
                "not an Avro file with its schema, which begins with `Obj`; single messages without \
                 it cannot be read",
            ));
        }
        self.feed.take(MAGIC.len());
        let (mut schema, mut codec) = (None, "null".to_owned());
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
                let length = self.count()?;
                let key = self.bytes(length, MAX_HEADER)?;
                let length = self.count()?;
                let value = self.bytes(length, MAX_HEADER)?;
                match key.as_slice() {
                    b"avro.schema" => schema = Some(value),
                    b"avro.codec" => codec = String::from_utf8_lossy(&value).into_owned(),
                    _ => {}
                }
            }
        }
        let sync = self.bytes(SYNC as u64, SYNC as u64)?;
        let schema = schema.ok_or_else(|| self.refuse("the file has no schema"))?;
        let schema = Schema::parse(&schema)
            .map_err(|reason| self.refuse(&format!("the schema cannot be read: {reason}")))?;
        let codec = match codec.as_str() {
            "null" => Codec::Null,
            "deflate" => Codec::Deflate,
            "snappy" => Codec::Snappy,
            "zstandard" => Codec::Zstandard,
            other => {
                return Err(self.refuse(&format!(
                    "blocks packed with `{other}` are not read; write the file with `deflate`, \
                     `snappy` or `zstandard`"
                )));
            }
        };
        Ok(Header { schema, codec, sync })
    }

    /// The next block: the number of its records, and their bytes.
    fn block(&mut self, header: &Header, most: u64) -> Result<(u64, Vec<u8>), Error> {
        let count = self.count()?;
        let length = self.count()?;
        let packed = self.bytes(length, most)?;
        if self.bytes(SYNC as u64, SYNC as u64)? != header.sync {
            return Err(self.refuse(
                "the file is damaged: a block does not end where it says; copy or write it again",
            ));
        }
        let block = unpack(header.codec, packed, most).map_err(|error| {
            self.refuse(&format!(
                "a block cannot be unpacked: {error}; copy or write the file again"
            ))
        })?;
        if block.len() as u64 > most {
            return Err(self.refuse(&format!(
                "a block unpacks to more than {most} bytes; raise `max_block_bytes` if that is meant"
            )));
        }
        Ok((count, block))
    }
}

/// Unpacks a block, to one byte more than `most` at most.
fn unpack(codec: Codec, packed: Vec<u8>, most: u64) -> io::Result<Vec<u8>> {
    let mut block = Vec::new();
    match codec {
        Codec::Null => return Ok(packed),
        Codec::Deflate => {
            DeflateDecoder::new(packed.as_slice()).take(most + 1).read_to_end(&mut block)?;
        }
        Codec::Zstandard => {
            zstd::Decoder::with_buffer(packed.as_slice())?
                .take(most + 1)
                .read_to_end(&mut block)?;
        }
        Codec::Snappy => {
            let (packed, sum) =
                packed.split_last_chunk::<4>().ok_or(io::ErrorKind::UnexpectedEof)?;
            if snap::raw::decompress_len(packed)? as u64 > most {
                return Err(io::Error::other(format!("it has more than {most} bytes")));
            }
            block = snap::raw::Decoder::new().decompress_vec(packed)?;
            let mut found = Crc::new();
            found.update(&block);
            if found.sum() != u32::from_be_bytes(*sum) {
                return Err(io::Error::other("its checksum differs"));
            }
        }
    }
    Ok(block)
}
