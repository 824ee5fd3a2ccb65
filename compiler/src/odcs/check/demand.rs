//! The demand of the standard that says what a rule says.

use assay_schemas::library::rule_set::{Nulls, Rule};
use assay_schemas::plan::Empty;
use serde_json::{Map, Value, json};

use super::ENGINE;
use crate::odcs::operator::{self, Counts, Tolerance};

/// What a check demands, and of which column.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Demand {
    /// The column; `None` is the dataset.
    pub(in super::super) column: Option<String>,
    /// Its fields, those that say no more than the default left out.
    pub(in super::super) fields: Map<String, Value>,
}

/// The demand of a rule: a metric of the standard, else the rule itself as a check of our own engine.
/// The rule names its type, not a template; `names` are those of properties and their columns.
pub(in super::super) fn demand_of(rule: &Rule, names: &[(String, String)]) -> Demand {
    let plain = rule.filter.is_none() && rule.empty == Empty::default() && rule.columns.is_empty();
    plain.then(|| metric_of(rule, names)).flatten().unwrap_or_else(|| ours(rule))
}

fn metric_of(rule: &Rule, names: &[(String, String)]) -> Option<Demand> {
    let tolerance = Tolerance {
        max_violations: rule.max_violations,
        max_violation_ratio: rule.max_violation_ratio,
    };
    let share = rule.max_violation_ratio.is_some_and(|ratio| ratio > 0.0);
    let column = || rule.column.as_ref().map(|column| column.as_str().to_owned());
    let about = |metric: &str, arguments: Option<Value>| {
        let mut fields = operator::of_tolerance(tolerance)?;
        fields.insert("metric".to_owned(), json!(metric));
        fields.extend(arguments.map(|arguments| ("arguments".to_owned(), arguments)));
        Some(Demand { column: Some(column()?), fields })
    };
    let parameter = |name: &str| rule.parameters.get(name);
    let skips = rule.nulls == Nulls::Skip;
    let set = || parameter("values").filter(|_| rule.parameters.len() == 1);
    match rule.rule_type.as_deref()? {
        "not_null" => about("nullValues", None),
        "in_set" if skips && !share => {
            about("invalidValues", Some(json!({ "validValues": set()? })))
        }
        "not_in_set" if skips && !share => {
            about("missingValues", Some(json!({ "missingValues": set()? })))
        }
        "not_in_set" if !skips => {
            let mut values = vec![Value::Null];
            values.extend(set()?.as_array()?.iter().cloned());
            about("missingValues", Some(json!({ "missingValues": values })))
        }
        "regex"
            if skips
                && !share
                && parameter("mode") == Some(&json!("search"))
                && parameter("negate") != Some(&json!(true)) =>
        {
            about("invalidValues", Some(json!({ "pattern": parameter("pattern")? })))
        }
        "unique" if tolerance == Tolerance::default() && rule.parameters.len() == 1 => {
            duplicates(parameter("columns")?.as_array()?, names)
        }
        "row_count" => {
            let count = |name: &str| parameter(name).and_then(Value::as_u64);
            let exactly = count("exactly");
            let counts = Counts { min: exactly.or(count("min")), max: exactly.or(count("max")) };
            let mut fields = operator::of_counts(counts);
            fields.insert("metric".to_owned(), json!("rowCount"));
            Some(Demand { column: None, fields })
        }
        _ => None,
    }
}

fn duplicates(columns: &[Value], names: &[(String, String)]) -> Option<Demand> {
    let mut fields = Map::from_iter([
        ("metric".to_owned(), json!("duplicateValues")),
        ("mustBe".to_owned(), json!(0)),
    ]);
    if let [column] = columns {
        return Some(Demand { column: column.as_str().map(str::to_owned), fields });
    }
    let mut properties = Vec::new();
    for column in columns {
        let column = column.as_str()?;
        let named = names.iter().find(|(_, known)| known == column);
        properties.push(named.map_or(column, |(property, _)| property.as_str()));
    }
    fields.insert("arguments".to_owned(), json!({ "properties": properties }));
    Some(Demand { column: None, fields })
}

/// The rule as a check of our own engine.
fn ours(rule: &Rule) -> Demand {
    let mut implementation = assay_schemas::canonical::value_of(rule);
    if let Some(fields) = implementation.as_object_mut() {
        for key in ["rule_id", "description", "severity", "dimension", "message"] {
            fields.remove(key);
        }
        // What only says the default is left out, as authors do.
        fields.retain(|key, value| match (key.as_str(), &*value) {
            ("nulls", value) => *value != json!("skip"),
            ("empty", value) => *value != json!(Empty::default()),
            (_, Value::Null) => false,
            (_, Value::Array(items)) => !items.is_empty(),
            (_, Value::Object(fields)) => !fields.is_empty(),
            _ => true,
        });
    }
    let fields = json!({ "type": "custom", "engine": ENGINE, "implementation": implementation });
    let columns: Vec<_> = rule.column.iter().chain(&rule.columns).collect();
    let column = match columns.as_slice() {
        [only] => Some(only.as_str().to_owned()),
        _ => None,
    };
    Demand { column, fields: fields.as_object().cloned().unwrap_or_default() }
}
