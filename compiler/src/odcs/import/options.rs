//! Options of a logical type: bounds, lengths and patterns become rules.

use assay_schemas::datatype::{DataType, Family};
use serde_json::{Map, Value, json};

use super::super::rest::Rest;
use super::super::word::multiple;
use super::rules::Rules;
use super::schema::ColumnDraft;

/// Adds the rules that the options of a property state; those that no rule can state stay.
pub(super) fn rules(column: &mut ColumnDraft, rules: &mut Rules<'_>) {
    let (name, data_type) = (column.column.clone(), column.data_type);
    let options = &mut column.options;
    if matches!(data_type.family(), Family::Number | Family::Temporal) {
        bounds(&name, options, rules);
        multiple_of(&name, data_type, options, rules);
    }
    if data_type == DataType::Text {
        if let Some(most) = greatest_length(&name, options, rules) {
            options.take("maxLength");
            column.fields.insert("max_length".to_owned(), json!(most));
        }
        let length = [("minLength", "min"), ("maxLength", "max")];
        let parameters = taken(options, &length);
        add(options, rules, &name, ("length", "length"), parameters);
        // A pattern of the standard may match anywhere, as in JSON Schema.
        if let Some(pattern) = options.take("pattern") {
            let parameters = json!({ "pattern": pattern, "mode": "search" });
            let parts = vec![("pattern", pattern)];
            let parameters = parameters.as_object().cloned().unwrap_or_default();
            add(options, rules, &name, ("regex", "pattern"), (parameters, parts));
        }
    }
}

/// The length that the column itself bounds, if it can.
fn greatest_length(column: &str, options: &Rest, rules: &Rules<'_>) -> Option<u32> {
    let most = options.get("maxLength").and_then(Value::as_u64).filter(|most| *most > 0)?;
    let least = options.get("minLength").and_then(Value::as_f64).unwrap_or(0.0);
    let parameters = json!({ "max": most });
    let rule = json!({ "rule_type": "length", "column": column, "parameters": parameters });
    let fits = least <= most as f64 && rules.fits(&rule).is_ok();
    u32::try_from(most).ok().filter(|_| fits)
}

/// Parameters of a rule, and the options that they came from.
type Taken = (Map<String, Value>, Vec<(&'static str, Value)>);

fn taken(options: &mut Rest, names: &[(&'static str, &str)]) -> Taken {
    let mut parameters = Map::new();
    let mut parts = Vec::new();
    for (option, parameter) in names {
        if let Some(value) = options.take(option) {
            parameters.insert((*parameter).to_owned(), value.clone());
            parts.push((*option, value));
        }
    }
    (parameters, parts)
}

/// Adds a rule of these parameters, or puts the options back that it came from.
fn add(
    options: &mut Rest,
    rules: &mut Rules<'_>,
    column: &str,
    (rule_type, suffix): (&str, &str),
    (parameters, parts): Taken,
) {
    if parameters.is_empty() {
        return;
    }
    let rule = json!({ "rule_type": rule_type, "column": column, "parameters": parameters });
    if let Err(why) = rules.add(&format!("{column}-{suffix}"), rule) {
        for (option, value) in parts {
            options.put_back(option, value, &why);
        }
    }
}

/// One range, or two where an end is given both ways.
fn bounds(column: &str, options: &mut Rest, rules: &mut Rules<'_>) {
    // In 3.0, `exclusiveMinimum: true` excludes the `minimum` beside it.
    for (flag, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if options.get(flag) == Some(&json!(true)) && options.get(bound).is_some() {
            options.take(flag);
            if let Some(value) = options.take(bound) {
                options.keep(flag, value);
            }
        }
    }
    let (mut inside, inside_parts) = taken(options, &[("minimum", "min"), ("maximum", "max")]);
    let excluded = [("exclusiveMinimum", "min"), ("exclusiveMaximum", "max")];
    let (mut outside, outside_parts) = taken(options, &excluded);
    for end in ["min", "max"] {
        if outside.contains_key(end) {
            outside.insert(format!("exclusive_{end}"), json!(true));
        }
    }
    let apart =
        ["min", "max"].iter().any(|end| inside.contains_key(*end) && outside.contains_key(*end));
    if apart {
        add(options, rules, column, ("range", "range"), (inside, inside_parts));
        add(options, rules, column, ("range", "range"), (outside, outside_parts));
    } else {
        inside.append(&mut outside);
        let parts = inside_parts.into_iter().chain(outside_parts).collect();
        add(options, rules, column, ("range", "range"), (inside, parts));
    }
}

fn multiple_of(column: &str, data_type: DataType, options: &mut Rest, rules: &mut Rules<'_>) {
    let Some(factor) = options.get("multipleOf").and_then(Value::as_f64) else { return };
    if data_type != DataType::Integer || factor.fract() != 0.0 {
        options.because("multipleOf", "remainders are exact for whole numbers alone");
        return;
    }
    let Some(value) = options.take("multipleOf") else { return };
    let expression = multiple(column, factor);
    let rule = json!({ "rule_type": "expression", "parameters": { "expression": expression } });
    if let Err(why) = rules.add(&format!("{column}-multiple"), rule) {
        options.put_back("multipleOf", value, &why);
    }
}
