//! Rules that a flag or an option of a logical type says.

use assay_schemas::datatype::Family;
use assay_schemas::library::dataset_schema::DatasetSchema;
use assay_schemas::library::rule_set::Rule;
use serde_json::{Map, Value, json};

use super::All;
use crate::odcs::word::multiple_of;

/// Says a rule by a flag or by options of the logical type, if that can be.
pub(super) fn say(rule: &Rule, schema: &DatasetSchema, all: &mut All) -> bool {
    let parameters = &rule.parameters;
    let only = |names: &[&str]| parameters.keys().all(|key| names.contains(&key.as_str()));
    let (column, options) = match rule.rule_type.as_deref() {
        Some("unique") if only(&["columns"]) => {
            let [Value::String(column)] =
                parameters.get("columns").and_then(Value::as_array).map_or(&[][..], Vec::as_slice)
            else {
                return false;
            };
            all.at(Some(column)).unique = true;
            return true;
        }
        Some("range") => (rule.column.clone(), range(parameters)),
        Some("length") => (rule.column.clone(), length(parameters)),
        Some("regex") => (rule.column.clone(), pattern(parameters)),
        Some("expression") => {
            let text = parameters.get("expression").and_then(Value::as_str).unwrap_or_default();
            let found = schema.columns.iter().find_map(|column| {
                Some((column.name.clone(), multiple_of(text, column.name.as_str())?))
            });
            match found {
                Some((column, factor)) => (Some(column), vec![("multipleOf", factor)]),
                None => return false,
            }
        }
        _ => return false,
    };
    let Some(column) = column.and_then(|name| schema.column(&name)) else { return false };
    let fits = |value: &Value| !value.is_string() || column.data_type.family() != Family::Number;
    let taken = &mut all.at(Some(column.name.as_str())).options;
    let free = options
        .iter()
        .all(|(key, value)| !taken.contains_key(*key) && (fits(value) || *key == "pattern"));
    if options.is_empty() || !free {
        return false;
    }
    taken.extend(options.into_iter().map(|(key, value)| (key.to_owned(), value)));
    true
}

type Options = Vec<(&'static str, Value)>;

fn range(parameters: &Map<String, Value>) -> Options {
    let ends = [
        ("min", "exclusive_min", "minimum", "exclusiveMinimum"),
        ("max", "exclusive_max", "maximum", "exclusiveMaximum"),
    ];
    let option = |(end, exclusive, inside, outside): (&str, &str, &'static str, &'static str)| {
        let excluded = parameters.get(exclusive) == Some(&json!(true));
        Some((if excluded { outside } else { inside }, parameters.get(end)?.clone()))
    };
    ends.into_iter().filter_map(option).collect()
}

fn length(parameters: &Map<String, Value>) -> Options {
    let of = |option: &'static str, name: &str| {
        let value = parameters.get("exactly").or_else(|| parameters.get(name))?;
        Some((option, value.clone()))
    };
    of("minLength", "min").into_iter().chain(of("maxLength", "max")).collect()
}

/// A pattern of the standard may match anywhere, so a whole match is anchored.
fn pattern(parameters: &Map<String, Value>) -> Options {
    let Some(pattern) = parameters.get("pattern").and_then(Value::as_str) else {
        return Vec::new();
    };
    if parameters.get("negate") == Some(&json!(true)) {
        return Vec::new();
    }
    let anywhere = parameters.get("mode") == Some(&json!("search"));
    let pattern = if anywhere { pattern.to_owned() } else { format!("^(?:{pattern})$") };
    vec![("pattern", json!(pattern))]
}
