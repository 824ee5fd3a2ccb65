//! Fixtures through the real programs: `assayc build` seals them, `assay test` runs them.

use assay_testkit::{Project, parts};
use serde_json::Value;

const LIBRARY: &str = r#"
=== environments/dev.yaml
environment: dev
results: .assay/lake
=== libraries/schemas/all.yaml
- schema_id: trip
  columns:
    - { name: id, data_type: integer, nullable: false }
    - { name: zone, data_type: integer }
    - { name: fare, data_type: "decimal(10,2)" }
    - { name: ended, data_type: timestamp }
  primary_key: [id]
- schema_id: zone
  columns: [{ name: id, data_type: integer }, { name: name, data_type: text }]
=== libraries/rules/trip.yaml
rule_set_id: trip-rules
rules:
  - { rule_id: fare-range, rule_type: range, column: fare, parameters: { min: 0 } }
  - { rule_id: fare-there, rule_type: not_null, column: fare, severity: warning }
  - { rule_id: unique, rule_type: unique, parameters: { columns: [id] } }
  - { rule_id: fresh, rule_type: freshness, column: ended, parameters: { max_age: 1d } }
  - rule_id: zone-known
    rule_type: reference
    parameters: { columns: [zone], dataset: zones, other_columns: [id] }
=== libraries/contracts/trip.yaml
contract_id: trips
datasets:
  - dataset_contract_id: trips
    schema: { schema_id: trip }
    source: { path: trips.csv, format: csv }
    rule_sets: [{ rule_set_id: trip-rules }]
  - dataset_contract_id: zones
    schema: { schema_id: zone }
    source: { path: zones.csv, format: csv }
=== libraries/jobs/trip.yaml
job_definition_id: trips-daily
data_contract: { contract_id: trips, dataset_contract_id: trips }
"#;

/// Fixtures of the rule set that all hold, and make four of the five rules fail.
const OF_SET: &str = r#"
fixtures:
  - fixture_id: negative
    description: Refunds come by another way.
    columns: { fare: "decimal(10,2)" }
    rows: [{ fare: -0.01 }, { fare: 0 }, { fare: null }, {}, { fare: "-3.50" }]
    expect:
      - { rule_id: fare-range, verdict: fail, rows: [1, 5] }
      - { rule_id: fare-there, verdict: warn, rows: [3, 4] }
  - fixture_id: twice
    columns: { id: integer }
    rows: [{ id: 2 }, { id: 1 }, { id: 3 }, { id: 2 }, {}, {}]
    expect: [{ rule_id: unique, verdict: fail, rows: [1, 4] }]
  - fixture_id: old
    columns: { ended: timestamp }
    now: 2026-01-03T00:00:00Z
    rows: [{ ended: 2026-01-01T23:59:59 }]
    expect: [{ rule_id: fresh, verdict: fail }]
  - fixture_id: fresh-in-another-zone
    columns: { ended: timestamp }
    now: 2026-01-03T02:00:00+02:00
    rows: [{ ended: 2026-01-02T00:00:00 }]
    expect: [{ rule_id: fresh, verdict: pass }]
  - fixture_id: nothing
    columns: { fare: "decimal(10,2)" }
    rows: []
    expect: [{ rule_id: fare-range, verdict: not_evaluated }]
"#;

/// A fixture of the contract, with rows of the dataset that it looks into.
const OF_CONTRACT: &str = r#"
fixtures:
  - fixture_id: zones
    dataset: trips
    rows: [{ id: 1, zone: 7 }, { id: 2, zone: 8 }, { id: 3 }]
    references:
      zones: [{ id: 7, name: "Harbour 'n' hills" }]
    expect:
      - { rule_id: zone-known, verdict: fail, rows: [2] }
"#;

fn project(of_set: &str, of_contract: &str) -> Project {
    let project = Project::new();
    for (path, text) in parts(LIBRARY) {
        project.write(&path, text);
    }
    let append = |path: &str, text: &str| {
        let old = std::fs::read_to_string(project.path().join(path)).expect("the file is text");
        project.write(path, old + text);
    };
    append("libraries/rules/trip.yaml", of_set);
    append("libraries/contracts/trip.yaml", of_contract);
    project.seal("dev");
    project
}

#[test]
fn the_fixtures_of_the_example_hold_and_cover_every_rule() {
    let project = Project::example();
    project.seal("dev");
    let tested = project.assay(&["test", "--require-coverage"]).ends(0);
    assert!(tested.out.contains("all hold"), "{}", tested.out);
    let json: Value =
        serde_json::from_str(&project.assay(&["test", "--format", "json"]).ends(0).out)
            .expect("JSON");
    let fixtures = json["fixtures"].as_array().expect("fixtures");
    let slowest =
        fixtures.iter().filter_map(|fixture| fixture["elapsed_ms"].as_f64()).fold(0.0, f64::max);
    println!("{} fixtures, the slowest in {slowest:.1} ms", fixtures.len());
    assert!(fixtures.len() > 8);
    assert_eq!(json["coverage"]["uncovered"], serde_json::json!([]));
}

#[test]
fn rows_nulls_keys_references_and_the_clock_are_judged_as_in_a_run() {
    let project = project(OF_SET, OF_CONTRACT);
    let tested = project.assay(&["test"]).ends(0);
    assert!(tested.out.contains("6 fixtures, 7 expectations: all hold"), "{}", tested.out);
    assert!(tested.out.contains("5 of 5 rules are made to fail"), "{}", tested.out);
}

#[test]
fn a_wrong_expectation_is_shown_with_its_rows_and_ends_with_41() {
    let wrong = OF_SET
        .replace("rows: [1, 5] }", "rows: [1, 2] }")
        .replace("fresh, verdict: pass", "fresh, verdict: fail");
    let project = project(&wrong, OF_CONTRACT);
    let tested = project.assay(&["test"]).ends(41);
    let text = tested.out.replace('\u{1b}', "");
    let without_time = text.rsplit_once(" (").map_or(text.as_str(), |(text, _)| text);
    insta::assert_snapshot!("fixtures-wrong", without_time);
}

#[test]
fn a_rule_that_no_expectation_names_must_pass() {
    let silent =
        OF_SET.replace("      - { rule_id: fare-there, verdict: warn, rows: [3, 4] }\n", "");
    let named = project(&silent, "");
    let tested = named.assay(&["test", "negative"]).ends(41);
    assert!(
        tested.out.contains("trip-rules/fare-there: expected pass, found warn"),
        "{}",
        tested.out
    );
    let any = silent.replace("rows: [1, 5] }\n", "rows: [1, 5] }\n    others: any\n");
    project(&any, "").assay(&["test", "negative"]).ends(0);
}

#[test]
fn a_rule_that_no_fixture_makes_fail_is_listed_with_its_place() {
    let project = project(OF_SET, "");
    let tested = project.assay(&["test"]).ends(0);
    assert!(tested.out.contains("rules that no fixture makes fail"), "{}", tested.out);
    assert!(tested.out.contains("zone-known"), "{}", tested.out);
    assert!(tested.out.contains("/rules/4"), "{}", tested.out);
    assert!(tested.out.contains("4 of 5 rules are made to fail"), "{}", tested.out);
    project.assay(&["test", "--require-coverage"]).ends(41);
    let only = project.assay(&["test", "trip-rules/tw*"]).ends(0);
    assert!(only.out.contains("1 fixture, 1 expectation: all hold"), "{}", only.out);
    assert!(!only.out.contains("made to fail"), "{}", only.out);
}

#[test]
fn names_that_mean_nothing_and_bundles_without_fixtures_say_so() {
    let project = project("", "");
    let tested = project.assay(&["test"]).ends(44);
    assert!(tested.out.contains("no fixture"), "{}", tested.out);
    let project = self::project(OF_SET, "");
    let tested = project.assay(&["test", "negativ"]).ends(2);
    assert!(tested.err.contains("did you mean `negative`?"), "{}", tested.err);
}

#[test]
fn junit_has_a_case_for_each_fixture() {
    let wrong = OF_SET.replace("rows: [1, 5] }", "rows: [1, 2] }");
    let project = project(&wrong, "");
    let ran = project.assay(&["test", "--require-coverage", "--junit", "fixtures.xml"]).ends(41);
    assert!(ran.out.contains("FAIL  negative"), "{}", ran.out);
    let xml = std::fs::read_to_string(project.path().join("fixtures.xml")).expect("the file");
    assert_eq!(xml.matches("<testcase ").count(), 7, "{xml}");
    assert!(xml.contains("expected fail of rows 1, 2, found fail of rows 1, 5"), "{xml}");
    assert!(xml.contains("no fixture makes this rule fail"), "{xml}");
    let printed = project.assay(&["test", "--format", "junit"]).ends(41);
    assert!(printed.out.starts_with("<?xml"), "{}", printed.out);
}

#[test]
fn fixtures_change_no_job() {
    let fingerprint = |project: &Project| {
        let plan = project.assay(&["plan", "trips-daily", "--no-sql", "--format", "json"]).ends(0);
        let plan: Value = serde_json::from_str(&plan.out).expect("JSON");
        plan["fingerprint"].clone()
    };
    let (without, with) = (project("", ""), project(OF_SET, OF_CONTRACT));
    assert_eq!(fingerprint(&without), fingerprint(&with));
    let shown = with.assayc(&["show", "--env", "dev", "--format", "json"]).ends(0);
    assert!(shown.out.contains("test_plan"), "{}", shown.out);
}
