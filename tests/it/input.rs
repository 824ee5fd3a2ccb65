//! Bad input: each kind gives an error that names the place and the way out, and nothing is half-written.

use assay_testkit::{Project, Ran};
use serde_json::Value;

/// A small project with one dataset at `data/trips.csv`.
fn project(data: &[u8]) -> Project {
    let project = Project::new();
    for (path, text) in assay_testkit::parts(include_str!("../compile/base.case")) {
        project.write(&path, text);
    }
    project.write("data/trips.csv", data);
    project.seal("dev");
    project
}

const HEADER: &str = "id,fare,started,ended,flag\n";
const GOOD: &str = "1,2.50,2026-01-01 10:00:00,2026-01-01 10:10:00,Y\n";

fn run(project: &Project, code: i32) -> (Value, Ran) {
    let ran = project.assay(&["run", "trips-daily", "--format", "json"]).ends(code);
    (serde_json::from_str(&ran.out).expect("a record"), ran)
}

/// Runs and demands that the run is recorded as an error whose reason holds all the words.
#[track_caller]
fn refused(data: &[u8], words: &[&str]) {
    let project = project(data);
    let (record, _) = run(&project, 43);
    let reason = record["reason"].as_str().expect("a reason");
    assert_eq!(record["outcome"], "error");
    for word in words {
        assert!(reason.contains(word), "`{word}` is not in: {reason}");
    }
    let answer = project.assay(&["sql", "select outcome from run", "--format", "csv"]).ends(0);
    assert_eq!(answer.out, "outcome\nerror\n");
}

#[test]
fn ragged_lines_go_to_the_rejects_and_the_others_are_judged() {
    let data = format!(
        "{HEADER}{GOOD}2,3.00\n3,4.00,2026-01-01 10:00:00,2026-01-01 10:10:00,N,what,more\n{GOOD}"
    );
    let project = project(data.as_bytes());
    let (record, _) = run(&project, 0);
    assert_eq!(record["rows"], 2, "{record:#}");
    let cleanse =
        record["stages"].as_array().expect("stages").iter().find(|s| s["stage"] == "cleanse");
    assert_eq!(cleanse.expect("a cleanse stage")["rows_rejected"], 2);
}

#[test]
fn cells_of_another_type_go_to_the_rejects_with_their_place() {
    let data = format!("{HEADER}{GOOD}2,cheap,2026-01-01 10:00:00,2026-01-01 10:10:00,Y\n");
    let project = project(data.as_bytes());
    let (record, _) = run(&project, 0);
    assert_eq!(record["rows"], 1);
    let rejects = find(project.path(), "rejects.parquet").expect("the rejects are kept");
    let query =
        format!("select \"row\", \"column\", value from read_parquet('{}')", rejects.display());
    let read = duckdb::Connection::open_in_memory()
        .and_then(|db| {
            db.query_row(&query, [], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
            })
        })
        .expect("one reject");
    assert_eq!(read, (2, "fare".to_owned(), "cheap".to_owned()));
}

#[test]
fn a_missing_column_is_named_with_the_nearest_found() {
    refused(b"id,fair,started,ended,flag\n1,2,,,\n", &["trips.csv", "fare", "fair"]);
}

#[test]
fn a_file_of_no_bytes_is_named() {
    refused(b"", &["trips.csv", "empty"]);
}

#[test]
fn a_header_alone_is_data_with_nothing_to_judge() {
    let project = project(HEADER.as_bytes());
    let (record, _) = run(&project, 44);
    assert_eq!(record["rows"], 0);
    let all = record["verdicts"].as_array().expect("verdicts");
    assert!(all.iter().all(|verdict| verdict["verdict"] == "not_evaluated"));
}

#[test]
fn bytes_of_another_encoding_are_named() {
    let mut data = HEADER.as_bytes().to_vec();
    data.extend(b"1,2.50,2026-01-01 10:00:00,2026-01-01 10:10:00,caf\xe9\n");
    refused(&data, &["trips.csv", "utf-8"]);
}

#[test]
fn a_file_that_is_not_what_its_name_says_is_refused() {
    refused(b"PAR1\x00\x01\x02\x03 not a table PAR1", &["trips.csv"]);
    refused(b"<!DOCTYPE html><html><body>404 not found</body></html>", &["trips.csv"]);
    let project = project(HEADER.as_bytes());
    for (name, bytes) in [("a.csv.gz", &b"not gzip at all"[..]), ("a.csv.zst", b"not zstd at all")]
    {
        let path = project.write(name, bytes);
        let path = path.to_string_lossy();
        let ran =
            project.assay(&["run", "trips-daily", "--input", &path, "--format", "json"]).ends(43);
        let record: Value = serde_json::from_str(&ran.out).expect("a record");
        assert!(
            record["reason"].as_str().expect("a reason").contains(name),
            "{}",
            record["reason"]
        );
    }
}

/// Runs on a file beside the project's, and gives the reason of the run that ends in an error.
fn reason_of(name: &str, bytes: &[u8]) -> String {
    let project = project(HEADER.as_bytes());
    let path = project.write(name, bytes);
    let path = path.to_string_lossy();
    let ran = project.assay(&["run", "trips-daily", "--input", &path, "--format", "json"]).ends(43);
    let record: Value = serde_json::from_str(&ran.out).expect("a record");
    assert_eq!(find(project.path(), "cleansed.parquet"), None);
    record["reason"].as_str().expect("a reason").to_owned()
}

#[test]
fn a_gzip_file_that_was_cut_off_is_no_short_file() {
    let rows: String = (0..20_000)
        .map(|i| format!("{i},{}.50,2026-01-01 10:00:00,2026-01-01 10:10:00,Y\n", i * 7919 % 1000))
        .collect();
    let mut whole = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut whole, format!("{HEADER}{rows}").as_bytes()).expect("it packs");
    let whole = whole.finish().expect("it packs");
    let reason = reason_of("cut.csv.gz", &whole[..whole.len() / 2]);
    assert!(reason.contains("cut.csv.gz"), "{reason}");
}

#[test]
fn a_line_beyond_all_measure_is_told() {
    let mut data = format!("{HEADER}{GOOD}2,").into_bytes();
    data.extend(std::iter::repeat_n(b'9', 80 << 20));
    let reason = reason_of("long.csv", &data);
    assert!(reason.contains("long.csv"), "{reason}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let project = project(HEADER.as_bytes());
    let ran = project
        .assay(&["run", "trips-daily", "--input", "nowhere/*.csv", "--format", "json"])
        .ends(43);
    let record: Value = serde_json::from_str(&ran.out).expect("a record");
    assert!(record["reason"].as_str().expect("a reason").contains("nowhere"));
}

#[test]
fn an_unknown_job_and_a_missing_bundle_say_what_there_is() {
    let project = project(HEADER.as_bytes());
    let ran = project.assay(&["run", "trips-dayly"]).ends(2);
    assert!(ran.err.contains("did you mean `trips-daily`?"), "{}", ran.err);
    let ran = project.assay(&["run", "trips-daily", "--env", "prod"]).ends(2);
    assert!(ran.err.contains("assayc build --env"), "{}", ran.err);
}

#[test]
fn a_lake_that_cannot_be_written_fails_before_anything_is_visible() {
    let project = project(format!("{HEADER}{GOOD}").as_bytes());
    // A file stands where the folder of the lake should be, as with any refusal of the file system.
    project.write(".assay/lake", "in the way");
    let ran = project.assay(&["run", "trips-daily"]).ends(1);
    assert!(ran.err.contains(".assay/lake"), "{}", ran.err);
}

pub(crate) fn find(folder: &std::path::Path, name: &str) -> Option<std::path::PathBuf> {
    std::fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        if path.is_dir() {
            find(&path, name)
        } else {
            Some(path).filter(|path| path.ends_with(name))
        }
    })
}

#[test]
fn a_full_disk_leaves_nothing_visible_and_says_so() {
    let rows: String = (0..200_000)
        .map(|i| {
            format!(
                "{i},{i}.50,2026-01-01 10:00:00,2026-01-01 10:10:00,{}\n",
                "Y".repeat(1 + i % 37)
            )
        })
        .collect();
    let project = project(format!("{HEADER}{rows}").as_bytes());
    // A limit on the size of files refuses writes as a full disk does.
    let assay = assay_testkit::program("assay");
    let script = format!("trap '' XFSZ; ulimit -f 256; exec '{}' run trips-daily", assay.display());
    let ran = Ran::from(
        std::process::Command::new("sh")
            .args(["-c", &script])
            .current_dir(project.path())
            .output()
            .expect("sh runs"),
    );
    assert!(ran.code == 75 || ran.code == 1, "{ran:?}");
    let answer = project.assay(&[
        "sql",
        "select count(*) as n from run where outcome <> 'error'",
        "--format",
        "csv",
    ]);
    assert_eq!(answer.ends(0).out, "n\n0\n");
    assert_eq!(find(project.path(), "cleansed.parquet"), None);
    project.assay(&["run", "trips-daily"]).ends(0);
}

/// Bytes that profile and run must refuse alike, with all the words in what they say.
#[track_caller]
fn refused_by_all(name: &str, bytes: &[u8], words: &[&str]) {
    refused_in(&project(HEADER.as_bytes()), (name, bytes), words);
}

/// The same in a project whose files are of another format.
#[track_caller]
fn refused_in(project: &Project, (name, bytes): (&str, &[u8]), words: &[&str]) {
    let path = project.write(name, bytes);
    let path = path.to_string_lossy();
    for engine in ["duckdb", "polars"] {
        let ran = project
            .assay(&[
                "run",
                "trips-daily",
                "--input",
                &path,
                "--engine",
                engine,
                "--format",
                "json",
            ])
            .ends(43);
        let record: Value = serde_json::from_str(&ran.out).expect("a record");
        let reason = record["reason"].as_str().expect("a reason");
        let profile = project.assay(&["profile", &path, "--engine", engine]);
        assert_ne!(profile.code, 0, "{}", profile.out);
        for word in words.iter().chain([&name]) {
            assert!(reason.contains(word), "`{word}` is not in: {reason}");
            assert!(profile.err.contains(word), "`{word}` is not in: {}", profile.err);
        }
    }
    for left in ["cleansed.parquet", "rejects.parquet"] {
        assert_eq!(find(project.path(), left), None, "something is left behind");
    }
    let work = std::fs::read_dir(project.path().join(".assay/lake/.work"));
    assert_eq!(work.map_or(0, Iterator::count), 0, "a work folder is left behind");
}

fn packed(text: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut out, text).expect("it packs");
    out.finish().expect("it packs")
}

#[test]
fn a_record_that_is_too_long_is_told_wherever_its_line_breaks_stand() {
    let row = "3,3.00,2026-01-01 10:00:00,2026-01-01 10:10:00,N\n";
    let tail = row.repeat(50_000);
    let plain = "x".repeat(40 << 20);
    // What stands in the quotes looks like rows, and must not be taken for some.
    let rows = format!("\"{}\"", row.repeat(60_000));
    for (name, cell) in [("plain", &plain), ("rows", &rows)] {
        let text =
            format!("{HEADER}{GOOD}2,2.00,2026-01-01 10:00:00,2026-01-01 10:10:00,{cell}\n{tail}");
        let words = ["line 3, byte", "more than 2000000 bytes"];
        refused_by_all(&format!("{name}.csv"), text.as_bytes(), &words);
        refused_by_all(&format!("{name}.csv.gz"), &packed(text.as_bytes()), &words);
    }
}

#[test]
fn a_line_of_two_gigabytes_is_told_at_once() {
    let project = project(HEADER.as_bytes());
    let path = project.write("huge.csv", format!("{HEADER}{GOOD}2,{}", "9".repeat(8000)));
    let file = std::fs::File::options().append(true).open(&path).expect("the file is there");
    file.set_len(2 << 30).expect("a file with a hole");
    let path = path.to_string_lossy();
    let begun = std::time::Instant::now();
    let ran = project.assay(&["run", "trips-daily", "--input", &path, "--format", "json"]).ends(43);
    assert!(ran.out.contains("line 3, byte") && ran.out.contains("huge.csv"), "{}", ran.out);
    let ran = project.assay(&["profile", &path]);
    assert!(ran.code != 0 && ran.err.contains("line 3, byte"), "{}", ran.err);
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}

#[test]
fn other_kinds_of_files_and_halves_of_files_are_refused_by_all() {
    refused_by_all("page.csv", b"<!DOCTYPE html><html><body>404</body></html>", &["a web page"]);
    let mut mixed = format!("{HEADER}{}", GOOD.repeat(5000)).into_bytes();
    mixed.extend(b"1,2.50,2026-01-01 10:00:00,2026-01-01 10:10:00,caf\xe9\n");
    mixed.extend("1,2.50,2026-01-01 10:00:00,2026-01-01 10:10:00,caf\u{e9}\n".as_bytes());
    refused_by_all("mixed.csv", &mixed, &["line 5002", "utf-8"]);
    let gzip = packed(format!("{HEADER}{}", GOOD.repeat(20_000)).as_bytes());
    refused_by_all("half.csv.gz", &gzip[..gzip.len() / 2], &["cut off"]);
}

#[test]
fn half_of_a_parquet_file_is_told() {
    let project = project(HEADER.as_bytes());
    project.replace("libraries/contracts/trip.yaml", "format: csv", "format: parquet");
    project.seal("dev");
    let whole = project.path().join("whole.parquet");
    let sql = format!("COPY (SELECT i AS id FROM range(99999) t(i)) TO '{}'", whole.display());
    duckdb::Connection::open_in_memory().and_then(|base| base.execute_batch(&sql)).expect("rows");
    let bytes = std::fs::read(whole).expect("rows");
    // Its end is that of a Parquet file, and what lies before it is not.
    let mut holes = vec![0; bytes.len()];
    holes[..4].copy_from_slice(b"PAR1");
    holes[bytes.len() - 600..].copy_from_slice(&bytes[bytes.len() - 600..]);
    refused_in(&project, ("half.parquet", &bytes[..bytes.len() / 2]), &["cut off"]);
    refused_in(&project, ("holes.parquet", &holes), &[]);
}
