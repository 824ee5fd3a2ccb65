//! What a workbook unpacks to, before anything of it is trusted.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::ZipArchive;

use super::super::error::Error;

/// How many parts a workbook may have.
const MAX_PARTS: usize = 10_000;
/// Bytes that the one part of an `.ods` file may have that is wholly in memory, as one sheet or several.
const MAX_CONTENT: u64 = 512 << 20;
/// Cells that repetitions in an `.ods` file may stand for.
const MAX_REPEATED: u64 = 20_000_000;
/// How older workbooks begin; files with a password are wrapped like them.
const COMPOUND_FILE: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
/// The shortest that a text can be in the table of shared texts: `<si/>`.
const SHORTEST_TEXT: u64 = 5;

/// The format of a workbook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Xlsx,
    Xlsb,
    Xls,
    Ods,
}

/// Tells the format, and refuses what is no workbook or would not stay within bounds: sizes are looked up first and
/// then counted, since a directory can lie.
pub(super) fn inspect(path: &Path, max_unpacked: u64) -> Result<Kind, Error> {
    let name = path.display().to_string();
    let told = |error: std::io::Error| Error::reading(&name, &error);
    let mut file = File::open(path).map_err(told)?;
    let mut head = [0; 8];
    let length = file.metadata().map_err(told)?.len();
    let mut filled = 0;
    while filled < head.len() {
        match file.read(&mut head[filled..]).map_err(told)? {
            0 => break,
            count => filled += count,
        }
    }
    if head == COMPOUND_FILE {
        return compound(path, file, length, max_unpacked);
    }
    if !head.starts_with(b"PK") {
        let what = match head[..filled].iter().find(|byte| !byte.is_ascii_whitespace()) {
            None => "it is empty".to_owned(),
            Some(b'<') => "it looks like a web page or XML under another name".to_owned(),
            Some(_) => "its first bytes are those of something else".to_owned(),
        };
        return Err(Error::Data(format!(
            "{name}: not a workbook: {what}; save it from Excel or LibreOffice as `.xlsx`, or read \
             it as `csv` if it is text"
        )));
    }
    let file = File::open(path).map_err(told)?;
    parts(path, BufReader::new(file), max_unpacked)
}

/// An `.xls` file, or a protected one.
fn compound(path: &Path, mut file: File, length: u64, most: u64) -> Result<Kind, Error> {
    let name = path.display();
    if length > most {
        return Err(too_large(path, most));
    }
    let word: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut window = Vec::new();
    let mut chunk = vec![0; 1 << 16];
    loop {
        let count =
            file.read(&mut chunk).map_err(|error| Error::reading(&name.to_string(), &error))?;
        if count == 0 {
            return Ok(Kind::Xls);
        }
        window.extend_from_slice(&chunk[..count]);
        if memchr::memmem::find(&window, &word).is_some() {
            return Err(protected(path));
        }
        let keep = window.len().min(word.len());
        window.drain(..window.len() - keep);
    }
}

fn parts(path: &Path, file: BufReader<File>, most: u64) -> Result<Kind, Error> {
    let mut archive = ZipArchive::new(file).map_err(|error| broken(path, &error))?;
    if archive.len() > MAX_PARTS {
        return Err(Error::Data(format!(
            "{}: the workbook has more than {MAX_PARTS} parts",
            path.display()
        )));
    }
    let mut kind = None;
    let mut left = most;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| broken(path, &error))?;
        let name = part.name().map_err(|error| broken(path, &error))?.to_ascii_lowercase();
        kind = match name.as_str() {
            "xl/workbook.xml" => Some(Kind::Xlsx),
            "xl/workbook.bin" => Some(Kind::Xlsb),
            "content.xml" => Some(Kind::Ods),
            _ => kind,
        };
        // Pictures and fonts are never unpacked.
        let ending = name.rsplit('.').next().unwrap_or_default();
        if !matches!(ending, "xml" | "rels" | "bin") {
            continue;
        }
        let most_here = if name == "content.xml" { left.min(MAX_CONTENT) } else { left };
        if part.size() > most_here {
            return Err(too_large(path, most.min(most_here)));
        }
        let size = match name.as_str() {
            "content.xml" => content(path, part, most_here)?,
            _ => measure(path, part, most_here, name.ends_with("sharedstrings.xml"))?,
        };
        left = left.checked_sub(size).ok_or_else(|| too_large(path, most))?;
    }
    kind.ok_or_else(|| {
        Error::Data(format!(
            "{}: not a workbook but a ZIP archive of something else; unpack it, or read it as `csv` \
             if it holds text",
            path.display()
        ))
    })
}

/// The true size of a part, read to at most one byte more than `most`.
fn measure(path: &Path, part: impl Read, most: u64, texts: bool) -> Result<u64, Error> {
    let mut part = part.take(most.saturating_add(1));
    let mut buffer = vec![0; 64 * 1024];
    let mut head = Vec::new();
    let mut size = 0_u64;
    loop {
        let count = part.read(&mut buffer).map_err(|error| broken(path, &error))?;
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
        return Err(broken(path, &"it announces more texts than it holds"));
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

/// The true size of the content of an `.ods` file, whose reader writes repeated cells out.
fn content(path: &Path, part: impl Read, most: u64) -> Result<u64, Error> {
    let mut bytes = Vec::new();
    part.take(most.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| broken(path, &error))?;
    let word = b"number-columns-repeated=\"";
    let mut repeated = 0_u64;
    for at in memchr::memmem::find_iter(&bytes, word) {
        let rest = &bytes[at + word.len()..];
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).take(10);
        let count = digits.fold(0_u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
        // Empty cells at the end of a row are what fills it up, and the reader drops them.
        let end = memchr::memchr(b'>', rest).unwrap_or(rest.len());
        let filler = rest[..end].ends_with(b"/") && rest[end..].starts_with(b"></table:table-row>");
        // Columns beyond the last one that there can be are dropped as well.
        if !filler {
            repeated += count.min(16_384);
        }
    }
    if repeated > MAX_REPEATED {
        return Err(Error::Data(format!(
            "{}: repeated cells stand for {repeated} cells; save the sheet as `.xlsx`",
            path.display()
        )));
    }
    Ok(bytes.len() as u64)
}

/// The file is damaged, in the words of its reader.
pub(super) fn broken(path: &Path, error: &dyn std::fmt::Display) -> Error {
    let reason = error.to_string();
    if reason.to_lowercase().contains("password") {
        return protected(path);
    }
    Error::Data(format!(
        "{}: the workbook is damaged: {}; open it in Excel or LibreOffice, have it repaired, and save \
         it again",
        path.display(),
        reason.lines().next().unwrap_or_default()
    ))
}

fn protected(path: &Path) -> Error {
    Error::Data(format!(
        "{}: the workbook is protected by a password; save it without one",
        path.display()
    ))
}

fn too_large(path: &Path, most: u64) -> Error {
    Error::Data(format!(
        "{}: the workbook comes to more than {most} bytes; raise `max_unpacked`, or split it",
        path.display()
    ))
}
