//! Parquet files, looked at from outside: both ends and the length of the footer.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::{beginning, csv};
use crate::EngineError;

const MAGIC: &[u8] = b"PAR1";
const ENCRYPTED: &[u8] = b"PARE";

/// Whether a file begins and ends as Parquet does.
///
/// # Errors
/// It does not; the text says whether it is something else or was cut off.
pub fn inspect(path: &Path) -> Result<(), EngineError> {
    let name = path.display();
    let (first, length) = beginning(path, 512)?;
    if !first.starts_with(MAGIC) && !first.starts_with(ENCRYPTED) {
        return Err(EngineError::Data(format!(
            "{name}: not a Parquet file; {}",
            csv::guess(&first)
        )));
    }
    let told = |error| EngineError::Data(format!("{name}: {error}"));
    let mut last = [0; 8];
    let mut file = File::open(path).map_err(told)?;
    if length >= 12 {
        file.seek(SeekFrom::End(-8)).and_then(|_| file.read_exact(&mut last)).map_err(told)?;
    }
    let (size, magic) = last.split_at(4);
    if magic == ENCRYPTED {
        return Err(EngineError::Data(format!(
            "{name}: the file is encrypted; this is not supported"
        )));
    }
    let size = u64::from(u32::from_le_bytes(size.try_into().unwrap_or_default()));
    if magic != MAGIC {
        return Err(EngineError::Data(format!(
            "{name}: the Parquet file is cut off: it does not end with its footer ({length} bytes)"
        )));
    }
    if size == 0 || size + 12 > length {
        return Err(EngineError::Data(format!(
            "{name}: the Parquet file is damaged: its footer claims {size} of {length} bytes"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_parquet_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let said = |bytes: &[u8]| {
            let path = folder.path().join("a.parquet");
            std::fs::write(&path, bytes).unwrap();
            inspect(&path).unwrap_err().to_string()
        };
        assert!(said(b"").contains("empty (0 bytes)"));
        assert!(said(b"a,b\n1,2\n").contains("not a Parquet file; it looks like text"));
        assert!(said(b"<html><body>").contains("it looks like a web page"));
        assert!(said(b"PAR1 cut off in the middle").contains("cut off"));
        assert!(said(b"PAR1xxxx\xff\xff\x00\x00PAR1").contains("damaged"));
    }
}
