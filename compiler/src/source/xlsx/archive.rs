//! What a workbook unpacks to, before anything of it is trusted.

use std::io::{Cursor, Read as _};

use assay_schemas::code::Code;
use zip::ZipArchive;

use crate::source::LocatedProblem;

/// How much a workbook may come to once unpacked, in bytes.
const MAX_UNPACKED: u64 = 128 * 1024 * 1024;
/// How many parts it may have.
const MAX_PARTS: usize = 10_000;
/// How the older format of Excel begins; files with a password are wrapped into it as well.
const COMPOUND_FILE: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
/// The shortest that a text can be in the table of shared texts: `<si/>`.
const SHORTEST_TEXT: u64 = 5;

/// Refuses what is no workbook, and what would not stay within bounds: sizes are looked up first and
/// then counted, since a directory can lie.
pub(super) fn inspect(bytes: &[u8]) -> Result<(), LocatedProblem> {
    if bytes.starts_with(&COMPOUND_FILE) {
        let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        return Err(if bytes.windows(name.len()).any(|window| window == name) {
            refuse("the workbook is protected by a password").hint("save it without a password")
        } else {
            refuse("the file is in the format of Excel 97").hint("save it as `.xlsx`")
        });
    }
    if !bytes.starts_with(b"PK") {
        return Err(
            refuse("the file is no workbook").hint("save it from Excel or LibreOffice as `.xlsx`")
        );
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    if archive.len() > MAX_PARTS {
        return Err(refuse(format!("the workbook has more than {MAX_PARTS} parts")));
    }
    let mut left = MAX_UNPACKED;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| broken(&error))?;
        let name = part.name().map_err(|error| broken(&error))?.to_ascii_lowercase();
        // Pictures and fonts are never unpacked.
        if !name.ends_with(".xml") && !name.ends_with(".rels") {
            continue;
        }
        if part.size() > left {
            return Err(too_large());
        }
        let texts = name.ends_with("sharedstrings.xml");
        left = left.checked_sub(measure(part, left, texts)?).ok_or_else(too_large)?;
    }
    Ok(())
}

/// The true size of a part, read to at most one byte more than `left`.
fn measure(part: impl std::io::Read, left: u64, texts: bool) -> Result<u64, LocatedProblem> {
    let mut part = part.take(left.saturating_add(1));
    let mut buffer = vec![0; 64 * 1024];
    let mut head = Vec::new();
    let mut size = 0_u64;
    loop {
        let count = part.read(&mut buffer).map_err(|error| broken(&error))?;
        if count == 0 {
            break;
        }
        size += count as u64;
        if texts && head.len() < 4096 {
            head.extend_from_slice(&buffer[..count.min(4096)]);
        }
    }
    // The reader makes room for as many texts as are announced.
    if texts && announced(&head).is_some_and(|count| count > size / SHORTEST_TEXT + 1) {
        return Err(refuse("the workbook announces more texts than it holds"));
    }
    Ok(size)
}

/// The number of texts that the head of the table of shared texts announces.
fn announced(head: &[u8]) -> Option<u64> {
    let head = String::from_utf8_lossy(head);
    let (_, rest) = head.split_once("uniqueCount")?;
    let digits: String =
        rest.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    Some(digits.parse().unwrap_or(u64::MAX))
}

pub(super) fn refuse(message: impl Into<String>) -> LocatedProblem {
    LocatedProblem::new(Code::BadWorkbook, None, message)
}

/// The file is damaged, in the words of its reader.
pub(super) fn broken(error: &dyn std::fmt::Display) -> LocatedProblem {
    let reason = error.to_string();
    let reason = reason.lines().next().unwrap_or_default();
    refuse(format!("the workbook is damaged: {reason}"))
        .hint("open it in Excel or LibreOffice, have it repaired, and save it again")
}

fn too_large() -> LocatedProblem {
    refuse("the workbook unpacks to more than 128 MiB")
        .hint("split it into several files of the same folder")
}
