//! Which rule an expectation is. A file for each family; the first that knows the expectation answers.
//!
//! A family gives the parts of an engine case that follow from the expectation: always `rule`, and where
//! needed `declared`, `taxonomies` or `now`.

mod across;
mod aggregate;
mod format;
mod row;
mod several;
mod table;
mod text;

use serde_json::{Map, Value, json};

use super::table::Case;

/// What a family makes of an expectation, whose name comes without `expect_`; `None` where it is not one
/// of its own.
type Family = fn(&str, &Case) -> Option<Value>;

const FAMILIES: &[Family] =
    &[across::of, aggregate::of, format::of, row::of, several::of, table::of, text::of];

/// The rule of a case; `None` where no family knows the expectation.
pub(crate) fn of(case: &Case) -> Option<Value> {
    let name = case.expectation.strip_prefix("expect_").unwrap_or(&case.expectation);
    FAMILIES.iter().find_map(|family| family(name, case))
}

/// A rule of that type with these parameters over the whole dataset; null parameters are left out.
fn rule(rule_type: &str, parameters: Value, empty: &str) -> Value {
    let parameters: Map<String, Value> = match parameters {
        Value::Object(fields) => fields.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => Map::new(),
    };
    json!({ "rule": {
        "rule_id": "r", "rule_type": rule_type, "parameters": parameters, "empty": empty,
    }})
}

/// A figure of the dataset: nothing to compute it from fails.
fn figure(rule_type: &str, parameters: Value) -> Option<Value> {
    Some(rule(rule_type, parameters, "fail"))
}

/// A figure of the column that the case names.
fn column_figure(case: &Case, rule_type: &str, parameters: Value) -> Option<Value> {
    let mut written = rule(rule_type, parameters, "fail");
    written["rule"]["column"] = case.kwargs["column"].clone();
    Some(written)
}

/// A check of rows: nothing to judge passes, `mostly` is the tolerance.
fn rows(case: &Case, rule_type: &str, parameters: Value) -> Option<Value> {
    let mut written = rule(rule_type, parameters, "pass");
    match &case.kwargs["mostly"] {
        Value::Null => {}
        Value::Number(share) => {
            // 1 - 0.8 in binary is less than 0.2.
            let rest = (1.0 - share.as_f64().unwrap_or(1.0)) * 1e12;
            written["rule"]["max_violation_ratio"] = json!(rest.round() / 1e12);
        }
        other => written["rule"]["max_violation_ratio"] = other.clone(),
    }
    Some(written)
}

/// A check of the values of the column that the case names.
fn values(case: &Case, rule_type: &str, parameters: Value) -> Option<Value> {
    let mut written = rows(case, rule_type, parameters)?;
    written["rule"]["column"] = case.kwargs["column"].clone();
    Some(written)
}

/// A check of rows by an expression.
fn expression(case: &Case, expression: &str) -> Option<Value> {
    rows(case, "expression", json!({ "expression": expression }))
}

/// The bounds of a case as parameters; `min` and `max` as they stand.
fn bounds(case: &Case) -> Value {
    let arguments = &case.kwargs;
    let flag = |name: &str| if arguments[name] == true { Value::Bool(true) } else { Value::Null };
    json!({
        "min": arguments["min_value"], "max": arguments["max_value"],
        "exclusive_min": flag("strict_min"), "exclusive_max": flag("strict_max"),
    })
}
