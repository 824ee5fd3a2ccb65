//! Declarations of CSV on the Web as an author of the language would write them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::pattern;

/// Parts of a library for one table.
#[derive(Debug, Default)]
pub(super) struct Declared {
    pub(super) columns: Vec<Value>,
    pub(super) steps: Vec<Value>,
    pub(super) rules: Vec<Value>,
    pub(super) null_tokens: Vec<String>,
    casts: Vec<(String, String)>,
}

impl Declared {
    fn step(&mut self, column: &str, step_type: &str, parameters: Value) {
        let id = format!("s{}-{}", self.steps.len(), step_type.replace('_', "-"));
        let mut parameters = parameters;
        match step_type {
            "reject_rows" => {}
            "cast" => parameters["column"] = json!(column),
            _ => parameters["columns"] = json!([column]),
        }
        self.steps.push(json!({ "step_id": id, "step_type": step_type, "parameters": parameters }));
    }

    fn rule(&mut self, column: &str, rule_type: &str, parameters: Value) {
        let id = format!("r{}-{}", self.rules.len(), rule_type.replace('_', "-"));
        self.rules.push(json!({ "rule_id": id, "rule_type": rule_type, "column": column,
            "parameters": parameters }));
    }

    /// Rows go where a cell, which is of a type, is written otherwise than the expression says.
    fn written(&mut self, column: &str, data_type: &str, expression: &str) {
        let quoted = Value::String(format!("^(?:{expression})$")).to_string();
        let when = format!("{column} != null && !{column}.matches({quoted})");
        self.step(column, "cast", json!({ "to": "text" }));
        self.step(column, "reject_rows", json!({ "when": when, "reason": "written otherwise" }));
        // What else reads it comes before it is one of the type again.
        self.casts.push((column.to_owned(), data_type.to_owned()));
    }

    /// Ends with the columns as they are declared.
    fn ended(mut self) -> Self {
        for (column, data_type) in std::mem::take(&mut self.casts) {
            self.step(&column, "cast", json!({ "to": data_type }));
        }
        self
    }
}

/// What a table declares, without the columns that are left out.
pub(super) fn table(table: &Value, left_out: &BTreeSet<&str>) -> Declared {
    let mut declared = Declared::default();
    declared.null_tokens.extend(table["null"].as_str().map(str::to_owned));
    for column in table["tableSchema"]["columns"].as_array().expect("columns") {
        let name = column["name"].as_str().or_else(|| column["titles"].as_str()).expect("a name");
        if !left_out.contains(name) {
            one(&mut declared, name, column);
        }
    }
    declared.ended()
}

fn one(declared: &mut Declared, name: &str, column: &Value) {
    let given = &column["datatype"];
    let base = given.as_str().or_else(|| given["base"].as_str()).unwrap_or("string");
    let format = &given["format"];
    let text = format.as_str().or_else(|| format["pattern"].as_str());
    let data_type = match base {
        "decimal" => number(declared, name, (format, text), "decimal(38,10)"),
        "double" | "number" | "float" => number(declared, name, (format, text), "double"),
        "unsignedLong" => number(declared, name, (format, text), "decimal(20,0)"),
        whole if bounds(whole).is_some() => number(declared, name, (format, text), "integer"),
        "boolean" => {
            if let Some((yes, no)) = text.and_then(|text| text.split_once('|')) {
                declared.written(name, "boolean", &format!("{yes}|{no}"));
                declared.step(name, "parse_boolean", json!({ "true": [yes], "false": [no] }));
            }
            "boolean"
        }
        "date" => moment(declared, name, text, "date"),
        "dateTime" | "datetime" | "dateTimeStamp" => moment(declared, name, text, "timestamp"),
        "time" => {
            if let Some((from, to)) = text.and_then(pattern::time) {
                declared.step(name, "replace", json!({ "pattern": from, "with": to }));
            }
            "time"
        }
        known if is_text(known) => {
            if let Some(text) = text {
                declared.rule(name, "regex", json!({ "pattern": text }));
            }
            "text"
        }
        unknown => unknown,
    };
    if let Some((min, max)) = bounds(base) {
        let range = match (min, max) {
            (Some(min), Some(max)) => json!({ "min": min, "max": max }),
            (Some(min), None) => json!({ "min": min }),
            (None, max) => json!({ "max": max }),
        };
        if min.is_some() || max.is_some() {
            declared.rule(name, "range", range);
        }
    }
    for (key, own) in [("length", "exactly"), ("minLength", "min"), ("maxLength", "max")] {
        if let Some(length) = given[key].as_u64() {
            declared.rule(name, "length", json!({ own: characters(base, length) }));
        }
    }
    if column["required"] == true {
        declared.rule(name, "not_null", json!({}));
    }
    declared.columns.push(json!({ "name": name, "data_type": data_type }));
}

/// Numbers: how they are written decides before what they are.
fn number<'t>(
    declared: &mut Declared,
    name: &str,
    (format, text): (&Value, Option<&str>),
    data_type: &'t str,
) -> &'t str {
    if let Some(expression) = text.and_then(pattern::number) {
        declared.written(name, data_type, &expression);
    }
    let mark = |key: &str| format[key].as_str();
    if mark("groupChar").is_some() || mark("decimalChar").is_some() {
        declared.step(
            name,
            "parse_number",
            json!({ "decimal": mark("decimalChar").unwrap_or("."),
                "group": mark("groupChar").unwrap_or(","), "percent": true }),
        );
    }
    data_type
}

/// Days and instants. A format that is ISO 8601 needs no step.
fn moment<'t>(declared: &mut Declared, name: &str, text: Option<&str>, to: &'t str) -> &'t str {
    let Some(text) = text else { return to };
    if to == "date" && text.ends_with('X') {
        // A day with an offset is kept as text.
        declared.rule(name, "regex", json!({ "pattern": pattern::day(text) }));
        return "text";
    }
    if text.ends_with('X') {
        return to;
    }
    declared.step(name, "parse_date", json!({ "formats": [pattern::strftime(text)], "to": to }));
    to
}

/// Bytes that a text holds, as the characters that write them.
fn characters(base: &str, length: u64) -> u64 {
    match base {
        "hexBinary" => length * 2,
        "base64Binary" => length.div_ceil(3) * 4,
        _ => length,
    }
}

fn is_text(base: &str) -> bool {
    let texts = ["string", "anyURI", "normalizedString", "NMTOKEN", "hexBinary", "base64Binary"];
    texts.contains(&base) || base.starts_with('g') || base.to_lowercase().ends_with("duration")
}

/// The least and the greatest value of a type of whole numbers.
fn bounds(base: &str) -> Option<(Option<i64>, Option<i64>)> {
    let bits = |bits: u32| (Some(-(1 << (bits - 1))), Some((1 << (bits - 1)) - 1));
    let unsigned = |bits: u32| (Some(0), Some((1 << bits) - 1));
    Some(match base {
        "integer" | "long" => (None, None),
        "int" => bits(32),
        "short" => bits(16),
        "byte" => bits(8),
        "unsignedLong" | "nonNegativeInteger" => (Some(0), None),
        "unsignedInt" => unsigned(32),
        "unsignedShort" => unsigned(16),
        "unsignedByte" => unsigned(8),
        "positiveInteger" => (Some(1), None),
        "nonPositiveInteger" => (None, Some(0)),
        "negativeInteger" => (None, Some(-1)),
        _ => return None,
    })
}
