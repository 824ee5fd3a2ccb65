//! The case files of the engines are well formed and compile; what they expect is the engines' to show.

use std::path::PathBuf;

use assay_schemas::cleanse::{self, Ground};
use assay_schemas::datatype::DataType;
use assay_schemas::expression::{self, Scope};
use assay_schemas::id::ColumnName;
use assay_schemas::library::cleansing_policy::StepUse;
use assay_schemas::library::reference::TaxonomyRef;
use assay_schemas::library::rule_set::Rule;
use assay_schemas::library::taxonomy::Taxonomy;
use assay_schemas::plan::{Field, OnParseError, Redaction};
use assay_schemas::rule::{self, Resolve, Target};
use serde_json::Value;

use crate::yaml;

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/engines").join(name)
}

/// Name of the file without its ending, name of the case, the case.
fn cases(name: &str) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder(name)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "yaml") {
            continue;
        }
        let subject = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let file = yaml::read(&std::fs::read_to_string(&path).unwrap());
        let mut names = Vec::new();
        for case in file["cases"].as_array().unwrap() {
            let name = case["name"].as_str().unwrap().to_owned();
            assert!(!names.contains(&name), "{subject}: `{name}` twice");
            names.push(name.clone());
            found.push((subject.clone(), name, case.clone()));
        }
    }
    found
}

fn fields(columns: &Value) -> Vec<Field> {
    let field = |column: &Value| Field {
        name: ColumnName::new(column["name"].as_str().unwrap()).unwrap(),
        data_type: DataType::parse(column["data_type"].as_str().unwrap()).unwrap(),
        optional: column["optional"] == true,
        catalog_attribute: None,
        classification: None,
        redaction: Redaction::None,
    };
    columns.as_array().unwrap().iter().map(field).collect()
}

struct Contract<'a>(&'a Value, Vec<Taxonomy>);

impl Resolve for Contract<'_> {
    fn taxonomy(&self, reference: &TaxonomyRef) -> Option<&Taxonomy> {
        self.1.iter().find(|taxonomy| taxonomy.taxonomy_id == reference.taxonomy_id)
    }

    fn dataset(&self, dataset_contract_id: &str) -> Option<Vec<Field>> {
        let other = &self.0["other"];
        (other["dataset"] == dataset_contract_id).then(|| fields(&other["columns"]))
    }
}

/// What the rules and steps of a case may look up.
fn contract_of(case: &Value) -> Contract<'_> {
    let taxonomies =
        case.get("taxonomies").cloned().unwrap_or_else(|| Value::from(Vec::<Value>::new()));
    Contract(case, serde_json::from_value(taxonomies).unwrap())
}

fn assert_rows(rows: &Value, width: usize, place: &str) {
    for row in rows.as_array().unwrap() {
        assert_eq!(row.as_array().unwrap().len(), width, "{place}: {row}");
    }
}

#[test]
fn rules_compile_and_figures_agree_with_each_other() {
    let cases = cases("");
    for rule_type in rule::ALL {
        let name = rule_type.name();
        assert!(cases.iter().any(|(subject, ..)| subject == name), "no cases for `{name}`");
    }
    for (subject, name, case) in &cases {
        let place = format!("{subject}: {name}");
        let written: Rule = serde_json::from_value(case["rule"].clone()).expect(&place);
        assert_eq!(written.rule_type.as_deref(), Some(subject.as_str()), "{place}");
        let declared = case.get("declared").unwrap_or(&case["columns"]);
        let declared = fields(declared);
        assert_rows(&case["rows"], fields(&case["columns"]).len(), &place);
        let contract = contract_of(case);
        let column = written
            .column
            .as_ref()
            .map(|wanted| declared.iter().find(|field| field.name == *wanted).expect(&place));
        let target = Target { fields: &declared, column, nulls: written.nulls, resolve: &contract };
        let parameters = match &written.fail {
            Some(fail) => fail.among(&written.parameters),
            None => written.parameters.clone(),
        };
        let parameters = Value::Object(parameters);
        if let Err(problems) = rule::named(subject).unwrap().lower(&parameters, &target) {
            panic!("{place}: {problems:#?}");
        }
        if let Some(filter) = &written.filter {
            expression::predicate(filter, &Scope::of(&declared)).expect(&place);
        }
        let expect = &case["expect"];
        if let Some(rows) = expect["rows"].as_array() {
            // Of two datasets, rows that are only in the other one violate and mark nothing.
            let of_two = || Some(expect["only_here"].as_u64()? + expect["changed"].as_u64()?);
            let marked = expect["violations"].as_u64().or_else(of_two);
            // Of segments, how many there are and how many fail is stated instead.
            if expect.get("segments").is_none() {
                assert_eq!(marked, Some(rows.len() as u64), "{place}");
                assert!(expect["evaluated"].as_u64() >= marked, "{place}");
            }
            let all = case["rows"].as_array().unwrap().len() as u64;
            assert!(rows.iter().all(|row| (1..=all).contains(&row.as_u64().unwrap())), "{place}");
            assert!(rows.is_sorted_by_key(Value::as_u64), "{place}");
        }
    }
}

#[test]
fn steps_are_planned_and_rows_add_up() {
    let cases = cases("steps");
    for step_type in cleanse::ALL {
        let name = step_type.name();
        assert!(cases.iter().any(|(subject, ..)| subject == name), "no cases for `{name}`");
    }
    for (subject, name, case) in &cases {
        let place = format!("{subject}: {name}");
        let steps: Vec<StepUse> = serde_json::from_value(case["steps"].clone()).expect(&place);
        let columns = fields(&case["columns"]);
        let format = |wanted: &ColumnName| {
            let columns = case["columns"].as_array()?;
            let column = columns.iter().find(|column| column["name"] == wanted.as_str())?;
            column["format"].as_str().map(str::to_owned)
        };
        let on_parse_error = match case["on_parse_error"].as_str() {
            Some("set_null") => OnParseError::SetNull,
            _ => OnParseError::RejectRow,
        };
        let text = case["text"].as_bool().expect(&place);
        let ground = Ground {
            fields: &columns,
            open: false,
            raw_text: text,
            on_parse_error,
            formats: &format,
            resolve: &contract_of(case),
        };
        let planned = cleanse::plan_steps(&steps, &ground);
        let planned = planned.unwrap_or_else(|problems| panic!("{place}: {problems:#?}"));
        let expect = &case["expect"];
        assert_rows(&case["rows"], columns.len(), &place);
        assert_rows(&expect["rows"], planned.fields.len(), &place);
        let count = |rows: &Value| rows.as_array().unwrap().len() as u64;
        let left = count(&expect["rows"]);
        let gone = expect["rejected"].as_u64().unwrap() + expect["merged"].as_u64().unwrap();
        assert_eq!(count(&case["rows"]), left + gone, "{place}");
    }
}
