//! A job over a bucket of a real server of object storage, where one is installed: what is read, what is
//! recorded, and what happens on bad days.

#[path = "../../input/tests/it/remote/installed.rs"]
mod installed;

use assay_testkit::{Project, Ran, parts};
use duckdb::Connection;
use installed::Installed;
use serde_json::Value;

const PROJECT: &str = "\
=== libraries/schemas/trip.yaml
schema_id: trip
columns:
  - { name: id, data_type: integer }
  - { name: fare, data_type: double }
  - { name: note, data_type: text }
=== libraries/rules/trip.yaml
rule_set_id: trip
rules:
  - { rule_id: cheap, rule_type: range, column: fare, parameters: { max: 10 } }
=== libraries/infra/bucket.yaml
infra_profile_id: bucket
storage: { conn_id: lake, location: \"s3://trips/raw\" }
=== libraries/contracts/trip.yaml
contract_id: trips
infra_profile: { infra_profile_id: bucket }
datasets:
  - dataset_contract_id: trips
    schema: { schema_id: trip }
    source: { path: \"*.parquet\", format: parquet }
    rule_sets: [{ rule_set_id: trip }]
=== libraries/jobs/trip.yaml
job_definition_id: trips-daily
data_contract: { contract_id: trips }
stages: { profile: false }
";

fn project(port: u16) -> Project {
    let project = Project::new();
    for (path, text) in parts(PROJECT) {
        project.write(&path, text);
    }
    project.write(
        "environments/dev.yaml",
        format!(
            "environment: dev\nresults: lake\nconnections:\n  lake:\n    \
             url: http://127.0.0.1:{port}\n    region: eu-west-1\n    secrets:\n      \
             access_key_id: secret://env/TEST_KEY_ID\n      secret_access_key: secret://env/TEST_KEY\n"
        ),
    );
    project.seal("dev");
    project
}

/// Runs the job with keys in the environment.
fn run(project: &Project, more: &[&str]) -> Ran {
    run_job(project, "trips-daily", more)
}

fn run_job(project: &Project, job: &str, more: &[&str]) -> Ran {
    let arguments: Vec<&str> =
        ["run", job, "--format", "json"].into_iter().chain(more.iter().copied()).collect();
    let mut command = project.command("assay", &arguments);
    command.env("TEST_KEY_ID", "AKIAHUNTER1").env("TEST_KEY", "hunter2");
    Ran::from(command.output().expect("assay runs"))
}

fn record(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).expect("a record")
}

/// Rows whose notes are by far the largest column, as a Parquet file.
fn rows(project: &Project, row_group: u32) -> Vec<u8> {
    let path = project.path().join("rows.parquet");
    let sql = format!(
        "COPY (SELECT i AS id, i % 11 + 0.5 AS fare, md5(i::VARCHAR) || md5((i + 1)::VARCHAR) AS note \
         FROM range(50000) t(i)) TO '{}' (FORMAT parquet, ROW_GROUP_SIZE {row_group})",
        path.display()
    );
    Connection::open_in_memory().and_then(|base| base.execute_batch(&sql)).expect("rows are made");
    std::fs::read(path).expect("the rows are read")
}

const PARTS: &str = "\
=== libraries/schemas/part.yaml
schema_id: part
columns:
  - { name: id, data_type: integer }
  - { name: note, data_type: text }
  - { name: month, data_type: integer }
=== libraries/rules/part.yaml
rule_set_id: part
rules:
  - rule_id: short
    rule_type: length
    column: note
    where: month == 2 && id >= 40000
    parameters: { max: 63 }
  - { rule_id: there, rule_type: not_null, column: note, where: month == 2 && id > 49990 }
=== libraries/contracts/part.yaml
contract_id: parts
infra_profile: { infra_profile_id: bucket }
datasets:
  - dataset_contract_id: parts
    schema: { schema_id: part }
    source: { path: \"parts/**/*.parquet\", format: parquet, partitions: [month] }
    rule_sets: [{ rule_set_id: part }]
=== libraries/jobs/part.yaml
job_definition_id: parts-daily
data_contract: { contract_id: parts }
stages: { profile: false }
";

/// What is in a bucket by month: only the row groups that a check looks at are read, and what is found is called
/// by the numbers that it has among all rows.
#[test]
fn row_groups_that_no_check_looks_at_are_not_read() {
    let Some(server) = Installed::start("python-moto/bin/moto_server", moto) else { return };
    let project = project(server.port);
    for (path, text) in parts(PARTS) {
        project.write(&path, text);
    }
    project.seal("dev");
    let bytes = rows(&project, 10_000);
    assert_eq!(server.send("PUT", "/trips", b""), "200");
    for month in 1..=3 {
        let key = format!("/trips/raw/parts/month={month}/part-0.parquet");
        assert_eq!(server.send("PUT", &key, &bytes), "200");
    }
    let mut found = Vec::new();
    for engine in ["duckdb", "polars"] {
        let ran = run_job(&project, "parts-daily", &["--engine", engine]).ends(41);
        let record = record(&ran);
        assert_eq!(record["rows"], 150_000, "{record:#}");
        let verdict = &record["verdicts"][0]["measurement"];
        assert_eq!(
            (&verdict["evaluated"], &verdict["violations"]),
            (&10_000.into(), &10_000.into())
        );
        assert_eq!(record["verdicts"][1]["measurement"]["evaluated"], 9);
        let fetched = record["stages"][0]["detail"]["fetched"].as_array().expect("files").clone();
        assert_eq!(fetched.len(), 3);
        let groups: Vec<_> = fetched.iter().map(|file| file["row_groups"].clone()).collect();
        let few = groups[1][0].as_u64().expect("row groups");
        assert!(groups[0][0] == 0 && groups[2][0] == 0 && few > 0, "{groups:?}");
        assert!(few < groups[1][1].as_u64().expect("all of them"), "{groups:?}");
        let read: u64 = fetched.iter().filter_map(|file| file["bytes_read"].as_u64()).sum();
        assert!(read < bytes.len() as u64 / 2, "{read} of three times {} bytes", bytes.len());
        let query = "select min(row_number) as first from violation";
        let answer = project.assay(&["sql", query, "--format", "csv"]).ends(0);
        found.push(answer.out);
    }
    // The first violating row is that of id 40000, behind the rows of a whole month.
    assert!(found.iter().all(|found| found == "first\n90001\n"), "{found:?}");
}

fn moto(port: u16) -> Vec<String> {
    ["-H", "127.0.0.1", "-p"].map(str::to_owned).into_iter().chain([port.to_string()]).collect()
}

#[test]
fn a_job_reads_of_a_bucket_what_its_plan_needs() {
    let Some(server) = Installed::start("python-moto/bin/moto_server", moto) else { return };
    let project = project(server.port);
    let bytes = rows(&project, 122_880);
    assert_eq!(server.send("PUT", "/trips", b""), "200");
    assert_eq!(server.send("PUT", "/trips/raw/day.parquet", &bytes), "200");

    let ran = run(&project, &[]).ends(41);
    let found = record(&ran);
    assert_eq!(found["verdicts"][0]["measurement"]["evaluated"], 50_000, "{found:#}");
    let fetched = &found["stages"][0]["detail"]["fetched"][0];
    assert_eq!(fetched["uri"], "s3://trips/raw/day.parquet");
    assert_eq!(fetched["size"].as_u64(), Some(bytes.len() as u64));
    let read = fetched["bytes_read"].as_u64().expect("bytes read");
    assert!(read > 0 && read < bytes.len() as u64 / 4, "{read} of {} bytes were read", bytes.len());
    assert!(fetched["etag"].is_string(), "{fetched}");
    assert!(!ran.out.contains("hunter2") && !ran.err.contains("hunter2"));

    // Every column is wanted where the profile wants it; the verdicts are the same.
    let again = record(&run(&project, &["--engine", "polars"]).ends(41));
    assert_eq!(again["verdicts"][0]["measurement"], found["verdicts"][0]["measurement"]);

    let missing = record(&run(&project, &["--input", "s3://trips/raw/none.parquet"]).ends(43));
    let reason = missing["reason"].as_str().expect("a reason");
    assert!(reason.contains("s3://trips/raw/none.parquet"), "{reason}");
    let bucket = record(&run(&project, &["--input", "s3://nowhere/x.parquet"]).ends(43));
    assert!(bucket["reason"].as_str().expect("a reason").contains("s3://nowhere"), "{bucket:#}");

    // Half of a file is told before anything is measured, and nothing of it is left behind.
    assert_eq!(server.send("PUT", "/trips/raw/half.parquet", &bytes[..bytes.len() / 2]), "200");
    let half = record(&run(&project, &["--input", "s3://trips/raw/half.parquet"]).ends(43));
    let reason = half["reason"].as_str().expect("a reason");
    assert!(reason.contains("s3://trips/raw/half.parquet"), "{reason}");

    // A server that is gone may come back.
    drop(server);
    run(&project, &[]).ends(75);
}
