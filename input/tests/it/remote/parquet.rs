//! Parquet objects, read in part.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use assay_input::remote::{Budget, Error, Location, Object, Remote, SparseFile};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::file::serialized_reader::ReadOptionsBuilder;
use parquet::file::writer::SerializedFileWriter;
use parquet::record::Field;
use parquet::schema::parser::parse_message_type;
use sha2::{Digest as _, Sha256};

use super::kit::{Answer, Server, access, names, noise};

const ALL: u64 = 1 << 30;
const ROWS: usize = 25_000;
const GROUPS: usize = 2;

/// Twenty columns: `c03` a text of few values with dictionary and Bloom filter, `c19` a list, all others
/// numbers without order.
fn written(note: usize) -> Vec<u8> {
    let column = |index: usize| match index {
        3 => "required binary c03 (STRING);".to_owned(),
        19 => {
            "required group c19 (LIST) { repeated group list { required int64 element; } }".into()
        }
        _ => format!("required int64 c{index:02};"),
    };
    let columns: String = (0..20).map(column).collect();
    let schema = parse_message_type(&format!("message m {{ {columns} }}")).unwrap();
    let note = KeyValue::new("note".into(), "x".repeat(note));
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_column_dictionary_enabled("c03".into(), true)
        .set_column_bloom_filter_enabled("c03".into(), true)
        .set_key_value_metadata(Some(vec![note]))
        .build();
    let mut out = Vec::new();
    let mut writer =
        SerializedFileWriter::new(&mut out, Arc::new(schema), Arc::new(properties)).unwrap();
    for group in 0..GROUPS {
        let mut row_group = writer.next_row_group().unwrap();
        let mut index = 0;
        while let Some(mut column) = row_group.next_column().unwrap() {
            if index == 3 {
                let values: Vec<ByteArray> =
                    (0..ROWS).map(|row| text(group, row).into_bytes().into()).collect();
                column.typed::<ByteArrayType>().write_batch(&values, None, None).unwrap();
            } else {
                let values: Vec<i64> = (0..ROWS).map(|row| number(index, group, row)).collect();
                // Each list has one element.
                let levels = (index == 19).then(|| (vec![1_i16; ROWS], vec![0_i16; ROWS]));
                let levels = levels.as_ref();
                column
                    .typed::<Int64Type>()
                    .write_batch(
                        &values,
                        levels.map(|(defined, _)| &defined[..]),
                        levels.map(|(_, repeated)| &repeated[..]),
                    )
                    .unwrap();
            }
            column.close().unwrap();
            index += 1;
        }
        row_group.close().unwrap();
    }
    writer.close().unwrap();
    out
}

fn text(group: usize, row: usize) -> String {
    format!("text {}", (row + group) % 7)
}

fn number(column: usize, group: usize, row: usize) -> i64 {
    let seed = (column * 1_000_003 + group * 500_009 + row) as u64;
    (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed.rotate_left(31)) as i64
}

fn remote(server: &Server) -> (Remote, Object) {
    let location = Location::parse(&server.url("d=1/a.parquet")).unwrap();
    let remote = Remote::open(&location, &access()).unwrap();
    let object = remote.list().unwrap().remove(0);
    (remote, object)
}

fn served(bytes: &[u8]) -> Server {
    let bytes = bytes.to_vec();
    Server::new(move |request| Answer::file(request, &bytes, "\"v1\""))
}

/// Reads columns of a file with another reader and holds them against what was written.
fn read(path: &Path, columns: &[&str]) {
    let options = ReadOptionsBuilder::new().with_page_index().build();
    let reader =
        SerializedFileReader::new_with_options(File::open(path).unwrap(), options).unwrap();
    let all = reader.metadata().file_metadata().schema().clone();
    let fields = all.get_fields().iter().filter(|field| columns.contains(&field.name()));
    let projection = parquet::schema::types::Type::group_type_builder("m")
        .with_fields(fields.cloned().collect())
        .build()
        .unwrap();
    let mut rows = 0;
    for row in reader.get_row_iter(Some(projection)).unwrap() {
        let (group, within) = (rows / ROWS, rows % ROWS);
        for (name, value) in row.unwrap().get_column_iter() {
            let index: usize = name[1..].parse().unwrap();
            match value {
                Field::Str(value) => assert_eq!(*value, text(group, within)),
                Field::Long(value) => assert_eq!(*value, number(index, group, within)),
                Field::ListInternal(list) => {
                    assert_eq!(list.elements(), [Field::Long(number(index, group, within))]);
                }
                other => panic!("{other:?}"),
            }
        }
        rows += 1;
    }
    assert_eq!(rows, ROWS * GROUPS);
}

/// The bytes of a sparse file are those of the object where something was read, and the digest is of them.
fn holds(sparse: &SparseFile, bytes: &[u8]) {
    let local = std::fs::read(sparse.path()).unwrap();
    assert_eq!(local.len(), bytes.len());
    let mut hasher = Sha256::new();
    for range in sparse.read() {
        let (start, end) = (range.start as usize, range.end as usize);
        assert_eq!(local[start..end], bytes[start..end]);
        hasher.update(range.start.to_le_bytes());
        hasher.update((range.end - range.start).to_le_bytes());
        hasher.update(&bytes[start..end]);
    }
    let digest: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(sparse.digest(), digest);
    let read: u64 = sparse.read().iter().map(|range| range.end - range.start).sum();
    assert_eq!(sparse.bytes_read(), read);
}

#[test]
fn two_of_twenty_columns_are_read_without_the_others() {
    let bytes = written(10);
    let server = served(&bytes);
    let (remote, object) = remote(&server);
    let folder = tempfile::tempdir().unwrap();
    for columns in [["c03", "c11"], ["c05", "c06"], ["c12", "c19"]] {
        let budget = Budget::new(ALL);
        let sparse = remote.footer(&object, folder.path(), &budget).unwrap();
        let ranges = sparse.ranges(&columns, None).unwrap();
        let sparse = remote.fill(sparse, &ranges, &budget).unwrap();
        let share = sparse.bytes_read() as f64 / bytes.len() as f64;
        assert!(share < 0.15, "{share}");
        assert_eq!(budget.used(), sparse.bytes_read());
        holds(&sparse, &bytes);
        read(sparse.path(), &columns);
        // What is there is not read again.
        let (before, asked) = (sparse.bytes_read(), server.requests().len());
        let sparse = remote.fill(sparse, &ranges, &budget).unwrap();
        assert_eq!((sparse.bytes_read(), server.requests().len()), (before, asked));
        let more = sparse.ranges(&["C07"], Some(&[1])).unwrap();
        let sparse = remote.fill(sparse, &more, &budget).unwrap();
        assert!(sparse.bytes_read() - before > 8 * ROWS as u64);
        holds(&sparse, &bytes);
        read(sparse.path(), &columns);
    }
    assert!(server.requests().iter().skip(1).all(|r| r.headers["if-match"] == "\"v1\""));
    assert_eq!(names(folder.path()).len(), 3);
}

#[cfg(unix)]
#[test]
fn holes_take_no_space() {
    use std::os::unix::fs::MetadataExt as _;
    let server = served(&written(10));
    let (remote, object) = remote(&server);
    let folder = tempfile::tempdir().unwrap();
    let sparse = remote.footer(&object, folder.path(), &Budget::new(ALL)).unwrap();
    let data = std::fs::metadata(sparse.path()).unwrap();
    assert_eq!(data.len(), object.size);
    assert!(data.blocks() * 512 < 200_000, "{}", data.blocks());
}

#[test]
fn footers_may_be_long_and_files_short() {
    let folder = tempfile::tempdir().unwrap();
    let long = written(200_000);
    let server = served(&long);
    let (remote_long, object) = remote(&server);
    let sparse = remote_long.footer(&object, folder.path(), &Budget::new(ALL)).unwrap();
    assert!(sparse.footer().len() > 200_000);
    let ranges = sparse.ranges(&["c00"], None).unwrap();
    let sparse = remote_long.fill(sparse, &ranges, &Budget::new(ALL)).unwrap();
    holds(&sparse, &long);
    read(sparse.path(), &["c00"]);

    let mut short = Vec::new();
    let schema = parse_message_type("message m { required int64 c00; }").unwrap();
    let writer = SerializedFileWriter::new(&mut short, Arc::new(schema), Arc::default()).unwrap();
    writer.close().unwrap();
    let server = served(&short);
    let (remote_short, object) = remote(&server);
    let sparse = remote_short.footer(&object, folder.path(), &Budget::new(ALL)).unwrap();
    assert_eq!(sparse.bytes_read(), short.len() as u64);
    assert_eq!(sparse.ranges(&["c00"], None).unwrap(), []);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn what_cannot_be_read_in_part_is_said_and_leaves_nothing() {
    let bytes = written(10);
    let folder = tempfile::tempdir().unwrap();
    let footer = |server: &Server| {
        let (remote, object) = remote(server);
        let met = remote.footer(&object, folder.path(), &Budget::new(ALL));
        assert!(names(folder.path()).is_empty());
        met.unwrap_err()
    };
    let said = footer(&served(&bytes[..bytes.len() - 1000])).to_string();
    assert!(said.contains("a.parquet: the Parquet file is cut off"), "{said}");
    let said = footer(&served(b"<html><body>Sign in</body></html>")).to_string();
    assert!(said.contains("it seems to be a web page"), "{said}");
    let said = footer(&served(b"a,b")).to_string();
    assert!(said.contains("it has 3 bytes"), "{said}");
    let whole = bytes.clone();
    let met = footer(&Server::new(move |request| {
        let mut plain = request.clone();
        plain.headers.remove("range");
        Answer::file(&plain, &whole, "\"v1\"")
    }));
    let Error::Whole(said) = met else { panic!("{met}") };
    assert!(said.contains("it can be read whole only"), "{said}");
    let (remote, object) = remote(&served(&bytes));
    let met = remote.footer(&object, folder.path(), &Budget::new(1000)).unwrap_err();
    assert!(matches!(met, Error::Resource(_)), "{met}");
    assert!(names(folder.path()).is_empty());
}

#[test]
fn columns_and_row_groups_that_are_not_there_are_said() {
    let server = served(&written(10));
    let (remote, object) = remote(&server);
    let folder = tempfile::tempdir().unwrap();
    let sparse = remote.footer(&object, folder.path(), &Budget::new(ALL)).unwrap();
    let said = |columns: &[&str], groups| sparse.ranges(columns, groups).unwrap_err().to_string();
    let column = said(&["nope"], None);
    assert!(column.contains("no column `nope`; it has `c00`, `c01`"), "{column}");
    assert!(said(&["c00"], Some(&[2])).contains("has 2 row groups, and none of number 2"));
}

#[test]
fn an_object_that_is_replaced_leaves_no_file_with_holes() {
    static REPLACED: AtomicBool = AtomicBool::new(false);
    let bytes = written(10);
    let server = Server::new(move |request| {
        let tag = if REPLACED.load(Ordering::Relaxed) { "\"v2\"" } else { "\"v1\"" };
        Answer::file(request, &bytes, tag)
    });
    let (remote, object) = remote(&server);
    let folder = tempfile::tempdir().unwrap();
    let budget = Budget::new(ALL);
    let sparse = remote.footer(&object, folder.path(), &budget).unwrap();
    let ranges = sparse.ranges(&["c00"], None).unwrap();
    REPLACED.store(true, Ordering::Relaxed);
    let said = remote.fill(sparse, &ranges, &budget).unwrap_err().to_string();
    assert!(said.contains("was replaced while it was read"), "{said}");
    assert!(names(folder.path()).is_empty());
}

#[test]
fn connections_that_break_are_taken_up_again() {
    let bytes = written(10);
    let held = bytes.clone();
    let server = Server::new(move |request| {
        let mut answer = Answer::file(request, &held, "\"v1\"");
        answer.cut = (request.number % 3 == 2).then_some(answer.body.len() / 2);
        if request.number % 5 == 4 {
            answer = Answer::status(503);
        }
        answer
    });
    let (remote, object) = remote(&server);
    let folder = tempfile::tempdir().unwrap();
    let budget = Budget::new(ALL);
    let sparse = remote.footer(&object, folder.path(), &budget).unwrap();
    let ranges = sparse.ranges(&["c00", "c10", "c19"], None).unwrap();
    let sparse = remote.fill(sparse, &ranges, &budget).unwrap();
    holds(&sparse, &bytes);
    read(sparse.path(), &["c00", "c10", "c19"]);
}

#[test]
fn damaged_footers_are_told_of_and_break_nothing() {
    let bytes = written(10);
    let length = bytes.len();
    let size = u32::from_le_bytes(bytes[length - 8..length - 4].try_into().unwrap()) as usize;
    let chance = noise(6000);
    let folder = tempfile::tempdir().unwrap();
    let (mut read, mut refused) = (0, 0);
    for turn in chance.chunks(4) {
        let mut damaged = bytes[length - 8 - size..].to_vec();
        let at = (usize::from(turn[0]) << 8 | usize::from(turn[1])) % size;
        damaged[at] = turn[2];
        damaged[(at + usize::from(turn[3])) % size] ^= 1 << (turn[2] & 7);
        // All else is a hole, which the footer is not read from.
        let path = folder.path().join("a.parquet");
        let mut file = File::create(&path).unwrap();
        file.write_all(&bytes[..4]).unwrap();
        file.seek(SeekFrom::Start((length - 8 - size) as u64)).unwrap();
        file.write_all(&damaged).unwrap();
        let uri = format!("file://{}", path.display());
        let remote = Remote::open(&Location::parse(&uri).unwrap(), &access()).unwrap();
        let object = remote.list().unwrap().remove(0);
        let sparse = remote.footer(&object, folder.path(), &Budget::new(ALL)).unwrap();
        match sparse.ranges(&["c03", "c11"], None) {
            Ok(_) => read += 1,
            Err(Error::Data(_)) => refused += 1,
            Err(other) => panic!("{other}"),
        }
        std::fs::remove_file(sparse.path()).unwrap();
    }
    assert!(read > 100 && refused > 100, "{read} {refused}");
}
