//! Quality checks of the standard and the rules that say the same, in both directions.
//!
//! A check has a *demand* (its metric or query, its arguments, its comparison and unit) and what
//! surrounds it. The demand of an imported check is kept only where that of its rule would read
//! otherwise, and an export gives it back as long as it still says what the rule says.

mod demand;

use assay_schemas::library::rule_set::Rule;
use serde_json::{Map, Value, json};

pub(super) use demand::{Demand, demand_of};

use super::form::unknown_metric;
use super::operator;
use super::rest::Rest;
use super::word::column_word;

/// The engine that checks of ours name, for rules that no metric of the standard states.
pub(super) const ENGINE: &str = "assay";

/// What a check stands below.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level<'a> {
    /// The column; `None` is the dataset.
    pub(super) column: Option<&'a str>,
    /// Names of properties and of their columns.
    pub(super) names: &'a [(String, String)],
}

/// Fields of a check that say what is demanded.
pub(super) fn demands(key: &str) -> bool {
    matches!(key, "type" | "metric" | "rule" | "arguments" | "unit" | "engine" | "implementation")
        || operator::NAMES.contains(&key)
}

/// A dimension of the standard, and what the library calls it.
const DIMENSIONS: &[(&str, &str)] = &[
    ("accuracy", "accuracy"),
    ("completeness", "completeness"),
    ("coverage", "completeness"),
    ("conformity", "validity"),
    ("consistency", "consistency"),
    ("timeliness", "timeliness"),
    ("uniqueness", "uniqueness"),
];

/// The severity of the library that a free one is.
pub(super) fn severity_of(severity: &str) -> Option<&'static str> {
    let known = ["info", "warning", "error", "critical"];
    known.into_iter().find(|known| severity.eq_ignore_ascii_case(known))
}

/// The dimension of the library for one of the standard.
pub(super) fn dimension_of(theirs: &str) -> Option<&'static str> {
    DIMENSIONS.iter().find(|(name, _)| *name == theirs).map(|(_, ours)| *ours)
}

/// The dimension of the standard for one of the library.
pub(super) fn dimension_given(ours: &str) -> Option<&'static str> {
    DIMENSIONS.iter().find(|(_, name)| *name == ours).map(|(theirs, _)| *theirs)
}

/// The rule that a check is, and a name for it.
///
/// # Errors
/// Why no rule says the same.
pub(super) fn rule_of(check: &Value, level: &Level<'_>) -> Result<(Value, String), String> {
    let text = |key: &str| check.get(key).and_then(Value::as_str);
    // Before 3.1, metrics were called rules.
    let metric = text("metric").or_else(|| match text("rule")? {
        "duplicateCount" => Some("duplicateValues"),
        rule => Some(rule),
    });
    let (rule, named) = match (text("type"), metric) {
        (_, Some(metric)) => (of_metric(metric, check, level)?, metric),
        (Some("custom"), _) => (of_ours(check)?, "check"),
        (Some("sql"), _) => return Err("no rule type takes a query".to_owned()),
        (Some("text"), _) => return Err("prose cannot be judged".to_owned()),
        _ => return Err("the check has no metric".to_owned()),
    };
    let name = text("id").or(text("name")).map_or_else(
        || match level.column {
            Some(column) => format!("{column}-{}", kebab(named)),
            None => kebab(named),
        },
        str::to_owned,
    );
    Ok((rule, name))
}

/// A check of our own engine holds the rule as it is.
fn of_ours(check: &Value) -> Result<Value, String> {
    let engine = check.get("engine").and_then(Value::as_str).unwrap_or_default();
    match check.get("implementation") {
        Some(rule @ Value::Object(_)) if engine == ENGINE => Ok(rule.clone()),
        _ => Err(format!("checks of the engine `{engine}` are its own")),
    }
}

fn of_metric(metric: &str, check: &Value, level: &Level<'_>) -> Result<Value, String> {
    if let Some(words) = unknown_metric(metric) {
        return Err(words);
    }
    let arguments = check.get("arguments").and_then(Value::as_object).cloned().unwrap_or_default();
    let (operator, bound) = operator::NAMES
        .iter()
        .find_map(|name| Some((*name, check.get(*name)?)))
        .ok_or("the check has no comparison")?;
    let unit = check.get("unit").and_then(Value::as_str);
    if metric == "rowCount" {
        if level.column.is_some() || unit.is_some_and(|unit| unit != "rows") {
            return Err("rows are counted of a whole object, in rows".to_owned());
        }
        let counts = operator::counts(operator, bound)
            .ok_or_else(|| format!("`{operator}` is no interval of counts"))?;
        let parameters = match (counts.min, counts.max) {
            (Some(min), Some(max)) if min == max => json!({ "exactly": min }),
            (Some(min), Some(max)) => json!({ "min": min, "max": max }),
            (Some(min), None) => json!({ "min": min }),
            (None, max) => json!({ "max": max }),
        };
        return Ok(json!({ "rule_type": "row_count", "parameters": parameters }));
    }
    let tolerance = operator::tolerance(operator, bound, unit)
        .ok_or_else(|| format!("no tolerance says `{operator}` here"))?;
    let share = tolerance.max_violation_ratio.is_some();
    let mut rule = match (metric, level.column) {
        ("duplicateValues", column) => {
            if tolerance != operator::Tolerance::default() {
                return Err("how many of equal rows count as duplicates is not settled".to_owned());
            }
            duplicates(column, &arguments, level)?
        }
        ("nullValues", Some(column)) => json!({ "rule_type": "not_null", "column": column }),
        ("missingValues", Some(column)) => missing(column, &arguments, share)?,
        ("invalidValues", Some(column)) => invalid(column, &arguments, share)?,
        _ => {
            return Err(format!(
                "`{metric}` is about the values of one property, not of an object"
            ));
        }
    };
    if let Some(max) = tolerance.max_violations {
        rule["max_violations"] = json!(max);
    }
    if let Some(ratio) = tolerance.max_violation_ratio {
        rule["max_violation_ratio"] = json!(ratio);
    }
    Ok(rule)
}

fn duplicates(
    column: Option<&str>,
    arguments: &Map<String, Value>,
    level: &Level<'_>,
) -> Result<Value, String> {
    let columns: Vec<&str> = match (column, arguments.get("properties").and_then(Value::as_array)) {
        (Some(column), None) => vec![column],
        (_, Some(properties)) => {
            let named = |property: &Value| {
                let property = property.as_str()?;
                level.names.iter().find(|(name, _)| name == property).map(|(_, c)| c.as_str())
            };
            let columns: Option<Vec<_>> = properties.iter().map(named).collect();
            columns.ok_or("`arguments.properties` names what the object does not have")?
        }
        (None, None) => return Err("`arguments.properties` names no properties".to_owned()),
    };
    Ok(json!({ "rule_type": "unique", "parameters": { "columns": columns } }))
}

/// Distinct values of a list, without null, and whether null was among them.
fn values(arguments: &Map<String, Value>, key: &str) -> Option<(Vec<Value>, bool)> {
    let list = arguments.get(key)?.as_array()?;
    let mut distinct: Vec<Value> = Vec::new();
    for value in list.iter().filter(|value| !value.is_null()) {
        if !distinct.contains(value) {
            distinct.push(value.clone());
        }
    }
    Some((distinct, list.iter().any(Value::is_null)))
}

/// Missing is what the list names; null only where it is named too.
fn missing(column: &str, arguments: &Map<String, Value>, share: bool) -> Result<Value, String> {
    let (values, null) =
        values(arguments, "missingValues").ok_or("`arguments.missingValues` names no values")?;
    Ok(match (values.is_empty(), null) {
        (true, true) => json!({ "rule_type": "not_null", "column": column }),
        (true, false) => return Err("`arguments.missingValues` names no values".to_owned()),
        (false, true) => json!({
            "rule_type": "not_in_set", "column": column, "parameters": { "values": values },
            "nulls": "violate",
        }),
        (false, false) if share => {
            let list = json!(values);
            condition(column, &format!("!({} in {list})", column_word(column)))
        }
        (false, false) => {
            json!({ "rule_type": "not_in_set", "column": column, "parameters": { "values": values } })
        }
    })
}

/// Invalid is what is neither in the list nor of the pattern; null is neither valid nor invalid.
fn invalid(column: &str, arguments: &Map<String, Value>, share: bool) -> Result<Value, String> {
    let pattern = arguments.get("pattern").and_then(Value::as_str);
    match (values(arguments, "validValues"), pattern) {
        (Some((values, _)), None) if values.is_empty() => {
            Err("`arguments.validValues` names no values".to_owned())
        }
        (Some((values, _)), None) if share => {
            let list = json!(values);
            Ok(condition(column, &format!("{} in {list}", column_word(column))))
        }
        (Some((values, _)), None) => Ok(
            json!({ "rule_type": "in_set", "column": column, "parameters": { "values": values } }),
        ),
        (None, Some(pattern)) if share => {
            let pattern = json!(pattern);
            Ok(condition(column, &format!("{}.matches({pattern})", column_word(column))))
        }
        (None, Some(pattern)) => Ok(json!({
            "rule_type": "regex", "column": column,
            "parameters": { "pattern": pattern, "mode": "search" },
        })),
        (Some(_), Some(_)) => Err("a rule has a list of values or a pattern".to_owned()),
        (None, None) => Err("`arguments` names neither values nor a pattern".to_owned()),
    }
}

/// A condition on the values of a column that every row is judged by: a share of the standard is one of
/// all rows, while our rules about values leave nulls out of the count.
fn condition(column: &str, holds: &str) -> Value {
    let expression = format!("{} == null || {holds}", column_word(column));
    json!({ "rule_type": "expression", "parameters": { "expression": expression } })
}

/// The rule with what surrounds the check, as far as the library has words for it.
pub(super) fn annotated(mut rule: Value, check: &mut Rest) -> Value {
    if let Some(description) = check.take_text("description") {
        rule["description"] = json!(description);
    }
    if let Some((message, others)) = check.get("customProperties").and_then(message_of) {
        check.take("customProperties");
        if !others.is_empty() {
            check.put_back("customProperties", json!(others), "nothing reads custom properties");
        }
        rule["message"] = json!(message);
    }
    if let Some(severity) = check.text("severity") {
        if let Some(known) = severity_of(severity) {
            let original = check.take("severity").unwrap_or_default();
            if original != json!(known) {
                check.keep("severity", original);
            }
            rule["severity"] = json!(known);
        } else {
            check.because(
                "severity",
                "severities are info, warning, error and critical; `error` is taken",
            );
        }
    }
    let dimension = check.text("dimension").map(str::to_owned);
    if let Some(theirs) = dimension
        && let Some(ours) = dimension_of(&theirs)
    {
        check.take("dimension");
        let given = json!(dimension_given(ours));
        check.keep_unless("dimension", json!(theirs), &given, "the nearest dimension is taken");
        rule["dimension"] = json!(ours);
    }
    rule
}

/// The rule that a check is, and its values, where it does no more than list the values of a column: the
/// column itself says that.
pub(super) fn enumeration(check: &Value, level: &Level<'_>) -> Option<(Value, Vec<Value>)> {
    let column = level.column?;
    let (rule, _) = rule_of(check, level).ok()?;
    let values = rule.get("parameters")?.get("values")?.as_array()?.clone();
    let bare =
        json!({ "rule_type": "in_set", "column": column, "parameters": { "values": values } });
    let severity = check.get("severity").is_none_or(|severity| {
        severity.as_str().is_some_and(|severity| severity.eq_ignore_ascii_case("error"))
    });
    let words = ["description", "dimension", "customProperties"];
    let silent = words.iter().all(|word| check.get(*word).is_none());
    (rule == bare && severity && silent).then_some((rule, values))
}

/// The check that lists the values of a column, as an export writes it.
pub(super) fn enumerated(level: &Level<'_>, values: &[Value]) -> Value {
    let id = check_id(&format!("{}-known", level.column.unwrap_or_default()));
    json!({
        "id": id, "metric": "invalidValues", "mustBe": 0, "arguments": { "validValues": values },
    })
}

/// The stable id nearest to a name.
pub(super) fn check_id(name: &str) -> String {
    let taken = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    name.chars().map(taken).collect()
}

/// Keeps the notation of a check whose column says the same, with the values that it stands for.
pub(super) fn keep_enumeration(check: &mut Rest, values: &[Value]) {
    let names = ["id", "name", "severity"].map(str::to_owned);
    for key in check.demand().keys().chain(&names) {
        if let Some(value) = check.take(key) {
            check.keep(key, value);
        }
    }
    check.keep("said", json!(values));
}

/// The custom property that holds what is said of a violating row.
pub(super) const MESSAGE: &str = "assay.message";

/// The message among custom properties, and the others.
fn message_of(properties: &Value) -> Option<(String, Vec<Value>)> {
    let properties = properties.as_array()?;
    let is_message = |property: &&Value| property.get("property") == Some(&json!(MESSAGE));
    let message = properties.iter().find(is_message)?.get("value")?.as_str()?;
    let others = properties.iter().filter(|property| !is_message(property)).cloned().collect();
    Some((message.to_owned(), others))
}

/// Takes out the demand of a check where its rule gives it back, and keeps all of it where not.
pub(super) fn leave_unsaid(rule: &Value, level: &Level<'_>, check: &mut Rest) {
    for name in ["id", "name"] {
        if let Some(value) = check.take(name) {
            check.keep(name, value);
        }
    }
    let given = core(rule).map(|rule| demand_of(&rule, level.names));
    let same = given.is_some_and(|given| {
        given.column.as_deref() == level.column && check.demand() == given.fields
    });
    for key in check.demand().keys() {
        if let Some(value) = check.take(key).filter(|_| !same) {
            check.keep(key, value);
        }
    }
    if !same {
        check.keep("column", json!(level.column));
    }
}

/// A rule without its id and what surrounds it: what it judges, and how.
pub(super) fn core(rule: &Value) -> Option<Rule> {
    let mut rule = rule.as_object().cloned()?;
    rule.insert("rule_id".to_owned(), json!("rule"));
    for key in ["description", "severity", "dimension", "message"] {
        rule.remove(key);
    }
    serde_json::from_value(Value::Object(rule)).ok()
}

/// A name of the standard in the style of ids.
fn kebab(name: &str) -> String {
    let mut result = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            result.push('-');
        }
        result.push(character.to_ascii_lowercase());
    }
    result
}

/// Brings a kept check of version 3.0 into the form of 3.1, where a check of the library has a metric and
/// a comparison: what no metric says becomes a check of its own engine.
pub(super) fn make_current(check: &mut Value) {
    let Some(fields) = check.as_object_mut() else { return };
    let compares = operator::NAMES.iter().any(|name| fields.contains_key(*name));
    let kind = fields.get("type").and_then(Value::as_str);
    let library = fields.contains_key("rule") || kind == Some("library");
    let sql_alone = kind == Some("sql") && !compares;
    if !(library && !(fields.contains_key("metric") && compares) || sql_alone) {
        return;
    }
    let mut implementation = Map::new();
    for key in ["metric", "rule", "arguments", "unit", "query"].iter().chain(operator::NAMES) {
        implementation.extend(fields.remove(*key).map(|value| ((*key).to_owned(), value)));
    }
    fields.insert("type".to_owned(), json!("custom"));
    fields.insert("engine".to_owned(), json!("odcs-3.0"));
    fields.insert("implementation".to_owned(), Value::Object(implementation));
}
