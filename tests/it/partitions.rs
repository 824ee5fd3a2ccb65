//! Partition columns: values that stand in the names of folders, on every engine.

use assay_testkit::{Project, parts};
use duckdb::Connection;
use serde_json::Value;

const PROJECT: &str = "\
=== environments/dev.yaml
environment: dev
results: lake
=== libraries/schemas/sale.yaml
schema_id: sale
columns:
  - { name: id, data_type: integer }
  - { name: day, data_type: date }
  - { name: price, data_type: double }
  - { name: region, data_type: text }
  - { name: online, data_type: boolean, optional: true }
=== libraries/rules/sale.yaml
- rule_set_id: sale
  rules:
    - { rule_id: late, rule_type: range, column: day, parameters: { min: 2024-01-02 } }
    - { rule_id: there, rule_type: not_null, column: region }
    - { rule_id: dear, rule_type: range, column: price, where: region == \"eu\", parameters: { max: 3 } }
    - { rule_id: apart, rule_type: unique, parameters: { columns: [day, id] } }
- cleansing_policy_id: names
  steps:
    - { step_id: upper, step_type: change_case, parameters: { columns: [region], to: upper } }
=== libraries/contracts/sale.yaml
contract_id: sales
datasets:
  - dataset_contract_id: parquet
    schema: { schema_id: sale }
    source: { path: \"data/**/*.parquet\", format: parquet, partitions: [day, region, online] }
    rule_sets: [{ rule_set_id: sale }]
  - dataset_contract_id: csv
    schema: { schema_id: sale }
    source: { path: \"data/**/*.csv\", format: csv, partitions: [day, region, online] }
    rule_sets: [{ rule_set_id: sale }]
  - dataset_contract_id: steps
    schema: { schema_id: sale }
    source: { path: \"data/**/*.parquet\", format: parquet, partitions: [day, region, online] }
    cleansing_policy: { cleansing_policy_id: names }
    rule_sets: [{ rule_set_id: sale }]
=== libraries/jobs/sale.yaml
- job_definition_id: parquet
  data_contract: { contract_id: sales, dataset_contract_id: parquet }
- job_definition_id: csv
  data_contract: { contract_id: sales, dataset_contract_id: csv }
- job_definition_id: steps
  data_contract: { contract_id: sales, dataset_contract_id: steps }
";

/// Files of two rows each: id 1 and 2, prices of the number of the file and one more. A Parquet file holds a
/// column of its own by the name of a partition, which does not count.
fn project(folders: &[&str]) -> Project {
    let project = Project::new();
    for (path, text) in parts(PROJECT) {
        project.write(&path, text);
    }
    let base = Connection::open_in_memory().expect("a base");
    for (number, folder) in folders.iter().enumerate() {
        let csv = format!("id,price\n1,{number}\n2,{}\n", number + 1);
        project.write(&format!("data/{folder}/part-0.csv"), csv);
        let path = project.path().join("data").join(folder).join("part-0.parquet");
        let sql = format!(
            "COPY (SELECT i AS id, ({number} + i - 1)::DOUBLE AS price, DATE '1999-01-01' AS day \
             FROM range(1, 3) t(i)) TO '{}' (FORMAT parquet)",
            path.display()
        );
        base.execute_batch(&sql).expect("rows are made");
    }
    project.seal("dev");
    project
}

fn run(project: &Project, job: &str, engine: &str) -> Value {
    let ran = project.assay(&["run", job, "--engine", engine, "--format", "json"]);
    serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("no record: {ran:?}"))
}

const FOLDERS: [&str; 4] = [
    "day=2024-01-01/region=eu/online=true",
    "day=2024-01-02/region=us/online=false",
    "day=2024-01-03/region=__HIVE_DEFAULT_PARTITION__",
    "day=2024-01-03/region=a%2Fb",
];

#[test]
fn rules_and_steps_use_partitions_as_any_column() {
    let project = project(&FOLDERS);
    for job in ["parquet", "csv", "steps"] {
        for engine in ["duckdb", "polars"] {
            let found = run(&project, job, engine);
            let of = |rule: &str, figure: &str| {
                let all = found["verdicts"].as_array().expect("verdicts");
                let one = all.iter().find(|verdict| {
                    verdict["check_id"].as_str().is_some_and(|id| id.contains(rule))
                });
                let one = one.unwrap_or_else(|| panic!("no {rule} in {found:#}"));
                one["measurement"][figure].as_u64()
            };
            let what = format!("{job} {engine}: {found:#}");
            assert_eq!(found["rows"], 8, "{what}");
            assert_eq!(
                (of("late", "evaluated"), of("late", "violations")),
                (Some(8), Some(2)),
                "{what}"
            );
            assert_eq!(of("there", "violations"), Some(2), "{what}");
            // The rows of `eu` are those of the first file; a step has made another name of it.
            let european = if job == "steps" { 0 } else { 2 };
            assert_eq!(of("dear", "evaluated"), Some(european), "{what}");
            // Both files of one day have the same ids.
            assert_eq!(of("apart", "violations"), Some(4), "{what}");
            assert!(
                found["engine"].as_str().is_some_and(|name| name.to_lowercase().contains(engine)),
                "{what}"
            );
        }
    }
}

#[test]
fn a_path_that_lacks_a_partition_or_gives_it_another_type_is_named() {
    let cases = [
        ("Day=2024-01-01/region=eu", "did you mean `Day`?"),
        ("region=eu", "no folder `day=…`"),
        (
            "day=2024-13-01/region=eu",
            "`day=2024-13-01` in its path is not of the declared type `date`",
        ),
        ("day=2024-01-01/region=eu/online=maybe", "`online=maybe`"),
    ];
    for (folder, words) in cases {
        let project = project(&[FOLDERS[0], folder]);
        for job in ["parquet", "csv"] {
            for engine in ["duckdb", "polars"] {
                let found = run(&project, job, engine);
                let reason = found["reason"].as_str().unwrap_or_else(|| panic!("{found:#}"));
                assert_eq!(found["outcome"], "error");
                assert!(reason.contains(words), "{reason}");
                assert!(reason.contains(&format!("{folder}/part-0.{job}")), "{reason}");
            }
        }
    }
}
