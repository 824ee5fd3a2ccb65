//! Zstandard files, looked at from outside: whether the last block is there.
//!
//! DuckDB reads a file that was cut off as far as it goes and says nothing, so rows would be missing
//! unnoticed. Walking from block to block unpacks nothing and reads a few bytes of each.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read as _};
use std::path::Path;

use crate::EngineError;

const FRAME: u32 = 0xfd2f_b528;
/// Sixteen magic numbers of frames that hold no data.
const SKIPPABLE: std::ops::RangeInclusive<u32> = 0x184d_2a50..=0x184d_2a5f;

/// Whether a file consists of whole frames.
///
/// # Errors
/// It ends within a frame or holds something else.
pub fn inspect(path: &Path) -> Result<(), EngineError> {
    let told = |what: String| EngineError::Data(format!("{}: {what}", path.display()));
    let file = File::open(path).map_err(|error| told(error.to_string()))?;
    let length = file.metadata().map_err(|error| told(error.to_string()))?.len();
    match walk(&mut Frames { reader: BufReader::new(file), at: 0 }, length) {
        Ok(true) => Ok(()),
        Ok(false) => Err(told("the zstd file is damaged: there is something else in it".into())),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            Err(told(format!("the zstd file is cut off: it ends within a frame ({length} bytes)")))
        }
        Err(error) => Err(told(error.to_string())),
    }
}

struct Frames {
    reader: BufReader<File>,
    at: u64,
}

impl Frames {
    /// The next `width` bytes as a number, the least significant first.
    fn number(&mut self, width: usize) -> std::io::Result<u32> {
        let mut bytes = [0; 4];
        self.reader.read_exact(&mut bytes[..width])?;
        self.at += width as u64;
        Ok(u32::from_le_bytes(bytes))
    }

    fn skip(&mut self, bytes: u32) -> std::io::Result<()> {
        self.at += u64::from(bytes);
        self.reader.seek_relative(i64::from(bytes))
    }
}

/// Walks over all frames; false where something is none.
fn walk(frames: &mut Frames, length: u64) -> std::io::Result<bool> {
    while frames.at < length {
        match frames.number(4)? {
            FRAME => {}
            magic if SKIPPABLE.contains(&magic) => {
                let size = frames.number(4)?;
                frames.skip(size)?;
                continue;
            }
            _ => return Ok(false),
        }
        let descriptor = frames.number(1)?;
        let single = descriptor >> 5 & 1;
        let dictionary = [0, 1, 2, 4][(descriptor & 3) as usize];
        let content = match descriptor >> 6 {
            0 => single,
            power => 1 << power,
        };
        frames.skip(1 - single + dictionary + content)?;
        loop {
            let block = frames.number(3)?;
            match block >> 1 & 3 {
                // A block of one repeated byte holds that byte.
                1 => frames.skip(1)?,
                3 => return Ok(false),
                _ => frames.skip(block >> 3)?,
            }
            if block & 1 == 1 {
                break;
            }
        }
        if descriptor >> 2 & 1 == 1 {
            frames.number(4)?;
        }
    }
    // Skipping goes past the end without complaint.
    if frames.at > length { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(true) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_frames_pass_and_parts_do_not() {
        // One raw block of three bytes, no checksum, content size in one byte; then a skippable frame.
        let whole: &[u8] = &[
            0x28, 0xb5, 0x2f, 0xfd, 0x20, 3, 0x19, 0, 0, b'a', b'b', b'c', 0x50, 0x2a, 0x4d, 0x18,
            1, 0, 0, 0, 9,
        ];
        let folder = tempfile::tempdir().unwrap();
        let said = |bytes: &[u8]| {
            let path = folder.path().join("a.zst");
            std::fs::write(&path, bytes).unwrap();
            inspect(&path).map_err(|error| error.to_string())
        };
        assert_eq!(said(whole), Ok(()));
        for end in (1..whole.len()).filter(|end| *end != 12) {
            assert!(said(&whole[..end]).unwrap_err().contains("cut off"), "{end}");
        }
        let mut more = whole.to_vec();
        more.extend(b"more");
        assert!(said(&more).unwrap_err().contains("something else"));
    }
}
