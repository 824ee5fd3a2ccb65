//! Parquet read in part: a sparse local file of the object's full length, in which the footer and the wanted
//! column chunks lie where they lie in the object. Any local Parquet reader can read those columns from it;
//! all else is a hole that reads as zeros and must not be read.

mod groups;
mod layout;

use std::ops::Range;
use std::path::Path;

use futures_util::{StreamExt as _, TryStreamExt as _};
use sha2::{Digest as _, Sha256};

use super::error::{Failure, failure};
use super::part::{Part, hex};
use super::patience::Attempts;
use super::{Budget, Error, Object, Remote};

/// Bytes at the end that are read at once, in the hope that they hold the footer.
const TAIL: u64 = 64 << 10;

/// Bytes at the beginning, with the magic.
const HEAD: u64 = 4;

/// Bytes of the longest footer that is believed.
const FOOTER: u64 = 256 << 20;

/// Ranges with less between them are read as one: a request costs about as much as so many bytes.
const GAP: u64 = 1 << 20;

/// Bytes of one request at most.
const PIECE: u64 = 8 << 20;

/// Requests at a time. With [`PIECE`] it bounds the memory that is used: 64 MiB.
const AT_ONCE: usize = 8;

pub use groups::{Bound, ColumnFacts, RowGroup, rows_of};

const MAGIC: &[u8] = b"PAR1";
const ENCRYPTED: &[u8] = b"PARE";

/// A local file with some parts of an object at their places. It belongs to the caller, as [`super::Fetched`]
/// does, once it is given out.
#[derive(Debug)]
pub struct SparseFile {
    object: Object,
    part: Part,
    /// The metadata of the file, in Thrift, without length and magic.
    footer: Vec<u8>,
    read: Vec<Range<u64>>,
    hasher: Sha256,
    bytes_read: u64,
}

impl SparseFile {
    /// The file.
    pub fn path(&self) -> &Path {
        self.part.path()
    }

    /// The object.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// The metadata of the file, in Thrift, without length and magic.
    pub fn footer(&self) -> &[u8] {
        &self.footer
    }

    /// The byte ranges of the object that a reader of `columns` needs beside the footer: the chunks of these
    /// top-level columns, with all that is nested in them, and their Bloom filters, in the row groups with
    /// these numbers or in all; and the page indexes of the whole file, which readers read at once.
    ///
    /// A column that has no exact match is looked for without regard to case. The ranges are in order and do
    /// not touch.
    ///
    /// # Errors
    /// The metadata is damaged, or has no such column or row group.
    pub fn ranges(
        &self,
        columns: &[&str],
        row_groups: Option<&[usize]>,
    ) -> Result<Vec<Range<u64>>, Error> {
        let end = self.object.size - 8 - self.footer.len() as u64;
        layout::ranges(&self.footer, end, columns, row_groups)
            .map_err(|said| Error::Data(format!("{}: {said}", self.object.uri)))
    }

    /// The names of the top-level columns.
    ///
    /// # Errors
    /// The metadata is damaged.
    pub fn columns(&self) -> Result<Vec<String>, Error> {
        layout::columns(&self.footer)
            .map_err(|said| Error::Data(format!("{}: {said}", self.object.uri)))
    }

    /// Bytes that were read.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// What was read, in the order in which it was read; no byte twice.
    pub fn read(&self) -> &[Range<u64>] {
        &self.read
    }

    /// SHA-256 in hexadecimal digits over all that was read: for each range of [`SparseFile::read`], in that
    /// order, its first offset and its length as 64-bit numbers with the lowest byte first, and its bytes.
    pub fn digest(&self) -> String {
        hex(&self.hasher.clone().finalize())
    }

    /// Begins a range; its bytes follow.
    fn begin(&mut self, range: &Range<u64>) {
        self.hasher.update(range.start.to_le_bytes());
        self.hasher.update((range.end - range.start).to_le_bytes());
        self.read.push(range.clone());
    }

    fn add(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        self.part.write_at(offset, bytes)?;
        self.hasher.update(bytes);
        self.bytes_read += bytes.len() as u64;
        Ok(())
    }
}

impl Remote {
    /// Reads the footer of a Parquet object into a sparse file in `folder`.
    ///
    /// # Errors
    /// The object is not Parquet or cut off, and those of [`Remote::fetch`]; [`Error::Whole`] says that the
    /// server gives no parts, and that the object can be fetched. No file is left behind.
    pub fn footer(
        &self,
        object: &Object,
        folder: &Path,
        budget: &Budget,
    ) -> Result<SparseFile, Error> {
        let Object { uri, size, .. } = object;
        if *size < 12 {
            return Err(Error::Data(format!(
                "{uri}: not a Parquet file, or cut off: it has {size} bytes"
            )));
        }
        let mut part = Part::new(folder, object)?;
        part.set_length(*size)?;
        let mut sparse = SparseFile {
            object: object.clone(),
            part,
            footer: Vec::new(),
            read: Vec::new(),
            hasher: Sha256::new(),
            bytes_read: 0,
        };
        let (mut head, mut tail) = (Vec::new(), Vec::new());
        // They become one range where the object is small.
        let first = merged(&[0..HEAD, size.saturating_sub(TAIL)..*size], 0);
        let start = first.last().map_or(0, |tail| tail.start);
        self.read(&mut sparse, &first, budget, |offset, bytes| {
            if offset < HEAD {
                head.extend_from_slice(&bytes[..bytes.len().min(HEAD as usize)]);
            }
            if offset >= start {
                tail.extend_from_slice(bytes);
            }
        })?;
        let length = footer_length(object, &head, &tail)?;
        let footer_start = size - 8 - length;
        if footer_start < start {
            let mut front = Vec::new();
            let missing = footer_start..start;
            self.read(&mut sparse, &[missing], budget, |_, bytes| front.extend_from_slice(bytes))?;
            front.append(&mut tail);
            tail = front;
        }
        tail.truncate(tail.len().saturating_sub(8));
        sparse.footer = tail.split_off(tail.len().saturating_sub(length as usize));
        sparse.part.rename()?;
        sparse.part.keep(true);
        Ok(sparse)
    }

    /// Reads ranges of the object into its file; what is there already is not read again. Ranges that lie
    /// close to each other are read as one.
    ///
    /// # Errors
    /// A range lies outside the object, and those of [`Remote::fetch`]. The file then is removed, so that
    /// nobody takes holes for data.
    pub fn fill(
        &self,
        mut sparse: SparseFile,
        ranges: &[Range<u64>],
        budget: &Budget,
    ) -> Result<SparseFile, Error> {
        sparse.part.keep(false);
        let size = sparse.object.size;
        if let Some(beyond) = ranges.iter().find(|range| range.end > size) {
            return Err(Error::Data(format!(
                "{}: the Parquet file is damaged: its footer tells of bytes {} to {}, and it has {size}",
                sparse.object.uri, beyond.start, beyond.end
            )));
        }
        let missing = coalesced(&without(ranges, &sparse.read), &sparse.read);
        self.read(&mut sparse, &missing, budget, |_, _| {})?;
        sparse.part.keep(true);
        Ok(sparse)
    }

    /// Reads ranges, which do not overlap, into the file, and shows their bytes in their order.
    fn read(
        &self,
        sparse: &mut SparseFile,
        ranges: &[Range<u64>],
        budget: &Budget,
        mut seen: impl FnMut(u64, &[u8]),
    ) -> Result<(), Error> {
        let bytes = ranges.iter().map(|range| range.end - range.start).sum();
        budget.spend(bytes, &sparse.object.uri)?;
        let object = sparse.object.clone();
        let pieces = ranges.iter().flat_map(|range| {
            let starts = (range.start..range.end).step_by(PIECE as usize);
            starts.map(move |start| (range, start..range.end.min(start.saturating_add(PIECE))))
        });
        let reads = pieces.map(|(range, piece)| {
            let object = &object;
            async move {
                let bytes = self.piece(object, piece.clone()).await?;
                Ok::<_, Error>((range, piece.start, bytes))
            }
        });
        self.runtime.block_on(async {
            let mut done = futures_util::stream::iter(reads).buffered(AT_ONCE);
            while let Some((range, start, bytes)) = done.try_next().await? {
                if start == range.start {
                    sparse.begin(range);
                }
                sparse.add(start, &bytes)?;
                seen(start, &bytes);
            }
            Ok(())
        })
    }

    /// The bytes of one range, all of them.
    async fn piece(&self, object: &Object, range: Range<u64>) -> Result<Vec<u8>, Error> {
        let mut attempts = Attempts::new(&self.patience);
        loop {
            match self.once(object, range.clone()).await {
                Ok(bytes) => return Ok(bytes),
                Err(failure) => attempts.after(failure).await?,
            }
        }
    }

    async fn once(&self, object: &Object, range: Range<u64>) -> Result<Vec<u8>, Failure> {
        let wanted = (range.end - range.start) as usize;
        let mut stream = self.get(object, Some(range)).await?.into_stream();
        let service = self.location.service.name();
        let met = |error| failure(&error, &object.uri, service);
        let mut bytes = Vec::with_capacity(wanted);
        while let Some(more) = stream.try_next().await.map_err(met)? {
            bytes.extend_from_slice(&more);
            if bytes.len() > wanted {
                break;
            }
        }
        match bytes.len() {
            length if length == wanted => Ok(bytes),
            length => Err(Failure::passing(format!(
                "{}: the server sent {length} bytes of {wanted} that were asked for",
                object.uri
            ))),
        }
    }
}

/// The length of the footer, by the last bytes of an object; or what the object is instead of Parquet.
fn footer_length(object: &Object, head: &[u8], tail: &[u8]) -> Result<u64, Error> {
    let Object { uri, size, .. } = object;
    let data = |said: String| Err(Error::Data(format!("{uri}: {said}")));
    let (length, magic) = match tail {
        [.., a, b, c, d, _, _, _, _] => {
            (u64::from(u32::from_le_bytes([*a, *b, *c, *d])), &tail[tail.len() - 4..])
        }
        _ => (0, tail),
    };
    if head == ENCRYPTED || magic == ENCRYPTED {
        return data("the Parquet file is encrypted; this is not supported".to_owned());
    }
    if head != MAGIC {
        let seems = match head {
            [b'<', ..] => {
                "it seems to be a web page; check the address, and whether one must sign in"
            }
            [b'{' | b'[', ..] => "it seems to be JSON",
            [0x1f, 0x8b, ..] => "it seems to be packed with gzip",
            [b'P', b'K', 3, 4] => "it seems to be a ZIP archive",
            _ => "it begins with other bytes",
        };
        return data(format!("not a Parquet file; {seems}"));
    }
    if magic != MAGIC {
        return data(format!(
            "the Parquet file is cut off: it does not end with its footer ({size} bytes)"
        ));
    }
    if length == 0 || length + 12 > *size {
        return data(format!(
            "the Parquet file is damaged: its footer claims {length} of {size} bytes"
        ));
    }
    if length > FOOTER {
        return data(format!(
            "the footer of the Parquet file has {length} bytes, and {FOOTER} are supported"
        ));
    }
    Ok(length)
}

/// Ranges in order, without those that are empty; those that overlap or touch become one.
fn merged(ranges: &[Range<u64>], gap: u64) -> Vec<Range<u64>> {
    let mut sorted: Vec<Range<u64>> =
        ranges.iter().filter(|range| range.start < range.end).cloned().collect();
    sorted.sort_by_key(|range| range.start);
    let mut out: Vec<Range<u64>> = Vec::new();
    for range in sorted {
        match out.last_mut() {
            Some(last) if range.start <= last.end.saturating_add(gap) => {
                last.end = last.end.max(range.end);
            }
            _ => out.push(range),
        }
    }
    out
}

/// What of `ranges` is not in `known`.
fn without(ranges: &[Range<u64>], known: &[Range<u64>]) -> Vec<Range<u64>> {
    let known = merged(known, 0);
    let mut out = Vec::new();
    for range in merged(ranges, 0) {
        let mut start = range.start;
        for known in known.iter().filter(|known| known.end > range.start && known.start < range.end)
        {
            out.push(start..known.start);
            start = known.end;
        }
        out.push(start..range.end);
    }
    out.retain(|range| range.start < range.end);
    out
}

/// Ranges that lie close to each other as one, but for what is `known` already.
fn coalesced(ranges: &[Range<u64>], known: &[Range<u64>]) -> Vec<Range<u64>> {
    without(&merged(ranges, GAP - 1), known)
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_merged_over_small_gaps_and_nothing_is_read_twice() {
        let close = [5..10, 0..2, 10..12, 7..9, 3..3];
        assert_eq!(merged(&close, 0), [0..2, 5..12]);
        assert_eq!(coalesced(&close, &[]), [0..12]);
        assert_eq!(coalesced(&[0..1, GAP..GAP + 1], &[]), [0..GAP + 1]);
        assert_eq!(coalesced(&[0..1, GAP + 1..GAP + 2], &[]), [0..1, GAP + 1..GAP + 2]);
        assert_eq!(without(&[0..10], &[2..4, 8..20]), [0..2, 4..8]);
        assert_eq!(without(&[2..4], &[0..10]), []);
        assert_eq!(coalesced(&[0..4, 6..10], &[5..7]), [0..5, 7..10]);
    }

    #[test]
    fn what_is_no_footer_is_said() {
        let object = |size| Object {
            uri: "s3://b/a".into(),
            size,
            etag: None,
            version: None,
            last_modified: None,
        };
        let said = |size, head: &[u8], tail: &[u8]| {
            footer_length(&object(size), head, tail).unwrap_err().to_string()
        };
        assert!(said(100, b"<!do", b"</html>\n").contains("a web page"));
        assert!(said(100, b"PAR1", b"\0\0\0\0\0\0\0\0").contains("cut off"));
        assert!(said(100, b"PAR1", b"\xff\0\0\0PAR1").contains("claims 255 of 100"));
        assert!(said(100, b"PAR1", b"\0\0\0\0PARE").contains("encrypted"));
        assert!(said(1 << 40, b"PAR1", b"\xff\xff\xff\xffPAR1").contains("are supported"));
        assert_eq!(footer_length(&object(100), b"PAR1", b"\x09\0\0\0PAR1"), Ok(9));
    }
}
