//! `assayc show --effective`: every rule in force and where it comes from.

use assay_testkit::Project;
use serde_json::Value;

fn show(project: &Project, more: &[&str]) -> String {
    let arguments = ["show", "--effective", "yellow-trips", "--worktree"];
    project.assayc(&[&arguments[..], more].concat()).ends(0).out
}

/// The example with everything that may change a rule on its way to a column.
fn changed() -> Project {
    let project = Project::example();
    project.replace(
        "libraries/contracts/trips.yaml",
        "    bindings:\n",
        "    overrides:
      - { rule: trip-catalog/fare-not-negative, severity: warning, parameters: { max: 500 } }
      - { rule: schema/not_null, columns: [fare_amount], disabled: true, reason: refunds come without one }
      - { rule: trips/extras-not-negative, columns: [mta_tax], max_violation_ratio: 0.5 }
    bindings:\n",
    );
    project.replace(
        "libraries/contracts/trips.yaml",
        "catalog_attribute_id: origin }",
        "catalog_attribute_id: origin, redaction: partial }",
    );
    project.write(
        "libraries/rules/more.yaml",
        "rule_set_id: tips\ncatalog_entity_id: trip\nrules:\n  - { rule_id: few, rule_type: row_count, parameters: { max: 100000000 } }\n  - { rule_id: tip, rule_type: not_null, catalog_attribute_id: tip }\n",
    );
    project.replace(
        "libraries/catalog/trip.yaml",
        "rule_sets:\n",
        "  - attribute_id: tip\nrule_sets:\n",
    );
    project
}

#[test]
fn the_example_is_a_tree_for_each_column() {
    insta::assert_snapshot!("effective", show(&Project::example(), &[]));
}

#[test]
fn who_overrides_whom_is_said() {
    let text = show(&changed(), &[]);
    let wanted =
        ["the dataset as a whole", "pickup_location_id", "fare_amount", "mta_tax", "not in force"];
    let parts: Vec<_> = text
        .split("\n\n")
        .filter(|part| wanted.iter().any(|wanted| part.starts_with(wanted)))
        .collect();
    assert_eq!(parts.len(), wanted.len());
    insta::assert_snapshot!("effective-changed", parts.join("\n\n"));
}

#[test]
fn machines_read_the_same() {
    let text = show(&changed(), &["--format", "json"]);
    let value: Value = serde_json::from_str(&text).expect("the output is JSON");
    let dataset = &value["contracts"][0]["datasets"][0];
    let columns = dataset["columns"].as_array().expect("there are columns");
    let fare = columns.iter().find(|column| column["name"] == "fare_amount");
    let shown = serde_json::json!({ "fare_amount": fare, "excluded": dataset["excluded"] });
    insta::assert_snapshot!("effective-json", format!("{shown:#}"));
}

#[test]
fn the_plan_holds_the_chain_and_no_lines() {
    let project = changed();
    project.seal("dev");
    let plan = project.assayc(&["show", "--object", "plan/taxi-trips-monthly"]).ends(0).out;
    let plan: Value = serde_json::from_str(&plan).expect("the plan is JSON");
    let checks = plan["dataset"]["checks"].as_array().expect("there are checks");
    let fare = checks
        .iter()
        .find(|check| check["check_id"] == "trip-catalog/fare-not-negative/fare_amount");
    let chain = &fare.expect("the rule is in force")["origin"]["chain"];
    let hops: Vec<_> = chain
        .as_array()
        .expect("a chain")
        .iter()
        .map(|hop| format!("{} {} {}", hop["role"], hop["object"], hop["part"]).replace('"', ""))
        .collect();
    assert_eq!(
        hops,
        [
            "rule rule_set/trip-catalog fare-not-negative",
            "template rule_template/non-negative-money non-negative-money",
            "entity entity/trip trip",
            "attribute entity/trip trip.fare",
            "mapping data_contract/yellow-trips fare_amount",
            "override data_contract/yellow-trips trip-catalog/fare-not-negative",
        ]
    );
}

#[test]
fn a_contract_that_is_not_there_is_named() {
    let project = Project::example();
    let slip = project.assayc(&["show", "--effective", "yelow-trips", "--worktree"]).ends(2);
    assert!(slip.err.contains("did you mean `yellow-trips`?"), "{}", slip.err);
    let version =
        project.assayc(&["show", "--effective", "yellow-trips@9.0.0", "--worktree"]).ends(2);
    assert!(version.err.contains("contracts are green-trips, yellow-trips"), "{}", version.err);
}
