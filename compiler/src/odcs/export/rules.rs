//! Rules that reach a dataset: each as an option of a type, a flag, a relationship or a quality check.

use std::collections::BTreeMap;

use assay_schemas::library::dataset_schema::DatasetSchema;
use assay_schemas::library::rule_set::{Nulls, Rule};
use assay_schemas::plan::Empty;
use assay_schemas::verdict::{Dimension, Severity};
use serde_json::{Map, Value, json};

use super::Unsaid;
use super::shelf::At;
use crate::odcs::check::{self, Level, MESSAGE};

mod options;
mod reach;
mod relationship;

use reach::Reaching;

/// What stands below a property or an object because of rules.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// Options of the logical type.
    pub(super) options: Map<String, Value>,
    required: bool,
    unique: bool,
    quality: Vec<Value>,
    relationships: Vec<Value>,
}

/// What stands below the properties, by column, and below the object.
#[derive(Debug, Default)]
pub(super) struct All {
    pub(super) columns: BTreeMap<String, Placed>,
    pub(super) object: Placed,
}

impl All {
    fn at(&mut self, column: Option<&str>) -> &mut Placed {
        match column {
            Some(column) => self.columns.entry(column.to_owned()).or_default(),
            None => &mut self.object,
        }
    }
}

impl Placed {
    /// Writes it into a property or an object, with what was kept of its lists in their places.
    pub(super) fn write(&self, kept: &Map<String, Value>, target: &mut Map<String, Value>) {
        for (flag, set) in [("required", self.required), ("unique", self.unique)] {
            if set {
                target.insert(flag.to_owned(), json!(true));
            }
        }
        for (key, own) in [("quality", &self.quality), ("relationships", &self.relationships)] {
            let mut list = merged(own, kept.get(key));
            if key == "quality" {
                list.iter_mut().for_each(check::make_current);
            }
            if !list.is_empty() {
                target.insert(key.to_owned(), Value::Array(list));
            }
        }
    }
}

/// A list with kept elements, by their number, put back in.
fn merged(own: &[Value], kept: Option<&Value>) -> Vec<Value> {
    let mut list = own.to_vec();
    let numbered = kept.and_then(Value::as_object).into_iter().flatten();
    let mut numbered: Vec<(usize, &Value)> =
        numbered.filter_map(|(number, value)| Some((number.parse().ok()?, value))).collect();
    numbered.sort_by_key(|(number, _)| *number);
    for (number, value) in numbered {
        list.insert(number.min(list.len()), value.clone());
    }
    list
}

/// Places every rule that reaches a dataset.
pub(super) fn placed(
    at: At<'_>,
    schema: &DatasetSchema,
    names: &[(String, String)],
    unsaid: &mut Vec<Unsaid>,
) -> All {
    let mut all = All::default();
    for reaching in reach::reaching(at, schema, unsaid) {
        place(&reaching, at, (schema, names), &mut all);
    }
    all
}

fn place(
    reaching: &Reaching,
    at: At<'_>,
    (schema, names): (&DatasetSchema, &[(String, String)]),
    all: &mut All,
) {
    let rule = &reaching.rule;
    if is_bare(rule, reaching) {
        if let (reach::NOT_NULL, Some(column)) = (reaching.path.as_str(), &rule.column) {
            all.at(Some(column.as_str())).required = true;
            return;
        }
        let kept = reaching.kept_relationship.as_ref();
        if let Some((column, relationship)) = relationship::relationship(at, rule, kept) {
            all.at(column.as_deref()).relationships.push(relationship);
            return;
        }
        if options::say(rule, schema, all) {
            return;
        }
    }
    let empty = Map::new();
    let kept = reaching.kept_check.as_ref().unwrap_or(&empty);
    let demand = demand(rule, names, kept);
    let mut check = demand.fields;
    for (key, value) in kept {
        if !check::demands(key) && key != "column" && still_says(rule, key, value) {
            check.insert(key.clone(), value.clone());
        }
    }
    surround(rule, reaching, &mut check);
    all.at(demand.column.as_deref()).quality.push(Value::Object(check));
}

/// The demand that was kept, as long as it says what the rule says; else the rule's own.
fn demand(rule: &Rule, names: &[(String, String)], kept: &Map<String, Value>) -> check::Demand {
    let fields: Map<_, _> = kept
        .iter()
        .filter(|(key, _)| check::demands(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if !fields.is_empty() {
        let column = kept.get("column").and_then(Value::as_str);
        let level = Level { column, names };
        let said = check::rule_of(&Value::Object(fields.clone()), &level)
            .ok()
            .and_then(|(said, _)| check::core(&said));
        if said.is_some() && said == check::core(&json!(rule)) {
            let column = column.map(str::to_owned);
            return check::Demand { column, fields };
        }
    }
    check::demand_of(rule, names)
}

/// Whether a kept word about a rule says what the rule says now.
fn still_says(rule: &Rule, key: &str, kept: &Value) -> bool {
    let kept = kept.as_str().unwrap_or_default();
    match key {
        "severity" => check::severity_of(kept) == rule.severity.map(Severity::name),
        "dimension" => check::dimension_of(kept) == rule.dimension.map(Dimension::name),
        _ => true,
    }
}

/// Adds what surrounds a demand.
fn surround(rule: &Rule, reaching: &Reaching, check: &mut Map<String, Value>) {
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            check.entry(key.to_owned()).or_insert(value);
        }
    };
    put("description", rule.description.as_ref().map(|text| json!(text)));
    put("severity", rule.severity.map(|severity| json!(severity.name())));
    let dimension = rule.dimension.and_then(|ours| check::dimension_given(ours.name()));
    put("dimension", dimension.map(|name| json!(name)));
    if reaching.kept_check.is_none() {
        put("id", Some(json!(check::check_id(&reaching.id))));
    }
    if let Some(message) = &rule.message {
        let property = json!({ "property": MESSAGE, "value": message });
        let list = check.entry("customProperties").or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(property);
        }
    }
}

/// Whether a rule says nothing but its demand, so that an option or a flag says all of it.
fn is_bare(rule: &Rule, reaching: &Reaching) -> bool {
    reaching.kept_check.is_none()
        && rule.filter.is_none()
        && rule.severity.is_none_or(|severity| severity == Severity::Error)
        && rule.description.is_none()
        && rule.message.is_none()
        && rule.dimension.is_none()
        && rule.nulls == Nulls::Skip
        && rule.empty == Empty::default()
        && rule.max_violations.is_none()
        && rule.max_violation_ratio.is_none()
        && rule.columns.is_empty()
}
