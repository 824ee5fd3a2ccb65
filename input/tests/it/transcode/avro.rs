//! Avro files of another writer, and broken ones.

use super::common;
use super::common::{data, row, run, run_file};
use assay_input::transcode::{Error, Format, Written, avro, pack};
use proptest::prelude::*;

fn read(file: &str, columns: &[&str]) -> Result<(common::Rows, Written), Error> {
    let columns = columns.iter().map(|name| (*name).to_owned()).collect();
    let format = Format::Avro(avro::Options { columns, ..avro::Options::default() });
    run_file(&data(&format!("avro/{file}")), &format, &pack::Options::default())
}

#[test]
fn every_codec_gives_the_same_rows() {
    let first = row(&[
        "4611686018427387904",
        "Zoë, \"x\"\n",
        "-12.50",
        "-1234567890123456789012345678901234567.125",
        "1969-12-31",
        "10:10:10.5",
        "23:59:59.999999",
        "2021-01-01 10:10:10",
        "1960-01-01 00:00:00.000001",
        "true",
        "0.1",
        "0.1",
        "B",
        "00ff",
        "12345678-1234-5678-1234-567812345678",
        "[\"a\",\"b\"]",
        "{\"k\":null,\"l\":7,\"m\":\"A\"}",
        "{\"v\":1,\"next\":{\"v\":2,\"next\":null}}",
    ]);
    let second = row(&[
        "-1",
        "~",
        "0.05",
        "~",
        "2000-02-29",
        "00:00:00",
        "00:00:01",
        "1970-01-01 00:00:00",
        "~",
        "false",
        "NaN",
        "3",
        "A",
        "",
        "00000000-0000-0000-0000-000000000000",
        "[]",
        "{}",
        "~",
    ]);
    for codec in ["null", "deflate", "snappy", "zstandard"] {
        let (rows, told) = read(&format!("{codec}.avro"), &[]).unwrap();
        assert_eq!(told.fault_count, 0);
        assert_eq!(rows[1..], [first.clone(), second.clone()], "{codec}");
        assert_eq!(told.columns[17], "next");
    }
    let (rows, told) = read("null.avro", &["next.next.v", "id", "none"]).unwrap();
    assert_eq!(rows[1], row(&["2", "4611686018427387904", "~"]));
    assert_eq!(told.absent, ["none"]);
}

#[test]
fn blocks_follow_each_other() {
    let (rows, told) = read("blocks.avro", &[]).unwrap();
    assert_eq!(rows.len(), 3001);
    assert_eq!(rows[3000], row(&["2999", "text 3"]));
    assert_eq!(told.places.line(3000), 3000);
}

#[test]
fn what_is_broken_is_refused() {
    let said = read("xz.avro", &[]).unwrap_err().to_string();
    assert!(said.contains("packed with `xz`"), "{said}");
    let format = Format::Avro(avro::Options::default());
    let refused = |bytes: &[u8]| common::refused("a.avro", bytes, &format);
    assert!(refused(b"").contains("not an Avro file"));
    assert!(refused(b"\0\0\0\0\x01abc").contains("single messages"));
    let whole = std::fs::read(data("avro/blocks.avro")).unwrap();
    for cut in [whole.len() - 1, whole.len() - 20, whole.len() / 2, 60, 5] {
        let said = refused(&whole[..cut]);
        assert!(said.contains("the file ends in the middle"), "{cut}: {said}");
    }
    let mut bent = whole.clone();
    let last = bent.len() - 3;
    bent[last] ^= 1;
    assert!(refused(&bent).contains("does not end where it says"));
    let small = Format::Avro(avro::Options { max_block_bytes: 500, ..avro::Options::default() });
    assert!(common::refused("a.avro", &whole, &small).contains("`max_block_bytes`"));
}

proptest! {
    #[test]
    fn no_change_of_bytes_breaks_it(at in 0_usize..2500, to: u8, second in 0_usize..2500, other: u8) {
        let mut bytes = std::fs::read(data("avro/null.avro")).unwrap();
        let length = bytes.len();
        bytes[at % length] = to;
        bytes[second % length] = other;
        let _ = run("a.avro", &bytes, &Format::Avro(avro::Options::default()));
    }
}
