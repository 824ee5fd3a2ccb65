use serde_json::json;

use super::*;
use crate::datatype::DataType;
use crate::plan::Redaction;
use crate::rule::testing::{contract, fields};

fn steps(steps: Value) -> Vec<StepUse> {
    serde_json::from_value(steps).unwrap()
}

fn planned(written: Value, raw_text: bool) -> Result<Planned, Vec<Problem>> {
    let fields =
        fields(&[("id", "integer"), ("name", "text"), ("day", "date"), ("fare", "double")]);
    let formats = |name: &ColumnName| (name.as_str() == "day").then(|| "%d.%m.%Y".to_owned());
    let ground = Ground {
        fields: &fields,
        open: false,
        raw_text,
        on_parse_error: OnParseError::RejectRow,
        formats: &formats,
        resolve: &contract(),
    };
    plan_steps(&steps(written), &ground)
}

fn plan(written: Value, raw_text: bool) -> Result<Vec<Step>, Vec<Problem>> {
    planned(written, raw_text).map(|planned| planned.steps)
}

/// Id and column of each step.
fn shown(planned: &[Step]) -> Vec<String> {
    let column = |step: &Step| match &step.body {
        StepBody::Set { column, .. } | StepBody::Parse { column, .. } => column.to_string(),
        StepBody::Reject { .. } => "reject".to_owned(),
        StepBody::Deduplicate { .. } => "deduplicate".to_owned(),
        other => panic!("{other:?}"),
    };
    planned.iter().map(|step| format!("{} {}", step.step_id, column(step))).collect()
}

fn pointers(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.pointer.as_str()).collect()
}

#[test]
fn without_steps_text_is_converted_and_types_are_left_alone() {
    let planned = plan(json!([]), true).unwrap();
    assert_eq!(
        shown(&planned),
        ["declared-type:id id", "declared-type:day day", "declared-type:fare fare"]
    );
    assert!(
        matches!(&planned[1].body, StepBody::Parse { format: Some(format), .. } if format == "%d.%m.%Y")
    );
    assert!(plan(json!([]), false).unwrap().is_empty());
}

#[test]
fn steps_on_text_come_before_the_conversion() {
    let trim = json!([{"step_id": "t", "step_type": "trim"}]);
    let planned = plan(trim.clone(), true).unwrap();
    assert_eq!(shown(&planned)[..4], ["t id", "t name", "t day", "t fare"]);
    assert_eq!(planned.len(), 7);
    assert_eq!(shown(&plan(trim, false).unwrap()), ["t name"]);
}

#[test]
fn a_step_on_values_converts_what_it_reads_first() {
    let once = json!([
        {"step_id": "once", "step_type": "deduplicate",
         "parameters": {"columns": ["id"], "keep": {"by": "day", "order": "descending"}}},
        {"step_id": "t", "step_type": "trim", "parameters": {"columns": ["name"]}}
    ]);
    let planned = plan(once, true).unwrap();
    let expected = [
        "declared-type:id id",
        "declared-type:day day",
        "declared-type:fare fare",
        "once deduplicate",
        "t name",
    ];
    assert_eq!(shown(&planned), expected);
    // What a later step wants as text stays text, also under another name.
    let later = json!([
        {"step_id": "once", "step_type": "deduplicate", "parameters": {"columns": ["id"]}},
        {"step_id": "d", "step_type": "parse_date", "parameters": {"columns": ["day"], "formats": ["%d.%m.%Y"]}}
    ]);
    let planned = shown(&plan(later, true).unwrap());
    assert_eq!(
        planned[..3],
        ["declared-type:id id", "declared-type:fare fare", "once deduplicate"],
        "{planned:?}"
    );
    let all = json!([{"step_id": "once", "step_type": "deduplicate"}]);
    assert_eq!(
        shown(&plan(all, true).unwrap()).last().map(String::as_str),
        Some("once deduplicate")
    );
}

#[test]
fn a_filter_compares_values() {
    let filtered = json!([{"step_id": "t", "step_type": "trim", "parameters": {"columns": ["name"]},
        "where": "fare > 10 && day < '2024-01-01'"}]);
    let planned = plan(filtered, true).unwrap();
    assert_eq!(
        shown(&planned),
        ["declared-type:day day", "declared-type:fare fare", "t name", "declared-type:id id"]
    );
    assert!(planned[2].filter.is_some());
}

#[test]
fn a_cast_takes_the_place_of_the_conversion() {
    let cast = |parameters: Value| json!([{"step_id": "c", "step_type": "cast", "parameters": parameters}]);
    let planned =
        plan(cast(json!({"column": "day", "to": "date", "on_failure": "set_null"})), true).unwrap();
    assert_eq!(shown(&planned), ["c day", "declared-type:id id", "declared-type:fare fare"]);
    assert!(
        matches!(&planned[0].body, StepBody::Parse { reject_row: false, format: Some(format), .. } if format == "%d.%m.%Y")
    );
    assert_eq!(
        shown(&plan(cast(json!({"column": "id", "to": "integer"})), false).unwrap()),
        ["c id"]
    );
    let problems = plan(cast(json!({"column": "fare", "to": "decimal(10,2)"})), true).unwrap_err();
    assert_eq!(pointers(&problems), ["/steps/0/parameters/to"]);
    let filtered = json!([{"step_id": "c", "step_type": "cast", "where": "name == 'a'",
        "parameters": {"column": "id", "to": "integer"}}]);
    assert_eq!(pointers(&plan(filtered, true).unwrap_err()), ["/steps/0/where"]);
}

#[test]
fn a_map_may_reject_first() {
    let map = json!([{"step_id": "m", "step_type": "map_values",
        "parameters": {"column": "id", "map": {"one": 1, "two": 2}, "otherwise": "reject_row"}}]);
    let planned = plan(map.clone(), true).unwrap();
    assert_eq!(shown(&planned)[..3], ["m reject", "m id", "declared-type:id id"]);
    // With types there is no text `one` in the column.
    assert_eq!(pointers(&plan(map, false).unwrap_err())[0], "/steps/0/parameters/map/one");
}

#[test]
fn everything_wrong_is_reported_with_its_place() {
    let wrong = json!([
        {"step_id": "a", "step_type": "trim", "parameters": {"columns": ["name", "nmae"]}},
        {"step_id": "b", "step_type": "deduplicate", "parameters": {"columns": ["id"], "keep": {"by": "dya", "order": "ascending"}}},
        {"step_id": "c", "step_type": "trim", "where": "fair > 1"},
        {"step_id": "d", "step_type": "trim", "parameters": {"columns": ["id"]}, "where": "id > 1"},
        {"step_id": "e", "step_type": "trimm"},
        {"step_id": "f", "step_type": "cast", "parameters": {"column": "id", "to": "integer", "format": "%Y"}}
    ]);
    let problems = plan(wrong, true).unwrap_err();
    assert_eq!(
        pointers(&problems),
        [
            "/steps/0/parameters/columns/1",
            "/steps/1/parameters/keep/by",
            "/steps/2/where",
            "/steps/3/parameters/columns/0",
            "/steps/4/step_type",
            "/steps/5/parameters/format",
        ]
    );
    assert_eq!(problems[0].hint.as_deref(), Some("did you mean `name`?"));
}

/// Names of columns.
fn names(fields: &[Field]) -> Vec<&str> {
    fields.iter().map(|field| field.name.as_str()).collect()
}

#[test]
fn columns_come_and_go() {
    let written = json!([
        {"step_id": "first", "step_type": "split",
         "parameters": {"column": "name", "separator": " ", "into": ["given", "family"]}},
        {"step_id": "sum", "step_type": "derive",
         "parameters": {"column": "twice", "expression": "fare * 2"}},
        {"step_id": "gone", "step_type": "drop", "parameters": {"columns": ["name", "day"]}},
        {"step_id": "called", "step_type": "rename", "parameters": {"columns": {"fare": "price"}}}
    ]);
    let planned = planned(written, true).unwrap();
    assert_eq!(names(&planned.fields), ["id", "price", "given", "family", "twice"]);
    assert_eq!(names(&planned.reads.unwrap()), ["id", "name", "day", "fare"]);
    let price = planned.fields.iter().find(|field| field.name.as_str() == "price");
    assert_eq!(price.unwrap().data_type, DataType::Double);
}

#[test]
fn a_declared_column_that_a_step_makes_is_not_read() {
    let made = json!([{"step_id": "d", "step_type": "derive",
        "parameters": {"column": "fare", "expression": "id * 2.5"}}]);
    let planned = planned(made, true).unwrap();
    assert_eq!(names(&planned.reads.unwrap()), ["id", "name", "day"]);
    assert_eq!(names(&planned.fields), ["id", "name", "day", "fare"]);
}

#[test]
fn a_column_that_keeps_some_of_its_values_is_read() {
    for made in [
        json!([{"step_id": "d", "step_type": "derive", "where": "id > 3",
            "parameters": {"column": "fare", "expression": "id * 2.5"}}]),
        json!([{"step_id": "d", "step_type": "derive",
            "parameters": {"column": "fare", "expression": "fare * 2.5"}}]),
    ] {
        assert_eq!(planned(made, true).unwrap().reads, None);
    }
}

#[test]
fn text_that_a_step_makes_is_converted_to_what_the_schema_declares() {
    let split = json!([{"step_id": "s", "step_type": "split",
        "parameters": {"column": "name", "separator": "|", "into": ["name", "fare"]}}]);
    let planned = planned(split, true).unwrap();
    assert_eq!(
        shown(&planned.steps),
        [
            "s fare",
            "s name",
            "declared-type:id id",
            "declared-type:day day",
            "declared-type:fare fare"
        ]
    );
}

#[test]
fn what_is_made_of_guarded_values_is_guarded() {
    let mut fields = fields(&[("name", "text"), ("fare", "double")]);
    fields[0].redaction = Redaction::Full;
    fields[0].classification = Some("person".into());
    let written = steps(json!([{"step_id": "d", "step_type": "derive",
        "parameters": {"column": "loud", "expression": "upper(name)"}}]));
    let ground = Ground {
        fields: &fields,
        open: false,
        raw_text: true,
        on_parse_error: OnParseError::RejectRow,
        formats: &|_| None,
        resolve: &contract(),
    };
    let planned = plan_steps(&written, &ground).unwrap();
    let loud = planned.fields.last().unwrap();
    assert_eq!((loud.name.as_str(), loud.redaction), ("loud", Redaction::Full));
    assert_eq!(loud.classification.as_deref(), Some("person"));
}
