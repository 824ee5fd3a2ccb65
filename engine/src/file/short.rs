//! A quick proof, by all threads of the machine, that no record of a text is too long. Where a record begins depends
//! on every quote before it, so texts with quotes are left to whoever reads them from the beginning.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use memchr::{memchr, memchr2, memrchr2};

/// Bytes read at a time.
const CHUNK: usize = 1 << 18;
/// Bytes that are worth a thread.
const LEAST: u64 = 1 << 25;

/// Whether it is proven that every line of a file has at most `longest` bytes and that no `quote` is in it.
///
/// # Errors
/// The file cannot be read.
pub(super) fn is_proven(
    path: &Path,
    length: u64,
    (quote, longest): (Option<u8>, u64),
) -> std::io::Result<bool> {
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    let parts = threads.min(length / LEAST);
    if parts < 2 || longest < CHUNK as u64 {
        return Ok(false);
    }
    let size = length.div_ceil(parts);
    let is_over = AtomicBool::new(false);
    let found: Vec<std::io::Result<Option<Ends>>> = std::thread::scope(|scope| {
        let part = |number: u64| {
            let range = (number * size).min(length)..((number + 1) * size).min(length);
            let is_over = &is_over;
            scope.spawn(move || ends(path, range, (quote, longest), is_over))
        };
        let workers: Vec<_> = (0..parts).map(part).collect();
        let joined = workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.collect()
    });
    let mut begin = 0;
    for ends in found {
        match ends? {
            Some(Ends { first, last }) if first - begin <= longest => begin = last,
            _ => return Ok(false),
        }
    }
    Ok(length - begin <= longest)
}

/// Where the first line of a part ends, and the last.
struct Ends {
    first: u64,
    last: u64,
}

/// The ends of a part whose other lines are short; `None` where a line may be long, a quote is found, or another thread
/// has found so.
fn ends(
    path: &Path,
    part: Range<u64>,
    (quote, longest): (Option<u8>, u64),
    is_over: &AtomicBool,
) -> std::io::Result<Option<Ends>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(part.start))?;
    let mut file = file.take(part.end - part.start);
    let mut buffer = vec![0; CHUNK];
    let (mut at, mut ends) = (part.start, None::<Ends>);
    while !is_over.load(Ordering::Relaxed) {
        let read = match file.read(&mut buffer) {
            Ok(0) => return Ok(ends),
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let bytes = buffer.get(..read).unwrap_or_default();
        if quote.is_some_and(|quote| memchr(quote, bytes).is_some()) {
            break;
        }
        let before = ends.as_ref().map_or(part.start, |ends| ends.last);
        if let (Some(first), Some(last)) =
            (memchr2(b'\n', b'\r', bytes), memrchr2(b'\n', b'\r', bytes))
        {
            // Within a chunk no line is long.
            let (first, last) = (at + first as u64, at + last as u64 + 1);
            if first - before > longest {
                break;
            }
            ends = Some(Ends { first: ends.map_or(first, |ends| ends.first), last });
        } else if at + read as u64 - before > longest {
            break;
        }
        at += read as u64;
    }
    is_over.store(true, Ordering::Relaxed);
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: u64 = 2_000_000;

    fn proven(text: &[u8]) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, text).unwrap();
        is_proven(&path, text.len() as u64, (Some(b'"'), LONGEST)).unwrap()
    }

    /// Lines of eight bytes, enough for several threads.
    fn lines() -> Vec<u8> {
        b"1234567\n".repeat(10_000_000)
    }

    #[test]
    fn short_lines_are_proven_and_what_is_not_sure_is_not() {
        let several = std::thread::available_parallelism().is_ok_and(|threads| threads.get() > 1);
        assert_eq!(proven(&lines()), several);
        assert!(!proven(b"a\n1\n"), "not worth a thread");
        for place in [3, 40_000_000, 79_999_990] {
            let mut text = lines();
            text[place] = b'"';
            assert!(!proven(&text), "a quote at {place}");
        }
    }

    #[test]
    fn a_long_line_is_never_proven_wherever_it_stands() {
        let length = LONGEST as usize + 10;
        for begin in [0, 800, 38_500_000, 40_000_000 - 8, 80_000_000 - length] {
            let mut text = lines();
            text[begin / 8 * 8..][..length].fill(b'x');
            assert!(!proven(&text), "{begin}");
        }
    }
}
