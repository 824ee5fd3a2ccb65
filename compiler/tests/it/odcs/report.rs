//! The commands and their reports, through the program.

use std::fs;

use assay_testkit::{Project, root};
use serde_json::Value;

const LINT: &str = "tests/cases/datacontract-cli/lint";

#[test]
fn an_import_writes_files_and_lists_what_has_no_place() {
    let project = Project::new();
    let text =
        fs::read_to_string(root().join(LINT).join("valid-3.1.0.odcs.yaml")).expect("it is read");
    project.write("contract.yaml", &text);
    project.write(
        "environments/dev.yaml",
        "environment: dev\nresults: lake\npolicy: {statuses: [draft, active]}\n",
    );
    let ran = project.assayc(&["import", "odcs", "contract.yaml"]).ends(0);
    insta::assert_snapshot!("odcs-import", ran.out);
    project.assayc(&["check", "--worktree"]).ends(0);
    let ran = project.assayc(&["import", "odcs", "contract.yaml"]).ends(2);
    assert!(ran.err.contains("--overwrite"), "{}", ran.err);
    project.assayc(&["import", "odcs", "contract.yaml", "--overwrite", "--strict"]).ends(4);
    let ran = project
        .assayc(&["import", "odcs", "contract.yaml", "--dry-run", "--format", "json"])
        .ends(0);
    let report: Value = serde_json::from_str(&ran.out).expect("it is JSON");
    let price = report["losses"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|loss| loss["pointer"] == "/price");
    let price = price.expect("the price has no place");
    let line = text.lines().position(|line| line == "price:").expect("it is there") + 1;
    assert_eq!(price["line"], Value::from(line));
    assert_eq!(price["kept"]["pointer"], "/metadata/odcs/price");
    let ran =
        project.assayc(&["export", "odcs", "valid_odcs", "--worktree", "--format", "json"]).ends(0);
    let document: Value = serde_json::from_str(&ran.out).expect("it is JSON");
    assert_eq!(document["price"]["priceCurrency"], "EUR");
}

#[test]
fn a_check_that_stays_says_why() {
    let project = Project::new();
    let contract = |quality: &str| {
        format!(
            "apiVersion: v3.0.2\nkind: DataContract\nid: orders\nversion: 1.0.0\nstatus: active\nschema:\n- name: orders\n  \
             quality:\n  - {{type: library, rule: nullValues, mustBe: 0}}\n  properties:\n  - name: amount\n    \
             logicalType: integer\n    quality:\n    - {quality}\n"
        )
    };
    for (check, why) in [
        (
            "{type: library, rule: nullCount, mustBe: 0}",
            "has no metric `nullCount`: write `metric: nullValues`",
        ),
        (
            "{type: library, rule: rowcount, mustBe: 0}",
            "has no metric `rowcount`: write `metric: rowCount`",
        ),
        (
            "{type: library, rule: freshness, mustBe: 0}",
            "has no metric `freshness`: metrics are nullValues, ",
        ),
        ("{type: library, rule: nullValues, mustNotBe: 0}", "no tolerance says `mustNotBe` here"),
    ] {
        project.write("orders.yaml", contract(check));
        let ran = project.assayc(&["import", "odcs", "orders.yaml", "--dry-run"]).ends(0);
        ran.says(why).says("`nullValues` is about the values of one property, not of an object");
        ran.says("2 things have no effect");
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    let project = Project::new();
    let invalid =
        fs::read(root().join(LINT).join("invalid_multiple_errors.odcs.yaml")).expect("it is read");
    project.write("bad.yaml", invalid);
    let ran = project.assayc(&["import", "odcs", "bad.yaml"]).ends(3);
    assert!(ran.out.contains("bad.yaml:1:1") && ran.out.contains("no `status`"), "{}", ran.out);
    assert!(!project.path().join("libraries").exists());
    let valid = fs::read(root().join(LINT).join("valid.odcs.yaml")).expect("it is read");
    project.write("one.yaml", &valid);
    project.write("two.yaml", &valid);
    let ran = project.assayc(&["import", "odcs", "one.yaml", "two.yaml"]).ends(2);
    assert!(ran.err.contains("two contracts of one id"), "{}", ran.err);
    project.assayc(&["import", "odcs", "one.yaml", "two.yaml", "bad.yaml"]).ends(3);
    assert!(!project.path().join("libraries").exists());
    let ran = project.assayc(&["import", "odcs", "missing.yaml"]).ends(2);
    assert!(ran.err.contains("missing.yaml"), "{}", ran.err);
    project.write("environments/dev.yaml", "environment: dev\nresults: lake\n");
    let ran = project.assayc(&["export", "odcs", "nothing", "--worktree"]).ends(2);
    assert!(ran.err.contains("no data contract `nothing`"), "{}", ran.err);
}
