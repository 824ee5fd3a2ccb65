//! Work that is more than memory holds: it spills to disk, and says so where there is no room.

use std::process::Command;

use assay_testkit::{Project, Ran};
use serde_json::Value;

/// Rows of 32 letters, no two of them the same: several times the memory that the job may take.
const ROWS: usize = 1_500_000;

fn project() -> Project {
    let project = Project::new();
    project.write("environments/dev.yaml", "environment: dev\nresults: lake\n");
    project.write(
        "libraries/infra/tight.yaml",
        "infra_profile_id: tight\ncompute: { memory_limit_mib: 64, threads: 1 }\n",
    );
    project.write(
        "libraries/schemas/letters.yaml",
        "schema_id: letters\ncolumns:\n  - { name: letters, data_type: text }\n",
    );
    project.write(
        "libraries/rules/once.yaml",
        "rule_set_id: once\nrules:\n  - { rule_id: once, rule_type: unique, parameters: { columns: [letters] } }\n",
    );
    project.write(
        "libraries/contracts/letters.yaml",
        "contract_id: letters\ninfra_profile: { infra_profile_id: tight }\ndatasets:\n  \
         - dataset_contract_id: letters\n    schema: { schema_id: letters }\n    \
         rule_sets: [{ rule_set_id: once }]\n    source: { path: letters.parquet, format: parquet }\n",
    );
    project.write(
        "libraries/jobs/letters.yaml",
        "job_definition_id: letters\ndata_contract: { contract_id: letters }\nstages: { profile: false }\n",
    );
    let path = project.path().join("letters.parquet");
    duckdb::Connection::open_in_memory()
        .and_then(|base| {
            base.execute_batch(&format!(
                "COPY (SELECT md5(CAST(i AS VARCHAR)) AS letters FROM range({ROWS}) t(i)) TO '{}'",
                path.display()
            ))
        })
        .expect("the rows are written");
    project.seal("dev");
    project
}

#[test]
fn what_memory_does_not_hold_is_spilled_and_without_room_the_error_says_where_and_what_to_do() {
    let project = project();
    project.assay(&["run", "letters"]).ends(0);
    // A limit on the size of files refuses writes as a full disk does.
    let assay = assay_testkit::program("assay");
    let script = format!(
        "trap '' XFSZ; ulimit -f 8192; exec '{}' run letters --format json",
        assay.display()
    );
    let ran = Command::new("sh").args(["-c", &script]).current_dir(project.path()).output();
    let ran = Ran::from(ran.expect("sh runs")).ends(75);
    let record: Value = serde_json::from_str(&ran.out).expect("a record");
    let reason = record["reason"].as_str().expect("a reason");
    for word in ["lake/.work/", "spill", "make room", "memory_limit_mib"] {
        assert!(reason.contains(word), "`{word}` is not in: {reason}");
    }
    let work = std::fs::read_dir(project.path().join("lake/.work")).expect("the lake is there");
    assert_eq!(work.count(), 0, "a work folder is left behind");
    project.assay(&["run", "letters"]).ends(0);
}
