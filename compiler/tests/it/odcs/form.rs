//! The form of contracts: what is refused and where, and that the tables are the standard's.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use assay_compiler::diagnostic::Files;
use assay_compiler::odcs;
use assay_schemas::code::Code;
use serde_json::Value;

use super::cases_folder;

/// A contract that the origin's own test calls invalid: what is wrong, and where.
type Refusal = (&'static str, Code);

/// The invalid contracts of the cases.
pub(super) fn refused() -> BTreeMap<&'static str, Vec<Refusal>> {
    BTreeMap::from([
        ("datacontract-cli/lint/invalid.odcs.yaml", vec![("", Code::MissingField)]),
        (
            "datacontract-cli/lint/invalid_multiple_errors.odcs.yaml",
            vec![("", Code::MissingField), ("", Code::MissingField)],
        ),
        (
            "datacontract-cli/lint/invalid_multiple_schema_errors.odcs.yaml",
            vec![("/schema/0/description", Code::WrongType)],
        ),
        // Valid by a schema of its own that stands in for the standard's; the standard itself refuses it.
        (
            "datacontract-cli/lint/odcs_with_extra_top_level.yaml",
            vec![("/change_management", Code::UnknownField)],
        ),
    ])
}

/// Whether a file follows the Data Contract Specification.
pub(super) fn is_dcs(bytes: &[u8]) -> bool {
    String::from_utf8_lossy(bytes).contains("dataContractSpecification")
}

fn found(name: &str, bytes: &[u8]) -> Vec<(String, Code)> {
    let found = odcs::read(name, bytes).expect_err("it is refused");
    let place = |d: assay_compiler::diagnostic::Diagnostic| {
        (d.pointer.map(|pointer| pointer.as_str().to_owned()).unwrap_or_default(), d.code)
    };
    found.into_iter().map(place).collect()
}

#[test]
fn invalid_contracts_are_refused_where_they_are_wrong() {
    for (name, expected) in refused() {
        let bytes = fs::read(cases_folder().join(name)).expect("the case is read");
        let expected: Vec<_> =
            expected.into_iter().map(|(pointer, code)| (pointer.to_owned(), code)).collect();
        assert_eq!(found(name, &bytes), expected, "{name}");
    }
}

#[test]
fn contracts_of_the_older_specification_are_told_apart() {
    let bytes = fs::read(cases_folder().join("datacontract-cli/lint/valid_datacontract.yaml"));
    let found = odcs::read("x.yaml", &bytes.expect("it is read")).expect_err("it is refused");
    assert_eq!(found.len(), 1);
    assert!(found[0].hint.as_ref().is_some_and(|hint| hint.contains("convert")), "{found:?}");
}

/// A valid contract; each case below puts one line of it wrong.
const GOOD: &str = "\
apiVersion: v3.1.0
kind: DataContract
id: orders
version: 1.0.0
status: active
servers:
- {server: local, type: local, path: a.csv, format: csv}
schema:
- name: orders
  properties:
  - name: amount
    logicalType: integer
    logicalTypeOptions: {minimum: 1}
    quality:
    - {metric: nullValues, mustBe: 0}
";

#[test]
fn a_wrong_line_is_pointed_at_with_a_way_out() {
    odcs::read("a.yaml", GOOD.as_bytes()).expect("it is good");
    for (from, to, line, code, words, way_out) in [
        ("status: active", "", 1, Code::MissingField, "no `status`", "requires"),
        (
            "status: active",
            "stauts: active",
            5,
            Code::UnknownField,
            "`stauts`",
            "did you mean `status`?",
        ),
        (
            "version: 1.0.0",
            "version: 1",
            4,
            Code::WrongType,
            "expected text, found `1`",
            "quote it",
        ),
        ("version: 1.0.0", "version:", 4, Code::WrongType, "found nothing", "leave the field out"),
        ("v3.1.0", "v2.2.2", 1, Code::BadValue, "`v2.2.2`", "v3.0.2"),
        ("type: local, path", "type: locale, path", 7, Code::BadValue, "`locale`", "`local`"),
        ("format: csv", "port: 1", 7, Code::MissingField, "no `format`", "requires"),
        ("integer", "int", 12, Code::BadValue, "`int`", ""),
        ("minimum: 1", "minimum: a", 13, Code::WrongType, "expected a number", ""),
        ("minimum: 1", "minLength: 1", 13, Code::UnknownField, "`minLength`", "fields here are"),
        ("nullValues", "nulValues", 15, Code::BadValue, "`nulValues`", "`nullValues`"),
        (", mustBe: 0", "", 15, Code::MissingField, "what its figure must be", "mustBe: 0"),
        (
            "mustBe: 0",
            "mustBe: 0, mustNotBe: 1",
            15,
            Code::BadValue,
            "one comparison",
            "two checks",
        ),
        (
            "mustBe: 0",
            "mustBe: 0, because: x",
            15,
            Code::UnknownField,
            "`because`",
            "customProperties",
        ),
    ] {
        let text = GOOD.replacen(from, to, 1);
        let found = odcs::read("a.yaml", text.as_bytes()).expect_err(to);
        let mut files = Files::default();
        files.insert("a.yaml", text.as_bytes());
        let matching = found.iter().find(|found| {
            let start = files.positions(&found.primary).map(|(start, _)| start.line);
            found.code == code && found.message.contains(words) && start == Some(line)
        });
        let hint = matching.map(|found| found.hint.clone().unwrap_or_default());
        assert!(hint.is_some_and(|hint| hint.contains(way_out)), "{to}: {found:#?}");
    }
}

#[test]
fn the_unit_of_years_is_text() {
    let text = GOOD.to_owned()
        + "slaProperties:\n- {property: retention, value: 3, unit: y}\n- {property: y, value: y}\n";
    let nodes = odcs::read("a.yaml", text.as_bytes()).expect("it is good");
    let [node] = nodes.as_slice() else { panic!("it is one contract") };
    assert_eq!(node.to_value()["slaProperties"][0]["unit"], "y");
    assert_eq!(node.to_value()["slaProperties"][1]["value"], "y");
    let found = odcs::read("a.yaml", (text + "tags: [yes]\n").as_bytes()).expect_err("refused");
    assert_eq!(found.iter().map(|found| found.code).collect::<Vec<_>>(), [Code::AmbiguousScalar]);
}

/// The names of an object's fields in a JSON Schema, through `allOf` and `$ref`.
fn names(schema: &Value, root: &Value, found: &mut BTreeSet<String>) {
    let properties = schema.get("properties").and_then(Value::as_object);
    found.extend(properties.into_iter().flat_map(|fields| fields.keys().cloned()));
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let target =
            root.pointer(target.trim_start_matches('#')).expect("the reference leads somewhere");
        names(target, root, found);
    }
    for list in ["allOf", "oneOf"] {
        let parts = schema.get(list).and_then(Value::as_array);
        for part in parts.into_iter().flatten().filter(|part| part.get("if").is_none()) {
            names(part, root, found);
        }
    }
}

#[test]
fn the_tables_are_those_of_the_standard() {
    let path = cases_folder().join("odcs/schema/odcs-json-schema-v3.1.0.json");
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(path).expect("it is read")).expect("it is JSON");
    let mut expected = BTreeSet::new();
    names(&schema, &schema, &mut expected);
    let ours: BTreeSet<_> =
        odcs::CONTRACT.fields.iter().map(|field| field.name.to_owned()).collect();
    assert_eq!(ours, expected);
    let required: BTreeSet<_> = odcs::CONTRACT
        .fields
        .iter()
        .filter(|field| field.required)
        .map(|field| Value::from(field.name))
        .map(|name| name.to_string())
        .collect();
    let listed =
        schema["required"].as_array().expect("a list").iter().map(Value::to_string).collect();
    assert_eq!(required, listed);
    servers(&schema);
}

/// Each type of server takes and demands what the standard says.
fn servers(schema: &Value) {
    let types = &schema["$defs"]["Server"]["properties"]["type"]["enum"];
    let types: Vec<_> =
        types.as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert_eq!(odcs::SERVER_TYPES, types);
    let rules = schema["$defs"]["Server"]["allOf"].as_array().expect("a list");
    for rule in rules {
        let name = rule["if"]["properties"]["type"]["const"].as_str().expect("a type");
        let target = rule["then"]["$ref"].as_str().expect("a reference").trim_start_matches('#');
        let source = schema.pointer(target).expect("it leads somewhere");
        let mut names = BTreeSet::new();
        self::names(source, schema, &mut names);
        let required: Vec<_> = source["required"].as_array().into_iter().flatten().collect();
        let server = serde_json::json!({ "server": "x", "type": name });
        let odcs::Form::List(odcs::Form::Object(table)) = &odcs::CONTRACT
            .fields
            .iter()
            .find(|field| field.name == "servers")
            .expect("a field")
            .form
        else {
            panic!("servers are a list of objects")
        };
        let fields = (table.more)(server.as_object().expect("an object"));
        let ours: BTreeSet<_> = fields.iter().map(|field| field.name.to_owned()).collect();
        assert_eq!(ours, names, "{name}");
        for field in fields {
            let wanted = required.iter().any(|required| required.as_str() == Some(field.name));
            assert_eq!(field.required, wanted, "{name}.{}", field.name);
        }
    }
}
