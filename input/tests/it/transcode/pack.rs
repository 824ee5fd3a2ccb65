//! Packed files: whole ones, cut ones, and those that unpack to too much.

use super::common;
use std::io::{Read as _, Write as _};

use super::common::{row, run_file};
use assay_input::transcode::{Error, Format, pack, text};
use zip::write::SimpleFileOptions;

const TEXT: &[u8] = b"a,b\n1,2\n3,4\n";

fn run(name: &str, bytes: &[u8], packing: &pack::Options) -> Result<common::Rows, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    match run_file(&path, &Format::Text(text::Options::default()), packing) {
        Ok((rows, _)) => Ok(rows),
        Err(Error::Data(text)) => Err(text),
        Err(other) => panic!("{other:?}"),
    }
}

fn plain(name: &str, bytes: &[u8]) -> Result<common::Rows, String> {
    run(name, bytes, &pack::Options::default())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn wanted() -> common::Rows {
    vec![row(&["a", "b"]), row(&["1", "2"]), row(&["3", "4"])]
}

#[test]
fn members_and_frames_are_one_file() {
    let (head, tail) = TEXT.split_at(6);
    let members = [gzip(head), gzip(tail)].concat();
    assert_eq!(plain("a.csv.gz", &members), Ok(wanted()));
    let frame = |bytes: &[u8]| zstd::encode_all(bytes, 3).unwrap();
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9];
    let frames = [skippable.to_vec(), frame(head), frame(tail)].concat();
    assert_eq!(plain("a.csv.zst", &frames), Ok(wanted()));
    let archive = zip(&[("__MACOSX/._a.csv", b"x"), ("data/a.csv", TEXT), (".DS_Store", b"")]);
    assert_eq!(plain("a.zip", &archive), Ok(wanted()));
    assert_eq!(plain("a.csv", &gzip(TEXT)), Ok(wanted()));
}

#[test]
fn cut_files_are_never_taken_for_whole_ones() {
    let text: Vec<u8> =
        (0..20_000).flat_map(|n| format!("{n},{}\n", n * 7919 % 1009).into_bytes()).collect();
    let text = [b"a,b\n".as_slice(), &text].concat();
    let packed = gzip(&text);
    for cut in [packed.len() - 1, packed.len() - 8, packed.len() / 2, 20, 3] {
        let said = plain("a.csv.gz", &packed[..cut]).unwrap_err();
        assert!(said.contains("the file ends in the middle of its gzip data"), "{cut}: {said}");
    }
    let packed = zstd::encode_all(text.as_slice(), 3).unwrap();
    for cut in [packed.len() - 1, packed.len() / 2, 20, 5] {
        let said = plain("a.csv.zst", &packed[..cut]).unwrap_err();
        assert!(said.contains("the file ends in the middle of its zstd data"), "{cut}: {said}");
    }
    let packed = zip(&[("a.csv", &text)]);
    for cut in [packed.len() - 1, packed.len() / 2, 40] {
        let said = plain("a.zip", &packed[..cut]).unwrap_err();
        assert!(said.contains("damaged or was cut off"), "{cut}: {said}");
    }
    let mut packed = gzip(&text);
    let middle = packed.len() / 2;
    packed[middle] ^= 0x55;
    let said = plain("a.csv.gz", &packed).unwrap_err();
    assert!(said.contains("damaged") || said.contains("no text in"), "{said}");
    let mut packed = zip(&[("a.csv", &text)]);
    let middle = packed.len() / 2;
    packed[middle] ^= 0x55;
    assert!(plain("a.zip", &packed).is_err());
}

#[test]
fn names_and_bytes_must_agree() {
    assert!(plain("a.csv.gz", TEXT).unwrap_err().contains("not a gzip file"));
    assert!(plain("a.zip", &gzip(TEXT)).unwrap_err().contains("not a ZIP archive"));
    assert!(plain("a.csv.zst", b"").unwrap_err().contains("0 bytes"));
}

#[test]
fn archives_say_which_members_they_have() {
    let archive = zip(&[("b.csv", TEXT), ("a.csv", TEXT), ("notes/[1].txt", b"x\n1\n")]);
    let said = plain("a.zip", &archive).unwrap_err();
    assert!(said.contains("3 members: `a.csv`, `b.csv`, `notes/[1].txt`"), "{said}");
    let member =
        |pattern: &str| pack::Options { member: Some(pattern.into()), ..pack::Options::default() };
    assert_eq!(run("a.zip", &archive, &member("b.csv")), Ok(wanted()));
    assert_eq!(run("a.zip", &archive, &member("b*")), Ok(wanted()));
    assert!(run("a.zip", &archive, &member("notes/[1].txt")).is_ok());
    assert!(run("a.zip", &archive, &member("*.csv")).unwrap_err().contains("2 members match"));
    assert!(run("a.zip", &archive, &member("c")).unwrap_err().contains("no member matches `c`"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    std::fs::write(&path, &archive).unwrap();
    assert_eq!(pack::members(&path, Some("*.csv")).unwrap(), ["a.csv", "b.csv"]);

    // The flag of encryption, in both headers.
    let mut locked = zip(&[("a.csv", TEXT)]);
    locked[6] |= 1;
    let directory = locked.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    locked[directory + 8] |= 1;
    let said = plain("a.zip", &locked).unwrap_err();
    assert!(said.contains("protected by a password"), "{said}");
    let workbook = zip(&[("[Content_Types].xml", b"x")]);
    assert!(plain("a.zip", &workbook).unwrap_err().contains("`excel`"));
}

#[test]
fn bombs_are_stopped() {
    let text = [b"a,b\n".as_slice(), &b"1,2\n".repeat(1 << 20)].concat();
    let limits = |max_unpacked| pack::Options { max_unpacked, ..pack::Options::default() };
    let said = run("a.csv.gz", &gzip(&text), &limits(1 << 20)).unwrap_err();
    assert!(said.contains("raise `max_unpacked`"), "{said}");
    let frame = zstd::encode_all(std::io::repeat(b'\n').take(400 << 20), 1).unwrap();
    let said = run("a.csv.zst", &frame, &pack::Options::default()).unwrap_err();
    assert!(said.contains("`max_ratio`") || said.contains("no header"), "{said}");
}
